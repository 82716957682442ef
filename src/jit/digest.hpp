// A digest of bytes: BLAKE2b with 256 bits (RFC 7693), in pieces as they come. It tells contents apart, also those that
// somebody made in order to be mistaken for others; it says nothing about who wrote them.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"

namespace tenon::jit {

using Digest = std::array<std::uint8_t, 32>;

class Hasher {
 public:
  Hasher() noexcept;
  void add(Bytes bytes) noexcept;
  Digest finish() noexcept;

 private:
  void compress(const std::uint8_t* block, bool is_last) noexcept;

  static constexpr std::size_t block_size = 128;
  std::array<std::uint64_t, 8> state_;
  std::array<std::uint8_t, block_size> buffer_{};
  std::size_t used_ = 0;
  std::uint64_t total_ = 0;
};

inline Digest digest_of(Bytes bytes) noexcept {
  Hasher hasher;
  hasher.add(bytes);
  return hasher.finish();
}

}  // namespace tenon::jit
