#include "wasi/p3/events.hpp"

#include <algorithm>
#include <vector>

#include "wasi/host/background.hpp"
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
    const bool has_happened = (at->due && *at->due <= time) || (at->signal != nullptr && at->signal->is_set());
    if (has_happened) happened_.splice(happened_.end(), awaited_, at);
    at = next;
  }
}

// Waits for descriptors, and lets the reactor set signals meanwhile.
void Events::take_those_that_are_ready(std::uint64_t longest) {
  std::vector<host::Wait> waits;
  std::vector<host::Awaited> awaited;
  std::vector<std::list<Awaited>::iterator> places;
  for (auto at = awaited_.begin(); at != awaited_.end(); ++at) {
    awaited.push_back({.signal = at->signal, .descriptor = at->descriptor, .to_write = at->to_write});
    if (at->descriptor < 0) continue;
    waits.push_back({.descriptor = at->descriptor, .to_write = at->to_write});
    places.push_back(at);
  }
  if (reactor != nullptr) {
    awaited.push_back({.due = now() + longest});
    reactor->wait(awaited);
    longest = 0;
  }
  // What cannot be waited for counts as ready, and says why when it is used.
  const auto waited = host::wait(waits, longest, {});
  for (std::size_t i = 0; i < waits.size(); ++i) {
    if (!waited || waits[i].is_ready) happened_.splice(happened_.end(), awaited_, places[i]);
  }
}

void Events::in_background(std::function<void()> work, std::function<void()> happen) {
  if (reactor != nullptr) {
    const auto is_over = std::make_shared<host::Signal>();
    when({.signal = is_over.get(), .happen = [is_over, happen = std::move(happen)] { happen(); }});
    reactor->in_background(std::move(work), [is_over] { is_over->set(); });
    return;
  }
  const auto job = std::make_shared<host::Background>(std::move(work));
  const bool is_over = job->descriptor() < 0;
  when({.due = is_over ? std::optional<std::uint64_t>(0) : std::nullopt,
        .descriptor = job->descriptor(),
        .happen = [job, happen = std::move(happen)] { happen(); }});
}

HostEvents::State Events::poll(std::chrono::nanoseconds longest) {
  if (awaited_.empty()) return State::idle;
  auto sleep = static_cast<std::uint64_t>(longest.count());
  take_those_that_are_due();
  if (!happened_.empty()) sleep = 0;
  const std::uint64_t start = now();
  for (const Awaited& one : awaited_) {
    if (one.due) sleep = std::min(sleep, *one.due - std::min(*one.due, start));
  }
  take_those_that_are_ready(sleep);
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
