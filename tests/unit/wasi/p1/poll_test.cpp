#include "unit/wasi/p1/guest.hpp"
#include "wasi/host/clocks.hpp"

namespace tenon::wasi::p1::test {

namespace {

struct Poll : FileGuest {
  static constexpr std::int32_t events_at = 2048;
  std::int32_t count = 0;

  std::uint32_t next_place() { return static_cast<std::uint32_t>(list_at + 48 * count++); }
  void add_clock(std::uint64_t user_data, std::uint32_t clock, std::uint64_t timeout, std::uint16_t flags = 0) {
    const std::uint32_t at = next_place();
    guest().put<std::uint64_t>(at, user_data);
    guest().put<std::uint64_t>(at + 8, 0);
    guest().put<std::uint32_t>(at + 16, clock);
    guest().put<std::uint64_t>(at + 24, timeout);
    guest().put<std::uint64_t>(at + 32, 0);
    guest().put<std::uint16_t>(at + 40, flags);
  }
  void add_descriptor(std::uint64_t user_data, std::uint8_t type, std::int32_t fd) {
    const std::uint32_t at = next_place();
    guest().put<std::uint64_t>(at, user_data);
    guest().put<std::uint8_t>(at + 8, type);
    guest().put<std::int32_t>(at + 16, fd);
  }
  Errno poll() { return guest().call("poll_oneoff", list_at, events_at, count, result_at); }
  std::uint32_t happened() { return guest().get<std::uint32_t>(result_at); }
  std::uint64_t user_data(std::uint32_t event) { return guest().get<std::uint64_t>(events_at + 32 * event); }
  Errno error(std::uint32_t event) {
    return static_cast<Errno>(guest().get<std::uint16_t>(events_at + 32 * event + 8));
  }
  std::uint8_t type(std::uint32_t event) { return guest().get<std::uint8_t>(events_at + 32 * event + 10); }
  std::uint64_t available(std::uint32_t event) { return guest().get<std::uint64_t>(events_at + 32 * event + 16); }
};

TEST_F(Poll, WaitsForTheFirstClock) {
  add_clock(1, 1, 3'600'000'000'000);
  add_clock(2, 1, 20'000'000);
  const std::uint64_t start = host::now(host::Clock::monotonic).value();
  EXPECT_EQ(poll(), Errno::success);
  EXPECT_GE(host::now(host::Clock::monotonic).value() - start, 20'000'000U);
  ASSERT_EQ(happened(), 1U);
  EXPECT_EQ(user_data(0), 2U);
  EXPECT_EQ(error(0), Errno::success);
  EXPECT_EQ(type(0), 0);
}

TEST_F(Poll, ATimeThatHasPassedIsDue) {
  add_clock(1, 0, 1000, 1);
  add_clock(2, 1, 1000, 1);
  add_clock(3, 1, 0);
  EXPECT_EQ(poll(), Errno::success);
  EXPECT_EQ(happened(), 3U);
}

TEST_F(Poll, AnAbsoluteTimeIsWaitedFor) {
  const std::uint64_t due = host::now(host::Clock::realtime).value() + 20'000'000;
  add_clock(1, 0, due, 1);
  EXPECT_EQ(poll(), Errno::success);
  EXPECT_EQ(happened(), 1U);
  EXPECT_GE(host::now(host::Clock::realtime).value(), due);
}

TEST_F(Poll, ClocksThatCannotBeWaitedForSaySo) {
  add_clock(1, 2, 0);
  add_clock(2, 9, 0);
  add_clock(3, 1, 0, 2);
  EXPECT_EQ(poll(), Errno::success);
  ASSERT_EQ(happened(), 3U);
  EXPECT_EQ(error(0), Errno::notsup);
  EXPECT_EQ(error(1), Errno::inval);
  EXPECT_EQ(error(2), Errno::inval);
}

TEST_F(Poll, FilesAndGivenStreamsAreReady) {
  folder.write("a", "12345");
  const std::int32_t fd = opened("a");
  add_clock(1, 1, 3'600'000'000'000);
  add_descriptor(2, 1, fd);
  add_descriptor(3, 2, fd);
  add_descriptor(4, 1, 0);
  add_descriptor(5, 2, 1);
  EXPECT_EQ(poll(), Errno::success);
  ASSERT_EQ(happened(), 4U);
  EXPECT_EQ(user_data(0), 2U);
  EXPECT_EQ(type(0), 1);
  EXPECT_EQ(available(0), 5U);
  EXPECT_EQ(type(1), 2);
  EXPECT_EQ(user_data(3), 5U);
}

TEST_F(Poll, AnEmptyPipeIsNotReady) {
  ASSERT_EQ(mkfifo((folder.path / "pipe").c_str(), 0600), 0);
  const std::int32_t reader = opened("pipe", 0, right::fd_read | right::poll_fd_readwrite);
  const std::int32_t writer = opened("pipe", 0, right::fd_write);
  add_descriptor(1, 1, reader);
  add_clock(2, 1, 1'000'000);
  EXPECT_EQ(poll(), Errno::success);
  ASSERT_EQ(happened(), 1U);
  EXPECT_EQ(user_data(0), 2U);
  EXPECT_EQ(write(writer, "abc"), Errno::success);
  EXPECT_EQ(guest().get<std::uint32_t>(result_at), 3U);
  count = 0;
  add_descriptor(1, 1, reader);
  EXPECT_EQ(poll(), Errno::success);
  ASSERT_EQ(happened(), 1U);
  EXPECT_EQ(available(0), 3U);
}

TEST_F(Poll, BadDescriptorsAreEventsWithErrors) {
  const std::int32_t fd = opened("a", create, right::fd_read);  // without the right to be polled
  add_descriptor(1, 1, 77);
  add_descriptor(2, 1, fd);
  EXPECT_EQ(poll(), Errno::success);
  ASSERT_EQ(happened(), 2U);
  EXPECT_EQ(error(0), Errno::badf);
  EXPECT_EQ(error(1), Errno::notcapable);
}

TEST_F(Poll, WithoutSubscriptionsOrOfNoKindIsInvalid) {
  EXPECT_EQ(poll(), Errno::inval);
  add_descriptor(1, 3, 0);
  EXPECT_EQ(poll(), Errno::inval);
}

}  // namespace

}  // namespace tenon::wasi::p1::test
