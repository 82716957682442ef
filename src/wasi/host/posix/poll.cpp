#include "wasi/host/poll.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/ioctl.h>
#include <vector>

#include "wasi/host/clocks.hpp"

namespace tenon::wasi::host {

namespace {

void take(Wait& wait, short events) {
  if ((events & POLLNVAL) != 0) {
    wait.is_ready = true;
    wait.error = Errno::badf;
    return;
  }
  const short wanted = wait.to_write ? POLLOUT : POLLIN;
  if ((events & (wanted | POLLHUP | POLLERR)) == 0) return;
  wait.is_ready = true;
  wait.is_hung_up = (events & POLLHUP) != 0;
  int available = 0;
  if (!wait.to_write && ioctl(wait.descriptor, FIONREAD, &available) == 0 && available > 0) {
    wait.available = static_cast<std::uint64_t>(available);
  }
}

// How long one sleep may last before interruption is asked for.
constexpr std::uint64_t longest_sleep = 50'000'000;

// Waits out the whole time, whatever signals come between.
Outcome<void> poll_until(std::vector<pollfd>& descriptors, std::optional<std::uint64_t> nanoseconds,
                         const Interrupted& interrupted) {
  const std::uint64_t start = now(Clock::monotonic).value_or(0);
  for (;;) {
    std::uint64_t sleep = longest_sleep;
    bool is_last = false;
    if (nanoseconds) {
      const std::uint64_t passed = now(Clock::monotonic).value_or(start) - start;
      const std::uint64_t left = *nanoseconds - std::min(*nanoseconds, passed);
      is_last = left <= sleep;
      sleep = std::min(left, sleep);
    }
    const timespec time{0, static_cast<long>(sleep)};
    const int ready = ppoll(descriptors.data(), descriptors.size(), &time, nullptr);
    if (ready < 0 && errno != EINTR) return refuse_by_system();
    if (ready > 0 || (ready == 0 && is_last)) return {};
    if (interrupted && interrupted()) return refuse(Errno::intr);
  }
}

}  // namespace

Outcome<void> wait(std::span<Wait> waits, std::optional<std::uint64_t> nanoseconds, const Interrupted& interrupted) {
  std::vector<pollfd> descriptors;
  for (Wait& one : waits) {
    one.is_ready = one.descriptor < 0;
    if (one.is_ready) nanoseconds = 0;  // nobody waits; the others are looked at all the same
    descriptors.push_back({one.descriptor, static_cast<short>(one.to_write ? POLLOUT : POLLIN), 0});
  }
  if (waits.empty() && !nanoseconds) return {};
  if (auto polled = poll_until(descriptors, nanoseconds, interrupted); !polled) return polled;
  for (std::size_t i = 0; i < waits.size(); ++i) {
    if (waits[i].descriptor >= 0) take(waits[i], descriptors[i].revents);
  }
  return {};
}

Outcome<void> wait(int descriptor, bool to_write, const Interrupted& interrupted) {
  Wait one{.descriptor = descriptor, .to_write = to_write};
  return wait(std::span(&one, 1), std::nullopt, interrupted);
}

}  // namespace tenon::wasi::host
