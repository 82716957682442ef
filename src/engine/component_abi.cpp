// The canonical ABI for C++ types, as far as it needs the runtime: memory, realloc, strings, handles.
#include <algorithm>

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
                  component::BorrowScope* borrow_scope) noexcept {
  state.guest.emplace(inst, opts, lenders, borrow_scope);
  context.state = &state;
  context.is_64 = opts.is_memory64();
  context.memory = state.guest->memory.data();
  context.memory_size = state.guest->memory.size();
}

namespace {

// Keeps the first error.
template <class T>
T value_or_keep(AbiContext& context, Result<T> result) {
  if (result) [[likely]]
    return *std::move(result);
  if (!context.has_failed) context.state->error = std::move(result).error();
  context.has_failed = true;
  return {};
}

}  // namespace

void abi_trap(AbiContext& context, std::string_view message) noexcept {
  if (context.has_failed) return;
  context.has_failed = true;
  context.state->error = Error(ErrorKind::trap, message);
}

Error abi_failure(AbiContext& context) noexcept { return std::move(context.state->error); }

const std::uint8_t* abi_list(AbiContext& context, std::uint64_t pointer, std::uint64_t count, std::uint64_t size,
                             std::uint32_t alignment) noexcept {
  if (context.has_failed) return nullptr;
  if (pointer % alignment != 0) {
    abi_trap(context, "unaligned pointer");
    return nullptr;
  }
  if (pointer > context.memory_size || count > (context.memory_size - pointer) / std::max<std::uint64_t>(size, 1)) {
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

std::uint64_t abi_allocate(AbiContext& context, std::uint64_t size, std::uint32_t alignment) noexcept {
  if (context.has_failed) return 0;
  const std::uint64_t pointer =
      value_or_keep(context, component::reallocate(*context.state->guest, 0, 0, alignment, size, "list"));
  update_memory(context);
  return pointer;
}

std::string_view abi_lift_string(AbiContext& context, std::uint64_t pointer, std::uint64_t length) noexcept {
  if (context.has_failed) return {};
  const component::GuestContext& guest = *context.state->guest;
  const component::StringRange range{pointer, length};
  const component::StringView view = value_or_keep(context, component::check_string(guest, range));
  if (view.form == component::TextForm::utf8) {
    return {reinterpret_cast<const char*>(view.data), static_cast<std::size_t>(view.code_units)};
  }
  const component::Val text = value_or_keep(context, component::load_string_from_range(guest, range));
  if (context.has_failed) return {};
  if (context.scratch == nullptr) context.scratch = new std::deque<std::string>();
  return context.scratch->emplace_back(text.string());
}

AbiRange abi_lower_string(AbiContext& context, std::string_view text) noexcept {
  if (context.has_failed) return {};
  const auto stored = value_or_keep(
      context, component::store_string_into_range(*context.state->guest, component::StringView::of(text)));
  update_memory(context);
  return {stored.pointer, stored.tagged_code_units};
}

}  // namespace tenon::detail
