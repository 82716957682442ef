// A checksum of a file's bytes, which any damage changes: at the speed of memory, for a compiled file is read as a
// whole before its code is mapped. It is no digest (digest.hpp): who means harm can write a file with the checksum that
// it must have, and could with a digest, for no key is involved.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/bytes.hpp"

namespace tenon::jit {

using Checksum = std::array<std::uint8_t, 32>;

// Eight lanes take a word each in turn. A step gives different lanes for different words, and for different lanes
// before it, so no change of a single word is ever lost; of others 2^-64 are in each lane.
inline Checksum checksum_of(Bytes bytes) noexcept {
  constexpr std::size_t lanes = 8;
  constexpr std::size_t block = 8 * lanes;
  constexpr std::uint64_t odd = 0x9E37'79B9'7F4A'7C15;
  std::uint64_t lane[lanes];
  for (std::size_t i = 0; i < lanes; ++i) lane[i] = odd * (i + 1) ^ bytes.size();
  const auto step = [&](const std::uint8_t* from) {
    for (std::size_t i = 0; i < lanes; ++i) {
      lane[i] = (lane[i] ^ load_le<std::uint64_t>(from + 8 * i)) * odd;
      lane[i] ^= lane[i] >> 32;  // a product's high bits are of few bits of its factors, and would stay so
    }
  };
  std::size_t at = 0;
  for (; bytes.size() - at >= block; at += block) step(bytes.data() + at);
  std::uint8_t rest[block] = {};
  for (std::size_t i = 0; at + i < bytes.size(); ++i) rest[i] = bytes[at + i];
  step(rest);
  Checksum sum;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t first = lane[i] ^ std::rotl(lane[i + 4], 32);
    const std::uint64_t mixed = (first ^ (first >> 32)) * odd + lane[i + 4];
    store_le(sum.data() + 8 * i, mixed ^ (mixed >> 29));
  }
  return sum;
}

}  // namespace tenon::jit
