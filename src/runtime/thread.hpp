// A guest's thread of control: its managed stack and what is under way on it.
//
// Guest frames never lie on the native stack. A frame is a run of slots on the managed stack:
//
//   [ return ip | caller's frame | caller's instance ] [ parameters, locals | operands ... ]
//                                                      ^ frame pointer
//
// A caller leaves `frame_header_slots` free above its operands and puts the arguments behind them: they are the
// callee's first slots, and the results come back in the same place. The frame at which a host entered has return ip
// `nullptr`. A walk from the innermost frame outwards is a backtrace; the words from the stack's bottom to its top are
// the roots of the collector.
//
// `stack_limit` starts at the stack's bottom and is raised when a frame needs more, up to the stack's end. So it says
// how far the stack was used: that far it is cleared before it goes back to the pool, and, where there are objects,
// when the thread is released; the part above `top` at each collection, for stale words would keep garbage alive.
//
// A thread that nobody uses may have no stack: its store is idle then, and would keep pages that are there for nothing.
// The host thread keeps one for whoever calls next (`SpareStack`). What earlier frames left in it nobody reads: a
// frame's slots are written before.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "runtime/entities.hpp"
#include "runtime/value.hpp"
#include "tenon/result.hpp"

namespace tenon::runtime {

inline constexpr unsigned frame_header_slots = 3;
inline constexpr int header_return_ip = -3;
inline constexpr int header_caller_frame = -2;
inline constexpr int header_caller_instance = -1;

struct Thread;

// A stack that a host thread keeps between calls.
struct SpareStack {
  Slot* base = nullptr;   // nullptr: none
  Slot* limit = nullptr;  // `Thread::stack_limit`
  std::size_t bytes = 0;
  bool is_closed = false;  // keeps none any more, for the host thread ends
};

// Compiled frames of a thread that was suspended while they were under way (jit/native_code.cpp).
struct NativeWait {
  // Goes on with them: `Thread::frame` holds the results of what they wait for. When they have ended, it is the frame
  // of the function that was entered.
  Outcome (*resume)(Thread& thread) noexcept;
  // They are given up.
  void (*abandon)(Thread& thread) noexcept;
  bool has_begun = false;  // there are frames; before, there is only a stack for them
};

struct Thread : ThreadHead {
  // Hot: handlers read these.
  Slot* stack_limit = nullptr;  // a frame that reaches beyond needs `extend` first
  // Set by another host thread to stop the guest: nonzero makes the next check (function entry, backward branch) leave.
  InterruptFlags* interrupt = nullptr;
  std::int64_t fuel = INT64_MAX;  // units left; metered code subtracts, and leaves below zero
  Store* store = nullptr;

  // Where the innermost activation stopped: valid while a host function runs, after a trap, and while suspended.
  const Cell* ip = nullptr;
  Slot* frame = nullptr;
  Slot accumulator = 0;  // kept for the collector while a handler allocates

  Trap pending_trap = Trap::none;
  Error pending_error;         // what the host gave with it; empty otherwise
  Slot pending_exception = 0;  // exnref under way
  bool may_wait = false;       // whoever runs it goes on without it when it is suspended
  void* host_call = nullptr;   // the host's call that runs on this thread and may wait; nullptr: it may not

  // The stack; all nullptr: it has none now. `top` is where the next entry of the host begins (above all frames in
  // use).
  Slot* stack_base = nullptr;
  Slot* top = nullptr;
  Slot* stack_end = nullptr;
  std::size_t stack_bytes = 0;
  NativeWait* native_wait = nullptr;  // compiled frames that wait, on a native stack of their own
  // Units that were used, or taken away, while compiled code kept the number of those left in a register: paid where it
  // comes back to the runtime. Negative: given.
  std::int64_t owed_fuel = 0;
  Thread* next = nullptr;       // of the store's list of threads
  Thread* next_free = nullptr;  // of its list of unused ones

  void set_stack(Slot* base, Slot* limit) noexcept {
    stack_base = top = base;
    stack_limit = limit;
    stack_end = base == nullptr ? nullptr : base + stack_bytes / sizeof(Slot);
  }

  // Makes the stack usable up to `end`; false when it ends before.
  bool extend(const Slot* end) noexcept;
  // Zeroes what was used of the stack from `from` on.
  void clear_above(Slot* from) noexcept;

  void pay_owed() noexcept { fuel -= std::exchange(owed_fuel, 0); }

  Outcome trap(Trap reason) noexcept {
    pending_trap = reason;
    return Outcome::trapped;
  }
};

}  // namespace tenon::runtime
