#include "wasi/host/clocks.hpp"

#include <ctime>

namespace tenon::wasi::host {

namespace {

clockid_t clock_id(Clock clock) {
  switch (clock) {
    case Clock::realtime: return CLOCK_REALTIME;
    case Clock::monotonic: return CLOCK_MONOTONIC;
    case Clock::process_cpu_time: return CLOCK_PROCESS_CPUTIME_ID;
    case Clock::thread_cpu_time: return CLOCK_THREAD_CPUTIME_ID;
  }
  return CLOCK_REALTIME;
}

// A time before 1970 cannot be told to a guest.
Outcome<std::uint64_t> nanoseconds(const timespec& time) {
  if (time.tv_sec < 0) return refuse(Errno::overflow);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

Outcome<std::uint64_t> now(Clock clock) noexcept {
  timespec time{};
  if (clock_gettime(clock_id(clock), &time) != 0) return refuse_by_system();
  return nanoseconds(time);
}

Outcome<std::uint64_t> resolution(Clock clock) noexcept {
  timespec time{};
  if (clock_getres(clock_id(clock), &time) != 0) return refuse_by_system();
  const auto step = nanoseconds(time);
  return step && *step == 0 ? Outcome<std::uint64_t>(1) : step;
}

}  // namespace tenon::wasi::host
