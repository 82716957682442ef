#include "base/arena.hpp"

#include <gtest/gtest.h>
#include <numeric>
#include <vector>

namespace tenon {
namespace {

// Counts what is taken and given back, and keeps the sizes apart.
class CountingMemory : public std::pmr::memory_resource {
 public:
  std::size_t live_bytes = 0;
  std::size_t allocations = 0;

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    live_bytes += size;
    ++allocations;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* memory, std::size_t size, std::size_t alignment) override {
    live_bytes -= size;
    std::pmr::new_delete_resource()->deallocate(memory, size, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

TEST(Arena, TakesNothingBeforeTheFirstObject) {
  CountingMemory memory;
  const Arena arena(memory);
  EXPECT_EQ(memory.allocations, 0U);
  EXPECT_EQ(arena.bytes_reserved(), 0U);
}

TEST(Arena, GivesAlignedStorageThatDoesNotOverlap) {
  CountingMemory memory;
  Arena arena(memory);
  std::vector<std::pair<std::uint8_t*, std::size_t>> pieces;
  for (std::size_t i = 0; i < 2000; ++i) {
    const std::size_t size = 1 + i * 7 % 61;
    const std::size_t alignment = std::size_t{1} << (i % 7);
    auto* piece = static_cast<std::uint8_t*>(arena.allocate(size, alignment));
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(piece) % alignment, 0U);
    std::memset(piece, static_cast<int>(i % 251), size);
    pieces.emplace_back(piece, size);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (std::size_t byte = 0; byte < pieces[i].second; ++byte) ASSERT_EQ(pieces[i].first[byte], i % 251) << i;
  }
}

TEST(Arena, GivesEverythingBack) {
  CountingMemory memory;
  {
    Arena arena(memory);
    for (int i = 0; i < 100; ++i) (void)arena.allocate(1000, 8);
    EXPECT_EQ(memory.live_bytes, arena.bytes_reserved());
    arena.clear();
    EXPECT_EQ(memory.live_bytes, 0U);
    EXPECT_EQ(arena.bytes_reserved(), 0U);
    (void)arena.allocate(10, 1);
  }
  EXPECT_EQ(memory.live_bytes, 0U);
}

TEST(Arena, GrowsByFewBlocks) {
  CountingMemory memory;
  Arena arena(memory);
  for (int i = 0; i < 1'000'000; ++i) (void)arena.allocate(16, 8);
  EXPECT_LT(memory.allocations, 40U);
  EXPECT_LT(memory.live_bytes, std::size_t{2} * 16'000'000);
}

TEST(Arena, KeepsServingSmallObjectsFromTheBlockInUseAfterALargeOne) {
  CountingMemory memory;
  Arena arena(memory);
  auto* before = static_cast<std::byte*>(arena.allocate(8, 8));
  (void)arena.allocate(100'000, 8);
  auto* after = static_cast<std::byte*>(arena.allocate(8, 8));
  EXPECT_EQ(after, before + 8);
}

TEST(Arena, MovedFromIsEmptyAndUsable) {
  CountingMemory memory;
  Arena first(memory);
  int* number = first.make<int>(42);
  Arena second(std::move(first));
  EXPECT_EQ(*number, 42);
  EXPECT_EQ(first.bytes_reserved(), 0U);
  EXPECT_EQ(*first.make<int>(7), 7);
  second = std::move(first);
  EXPECT_EQ(memory.live_bytes, second.bytes_reserved());
}

TEST(Arena, MakesArraysWithTheirValue) {
  Arena arena(*std::pmr::new_delete_resource());
  (void)arena.make_array<std::uint64_t>(100);
  const auto numbers = arena.make_array<int>(1000);
  EXPECT_EQ(std::accumulate(numbers.begin(), numbers.end(), 0), 0);
  EXPECT_TRUE(arena.make_array<int>(0).empty());
}

TEST(Arena, CopiesSpansAndText) {
  Arena arena(*std::pmr::new_delete_resource());
  std::string text = "tenon";
  const std::string_view copy = arena.copy(std::string_view(text));
  text = "other";
  EXPECT_EQ(copy, "tenon");
  EXPECT_EQ(arena.copy(std::string_view()), "");
  const int numbers[] = {1, 2, 3};
  EXPECT_EQ(arena.copy(std::span<const int>(numbers))[2], 3);
}

TEST(ArenaVector, GrowsAndKeepsItsElements) {
  Arena arena(*std::pmr::new_delete_resource());
  ArenaVector<int> numbers;
  for (int i = 0; i < 10'000; ++i) numbers.push_back(arena, i);
  ASSERT_EQ(numbers.size(), 10'000U);
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(numbers[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(numbers.back(), 9'999);
  numbers.pop_back();
  EXPECT_EQ(numbers.back(), 9'998);
  numbers.clear();
  EXPECT_TRUE(numbers.empty());
}

TEST(ArenaVector, PushesAnElementOfItself) {
  Arena arena(*std::pmr::new_delete_resource());
  ArenaVector<int> numbers;
  numbers.push_back(arena, 42);
  for (int i = 0; i < 100; ++i) numbers.push_back(arena, numbers[0]);
  for (const int number : numbers) ASSERT_EQ(number, 42);
}

TEST(ArenaVector, AppendsAPartOfItself) {
  Arena arena(*std::pmr::new_delete_resource());
  ArenaVector<int> numbers;
  for (int i = 0; i < 5; ++i) numbers.push_back(arena, i);
  numbers.append(arena, numbers.span());
  numbers.append(arena, {});
  ASSERT_EQ(numbers.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(numbers[i], static_cast<int>(i % 5));
}

TEST(ArenaVector, ResizesWithZeros) {
  Arena arena(*std::pmr::new_delete_resource());
  ArenaVector<int> numbers;
  numbers.push_back(arena, 1);
  numbers.resize(arena, 3);
  EXPECT_EQ(numbers[0], 1);
  EXPECT_EQ(numbers[2], 0);
  numbers.resize(arena, 1);
  EXPECT_EQ(numbers.size(), 1U);
}

}  // namespace
}  // namespace tenon
