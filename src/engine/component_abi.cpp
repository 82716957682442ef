// The canonical ABI for C++ types, as far as it needs the runtime: memory, realloc, strings, handles.
#include <algorithm>
#include <new>

#include "abi/lift.hpp"
#include "abi/lower.hpp"
#include "abi/strings.hpp"
#include "abi/traps.hpp"
#include "engine/component_state.hpp"

namespace tenon::detail {

void update_memory(AbiContext& context) noexcept {
  component::GuestContext& guest = *context.state->guest;
  guest.renew();
  context.memory = guest.memory.data();
  context.memory_size = guest.memory.size();
}

void open_context(AbiContext& context, AbiState& state, component::ComponentInstance& inst,
                  const component::CanonicalOptions& opts, component::Lenders* lenders,
                  component::BorrowScope* borrow_scope, const component::FuncSignature* signature) noexcept {
  state.guest.emplace(inst, opts, lenders, borrow_scope);
  state.guest->host = inst.scheduler->host_handles;
  context.signature = signature;
  context.state = &state;
  context.is_64 = opts.is_memory64();
  context.lift_budget = state.guest->lift_budget;
  context.memory = state.guest->memory.data();
  context.memory_size = state.guest->memory.size();
}

namespace {

// A trap, with what it speaks of: the result; the parameter, if there is but one, or its type is at hand; all of them.
Error in_place(const AbiContext& context, Error error) noexcept {
  const AbiState& state = *context.state;
  if (state.function.empty() || context.signature == nullptr) return error;
  if (state.is_result) return component::in_value(std::move(error), {.function = state.function});
  const std::span<const component::Member> params = context.signature->params;
  if (params.empty()) return error;
  const bool has_type = context.type != nullptr;
  const std::size_t param = has_type ? state.param : 0;
  return component::in_value(
      std::move(error),
      {.function = state.function, .label = params[param].label, .is_one = has_type || params.size() == 1});
}

// Keeps the first error.
template <class T>
T value_or_keep(AbiContext& context, Result<T> result) {
  if (result) [[likely]]
    return *std::move(result);
  if (!context.has_failed) context.state->error = in_place(context, std::move(result).error());
  context.has_failed = true;
  return {};
}

// The same of what may run the guest's code, or take memory of the host.
template <class F>
auto run_or_keep(AbiContext& context, F&& run) noexcept {
  auto& block = *static_cast<StoreBlock*>(context.state->guest->inst.scheduler->store->control.host);
  return value_or_keep(context, guarded(block, run));
}

}  // namespace

namespace {

void keep(AbiContext& context, ErrorKind kind, std::string_view message) noexcept {
  if (context.has_failed) return;
  context.has_failed = true;
  context.state->error = in_place(context, Error(kind, message));
}

}  // namespace

void abi_trap(AbiContext& context, std::string_view message) noexcept { keep(context, ErrorKind::trap, message); }
void abi_misuse(AbiContext& context, std::string_view message) noexcept { keep(context, ErrorKind::usage, message); }

Error abi_failure(AbiContext& context) noexcept { return std::move(context.state->error); }

const std::uint8_t* abi_list(AbiContext& context, std::uint64_t pointer, std::uint64_t count, std::uint64_t size,
                             std::uint32_t alignment) noexcept {
  if (context.has_failed) return nullptr;
  if (pointer % alignment != 0) {
    abi_trap(context, "unaligned pointer");
    return nullptr;
  }
  const std::uint64_t element = std::max<std::uint64_t>(size, 1);
  if (count > limits::max_list_bytes / element || pointer > context.memory_size ||
      count > (context.memory_size - pointer) / element) {
    abi_trap(context, "list content out-of-bounds");
    return nullptr;
  }
  return count == 0 ? nullptr : context.memory + pointer;
}

const std::uint8_t* abi_tuple(AbiContext& context, std::uint64_t pointer, AbiLayout layout) noexcept {
  if (context.has_failed) return nullptr;
  if (!context.is_64) pointer = static_cast<std::uint32_t>(pointer);
  if (pointer % layout.alignment != 0) {
    abi_trap(context, "unaligned pointer");
    return nullptr;
  }
  if (pointer > context.memory_size || layout.size > context.memory_size - pointer) {
    abi_trap(context, "pointer out of bounds of memory");
    return nullptr;
  }
  return context.memory + pointer;
}

bool abi_spend(AbiContext& context, std::uint64_t count, std::uint64_t size) noexcept {
  if (context.has_failed) return false;
  if (count > context.lift_budget / size) {
    abi_trap(context, "fuel allocated for hostcalls has been exhausted");
    return false;
  }
  context.lift_budget -= count * size;
  return true;
}

std::uint64_t abi_allocate(AbiContext& context, std::uint64_t size, std::uint32_t alignment) noexcept {
  if (context.has_failed) return 0;
  if (size > limits::max_list_bytes) {
    abi_misuse(context, "list content out-of-bounds: a list of the host is larger than a list may be");
    return 0;
  }
  const std::uint64_t pointer =
      run_or_keep(context, [&] { return component::reallocate(*context.state->guest, 0, 0, alignment, size, "list"); });
  update_memory(context);
  return pointer;
}

std::string_view abi_lift_string(AbiContext& context, std::uint64_t pointer, std::uint64_t length) noexcept {
  if (context.has_failed) return {};
  const component::GuestContext& guest = *context.state->guest;
  const component::StringRange range{pointer, length};
  const component::StringView view = run_or_keep(context, [&] { return component::check_string(guest, range); });
  if (view.form == component::TextForm::utf8) {
    return {reinterpret_cast<const char*>(view.data), static_cast<std::size_t>(view.code_units)};
  }
  if (!abi_spend(context, 2 * view.code_units, 1)) return {};
  return run_or_keep(context, [&]() -> Result<std::string_view> {
    auto text = component::load_string_from_range(guest, range);
    if (!text) return std::move(text).error();
    if (context.scratch == nullptr) context.scratch = new std::deque<std::string>();
    return context.scratch->emplace_back(text->string());
  });
}

AbiRange abi_lower_string(AbiContext& context, std::string_view text) noexcept {
  if (context.has_failed) return {};
  const auto stored = run_or_keep(context, [&] { return component::store_text(*context.state->guest, text); });
  update_memory(context);
  return {stored.pointer, stored.tagged_code_units};
}

const component::ValueType* abi_part(const AbiContext& context, std::uint32_t part) noexcept {
  const component::ValueType* type = context.type;
  if (type == nullptr) {
    context.state->param = part;
    return context.signature->params[part].type;
  }
  switch (type->kind) {
    case component::TypeKind::record:
    case component::TypeKind::variant: return type->members[part].type;
    case component::TypeKind::tuple: return type->types[part];
    case component::TypeKind::result: return part == 0 ? type->element : type->second;
    default: return type->element;
  }
}

const component::ValueType* abi_result(const AbiContext& context) noexcept {
  context.state->is_result = true;
  return context.signature->result;
}

std::uint32_t abi_cases(const AbiContext& context) noexcept {
  return static_cast<std::uint32_t>(context.type->labels.size());
}

component::Handle abi_lift_handle(AbiContext& context, std::uint32_t index) noexcept {
  if (context.has_failed) return {};
  return run_or_keep(context, [&] { return context.state->guest->lift_handle(*context.type, index); });
}

std::uint32_t abi_lower_handle(AbiContext& context, const component::Handle& handle) noexcept {
  if (context.has_failed) return 0;
  return run_or_keep(context, [&] { return context.state->guest->lower_handle(*context.type, handle); });
}

std::uint32_t abi_val_size(const AbiContext& context) noexcept {
  return context.type == nullptr ? 0 : context.state->guest->layout(*context.type).size;
}

component::Val abi_load_val(AbiContext& context, std::uint64_t pointer) noexcept {
  if (context.type == nullptr || context.has_failed) return {};
  return run_or_keep(context, [&] { return component::load(*context.state->guest, pointer, *context.type); });
}

void abi_store_val(AbiContext& context, const component::Val& value, std::uint64_t pointer) noexcept {
  if (context.type == nullptr || context.has_failed) return;
  run_or_keep(context, [&]() -> Result<bool> {
    auto stored = component::store(*context.state->guest, value, *context.type, pointer);
    if (!stored) return std::move(stored).error();
    return true;
  });
  update_memory(context);
}

}  // namespace tenon::detail
