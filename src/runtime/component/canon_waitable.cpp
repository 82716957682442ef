// waitable-set.* and waitable.join.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-waitable-setnew
#include "base/bytes.hpp"
#include "runtime/component/built_in.hpp"

namespace tenon::component {

namespace {

Result<void> waitable_set_new(const BuiltIn& built_in, runtime::Slot* frame) {
  auto* set = built_in.inst->scheduler->make<WaitableSet>();
  auto index = built_in.inst->handles.add(*set);
  if (!index) return std::move(index).error();
  frame[0] = *index;
  return {};
}

Result<void> unpack_event(const BuiltIn& built_in, std::uint64_t pointer, const Event& event, runtime::Slot* results) {
  const runtime::Memory& memory = *built_in.opts.memory;
  if (!built_in.opts.is_memory64()) pointer = u32(pointer);
  constexpr unsigned event_size = 8;
  const std::uint64_t size = memory.size.load(std::memory_order_relaxed);
  if (pointer % 4 != 0) return trapped("unaligned pointer: an event's place was expected at a multiple of 4");
  if (pointer > size || size - pointer < event_size) {
    return trapped("out of bounds memory access: an event's place was expected inside of ", size, " bytes, found ",
                   pointer);
  }
  store_le(memory.base + pointer, event.index);
  store_le(memory.base + pointer + 4, event.payload);
  results[0] = static_cast<std::uint32_t>(event.code);
  return {};
}

Result<void> finish_wait(Thread& thread, Cancelled cancelled, runtime::Slot* results) {
  WaitableSet& set = *thread.wait.set;
  --set.num_waiting;
  const Event event = cancelled == Cancelled::yes ? Event{.code = EventCode::task_cancelled}
                                                  : get_pending_event(*thread.task->inst->scheduler, set);
  return unpack_event(*static_cast<const BuiltIn*>(thread.wait.built_in), thread.wait.argument, event, results);
}

Result<runtime::Outcome> waitable_set_wait(const BuiltIn& built_in, runtime::Thread& core, Thread& thread,
                                           runtime::Slot* frame) {
  auto set = built_in.inst->handles.waitable_set(u32(frame[0]));
  if (!set) return std::move(set).error();
  ++(*set)->num_waiting;
  const Wait wait{.what = Wait::For::set,
                  .cancellable = built_in.flag,
                  .result_slots = 1,
                  .set = *set,
                  .finish = finish_wait,
                  .built_in = &built_in,
                  .argument = frame[1]};
  return wait_until(core, thread, frame, wait);
}

Result<runtime::Outcome> waitable_set_poll(const BuiltIn& built_in, runtime::Thread& /*core*/, Thread& thread,
                                           runtime::Slot* frame) {
  auto set = built_in.inst->handles.waitable_set(u32(frame[0]));
  if (!set) return std::move(set).error();
  Event event;
  if (deliver_pending_cancel(*thread.task, built_in.flag)) {
    event.code = EventCode::task_cancelled;
  } else if ((*set)->has_pending_event()) {
    event = get_pending_event(*built_in.inst->scheduler, **set);
  }
  if (auto done = unpack_event(built_in, frame[1], event, frame); !done) return std::move(done).error();
  return runtime::Outcome::returned;
}

Result<void> waitable_set_drop(const BuiltIn& built_in, runtime::Slot* frame) {
  const std::uint32_t index = u32(frame[0]);
  auto set = built_in.inst->handles.waitable_set(index);
  if (!set) return std::move(set).error();
  if (auto checked = check_drop(**set); !checked) return checked;
  built_in.inst->handles.remove(index);
  built_in.inst->scheduler->destroy(*set);
  return {};
}

Result<void> waitable_join(const BuiltIn& built_in, runtime::Slot* frame) {
  ComponentInstance& inst = *built_in.inst;
  auto waitable = inst.handles.waitable(u32(frame[0]));
  if (!waitable) return std::move(waitable).error();
  if ((*waitable)->has_sync_waiter) {
    return trapped("waitable cannot be used synchronously while added to a waitable set: a thread waits for it");
  }
  WaitableSet* set = nullptr;
  if (const std::uint32_t index = u32(frame[1]); index != 0) {
    auto found = inst.handles.waitable_set(index);
    if (!found) return std::move(found).error();
    set = *found;
  }
  join(*inst.scheduler, **waitable, set);
  return {};
}

}  // namespace

runtime::HostCallback waitable_built_in(CanonOp op) noexcept {
  switch (op) {
    case CanonOp::waitable_set_new: return leaving<waitable_set_new>;
    case CanonOp::waitable_set_wait: return waiting<waitable_set_wait>;
    case CanonOp::waitable_set_poll: return waiting<waitable_set_poll>;
    case CanonOp::waitable_set_drop: return leaving<waitable_set_drop>;
    case CanonOp::waitable_join: return leaving<waitable_join>;
    default: return nullptr;
  }
}

}  // namespace tenon::component
