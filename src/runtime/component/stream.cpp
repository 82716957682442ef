#include "runtime/component/stream.hpp"

#include <algorithm>
#include <cassert>

#include "abi/transfer.hpp"
#include "base/concat.hpp"
#include "runtime/component/guest_context.hpp"
#include "runtime/component/scheduler.hpp"

namespace tenon::component {

namespace {

template <class... Pieces>
Error trapped(const Pieces&... pieces) {
  return fail(ErrorKind::trap, {}, pieces...);
}

bool none_or_number_type(const ValueType* type) noexcept {
  return type == nullptr ||
         (type->kind == TypeKind::primitive && type->primitive >= Primitive::f64 && type->primitive <= Primitive::s8);
}

// --- Copies from one buffer to another

Result<void> copy_between_guests(Buffer& from, Buffer& to, std::uint32_t count) {
  if (from.element == nullptr) return {};
  GuestContext source(*from.inst, *from.opts, nullptr, nullptr);
  GuestContext target(*to.inst, *to.opts, nullptr, nullptr);
  return transfer_elements(source, from.pointer, *from.element, target, to.pointer, *to.element, count);
}

void advance(Buffer& buffer, std::uint32_t count) noexcept {
  buffer.progress += count;
  if (buffer.inst == nullptr || buffer.element == nullptr) return;
  buffer.pointer += std::uint64_t{count} * buffer.element->layout[buffer.opts->is_memory64() ? 1 : 0].size;
}

Result<void> copy_elements(Buffer& from, Buffer& to) {
  const std::uint32_t count = std::min(from.remain(), to.remain());
  Result<void> copied;
  if (from.host != nullptr && to.host != nullptr) {
    copied = to.host->take(*from.host, count);
  } else if (from.host != nullptr) {
    copied = from.host->store(to, count);
  } else if (to.host != nullptr) {
    copied = to.host->load(from, count);
  } else {
    copied = copy_between_guests(from, to, count);
  }
  if (!copied) return copied;
  advance(from, count);
  advance(to, count);
  return copied;
}

// --- Either side of a copy, guest or host

struct Side {
  CopyEnd* guest = nullptr;
  HostEnd* host = nullptr;

  Buffer& buffer() const noexcept { return guest != nullptr ? guest->buffer : host->buffer; }
  bool is_readable() const noexcept { return guest != nullptr ? guest->is_readable() : host->is_readable; }

  // Some elements were copied; the buffer waits on, until the event is delivered.
  void on_copy() const {
    if (host != nullptr) return host->on_copy();
    guest->result = CopyResult::completed;
    guest->reclaim_buffer = true;
    set_pending_event(*guest->shared->scheduler, *guest);
  }
  void on_copy_done(CopyResult result) const {
    if (host != nullptr) return host->on_copy_done(result);
    guest->result = result;
    guest->reclaim_buffer = false;
    set_pending_event(*guest->shared->scheduler, *guest);
  }
};

Side pending_of(const SharedStream& shared) noexcept { return {shared.pending, shared.pending_host}; }

void set_pending(SharedStream& shared, Side side) noexcept {
  shared.pending = side.guest;
  shared.pending_host = side.host;
}

void reset_and_notify_pending(SharedStream& shared, CopyResult result) {
  const Side side = pending_of(shared);
  set_pending(shared, {});
  side.on_copy_done(result);
}

Result<void> check_instances(const SharedStream& shared, const Buffer& a, const Buffer& b) {
  if (a.inst == nullptr || a.inst != b.inst || none_or_number_type(shared.type->element)) return {};
  return trapped("cannot read from and write to intra-component future/stream with non-numeric payload");
}

Result<void> copy_stream(SharedStream& shared, Side side) {
  Buffer& buffer = side.buffer();
  const Side other = pending_of(shared);
  Buffer& pending = other.buffer();
  if (auto checked = check_instances(shared, buffer, pending); !checked) return checked;
  if (pending.remain() > 0) {
    if (buffer.remain() > 0) {
      auto copied = side.is_readable() ? copy_elements(pending, buffer) : copy_elements(buffer, pending);
      if (!copied) return copied;
      other.on_copy();
    }
    // An end of the host may go with its last element.
    side.on_copy_done(shared.dropped ? CopyResult::dropped : CopyResult::completed);
    return {};
  }
  if (!side.is_readable() && buffer.is_zero_length() && pending.is_zero_length()) {
    side.on_copy_done(CopyResult::completed);
    return {};
  }
  reset_and_notify_pending(shared, CopyResult::completed);
  set_pending(shared, side);
  return {};
}

Result<void> copy_future(SharedStream& shared, Side side) {
  Buffer& buffer = side.buffer();
  Buffer& pending = pending_of(shared).buffer();
  if (auto checked = check_instances(shared, buffer, pending); !checked) {
    return trapped(
        "cannot read from and write to intra-component future/stream with non-numeric payload: cannot read "
        "from and write to intra-component future");
  }
  auto copied = side.is_readable() ? copy_elements(pending, buffer) : copy_elements(buffer, pending);
  if (!copied) return copied;
  reset_and_notify_pending(shared, CopyResult::completed);
  side.on_copy_done(CopyResult::completed);
  return {};
}

Result<void> copy(SharedStream& shared, Side side) {
  if (shared.dropped) {
    side.on_copy_done(CopyResult::dropped);
    return {};
  }
  if (!shared.has_pending()) {
    set_pending(shared, side);
    return {};
  }
  return shared.is_future ? copy_future(shared, side) : copy_stream(shared, side);
}

}  // namespace

SharedStream* make_shared_stream(ComponentInstance& inst, const ValueType& type) {
  auto* shared = inst.scheduler->make<SharedStream>();
  shared->scheduler = inst.scheduler;
  shared->type = &type;
  shared->inst = &inst;
  shared->is_future = type.kind == TypeKind::future;
  return shared;
}

SharedStream* make_shared_stream(Scheduler& scheduler, bool is_future) {
  auto* shared = scheduler.make<SharedStream>();
  shared->scheduler = &scheduler;
  shared->is_future = is_future;
  return shared;
}

Result<void> copy(CopyEnd& end) { return copy(*end.shared, {&end, nullptr}); }

Result<void> host_copy(HostEnd& end) {
  end.buffer.host = &end;
  return copy(*end.shared, {nullptr, &end});
}

void host_reclaim(HostEnd& end) noexcept {
  if (end.shared->pending_host == &end) set_pending(*end.shared, {});
}

void cancel_copy(SharedStream& shared) { reset_and_notify_pending(shared, CopyResult::cancelled); }

void drop_shared(SharedStream& shared) {
  if (!shared.dropped) {
    shared.dropped = true;
    if (shared.has_pending()) reset_and_notify_pending(shared, CopyResult::dropped);
    if (HostEnd* watcher = std::exchange(shared.watcher, nullptr)) watcher->on_drop();
  }
  if (--shared.users == 0) shared.scheduler->destroy(&shared);
}

Event take_event(CopyEnd& end) {
  if (std::exchange(end.reclaim_buffer, false)) set_pending(*end.shared, {});
  assert(end.copying());
  const bool is_future = end.shared->is_future;
  const bool is_done = end.result == CopyResult::dropped || (is_future && end.result == CopyResult::completed);
  end.state = is_done ? CopyState::done : CopyState::idle;
  const auto result = static_cast<std::uint32_t>(end.result);
  switch (end.kind) {
    case HandleKind::readable_stream: return {EventCode::stream_read, end.index, result | end.buffer.progress << 4};
    case HandleKind::writable_stream: return {EventCode::stream_write, end.index, result | end.buffer.progress << 4};
    case HandleKind::readable_future: return {EventCode::future_read, end.index, result};
    default: return {EventCode::future_write, end.index, result};
  }
}

namespace {

bool same_as(const ValueType* a, const ComponentInstance& a_inst, const ValueType* b,
             const ComponentInstance& b_inst) noexcept {
  if (a == nullptr || b == nullptr) return a == b;
  if (!a->has_resource && a->structure == b->structure) return true;
  if (a->kind != b->kind || a->primitive != b->primitive || a->length != b->length) return false;
  if (a->kind == TypeKind::own || a->kind == TypeKind::borrow) {
    return a_inst.resource(a->resource) == b_inst.resource(b->resource);
  }
  if (a->members.size() != b->members.size() || a->types.size() != b->types.size()) return false;
  if (!std::ranges::equal(a->labels, b->labels)) return false;
  for (std::size_t i = 0; i < a->members.size(); ++i) {
    if (a->members[i].label != b->members[i].label) return false;
    if (!same_as(a->members[i].type, a_inst, b->members[i].type, b_inst)) return false;
  }
  for (std::size_t i = 0; i < a->types.size(); ++i) {
    if (!same_as(a->types[i], a_inst, b->types[i], b_inst)) return false;
  }
  return same_as(a->element, a_inst, b->element, b_inst) && same_as(a->second, a_inst, b->second, b_inst);
}

Result<Handle> lift_async_value(ComponentInstance& inst, const ValueType& type, std::uint32_t index) {
  const bool is_future = type.kind == TypeKind::future;
  auto found = inst.handles.waitable(index, is_future ? HandleKind::readable_future : HandleKind::readable_stream);
  if (!found) return std::move(found).error();
  auto& end = static_cast<CopyEnd&>(**found);
  SharedStream& shared = *end.shared;
  const std::string_view what = is_future ? "future" : "stream";
  if (!same_payload(*shared.type, *shared.inst, type, inst)) {
    return trapped("handle index ", index, " used with the wrong type, expected another type of ", what);
  }
  if (end.state == CopyState::done) {
    if (is_future) return trapped("cannot lift future after previous read succeeded");
    return trapped("cannot lift stream after being notified that the writable end dropped");
  }
  if (end.state != CopyState::idle) return trapped("cannot remove busy ", what);
  if (end.in_waitable_set()) return trapped("cannot lift ", what, " while it's in a waitable set");
  inst.handles.remove(index);
  inst.scheduler->destroy(&end);
  return Handle{.rep = std::bit_cast<std::uintptr_t>(&shared), .owner = {}};
}

}  // namespace

bool same_payload(const ValueType& a, const ComponentInstance& a_inst, const ValueType& b,
                  const ComponentInstance& b_inst) noexcept {
  return a.kind == b.kind && same_as(a.element, a_inst, b.element, b_inst);
}

bool same_value_type(const ValueType* a, const ComponentInstance& a_inst, const ValueType* b,
                     const ComponentInstance& b_inst) noexcept {
  return same_as(a, a_inst, b, b_inst);
}

Result<Handle> lift_other_handle(ComponentInstance& inst, const ValueType& type, std::uint32_t index) {
  if (type.kind != TypeKind::primitive) return lift_async_value(inst, type, index);
  auto context = inst.handles.error_context(index);
  if (!context) return std::move(context).error();
  ++(*context)->users;
  return Handle{.rep = std::bit_cast<std::uintptr_t>(*context), .owner = {}};
}

Result<std::uint32_t> lower_other_handle(ComponentInstance& inst, const ValueType& type, const Handle& handle) {
  if (type.kind == TypeKind::primitive) {
    return inst.handles.add(*std::bit_cast<ErrorContext*>(static_cast<std::uintptr_t>(handle.rep)));
  }
  auto& shared = *std::bit_cast<SharedStream*>(static_cast<std::uintptr_t>(handle.rep));
  const bool is_future = type.kind == TypeKind::future;
  auto* end =
      inst.scheduler->make<CopyEnd>(is_future ? HandleKind::readable_future : HandleKind::readable_stream, shared);
  return inst.handles.add(*end);
}

SharedStream& take_out_end(ComponentInstance& inst, std::uint32_t index) noexcept {
  auto& end = static_cast<CopyEnd&>(**inst.handles.waitable(index));
  SharedStream& shared = *end.shared;
  inst.handles.remove(index);
  inst.scheduler->destroy(&end);
  return shared;
}

}  // namespace tenon::component
