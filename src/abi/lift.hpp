// Lifting: values from a guest's memory and core values to the host. Functions have the definition's names.
//
// Core values come as slots of 64 bits: of an i32 or f32 the low half counts. So the joins of variants' payloads need
// no conversion: who wants 32 bits of a joined i64 takes them.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#loading
#pragma once

#include <cstdint>
#include <span>

#include "abi/context.hpp"

namespace tenon::component {

// A value at an address that is aligned and, with its size, in the memory. Errors: trap.
Result<Val> load(LiftLowerContext& cx, std::uint64_t pointer, const ValueType& type);
// `length` elements at an address likewise.
Result<Val> load_list_from_valid_range(LiftLowerContext& cx, std::uint64_t pointer, std::uint64_t length,
                                       const ValueType& element);
// A value from core values; `flat` is moved behind those that it took (`type.flat`).
Result<Val> lift_flat(LiftLowerContext& cx, const std::uint64_t*& flat, const ValueType& type);
// Parameters or results: from core values, or, where that would be more than `max_flat`, from where the first points.
// `values` has room for one of each type.
Result<void> lift_flat_values(LiftLowerContext& cx, unsigned max_flat, std::span<const std::uint64_t> flat,
                              std::span<const Member> types, std::span<Val> values);

// Pieces for what works on memory without values (abi/transfer.cpp, typed functions).
Result<std::uint32_t> check_case(const ValueType& type, std::uint64_t discriminant);
Result<char32_t> check_char(std::uint64_t value);
std::uint64_t load_int(const LiftLowerContext& cx, std::uint64_t pointer, unsigned size) noexcept;
// All NaNs are one, on both ways.
constexpr std::uint64_t canonicalize_nan32(std::uint64_t bits) noexcept {
  const auto low = static_cast<std::uint32_t>(bits);
  return (low & 0x7FFF'FFFF) > 0x7F80'0000 ? 0x7FC0'0000 : low;
}
constexpr std::uint64_t canonicalize_nan64(std::uint64_t bits) noexcept {
  return (bits & 0x7FFF'FFFF'FFFF'FFFF) > 0x7FF0'0000'0000'0000 ? 0x7FF8'0000'0000'0000 : bits;
}
// The same for elements as they lie in memory; bools are 0 and 1.
void canonicalize(Primitive primitive, MutableBytes elements) noexcept;
// Length and place of a list's content. Errors: trap.
Result<void> check_list(const LiftLowerContext& cx, std::uint64_t pointer, std::uint64_t length, const Layout& element);
// A tuple in memory. Errors: trap.
Result<void> check_tuple(const LiftLowerContext& cx, std::uint64_t pointer, const Layout& layout);

}  // namespace tenon::component
