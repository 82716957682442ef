// Running adapters (fuse/adapter.hpp): what they import of the host, and putting one in a lowered function's place.
//
// A lowered function with an adapter is at first a function of the host. At its first call the adapter is instantiated
// and the function becomes the adapter's: callers hold the same `Func`, and from then on call core code. A component
// with thousands of imports that nobody calls so costs nothing for them. If the adapter cannot be instantiated (the
// store's limit of instances), the function stays what it would be without one.
//
// A call of an adapter has no frame on the native stack that could hold its activation, so activations of adapters come
// from a list that the scheduler keeps. A trap leaves them behind; whoever is left by the trap below them takes them
// back (`abandon_activation`).
#pragma once

#include <optional>

#include "fuse/plan.hpp"
#include "runtime/component/call.hpp"
#include "runtime/component/guest_context.hpp"
#include "runtime/component/state.hpp"

namespace tenon::component {

struct PooledActivation final : Activation {
  std::optional<Lenders> lenders;  // of calls that may borrow
  PooledActivation* next_free = nullptr;
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
  bool may_borrow = false;
};

// Makes the function for `lowered`, whose callee is a guest's and takes an adapter; both lie in the store's arena.
runtime::Func* make_adapted_func(runtime::Store& store, core::TypeIdx type, LoweredFunc& lowered,
                                 const fuse::Adapter& adapter, runtime::CodeModule& code);

// Takes back the activations of adapters that are above `activation`, which is only compared.
void abandon_above(Scheduler& scheduler, const Activation* activation) noexcept;

}  // namespace tenon::component
