#include "engine/interrupt.hpp"
#include "engine/state.hpp"
#include "jit/direct_call.hpp"
#include "runtime/native.hpp"
#include "runtime/outermost_call.hpp"

namespace tenon {

using detail::DirectCalls;
using detail::StoreBlock;
using detail::usage;

Caller detail::make_caller(CallContext& context) noexcept { return StoreBlock::handle(context); }

std::span<std::uint8_t> Caller::memory() const noexcept {
  // No guest calls where a host function is asked for a value (component_link.cpp).
  runtime::Instance* instance = context_->thread == nullptr ? nullptr : context_->thread->instance;
  if (instance == nullptr) return {};
  const auto found = runtime::find_export(*instance, "memory");
  if (!found || found->kind != core::ExternKind::memory) return {};
  return {found->memory->base, static_cast<std::size_t>(found->memory->size.load())};
}

bool Caller::is_interrupted() const noexcept { return detail::is_interrupted(*context_->block->store); }

FuncType Func::type() const {
  if (func_ == nullptr || !store_->is_alive()) return {};
  return detail::from_core(store_->engine->types[func_->type].type.func);
}

Result<void> Func::check(std::span<const ValType> params, std::span<const ValType> results) const {
  if (func_ == nullptr) return usage("the function handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  const FuncType actual = type();
  const FuncType expected{{params.begin(), params.end()}, {results.begin(), results.end()}};
  if (actual == expected) return {};
  return usage("the function has type ", std::string_view(actual.to_string()), ", but ",
               std::string_view(expected.to_string()), " was asked for");
}

namespace {

Result<void> call_slowly(StoreBlock& block, const runtime::Func& func, runtime::Slot* frame) noexcept {
  if (!block.is_alive()) return detail::dead_store();
  return detail::guarded_call(block, [&] { return runtime::call(*block.store, func, {frame, func.value_slots}); });
}

}  // namespace

// Most calls are from a host with nothing under way, without a time limit, on a thread that was there before.
Result<void> Func::call_raw(std::uint64_t* frame) const noexcept {
  StoreBlock& block = *store_;
  if (block.calls.depth != 0 || block.has_ended || block.call_time.count() > 0) [[unlikely]]
    return call_slowly(block, *func_, frame);
  runtime::Store& store = *block.store;
  runtime::Thread* thread = runtime::take_free_thread(store);
  if (thread == nullptr) [[unlikely]]
    return call_slowly(block, *func_, frame);
  const detail::OutermostScope scope(block);
  try {
    const runtime::Outcome outcome = runtime::call_outermost(*thread, *func_, frame);
    if (outcome != runtime::Outcome::returned) [[unlikely]]
      return runtime::end_of_outermost(*thread, outcome);
    if (runtime::is_compiled(*func_) && !block.engine->options.fuel) jit::allow_direct_calls(store, *func_);
    return {};
  } catch (...) {
    runtime::abandon_outermost(store);
    return detail::thrown();
  }
}

DirectCalls& Func::direct_calls() const noexcept { return store_->calls; }

// A store that ended meanwhile is let go.
Error detail::end_of_direct_call(runtime::StoreControl& control) noexcept {
  auto& block = *static_cast<StoreBlock*>(control.host);
  const bool has_ended = block.has_ended;
  control.direct_outcome &= ~store_has_ended;
  Error error = dead_store();
  if (control.direct_outcome != 0) {
    try {
      error = jit::end_direct_call(*block.store);
    } catch (...) {
      error = thrown();
    }
  }
  if (has_ended) block.dispose();
  return error;
}

void detail::note_error(runtime::StoreControl& control, Error&& error) noexcept {
  control.current->pending_error = std::move(error);
}
void detail::note_thrown(runtime::StoreControl& control) noexcept { control.current->pending_error = thrown(); }

Result<std::vector<Val>> Func::call(std::span<const Val> arguments) const {
  if (func_ == nullptr) return usage("the function handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  return detail::guarded(*store_, [&]() -> Result<std::vector<Val>> {
    const core::FuncType& type = store_->engine->types[func_->type].type.func;
    if (arguments.size() != type.params.size()) {
      return usage("the function takes ", type.params.size(), " arguments, found ", arguments.size());
    }
    std::vector<runtime::Slot> frame(func_->value_slots);
    std::size_t at = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (auto stored = store_->to_slots(arguments[i], type.params[i], frame.data() + at); !stored) {
        return std::move(stored).error();
      }
      at += runtime::slots_of(type.params[i]);
    }
    if (auto called = call_raw(frame.data()); !called) return std::move(called).error();
    if (!store_->is_alive()) return detail::dead_store();
    std::vector<Val> results;
    at = 0;
    for (const core::ValType result : type.results) {
      results.push_back(store_->from_slots(result, frame.data() + at));
      at += runtime::slots_of(result);
    }
    return results;
  });
}

Func Func::make(Store& store, std::shared_ptr<detail::HostFunction> function) {
  auto block = StoreBlock::open(store);
  if (!block) return {};
  auto func = detail::guarded(**block, [&] { return (*block)->make_host_func(function); });
  return func ? (*block)->handle(*func) : Func();
}

Ref Func::ref() const {
  if (func_ == nullptr || !store_->is_alive()) return {};
  return store_->make_ref(core::funcref, std::bit_cast<runtime::Slot>(func_));
}

std::optional<Func> Func::from_ref(const Ref& ref) {
  if (ref.kind() != Ref::Kind::func) return std::nullopt;
  const detail::RootCell* cell = StoreBlock::cell_of(ref);
  return cell->block->handle(std::bit_cast<runtime::Func*>(cell->root.ref));
}

}  // namespace tenon
