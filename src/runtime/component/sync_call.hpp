// A synchronous call of a lifted function, in the three parts that a caller needs: between `begin` and `run` it lowers
// the arguments, between `run` and `finish` it lifts the results.
//
// Nothing is allocated: the object is the call's activation, and stands on the stack of whoever makes the call. Guest
// code runs on the managed stack of the caller, or of a thread taken for the call when the host begins.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lift
//
// Owner of this file: instantiation (see state.hpp).
#pragma once

#include <span>

#include "runtime/component/observer.hpp"
#include "runtime/component/scheduler.hpp"
#include "runtime/component/state.hpp"
#include "runtime/outermost_call.hpp"
#include "runtime/store.hpp"

namespace tenon::component {

// What came out of core code of a component: an exception is a trap.
Error trap_of_core(Error error) noexcept;

class SyncCall {
 public:
  SyncCall() = default;
  SyncCall(const SyncCall&) = delete;
  SyncCall& operator=(const SyncCall&) = delete;
  // A call that was begun, and neither refused nor finished, has trapped: its instance cannot be entered again.
  ~SyncCall();

  // Enters the function's instance. Errors: trap (it may not be entered), exhausted.
  Result<void> begin(const LiftedFunc& func, ComponentInstance* caller);
  // The arguments could not be lowered. Where the host's values are to blame (kind `usage`), the instance is as before:
  // it can be entered again, and what was lent is taken back. Gives the error.
  Error refuse(Error error) noexcept;
  // Calls the core function. `values` holds the flat parameters and takes the flat results.
  Result<void> run(std::span<runtime::Slot> values);
  // The call may return now, and its results be lifted. Errors: trap (it still holds what it borrowed).
  Result<void> check_return() const;
  // The results were lifted: calls post-return with the flat results, and leaves. Errors: trap.
  Result<void> finish(std::span<const runtime::Slot> results);

  const LiftedFunc& func() const noexcept { return *activation_.func; }
  BorrowScope& borrows() noexcept { return activation_.borrows; }

 private:
  void end() noexcept;

  Activation activation_;
  ComponentInstance* caller_ = nullptr;
  runtime::Thread* thread_ = nullptr;
  bool owns_thread_ = false;
  bool is_entered_ = false;
  ObservedCall observed_;
};

// The end of a call from a host with nothing under way, which has returned. Errors: trap.
inline Result<void> finish_outermost(Activation& activation) {
  if (activation.thread != nullptr) [[unlikely]] {
    if (auto popped = pop_activation(activation); !popped) return popped;
  }
  activation.inst->scheduler->current = nullptr;
  activation.inst->leave_to(nullptr);
  return {};
}
// And after that, or a trap: what did not return leaves its instance such that it cannot be entered again.
inline void leave_outermost(Activation& activation) noexcept {
  Scheduler& scheduler = *activation.inst->scheduler;
  --scheduler.sync_depth;
  if (scheduler.current != nullptr) [[unlikely]]
    abandon_activation(activation);
}

// The same for the calls that are made most: from a host with nothing under way, of a function that passes only
// numbers, wants no post-return, and is neither looked at nor metered. In one part, and inline.
class OutermostCall {
 public:
  // Whether the function can be called so now.
  static bool serves(const LiftedFunc& func) noexcept {
    const Scheduler& scheduler = *func.inst->scheduler;
    return func.opts.post_return == nullptr && scheduler.observer == nullptr && scheduler.meter == nullptr &&
           scheduler.current == nullptr && scheduler.sync_depth < func.inst->limits.nested_calls &&
           func.inst->may_enter_from(nullptr);
  }

  explicit OutermostCall(const LiftedFunc& func) noexcept : scheduler_(*func.inst->scheduler) {
    activation_.inst = func.inst;
    activation_.func = &func;
    push_activation(activation_);
    func.inst->enter_from(nullptr);
    ++scheduler_.sync_depth;
  }
  OutermostCall(const OutermostCall&) = delete;
  OutermostCall& operator=(const OutermostCall&) = delete;
  ~OutermostCall() { leave_outermost(activation_); }

  // On a thread of `take_free_thread`. `values` holds the parameters and takes the result. Errors: trap.
  Result<void> run(runtime::Thread& thread, runtime::Slot* values) {
    const runtime::Outcome outcome = runtime::call_outermost(thread, *activation_.func->callee, values);
    if (outcome != runtime::Outcome::returned) [[unlikely]]
      return failed(runtime::end_of_outermost(thread, outcome));
    return finish();
  }
  // For who called the core function by other means: it did not return, or it did.
  Error failed(Error error) const { return name_place(scheduler_, trap_of_core(std::move(error))); }
  Result<void> finish() { return finish_outermost(activation_); }

 private:
  Activation activation_;
  Scheduler& scheduler_;
};

// Calls a guest's realloc for memory of `inst`: the address, unchecked. Errors: trap.
Result<std::uint64_t> reallocate(ComponentInstance& inst, const CanonicalOptions& opts, std::uint64_t old,
                                 std::uint64_t old_size, std::uint64_t alignment, std::uint64_t new_size);

// A call from the host with values, of a function of synchronous type. Without a result, gives an empty value. Errors:
// trap, usage (values of other types).
Result<Val> call_with_values(const LiftedFunc& func, std::span<const Val> arguments);

// Core code of a component is called: what it throws is a trap.
Result<void> call_core(runtime::Store& store, const runtime::Func& func, std::span<runtime::Slot> values);

}  // namespace tenon::component
