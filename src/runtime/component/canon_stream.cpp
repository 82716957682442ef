// stream.* and future.*.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-streamfuturenew
#include <cassert>

#include "abi/layout.hpp"
#include "runtime/component/built_in.hpp"
#include "runtime/component/stream.hpp"

namespace tenon::component {

namespace {

struct Kinds {
  HandleKind readable;
  HandleKind writable;
};
constexpr Kinds stream_kinds{HandleKind::readable_stream, HandleKind::writable_stream};
constexpr Kinds future_kinds{HandleKind::readable_future, HandleKind::writable_future};

template <const Kinds& kinds>
Result<void> make_ends(const BuiltIn& built_in, runtime::Slot* frame) {
  ComponentInstance& inst = *built_in.inst;
  SharedStream* shared = make_shared_stream(inst, *built_in.type);
  auto readable = inst.handles.add(*inst.scheduler->make<CopyEnd>(kinds.readable, *shared));
  if (!readable) return std::move(readable).error();
  auto writable = inst.handles.add(*inst.scheduler->make<CopyEnd>(kinds.writable, *shared));
  if (!writable) return std::move(writable).error();
  frame[0] = *readable | std::uint64_t{*writable} << 32;
  return {};
}

Result<CopyEnd*> find_end(const BuiltIn& built_in, std::uint32_t index, HandleKind kind) {
  auto found = built_in.inst->handles.waitable(index, kind);
  if (!found) return std::move(found).error();
  auto& end = static_cast<CopyEnd&>(**found);
  if (!same_payload(*end.shared->type, *end.shared->inst, *built_in.type, *built_in.inst)) {
    return trapped("handle index ", index, " used with the wrong type, expected another type of ", to_string(kind));
  }
  return &end;
}

Error not_idle(const CopyEnd& end) {
  if (end.state != CopyState::done) {
    return trapped("cannot have concurrent operations active on a future/stream");
  }
  switch (end.kind) {
    case HandleKind::readable_stream:
      return trapped(
          "cannot read from stream after being notified that the writable end dropped: cannot read after "
          "being notified that the writable end dropped");
    case HandleKind::writable_stream:
      return trapped(
          "cannot write to stream after being notified that the readable end dropped: cannot write after "
          "being notified that the readable end dropped");
    case HandleKind::readable_future: return trapped("cannot read from future after previous read succeeded");
    default:
      return trapped(
          "cannot write to future after previous write succeeded or readable end dropped: cannot write "
          "after being notified that the readable end dropped");
  }
}

Result<void> set_buffer(CopyEnd& end, const BuiltIn& built_in, std::uint64_t pointer, std::uint32_t length) {
  const bool is_64 = built_in.opts.is_memory64();
  const ValueType* element = built_in.type->element;
  if (!is_64) pointer = u32(pointer);
  if (length > Buffer::max_length) {
    return trapped("stream read/write count too large: at most ", Buffer::max_length, " was expected, found ", length);
  }
  if (element != nullptr && length > 0) {
    const Layout& layout = element->layout[is_64 ? 1 : 0];
    const std::uint64_t size = built_in.opts.memory->size.load(std::memory_order_relaxed);
    if (pointer % layout.alignment != 0) {
      return trapped("unaligned pointer: a buffer was expected at a multiple of ", layout.alignment, ", found ",
                     pointer);
    }
    if (pointer > size || std::uint64_t{length} * layout.size > size - pointer) {
      return trapped("out of bounds memory access: read/write pointer out of bounds of memory: ", length,
                     " elements of ", layout.size, " bytes at address ", pointer, " of ", size);
    }
  }
  end.buffer = {.inst = built_in.inst,
                .opts = &built_in.opts,
                .element = element,
                .pointer = pointer,
                .host = nullptr,
                .length = length,
                .progress = 0};
  return {};
}

Result<void> finish_copy(Thread& thread, Cancelled /*cancelled*/, runtime::Slot* results) {
  Waitable& end = *thread.wait.waitable;
  end.has_sync_waiter = false;
  results[0] = get_pending_event(end).payload;
  return {};
}

// What an operation on an end that may have to wait gives.
Result<runtime::Outcome> event_or_wait(CopyEnd& end, bool is_async, runtime::Thread& core, Thread& thread,
                                       runtime::Slot* frame) {
  if (end.has_pending_event) {
    frame[0] = get_pending_event(end).payload;
    return runtime::Outcome::returned;
  }
  if (is_async) {
    frame[0] = blocked;
    return runtime::Outcome::returned;
  }
  end.has_sync_waiter = true;
  const Wait wait{.what = Wait::For::waitable, .result_slots = 1, .waitable = &end, .finish = finish_copy};
  return block(core, thread, frame, wait);
}

template <HandleKind kind>
Result<runtime::Outcome> copy_built_in(const BuiltIn& built_in, runtime::Thread& core, Thread& thread,
                                       runtime::Slot* frame) {
  auto found = find_end(built_in, u32(frame[0]), kind);
  if (!found) return std::move(found).error();
  CopyEnd& end = **found;
  if (end.state != CopyState::idle) return not_idle(end);
  if (end.in_waitable_set() && !built_in.opts.async) {
    return trapped("waitable cannot be used synchronously while added to a waitable set");
  }
  constexpr bool is_stream = kind == HandleKind::readable_stream || kind == HandleKind::writable_stream;
  const std::uint32_t length = is_stream ? u32(frame[2]) : 1;
  if (auto set = set_buffer(end, built_in, frame[1], length); !set) return std::move(set).error();
  end.state = CopyState::copying;
  if (auto copied = copy(end); !copied) return std::move(copied).error();
  return event_or_wait(end, built_in.opts.async, core, thread, frame);
}

template <HandleKind kind>
Result<runtime::Outcome> cancel_built_in(const BuiltIn& built_in, runtime::Thread& core, Thread& thread,
                                         runtime::Slot* frame) {
  auto found = find_end(built_in, u32(frame[0]), kind);
  if (!found) return std::move(found).error();
  CopyEnd& end = **found;
  if (end.state != CopyState::copying || end.has_sync_waiter) {
    return trapped("cannot cancel: the end has no operation under way that may be cancelled");
  }
  if (end.in_waitable_set() && !built_in.flag) {
    return trapped("waitable cannot be used synchronously while added to a waitable set");
  }
  end.state = CopyState::cancelling_copy;
  if (!end.has_pending_event) {
    cancel_copy(*end.shared);
  } else if (end.reclaim_buffer && end.buffer.remain() > 0) {
    end.result = CopyResult::cancelled;  // some elements were copied, and the rest never will be
  }
  return event_or_wait(end, built_in.flag, core, thread, frame);
}

template <HandleKind kind>
Result<void> drop_built_in(const BuiltIn& built_in, runtime::Slot* frame) {
  const std::uint32_t index = u32(frame[0]);
  auto found = find_end(built_in, index, kind);
  if (!found) return std::move(found).error();
  CopyEnd& end = **found;
  if (kind == HandleKind::writable_future && end.state != CopyState::done && !end.copying()) {
    return trapped("cannot drop future write end without first writing a value");
  }
  if (end.copying()) {
    const std::string_view what = end.shared->is_future ? "future" : "stream";
    return trapped("cannot drop busy ", what, ": cannot remove busy ", what);
  }
  Scheduler& scheduler = *built_in.inst->scheduler;
  built_in.inst->handles.remove(index);
  join(scheduler, end, nullptr);
  drop_shared(*end.shared);
  scheduler.destroy(&end);
  return {};
}

}  // namespace

runtime::HostCallback stream_built_in(CanonOp op) noexcept {
  switch (op) {
    case CanonOp::stream_new: return leaving<make_ends<stream_kinds>>;
    case CanonOp::stream_read: return waiting<copy_built_in<HandleKind::readable_stream>>;
    case CanonOp::stream_write: return waiting<copy_built_in<HandleKind::writable_stream>>;
    case CanonOp::stream_cancel_read: return waiting<cancel_built_in<HandleKind::readable_stream>>;
    case CanonOp::stream_cancel_write: return waiting<cancel_built_in<HandleKind::writable_stream>>;
    case CanonOp::stream_drop_readable: return leaving<drop_built_in<HandleKind::readable_stream>>;
    case CanonOp::stream_drop_writable: return leaving<drop_built_in<HandleKind::writable_stream>>;
    case CanonOp::future_new: return leaving<make_ends<future_kinds>>;
    case CanonOp::future_read: return waiting<copy_built_in<HandleKind::readable_future>>;
    case CanonOp::future_write: return waiting<copy_built_in<HandleKind::writable_future>>;
    case CanonOp::future_cancel_read: return waiting<cancel_built_in<HandleKind::readable_future>>;
    case CanonOp::future_cancel_write: return waiting<cancel_built_in<HandleKind::writable_future>>;
    case CanonOp::future_drop_readable: return leaving<drop_built_in<HandleKind::readable_future>>;
    case CanonOp::future_drop_writable: return leaving<drop_built_in<HandleKind::writable_future>>;
    default: return nullptr;
  }
}

}  // namespace tenon::component
