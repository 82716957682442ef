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

// Waits out the whole time, whatever signals come between.
int poll_until(std::vector<pollfd>& descriptors, std::optional<std::uint64_t> nanoseconds) {
  const std::uint64_t start = nanoseconds ? now(Clock::monotonic).value_or(0) : 0;
  std::uint64_t left = nanoseconds.value_or(0);
  for (;;) {
    const timespec time{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    const int ready = ppoll(descriptors.data(), descriptors.size(), nanoseconds ? &time : nullptr, nullptr);
    if (ready >= 0 || errno != EINTR) return ready;
    if (nanoseconds) left = *nanoseconds - std::min(*nanoseconds, now(Clock::monotonic).value_or(0) - start);
  }
}

}  // namespace

Outcome<void> wait(std::span<Wait> waits, std::optional<std::uint64_t> nanoseconds) {
  std::vector<pollfd> descriptors;
  for (Wait& one : waits) {
    one.is_ready = one.descriptor < 0;
    if (one.is_ready) nanoseconds = 0;  // nobody waits; the others are looked at all the same
    descriptors.push_back({one.descriptor, static_cast<short>(one.to_write ? POLLOUT : POLLIN), 0});
  }
  if (waits.empty() && !nanoseconds) return {};
  if (poll_until(descriptors, nanoseconds) < 0) return refuse_by_system();
  for (std::size_t i = 0; i < waits.size(); ++i) {
    if (waits[i].descriptor >= 0) take(waits[i], descriptors[i].revents);
  }
  return {};
}

}  // namespace tenon::wasi::host
