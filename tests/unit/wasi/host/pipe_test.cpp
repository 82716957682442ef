#include "wasi/host/pipe.hpp"

#include <gtest/gtest.h>

namespace tenon::wasi::host {
namespace {

struct Counting final : Waiter {
  int count = 0;
  void wake() noexcept override { ++count; }
};

TEST(Signal, WakesThoseWhoWaitAndNobodyElse) {
  Signal signal;
  Counting one, other;
  signal.add(one);
  signal.add(other);
  signal.remove(other);
  signal.set();
  EXPECT_TRUE(signal.is_set());
  EXPECT_EQ(one.count, 1);
  EXPECT_EQ(other.count, 0);
  signal.set(false);
  EXPECT_FALSE(signal.is_set());
  EXPECT_EQ(one.count, 1);
}

TEST(Pipe, GivesWhatWasWrittenInPieces) {
  Pipe pipe;
  EXPECT_FALSE(pipe.readable.is_set());
  pipe.write("hello ");
  pipe.write("world");
  EXPECT_TRUE(pipe.readable.is_set());
  EXPECT_EQ(pipe.read(4), "hell");
  EXPECT_EQ(pipe.available(), 7U);
  EXPECT_EQ(pipe.take(), "o world");
  EXPECT_FALSE(pipe.readable.is_set());
  EXPECT_EQ(pipe.total(), 11U);
}

TEST(Pipe, StopsTheProducerWhenItIsFull) {
  Pipe pipe(4);
  EXPECT_EQ(pipe.room(), 4U);
  pipe.write("abc");
  EXPECT_TRUE(pipe.writable.is_set());
  pipe.write("de");  // one more than there was room for
  EXPECT_EQ(pipe.room(), 0U);
  EXPECT_FALSE(pipe.writable.is_set());
  EXPECT_EQ(pipe.read(1), "a");
  EXPECT_FALSE(pipe.writable.is_set());
  EXPECT_EQ(pipe.read(1), "b");
  EXPECT_TRUE(pipe.writable.is_set());
  EXPECT_EQ(pipe.take(), "cde");
}

TEST(Pipe, EndsOnceAndKeepsWhatIsLeft) {
  Pipe pipe;
  pipe.write("x");
  pipe.end(HttpFields{{"a", "b"}});
  pipe.fail({.code = HttpError::connection_terminated});
  pipe.write("y");
  EXPECT_TRUE(pipe.is_ended());
  EXPECT_FALSE(pipe.is_drained());
  EXPECT_EQ(pipe.take(), "x");
  EXPECT_TRUE(pipe.is_drained());
  EXPECT_TRUE(pipe.readable.is_set());
  EXPECT_FALSE(pipe.failure);
  ASSERT_TRUE(pipe.trailers);
  EXPECT_EQ(pipe.trailers->at(0).second, "b");
}

TEST(Pipe, SaysWhyItFailed) {
  Pipe pipe;
  pipe.fail({.code = HttpError::connection_read_timeout});
  EXPECT_TRUE(pipe.is_drained());
  ASSERT_TRUE(pipe.failure);
  EXPECT_EQ(pipe.failure->code, HttpError::connection_read_timeout);
}

TEST(Pipe, DropsWhatNobodyReads) {
  Pipe pipe(2);
  pipe.write("abc");
  pipe.abandon();
  EXPECT_TRUE(pipe.is_abandoned());
  EXPECT_TRUE(pipe.writable.is_set());
  pipe.write("defg");
  EXPECT_EQ(pipe.available(), 0U);
  EXPECT_EQ(pipe.room(), 2U);
}

TEST(Pipe, WaitsForTheEndOnlyWhenItDiscards) {
  Pipe pipe(2);
  pipe.write("abc");
  pipe.discard();
  EXPECT_FALSE(pipe.readable.is_set());
  EXPECT_TRUE(pipe.writable.is_set());
  pipe.write("d");
  EXPECT_FALSE(pipe.readable.is_set());
  EXPECT_FALSE(pipe.is_abandoned());
  pipe.end();
  EXPECT_TRUE(pipe.readable.is_set());
}

}  // namespace
}  // namespace tenon::wasi::host
