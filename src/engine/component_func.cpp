// Calls between the host and components.
#include <algorithm>
#include <new>

#include "abi/layout.hpp"
#include "abi/lift.hpp"
#include "abi/lower.hpp"
#include "abi/traps.hpp"
#include "engine/component_state.hpp"
#include "engine/trial_context.hpp"
#include "jit/direct_call.hpp"
#include "runtime/component/sync_call.hpp"

namespace tenon {

using detail::StoreBlock;
using detail::usage;

namespace detail {

ComponentFunc StoreBlock::handle(const component::LiftedFunc* func) {
  ComponentFunc result;
  result.store_ = shared_from_this();
  result.func_ = func;
  return result;
}

const component::LiftedFunc* StoreBlock::func_of(const ComponentFunc& func) noexcept { return func.func_; }
StoreBlock* StoreBlock::owner_of(const ComponentFunc& func) noexcept { return func.store_.get(); }

// --- The host calls ------------------------------------------------------------------------------------------------

namespace {

struct CallState {
  explicit CallState(StoreBlock& block) : deadline(block) {}
  DeadlineScope deadline;
  component::SyncCall call;
  AbiState abi;
};

}  // namespace

ComponentCall::ComponentCall(const ComponentFunc& func) noexcept : func_(&func) {
  static_assert(sizeof(CallState) <= room && alignof(CallState) <= 16);
}

ComponentCall::~ComponentCall() {
  if (!has_begun_) return;
  delete context_.scratch;
  std::destroy_at(std::launder(reinterpret_cast<CallState*>(state_)));
}

Result<void> ComponentCall::begin() noexcept {
  if (func_->func_ == nullptr) return usage("the function handle is empty");
  StoreBlock& block = *func_->store_;
  if (!block.is_alive()) [[unlikely]]
    return dead_store();
  if (block.calls.depth >= max_nested_calls) [[unlikely]]
    return too_deep();
  const component::LiftedFunc& func = *func_->func_;
  auto* state = ::new (state_) CallState(block);
  has_begun_ = true;
  if (!state->deadline.holds()) return out_of_memory();
  if (auto begun = guarded(block, [&] { return state->call.begin(func, nullptr); }); !begun) return begun;
  open_context(context_, state->abi, *func.inst, func.opts, nullptr, &state->call.borrows(), func.type);
  state->abi.function = func.name;
  return {};
}

namespace {

CallState& state_of(std::byte* state) noexcept { return *std::launder(reinterpret_cast<CallState*>(state)); }

}  // namespace

Error ComponentCall::refused() noexcept {
  CallState& state = state_of(state_);
  if (state.abi.error.kind() == ErrorKind::usage) state.abi.guest->take_back();
  return state.call.refuse(std::move(state.abi.error));
}

Error ComponentCall::failure() noexcept { return std::move(state_of(state_).abi.error); }

Result<void> ComponentCall::run(std::span<std::uint64_t> slots) noexcept {
  auto done = guarded(*func_->store_, [&] { return state_of(state_).call.run(slots); });
  update_memory(context_);
  return done;
}

Result<void> ComponentCall::finish(std::span<const std::uint64_t> results) noexcept {
  return guarded(*func_->store_, [&] { return state_of(state_).call.finish(results); });
}

namespace {

Result<void> call_in_parts(const ComponentFunc& func, std::span<std::uint64_t> slots) noexcept {
  ComponentCall call(func);
  if (auto begun = call.begin(); !begun) return begun;
  if (auto done = call.run(slots); !done) return done;
  return call.finish(slots.first(1));
}

// The core function is compiled, and nothing is in the way.
Result<void> call_directly(StoreBlock& block, const component::LiftedFunc& func, runtime::Slot* slots) noexcept {
  const OutermostScope scope(block);
  component::OutermostCall call(func);
  runtime::Store& store = *block.store;
  if (jit::call_directly(store, *func.callee, slots) == runtime::Outcome::returned) [[likely]] {
    store.control.direct_outcome = 0;
    return call.finish();
  }
  return guarded([&]() -> Result<void> { return call.failed(jit::end_direct_call(store)); });
}

// What the next calls note that are direct from the first instruction on. `func` has just been called, with nothing in
// the way; nullptr where a call has more to do.
runtime::ComponentEntry* make_entry(runtime::Store& store, const component::LiftedFunc& func) {
  component::ComponentInstance& inst = *func.inst;
  if (inst.memories.size() > 1) return nullptr;
  unsigned depth = 0;
  for (const auto* around = &inst; around != nullptr; around = around->parent) ++depth;
  if (depth > runtime::ComponentEntry::most_entered) return nullptr;
  component::Activation& activation = *store.arena.make<component::Activation>();
  activation.inst = &inst;
  activation.func = &func;
  auto* entry = store.arena.make<runtime::ComponentEntry>();
  entry->callee = func.callee;
  entry->activation = &activation;
  entry->current = &inst.scheduler->current;
  entry->thread = &activation.thread;
  entry->storage = activation.storage;
  entry->depth = &inst.scheduler->sync_depth;
  for (auto* around = &inst; around != nullptr; around = around->parent) {
    entry->entered[entry->entered_count++] = around->entered.value;
  }
  return entry;
}

// Without memory for an entry, calls stay as they are.
void allow_direct_calls(StoreBlock& block, const component::LiftedFunc& func) noexcept {
  if (!runtime::is_compiled(*func.callee) || block.engine->options.fuel) return;
  runtime::Store& store = *block.store;
  jit::allow_direct_calls(store, *func.callee);
  if (func.head.entry != nullptr) return;
  (void)guarded([&]() -> Result<void> {
    func.head.entry = make_entry(store, func);
    return {};
  });
}

}  // namespace

// A store that ended meanwhile is let go.
Result<void> end_of_component_call(runtime::StoreControl& control, const runtime::ComponentEntry& entry) noexcept {
  auto& block = *static_cast<StoreBlock*>(control.host);
  const bool has_ended = block.has_ended;
  component::Activation& activation = *entry.activation;
  control.direct_outcome &= ~store_has_ended;
  auto done = guarded([&]() -> Result<void> {
    if (control.direct_outcome == 0) return component::finish_outermost(activation);
    return component::name_place(*activation.inst->scheduler,
                                 component::trap_of_core(jit::end_direct_call(*block.store)));
  });
  component::leave_outermost(activation);
  activation.thread = nullptr;
  if (has_ended) block.dispose();
  return done;
}

Result<void> call_with_numbers(const ComponentFunc& func, std::span<std::uint64_t> slots) noexcept {
  if (func.func_ == nullptr) return usage("the function handle is empty");
  StoreBlock& block = *func.store_;
  if (block.calls.depth != 0 || block.has_ended || block.call_time.count() > 0 ||
      !component::OutermostCall::serves(*func.func_)) [[unlikely]]
    return call_in_parts(func, slots);
  runtime::Store& store = *block.store;
  runtime::Func& callee = *func.func_->callee;
  if (jit::may_call_directly(store, callee)) return call_directly(block, *func.func_, slots.data());
  runtime::Thread* thread = runtime::take_free_thread(store);
  if (thread == nullptr) [[unlikely]]
    return call_in_parts(func, slots);
  const OutermostScope scope(block);
  component::OutermostCall call(*func.func_);
  try {
    auto done = call.run(*thread, slots.data());
    allow_direct_calls(block, *func.func_);
    return done;
  } catch (...) {
    runtime::abandon_outermost(store);
    return thrown();
  }
}

// --- A guest calls the host ----------------------------------------------------------------------------------------

namespace {

struct FlatLimits {
  unsigned params;
  unsigned results;
};
FlatLimits limits_of(const component::CanonicalOptions& opts) noexcept {
  if (opts.async) return {component::max_flat_async_params, 0};
  return {component::max_flat_params, component::max_flat_results};
}

// With C++ types.
Result<void> call_typed(ComponentHostFunction& function, const component::LoweredFunc& caller, CallContext& call,
                        runtime::Slot* frame) {
  AbiContext context;
  component::Lenders lenders(*caller.inst);
  AbiState state;
  open_context(context, state, *caller.inst, caller.opts, &lenders, nullptr, caller.type);
  state.function = caller.name;
  const FlatLimits most = limits_of(caller.opts);
  auto result = function.run(call, context, {.params = most.params, .results = most.results}, frame);
  delete context.scratch;
  return result;
}

// The result's type as a list of none or one.
std::span<const component::Member> result_types(const component::Member& result) noexcept {
  return {&result, result.type == nullptr ? 0U : 1U};
}

Error wrong_count(std::size_t given, std::size_t expected) {
  return usage("the host function gave ", given, " results, expected ", expected);
}

// With values.
Result<void> call_dynamic(const Linker::ComponentCallerFunction& function, const component::LoweredFunc& caller,
                          CallContext& call, runtime::Slot* frame) {
  component::Lenders lenders(*caller.inst);
  component::GuestContext guest(*caller.inst, caller.opts, &lenders, nullptr);
  guest.host = &call.block->component_store().handles;
  const component::FuncSignature& type = *caller.type;
  const FlatLimits most = limits_of(caller.opts);
  const std::uint64_t flat = component::flat_count(type.params);
  const std::size_t param_slots = flat > most.params ? 1 : flat;
  std::vector<component::Val> arguments(type.params.size());
  auto lifted = component::lift_flat_values(guest, most.params, {frame, param_slots}, type.params, arguments);
  if (!lifted) return component::of_function(std::move(lifted).error(), caller.name);
  auto results = function(StoreBlock::handle(call), arguments);
  if (!results) return std::move(results).error();
  const component::Member result{.label = {}, .type = type.result};
  const auto types = result_types(result);
  if (results->size() != types.size()) {
    return wrong_count(results->size(), types.size());
  }
  guest.renew();
  std::optional<std::uint64_t> out;
  if (!types.empty() && result.type->flat > most.results) out = frame[param_slots];
  auto lowered = component::lower_flat_values(guest, most.results, *results, types, frame, out);
  if (!lowered) return component::of_function(std::move(lowered).error(), caller.name);
  return {};
}

}  // namespace

namespace {

// What a host function throws is a trap.
template <class R>
R call_guarded(auto&& function) {
  try {
    return function();
  } catch (...) {
    return thrown();
  }
}

// Calls a function of C++ types with values that are numbers, and give one: those need no guest's memory.
Result<std::vector<component::Val>> call_of_numbers(ComponentHostFunction& function, CallContext& call,
                                                    const component::FuncSignature& type,
                                                    std::span<const component::Val> arguments) {
  const component::Member result{.label = {}, .type = type.result};
  const auto types = result_types(result);
  const auto is_numbers = [](const component::Member& member) {
    return !member.type->has_pointer && !member.type->has_handle;
  };
  if (!std::ranges::all_of(type.params, is_numbers) || !std::ranges::all_of(types, is_numbers) ||
      component::flat_count(type.params) > component::max_flat_params ||
      component::flat_count(types) > component::max_flat_results) {
    return fail(ErrorKind::unlinkable, {},
                "the start function of a component is a host function of C++ types: give it as one of values "
                "(define_dynamic), or with numbers only");
  }
  TrialContext trial;
  runtime::Slot slots[component::max_flat_params] = {};
  if (auto lowered = component::lower_flat_values(trial, component::max_flat_params, arguments, type.params, slots);
      !lowered) {
    return std::move(lowered).error();
  }
  AbiContext context;
  AbiState state;
  context.signature = &type;
  context.state = &state;
  auto done = function.run(call, context,
                           {.params = component::max_flat_params, .results = component::max_flat_results}, slots);
  delete context.scratch;
  if (!done) return std::move(done).error();
  std::vector<component::Val> values(types.size());
  const std::size_t flat = types.empty() || result.type->flat == 0 ? 0 : 1;
  auto lifted = component::lift_flat_values(trial, component::max_flat_results, {slots, flat}, types, values);
  if (!lifted) return std::move(lifted).error();
  return values;
}

}  // namespace

Result<void> HostCallee::call_flat(const component::LoweredFunc& caller, runtime::Thread& thread,
                                   runtime::Slot* frame) {
  CallContext call{static_cast<StoreBlock*>(thread.store->control.host), &thread};
  auto result = call_guarded<Result<void>>([&] {
    if (const auto* typed = std::get_if<std::shared_ptr<ComponentHostFunction>>(&function_)) {
      return call_typed(**typed, caller, call, frame);
    }
    return call_dynamic(std::get<std::shared_ptr<DynamicComponentFunction>>(function_)->function, caller, call, frame);
  });
  if (!call.block->is_alive()) return dead_store();
  return result;
}

Result<std::vector<component::Val>> HostCallee::call_with_values(runtime::Store& store,
                                                                 std::span<const component::Val> arguments) {
  CallContext call{static_cast<StoreBlock*>(store.control.host), store.control.current};
  auto results = call_guarded<Result<std::vector<component::Val>>>([&] {
    if (const auto* typed = std::get_if<std::shared_ptr<ComponentHostFunction>>(&function_)) {
      return call_of_numbers(**typed, call, *type, arguments);
    }
    const auto& dynamic = *std::get<std::shared_ptr<DynamicComponentFunction>>(function_);
    return dynamic.function(StoreBlock::handle(call), arguments);
  });
  if (!call.block->is_alive()) return dead_store();
  if (!results) return results;
  const component::Member result{.label = {}, .type = type->result};
  const auto types = result_types(result);
  if (results->size() != types.size()) return wrong_count(results->size(), types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (auto fits = check_value((*results)[i], *types[i].type); !fits) return std::move(fits).error();
  }
  return results;
}

void HostCallee::be_called(runtime::Func& func, component::LoweredFunc& lowered) noexcept {
  static_assert(std::is_standard_layout_v<component::LoweredFunc>);
  const auto* typed = std::get_if<std::shared_ptr<ComponentHostFunction>>(&function_);
  if (typed == nullptr || (*typed)->direct == nullptr || lowered.opts.async) return;
  lowered.head = {.host_function = typed->get(), .may_not_leave = lowered.inst->may_not_leave.value};
  func.host_code = (*typed)->direct;
  func.native_entry = reinterpret_cast<const void*>(&tenon_call_host);
  func.native_context = &func;
}

Result<void> call_by_slots(const runtime::FuncHead& func, std::uint64_t* slots) noexcept {
  runtime::Thread& thread = *func.control->current;
  const auto& called = static_cast<const runtime::Func&>(func);
  if (called.callback(thread, called, slots) == runtime::Outcome::returned) return {};
  thread.pending_trap = Trap::none;
  return std::exchange(thread.pending_error, {});
}

void stop_component(runtime::StoreControl& control) noexcept {
  if (!static_cast<StoreBlock*>(control.host)->is_alive()) note_error(control, dead_store());
  stop_guest(control);
}

Result<void*> HostCallee::call(component::Call&, component::ComponentInstance&) {
  return usage("a host function of a synchronous type has no call that may wait");
}

}  // namespace detail

namespace {

Result<std::vector<component::Val>> call_synchronously(StoreBlock& block, const component::LiftedFunc& func,
                                                       std::span<const component::Val> arguments) {
  component::SyncCall call;
  if (auto begun = call.begin(func, nullptr); !begun) return std::move(begun).error();
  component::GuestContext guest(*func.inst, func.opts, nullptr, &call.borrows());
  guest.host = &block.component_store().handles;

  runtime::Slot slots[component::max_flat_params] = {};
  auto lowered = component::lower_flat_values(guest, component::max_flat_params, arguments, func.type->params, slots);
  if (!lowered) {
    if (lowered.error().kind() == ErrorKind::usage) guest.take_back();
    return call.refuse(component::of_function(std::move(lowered).error(), func.name));
  }
  if (auto done = call.run(slots); !done) return std::move(done).error();
  guest.renew();

  if (auto allowed = call.check_return(); !allowed) return std::move(allowed).error();
  const component::Member result{.label = {}, .type = func.type->result};
  const auto types = detail::result_types(result);
  std::vector<component::Val> values(types.size());
  const std::size_t flat = types.empty() || result.type->flat == 0 ? 0 : 1;
  auto lifted = component::lift_flat_values(guest, component::max_flat_results, {slots, flat}, types, values);
  if (!lifted) return component::of_function(std::move(lifted).error(), func.name);
  if (auto finished = call.finish({slots, flat}); !finished) return std::move(finished).error();
  return values;
}

}  // namespace

Result<std::vector<component::Val>> ComponentFunc::call(std::span<const component::Val> arguments) const {
  if (func_ == nullptr) return usage("the function handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  if (arguments.size() != func_->type->params.size()) {
    return usage("the function has type ", std::string_view(type()), ", found ", arguments.size(), " arguments");
  }
  if (func_->type->is_async) return detail::call_async(*this, arguments);
  return detail::guarded_call(*store_, [&] { return call_synchronously(*store_, *func_, arguments); });
}

detail::DirectCalls& ComponentFunc::direct_calls() const noexcept { return store_->calls; }

bool ComponentFunc::is_async() const noexcept {
  return func_ != nullptr && store_->is_alive() && func_->type->is_async;
}

std::string ComponentFunc::type() const {
  if (func_ == nullptr || !store_->is_alive()) return {};
  return detail::type_text(*func_->type, nullptr);
}

Result<void> ComponentFunc::check(std::span<const detail::Shape* const> params, const detail::Shape* result) const {
  if (func_ == nullptr) return usage("the function handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  const std::string wrong = detail::difference(params, result, *func_->type, func_->inst->resources);
  if (wrong.empty()) return {};
  return usage("the function has type ", std::string_view(type()), ": ", std::string_view(wrong));
}

}  // namespace tenon
