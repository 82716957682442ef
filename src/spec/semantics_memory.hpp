// What loads, stores and atomic instructions do apart from the access itself: the effective address, and the functions
// between the bytes in memory and the operand. Whoever calls them does the access (plainly or atomically) of the width
// that instructions.def gives:
//
//   load      effective_address, read `width` bytes as the unsigned parameter, then the function named like the `Op`
//   store     the function gives the bytes to write
//   rmw       the function gives what is stored instead of `stored`; the instruction's result is `stored`,
//   zero-extended
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>

#include "spec/semantics.hpp"
#include "spec/semantics_simd.hpp"
#include "spec/traps.hpp"
#include "spec/v128.hpp"

namespace tenon::semantics {

// Where an access of `width` bytes begins in a memory of `size` bytes. The sum of a 32-bit address and offset fits in
// 64 bits; only for 64-bit memories can it overflow, and then no memory is large enough.
constexpr Trapping<std::uint64_t> effective_address(std::uint32_t address, std::uint32_t offset, std::uint64_t width,
                                                    std::uint64_t size) noexcept {
  const std::uint64_t first = std::uint64_t{address} + offset;
  if (first + width > size) [[unlikely]]
    return Trap::out_of_bounds_memory_access;
  return first;
}
constexpr Trapping<std::uint64_t> effective_address(std::uint64_t address, std::uint64_t offset, std::uint64_t width,
                                                    std::uint64_t size) noexcept {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  if (__builtin_add_overflow(address, offset, &first) || __builtin_add_overflow(first, width, &end) || end > size)
      [[unlikely]] {
    return Trap::out_of_bounds_memory_access;
  }
  return first;
}

// Whether `count` items from `first` lie within `size`: for operations on many bytes or elements.
constexpr bool in_bounds(std::uint64_t first, std::uint64_t count, std::uint64_t size) noexcept {
  return count <= size && first <= size - count;
}

// Atomic accesses must be naturally aligned. `width` is a power of two.
constexpr bool is_aligned(std::uint64_t first, std::uint64_t width) noexcept { return (first & (width - 1)) == 0; }

namespace detail {

// Eight stored bytes as lanes of T, each extended to twice its width.
template <class T>
constexpr V128 extend_stored(std::uint64_t stored) noexcept {
  return extend<T, Half::low>(std::bit_cast<V128>(std::array<std::uint64_t, 2>{stored, 0}));
}

// Expected value and replacement are wrapped to the stored width first.
template <std::unsigned_integral Stored, std::unsigned_integral Operand>
constexpr Stored compare_exchange(Stored stored, Operand expected, Operand replacement) noexcept {
  return stored == static_cast<Stored>(expected) ? static_cast<Stored>(replacement) : stored;
}

}  // namespace detail

// Loads and stores
constexpr i32 i32_load(std::uint32_t stored) noexcept { return stored; }
constexpr i64 i64_load(std::uint64_t stored) noexcept { return stored; }
constexpr f32 f32_load(std::uint32_t stored) noexcept { return std::bit_cast<f32>(stored); }
constexpr f64 f64_load(std::uint64_t stored) noexcept { return std::bit_cast<f64>(stored); }
constexpr i32 i32_load8_s(std::uint8_t stored) noexcept { return detail::sign_extend<std::int8_t>(i32{stored}); }
constexpr i32 i32_load8_u(std::uint8_t stored) noexcept { return stored; }
constexpr i32 i32_load16_s(std::uint16_t stored) noexcept { return detail::sign_extend<std::int16_t>(i32{stored}); }
constexpr i32 i32_load16_u(std::uint16_t stored) noexcept { return stored; }
constexpr i64 i64_load8_s(std::uint8_t stored) noexcept { return detail::sign_extend<std::int8_t>(i64{stored}); }
constexpr i64 i64_load8_u(std::uint8_t stored) noexcept { return stored; }
constexpr i64 i64_load16_s(std::uint16_t stored) noexcept { return detail::sign_extend<std::int16_t>(i64{stored}); }
constexpr i64 i64_load16_u(std::uint16_t stored) noexcept { return stored; }
constexpr i64 i64_load32_s(std::uint32_t stored) noexcept { return detail::sign_extend<std::int32_t>(i64{stored}); }
constexpr i64 i64_load32_u(std::uint32_t stored) noexcept { return stored; }
constexpr std::uint32_t i32_store(i32 value) noexcept { return value; }
constexpr std::uint64_t i64_store(i64 value) noexcept { return value; }
constexpr std::uint32_t f32_store(f32 value) noexcept { return std::bit_cast<std::uint32_t>(value); }
constexpr std::uint64_t f64_store(f64 value) noexcept { return std::bit_cast<std::uint64_t>(value); }
constexpr std::uint8_t i32_store8(i32 value) noexcept { return static_cast<std::uint8_t>(value); }
constexpr std::uint16_t i32_store16(i32 value) noexcept { return static_cast<std::uint16_t>(value); }
constexpr std::uint8_t i64_store8(i64 value) noexcept { return static_cast<std::uint8_t>(value); }
constexpr std::uint16_t i64_store16(i64 value) noexcept { return static_cast<std::uint16_t>(value); }
constexpr std::uint32_t i64_store32(i64 value) noexcept { return static_cast<std::uint32_t>(value); }

// Vectors
constexpr V128 v128_load(V128 stored) noexcept { return stored; }
constexpr V128 v128_load8x8_s(std::uint64_t stored) noexcept { return detail::extend_stored<std::int8_t>(stored); }
constexpr V128 v128_load8x8_u(std::uint64_t stored) noexcept { return detail::extend_stored<std::uint8_t>(stored); }
constexpr V128 v128_load16x4_s(std::uint64_t stored) noexcept { return detail::extend_stored<std::int16_t>(stored); }
constexpr V128 v128_load16x4_u(std::uint64_t stored) noexcept { return detail::extend_stored<std::uint16_t>(stored); }
constexpr V128 v128_load32x2_s(std::uint64_t stored) noexcept { return detail::extend_stored<std::int32_t>(stored); }
constexpr V128 v128_load32x2_u(std::uint64_t stored) noexcept { return detail::extend_stored<std::uint32_t>(stored); }
constexpr V128 v128_load8_splat(std::uint8_t stored) noexcept { return detail::splat(stored); }
constexpr V128 v128_load16_splat(std::uint16_t stored) noexcept { return detail::splat(stored); }
constexpr V128 v128_load32_splat(std::uint32_t stored) noexcept { return detail::splat(stored); }
constexpr V128 v128_load64_splat(std::uint64_t stored) noexcept { return detail::splat(stored); }
constexpr V128 v128_store(V128 value) noexcept { return value; }
constexpr V128 v128_load8_lane(std::uint8_t stored, V128 value, unsigned lane) noexcept {
  return detail::replace_lane(value, lane, stored);
}
constexpr V128 v128_load16_lane(std::uint16_t stored, V128 value, unsigned lane) noexcept {
  return detail::replace_lane(value, lane, stored);
}
constexpr V128 v128_load32_lane(std::uint32_t stored, V128 value, unsigned lane) noexcept {
  return detail::replace_lane(value, lane, stored);
}
constexpr V128 v128_load64_lane(std::uint64_t stored, V128 value, unsigned lane) noexcept {
  return detail::replace_lane(value, lane, stored);
}
constexpr std::uint8_t v128_store8_lane(V128 value, unsigned lane) noexcept {
  return detail::array<std::uint8_t>(value)[lane];
}
constexpr std::uint16_t v128_store16_lane(V128 value, unsigned lane) noexcept {
  return detail::array<std::uint16_t>(value)[lane];
}
constexpr std::uint32_t v128_store32_lane(V128 value, unsigned lane) noexcept {
  return detail::array<std::uint32_t>(value)[lane];
}
constexpr std::uint64_t v128_store64_lane(V128 value, unsigned lane) noexcept {
  return detail::array<std::uint64_t>(value)[lane];
}
constexpr V128 v128_load32_zero(std::uint32_t stored) noexcept { return detail::replace_lane(V128{}, 0, stored); }
constexpr V128 v128_load64_zero(std::uint64_t stored) noexcept { return detail::replace_lane(V128{}, 0, stored); }

// Atomic loads and stores
constexpr i32 i32_atomic_load(std::uint32_t stored) noexcept { return stored; }
constexpr i64 i64_atomic_load(std::uint64_t stored) noexcept { return stored; }
constexpr i32 i32_atomic_load8_u(std::uint8_t stored) noexcept { return stored; }
constexpr i32 i32_atomic_load16_u(std::uint16_t stored) noexcept { return stored; }
constexpr i64 i64_atomic_load8_u(std::uint8_t stored) noexcept { return stored; }
constexpr i64 i64_atomic_load16_u(std::uint16_t stored) noexcept { return stored; }
constexpr i64 i64_atomic_load32_u(std::uint32_t stored) noexcept { return stored; }
constexpr std::uint32_t i32_atomic_store(i32 value) noexcept { return value; }
constexpr std::uint64_t i64_atomic_store(i64 value) noexcept { return value; }
constexpr std::uint8_t i32_atomic_store8(i32 value) noexcept { return static_cast<std::uint8_t>(value); }
constexpr std::uint16_t i32_atomic_store16(i32 value) noexcept { return static_cast<std::uint16_t>(value); }
constexpr std::uint8_t i64_atomic_store8(i64 value) noexcept { return static_cast<std::uint8_t>(value); }
constexpr std::uint16_t i64_atomic_store16(i64 value) noexcept { return static_cast<std::uint16_t>(value); }
constexpr std::uint32_t i64_atomic_store32(i64 value) noexcept { return static_cast<std::uint32_t>(value); }

// Atomic read-modify-write
constexpr std::uint32_t i32_atomic_rmw_add(std::uint32_t stored, i32 operand) noexcept {
  return static_cast<std::uint32_t>(stored + operand);
}
constexpr std::uint64_t i64_atomic_rmw_add(std::uint64_t stored, i64 operand) noexcept {
  return static_cast<std::uint64_t>(stored + operand);
}
constexpr std::uint8_t i32_atomic_rmw8_add_u(std::uint8_t stored, i32 operand) noexcept {
  return static_cast<std::uint8_t>(stored + operand);
}
constexpr std::uint16_t i32_atomic_rmw16_add_u(std::uint16_t stored, i32 operand) noexcept {
  return static_cast<std::uint16_t>(stored + operand);
}
constexpr std::uint8_t i64_atomic_rmw8_add_u(std::uint8_t stored, i64 operand) noexcept {
  return static_cast<std::uint8_t>(stored + operand);
}
constexpr std::uint16_t i64_atomic_rmw16_add_u(std::uint16_t stored, i64 operand) noexcept {
  return static_cast<std::uint16_t>(stored + operand);
}
constexpr std::uint32_t i64_atomic_rmw32_add_u(std::uint32_t stored, i64 operand) noexcept {
  return static_cast<std::uint32_t>(stored + operand);
}
constexpr std::uint32_t i32_atomic_rmw_sub(std::uint32_t stored, i32 operand) noexcept {
  return static_cast<std::uint32_t>(stored - operand);
}
constexpr std::uint64_t i64_atomic_rmw_sub(std::uint64_t stored, i64 operand) noexcept {
  return static_cast<std::uint64_t>(stored - operand);
}
constexpr std::uint8_t i32_atomic_rmw8_sub_u(std::uint8_t stored, i32 operand) noexcept {
  return static_cast<std::uint8_t>(stored - operand);
}
constexpr std::uint16_t i32_atomic_rmw16_sub_u(std::uint16_t stored, i32 operand) noexcept {
  return static_cast<std::uint16_t>(stored - operand);
}
constexpr std::uint8_t i64_atomic_rmw8_sub_u(std::uint8_t stored, i64 operand) noexcept {
  return static_cast<std::uint8_t>(stored - operand);
}
constexpr std::uint16_t i64_atomic_rmw16_sub_u(std::uint16_t stored, i64 operand) noexcept {
  return static_cast<std::uint16_t>(stored - operand);
}
constexpr std::uint32_t i64_atomic_rmw32_sub_u(std::uint32_t stored, i64 operand) noexcept {
  return static_cast<std::uint32_t>(stored - operand);
}
constexpr std::uint32_t i32_atomic_rmw_and(std::uint32_t stored, i32 operand) noexcept {
  return static_cast<std::uint32_t>(stored & operand);
}
constexpr std::uint64_t i64_atomic_rmw_and(std::uint64_t stored, i64 operand) noexcept {
  return static_cast<std::uint64_t>(stored & operand);
}
constexpr std::uint8_t i32_atomic_rmw8_and_u(std::uint8_t stored, i32 operand) noexcept {
  return static_cast<std::uint8_t>(stored & operand);
}
constexpr std::uint16_t i32_atomic_rmw16_and_u(std::uint16_t stored, i32 operand) noexcept {
  return static_cast<std::uint16_t>(stored & operand);
}
constexpr std::uint8_t i64_atomic_rmw8_and_u(std::uint8_t stored, i64 operand) noexcept {
  return static_cast<std::uint8_t>(stored & operand);
}
constexpr std::uint16_t i64_atomic_rmw16_and_u(std::uint16_t stored, i64 operand) noexcept {
  return static_cast<std::uint16_t>(stored & operand);
}
constexpr std::uint32_t i64_atomic_rmw32_and_u(std::uint32_t stored, i64 operand) noexcept {
  return static_cast<std::uint32_t>(stored & operand);
}
constexpr std::uint32_t i32_atomic_rmw_or(std::uint32_t stored, i32 operand) noexcept {
  return static_cast<std::uint32_t>(stored | operand);
}
constexpr std::uint64_t i64_atomic_rmw_or(std::uint64_t stored, i64 operand) noexcept {
  return static_cast<std::uint64_t>(stored | operand);
}
constexpr std::uint8_t i32_atomic_rmw8_or_u(std::uint8_t stored, i32 operand) noexcept {
  return static_cast<std::uint8_t>(stored | operand);
}
constexpr std::uint16_t i32_atomic_rmw16_or_u(std::uint16_t stored, i32 operand) noexcept {
  return static_cast<std::uint16_t>(stored | operand);
}
constexpr std::uint8_t i64_atomic_rmw8_or_u(std::uint8_t stored, i64 operand) noexcept {
  return static_cast<std::uint8_t>(stored | operand);
}
constexpr std::uint16_t i64_atomic_rmw16_or_u(std::uint16_t stored, i64 operand) noexcept {
  return static_cast<std::uint16_t>(stored | operand);
}
constexpr std::uint32_t i64_atomic_rmw32_or_u(std::uint32_t stored, i64 operand) noexcept {
  return static_cast<std::uint32_t>(stored | operand);
}
constexpr std::uint32_t i32_atomic_rmw_xor(std::uint32_t stored, i32 operand) noexcept {
  return static_cast<std::uint32_t>(stored ^ operand);
}
constexpr std::uint64_t i64_atomic_rmw_xor(std::uint64_t stored, i64 operand) noexcept {
  return static_cast<std::uint64_t>(stored ^ operand);
}
constexpr std::uint8_t i32_atomic_rmw8_xor_u(std::uint8_t stored, i32 operand) noexcept {
  return static_cast<std::uint8_t>(stored ^ operand);
}
constexpr std::uint16_t i32_atomic_rmw16_xor_u(std::uint16_t stored, i32 operand) noexcept {
  return static_cast<std::uint16_t>(stored ^ operand);
}
constexpr std::uint8_t i64_atomic_rmw8_xor_u(std::uint8_t stored, i64 operand) noexcept {
  return static_cast<std::uint8_t>(stored ^ operand);
}
constexpr std::uint16_t i64_atomic_rmw16_xor_u(std::uint16_t stored, i64 operand) noexcept {
  return static_cast<std::uint16_t>(stored ^ operand);
}
constexpr std::uint32_t i64_atomic_rmw32_xor_u(std::uint32_t stored, i64 operand) noexcept {
  return static_cast<std::uint32_t>(stored ^ operand);
}
constexpr std::uint32_t i32_atomic_rmw_xchg(std::uint32_t /*stored*/, i32 operand) noexcept {
  return static_cast<std::uint32_t>(operand);
}
constexpr std::uint64_t i64_atomic_rmw_xchg(std::uint64_t /*stored*/, i64 operand) noexcept {
  return static_cast<std::uint64_t>(operand);
}
constexpr std::uint8_t i32_atomic_rmw8_xchg_u(std::uint8_t /*stored*/, i32 operand) noexcept {
  return static_cast<std::uint8_t>(operand);
}
constexpr std::uint16_t i32_atomic_rmw16_xchg_u(std::uint16_t /*stored*/, i32 operand) noexcept {
  return static_cast<std::uint16_t>(operand);
}
constexpr std::uint8_t i64_atomic_rmw8_xchg_u(std::uint8_t /*stored*/, i64 operand) noexcept {
  return static_cast<std::uint8_t>(operand);
}
constexpr std::uint16_t i64_atomic_rmw16_xchg_u(std::uint16_t /*stored*/, i64 operand) noexcept {
  return static_cast<std::uint16_t>(operand);
}
constexpr std::uint32_t i64_atomic_rmw32_xchg_u(std::uint32_t /*stored*/, i64 operand) noexcept {
  return static_cast<std::uint32_t>(operand);
}
constexpr std::uint32_t i32_atomic_rmw_cmpxchg(std::uint32_t stored, i32 expected, i32 replacement) noexcept {
  return detail::compare_exchange(stored, expected, replacement);
}
constexpr std::uint64_t i64_atomic_rmw_cmpxchg(std::uint64_t stored, i64 expected, i64 replacement) noexcept {
  return detail::compare_exchange(stored, expected, replacement);
}
constexpr std::uint8_t i32_atomic_rmw8_cmpxchg_u(std::uint8_t stored, i32 expected, i32 replacement) noexcept {
  return detail::compare_exchange(stored, expected, replacement);
}
constexpr std::uint16_t i32_atomic_rmw16_cmpxchg_u(std::uint16_t stored, i32 expected, i32 replacement) noexcept {
  return detail::compare_exchange(stored, expected, replacement);
}
constexpr std::uint8_t i64_atomic_rmw8_cmpxchg_u(std::uint8_t stored, i64 expected, i64 replacement) noexcept {
  return detail::compare_exchange(stored, expected, replacement);
}
constexpr std::uint16_t i64_atomic_rmw16_cmpxchg_u(std::uint16_t stored, i64 expected, i64 replacement) noexcept {
  return detail::compare_exchange(stored, expected, replacement);
}
constexpr std::uint32_t i64_atomic_rmw32_cmpxchg_u(std::uint32_t stored, i64 expected, i64 replacement) noexcept {
  return detail::compare_exchange(stored, expected, replacement);
}

}  // namespace tenon::semantics
