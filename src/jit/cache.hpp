// A folder of machine code that was made before, by a key that covers everything the code depends on. Entries that are
// damaged, do not fit, or could have been written by somebody else are as good as none. When the folder outgrows its
// bound, what was not used for the longest time goes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "jit/digest.hpp"
#include "jit/image.hpp"
#include "os/private_files.hpp"

namespace tenon::jit {

struct CacheStatus {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

class Cache {
 public:
  Cache(const std::string& folder, std::uint64_t max_bytes, std::string version)
      : folder_(os::PrivateFolder::open(folder)), max_bytes_(max_bytes), version_(std::move(version)) {}
  bool is_open() const noexcept { return folder_.is_open(); }

  // The key of the code for a module's bytes. `compiler` tells compilers of the same version apart, and `linked`
  // modules that are linked in different ways.
  Digest key(Bytes module, Bytes linked, std::uint64_t features, std::uint64_t compiler) const noexcept;
  // Empty: there is nothing under the key.
  std::vector<Image> find(const Digest& key) const;
  void keep(const Digest& key, std::span<const Image> images) const;
  CacheStatus status() const;
  // Removes everything, and says what that was.
  CacheStatus clear() const;

 private:
  void make_room() const;
  os::PrivateFolder folder_;
  std::uint64_t max_bytes_;
  std::string version_;
};

}  // namespace tenon::jit
