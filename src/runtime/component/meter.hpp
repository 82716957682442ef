// What limited instances use of fuel, time and memory, beside the limits of their store.
//
// Fuel and time are the store's, and whoever runs uses them up. So they are looked at whenever another instance goes on
// (`change_meter`): what was used since the last time is charged to the one that ran, and the next gets no more fuel
// than it has left, the rest being kept back meanwhile. Calls between limited instances go through the host's frames
// for that, without adapters; stores without such limits pay one branch a call.
//
// Time is that of one turn: a call from the host, or what a task does until it waits. The clock, and what interrupts
// guest code, are the host's (`TimeKeeper`).
//
// Memory needs no meter: a core memory grows up to its `max_size`, and what its instance may still take is shared out
// among its memories that way, anew at each call that enters it. Together they never have more than the limit; one of
// several may find that another has its share.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "runtime/component/state.hpp"

namespace tenon::component {

// The host's clock. Times are nanoseconds.
struct TimeKeeper {
  virtual std::uint64_t now() noexcept = 0;
  // Interrupts the store's guest code after this time, unless it is told to forget that.
  virtual void watch(std::uint64_t time) noexcept = 0;
  virtual void forget() noexcept = 0;

 protected:
  ~TimeKeeper() = default;
};

struct Meter {
  TimeKeeper* keeper = nullptr;
  ComponentInstance* running = nullptr;  // the limited instance that runs
  std::int64_t granted = 0;              // the fuel that it began with
  std::int64_t withheld = 0;             // what is kept back meanwhile
  std::uint64_t since = 0;
  std::uint64_t turn = 0;
  const ComponentInstance* over = nullptr;  // who passed its limit in this turn
};

// From now on code of this instance runs; nullptr: none. Called before the scheduler's current activation changes.
void change_meter(Scheduler& scheduler, ComponentInstance* next) noexcept;
// Whether the time of the instance that runs is over.
bool is_time_over(const Scheduler& scheduler) noexcept;
// Of a trap for fuel or time: the same with the name of the instance whose limit it was, if it was one.
Error name_limit(const Scheduler& scheduler, Error error) noexcept;

// Room for the memories of a core instance that is about to be made for `inst`, while it lives.
class MemoryRoom {
 public:
  explicit MemoryRoom(ComponentInstance& inst) noexcept;
  MemoryRoom(const MemoryRoom&) = delete;
  MemoryRoom& operator=(const MemoryRoom&) = delete;
  ~MemoryRoom();
  // The error of making it, with the name of the instance if the limit was its own.
  Error explain(Error error) const noexcept;

 private:
  ComponentInstance& inst_;
  std::uint64_t store_limit_;
  std::size_t first_;  // of the store's memories that are new
};
// Shares out what the instance may still take.
void share_memory(ComponentInstance& inst) noexcept;

}  // namespace tenon::component
