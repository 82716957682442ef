// Running adapters (fuse/adapter.hpp): what they import of the host, and putting one in a lowered function's place.
//
// A lowered function with an adapter is at first a function of the host. At its first call the adapter is instantiated
// and the function becomes the adapter's: callers hold the same `Func`, and from then on call core code. A component
// with thousands of imports that nobody calls so costs nothing for them. If the adapter cannot be instantiated (the
// store's limit of instances), the function stays what it would be without one.
//
// Most calls are over before anybody asks for their activation, so at first a call has none: it is pending. The adapter
// notes in its callee's instance that it is entered and by which function, and in the scheduler that this is the
// innermost call; both are globals that it imports. What the runtime knows is enough to make the activations later: the
// caller of the innermost call is an instance whose own note tells the call around it, and so on. `innermost` does that
// when somebody asks. Where an instance is entered together with those around it, and when something is wrong, the
// adapter calls `enter`, which makes the activation at once, or the trap.
//
// The same holds for realloc, which the adapter calls itself where addresses have 32 bits: the note of the innermost
// call then says so, and whoever asks gets an activation for it as well, which ends with it (`end_realloc`).
//
// Such a call has no frame on the native stack that could hold its activation. But an instance is entered once at a
// time, so each function has a place for one. A trap leaves it behind; whoever is left by the trap below takes it off
// (`abandon_activation`).
#pragma once

#include <optional>

#include "fuse/plan.hpp"
#include "runtime/component/call.hpp"
#include "runtime/component/guest_context.hpp"
#include "runtime/component/scheduler.hpp"
#include "runtime/component/state.hpp"

namespace tenon::component {

struct AdaptedFunc;

struct AdapterActivation final : Activation {
  std::optional<Lenders> lenders;            // of calls that lend (fuse::lends)
  const AdaptedFunc* reallocates = nullptr;  // the call whose realloc this is; nullptr: it is the call itself
};

// A lowered function and its adapter.
struct AdaptedFunc {
  LoweredFunc* lowered = nullptr;
  const fuse::Adapter* adapter = nullptr;
  runtime::CodeModule* code = nullptr;
  runtime::Func* self = nullptr;
  ComponentInstance* callee = nullptr;
  const ComponentInstance* outer = nullptr;  // the innermost instance that both sides are inside of
  bool may_be_called = false;                // neither side is inside of the other
  bool lends = false;
  runtime::Global self_number{};     // its address
  runtime::Global always_entered{};  // instead of the callee's note, for calls that are never pending
  AdapterActivation* activation = nullptr;
  AdapterActivation* reallocation = nullptr;
  AdaptedFunc* inner = nullptr;  // while activations are made
};

// Makes the function for `lowered`, whose callee is a guest's and takes an adapter; both lie in the store's arena.
runtime::Func* make_adapted_func(runtime::Store& store, core::TypeIdx type, LoweredFunc& lowered,
                                 const fuse::Adapter& adapter, runtime::CodeModule& code);

// Makes the activations of the pending calls, which there are; gives the innermost.
Activation* make_pending(Scheduler& scheduler) noexcept;
// The innermost call under way; nullptr: none is.
inline Activation* innermost(Scheduler& scheduler) noexcept {
  if (scheduler.pending.value[0] != 0) return make_pending(scheduler);
  return scheduler.current;
}

// A trap in a realloc that an adapter has called: the same with the value that was under way.
Error name_reallocation(const Scheduler& scheduler, Error error) noexcept;

// Takes off the activations of adapters that are above `activation`, which is only compared.
void abandon_all_above(Scheduler& scheduler, const Activation* activation) noexcept;
inline void abandon_above(Scheduler& scheduler, const Activation* activation) noexcept {
  if (scheduler.pending.value[0] != 0 || scheduler.current != activation) [[unlikely]]
    abandon_all_above(scheduler, activation);
}

}  // namespace tenon::component
