#include "runtime/component/subtask.hpp"

#include <cassert>

#include "abi/layout.hpp"
#include "abi/lift.hpp"
#include "abi/lower.hpp"
#include "abi/transfer.hpp"
#include "abi/traps.hpp"
#include "base/concat.hpp"
#include "runtime/component/scheduler.hpp"
#include "runtime/component/sync_call.hpp"
#include "runtime/component/task.hpp"
#include "runtime/outermost_call.hpp"

namespace tenon::component {

Subtask::Subtask(const LoweredFunc& lowered, std::span<const runtime::Slot> arguments)
    : Waitable(HandleKind::subtask),
      func(&lowered),
      lenders(*lowered.inst),
      flat_arg_count(static_cast<std::uint32_t>(arguments.size())) {
  caller = lowered.inst;
  runtime::copy_slots(arguments.data(), arguments.size(), flat_args);
}

unsigned Subtask::max_flat_params() const noexcept {
  return func->opts.async ? max_flat_async_params : component::max_flat_params;
}

unsigned Subtask::max_flat_results() const noexcept { return func->opts.async ? 0 : component::max_flat_results; }

// Where results go that are not core values: what follows the parameters.
std::optional<std::uint64_t> Subtask::out_pointer() const noexcept {
  if (func->type->result == nullptr || func->type->result->flat <= max_flat_results()) return std::nullopt;
  const runtime::Slot last = flat_args[flat_arg_count - 1];
  return func->opts.is_memory64() ? last : static_cast<std::uint32_t>(last);
}

void Subtask::deliver_resolve() noexcept {
  assert(!resolve_delivered && resolved());
  resolve_delivered = true;
  lenders.give_back();
}

void Subtask::make_progress() noexcept {
  if (!is_progress_visible && waiter == nullptr) return;
  // Who waits for a synchronous call waits for its end only.
  if (is_progress_visible || resolved()) set_pending_event(*func->inst->scheduler, *this);
}

void Subtask::begin() noexcept {
  assert(state == State::starting);
  state = State::started;
  make_progress();
}

void Subtask::finish(State end) noexcept {
  assert(!resolved());
  state = end;
  task = nullptr;
  make_progress();
}

std::span<const runtime::Slot> Subtask::take_arguments() noexcept {
  begin();
  const std::span<const runtime::Slot> flat(flat_args, flat_arg_count);
  observed.begin(*func->inst->scheduler, {func->inst, nullptr, func->type, func->name}, func->opts, max_flat_params(),
                 flat);
  return flat;
}

void Subtask::return_flat(runtime::Slot result) noexcept {
  flat_result = result;
  const runtime::Slot told = out_pointer().value_or(result);
  observed.end(func->opts, max_flat_results(), {&told, 1});
  finish(State::returned);
}

Result<void> Subtask::start(const LiftedFunc& callee, BorrowScope& borrows, runtime::Slot* flat) {
  begin();
  if (func->type->params.size() <= max_flat_params() && pass_numbers(func->type->params, flat_args, flat)) return {};
  GuestContext target(*callee.inst, callee.opts, nullptr, &borrows);
  GuestContext source(*func->inst, func->opts, &lenders, nullptr);
  const TransferSide from{&source, func->type->params, max_flat_params(), callee.name};
  const TransferSide to{&target, callee.type->params, component::max_flat_params};
  auto moved = transfer_values(from, {flat_args, flat_arg_count}, to, flat);
  if (!moved) return std::move(moved).error();
  return {};
}

Result<std::vector<Val>> Subtask::start() {
  begin();
  GuestContext source(*func->inst, func->opts, &lenders, nullptr);
  source.host = func->inst->scheduler->host_handles;
  std::vector<Val> values(func->type->params.size());
  auto lifted = lift_flat_values(source, max_flat_params(), {flat_args, flat_arg_count}, func->type->params, values);
  if (!lifted) return of_function(std::move(lifted).error(), func->name);
  observed.begin(*func->inst->scheduler, {func->inst, nullptr, func->type, func->name}, func->opts, max_flat_params(),
                 {flat_args, flat_arg_count});
  return values;
}

// The commonest results, without contexts. False: it is something else, or can't be where it should.
bool Subtask::return_number(const FuncSignature& type, runtime::Slot result) noexcept {
  if (!is_number(*type.result)) return false;
  const std::uint64_t bits = number_bits(result, type.result->primitive);
  const auto out = out_pointer();
  if (!out) {
    flat_result = bits;
    return true;
  }
  const runtime::Memory& memory = *func->opts.memory;
  const MutableBytes bytes(memory.base, memory.size.load(std::memory_order_relaxed));
  return store_number(bytes, bits, func->type->result->layout[memory.type.limits.is_64 ? 1 : 0], *out);
}

Result<void> Subtask::resolve(const LiftedFunc& callee, std::span<const runtime::Slot> flat, unsigned max_flat) {
  const FuncSignature& type = *callee.type;
  if (type.result == nullptr || return_number(type, flat[0])) {
    finish(State::returned);
    return {};
  }
  GuestContext source(*callee.inst, callee.opts, nullptr, nullptr);
  GuestContext target(*func->inst, func->opts, nullptr, nullptr);
  const ResultMembers lifted(type);
  const ResultMembers lowered(*func->type);
  const TransferSide from{&source, lifted.list(), max_flat, callee.name};
  const TransferSide to{&target, lowered.list(), max_flat_results()};
  auto moved = transfer_values(from, flat, to, &flat_result, out_pointer());
  if (!moved) return std::move(moved).error();
  finish(State::returned);
  return {};
}

Result<void> Subtask::resolve(std::span<const Val> results) {
  observed.end(results.empty() ? nullptr : results.data());
  GuestContext target(*func->inst, func->opts, nullptr, nullptr);
  target.host = func->inst->scheduler->host_handles;
  const ResultMembers type(*func->type);
  auto lowered = lower_flat_values(target, max_flat_results(), results, type.list(), &flat_result, out_pointer());
  if (!lowered) return of_function(std::move(lowered).error(), func->name);
  finish(State::returned);
  return {};
}

Result<void> Subtask::resolve_cancelled() {
  observed.end(nullptr);
  assert(cancellation_requested);
  finish(state == State::starting ? State::cancelled_before_started : State::cancelled_before_returned);
  return {};
}

Event take_event(Subtask& subtask) noexcept {
  if (subtask.resolved() && !subtask.resolve_delivered) subtask.deliver_resolve();
  return {EventCode::subtask, subtask.index, static_cast<std::uint32_t>(subtask.state)};
}

namespace {

// Starts the callee; it has then returned, or blocked. Errors: trap.
Result<void> call_callee(Subtask& subtask) {
  const LoweredFunc& lowered = *subtask.func;
  if (HostFunction* host = lowered.callee.host) {
    auto started = host->call(subtask, *lowered.inst);
    if (!started) return std::move(started).error();
    subtask.host_call = *started;
    return {};
  }
  const LiftedFunc& callee = *lowered.callee.lifted;
  if (!callee.type->is_async) return call_synchronously(callee, subtask, lowered.inst);
  ComponentInstance& inst = *callee.inst;
  if (!inst.may_be_called_from(lowered.inst)) return fail(ErrorKind::trap, {}, "cannot enter component instance");
  auto task = make_task(callee, subtask);
  if (!task) return std::move(task).error();
  inst.enter_from(lowered.inst);
  subtask.task = *task;
  if (auto resumed = resume(*(*task)->implicit_thread); !resumed) return resumed;
  inst.leave_to(lowered.inst);
  return {};
}

// A synchronous call that had to wait is over.
Result<void> finish_synchronously(Thread& thread, Cancelled /*cancelled*/, runtime::Slot* results) {
  auto& subtask = static_cast<Subtask&>(*thread.wait.waitable);
  subtask.has_pending_event = false;
  subtask.deliver_resolve();
  results[0] = subtask.flat_result;
  subtask.func->inst->scheduler->destroy(&subtask);
  return {};
}

}  // namespace

runtime::Outcome call_lowered(runtime::Thread& core, const runtime::Func& func, runtime::Slot* frame) noexcept {
  const auto& lowered = *static_cast<const LoweredFunc*>(func.data);
  Scheduler& scheduler = *lowered.inst->scheduler;
  if (auto allowed = check_may_leave(*lowered.inst); !allowed) return failed(core, std::move(allowed).error());
  if (!lowered.opts.async && !may_wait(current_activation(scheduler))) {
    return failed(core, fail(ErrorKind::trap, {}, cannot_block));
  }
  auto* subtask = scheduler.make<Subtask>(lowered, std::span<const runtime::Slot>(frame, func.param_slots));
  if (auto called = call_callee(*subtask); !called) return failed(core, std::move(called).error());
  if (subtask->resolved()) {
    subtask->deliver_resolve();
    frame[0] = lowered.opts.async ? static_cast<runtime::Slot>(Subtask::State::returned) : subtask->flat_result;
    scheduler.destroy(subtask);
    return runtime::Outcome::returned;
  }
  if (!lowered.opts.async) {
    auto thread = current_thread(scheduler);
    if (!thread) return failed(core, std::move(thread).error());
    Wait wait{.what = Wait::For::waitable, .waitable = subtask, .finish = finish_synchronously};
    wait.result_slots = static_cast<std::uint8_t>(func.result_slots);
    return block(core, **thread, frame, wait);
  }
  auto index = lowered.inst->handles.add(*subtask);
  if (!index) return failed(core, std::move(index).error());
  subtask->is_progress_visible = true;
  frame[0] = static_cast<std::uint32_t>(subtask->state) | *index << 4;
  return runtime::Outcome::returned;
}

Result<void> call_synchronously(const LiftedFunc& func, Call& call, ComponentInstance* caller) {
  SyncCall sync;
  if (auto begun = sync.begin(func, caller); !begun) return begun;
  runtime::Slot flat[component::max_flat_params + 1];
  if (auto started = call.start(func, sync.borrows(), flat); !started) return sync.refuse(std::move(started).error());
  if (auto ran = sync.run(flat); !ran) return ran;
  if (auto allowed = sync.check_return(); !allowed) return allowed;
  const std::span<const runtime::Slot> results(flat, func.callee->result_slots);
  if (auto resolved = call.resolve(func, results, component::max_flat_results); !resolved) return resolved;
  return sync.finish(results);
}

Result<Task*> start_call(Scheduler& scheduler, const LiftedFunc& func, Call& call) {
  (void)scheduler;
  ComponentInstance& inst = *func.inst;
  if (!inst.may_enter_from(nullptr)) return fail(ErrorKind::trap, {}, "cannot enter component instance");
  auto task = make_task(func, call);
  if (!task) return task;
  inst.enter_from(nullptr);
  (*task)->host_call = &call;
  if (auto resumed = resume(*(*task)->implicit_thread); !resumed) return std::move(resumed).error();
  inst.leave_to(nullptr);
  return task;
}

}  // namespace tenon::component
