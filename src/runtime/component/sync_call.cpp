#include "runtime/component/sync_call.hpp"

#include <algorithm>

#include "abi/layout.hpp"
#include "abi/lift.hpp"
#include "abi/lower.hpp"
#include "abi/transfer.hpp"
#include "abi/traps.hpp"
#include "base/concat.hpp"
#include "runtime/component/guest_context.hpp"
#include "runtime/component/instance.hpp"
#include "runtime/component/observer.hpp"
#include "runtime/component/scheduler.hpp"
#include "runtime/component/subtask.hpp"

namespace tenon::component {

namespace {

// No instance may call out while its realloc or post-return runs.
class MayNotLeave {
 public:
  explicit MayNotLeave(ComponentInstance& inst) noexcept : inst_(inst) { inst.set_may_leave(false); }
  MayNotLeave(const MayNotLeave&) = delete;
  MayNotLeave& operator=(const MayNotLeave&) = delete;
  ~MayNotLeave() { inst_.set_may_leave(true); }

 private:
  ComponentInstance& inst_;
};

}  // namespace

Error trap_of_core(Error error) noexcept {
  if (error.code() != static_cast<std::uint32_t>(Trap::uncaught_exception)) return error;
  return fail(ErrorKind::trap, {}, "uncaught exception propagated out of component").with_context(error.context());
}

Result<void> call_core(runtime::Store& store, const runtime::Func& func, std::span<runtime::Slot> values) {
  auto called = runtime::call(store, func, values);
  if (called) [[likely]]
    return called;
  return trap_of_core(std::move(called).error());
}

namespace {

Error too_deep(const ComponentInstance& inst) {
  return beyond_limit(&inst, message(Trap::call_stack_exhausted))
      .with_code(static_cast<std::uint32_t>(Trap::call_stack_exhausted));
}

}  // namespace

Result<void> SyncCall::begin(const LiftedFunc& func, ComponentInstance* caller) {
  ComponentInstance& inst = *func.inst;
  if (!inst.may_be_called_from(caller)) return fail(ErrorKind::trap, {}, "cannot enter component instance");
  if (inst.scheduler->sync_depth >= inst.limits.nested_calls) return too_deep(inst);
  runtime::Store& store = *inst.scheduler->store;
  if (store.control.current == nullptr) {
    auto thread = runtime::acquire_thread(store);
    if (!thread) return std::move(thread).error();
    thread_ = *thread;
    thread_->fuel = store.fuel;
    owns_thread_ = true;
    begin_call(store, *thread_);
  }
  caller_ = caller;
  inst.enter_from(caller);
  activation_.inst = &inst;
  activation_.func = &func;
  push_activation(activation_);
  ++inst.scheduler->sync_depth;
  is_entered_ = true;
  return {};
}

Error SyncCall::refuse(Error error) noexcept {
  if (error.kind() != ErrorKind::usage) return error;
  ComponentInstance& inst = *activation_.inst;
  inst.handles.remove_borrows_of(activation_.borrows);
  abandon_activation(activation_);
  is_entered_ = false;
  inst.leave_to(caller_);
  end();
  return error;
}

Result<void> SyncCall::run(std::span<runtime::Slot> values) {
  Scheduler& scheduler = *activation_.inst->scheduler;
  const LiftedFunc& called = func();
  observed_.begin(scheduler, {caller_, activation_.inst, called.type, called.name}, called.opts, max_flat_params,
                  values);
  auto done = call_core(*scheduler.store, *called.callee, values);
  if (!done) [[unlikely]]
    done = name_place(scheduler, std::move(done).error());
  if (!observed_.is_observed()) [[likely]]
    return done;
  if (done) {
    observed_.end(called.opts, max_flat_results, values);
  } else {
    observed_.fail(done.error());
  }
  return done;
}

Result<void> SyncCall::check_return() const {
  if (activation_.borrows.num_borrows == 0) [[likely]]
    return {};
  return fail(ErrorKind::trap, {}, "borrow handles still remain at the end of the call");
}

Result<void> SyncCall::finish(std::span<const runtime::Slot> results) {
  ComponentInstance& inst = *activation_.inst;
  if (const runtime::Func* post_return = func().opts.post_return) {
    runtime::Slot values[1] = {results.empty() ? 0 : results[0]};
    const MayNotLeave restricted(inst);
    if (auto called = call_core(*inst.scheduler->store, *post_return, values); !called) {
      return name_place(*inst.scheduler, std::move(called).error());
    }
  }
  if (auto popped = pop_activation(activation_); !popped) return popped;
  is_entered_ = false;
  inst.leave_to(caller_);
  end();
  return {};
}

void SyncCall::end() noexcept {
  --activation_.inst->scheduler->sync_depth;
  if (!owns_thread_) return;
  runtime::Store& store = *thread_->store;
  store.control.current = nullptr;
  store.fuel = thread_->fuel;
  runtime::release_thread(store, *thread_);
  owns_thread_ = false;
}

SyncCall::~SyncCall() {
  if (!is_entered_) return;
  abandon_activation(activation_);
  end();
}

Result<std::uint64_t> reallocate(ComponentInstance& inst, const CanonicalOptions& opts, std::uint64_t old,
                                 std::uint64_t old_size, std::uint64_t alignment, std::uint64_t new_size) {
  runtime::Slot values[4] = {old, old_size, alignment, new_size};
  Activation activation;
  activation.inst = &inst;
  push_activation(activation);
  {
    const MayNotLeave restricted(inst);
    if (auto called = call_core(*inst.scheduler->store, *opts.realloc, values); !called) {
      Error error = name_place(*inst.scheduler, std::move(called).error());
      abandon_activation(activation);
      return error;
    }
  }
  if (auto popped = pop_activation(activation); !popped) return std::move(popped).error();
  return opts.is_memory64() ? values[0] : static_cast<std::uint32_t>(values[0]);
}

Result<Val> call_with_values(const LiftedFunc& func, std::span<const Val> arguments) {
  SyncCall call;
  if (auto begun = call.begin(func, nullptr); !begun) return std::move(begun).error();
  GuestContext guest(*func.inst, func.opts, nullptr, &call.borrows());
  runtime::Slot slots[max_flat_params] = {};
  auto lowered = lower_flat_values(guest, max_flat_params, arguments, func.type->params, slots);
  if (!lowered) return call.refuse(of_function(std::move(lowered).error(), func.name));
  if (auto done = call.run(slots); !done) return std::move(done).error();
  guest.renew();
  if (auto allowed = call.check_return(); !allowed) return std::move(allowed).error();
  const ResultMembers type(*func.type);
  const std::size_t flat = flat_count(type.list()) == 0 ? 0 : 1;
  Val result;
  auto lifted = lift_flat_values(guest, max_flat_results, {slots, flat}, type.list(), {&result, type.list().size()});
  if (!lifted) return of_function(std::move(lifted).error(), func.name);
  if (auto finished = call.finish({slots, flat}); !finished) return std::move(finished).error();
  return result;
}

// --- canon lower ---------------------------------------------------------------------------------------------------

namespace {

// From guest to guest.
Result<void> call_lifted(const LoweredFunc& lowered, runtime::Slot* frame) {
  const LiftedFunc& func = *lowered.callee.lifted;
  SyncCall call;
  if (auto begun = call.begin(func, lowered.inst); !begun) return begun;
  Lenders lenders(*lowered.inst);
  GuestContext caller(*lowered.inst, lowered.opts, &lenders, nullptr);
  GuestContext callee(*func.inst, func.opts, nullptr, &call.borrows());

  const std::uint64_t flat_params = flat_count(lowered.type->params);
  const std::size_t param_slots = flat_params > max_flat_params ? 1 : flat_params;
  runtime::Slot slots[max_flat_params];
  auto passed = transfer_values({&caller, lowered.type->params, max_flat_params, func.name}, {frame, param_slots},
                                {&callee, func.type->params, max_flat_params}, slots);
  if (!passed) return std::move(passed).error();
  if (auto done = call.run(slots); !done) return done;
  callee.renew();
  caller.renew();

  if (auto allowed = call.check_return(); !allowed) return allowed;
  const ResultMembers from(*func.type);
  const ResultMembers to(*lowered.type);
  std::optional<std::uint64_t> out;
  if (flat_count(to.list()) > max_flat_results)
    out = caller.is_memory64 ? frame[param_slots] : static_cast<std::uint32_t>(frame[param_slots]);
  const std::size_t result_slots = flat_count(from.list()) == 0 ? 0 : 1;
  auto returned = transfer_values({&callee, from.list(), max_flat_results, func.name}, {slots, result_slots},
                                  {&caller, to.list(), max_flat_results}, frame, out);
  if (!returned) return std::move(returned).error();
  lenders.give_back();
  return call.finish({slots, result_slots});
}

// From guest to host.
Result<void> call_host(const LoweredFunc& lowered, runtime::Thread& core, runtime::Slot* frame) {
  Scheduler& scheduler = *lowered.inst->scheduler;
  if (scheduler.observer == nullptr) [[likely]]
    return lowered.callee.host->call_flat(lowered, core, frame);
  const unsigned most_params = lowered.opts.async ? max_flat_async_params : max_flat_params;
  const unsigned most_results = lowered.opts.async ? 0 : max_flat_results;
  const std::uint64_t flat = flat_count(lowered.type->params);
  const std::size_t params = flat > most_params ? 1 : flat;
  const ResultMembers result(*lowered.type);
  const runtime::Slot out = frame[params];
  ObservedCall observed;
  observed.begin(scheduler, {lowered.inst, nullptr, lowered.type, lowered.name}, lowered.opts, most_params,
                 {frame, params});
  auto done = lowered.callee.host->call_flat(lowered, core, frame);
  if (!done) {
    observed.fail(done.error());
  } else if (flat_count(result.list()) > most_results) {
    observed.end(lowered.opts, most_results, {&out, 1});
  } else {
    observed.end(lowered.opts, most_results, {frame, 1});
  }
  return done;
}

}  // namespace

runtime::Outcome call_lowered_synchronously(runtime::Thread& core, const runtime::Func& func,
                                            runtime::Slot* frame) noexcept {
  const auto& lowered = *static_cast<const LoweredFunc*>(func.data);
  Result<void> done = check_may_leave(*lowered.inst);
  if (done) done = lowered.callee.host == nullptr ? call_lifted(lowered, frame) : call_host(lowered, core, frame);
  if (!done) [[unlikely]] {
    core.pending_error = std::move(done).error();
    return core.trap(Trap::host_error);
  }
  constexpr runtime::Slot returned = 2;  // Subtask.State.RETURNED
  if (lowered.opts.async) frame[0] = returned;
  return runtime::Outcome::returned;
}

}  // namespace tenon::component
