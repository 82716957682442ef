#include "runtime/component/adapter.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>
#include <vector>

#include "abi/layout.hpp"
#include "abi/lift.hpp"
#include "abi/lower.hpp"
#include "abi/strings.hpp"
#include "abi/transfer.hpp"
#include "abi/traps.hpp"
#include "base/concat.hpp"
#include "runtime/component/instance.hpp"
#include "runtime/component/scheduler.hpp"
#include "runtime/component/sync_call.hpp"
#include "runtime/component/task.hpp"
#include "runtime/component/utf8_copy.hpp"
#include "runtime/native.hpp"

namespace tenon::component {

namespace {

using fuse::AdapterHelper;
using fuse::AdapterImport;
using runtime::Outcome;
using runtime::Slot;

// The data of a helper's function.
struct HelperData {
  runtime::HandleLookup lookup{};  // `borrow`
  const AdaptedFunc* func = nullptr;
  const AdapterImport* import = nullptr;
  const runtime::Memory* source = nullptr;  // `copy_text`
  const runtime::Memory* target = nullptr;
};

// --- Entering and leaving -------------------------------------------------------------------------------------------

AdapterActivation& current(Scheduler& scheduler) noexcept {
  Activation* activation = innermost(scheduler);
  assert(activation != nullptr && activation->is_adapters);
  return static_cast<AdapterActivation&>(*activation);
}

// Why the callee may not be entered. Errors: trap.
Result<void> check_enter(const AdaptedFunc& func) {
  if (auto allowed = check_may_leave(*func.lowered->inst); !allowed) return allowed;
  bool may_enter = func.may_be_called;
  for (const ComponentInstance* inst = func.callee; inst != func.outer; inst = inst->parent) {
    may_enter = may_enter && inst->may_enter();
  }
  if (may_enter) return {};
  return fail(ErrorKind::trap, {}, "cannot enter component instance");
}

bool may_enter(const AdaptedFunc& func) noexcept {
  bool may = func.may_be_called && func.lowered->inst->may_leave();
  for (const ComponentInstance* inst = func.callee; inst != func.outer; inst = inst->parent) may &= inst->may_enter();
  return may;
}

void push(const AdaptedFunc& func) noexcept {
  for (ComponentInstance* inst = func.callee; inst != func.outer; inst = inst->parent) inst->entered.value[0] = 1;
  Scheduler& scheduler = *func.callee->scheduler;
  AdapterActivation& activation = *func.activation;
  activation.inst = func.callee;
  activation.func = func.lowered->callee.lifted;
  activation.caller = scheduler.current;
  activation.thread = nullptr;
  activation.storage[0] = activation.storage[1] = 0;
  activation.borrows.num_borrows = 0;
  activation.is_adapters = true;
  if (func.lends) activation.lenders.emplace(*func.lowered->inst);
  scheduler.current = &activation;
}

// The pending call that the instance is entered by, or nullptr.
AdaptedFunc* pending_call(const ComponentInstance& inst) noexcept {
  const Slot entered = inst.entered.value[0];
  return entered > 1 ? std::bit_cast<AdaptedFunc*>(static_cast<std::uintptr_t>(entered)) : nullptr;
}

// The innermost pending call, and whose realloc it is in, if it is (fuse::pending_in_callee).
struct Pending {
  AdaptedFunc* func;
  std::uint64_t realloc;
};
Pending pending_of(const Scheduler& scheduler) noexcept {
  constexpr Slot marks = fuse::pending_in_callee | fuse::pending_in_caller;
  static_assert(alignof(AdaptedFunc) > marks);
  const Slot noted = scheduler.pending.value[0];
  return {std::bit_cast<AdaptedFunc*>(static_cast<std::uintptr_t>(noted & ~marks)), noted & marks};
}
Pending take_pending(Scheduler& scheduler) noexcept {
  const Pending pending = pending_of(scheduler);
  scheduler.pending.value[0] = 0;
  return pending;
}

void push_reallocation(const AdaptedFunc& func, std::uint64_t realloc) noexcept {
  AdapterActivation& activation = *func.reallocation;
  Scheduler& scheduler = *func.callee->scheduler;
  activation.inst = realloc == fuse::pending_in_callee ? func.callee : func.lowered->inst;
  activation.reallocates = &func;
  activation.caller = scheduler.current;
  activation.thread = nullptr;
  activation.storage[0] = activation.storage[1] = 0;
  activation.borrows.num_borrows = 0;
  activation.is_adapters = true;
  scheduler.current = &activation;
}

Result<void> leave(const AdaptedFunc& func) {
  Scheduler& scheduler = *func.callee->scheduler;
  AdapterActivation& activation = current(scheduler);
  func.callee->set_may_leave(true);
  if (activation.borrows.num_borrows == 0 && activation.thread == nullptr) [[likely]] {
    scheduler.current = activation.caller;
  } else if (auto popped = pop_activation(activation); !popped) {
    return popped;
  }
  for (ComponentInstance* inst = func.callee; inst != func.outer; inst = inst->parent) inst->entered.value[0] = 0;
  activation.lenders.reset();
  return {};
}

Result<void> check_return(const AdapterActivation& activation) {
  if (activation.borrows.num_borrows == 0) return {};
  return fail(ErrorKind::trap, {}, "borrow handles still remain at the end of the call");
}

// --- Values ---------------------------------------------------------------------------------------------------------

std::uint64_t as_pointer(const LiftLowerContext& cx, Slot slot) noexcept {
  return cx.is_memory64 ? slot : static_cast<std::uint32_t>(slot);
}

std::span<const Member> result_types(const Member& result) noexcept {
  return {&result, result.type == nullptr ? 0U : 1U};
}

// The two sides in the direction of an import.
struct Sides {
  Sides(const AdaptedFunc& func, const AdapterImport& import, AdapterActivation& activation)
      : lowered(*func.lowered),
        lifted(*lowered.callee.lifted),
        caller(*lowered.inst, lowered.opts, activation.lenders ? &*activation.lenders : nullptr, nullptr),
        callee(*lifted.inst, lifted.opts, nullptr, &activation.borrows),
        is_result(import.is_result) {}
  const LoweredFunc& lowered;
  const LiftedFunc& lifted;
  GuestContext caller;
  GuestContext callee;
  bool is_result;

  GuestContext& source() noexcept { return is_result ? callee : caller; }
  GuestContext& target() noexcept { return is_result ? caller : callee; }
  Layout layout(const FuncSignature& type, bool is_64) const noexcept {
    const Member result{.label = {}, .type = type.result};
    return tuple_layout(is_result ? result_types(result) : type.params, is_64);
  }
};

// UTF-8 on both sides, in memories of 32 bits, and in both where the adapter has seen that there is room. False: it is
// not UTF-8. A callee has written what it returns from the beginning to the end.
bool copy_text(const HelperData& data, std::uint32_t to, std::uint32_t from, std::uint32_t size) noexcept {
  const Bytes text(data.source->base + from, size);
  return data.import->is_result ? copy_utf8_backwards(text, data.target->base + to)
                                : copy_utf8(text, data.target->base + to);
}

Result<void> copy_string(Sides& sides, Slot* frame) {
  const StringRange range{as_pointer(sides.source(), frame[0]), as_pointer(sides.source(), frame[1])};
  auto view = check_string(sides.source(), range);
  if (!view) return std::move(view).error();
  auto stored = store_string_into_range(sides.target(), *view);
  if (!stored) return std::move(stored).error();
  frame[0] = stored->pointer;
  frame[1] = stored->tagged_code_units;
  return {};
}

Result<void> refuse_text(Sides& sides, Slot pointer, Slot length) {
  auto view = check_string(sides.source(), {static_cast<std::uint32_t>(pointer), static_cast<std::uint32_t>(length)});
  if (!view) return std::move(view).error();
  return fail(ErrorKind::trap, {}, "the text of a string has changed while it was passed");
}

Result<void> refuse_list(Sides& sides, const AdapterImport& import, const Slot* frame) {
  return check_list(sides.source(), static_cast<std::uint32_t>(frame[0]), static_cast<std::uint32_t>(frame[1]),
                    element_layout(*import.source, false));
}

Result<void> copy_list(Sides& sides, const AdapterImport& import, Slot* frame) {
  const std::uint64_t from = as_pointer(sides.source(), frame[0]);
  const std::uint64_t length = as_pointer(sides.source(), frame[1]);
  auto placed = place_list(sides.source(), {from, length}, *import.source, sides.target(), *import.target);
  if (!placed) return std::move(placed).error();
  frame[0] = *placed;
  if (import.helper == AdapterHelper::begin_list) return {};
  return transfer_elements(sides.source(), from, *import.source->element, sides.target(), *placed,
                           *import.target->element, length);
}

Result<void> move_handle(Sides& sides, const AdapterImport& import, Slot* frame) {
  auto handle = sides.source().lift_handle(*import.source, static_cast<std::uint32_t>(frame[0]));
  if (!handle) return std::move(handle).error();
  auto index = sides.target().lower_handle(*import.target, *handle);
  if (!index) return std::move(index).error();
  frame[0] = *index;
  return {};
}

Result<void> check_params(Sides& sides, const Slot* frame) {
  GuestContext& cx = sides.source();
  return check_tuple(cx, as_pointer(cx, frame[0]), sides.layout(*sides.lowered.type, cx.is_memory64));
}

Result<void> place_params(Sides& sides, Slot* frame) {
  GuestContext& cx = sides.target();
  auto placed = place_tuple(cx, sides.layout(*sides.lifted.type, cx.is_memory64), {});
  if (!placed) return std::move(placed).error();
  frame[0] = *placed;
  return {};
}

Result<void> check_results(Sides& sides, const Slot* frame) {
  GuestContext& from = sides.source();
  GuestContext& to = sides.target();
  auto checked = check_tuple(from, as_pointer(from, frame[0]), sides.layout(*sides.lifted.type, from.is_memory64));
  if (!checked) return checked;
  return check_tuple(to, as_pointer(to, frame[1]), sides.layout(*sides.lowered.type, to.is_memory64));
}

// What realloc gave, which may not be used.
Result<void> refuse_place(Sides& sides, const AdapterImport& import, const Slot* frame) {
  std::uint32_t alignment = 1;
  if (import.source == nullptr) {
    alignment = sides.layout(*sides.lifted.type, false).alignment;
  } else if (import.source->kind != TypeKind::primitive) {
    alignment = element_layout(*import.source, false).alignment;
  }
  const bool is_string = import.source != nullptr && import.source->kind == TypeKind::primitive;
  return check_place(static_cast<std::uint32_t>(frame[0]), alignment, frame[1], sides.target().memory.size(),
                     is_string ? "string" : "list");
}

Result<void> run_value_helper(const AdaptedFunc& func, const AdapterImport& import, Slot* frame) {
  Sides sides(func, import, current(*func.lowered->inst->scheduler));
  switch (import.helper) {
    case AdapterHelper::check_tuple: return check_params(sides, frame);
    case AdapterHelper::place_tuple: return place_params(sides, frame);
    case AdapterHelper::check_results: return check_results(sides, frame);
    case AdapterHelper::string: return copy_string(sides, frame);
    case AdapterHelper::bad_text: return refuse_text(sides, frame[0], frame[1]);
    case AdapterHelper::copy_text: return refuse_text(sides, frame[1], frame[2]);
    case AdapterHelper::bad_list: return refuse_list(sides, import, frame);
    case AdapterHelper::bad_place: return refuse_place(sides, import, frame);
    case AdapterHelper::copy_list:
    case AdapterHelper::begin_list: return copy_list(sides, import, frame);
    default: return move_handle(sides, import, frame);
  }
}

// A trap of a value, with the value's place.
Error in_value_of(const AdaptedFunc& func, bool is_result, std::uint32_t parameter, Error error) noexcept {
  const LoweredFunc& lowered = *func.lowered;
  ValuePlace place{.function = lowered.callee.lifted->name};
  place.is_one = parameter != fuse::all_parameters;
  if (!is_result) place.label = lowered.type->params[place.is_one ? parameter : 0].label;
  return in_value(std::move(error), place);
}
// The value is noted where its instance says that it may not call out.
Error in_reallocation(const AdaptedFunc& func, bool is_result, Error error) noexcept {
  const ComponentInstance& inst = is_result ? *func.lowered->inst : *func.callee;
  const Slot noted = inst.may_not_leave.value[0];
  return in_value_of(func, is_result, static_cast<std::uint32_t>(noted >> fuse::reallocates_shift), std::move(error));
}
Error in_value_of(const HelperData& data, Error error) noexcept {
  return in_value_of(*data.func, data.import->is_result, data.import->parameter, std::move(error));
}

// --- Helpers as functions of the host -------------------------------------------------------------------------------

Outcome outcome_of(runtime::Thread& core, Result<void> done) noexcept {
  if (done) [[likely]]
    return Outcome::returned;
  return failed(core, std::move(done).error());
}

const HelperData& data_of(const runtime::Func& func) noexcept { return *static_cast<const HelperData*>(func.data); }

Outcome enter_helper(runtime::Thread& core, const runtime::Func& func, Slot*) noexcept {
  const AdaptedFunc& adapted = *data_of(func).func;
  if (!may_enter(adapted)) [[unlikely]]
    return outcome_of(core, check_enter(adapted));
  innermost(*adapted.callee->scheduler);
  push(adapted);
  return Outcome::returned;
}

Outcome leave_helper(runtime::Thread& core, const runtime::Func& func, Slot*) noexcept {
  return outcome_of(core, leave(*data_of(func).func));
}

Outcome check_return_helper(runtime::Thread& core, const runtime::Func& func, Slot*) noexcept {
  Scheduler& scheduler = *data_of(func).func->lowered->inst->scheduler;
  if (scheduler.pending.value[0] != 0) return Outcome::returned;  // nobody has asked for its activation to borrow
  return outcome_of(core, check_return(current(scheduler)));
}

Outcome end_realloc_helper(runtime::Thread& core, const runtime::Func& func, Slot*) noexcept {
  return outcome_of(core, pop_activation(*data_of(func).func->reallocation));
}

Outcome begin_post_return_helper(runtime::Thread&, const runtime::Func& func, Slot*) noexcept {
  const LoweredFunc& lowered = *data_of(func).func->lowered;
  current(*lowered.inst->scheduler).lenders.reset();
  lowered.callee.lifted->inst->set_may_leave(false);
  return Outcome::returned;
}

Outcome value_helper(runtime::Thread& core, const runtime::Func& func, Slot* frame) noexcept {
  const HelperData& data = data_of(func);
  auto done = run_value_helper(*data.func, *data.import, frame);
  if (done) [[likely]]
    return Outcome::returned;
  return failed(core, in_value_of(data, std::move(done).error()));
}

Outcome copy_text_helper(runtime::Thread& core, const runtime::Func& func, Slot* frame) noexcept {
  const auto number = [frame](int i) { return static_cast<std::uint32_t>(frame[i]); };
  if (copy_text(data_of(func), number(0), number(1), number(2))) [[likely]]
    return Outcome::returned;
  return value_helper(core, func, frame);
}

// Whether the resource of what a `borrow` is given is the callee's own.
bool is_own(const HelperData& data) noexcept {
  const ComponentInstance& callee = *data.func->callee;
  return callee.resource(data.import->target->resource)->impl == &callee;
}

runtime::HandleLookup lookup_of(const HelperData& data) noexcept {
  if (data.import->helper != AdapterHelper::borrow || !is_own(data)) return {&runtime::no_handle_rows, nullptr};
  const ComponentInstance& caller = *data.func->lowered->inst;
  return {&caller.handles.rows(), caller.resource(data.import->source->resource)};
}

// Those whose resource is the callee's own get what it stands for; others a handle, which must be dropped in the call.
Outcome borrow_helper(runtime::Thread& core, const runtime::Func& func, Slot* frame) noexcept {
  const HelperData& data = data_of(func);
  ComponentInstance& from = *data.func->lowered->inst;
  const auto index = static_cast<std::uint32_t>(frame[0]);
  auto found = from.handles.resource(index, *from.resource(data.import->source->resource));
  if (!found) [[unlikely]]
    return failed(core, in_value_of(data, std::move(found).error()));
  const std::uint64_t rep = (*found)->rep;
  if (is_own(data)) [[likely]] {
    frame[0] = static_cast<std::uint32_t>(rep);
    return Outcome::returned;
  }
  Sides sides(*data.func, *data.import, current(*from.scheduler));
  auto given = sides.target().lower_handle(*data.import->target, {.rep = rep, .owner = {}});
  if (!given) return failed(core, in_value_of(data, std::move(given).error()));
  frame[0] = *given;
  return Outcome::returned;
}

Outcome fault_helper(runtime::Thread& core, const runtime::Func& func, Slot* frame) noexcept {
  const HelperData& data = data_of(func);
  const auto value = static_cast<std::uint32_t>(frame[0]);
  switch (data.import->helper) {
    case AdapterHelper::bad_case:
      return failed(core, in_value_of(data, check_case(*data.import->source, value).error()));
    case AdapterHelper::bad_char: return failed(core, in_value_of(data, check_char(value).error()));
    default: return failed(core, fail(ErrorKind::trap, {}, "uncaught exception propagated out of component"));
  }
}

// A helper as a function of the host. Those that may call a guest (its realloc), and traps, compiled code calls in the
// same way as it calls any other.
void be_helper(runtime::Func& func, AdapterHelper helper) noexcept {
  using Number = std::uint32_t;
  const auto with = [&]<runtime::HostCallback callback, class Result, class... Args>() {
    func.callback = callback;
    runtime::call_directly(func, runtime::call_back<callback, Result, Args...>);
  };
  switch (helper) {
    case AdapterHelper::enter: return with.operator()<enter_helper, void>();
    case AdapterHelper::leave: return with.operator()<leave_helper, void>();
    case AdapterHelper::check_return: return with.operator()<check_return_helper, void>();
    case AdapterHelper::begin_post_return: return with.operator()<begin_post_return_helper, void>();
    case AdapterHelper::end_realloc: return with.operator()<end_realloc_helper, void>();
    case AdapterHelper::copy_text: return with.operator()<copy_text_helper, void, Number, Number, Number>();
    case AdapterHelper::handle: return with.operator()<value_helper, Number, Number>();
    case AdapterHelper::borrow: return with.operator()<borrow_helper, Number, Number>();
    case AdapterHelper::bad_case:
    case AdapterHelper::bad_char:
    case AdapterHelper::uncaught: func.callback = fault_helper; return;
    default: func.callback = value_helper; return;
  }
}

// --- Instantiation --------------------------------------------------------------------------------------------------

runtime::Extern func_extern(runtime::Func* func) noexcept {
  runtime::Extern item;
  item.func = func;
  return item;
}

runtime::Extern global_extern(runtime::Global* global) noexcept {
  runtime::Extern item;
  item.kind = core::ExternKind::global;
  item.global = global;
  return item;
}

runtime::Extern memory_extern(runtime::Memory* memory) noexcept {
  runtime::Extern item;
  item.kind = core::ExternKind::memory;
  item.memory = memory;
  return item;
}

// Where calls note that the instance is entered.
runtime::Global& entered_of(AdaptedFunc& func) noexcept {
  return func.may_be_called && func.callee->parent == func.outer ? func.callee->entered : func.always_entered;
}

// Instantiates the adapter and makes the function its own. Errors: exhausted, unlinkable.
Result<void> connect(AdaptedFunc& func) {
  const LoweredFunc& lowered = *func.lowered;
  const LiftedFunc& lifted = *lowered.callee.lifted;
  runtime::Store& store = *lowered.inst->scheduler->store;
  const core::ValidatedModule& module = *func.code->validated;
  std::pmr::vector<runtime::Extern> arguments(store.resource);
  bool are_native = true;  // the guests' functions
  const auto guest_extern = [&](runtime::Func* given) {
    are_native = are_native && given->native_instance != nullptr;
    return func_extern(given);
  };
  core::FuncIdx index(0U);
  for (const AdapterImport& import : func.adapter->imports) {
    switch (import.helper) {
      case AdapterHelper::caller_memory: arguments.push_back(memory_extern(lowered.opts.memory)); continue;
      case AdapterHelper::callee_memory: arguments.push_back(memory_extern(lifted.opts.memory)); continue;
      case AdapterHelper::entered: arguments.push_back(global_extern(&entered_of(func))); continue;
      case AdapterHelper::may_not_leave: arguments.push_back(global_extern(&lowered.inst->may_not_leave)); continue;
      case AdapterHelper::callee_may_not_leave:
        arguments.push_back(global_extern(&lifted.inst->may_not_leave));
        continue;
      case AdapterHelper::pending: arguments.push_back(global_extern(&lowered.inst->scheduler->pending)); continue;
      case AdapterHelper::self: arguments.push_back(global_extern(&func.self_number)); continue;
      case AdapterHelper::callee: arguments.push_back(guest_extern(lifted.callee)); break;
      case AdapterHelper::post_return: arguments.push_back(guest_extern(lifted.opts.post_return)); break;
      case AdapterHelper::caller_realloc: arguments.push_back(guest_extern(lowered.opts.realloc)); break;
      case AdapterHelper::callee_realloc: arguments.push_back(guest_extern(lifted.opts.realloc)); break;
      default: {
        auto* data = store.arena.make<HelperData>(runtime::HandleLookup(), &func, &import);
        data->lookup = lookup_of(*data);
        data->source = import.is_result ? lifted.opts.memory : lowered.opts.memory;
        data->target = import.is_result ? lowered.opts.memory : lifted.opts.memory;
        runtime::Func* made = runtime::make_host_func(store, module.func_types[index], nullptr, data);
        be_helper(*made, import.helper);
        arguments.push_back(func_extern(made));
      }
    }
    ++index.value;
  }
  auto instance = runtime::instantiate(store, *func.code, arguments);
  if (!instance) return std::move(instance).error();
  func.activation = func.callee->scheduler->make<AdapterActivation>();
  func.reallocation = func.callee->scheduler->make<AdapterActivation>();
  func.self->instance = *instance;
  func.self->index = core::FuncIdx(module.module->exports[0].index);
  func.self->callback = nullptr;
  if (are_native) func.self->native_instance = runtime::func_ref(**instance, func.self->index)->native_instance;
  return {};
}

Outcome call_first(runtime::Thread& core, const runtime::Func& func, Slot* frame) noexcept {
  auto& adapted = *static_cast<AdaptedFunc*>(func.data);
  runtime::Func& self = *adapted.self;
  if (!connect(adapted)) {
    self.callback = call_lowered_synchronously;
    self.data = adapted.lowered;
    return call_lowered_synchronously(core, self, frame);
  }
  const std::size_t slots = self.value_slots;
  return outcome_of(core, runtime::call(*core.store, self, {frame, slots}));
}

// The innermost instance that both are inside of.
const ComponentInstance* common_outer(const ComponentInstance* a, const ComponentInstance* b) noexcept {
  for (; a != nullptr; a = a->parent) {
    for (const ComponentInstance* outer = b; outer != nullptr; outer = outer->parent) {
      if (outer == a) return a;
    }
  }
  return nullptr;
}

}  // namespace

runtime::Func* make_adapted_func(runtime::Store& store, core::TypeIdx type, LoweredFunc& lowered,
                                 const fuse::Adapter& adapter, runtime::CodeModule& code) {
  const ComponentInstance* callee = lowered.callee.lifted->inst;
  auto* adapted = store.arena.make<AdaptedFunc>();
  adapted->lowered = &lowered;
  adapted->adapter = &adapter;
  adapted->code = &code;
  adapted->outer = common_outer(lowered.inst, callee);
  adapted->callee = lowered.callee.lifted->inst;
  adapted->may_be_called = adapted->outer != lowered.inst && adapted->outer != callee;
  adapted->lends = fuse::lends(*lowered.type);
  adapted->self_number = make_number(store, std::bit_cast<std::uintptr_t>(adapted), false);
  adapted->always_entered = make_number(store, 1);
  adapted->self = runtime::make_host_func(store, type, call_first, adapted);
  return adapted->self;
}

Activation* make_pending(Scheduler& scheduler) noexcept {
  const auto [innermost_func, realloc] = take_pending(scheduler);
  AdaptedFunc* outermost = nullptr;
  // A call that has its activation is noted all the same while realloc runs.
  const bool is_pending = pending_call(*innermost_func->callee) == innermost_func;
  for (AdaptedFunc* func = is_pending ? innermost_func : nullptr; func != nullptr;
       func = pending_call(*func->lowered->inst)) {
    func->inner = outermost;
    outermost = func;
  }
  for (const AdaptedFunc* func = outermost; func != nullptr; func = func->inner) push(*func);
  if (realloc != 0) push_reallocation(*innermost_func, realloc);
  return scheduler.current;
}

Error name_reallocation(const Scheduler& scheduler, Error error) noexcept {
  auto [func, realloc] = pending_of(scheduler);
  const Activation* current = scheduler.current;
  if (func == nullptr && current != nullptr && current->is_adapters) {
    const auto& activation = static_cast<const AdapterActivation&>(*current);
    if (activation.reallocates == nullptr) return error;
    const bool in_callee = activation.inst == activation.reallocates->callee;
    return in_reallocation(*activation.reallocates, !in_callee, std::move(error));
  }
  if (realloc == 0) return error;
  return in_reallocation(*func, realloc == fuse::pending_in_caller, std::move(error));
}

void abandon_all_above(Scheduler& scheduler, const Activation* activation) noexcept {
  for (const AdaptedFunc* func = take_pending(scheduler).func; func != nullptr;) {
    func->callee->entered.value[0] = 1;
    func = pending_call(*func->lowered->inst);
  }
  while (scheduler.current != nullptr && scheduler.current != activation && scheduler.current->is_adapters) {
    auto& above = static_cast<AdapterActivation&>(*scheduler.current);
    scheduler.current = above.caller;
    above.lenders.reset();
  }
}

}  // namespace tenon::component
