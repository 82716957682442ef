#include "tenon/native_stack.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace tenon {
namespace {

TEST(NativeStack, IsExchangedByThread) {
  const NativeStack before = exchange_native_stack({.lowest = 4096});
  EXPECT_EQ(before.lowest, 0U);
  std::thread([] { EXPECT_EQ(exchange_native_stack({}).lowest, 0U); }).join();
  const NativeStack mine = exchange_native_stack(before);
  EXPECT_EQ(mine.lowest, 4096U);
}

}  // namespace
}  // namespace tenon
