#include "engine/source_lines.hpp"

#include <utility>

#include "os/library.hpp"

namespace tenon::detail {

namespace {

// What src/dwarf exports.
struct Reader {
  void* (*open)(const char* bytes, std::size_t size);
  void (*close)(void* lines);
  std::size_t (*line)(void* lines, std::uint64_t offset, char* out, std::size_t room);

  Reader() {
    constexpr const char* library = "libtenon_dwarf.so";
    open = reinterpret_cast<decltype(open)>(os::find_in_library(library, "tenon_dwarf_open"));
    close = reinterpret_cast<decltype(close)>(os::find_in_library(library, "tenon_dwarf_close"));
    line = reinterpret_cast<decltype(line)>(os::find_in_library(library, "tenon_dwarf_line"));
  }
  bool is_there() const noexcept { return open != nullptr && close != nullptr && line != nullptr; }
};

const Reader& reader() {
  static const Reader instance;
  return instance;
}

}  // namespace

SourceLines::~SourceLines() {
  if (lines_ != nullptr) reader().close(lines_);
}

std::string SourceLines::at(std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(was_opened_, true) && reader().is_there()) {
    lines_ = reader().open(module_.data(), module_.size());
  }
  if (lines_ == nullptr || offset < code_begin_) return {};
  char text[512];
  return {text, reader().line(lines_, offset - code_begin_, text, sizeof text)};
}

}  // namespace tenon::detail
