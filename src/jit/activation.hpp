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
#include "runtime/store.hpp"
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

// What the assembler of activation.cpp notes of an entry, and finds again on the native stack.
struct EntryNote {
  void* stack = nullptr;  // where `tenon_enter` stands
  runtime::Thread* thread = nullptr;
};
extern "C" void tenon_enter(void* context, const void* entry, runtime::Slot* frame, runtime::NativeThunk thunk,
                            EntryNote* note);

struct Activation : runtime::NativeActivation {
  // `frame` is the one on the managed stack of the function that is entered.
  Activation(runtime::Thread& of, const runtime::Slot* frame) noexcept : note{.thread = &of} {
    previous = of.activation;
    entered = frame;
    end = reinterpret_cast<const runtime::Slot*>(this);
  }
  // `outcome` says what it came to.
  void run(runtime::Instance& instance, const NativeEntry& code, runtime::Slot* frame) noexcept {
    note.thread->activation = this;
    tenon_enter(&instance, code.entry, frame, code.thunk, &note);
    note.thread->activation = previous;
    note.thread->pay_owed();
  }

  EntryNote note;
  runtime::Outcome outcome = runtime::Outcome::returned;
};

// Room that compiled code leaves on the native stack for what it calls and for the signal's handler.
inline constexpr std::size_t stack_reserve = std::size_t{256} << 10;

// True if the thread's guest may enter compiled code where it stands, without any preparation.
inline bool is_prepared(const runtime::Thread& thread) noexcept {
  if (thread.may_wait) return thread.native_wait != nullptr && thread.native_wait->has_begun;
  return thread.activation != nullptr ||
         thread.store->control.native_stack_limit.address() == detail::host_stack.lowest + stack_reserve;
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
