// What a guest can wait for: subtasks and the ends of streams and futures; and sets of them.
//
// The definition's pending events are closures that say at delivery what happened. Here a waitable has a flag, and
// `take_event` (by kind) makes the event. A set keeps its members that have an event in a list of their own, so that
// waiting on 100,000 of them costs what waiting on one does.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#waitable-state
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>

#include "runtime/component/handles.hpp"
#include "tenon/component_values.hpp"
#include "tenon/result.hpp"

namespace tenon::component {

struct Scheduler;

enum class EventCode : std::uint32_t {
  none = 0,
  subtask = 1,
  stream_read = 2,
  stream_write = 3,
  future_read = 4,
  future_write = 5,
  task_cancelled = 6,
};

struct Event {
  EventCode code = EventCode::none;
  std::uint32_t index = 0;
  std::uint32_t payload = 0;
};

struct Waitable {
  HandleKind kind;
  bool has_pending_event = false;
  bool has_sync_waiter = false;
  std::uint32_t index = 0;  // in the handle table that it is in
  WaitableSet* wset = nullptr;
  Waitable* previous = nullptr;  // in the set's list of members, with or without an event
  Waitable* next = nullptr;
  Thread* waiter = nullptr;  // the thread that waits for this one alone

  explicit Waitable(HandleKind kind) noexcept : kind(kind) {}
  bool in_waitable_set() const noexcept { return wset != nullptr; }
};

// Marks that there is an event and makes who waits for it ready.
void set_pending_event(Scheduler& scheduler, Waitable& waitable) noexcept;
// The event, which must be pending; it is then no longer.
Event get_pending_event(Waitable& waitable);
// Moves the waitable into the set, or out of any (nullptr).
void join(Scheduler& scheduler, Waitable& waitable, WaitableSet* set) noexcept;

struct WaitableList {
  Waitable* first = nullptr;
  Waitable* last = nullptr;
  bool is_empty() const noexcept { return first == nullptr; }
  void append(Waitable& waitable) noexcept;
  void remove(Waitable& waitable) noexcept;
};

struct WaitableSet {
  WaitableList quiet;              // members without an event
  WaitableList pending;            // members with one
  Thread* first_waiter = nullptr;  // threads that wait on the set
  std::uint32_t num_waiting = 0;
  bool has_pending_event() const noexcept { return !pending.is_empty(); }
};

// The threads that wait on the set look again.
void notify_waiters(WaitableSet& set) noexcept;
// The event of some member; one must be pending.
Event get_pending_event(Scheduler& scheduler, WaitableSet& set);
// Errors: trap "cannot drop waitable set with waiters", or with members.
Result<void> check_drop(const WaitableSet& set);

// error-context: its debug message, shared by all handles to it. The text is the scheduler's memory, which goes as a
// whole, for nobody has to drop a handle.
struct ErrorContext {
  std::uint32_t users = 1;
  std::pmr::string debug_message;
};

}  // namespace tenon::component
