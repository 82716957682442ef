#include "runtime/component/guest_context.hpp"

#include <bit>

#include "base/concat.hpp"
#include "runtime/component/scheduler.hpp"
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

void Lenders::give_back() noexcept {
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
    if (!handle || host == nullptr || type.kind == TypeKind::primitive) return handle;
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

Result<std::uint32_t> GuestContext::lower_handle(const ValueType& type, const Handle& handle) {
  if (type.kind != TypeKind::own && type.kind != TypeKind::borrow) {
    if (host == nullptr || type.kind == TypeKind::primitive) return lower_other_handle(inst, type, handle);
    auto given = host->give_end(type, inst, handle);
    if (!given) return std::move(given).error();
    return lower_other_handle(inst, type, Handle{.rep = std::bit_cast<std::uintptr_t>(*given), .owner = {}});
  }
  const RuntimeResourceType* rt = inst.resource(type.resource);
  const bool is_own = type.kind == TypeKind::own;
  std::uint64_t rep = handle.rep;
  if (host != nullptr) {
    auto given = is_own ? host->give(*rt, handle) : host->lend(*rt, handle);
    if (!given) return std::move(given).error();
    rep = *given;
  }
  if (is_own) return inst.handles.add(ResourceHandle{.rt = rt, .rep = rep, .own = true});
  if (rt->impl == &inst) return static_cast<std::uint32_t>(rep);
  ++borrow_scope->num_borrows;
  return inst.handles.add(ResourceHandle{.rt = rt, .rep = rep, .borrow_scope = borrow_scope});
}

}  // namespace tenon::component
