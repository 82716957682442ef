// resource.new, resource.drop and resource.rep, and what dropping the last of a resource does.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-resourcenew
#include "abi/traps.hpp"
#include "base/concat.hpp"
#include "runtime/component/canon.hpp"
#include "runtime/component/instance.hpp"
#include "runtime/native.hpp"

namespace tenon::component {

namespace {

// A call of `dtor` by `caller`, as if it were lifted as a function of the instance that defined the resource.
Result<void> call_destructor(const RuntimeResourceType& type, std::uint64_t rep, ComponentInstance* caller,
                             Scheduler& scheduler) {
  ComponentInstance& impl = *type.impl;
  if (!impl.may_enter_from(caller)) return fail(ErrorKind::trap, {}, "cannot enter component instance");
  if (type.dtor == nullptr) return {};
  impl.enter_from(caller);
  Activation activation;
  activation.inst = &impl;
  push_activation(activation);
  runtime::Slot values[1] = {rep};
  auto called = runtime::call(*scheduler.store, *type.dtor, values);
  if (!called) {
    Error error = name_place(scheduler, with_where(std::move(called).error(), ", in a destructor"));
    abandon_activation(activation);
    return error;
  }
  if (auto popped = pop_activation(activation); !popped) return popped;
  impl.leave_to(caller);
  return {};
}

Result<void> drop(const BuiltIn& built_in, std::uint32_t index) {
  ComponentInstance& inst = *built_in.inst;
  if (auto allowed = check_may_leave(inst); !allowed) return allowed;
  auto found = inst.handles.resource(index, *built_in.resource);
  if (!found) return std::move(found).error();
  const ResourceHandle handle = **found;
  if (handle.num_lends != 0) return fail(ErrorKind::trap, {}, "cannot remove owned resource while borrowed");
  inst.handles.remove(index);
  if (handle.own) return run_destructor(*handle.rt, handle.rep, &inst, *inst.scheduler);
  --handle.borrow_scope->num_borrows;
  return {};
}

// Whether dropping the handle calls neither a guest nor the host.
bool is_dropped_quietly(const BuiltIn& built_in, std::uint32_t index) noexcept {
  const ResourceHandle* handle = built_in.inst->handles.find(index);
  if (handle == nullptr || !handle->own) return true;
  return handle->rt->dtor == nullptr && handle->rt->host_dtor == nullptr;
}

// As compiled code calls them.
void drop_directly(const runtime::FuncHead* head, std::uint32_t index) noexcept {
  const auto& func = *static_cast<const runtime::Func*>(head);
  const runtime::DirectHost& host = *func.store->direct_host;
  runtime::Slot slots[1] = {index};
  if (!is_dropped_quietly(*static_cast<const BuiltIn*>(func.data), index)) {
    return host.call(func, slots, __builtin_frame_address(0));
  }
  runtime::Thread& thread = *func.control->current;
  const runtime::Outcome outcome = resource_drop(thread, func, slots);
  if (outcome != runtime::Outcome::returned) [[unlikely]]
    host.leave(thread, outcome, __builtin_frame_address(0));
}

}  // namespace

void call_resource_directly(runtime::Func& func, CanonOp op) noexcept {
  const core::FuncType& type = (*func.store->types)[func.type].type.func;
  const bool is_narrow = !type.params.empty() && type.params[0] == core::i32;
  if (op == CanonOp::resource_new && is_narrow) {
    runtime::call_directly(func, runtime::call_back<resource_new, std::uint32_t, std::uint32_t>);
  } else if (op == CanonOp::resource_rep) {
    runtime::call_directly(func, runtime::call_back<resource_rep, std::uint64_t, std::uint32_t>);
  } else if (op == CanonOp::resource_drop) {
    runtime::call_directly(func, drop_directly);
  }
}

Result<void> run_destructor(const RuntimeResourceType& type, std::uint64_t rep, ComponentInstance* caller,
                            Scheduler& scheduler) {
  if (type.impl != nullptr) return call_destructor(type, rep, caller, scheduler);
  if (type.host_dtor != nullptr) return type.host_dtor(type.data, rep);
  return {};
}

runtime::Outcome resource_new(runtime::Thread& core, const runtime::Func& func, runtime::Slot* frame) noexcept {
  const auto& built_in = *static_cast<const BuiltIn*>(func.data);
  ComponentInstance& inst = *built_in.inst;
  if (auto allowed = check_may_leave(inst); !allowed) return trap_in(built_in, core, std::move(allowed).error());
  auto index = inst.handles.add(ResourceHandle{.rt = built_in.resource, .rep = frame[0], .own = true});
  if (!index) return trap_in(built_in, core, std::move(index).error());
  frame[0] = *index;
  return runtime::Outcome::returned;
}

runtime::Outcome resource_drop(runtime::Thread& core, const runtime::Func& func, runtime::Slot* frame) noexcept {
  const auto& built_in = *static_cast<const BuiltIn*>(func.data);
  auto dropped = drop(built_in, static_cast<std::uint32_t>(frame[0]));
  return dropped ? runtime::Outcome::returned : trap_in(built_in, core, std::move(dropped).error());
}

runtime::Outcome resource_rep(runtime::Thread& core, const runtime::Func& func, runtime::Slot* frame) noexcept {
  const auto& built_in = *static_cast<const BuiltIn*>(func.data);
  auto found = built_in.inst->handles.resource(static_cast<std::uint32_t>(frame[0]), *built_in.resource);
  if (!found) return trap_in(built_in, core, std::move(found).error());
  frame[0] = (*found)->rep;
  return runtime::Outcome::returned;
}

}  // namespace tenon::component
