#include "runtime/component/state.hpp"

#include <algorithm>
#include <cassert>

#include "abi/traps.hpp"
#include "base/concat.hpp"
#include "runtime/component/adapter.hpp"
#include "runtime/component/meter.hpp"
#include "runtime/component/scheduler.hpp"
#include "spec/component_limits.hpp"

namespace tenon::component {

namespace {

// The outermost instance that a call from `caller` does not enter: the innermost one that both are inside of.
bool is_around(const ComponentInstance& outer, const ComponentInstance* inner) noexcept {
  for (; inner != nullptr; inner = inner->parent) {
    if (inner == &outer) return true;
  }
  return false;
}

}  // namespace

ComponentInstance::ComponentInstance(Scheduler& scheduler, ComponentInstance* parent, std::pmr::memory_resource& memory)
    : scheduler(&scheduler),
      parent(parent),
      handles(memory),
      threads(memory),
      entered(make_number(*scheduler.store, 0)),
      may_not_leave(make_number(*scheduler.store, 0)),
      memories(&memory) {
  handles.owner = this;
}

bool ComponentInstance::may_enter_from(const ComponentInstance* caller) const noexcept {
  if (is_beside(caller)) return may_enter();
  for (const ComponentInstance* inst = this; inst != nullptr && !is_around(*inst, caller); inst = inst->parent) {
    if (!inst->may_enter()) return false;
  }
  return true;
}

bool ComponentInstance::may_be_called_from(const ComponentInstance* caller) const noexcept {
  if (is_beside(caller)) return may_enter();
  if (caller != nullptr && (is_around(*this, caller) || is_around(*caller, this))) return false;
  return may_enter_from(caller);
}

void ComponentInstance::enter_from(const ComponentInstance* caller) noexcept {
  if (is_beside(caller)) {
    assert(may_enter());
    entered.value[0] = 1;
    return;
  }
  for (ComponentInstance* inst = this; inst != nullptr && !is_around(*inst, caller); inst = inst->parent) {
    assert(inst->may_enter());
    inst->entered.value[0] = 1;
  }
}

void ComponentInstance::leave_to(const ComponentInstance* caller) noexcept {
  if (is_beside(caller)) {
    assert(!may_enter());
    entered.value[0] = 0;
    return;
  }
  for (ComponentInstance* inst = this; inst != nullptr && !is_around(*inst, caller); inst = inst->parent) {
    assert(!inst->may_enter());
    inst->entered.value[0] = 0;
  }
}

void push_activation(Activation& activation) noexcept {
  Scheduler& scheduler = *activation.inst->scheduler;
  activation.caller = innermost(scheduler);
  if (scheduler.meter != nullptr) [[unlikely]]
    change_meter(scheduler, activation.inst);
  if (activation.inst->memories.size() > 1) [[unlikely]]
    share_memory(*activation.inst);
  scheduler.current = &activation;
}

namespace {

void return_to_caller(Scheduler& scheduler, const Activation& activation) noexcept {
  Activation* caller = activation.caller;
  if (scheduler.meter != nullptr) [[unlikely]]
    change_meter(scheduler, caller == nullptr ? nullptr : caller->inst);
  scheduler.current = caller;
}

}  // namespace

Result<void> pop_activation(Activation& activation) {
  Scheduler& scheduler = *activation.inst->scheduler;
  assert(scheduler.current == &activation);
  if (activation.borrows.num_borrows != 0) {
    return fail(ErrorKind::trap, {}, "borrow handles still remain at the end of the call");
  }
  return_to_caller(scheduler, activation);
  if (activation.thread == nullptr) [[likely]]
    return {};
  return end_synchronous_thread(*activation.thread);
}

void abandon_activation(Activation& activation) noexcept {
  Scheduler& scheduler = *activation.inst->scheduler;
  abandon_above(scheduler, &activation);
  return_to_caller(scheduler, activation);
}

Error name_place(const Scheduler& scheduler, Error error) noexcept {
  const Activation* current = scheduler.current;
  // Realloc, which may not call out either, is no lifted function, or an adapter's.
  if (current != nullptr && current->func != nullptr && !current->inst->may_leave() &&
      (current->inst->may_not_leave.value[0] & fuse::reallocates) == 0) {
    error = with_where(std::move(error), ", in the post-return of `", current->func->name, "`");
  }
  return name_limit(scheduler, name_reallocation(scheduler, std::move(error)));
}

Activation& current_activation(Scheduler& scheduler) noexcept {
  Activation* activation = innermost(scheduler);
  assert(activation != nullptr);
  return *activation;
}

ComponentInstance& current_instance(Scheduler& scheduler) noexcept { return *current_activation(scheduler).inst; }

void append_path(TextBuffer& out, const ComponentInstance& inst) noexcept {
  if (inst.parent == nullptr) return;
  if (inst.parent->parent != nullptr) {
    append_path(out, *inst.parent);
    append_text(out, ".");
  }
  if (!inst.name.empty()) return append_text(out, inst.name);
  append_text(out, "#");
  append_text(out, inst.index);
}

Error beyond_limit(const ComponentInstance* inst, std::string_view what) {
  if (inst == nullptr || inst->parent == nullptr) return fail(ErrorKind::trap, {}, what);
  TextBuffer path;
  append_path(path, *inst);
  return fail(ErrorKind::trap, {}, what, ", in the component `", path.view(), "`");
}

Error cannot_leave() { return fail(ErrorKind::trap, {}, "cannot leave component instance"); }

}  // namespace tenon::component
