#include "jit/checksum.hpp"

#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace tenon::jit {
namespace {

TEST(Checksum, EveryBitCounts) {
  for (const std::size_t size : {1U, 8U, 63U, 64U, 65U, 200U}) {
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 37);
    std::set<Checksum> seen{checksum_of(bytes)};
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
      bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      EXPECT_TRUE(seen.insert(checksum_of(bytes)).second) << size << " bytes, bit " << bit;
      bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    }
  }
}

TEST(Checksum, ZerosAtTheEndCount) {
  const std::vector<std::uint8_t> zeros(300);
  std::set<Checksum> seen;
  for (std::size_t size = 0; size <= zeros.size(); ++size) {
    EXPECT_TRUE(seen.insert(checksum_of(Bytes(zeros).first(size))).second) << size;
  }
}

TEST(Checksum, OrderOfBlocksCounts) {
  std::vector<std::uint8_t> bytes(128);
  bytes[0] = 1;
  bytes[64] = 2;
  const Checksum one = checksum_of(bytes);
  std::swap(bytes[0], bytes[64]);
  EXPECT_NE(one, checksum_of(bytes));
}

}  // namespace
}  // namespace tenon::jit
