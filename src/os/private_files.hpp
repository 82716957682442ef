// Files that only this user can have written: what a cache may trust. They lie in a folder of the user's own, are his,
// and nobody else may write to them; links are not followed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::os {

struct PrivateFile {
  std::string name;
  std::uint64_t size = 0;
  std::int64_t used = 0;  // when it was last read or written, in nanoseconds
};

class PrivateFolder {
 public:
  // Opens the folder; made, and those above it, if there is none. What is no such folder, or not private, stays closed.
  static PrivateFolder open(const std::string& path) noexcept;
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  PrivateFolder(PrivateFolder&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~PrivateFolder();
  bool is_open() const noexcept { return descriptor_ >= 0; }

  // What the file holds, which counts as a use of it; nullopt if there is none that may be trusted.
  std::optional<std::string> read(const std::string& name) const;
  // Writes the file as a whole or not at all: others see the old one, or all of the new. False: it could not be
  // written.
  bool write(const std::string& name, std::string_view contents) const;
  bool remove(const std::string& name) const noexcept;
  std::vector<PrivateFile> list() const;

 private:
  explicit PrivateFolder(int descriptor) noexcept : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// The folder for caches of this user's programs (XDG_CACHE_HOME, or .cache in his home); empty if he has none.
std::string cache_home();

}  // namespace tenon::os
