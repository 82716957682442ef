// Calls of a host with nothing under way, inline: most calls from the host are such, and what they cost is counted in
// single instructions.
#pragma once

#include <cassert>

#include "runtime/native.hpp"
#include "runtime/store.hpp"

namespace tenon::runtime {

inline bool has_room(Thread& thread, std::size_t slots) noexcept {
  if (thread.top + slots <= thread.stack_limit) [[likely]]
    return true;
  return static_cast<std::size_t>(thread.stack_end - thread.top) >= slots && thread.extend(thread.top + slots);
}

// Copies without a call: there are few.
inline void copy_slots(const Slot* from, std::size_t count, Slot* to) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = from[i];
    asm volatile("" : : : "memory");
  }
}

// Runs the function at the thread's top, where there is room for its frame.
inline Outcome run(Thread& thread, const Func& func, Slot* values) {
  Slot* frame = thread.top + frame_header_slots;
  copy_slots(values, func.param_slots, frame);
  thread.top = frame + func.value_slots;
  const Outcome outcome = thread.store->executor->call(thread, func, frame);
  if (outcome == Outcome::returned) [[likely]]
    copy_slots(frame, func.result_slots, values);
  return outcome;
}

inline Outcome interpret_outermost(Thread& thread, const Func& func, Slot* values) {
  thread.ip = nullptr;
  thread.instance = nullptr;
  if (!has_room(thread, frame_header_slots + func.value_slots)) [[unlikely]]
    return thread.trap(Trap::call_stack_exhausted);
  return run(thread, func, values);
}

// Calls on a thread of `take_free_thread`, of whose state there is nothing to keep. It is released if the function
// returns; otherwise `end_of_outermost` is left to do.
inline Outcome call_outermost(Thread& thread, const Func& func, Slot* values) {
  assert(thread.host_call == nullptr);
  Store& store = *thread.store;
  begin_call(store, thread);
  thread.fuel = store.fuel;
  const Outcome outcome = is_compiled(func) ? func.instance->module->native->call(thread, func, values)
                                            : interpret_outermost(thread, func, values);
  store.control.current = nullptr;
  store.fuel = thread.fuel;
  if (outcome == Outcome::returned) [[likely]]
    release_thread(store, thread);
  return outcome;
}

}  // namespace tenon::runtime
