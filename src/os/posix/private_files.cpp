#include "os/private_files.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::os {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) noexcept : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  int get() const noexcept { return value_; }
  int release() noexcept { return std::exchange(value_, -1); }

 private:
  int value_;
};

bool is_ours(const struct stat& about) noexcept {
  return about.st_uid == ::geteuid() && (about.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

void make_folders(const std::string& path) noexcept {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    ::mkdir(path.substr(0, slash).c_str(), 0700);
  }
  ::mkdir(path.c_str(), 0700);
}

std::int64_t nanoseconds(const struct timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

bool write_all(int file, std::string_view contents) noexcept {
  while (!contents.empty()) {
    const ssize_t written = ::write(file, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    contents.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

PrivateFolder PrivateFolder::open(const std::string& path) noexcept {
  if (!path.starts_with('/')) return PrivateFolder(-1);
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int opened = ::open(path.c_str(), flags);
  if (opened < 0 && errno == ENOENT) {
    make_folders(path);
    opened = ::open(path.c_str(), flags);
  }
  Descriptor folder(opened);
  struct stat about = {};
  if (folder.get() < 0 || ::fstat(folder.get(), &about) != 0 || !is_ours(about)) return PrivateFolder(-1);
  return PrivateFolder(folder.release());
}

PrivateFolder::~PrivateFolder() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<std::string> PrivateFolder::read(const std::string& name) const {
  const Descriptor file(::openat(descriptor_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat about = {};
  if (file.get() < 0 || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode) || !is_ours(about)) {
    return std::nullopt;
  }
  std::string contents(static_cast<std::size_t>(about.st_size), '\0');
  for (std::size_t at = 0; at < contents.size();) {
    const ssize_t count = ::read(file.get(), contents.data() + at, contents.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    at += static_cast<std::size_t>(count);
  }
  ::futimens(file.get(), nullptr);
  return contents;
}

bool PrivateFolder::write(const std::string& name, std::string_view contents) const {
  static std::atomic<unsigned> count;
  const std::string temporary = "." + name + "." + std::to_string(::getpid()) + "." + std::to_string(++count);
  const int made = ::openat(descriptor_, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (made < 0) return false;
  const bool written = write_all(made, contents);
  const bool closed = ::close(made) == 0;
  if (written && closed && ::renameat(descriptor_, temporary.c_str(), descriptor_, name.c_str()) == 0) return true;
  ::unlinkat(descriptor_, temporary.c_str(), 0);
  return false;
}

bool PrivateFolder::remove(const std::string& name) const noexcept {
  return ::unlinkat(descriptor_, name.c_str(), 0) == 0;
}

std::vector<PrivateFile> PrivateFolder::list() const {
  std::vector<PrivateFile> files;
  const int copy = ::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* folder = copy < 0 ? nullptr : ::fdopendir(copy);
  if (folder == nullptr) {
    if (copy >= 0) ::close(copy);
    return files;
  }
  while (const dirent* entry = ::readdir(folder)) {
    struct stat about = {};
    if (::fstatat(descriptor_, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode)) continue;
    files.push_back({entry->d_name, static_cast<std::uint64_t>(about.st_size), nanoseconds(about.st_mtim)});
  }
  ::closedir(folder);
  return files;
}

std::string cache_home() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr && *value == '/' ? value : "");
  };
  if (std::string home = variable("XDG_CACHE_HOME"); !home.empty()) return home;
  const std::string home = variable("HOME");
  return home.empty() ? home : home + "/.cache";
}

}  // namespace tenon::os
