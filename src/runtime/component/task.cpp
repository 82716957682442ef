#include "runtime/component/task.hpp"

#include <cassert>

#include "abi/layout.hpp"
#include "base/concat.hpp"
#include "runtime/component/adapter.hpp"
#include "runtime/component/call.hpp"
#include "runtime/component/meter.hpp"
#include "runtime/component/scheduler.hpp"
#include "spec/component_limits.hpp"

namespace tenon::component {

namespace {

template <class... Pieces>
Error trapped(const Pieces&... pieces) {
  return fail(ErrorKind::trap, {}, pieces...);
}

Scheduler& scheduler_of(const Thread& thread) noexcept { return *thread.task->inst->scheduler; }

// Whether a thread got what it waited for. One that only let others go on is ready for ever, and may do so in a loop.
bool has_its_event(const Thread& thread) noexcept { return thread.wait.what != Wait::For::turn && thread.is_ready(); }

// Whether calls have to wait before they may begin in the instance.
bool has_backpressure(const Task& task) noexcept {
  return task.inst->backpressure > 0 || (task.needs_exclusive() && task.inst->exclusive_thread != nullptr);
}

void release_exclusive(Thread& thread) noexcept {
  ComponentInstance& inst = *thread.task->inst;
  assert(inst.exclusive_thread == &thread);
  inst.exclusive_thread = nullptr;
  wake_next(inst);
}

void release_core(Thread& thread) noexcept {
  if (thread.core == nullptr) return;
  runtime::release_thread(*thread.core->store, *thread.core);
  thread.core = nullptr;
}

Result<void> register_thread(Task& task, Thread& thread) {
  auto index = task.inst->threads.add(thread);
  if (!index) return std::move(index).error();
  thread.index = *index;
  thread.next_in_task = task.first_thread;
  task.first_thread = &thread;
  ++task.num_threads;
  return {};
}

void destroy(Task& task) noexcept {
  if (task.counts) --task.inst->num_tasks;
  task.inst->scheduler->destroy(&task);
}

void destroy_if_over(Task& task) noexcept {
  if (task.num_threads == 0 && task.state == Task::State::resolved) destroy(task);
}

// The thread is out of the tables and gone; so is the task, if it was its last.
Result<void> unregister_thread(Thread& thread) {
  Task& task = *thread.task;
  Thread** link = &task.first_thread;
  while (*link != &thread) link = &(*link)->next_in_task;
  *link = thread.next_in_task;
  --task.num_threads;
  task.inst->threads.remove(thread.index);
  if (task.num_threads == 0 && task.state != Task::State::resolved) {
    return trapped("async-lifted export failed to produce a result");
  }
  if (task.implicit_thread == &thread) task.implicit_thread = nullptr;
  release_core(thread);
  task.inst->scheduler->destroy(&thread);
  destroy_if_over(task);
  return {};
}

Result<void> exit_implicit_thread(Thread& thread) {
  const Task& task = *thread.task;
  if (task.is_async_type() && task.needs_exclusive()) release_exclusive(thread);
  return unregister_thread(thread);
}

// --- What a thread does when it runs

Result<void> after_call(Thread& thread, runtime::Outcome outcome);

// Calls a core function on the thread's own stack, from its bottom.
Result<void> call_on_own_stack(Thread& thread, const runtime::Func& func, std::span<const runtime::Slot> arguments) {
  if (thread.core == nullptr) {
    auto core = runtime::acquire_thread(*scheduler_of(thread).store);
    if (!core) return std::move(core).error();
    thread.core = *core;
  }
  thread.core->top = thread.core->stack_base;
  thread.running = &func;
  return after_call(thread, runtime::start(*thread.core, func, arguments));
}

enum class CallbackCode : std::uint32_t { exit = 0, yield = 1, wait = 2 };

Result<void> call_callback(Thread& thread, Cancelled cancelled, runtime::Slot* results);

// What a callback, or the function itself, says that it wants to wait for.
Result<void> obey(Thread& thread, std::uint32_t packed) {
  const std::uint32_t code = packed & 0xF;
  if (code > static_cast<std::uint32_t>(CallbackCode::wait)) {
    return trapped("unsupported callback code: expected 0, 1 or 2, found ", code);
  }
  if (code == static_cast<std::uint32_t>(CallbackCode::exit)) return exit_implicit_thread(thread);
  Task& task = *thread.task;
  Wait wait{.what = Wait::For::turn, .cancellable = true, .is_step = true, .exclusive = true};
  wait.finish = call_callback;
  if (code == static_cast<std::uint32_t>(CallbackCode::wait)) {
    auto set = task.inst->handles.waitable_set(packed >> 4);
    if (!set) return std::move(set).error();
    wait.what = Wait::For::set;
    wait.set = *set;
    ++wait.set->num_waiting;
  }
  release_exclusive(thread);
  release_core(thread);
  thread.wait = wait;
  if (deliver_pending_cancel(task, true)) return call_callback(thread, Cancelled::yes, nullptr);
  start_waiting(thread);
  return {};
}

Result<void> call_callback(Thread& thread, Cancelled cancelled, runtime::Slot* /*results*/) {
  Task& task = *thread.task;
  Event event;
  if (thread.wait.set != nullptr) --thread.wait.set->num_waiting;
  if (cancelled == Cancelled::yes) {
    event.code = EventCode::task_cancelled;
  } else if (thread.wait.set != nullptr) {
    event = get_pending_event(scheduler_of(thread), *thread.wait.set);
  }
  assert(task.inst->exclusive_thread == nullptr);
  task.inst->exclusive_thread = &thread;
  const runtime::Slot arguments[3] = {static_cast<std::uint32_t>(event.code), event.index, event.payload};
  return call_on_own_stack(thread, *task.func->opts.callback, arguments);
}

// A function lifted without `async` has returned: its results are the task's.
Result<void> return_from_sync_lift(Thread& thread, std::span<const runtime::Slot> flat) {
  Task& task = *thread.task;
  ComponentInstance& inst = *task.inst;
  if (auto checked = check_resolve(task); !checked) return checked;
  task.observed.end(task.func->opts, max_flat_results, flat);
  if (auto resolved = task.call->resolve(*task.func, flat, max_flat_results); !resolved) return resolved;
  mark_resolved(task);
  if (const runtime::Func* post_return = task.func->opts.post_return) {
    runtime::Slot values[1] = {flat.empty() ? 0 : flat[0]};
    inst.set_may_leave(false);
    auto called = runtime::call(*inst.scheduler->store, *post_return, values);
    if (!called) return called;
    inst.set_may_leave(true);
  }
  return exit_implicit_thread(thread);
}

Result<void> after_call(Thread& thread, runtime::Outcome outcome) {
  if (outcome == runtime::Outcome::suspended) return {};
  if (outcome == runtime::Outcome::thrown) {
    const Error error = runtime::error_of(*thread.core, outcome);
    return trapped("uncaught exception propagated out of component: thrown Wasm exception")
        .with_context(error.context());
  }
  if (outcome != runtime::Outcome::returned) return runtime::error_of(*thread.core, outcome);
  const Task& task = *thread.task;
  if (&thread != task.implicit_thread) return unregister_thread(thread);
  const std::span<const runtime::Slot> results = runtime::results_of(*thread.core, *thread.running);
  if (!task.func->opts.async) return return_from_sync_lift(thread, results);
  if (task.func->opts.callback == nullptr) return exit_implicit_thread(thread);
  return obey(thread, static_cast<std::uint32_t>(results[0]));
}

// The host's arguments do not fit: nothing ran, and the instance is as before.
Result<void> end_unbegun(Thread& thread) {
  Task& task = *thread.task;
  task.inst->handles.remove_borrows_of(*task.borrows);
  mark_resolved(task);
  return exit_implicit_thread(thread);
}

Result<void> start_task(Thread& thread) {
  Task& task = *thread.task;
  if (task.needs_exclusive()) task.inst->exclusive_thread = &thread;
  if (auto registered = register_thread(task, thread); !registered) return registered;
  // The next that waits may find that it can enter too.
  if (!task.needs_exclusive()) wake_next(*task.inst);
  task.state = Task::State::started;
  runtime::Slot flat[16];
  const ComponentInstance* caller = task.call->caller;
  if (auto started = task.call->start(*task.func, *task.borrows, flat); !started) {
    if (caller == nullptr && started.error().kind() == ErrorKind::usage) return end_unbegun(thread);
    return started;
  }
  if (Scheduler& scheduler = scheduler_of(thread); scheduler.observer != nullptr) [[unlikely]] {
    task.observed.begin(scheduler, {caller, task.inst, task.func->type, task.func->name}, task.func->opts,
                        max_flat_params, {flat, task.func->callee->param_slots});
  }
  return call_on_own_stack(thread, *task.func->callee, {flat, task.func->callee->param_slots});
}

// The wait at the entry is over.
Result<void> enter_after_wait(Thread& thread, Cancelled cancelled, runtime::Slot* /*results*/) {
  Task& task = *thread.task;
  --task.inst->num_waiting_to_enter;
  if (cancelled == Cancelled::no) return start_task(thread);
  if (auto resolved = task.call->resolve_cancelled(); !resolved) return resolved;
  mark_resolved(task);
  wake_next(*task.inst);
  Scheduler& scheduler = scheduler_of(thread);
  scheduler.destroy(&thread);
  destroy(task);
  return {};
}

Result<void> enter_implicit_thread(Thread& thread, Cancelled /*cancelled*/, runtime::Slot* /*results*/) {
  Task& task = *thread.task;
  // Who holds the exclusive right and has its event goes on first, so that the caller need not hear of it.
  ComponentInstance& inst = *task.inst;
  while (task.needs_exclusive() && inst.exclusive_thread != nullptr && has_its_event(*inst.exclusive_thread)) {
    if (auto resumed = resume(*inst.exclusive_thread); !resumed) return resumed;
  }
  if (!has_backpressure(task) && inst.num_waiting_to_enter == 0) return start_task(thread);
  ++task.inst->num_waiting_to_enter;
  thread.wait = {.what = Wait::For::entry, .cancellable = true, .is_step = true, .finish = enter_after_wait};
  start_waiting(thread);
  return {};
}

Result<void> begin_explicit_thread(Thread& thread, Cancelled /*cancelled*/, runtime::Slot* /*results*/) {
  const runtime::Slot argument = thread.start_argument;
  return call_on_own_stack(thread, *thread.start_func, {&argument, 1});
}

// Makes a thread's activation the current one while it runs.
class Running {
 public:
  explicit Running(Thread& thread) noexcept
      : scheduler_(scheduler_of(thread)), previous_(innermost(scheduler_)), activation_(thread.activation) {
    thread.activation->caller = previous_;
    if (scheduler_.meter != nullptr) [[unlikely]]
      change_meter(scheduler_, thread.activation->inst);
    scheduler_.current = thread.activation;
    ++scheduler_.nesting_depth;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    abandon_above(scheduler_, activation_);
    if (scheduler_.meter != nullptr) [[unlikely]]
      change_meter(scheduler_, previous_ == nullptr ? nullptr : previous_->inst);
    scheduler_.current = previous_;
    --scheduler_.nesting_depth;
  }

 private:
  Scheduler& scheduler_;
  Activation* previous_;
  const Activation* activation_;
};

Result<void> go_on(Thread& thread, Cancelled cancelled) {
  if (thread.wait.is_step) return thread.wait.finish(thread, cancelled, nullptr);
  runtime::Slot results[2] = {0, 0};
  const unsigned count = thread.wait.result_slots;
  if (auto finished = thread.wait.finish(thread, cancelled, results); !finished) {
    return after_call(thread, runtime::resume(*thread.core, std::move(finished).error()));
  }
  return after_call(thread, runtime::resume(*thread.core, std::span<const runtime::Slot>(results, count)));
}

Result<void> run(Thread& thread, Cancelled cancelled) {
  const Scheduler& scheduler = scheduler_of(thread);
  if (scheduler.nesting_depth >= limits::max_nested_calls) {
    return trapped(message(Trap::call_stack_exhausted))
        .with_code(static_cast<std::uint32_t>(Trap::call_stack_exhausted));
  }
  const Running running(thread);
  auto done = go_on(thread, cancelled);
  if (done) [[likely]]
    return done;
  return name_place(scheduler, std::move(done).error());
}

Thread* make_bare_thread(Task& task) {
  Thread* thread = task.inst->scheduler->make<Thread>();
  thread->task = &task;
  thread->activation = &thread->own;
  thread->own.inst = task.inst;
  thread->own.func = task.func;
  thread->own.thread = thread;
  thread->wait.is_step = true;
  return thread;
}

}  // namespace

Task::~Task() {
  if (host_call != nullptr) host_call->on_end();
}

bool Thread::is_ready() const noexcept {
  if (state != State::waiting) return false;
  if (wait.exclusive && task->inst->exclusive_thread != nullptr) return false;
  switch (wait.what) {
    case Wait::For::none: return false;
    case Wait::For::turn: return true;
    case Wait::For::waitable: return wait.waitable->has_pending_event;
    case Wait::For::set: return wait.set->has_pending_event();
    case Wait::For::entry: return !has_backpressure(*task);
  }
  return false;
}

Result<Task*> make_task(const LiftedFunc& func, Call& call) {
  ComponentInstance& inst = *func.inst;
  if (inst.num_tasks >= inst.limits.tasks) {
    TextBuffer text;
    append_text(text, "too many calls under way: at most ");
    append_text(text, inst.limits.tasks);
    append_text(text, " were expected");
    return beyond_limit(&inst, text.view());
  }
  ++inst.num_tasks;
  Task* task = inst.scheduler->make<Task>();
  task->counts = true;
  task->func = &func;
  task->inst = func.inst;
  task->call = &call;
  task->implicit_thread = make_bare_thread(*task);
  task->implicit_thread->wait.finish = enter_implicit_thread;
  return task;
}

Result<Thread*> make_thread(Task& task, const runtime::Func& start_func, runtime::Slot argument) {
  Thread* thread = make_bare_thread(task);
  thread->wait.finish = begin_explicit_thread;
  thread->start_func = &start_func;
  thread->start_argument = argument;
  if (auto registered = register_thread(task, *thread); !registered) return std::move(registered).error();
  return thread;
}

Result<Thread*> current_thread(Scheduler& scheduler) {
  Activation& activation = current_activation(scheduler);
  if (activation.thread != nullptr) [[likely]]
    return activation.thread;
  Task* task = scheduler.make<Task>();
  task->func = activation.func;
  task->inst = activation.inst;
  task->state = Task::State::started;
  task->borrows = &activation.borrows;
  Thread* thread = make_bare_thread(*task);
  thread->activation = &activation;
  thread->is_native = true;
  thread->state = Thread::State::running;
  task->implicit_thread = thread;
  if (auto registered = register_thread(*task, *thread); !registered) return std::move(registered).error();
  activation.thread = thread;
  return thread;
}

Result<void> end_synchronous_thread(Thread& thread) {
  Task& task = *thread.task;
  task.state = Task::State::resolved;
  task.borrows = &task.own_borrows;
  return unregister_thread(thread);
}

bool may_wait(const Activation& activation) noexcept {
  if (activation.thread != nullptr && !activation.thread->is_native) return true;
  return is_any_ready_in(*activation.inst->scheduler, *activation.inst);
}

runtime::Outcome failed(runtime::Thread& core, Error error) noexcept {
  core.pending_error = std::move(error);
  return core.trap(Trap::host_error);
}

namespace {

// `Thread.suspend` of a thread whose caller waits on the native stack.
runtime::Outcome block_natively(runtime::Thread& core, Thread& thread, runtime::Slot* frame, Thread* switch_to) {
  Scheduler& scheduler = scheduler_of(thread);
  Thread* next = switch_to;
  while (!thread.is_switched_to) {
    if (next == nullptr) next = take_ready_in(scheduler, *thread.task->inst);
    if (next == nullptr) {
      stop_waiting(thread);
      return failed(core, trapped("cannot block a synchronous task before returning: deadlock detected: event loop "
                                  "cannot make further progress"));
    }
    if (next == &thread) {
      stop_waiting(thread);
      break;
    }
    if (auto resumed = resume(*next); !resumed) return failed(core, std::move(resumed).error());
    next = nullptr;
  }
  thread.is_switched_to = false;
  thread.state = Thread::State::running;
  if (auto finished = thread.wait.finish(thread, Cancelled::no, frame); !finished) {
    return failed(core, std::move(finished).error());
  }
  return runtime::Outcome::returned;
}

}  // namespace

runtime::Outcome block(runtime::Thread& core, Thread& thread, runtime::Slot* frame, const Wait& wait,
                       Thread* switch_to) {
  thread.wait = wait;
  if (wait.what == Wait::For::none) {
    thread.state = Thread::State::suspended;
  } else {
    start_waiting(thread);
  }
  if (thread.is_native) return block_natively(core, thread, frame, switch_to);
  scheduler_of(thread).switch_to = switch_to;
  return runtime::Outcome::suspended;
}

runtime::Outcome wait_until(runtime::Thread& core, Thread& thread, runtime::Slot* frame, const Wait& wait) {
  Cancelled cancelled = Cancelled::no;
  if (deliver_pending_cancel(*thread.task, wait.cancellable)) {
    cancelled = Cancelled::yes;
  } else {
    const bool is_over = (wait.what == Wait::For::waitable && wait.waitable->has_pending_event) ||
                         (wait.what == Wait::For::set && wait.set->has_pending_event());
    // With a seed, sometimes others go first all the same.
    if (!is_over || choose(scheduler_of(thread), 2) == 1) return block(core, thread, frame, wait);
  }
  thread.wait = wait;
  auto finished = wait.finish(thread, cancelled, frame);
  return finished ? runtime::Outcome::returned : failed(core, std::move(finished).error());
}

Result<void> resume(Thread& first, Cancelled cancelled) {
  Scheduler& scheduler = scheduler_of(first);
  for (Thread* thread = &first; thread != nullptr; cancelled = Cancelled::no) {
    assert(thread->state != Thread::State::running);
    if (thread->state == Thread::State::waiting) stop_waiting(*thread);
    thread->state = Thread::State::running;
    if (thread->is_native) {
      thread->is_switched_to = true;
      return {};
    }
    scheduler.switch_to = nullptr;
    if (auto ran = run(*thread, cancelled); !ran) return ran;
    thread = std::exchange(scheduler.switch_to, nullptr);
  }
  return {};
}

void start_waiting(Thread& thread) noexcept {
  thread.state = Thread::State::waiting;
  switch (thread.wait.what) {
    case Wait::For::none: return;
    case Wait::For::waitable: thread.wait.waitable->waiter = &thread; break;
    case Wait::For::set:
      thread.previous_waiter = nullptr;
      thread.next_waiter = thread.wait.set->first_waiter;
      if (thread.next_waiter != nullptr) thread.next_waiter->previous_waiter = &thread;
      thread.wait.set->first_waiter = &thread;
      break;
    case Wait::For::entry: park(thread); return;
    case Wait::For::turn: break;
  }
  if (thread.is_ready()) notify(thread);
}

void stop_waiting(Thread& thread) noexcept {
  remove_from_queue(thread);
  if (thread.is_parked) unpark(thread);
  if (thread.wait.what == Wait::For::waitable) thread.wait.waitable->waiter = nullptr;
  if (thread.wait.what == Wait::For::set) {
    (thread.previous_waiter != nullptr ? thread.previous_waiter->next_waiter : thread.wait.set->first_waiter) =
        thread.next_waiter;
    if (thread.next_waiter != nullptr) thread.next_waiter->previous_waiter = thread.previous_waiter;
  }
  thread.state = Thread::State::running;
}

void resume_later(Thread& thread) noexcept {
  thread.wait.what = Wait::For::turn;
  start_waiting(thread);
}

bool deliver_pending_cancel(Task& task, bool cancellable) noexcept {
  if (!cancellable || task.state != Task::State::pending_cancel) return false;
  task.state = Task::State::cancel_delivered;
  return true;
}

namespace {

// The thread that a cancellation reaches: any that waits and says that it may be cancelled.
Thread* cancellation_candidate(const Task& task) noexcept {
  const Thread* exclusive = task.inst->exclusive_thread;
  const bool skip_implicit = task.needs_exclusive() && exclusive != nullptr && exclusive != task.implicit_thread;
  for (Thread* thread = task.first_thread; thread != nullptr; thread = thread->next_in_task) {
    if (thread->state == Thread::State::running || !thread->wait.cancellable) continue;
    if (skip_implicit && thread == task.implicit_thread) continue;
    return thread;
  }
  return nullptr;
}

}  // namespace

Result<void> request_cancellation(Task& task, const ComponentInstance* caller) {
  ComponentInstance& inst = *task.inst;
  if (task.state == Task::State::initial) {
    task.state = Task::State::cancel_delivered;
    return resume(*task.implicit_thread, Cancelled::yes);
  }
  Thread* thread = cancellation_candidate(task);
  if (thread == nullptr || !inst.may_enter_from(caller)) {
    task.state = Task::State::pending_cancel;
    return {};
  }
  task.state = Task::State::cancel_delivered;
  inst.enter_from(caller);
  if (auto resumed = resume(*thread, Cancelled::yes); !resumed) return resumed;
  inst.leave_to(caller);
  return {};
}

Result<void> check_resolve(const Task& task) {
  if (task.state == Task::State::resolved) {
    return trapped("`task.return` or `task.cancel` called more than once for current task");
  }
  if (task.borrows->num_borrows > 0) return trapped("borrow handles still remain at the end of the call");
  return {};
}

void mark_resolved(Task& task) noexcept {
  task.observed.end(nullptr);  // not yet told: cancelled
  task.state = Task::State::resolved;
  task.call = nullptr;
}

}  // namespace tenon::component
