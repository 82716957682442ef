// How values look at run time: 64-bit slots.
//
// A frame, a global, a table and a GC object hold values in slots: i32 (zero-extended), i64, f32 and f64 (their bits),
// references; a v128 takes two. References are one word:
//   null        0
//   functions   Func*
//   i31         the 31 bits shifted left by one, with the lowest bit set
//   the rest    Object* in the store's GC heap: structs, arrays, exceptions, boxed host values (externref)
// `extern.convert_any` and `any.convert_extern` therefore cost nothing: both hierarchies have the same words.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "model/core/instruction.hpp"
#include "model/core/types.hpp"

namespace tenon::runtime {

using Slot = std::uint64_t;

inline constexpr Slot null_ref = 0;

constexpr unsigned slots_of(core::ValType type) noexcept { return type.is_vector() ? 2 : 1; }

// And of lists of values.
template <class Types>
constexpr std::uint32_t slots_of_all(const Types& types) noexcept {
  std::uint32_t slots = 0;
  for (const core::ValType type : types) slots += slots_of(type);
  return slots;
}
// What a call passes in the same place: parameters, then results; one slot at least.
constexpr std::uint32_t value_slots(const core::FuncType& type) noexcept {
  return std::max({slots_of_all(type.params), slots_of_all(type.results), std::uint32_t{1}});
}

constexpr bool is_i31(Slot ref) noexcept { return (ref & 1) != 0; }
constexpr Slot make_i31(std::uint32_t value) noexcept { return (Slot{value & 0x7FFF'FFFF} << 1) | 1; }
constexpr std::uint32_t i31_get_u(Slot ref) noexcept { return static_cast<std::uint32_t>(ref >> 1) & 0x7FFF'FFFF; }
constexpr std::int32_t i31_get_s(Slot ref) noexcept {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(ref >> 1) << 1) >> 1;
}

inline float as_f32(Slot slot) noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(slot)); }
inline double as_f64(Slot slot) noexcept { return std::bit_cast<double>(slot); }
inline Slot from_f32(float value) noexcept { return std::bit_cast<std::uint32_t>(value); }
inline Slot from_f64(double value) noexcept { return std::bit_cast<std::uint64_t>(value); }

}  // namespace tenon::runtime
