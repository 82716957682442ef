// Functions of the C interface: callbacks as host functions, and calls.
#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "engine/c_api.hpp"

namespace tenon::c_api {

namespace {

// The values of one call: a few in place, more on the heap.
class Values {
 public:
  explicit Values(std::size_t size) : size_(size) {
    if (size > few_.size()) many_.resize(size);
  }
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;
  ~Values() {
    for (wasm_val_t& value : span()) wasm_val_delete(&value);
  }
  std::span<wasm_val_t> span() noexcept { return {size_ > few_.size() ? many_.data() : few_.data(), size_}; }
  wasm_val_vec_t view() noexcept { return {size_, span().data()}; }

 private:
  std::size_t size_;
  std::array<wasm_val_t, 8> few_{};
  std::vector<wasm_val_t> many_;
};

// A C callback with what it is called with.
struct Callback final : detail::HostFunction {
  StoreState* state = nullptr;  // outlives this: the store ends before it
  wasm_func_callback_t plain = nullptr;
  wasm_func_callback_with_env_t with_env = nullptr;
  void* env = nullptr;
  void (*finalizer)(void*) = nullptr;

  ~Callback() override {
    if (finalizer != nullptr) finalizer(env);
  }

  Result<void> run(detail::CallContext& context, std::uint64_t* frame) override {
    const StatePtr owner = state->shared_from_this();
    detail::StoreBlock& block = *context.block;
    Values arguments(params.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < params.size(); ++i) {
      arguments.span()[i] = new_val(owner, block.from_slots(detail::to_core(params[i]), frame + at));
      at += runtime::slots_of(detail::to_core(params[i]));
    }
    Values values(results.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      values.span()[i].kind = show(results[i], block.engine->types).kind;
    }
    const wasm_val_vec_t argument_view = arguments.view();
    wasm_val_vec_t value_view = values.view();
    const std::unique_ptr<wasm_trap_t> trap(plain != nullptr ? plain(&argument_view, &value_view)
                                                             : with_env(env, &argument_view, &value_view));
    if (!owner->store) return detail::dead_store();
    if (trap != nullptr) {
      owner->pending_trap = trap->trap;
      return Error(ErrorKind::trap, trap->trap->message.empty() ? message(Trap::host_error) : trap->trap->message)
          .with_code(static_cast<std::uint32_t>(Trap::host_error));
    }
    return store_results(owner, values.span(), frame);
  }

 private:
  Result<void> store_results(const StatePtr& owner, std::span<const wasm_val_t> values, std::uint64_t* frame) const {
    std::size_t at = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      auto value = to_val(owner, values[i], results[i]);
      if (!value) return std::move(value).error();
      if (auto stored = owner->block().to_slots(*value, detail::to_core(results[i]), frame + at); !stored)
        return stored;
      at += runtime::slots_of(detail::to_core(results[i]));
    }
    return {};
  }
};

bool has_vector(const std::vector<ValType>& types) {
  return std::any_of(types.begin(), types.end(), [](ValType type) { return type.is_vector(); });
}

wasm_func_t* new_func(wasm_store_t* store, const wasm_functype_t* type, std::shared_ptr<Callback> callback) {
  if (store == nullptr || type == nullptr) return nullptr;
  callback->params = type->params.types();
  callback->results = type->results.types();
  if (has_vector(callback->params) || has_vector(callback->results)) return nullptr;
  callback->state = store->state.get();
  detail::StoreBlock& block = store->state->block();
  auto func = block.make_host_func(callback);
  return func ? new wasm_func_t(store->state, block.handle(*func)) : nullptr;
}

// The kind by which numbers of this type pass, or nothing.
std::optional<wasm_valkind_t> number_kind(core::ValType type) noexcept {
  switch (type.kind()) {
    case core::ValType::Kind::i32: return WASM_I32;
    case core::ValType::Kind::i64: return WASM_I64;
    case core::ValType::Kind::f32: return WASM_F32;
    case core::ValType::Kind::f64: return WASM_F64;
    default: return std::nullopt;
  }
}

constexpr std::size_t most_quick_values = 16;

bool are_few_numbers(std::span<const core::ValType> types) noexcept {
  return types.size() <= most_quick_values &&
         std::ranges::all_of(types, [](core::ValType type) { return number_kind(type).has_value(); });
}

// The usual call, of few numbers with as much room for results: nothing is allocated. No value if it is not such a one.
std::optional<Result<void>> call_quickly(const wasm_func_t& func, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  if (!func.is_alive()) return std::nullopt;
  const runtime::Func& callee = *detail::StoreBlock::func_of(func.handle);
  detail::StoreBlock& block = *detail::StoreBlock::owner_of(func.handle);
  const core::FuncType& type = block.engine->types[callee.type].type.func;
  const std::size_t given = args == nullptr || args->data == nullptr ? 0 : args->size;
  const std::size_t room = results == nullptr || results->data == nullptr ? 0 : results->size;
  if (given != type.params.size() || room < type.results.size()) return std::nullopt;
  if (!are_few_numbers(type.params) || !are_few_numbers(type.results)) return std::nullopt;
  std::array<runtime::Slot, most_quick_values> slots;
  for (std::size_t i = 0; i < given; ++i) {
    const wasm_val_t& value = args->data[i];
    if (value.kind != *number_kind(type.params[i])) return std::nullopt;
    const bool is_narrow = value.kind == WASM_I32 || value.kind == WASM_F32;
    slots[i] = is_narrow ? std::bit_cast<std::uint32_t>(value.of.i32) : std::bit_cast<std::uint64_t>(value.of.i64);
  }
  begin_call(*func.state);
  const std::size_t result_count = type.results.size();
  Result<void> done =
      detail::guarded_call(block, [&] { return runtime::call(*block.store, callee, std::span<runtime::Slot>(slots)); });
  if (!done) return done;
  for (std::size_t i = 0; i < result_count; ++i) {
    wasm_val_t& value = results->data[i];
    value.kind = *number_kind(type.results[i]);
    value.of.i64 = std::bit_cast<std::int64_t>(slots[i]);
  }
  return done;
}

Result<std::vector<Val>> call(const wasm_func_t& func, const wasm_val_vec_t* args) {
  if (!func.is_alive()) return detail::dead_store();
  const FuncType type = func.handle.type();
  const std::size_t count = args == nullptr || args->data == nullptr ? 0 : args->size;
  if (count != type.params.size()) {
    return detail::usage("the function takes ", type.params.size(), " arguments, found ", count);
  }
  if (has_vector(type.results)) return detail::usage("a v128 cannot pass through this interface");
  std::vector<Val> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto value = to_val(func.state, args->data[i], type.params[i]);
    if (!value) return std::move(value).error();
    values.push_back(*std::move(value));
  }
  begin_call(*func.state);
  return func.handle.call(values);
}

// Nothing is written unless there is room for all. That is found out after the call, for the standard's own examples
// call functions that trap without any room.
Result<void> store_results(const StatePtr& state, std::span<const Val> values, wasm_val_vec_t* results) {
  const std::size_t room = results == nullptr || results->data == nullptr ? 0 : results->size;
  if (room < values.size()) {
    return detail::usage("the function gave ", values.size(), " results, found room for ", room);
  }
  if (!state->store) return detail::dead_store();
  for (std::size_t i = 0; i < values.size(); ++i) results->data[i] = new_val(state, values[i]);
  return {};
}

}  // namespace

}  // namespace tenon::c_api

TENON_C_EXTERN(func)

wasm_func_t* wasm_func_new(wasm_store_t* store, const wasm_functype_t* type, wasm_func_callback_t callback) {
  if (callback == nullptr) return nullptr;
  auto function = std::make_shared<tenon::c_api::Callback>();
  function->plain = callback;
  return tenon::c_api::new_func(store, type, std::move(function));
}

wasm_func_t* wasm_func_new_with_env(wasm_store_t* store, const wasm_functype_t* type,
                                    wasm_func_callback_with_env_t callback, void* env, void (*finalizer)(void*)) {
  if (callback == nullptr) return nullptr;
  auto function = std::make_shared<tenon::c_api::Callback>();
  function->with_env = callback;
  function->env = env;
  wasm_func_t* func = tenon::c_api::new_func(store, type, function);
  if (func != nullptr) function->finalizer = finalizer;
  return func;
}

wasm_functype_t* wasm_func_type(const wasm_func_t* func) {
  if (func == nullptr || !func->is_alive()) return nullptr;
  const tenon::FuncType type = func->handle.type();
  const auto& types = func->state->block().engine->types;
  return new wasm_functype_t(tenon::c_api::show(type.params, types), tenon::c_api::show(type.results, types));
}

size_t wasm_func_param_arity(const wasm_func_t* func) {
  return func == nullptr ? 0 : func->handle.type().params.size();
}
size_t wasm_func_result_arity(const wasm_func_t* func) {
  return func == nullptr ? 0 : func->handle.type().results.size();
}

wasm_trap_t* wasm_func_call(const wasm_func_t* func, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  if (func == nullptr) return nullptr;
  // The callee may delete the handle, or the store.
  const tenon::c_api::StatePtr state = func->state;
  if (auto done = tenon::c_api::call_quickly(*func, args, results)) {
    return *done ? nullptr : tenon::c_api::new_trap(state, std::move(*done).error());
  }
  auto values = tenon::c_api::call(*func, args);
  auto stored =
      values ? tenon::c_api::store_results(state, *values, results) : tenon::Result<void>(std::move(values).error());
  return stored ? nullptr : tenon::c_api::new_trap(state, std::move(stored).error());
}
