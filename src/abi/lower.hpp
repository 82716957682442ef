// Lowering: values of the host to a guest's memory and to core values. Functions have the definition's names.
//
// A value comes from whoever calls, and may not be of the type: that is an error of usage, found on the way.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "abi/context.hpp"
#include "abi/strings.hpp"

namespace tenon::component {

// At an address that is aligned and, with the type's size, in the memory. Errors: trap, usage.
Result<void> store(LiftLowerContext& cx, const Val& value, const ValueType& type, std::uint64_t pointer);
// To core values; `flat` is moved behind those that were written (`type.flat`).
Result<void> lower_flat(LiftLowerContext& cx, const Val& value, const ValueType& type, std::uint64_t*& flat);
// Parameters or results: to core values at `flat`, or, where that would be more than `max_flat`, to memory: to
// `out_pointer` if there is one, else to memory that realloc gives, and its address to `flat`. Gives the number of core
// values written.
Result<unsigned> lower_flat_values(LiftLowerContext& cx, unsigned max_flat, std::span<const Val> values,
                                   std::span<const Member> types, std::uint64_t* flat,
                                   std::optional<std::uint64_t> out_pointer = {});

// Pieces for what works on memory without values.
void store_int(MutableBytes memory, std::uint64_t value, std::uint64_t pointer, unsigned size) noexcept;
inline void store_int(LiftLowerContext& cx, std::uint64_t value, std::uint64_t pointer, unsigned size) noexcept {
  store_int(cx.memory, value, pointer, size);
}
// A string of the host's, in the encoding of `cx`. Errors: trap, usage (it is not UTF-8).
Result<StringRange> store_text(LiftLowerContext& cx, std::string_view text);
// Where a tuple goes: `out_pointer`, checked, or memory from realloc.
Result<std::uint64_t> place_tuple(LiftLowerContext& cx, const Layout& layout, std::optional<std::uint64_t> out_pointer);

}  // namespace tenon::component
