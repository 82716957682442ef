// thread.*: cooperative threads. Those that `thread.spawn-*` makes take turns with the others too, also when they are
// said to be shared: how many run at one time is up to the host, and `thread.available-parallelism` tells them: one.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-threadindex
#include "runtime/component/built_in.hpp"
#include "runtime/heap.hpp"

namespace tenon::component {

namespace {

Result<runtime::Outcome> thread_index(const BuiltIn& /*built_in*/, runtime::Thread& /*core*/, Thread& thread,
                                      runtime::Slot* frame) {
  frame[0] = thread.index;
  return runtime::Outcome::returned;
}

Result<runtime::Outcome> thread_new_indirect(const BuiltIn& built_in, runtime::Thread& /*core*/, Thread& thread,
                                             runtime::Slot* frame) {
  const runtime::Table& table = *built_in.table;
  const std::uint64_t index = table.type.limits.is_64 ? frame[0] : u32(frame[0]);
  if (index >= table.size) return trapped("undefined element: thread start index ", index, " of ", table.size);
  const runtime::Slot slot = table.elements[index];
  if (slot == runtime::null_ref) return trapped("uninitialized element: thread start index ", index);
  const auto& start_func = *std::bit_cast<const runtime::Func*>(slot);
  if (start_func.type != built_in.func_type) {
    return trapped("indirect call type mismatch: start function does not match expected type");
  }
  auto made = make_thread(*thread.task, start_func, frame[1]);
  if (!made) return std::move(made).error();
  frame[0] = (*made)->index;
  return runtime::Outcome::returned;
}

// The thread is ready at once.
Result<runtime::Outcome> thread_spawn_indirect(const BuiltIn& built_in, runtime::Thread& core, Thread& thread,
                                               runtime::Slot* frame) {
  auto made = thread_new_indirect(built_in, core, thread, frame);
  if (!made) return made;
  resume_later(**built_in.inst->threads.get(u32(frame[0])));
  return made;
}

Result<runtime::Outcome> thread_spawn_ref(const BuiltIn& /*built_in*/, runtime::Thread& /*core*/, Thread& thread,
                                          runtime::Slot* frame) {
  if (frame[0] == runtime::null_ref) return trapped("null function reference: a start function was expected");
  auto made = make_thread(*thread.task, *std::bit_cast<const runtime::Func*>(frame[0]), frame[1]);
  if (!made) return std::move(made).error();
  resume_later(**made);
  frame[0] = (*made)->index;
  return runtime::Outcome::returned;
}

Result<Thread*> find_suspended(const BuiltIn& built_in, std::uint32_t index) {
  auto thread = built_in.inst->threads.get(index);
  if (!thread || (*thread)->state == Thread::State::suspended) return thread;
  return trapped("cannot resume thread which is not suspended");
}

Result<void> thread_resume_later(const BuiltIn& built_in, runtime::Slot* frame) {
  auto thread = find_suspended(built_in, u32(frame[0]));
  if (!thread) return std::move(thread).error();
  resume_later(**thread);
  return {};
}

Result<void> finish(Thread& /*thread*/, Cancelled cancelled, runtime::Slot* results) {
  results[0] = static_cast<runtime::Slot>(cancelled);
  return {};
}

// The rest of all built-ins by which a thread gives up its turn: `what` it waits for, and who goes on.
runtime::Outcome give_up(const BuiltIn& built_in, runtime::Thread& core, Thread& thread, runtime::Slot* frame,
                         Wait::For what, Thread* other) {
  if (deliver_pending_cancel(*thread.task, built_in.flag)) {
    frame[0] = static_cast<runtime::Slot>(Cancelled::yes);
    return runtime::Outcome::returned;
  }
  const Wait wait{.what = what, .cancellable = built_in.flag, .result_slots = 1, .finish = finish};
  return block(core, thread, frame, wait, other);
}

template <Wait::For what>
Result<runtime::Outcome> wait_alone(const BuiltIn& built_in, runtime::Thread& core, Thread& thread,
                                    runtime::Slot* frame) {
  return give_up(built_in, core, thread, frame, what, nullptr);
}

template <Wait::For what>
Result<runtime::Outcome> then_resume(const BuiltIn& built_in, runtime::Thread& core, Thread& thread,
                                     runtime::Slot* frame) {
  // A cancellation that is pending comes before the other thread is looked at, which may be gone meanwhile.
  if (built_in.flag && thread.task->state == Task::State::pending_cancel) {
    return give_up(built_in, core, thread, frame, what, nullptr);
  }
  auto other = find_suspended(built_in, u32(frame[0]));
  if (!other) return std::move(other).error();
  return give_up(built_in, core, thread, frame, what, *other);
}

template <Wait::For what>
Result<runtime::Outcome> then_promote(const BuiltIn& built_in, runtime::Thread& core, Thread& thread,
                                      runtime::Slot* frame) {
  auto other = built_in.inst->threads.get(u32(frame[0]));
  if (!other) return std::move(other).error();
  // A cancellation that is pending leaves the other thread as it is.
  const bool is_cancelled = built_in.flag && thread.task->state == Task::State::pending_cancel;
  const bool can_switch = !is_cancelled && (*other)->is_ready() && !((*other)->is_native && *other != &thread);
  if (can_switch) {
    stop_waiting(**other);
    (*other)->state = Thread::State::suspended;
  }
  return give_up(built_in, core, thread, frame, what, can_switch ? *other : nullptr);
}

Result<void> thread_available_parallelism(const BuiltIn& /*built_in*/, runtime::Slot* frame) {
  frame[0] = 1;
  return {};
}

}  // namespace

runtime::HostCallback thread_built_in(CanonOp op) noexcept {
  switch (op) {
    case CanonOp::thread_index: return waiting<thread_index>;
    case CanonOp::thread_new_indirect: return waiting<thread_new_indirect>;
    case CanonOp::thread_resume_later: return leaving<thread_resume_later>;
    case CanonOp::thread_suspend: return waiting<wait_alone<Wait::For::none>>;
    case CanonOp::thread_yield: return waiting<wait_alone<Wait::For::turn>>;
    case CanonOp::thread_suspend_then_resume: return waiting<then_resume<Wait::For::none>>;
    case CanonOp::thread_yield_then_resume: return waiting<then_resume<Wait::For::turn>>;
    case CanonOp::thread_suspend_then_promote: return waiting<then_promote<Wait::For::none>>;
    case CanonOp::thread_yield_then_promote: return waiting<then_promote<Wait::For::turn>>;
    case CanonOp::thread_spawn_ref: return waiting<thread_spawn_ref>;
    case CanonOp::thread_spawn_indirect: return waiting<thread_spawn_indirect>;
    case CanonOp::thread_available_parallelism: return leaving<thread_available_parallelism>;
    default: return nullptr;
  }
}

}  // namespace tenon::component
