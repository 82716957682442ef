// What the guests of WASI 0.3 wait for in the system: times, descriptors and signals, as a source of events of their
// store. Signals are set by the reactor, which does the waiting where there is one (wasi/host/reactor.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>

#include "tenon/component_async.hpp"
#include "wasi/host/reactor.hpp"

namespace tenon::wasi::p3 {

class Events final : public HostEvents {
 public:
  // What is waited for: a time on the monotonic clock, a descriptor of the system, or a signal.
  struct Awaited {
    std::optional<std::uint64_t> due{};
    int descriptor = -1;
    bool to_write = false;
    host::Signal* signal = nullptr;  // there until it happens or is forgotten: `happen` keeps its owner
    std::function<void()> happen{};
    std::uint64_t number = 0;
  };

  // Calls `happen` once, when it comes to that. Gives a number for `forget`.
  std::uint64_t when(Awaited awaited) {
    awaited.number = ++last_number_;
    awaited_.push_back(std::move(awaited));
    return last_number_;
  }
  // It will not happen any more, if it has not yet.
  void forget(std::uint64_t number) {
    std::list<Awaited> forgotten;  // what goes with it may come back here
    for (std::list<Awaited>* const list : {&awaited_, &happened_}) {
      for (auto at = list->begin(); at != list->end(); ++at) {
        if (at->number != number) continue;
        forgotten.splice(forgotten.end(), *list, at);
        return;
      }
    }
  }
  // Calls `work` on another thread, and then `happen` as an event. What `work` touches must be its own: the store may
  // end before.
  void in_background(std::function<void()> work, std::function<void()> happen);
  State poll(std::chrono::nanoseconds longest) override;

  host::Reactor* reactor = nullptr;

 private:
  void take_those_that_are_due();
  void take_those_that_are_ready(std::uint64_t longest);
  std::list<Awaited> awaited_;
  std::list<Awaited> happened_;
  std::uint64_t last_number_ = 0;
};

}  // namespace tenon::wasi::p3
