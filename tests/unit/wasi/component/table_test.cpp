#include "wasi/component/table.hpp"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

namespace tenon::wasi {
namespace {

struct Tables : testing::Test {
  std::size_t count = 0;
  bindings::Table<std::string> parents{count};
  bindings::Table<int> children{count};
};

TEST_F(Tables, CountTogetherAndUseNumbersAgain) {
  const std::uint64_t first = parents.insert("a");
  EXPECT_EQ(parents.insert("b"), first + 1);
  children.insert(7);
  EXPECT_EQ(count, 3U);
  parents.drop(first);
  EXPECT_EQ(count, 2U);
  EXPECT_EQ(parents.insert("c"), first);
  EXPECT_EQ(parents[first], "c");
}

TEST_F(Tables, AParentCannotGoBeforeItsChildren) {
  const std::uint64_t parent = parents.insert("a");
  EXPECT_FALSE(parents.has_children(parent));
  const std::uint64_t one = children.insert(1, parents.kinship(parent));
  const std::uint64_t other = children.insert(2, parents.kinship(parent));
  EXPECT_THROW(parents.drop(parent), std::logic_error);
  children.drop(one);
  EXPECT_THROW(parents.drop(parent), std::logic_error);
  EXPECT_EQ(parents[parent], "a");
  children.drop(other);
  EXPECT_FALSE(parents.has_children(parent));
  parents.drop(parent);
  EXPECT_EQ(count, 0U);
}

TEST_F(Tables, AnObjectThatTookTheNumberHasNoneOfTheChildren) {
  const std::uint64_t parent = parents.insert("a");
  (void)parents.kinship(parent);
  parents.drop(parent);
  EXPECT_EQ(parents.insert("b"), parent);
  EXPECT_FALSE(parents.has_children(parent));
}

}  // namespace
}  // namespace tenon::wasi
