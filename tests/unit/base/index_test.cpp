#include "base/index.hpp"

#include <gtest/gtest.h>
#include <unordered_set>

namespace tenon {
namespace {

using ThingIdx = Index<struct ThingTag>;

TEST(Index, IsNoneUntilItIsGiven) {
  EXPECT_TRUE(ThingIdx().is_none());
  EXPECT_EQ(ThingIdx(), ThingIdx::none());
  EXPECT_FALSE(ThingIdx(std::uint32_t{0}).is_none());
}

TEST(Index, ComparesAndHashes) {
  EXPECT_LT(ThingIdx(std::uint32_t{1}), ThingIdx(std::uint32_t{2}));
  const std::unordered_set<ThingIdx> set = {ThingIdx(std::uint32_t{1}), ThingIdx(std::size_t{1}),
                                            ThingIdx(std::uint32_t{2})};
  EXPECT_EQ(set.size(), 2U);
}

TEST(IndexVector, IsReadByItsOwnIndex) {
  Arena arena(*std::pmr::new_delete_resource());
  IndexVector<ThingIdx, int> things;
  const ThingIdx first = things.next_index();
  things.push_back(arena, 10);
  const ThingIdx second = things.next_index();
  things.push_back(arena, 20);
  EXPECT_EQ(things[first], 10);
  EXPECT_EQ(things[second], 20);
  EXPECT_TRUE(things.contains(second));
  EXPECT_FALSE(things.contains(things.next_index()));
  EXPECT_FALSE(things.contains(ThingIdx::none()));
}

}  // namespace
}  // namespace tenon
