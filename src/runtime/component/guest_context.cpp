#include "runtime/component/guest_context.hpp"

#include <bit>

#include "base/concat.hpp"
#include "runtime/component/scheduler.hpp"
#include "runtime/component/stream.hpp"
#include "runtime/component/sync_call.hpp"

namespace tenon::component {

std::pmr::memory_resource& Lenders::inst_memory() const noexcept { return *inst_.scheduler->store->resource; }

void Lenders::add(std::uint32_t index, ResourceHandle& handle) {
  ++handle.num_lends;
  if (count_ < first_.size()) {
    first_[count_++] = index;
  } else {
    more_.push_back(index);
  }
}

void Lenders::give_all_back() noexcept {
  for (std::uint32_t i = 0; i < count_; ++i) --inst_.handles.lent(first_[i]).num_lends;
  for (const std::uint32_t index : more_) --inst_.handles.lent(index).num_lends;
  count_ = 0;
  more_.clear();
}

Result<std::uint64_t> GuestContext::reallocate(std::uint64_t old_pointer, std::uint64_t old_size,
                                               std::uint32_t alignment, std::uint64_t new_size) {
  auto pointer = component::reallocate(inst, opts, old_pointer, old_size, alignment, new_size);
  renew();
  return pointer;
}

Result<Handle> GuestContext::lift_handle(const ValueType& type, std::uint32_t index) {
  if (type.kind != TypeKind::own && type.kind != TypeKind::borrow) {
    auto handle = lift_other_handle(inst, type, index);
    if (!handle || host == nullptr) return handle;
    if (type.kind == TypeKind::primitive) {
      return host->receive_error_context(*std::bit_cast<ErrorContext*>(static_cast<std::uintptr_t>(handle->rep)));
    }
    return host->receive_end(*std::bit_cast<SharedStream*>(static_cast<std::uintptr_t>(handle->rep)));
  }
  auto found = inst.handles.resource(index, *inst.resource(type.resource));
  if (!found) return std::move(found).error();
  ResourceHandle& handle = **found;
  const std::uint64_t rep = handle.rep;
  if (type.kind == TypeKind::borrow) {
    lenders->add(index, handle);
    return Handle{.rep = rep, .owner = {}};
  }
  if (handle.num_lends != 0) return fail(ErrorKind::trap, {}, "cannot remove owned resource while borrowed");
  if (!handle.own) return fail(ErrorKind::trap, {}, "cannot lift own resource from a borrow");
  const RuntimeResourceType& rt = *handle.rt;
  inst.handles.remove(index);
  if (host != nullptr) return host->receive(rt, rep);
  return Handle{.rep = rep, .owner = {}};
}

// Calls from the host have a scope for what they lend; results of host functions are not taken back.
Result<std::uint32_t> GuestContext::note(Result<std::uint32_t> index, const Handle& handle, bool is_end,
                                         bool had_type) {
  if (index && host != nullptr && borrow_scope != nullptr) given_.push_back({*index, is_end, had_type, handle});
  return index;
}

Result<std::uint32_t> GuestContext::lower_end_of_host(const ValueType& type, const Handle& handle) {
  const auto lower = [&](const void* given) {
    return lower_other_handle(inst, type, Handle{.rep = std::bit_cast<std::uintptr_t>(given), .owner = {}});
  };
  if (type.kind == TypeKind::primitive) {
    auto context = host->give_error_context(handle);
    if (!context) return std::move(context).error();
    return lower(*context);
  }
  auto shared = host->give_end(type, inst, handle);
  if (!shared) return std::move(shared).error();
  const bool had_type = (*shared)->type != nullptr;
  if (!had_type) {
    (*shared)->type = &type;
    (*shared)->inst = &inst;
  }
  return note(lower(*shared), handle, true, had_type);
}

void GuestContext::take_back() noexcept {
  for (; !given_.empty(); given_.pop_back()) {
    const Given& given = given_.back();
    if (given.is_end) {
      host->take_back_end(given.handle, take_out_end(inst, given.index), given.had_type);
    } else {
      inst.handles.remove(given.index);
      host->take_back(given.handle);
    }
  }
}

Result<std::uint32_t> GuestContext::lower_handle(const ValueType& type, const Handle& handle) {
  if (type.kind != TypeKind::own && type.kind != TypeKind::borrow) {
    return host == nullptr ? lower_other_handle(inst, type, handle) : lower_end_of_host(type, handle);
  }
  const RuntimeResourceType* rt = inst.resource(type.resource);
  const bool is_own = type.kind == TypeKind::own;
  std::uint64_t rep = handle.rep;
  if (host != nullptr) {
    auto given = is_own ? host->give(*rt, handle) : host->lend(*rt, handle);
    if (!given) return std::move(given).error();
    rep = *given;
  }
  if (is_own) return note(inst.handles.add(ResourceHandle{.rt = rt, .rep = rep, .own = true}), handle, false);
  if (rt->impl == &inst) return static_cast<std::uint32_t>(rep);
  ++borrow_scope->num_borrows;
  return inst.handles.add(ResourceHandle{.rt = rt, .rep = rep, .borrow_scope = borrow_scope});
}

}  // namespace tenon::component
