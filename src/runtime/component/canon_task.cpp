// context.*, backpressure.*, task.* and subtask.*.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-contextget
#include "abi/layout.hpp"
#include "runtime/component/built_in.hpp"
#include "runtime/component/stream.hpp"
#include "runtime/component/subtask.hpp"

namespace tenon::component {

namespace {

Result<void> context_get(const BuiltIn& built_in, runtime::Slot* frame) {
  const std::uint64_t value = current_activation(*built_in.inst->scheduler).storage[built_in.slot];
  frame[0] = built_in.is_64 ? value : u32(value);
  return {};
}

Result<void> context_set(const BuiltIn& built_in, runtime::Slot* frame) {
  current_activation(*built_in.inst->scheduler).storage[built_in.slot] = built_in.is_64 ? frame[0] : u32(frame[0]);
  return {};
}

Result<void> backpressure_inc(const BuiltIn& built_in, runtime::Slot* /*frame*/) {
  constexpr std::uint32_t most = 0xFFFF;
  if (built_in.inst->backpressure == most) return trapped("backpressure counter overflow");
  ++built_in.inst->backpressure;
  return {};
}

Result<void> backpressure_dec(const BuiltIn& built_in, runtime::Slot* /*frame*/) {
  if (built_in.inst->backpressure == 0) return trapped("backpressure counter overflow: it is 0 already");
  if (--built_in.inst->backpressure == 0) wake_next(*built_in.inst);
  return {};
}

bool is_result_of(const BuiltIn& built_in, const Task& task) noexcept {
  const ValueType* expected = task.func->type->result;
  if ((task.inst != built_in.inst || !same_type(expected, built_in.type)) &&
      !same_value_type(expected, *task.inst, built_in.type, *built_in.inst))
    return false;
  return built_in.opts.string_encoding == task.func->opts.string_encoding &&
         (built_in.opts.memory == nullptr || built_in.opts.memory == task.func->opts.memory);
}

runtime::Outcome task_return(runtime::Thread& core, const runtime::Func& func, runtime::Slot* frame) noexcept {
  const auto& built_in = *static_cast<const BuiltIn*>(func.data);
  if (auto allowed = check_may_leave(*built_in.inst); !allowed)
    return trap_in(built_in, core, std::move(allowed).error());
  auto thread = current_thread(*built_in.inst->scheduler);
  if (!thread) return trap_in(built_in, core, std::move(thread).error());
  Task& task = *(*thread)->task;
  if (task.func == nullptr || !task.func->opts.async || !is_result_of(built_in, task)) {
    return trap_in(built_in, core, trapped("invalid `task.return` signature and/or options for current task"));
  }
  if (auto checked = check_resolve(task); !checked) return trap_in(built_in, core, std::move(checked).error());
  task.observed.end(task.func->opts, max_flat_params, {frame, func.param_slots});
  auto resolved = task.call->resolve(*task.func, {frame, func.param_slots}, max_flat_params);
  if (!resolved) return failed(core, std::move(resolved).error());  // names the function
  mark_resolved(task);
  return runtime::Outcome::returned;
}

Result<void> task_cancel(const BuiltIn& built_in, runtime::Slot* /*frame*/) {
  auto thread = current_thread(*built_in.inst->scheduler);
  if (!thread) return std::move(thread).error();
  Task& task = *(*thread)->task;
  if (task.func == nullptr || !task.func->opts.async) {
    return trapped("`task.cancel` called by a task whose function is not lifted with `async`");
  }
  if (task.state == Task::State::resolved) return check_resolve(task);
  if (task.state != Task::State::cancel_delivered) {
    return trapped("`task.cancel` called by task which has not been cancelled");
  }
  if (auto checked = check_resolve(task); !checked) return checked;
  if (auto resolved = task.call->resolve_cancelled(); !resolved) return resolved;
  mark_resolved(task);
  return {};
}

Result<void> finish_cancel(Thread& thread, Cancelled /*cancelled*/, runtime::Slot* results) {
  auto& subtask = static_cast<Subtask&>(*thread.wait.waitable);
  subtask.has_sync_waiter = false;
  results[0] = get_pending_event(subtask).payload;
  return {};
}

Result<void> ask_to_cancel(Subtask& subtask, ComponentInstance& caller) {
  if (HostFunction* host = subtask.func->callee.host) return host->cancel(subtask.host_call);
  return request_cancellation(*subtask.task, &caller);
}

Result<runtime::Outcome> subtask_cancel(const BuiltIn& built_in, runtime::Thread& core, Thread& thread,
                                        runtime::Slot* frame) {
  ComponentInstance& inst = *built_in.inst;
  auto found = inst.handles.waitable(u32(frame[0]), HandleKind::subtask);
  if (!found) return std::move(found).error();
  auto& subtask = static_cast<Subtask&>(**found);
  if (subtask.resolve_delivered) return trapped("`subtask.cancel` called after terminal status delivered");
  if (subtask.cancellation_requested) return trapped("`subtask.cancel` called twice for a subtask");
  if (subtask.in_waitable_set() && !built_in.flag) {
    return trapped("waitable cannot be used synchronously while added to a waitable set");
  }
  if (!subtask.resolved()) {
    subtask.cancellation_requested = true;
    if (auto asked = ask_to_cancel(subtask, inst); !asked) return std::move(asked).error();
    if (!subtask.resolved() && built_in.flag) {
      frame[0] = blocked;
      return runtime::Outcome::returned;
    }
    if (!subtask.resolved()) {
      subtask.has_sync_waiter = true;
      // It waits for the end, and not for news of the way there.
      subtask.has_pending_event = false;
      Wait wait{.what = Wait::For::waitable, .result_slots = 1, .waitable = &subtask, .finish = finish_cancel};
      return block(core, thread, frame, wait);
    }
  }
  frame[0] = get_pending_event(subtask).payload;
  return runtime::Outcome::returned;
}

Result<void> subtask_drop(const BuiltIn& built_in, runtime::Slot* frame) {
  ComponentInstance& inst = *built_in.inst;
  const std::uint32_t index = u32(frame[0]);
  auto found = inst.handles.waitable(index, HandleKind::subtask);
  if (!found) return std::move(found).error();
  auto& subtask = static_cast<Subtask&>(**found);
  if (!subtask.resolve_delivered) return trapped("cannot drop a subtask which has not yet resolved");
  inst.handles.remove(index);
  join(*inst.scheduler, subtask, nullptr);
  inst.scheduler->destroy(&subtask);
  return {};
}

}  // namespace

runtime::HostCallback task_built_in(CanonOp op) noexcept {
  switch (op) {
    case CanonOp::context_get: return plain<context_get>;
    case CanonOp::context_set: return plain<context_set>;
    case CanonOp::backpressure_inc: return plain<backpressure_inc>;
    case CanonOp::backpressure_dec: return plain<backpressure_dec>;
    case CanonOp::task_return: return task_return;
    case CanonOp::task_cancel: return leaving<task_cancel>;
    case CanonOp::subtask_cancel: return waiting<subtask_cancel>;
    case CanonOp::subtask_drop: return leaving<subtask_drop>;
    default: return nullptr;
  }
}

}  // namespace tenon::component
