#include "wasi/p3/events.hpp"

#include <algorithm>
#include <vector>

#include "wasi/host/clocks.hpp"
#include "wasi/host/poll.hpp"

namespace tenon::wasi::p3 {

namespace {

std::uint64_t now() { return host::now(host::Clock::monotonic).value_or(0); }

}  // namespace

void Events::take_those_that_are_due() {
  const std::uint64_t time = now();
  for (auto at = awaited_.begin(); at != awaited_.end();) {
    const auto next = std::next(at);
    if (at->due && *at->due <= time) happened_.splice(happened_.end(), awaited_, at);
    at = next;
  }
}

HostEvents::State Events::poll(std::chrono::nanoseconds longest) {
  if (awaited_.empty()) return State::idle;
  auto sleep = static_cast<std::uint64_t>(longest.count());
  take_those_that_are_due();
  if (!happened_.empty()) sleep = 0;
  const std::uint64_t start = now();
  std::vector<host::Wait> waits;
  std::vector<std::list<Awaited>::iterator> places;
  for (auto at = awaited_.begin(); at != awaited_.end(); ++at) {
    if (at->due) {
      sleep = std::min(sleep, *at->due - std::min(*at->due, start));
    } else {
      waits.push_back({.descriptor = at->descriptor, .to_write = at->to_write});
      places.push_back(at);
    }
  }
  // What cannot be waited for counts as ready, and says why when it is used.
  const auto waited = host::wait(waits, sleep, {});
  for (std::size_t i = 0; i < waits.size(); ++i) {
    if (!waited || waits[i].is_ready) happened_.splice(happened_.end(), awaited_, places[i]);
  }
  take_those_that_are_due();
  if (happened_.empty()) return State::waiting;
  while (!happened_.empty()) {
    const Awaited next = std::move(happened_.front());
    happened_.pop_front();
    next.happen();
  }
  return State::happened;
}

}  // namespace tenon::wasi::p3
