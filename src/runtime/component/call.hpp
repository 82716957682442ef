// Both sides of a call of a component function, as they see each other.
//
// The definition passes closures: `on_start` gives the arguments, `on_resolve` takes the results, and the callee gives
// back `on_cancel`. Here the caller's side is a `Call`, and the callee's a `Callee`. Values pass as a callee wants
// them: a guest has them lowered straight into its memory, a host function gets them as `Val`s.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/concat.hpp"
#include "runtime/component/state.hpp"
#include "tenon/component_values.hpp"
#include "tenon/result.hpp"

namespace tenon::component {

struct LoweredFunc;

// The caller's side.
struct Call {
  const ComponentInstance* caller = nullptr;  // nullptr: the host
  // on_start for a callee that is a guest: lowers the arguments to its flat parameters, of which there are at most 16,
  // at `flat`; `borrows` are its call's. Errors: trap; of the host also usage (values of another type), of which it has
  // told itself: the task ends without having begun.
  virtual Result<void> start(const LiftedFunc& callee, BorrowScope& borrows, runtime::Slot* flat) = 0;
  // on_start for the host.
  virtual Result<std::vector<Val>> start() = 0;
  // on_resolve: lifts the flat results, at most `max_flat` of them, or a pointer to them.
  virtual Result<void> resolve(const LiftedFunc& callee, std::span<const runtime::Slot> flat, unsigned max_flat) = 0;
  // The same from the host: the result, if the type has one.
  virtual Result<void> resolve(std::span<const Val> results) = 0;
  // on_resolve without results: cancelled.
  virtual Result<void> resolve_cancelled() = 0;
  // The callee's task is gone, with all its threads; for calls from the host (`start_call`).
  virtual void on_end() noexcept {}

 protected:
  ~Call() = default;
};

// A host function that may take its time.
struct HostFunction {
  const FuncSignature* type = nullptr;
  bool is_immediate = false;  // it never waits: `call_flat` serves, whatever the type
  // Starts a call: must call `call.start()` and, now or later (from the store's own thread), `call.resolve`.
  // What it gives is handed to `cancel` if the guest asks for that. Errors: trap.
  virtual Result<void*> call(Call& call, ComponentInstance& caller) = 0;
  // A call by core code of a function that is immediate, also with the option `async`: `frame` holds the flat
  // parameters as the caller's options say, and takes the flat result (not the state of the subtask). Errors: trap.
  virtual Result<void> call_flat(const LoweredFunc& caller, runtime::Thread& core, runtime::Slot* frame) = 0;
  // A call by a component's start function, with values that are no guest's. Errors: trap; unlinkable, when the
  // function cannot be called like this, as is the default.
  virtual Result<std::vector<Val>> call_with_values(runtime::Store& store, std::span<const Val> arguments) {
    (void)store;
    (void)arguments;
    return fail(ErrorKind::unlinkable, {},
                "the start function of a component is a function of the host that takes its time: one that returns at "
                "once, or one of a component, was expected");
  }
  // Asked to end early: may resolve (also by `resolve_cancelled`) at once, later, or never. The default does nothing.
  virtual Result<void> cancel(void* call) {
    (void)call;
    return {};
  }

 protected:
  ~HostFunction() = default;
};

// What `canon lower` refers to: exactly one of the two.
struct Callee {
  const LiftedFunc* lifted = nullptr;
  HostFunction* host = nullptr;
};

// A component function as its guest caller has it.
struct LoweredFunc {
  ComponentInstance* inst = nullptr;    // the caller
  const FuncSignature* type = nullptr;  // in the resource ids of `inst`
  CanonicalOptions opts;
  Callee callee;
  std::string_view name{};  // of the import that the host gave; for observers
};

// canon lower of functions of asynchronous type, and with the option `async` of any: a host callback for
// `runtime::make_host_func` with a `LoweredFunc` as its data.
runtime::Outcome call_lowered(runtime::Thread& core, const runtime::Func& func, runtime::Slot* frame) noexcept;

// A call from the host of a function of asynchronous type: starts it, and runs it until it blocks or has ended. The
// host then runs the scheduler until `call` is resolved. `call` must outlive the task (`on_end`), which may be gone
// when this returns. Errors: trap.
Result<Task*> start_call(Scheduler& scheduler, const LiftedFunc& func, Call& call);

// A synchronous call, of a function whose type is synchronous, with `call` as its caller: what `call_lowered` uses for
// such callees (sync_call.cpp).
Result<void> call_synchronously(const LiftedFunc& func, Call& call, ComponentInstance* caller);

}  // namespace tenon::component
