// Memory with an owner, and the block that a store's first allocations come from. What is not given back is the owner's
// to free: the sanitizers' leak check looks.
#include "engine/owned_memory.hpp"

#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <memory_resource>
#include <vector>

namespace tenon::detail {
namespace {

std::uintptr_t address_of(const void* place) { return reinterpret_cast<std::uintptr_t>(place); }

TEST(OwnedMemory, AlignsWhatItGives) {
  OwnedMemory memory(1'024);
  for (const std::size_t alignment : {std::size_t{1}, std::size_t{8}, std::size_t{16}, std::size_t{64}}) {
    for (std::size_t bytes = 1; bytes < 900; bytes *= 3) {
      void* place = memory.allocate(bytes, alignment);
      EXPECT_EQ(address_of(place) % alignment, 0U);
      std::memset(place, 0xAB, bytes);
    }
  }
}

TEST(OwnedMemory, UsesTheLastAgain) {
  OwnedMemory memory(1'024);
  void* first = memory.allocate(100, 8);
  void* second = memory.allocate(200, 8);
  memory.deallocate(second, 200, 8);
  EXPECT_EQ(memory.allocate(50, 8), second);
  memory.deallocate(first, 100, 8);
  EXPECT_NE(memory.allocate(100, 8), first);
}

TEST(OwnedMemory, HasMoreThanIsAtHand) {
  OwnedMemory memory(256);
  std::vector<std::uint8_t*> places;
  for (std::uint8_t i = 0; i < 50; ++i) {
    auto* place = static_cast<std::uint8_t*>(memory.allocate(100, 16));
    std::memset(place, i, 100);
    places.push_back(place);
  }
  for (std::uint8_t i = 0; i < 50; ++i) {
    EXPECT_EQ(places[i][0], i);
    EXPECT_EQ(places[i][99], i);
    if (i % 2 == 0) memory.deallocate(places[i], 100, 16);
  }
}

// Whoever makes the next one knows how large a block would have been enough.
TEST(OwnedMemory, SaysHowMuchWasWanted) {
  OwnedMemory memory(256);
  EXPECT_EQ(memory.wanted_at_hand(), 0U);
  void* first = memory.allocate(200, 8);
  memory.deallocate(first, 200, 8);
  EXPECT_EQ(memory.wanted_at_hand(), 200U);
  void* second = memory.allocate(2'000, 64);
  EXPECT_GE(memory.wanted_at_hand(), 2'200U);
  OwnedMemory next(memory.wanted_at_hand());
  void* both[2] = {next.allocate(200, 8), next.allocate(2'000, 64)};
  EXPECT_LE(address_of(both[1]) - address_of(both[0]), 264U);
  memory.deallocate(second, 2'000, 64);
}

TEST(OwnedMemory, ServesContainers) {
  OwnedMemory memory(512);
  std::pmr::vector<int> numbers(&memory);
  for (int i = 0; i < 10'000; ++i) numbers.push_back(i);
  EXPECT_EQ(numbers[9'999], 9'999);
}

}  // namespace
}  // namespace tenon::detail
