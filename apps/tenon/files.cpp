#include "files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tenon/tools.hpp"

namespace tenon::program {

namespace {

constexpr std::size_t piece_size = std::size_t{1} << 16;

Error system_error(int code) { return Error(ErrorKind::io, std::strerror(code)); }

// A large file takes thousands of small pages, which cost more than its bytes; a system without larger ones says no.
void prefer_large_pages(char* data, std::size_t size) noexcept {
#ifdef MADV_HUGEPAGE
  constexpr std::size_t worth_it = std::size_t{4} << 20;
  const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(data) & (page - 1);
  if (size >= worth_it) (void)madvise(data + before, (size - before) & ~(page - 1), MADV_HUGEPAGE);
#else
  (void)data, (void)size;
#endif
}

// Reads until the end. A file's size is only a hint: pipes have none, and files may grow.
Result<std::string> read_all(int descriptor, std::size_t expected_size) {
  std::string contents;
  std::size_t size = 0;
  for (;;) {
    const std::size_t capacity = std::max(std::max(expected_size + 1, piece_size), size + piece_size);
    int code = 0;
    bool is_done = false;
    contents.resize_and_overwrite(capacity, [&](char* data, std::size_t room) {
      prefer_large_pages(data, room);
      while (size < room) {
        const ssize_t got = read(descriptor, data + size, room - size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
          code = got < 0 ? errno : 0;
          is_done = true;
          break;
        }
        size += static_cast<std::size_t>(got);
      }
      return size;
    });
    if (code != 0) return system_error(code);
    if (is_done) return contents;
    expected_size = size * 2;
  }
}

Result<void> write_all(int descriptor, std::string_view contents) {
  while (!contents.empty()) {
    const ssize_t put = write(descriptor, contents.data(), contents.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_error(errno);
    contents.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace

Result<std::string> read_input(const std::string& path) {
  if (path == "-") return read_all(STDIN_FILENO, 0);
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_error(errno);
  struct stat status{};
  const bool has_size = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  auto contents = read_all(descriptor, has_size ? static_cast<std::size_t>(status.st_size) : 0);
  close(descriptor);
  return contents;
}

Error nothing_to_read() { return Error(ErrorKind::malformed, "the file is empty"); }

Result<void> write_output(const std::string& path, std::string_view contents) {
  if (path == "-") {
    if (tools::is_binary(contents) && isatty(STDOUT_FILENO) != 0) {
      return Error(ErrorKind::usage,
                   "a binary is not written to a terminal: name a file with -o, or ask for text with -t");
    }
    return write_all(STDOUT_FILENO, contents);
  }
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return system_error(errno);
  auto written = write_all(descriptor, contents);
  if (close(descriptor) != 0 && written) return system_error(errno);
  return written;
}

bool wants_colour(std::string_view choice, int descriptor) {
  if (choice == "always") return true;
  if (choice == "never") return false;
  const char* const refusal = std::getenv("NO_COLOR");  // https://no-color.org
  return isatty(descriptor) != 0 && (refusal == nullptr || *refusal == '\0');
}

namespace {

// Text begins with a parenthesis, a comment or an annotation.
bool is_neither_form(std::string_view source) {
  const std::size_t start = source.find_first_not_of(" \t\r\n");
  return !tools::is_binary(source) && start != std::string_view::npos && source[start] != '(' && source[start] != ';';
}

}  // namespace

ExitCode report(const Error& error, std::string_view file, std::string_view source, bool colour, Language language) {
  std::string text = tools::render(error, file, source, colour);
  if (language == Language::wasm && error.kind() == ErrorKind::malformed && is_neither_form(source)) {
    text += "note: a file of WebAssembly begins with the bytes 00 61 73 6d, and one of its text with a parenthesis\n";
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
  switch (error.kind()) {
    case ErrorKind::io: return ExitCode::io;
    case ErrorKind::usage: return ExitCode::usage;
    default: return ExitCode::refused;
  }
}

std::string_view shown_name(std::string_view path) { return path == "-" ? "<stdin>" : path; }

}  // namespace tenon::program
