#include "wasi/host/posix/resolve.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <optional>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace tenon::wasi::host::posix {

namespace {

// Overlong forms, surrogates and what lies beyond the last code point are not UTF-8.
bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const unsigned length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || length > text.size() - at) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0x7FU >> length);
    for (unsigned i = 1; i < length; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if ((next & 0xC0U) != 0x80U) return false;
      point = point << 6 | (next & 0x3FU);
    }
    if ((length == 3 && point < 0x800) || (length == 4 && point < 0x10000) || point > 0x10FFFF ||
        (point >= 0xD800 && point < 0xE000)) {
      return false;
    }
    at += length;
  }
  return true;
}

// The kernel may give up a lookup beneath a directory while others rename; it is then asked again, so often.
constexpr unsigned most_tries = 64;

// The kernel's own way; nullopt when it has none.
std::optional<Outcome<Descriptor>> open_by_kernel(int base, const std::string& path, int flags, unsigned mode) {
  static std::atomic<bool> is_missing = false;  // found out once
  if (is_missing.load(std::memory_order_relaxed)) return std::nullopt;
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags | O_CLOEXEC));
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (unsigned tries = 0; tries < most_tries; ++tries) {
    const long opened = syscall(SYS_openat2, base, path.c_str(), &how, sizeof how);
    if (opened >= 0) return Descriptor(static_cast<int>(opened));
    if (errno != EAGAIN && errno != EINTR) break;
  }
  if (errno == ENOSYS || errno == E2BIG) {
    is_missing.store(true, std::memory_order_relaxed);
    return std::nullopt;
  }
  return Outcome<Descriptor>(refuse_by_system());
}

Outcome<std::string> read_link_at(int directory, const char* name) {
  std::string target(longest_path + 1, '\0');
  const ssize_t size = readlinkat(directory, name, target.data(), target.size());
  if (size < 0) return refuse_by_system();
  if (static_cast<std::size_t>(size) > longest_path) return refuse(Errno::nametoolong);
  target.resize(static_cast<std::size_t>(size));
  return target;
}

// One walk: the directories from the start to here, and what is still to be walked.
class Walk {
 public:
  Walk(int base, std::string_view path) : base_(base), rest_(path) {}

  Outcome<Descriptor> open(int flags, unsigned mode) {
    for (;;) {
      const std::string name = take_name();
      if (name.empty() || name == "." || name == "..") {
        if (name == ".." && !go_up()) return refuse(Errno::xdev);
        if (rest_.empty()) return open_here(flags, mode);
        continue;
      }
      const bool is_last = rest_.find_first_not_of('/') == std::string::npos;
      auto step = is_last ? open_last(name, flags, mode) : enter(name);
      if (!step) return refuse(step.error());
      if (*step) return std::move(**step);
    }
  }

 private:
  // What a step gives: the end of the walk, or nothing, for there is more to walk.
  using Step = Outcome<std::optional<Descriptor>>;

  int here() const { return stack_.empty() ? base_ : stack_.back().number(); }

  std::string take_name() {
    rest_.erase(0, rest_.find_first_not_of('/'));
    const std::size_t end = rest_.find('/');
    std::string name = rest_.substr(0, end);
    rest_.erase(0, end);
    return name;
  }

  bool go_up() {
    if (stack_.empty()) return false;
    stack_.pop_back();
    return true;
  }

  Outcome<Descriptor> open_here(int flags, unsigned mode) const {
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return refuse(Errno::exist);
    Descriptor opened(openat(here(), ".", (flags & ~O_NOFOLLOW) | O_CLOEXEC, mode));
    if (!opened) return refuse_by_system();
    return opened;
  }

  // Goes on with the text of a link, if it is one; `otherwise` is what to refuse with if it is none.
  Step follow(const std::string& name, Errno otherwise) {
    auto target = read_link_at(here(), name.c_str());
    if (!target) return refuse(otherwise);
    if (++links_ > most_links_followed) return refuse(Errno::loop);
    if (target->starts_with('/')) return refuse(Errno::xdev);
    if (target->size() + rest_.size() > 2 * longest_path) return refuse(Errno::nametoolong);
    rest_ = *target + rest_;
    return std::nullopt;
  }

  Step enter(const std::string& name) {
    Descriptor next(openat(here(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) {
      const int error = errno;
      if (error == ENOTDIR || error == ELOOP) return follow(name, from_posix(error));
      return refuse(from_posix(error));
    }
    stack_.push_back(std::move(next));
    return std::nullopt;
  }

  Step open_last(const std::string& name, int flags, unsigned mode) {
    const bool must_be_directory = !rest_.empty();
    const bool follows = must_be_directory || (flags & O_NOFOLLOW) == 0;
    if (must_be_directory && (flags & O_CREAT) != 0) return refuse(Errno::isdir);
    const int directory_flag = must_be_directory ? O_DIRECTORY : 0;
    Descriptor opened(openat(here(), name.c_str(), flags | directory_flag | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!opened) {
      const int error = errno;
      const bool may_be_link = error == ELOOP || error == ENOTDIR;
      return may_be_link && follows ? follow(name, from_posix(error)) : Step(refuse(from_posix(error)));
    }
    // O_PATH opens a link itself.
    struct stat found{};
    if ((flags & O_PATH) != 0 && follows && fstat(opened.number(), &found) == 0 && S_ISLNK(found.st_mode)) {
      return follow(name, Errno::loop);
    }
    return opened;
  }

  int base_;
  std::string rest_;
  std::vector<Descriptor> stack_;
  unsigned links_ = 0;
};

}  // namespace

Outcome<void> check_path(std::string_view path) {
  if (path.empty()) return refuse(Errno::noent);
  if (path.size() > longest_path) return refuse(Errno::nametoolong);
  if (path.find('\0') != std::string_view::npos) return refuse(Errno::inval);
  if (!is_utf8(path)) return refuse(Errno::ilseq);
  if (path.starts_with('/')) return refuse(Errno::xdev);
  return {};
}

Outcome<Descriptor> open_by_walking(int base, std::string_view path, int flags, unsigned mode) {
  return Walk(base, path).open(flags, mode);
}

Outcome<Descriptor> open_beneath(int base, std::string_view path, int flags, unsigned mode) {
  if (auto opened = open_by_kernel(base, std::string(path), flags, mode)) return std::move(*opened);
  return open_by_walking(base, path, flags, mode);
}

Outcome<Place> find_place(int base, std::string_view path) {
  Place place;
  const std::size_t name_end = path.find_last_not_of('/') + 1;  // the path was checked: it is not only slashes
  place.has_slash = name_end < path.size();
  const std::size_t slash = path.substr(0, name_end).rfind('/');
  const std::size_t name_start = slash == std::string_view::npos ? 0 : slash + 1;
  const std::string_view name = path.substr(name_start, name_end - name_start);
  place.name = name;
  if (place.has_slash) place.name += '/';
  place.directory = base;
  if (name == "." || name == "..") {
    // No call makes or removes these; whether the path stays inside is to be known all the same.
    auto whole = open_beneath(base, path, O_PATH | O_DIRECTORY);
    if (!whole) return refuse(whole.error());
  }
  if (name_start == 0) return place;
  auto parent = open_beneath(base, path.substr(0, name_start), O_PATH | O_DIRECTORY);
  if (!parent) return refuse(parent.error());
  place.opened = std::move(*parent);
  place.directory = place.opened.number();
  return place;
}

}  // namespace tenon::wasi::host::posix
