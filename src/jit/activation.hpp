// Entering compiled code, and leaving it.
//
// An activation is one entry from bytecode or the host into compiled code: it keeps where to go back to when a trap (or
// an exception, on its way outwards) leaves all compiled frames at once. Compiled frames hold nothing that would need
// to be cleaned up.
//
// A guest that may be suspended enters compiled code on a native stack of its own, a fiber: where it waits, that stack
// is left as it is. Everything that the guest does from its first compiled function on runs on that stack, bytecode and
// host functions too, until that function returns. A thread of a guest has at most one.
//
// Exceptions leave compiled frames one by one (unwind.hpp), and an activation where none of them catches; who does then
// is looked for on the managed stack as ever.
#pragma once

#include "os/faults.hpp"
#include "runtime/native.hpp"
#include "runtime/thread.hpp"

namespace tenon::jit {

// A stack for a guest that may be suspended. False: there is none.
bool take_stack(runtime::Thread& thread) noexcept;
// True if the thread's guest may enter compiled code now: it cannot be suspended, or a stack for it is at hand.
inline bool prepare_to_wait(runtime::Thread& thread) noexcept {
  return !thread.may_wait || thread.native_wait != nullptr || take_stack(thread);
}

// Compiled code, and the thunk that calls it with what is in a frame.
struct NativeEntry {
  const void* entry = nullptr;
  runtime::NativeThunk thunk = nullptr;
};
inline NativeEntry entry_of(const runtime::NativeModule& native, core::FuncIdx index) noexcept {
  return {.entry = native.entries[index.value].load(std::memory_order_acquire),
          .thunk = native.thunks[index.value].load(std::memory_order_relaxed)};
}

// Runs it with the arguments in `frame`; the results come back there.
runtime::Outcome run_native(runtime::Thread& thread, runtime::Instance& instance, const NativeEntry& entry,
                            runtime::Slot* frame);

// Whether the compiled frames under way can be left as they are.
bool can_suspend(const runtime::Thread& thread) noexcept;
// Leaves them, with the outcome `suspended`; comes back when the guest goes on.
void suspend(runtime::Thread& thread) noexcept;

// The frame of a host that calls compiled code with nothing under way: it has no caller. It is never written.
runtime::Slot* frame_of_host() noexcept;

// Compiled code of the store may use the native stack that the calling host thread stands on.
void limit_native_stack(runtime::StoreControl& control) noexcept;

// `NativeModule::call`.
runtime::Outcome call_compiled(runtime::Thread& thread, const runtime::Func& func, runtime::Slot* values) noexcept;

// `NativeModule::start`.
runtime::Outcome start_compiled(runtime::Thread& thread, const runtime::Func& func, runtime::Slot* frame) noexcept;

// Leaves all compiled frames of the innermost activation.
[[noreturn]] void leave(runtime::Thread& thread, runtime::Outcome outcome) noexcept;
// For the signal's handler: where to go on after a fault in compiled code, from wherever that was.
void* go_on_after_fault(const os::FaultPlace& place) noexcept;

}  // namespace tenon::jit
