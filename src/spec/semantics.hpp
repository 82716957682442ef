// What every scalar instruction means: one pure function for each, named like its `Op`.
// https://webassembly.github.io/spec/core/exec/numerics.html
//
// The interpreter's handlers, the stencils made from them, constant folding and the tests call these functions; nothing
// else in Tenon says what an operator does. Vector operators are in semantics_simd.hpp, what loads, stores and atomics
// do between memory and operand in semantics_memory.hpp.
//
// - Integers are unsigned, as the standard's are sign-agnostic: wrapping is defined, and signed operators convert.
// - Floats are `float` and `double`. Moving them keeps every bit of a NaN on machines with IEEE registers (SSE2, NEON,
//   RISC-V F/D; x87 is refused below). What must keep payloads (abs, neg, copysign, reinterpret) works on bits; what
//   must make a signalling NaN quiet does arithmetic with it, and the hardware then follows the standard's NaN
//   propagation. Each function does one operation, so there is nothing that a compiler could contract to a fused
//   multiply-add.
// - Operators that can trap give the value and the trap. Once inlined, `if (result.trap != Trap::none)` is the
// operator's
//   own check: the pair never exists at run time.
// - Everything is constexpr. Rounding and square root have no library call behind them: baseline x86-64 (SSE2) has no
//   rounding instruction, and a call would cost more than the few additions below. Where the target has one, it is
//   used.
#pragma once

#include <bit>
#include <cfloat>
#include <cstdint>
#include <limits>

#include "spec/semantics_aarch64.hpp"
#include "spec/traps.hpp"

namespace tenon::semantics {

static_assert(FLT_EVAL_METHOD == 0, "floats must be rounded to their own type by every operation");

using i32 = std::uint32_t;
using i64 = std::uint64_t;
using f32 = float;
using f64 = double;
using s32 = std::int32_t;  // the signed interpretation
using s64 = std::int64_t;

template <class T>
struct Trapping {
  T value{};
  Trap trap = Trap::none;
  constexpr Trapping(T result) noexcept : value(result) {}    // NOLINT(google-explicit-constructor)
  constexpr Trapping(Trap reason) noexcept : trap(reason) {}  // NOLINT(google-explicit-constructor)
  constexpr bool operator==(const Trapping&) const noexcept = default;
};

// The two results of the wide arithmetic instructions, in the order in which they are pushed.
struct Wide {
  i64 low;
  i64 high;
  constexpr bool operator==(const Wide&) const noexcept = default;
};

namespace detail {

#if defined(__SSE4_1__) || defined(__aarch64__)
inline constexpr bool has_rounding_instructions = true;
#else
inline constexpr bool has_rounding_instructions = false;
#endif

template <class F>
struct FloatFormat;
template <>
struct FloatFormat<f32> {
  using Bits = std::uint32_t;
  static constexpr int significand_bits = 23;
};
template <>
struct FloatFormat<f64> {
  using Bits = std::uint64_t;
  static constexpr int significand_bits = 52;
};
template <class F>
using BitsOf = typename FloatFormat<F>::Bits;
template <class F>
inline constexpr BitsOf<F> sign_bit = BitsOf<F>{1} << (sizeof(F) * 8 - 1);
// From this magnitude on, every float is an integer.
template <class F>
inline constexpr F all_integers = static_cast<F>(std::uint64_t{1} << FloatFormat<F>::significand_bits);

template <class F>
constexpr BitsOf<F> bits(F value) noexcept {
  return std::bit_cast<BitsOf<F>>(value);
}
template <class F>
constexpr F abs(F a) noexcept {
  return std::bit_cast<F>(bits(a) & ~sign_bit<F>);
}
template <class F>
constexpr F neg(F a) noexcept {
  return std::bit_cast<F>(bits(a) ^ sign_bit<F>);
}
template <class F>
constexpr F copysign(F a, F sign) noexcept {
  return std::bit_cast<F>((bits(a) & ~sign_bit<F>) | (bits(sign) & sign_bit<F>));
}

// For values beyond `all_integers` and NaN, rounding only makes signalling NaNs quiet.
template <class F>
constexpr F quiet(F a) noexcept {
  return a != a ? a + a : a;
}

// Adding 2^significand_bits pushes the fraction out of the significand, rounded to nearest, ties to even.
template <class F>
constexpr F nearest_magnitude(F magnitude) noexcept {
  return (magnitude + all_integers<F>)-all_integers<F>;
}

enum class Rounding : std::uint8_t { nearest, down, up, to_zero };

template <Rounding rounding, class F>
constexpr F round_portably(F a) noexcept {
  const F magnitude = abs(a);
  if (!(magnitude < all_integers<F>)) [[unlikely]]
    return quiet(a);
  F result = nearest_magnitude(magnitude);
  if constexpr (rounding == Rounding::to_zero) {
    if (result > magnitude) result -= 1;
  } else if constexpr (rounding == Rounding::down) {
    result = copysign(result, a);
    if (result > a) result -= 1;
  } else if constexpr (rounding == Rounding::up) {
    result = copysign(result, a);
    if (result < a) result += 1;
  }
  return copysign(result, a);  // a zero has the sign of its operand
}

template <Rounding rounding, class F>
constexpr F round(F a) noexcept {
  if constexpr (has_rounding_instructions) {
    if !consteval {
      if constexpr (rounding == Rounding::nearest) return __builtin_elementwise_roundeven(a);
      if constexpr (rounding == Rounding::down) return __builtin_elementwise_floor(a);
      if constexpr (rounding == Rounding::up) return __builtin_elementwise_ceil(a);
      if constexpr (rounding == Rounding::to_zero) return __builtin_elementwise_trunc(a);
    }
  }
  return round_portably<rounding>(a);
}

// The square root during compilation, digit by digit: root^2 <= value * 2^k < (root + 1)^2 with enough bits to round.
template <class F>
constexpr F sqrt_at_compile_time(F a) noexcept {
  constexpr int significand = FloatFormat<F>::significand_bits;
  if (a != a) return a + a;
  if (a == 0 || a == std::numeric_limits<F>::infinity()) return a;
  if (a < 0) return std::numeric_limits<F>::quiet_NaN();
  int exponent = 0;  // a == value * 2^exponent, value an integer of significand + 1 or + 2 bits, exponent even
  F scaled = a;
  for (; scaled < all_integers<F>; --exponent) scaled *= 2;
  for (; scaled >= all_integers<F> * 2; ++exponent) scaled /= 2;
  auto value = static_cast<unsigned __int128>(static_cast<std::uint64_t>(scaled));
  if (exponent % 2 != 0) {
    value <<= 1;
    --exponent;
  }
  constexpr int extra = (significand + 5) / 2 * 2;  // the root has at least two bits more than fit
  value <<= extra;
  unsigned __int128 root = 0;
  for (unsigned __int128 bit = static_cast<unsigned __int128>(1) << 60; bit != 0; bit >>= 1) {
    if ((root | bit) * (root | bit) <= value) root |= bit;
  }
  root = root << 1 | (root * root != value ? 1 : 0);  // what is left breaks ties
  auto result = static_cast<F>(static_cast<std::uint64_t>(root));
  for (int i = (exponent - extra) / 2 - 1; i != 0; i += i < 0 ? 1 : -1) result = i < 0 ? result / 2 : result * 2;
  return result;
}

template <class F>
constexpr F sqrt(F a) noexcept {
  if consteval {
    return sqrt_at_compile_time(a);
  } else {
    return __builtin_elementwise_sqrt(a);  // unlike __builtin_sqrt, sets no errno and so calls no library
  }
}

// One comparison settles the ordinary case; equal operands may be zeroes of different sign, and the NaN is left to an
// addition.
template <class F>
constexpr F min(F a, F b) noexcept {
  if constexpr (aarch64::is_machine) {
    if !consteval {
      return aarch64::min(a, b);
    }
  }
  if (a == b) return std::bit_cast<F>(bits(a) | bits(b));
  if (a != a || b != b) [[unlikely]]
    return a + b;
  return a < b ? a : b;
}
template <class F>
constexpr F max(F a, F b) noexcept {
  if constexpr (aarch64::is_machine) {
    if !consteval {
      return aarch64::max(a, b);
    }
  }
  if (a == b) return std::bit_cast<F>(bits(a) & bits(b));
  if (a != a || b != b) [[unlikely]]
    return a + b;
  return a > b ? a : b;
}

template <class S>
constexpr Trapping<std::make_unsigned_t<S>> div_s(S a, S b) noexcept {
  if (b == 0) [[unlikely]]
    return Trap::integer_divide_by_zero;
  if (b == -1 && a == std::numeric_limits<S>::min()) [[unlikely]]
    return Trap::integer_overflow;
  return static_cast<std::make_unsigned_t<S>>(a / b);
}
template <class S>
constexpr Trapping<std::make_unsigned_t<S>> rem_s(S a, S b) noexcept {
  if (b == 0) [[unlikely]]
    return Trap::integer_divide_by_zero;
  if (b == -1) [[unlikely]]
    return std::make_unsigned_t<S>{0};  // the machine's division would fault on min / -1
  return static_cast<std::make_unsigned_t<S>>(a % b);
}
template <class U>
constexpr Trapping<U> div_u(U a, U b) noexcept {
  if (b == 0) [[unlikely]]
    return Trap::integer_divide_by_zero;
  return a / b;
}
template <class U>
constexpr Trapping<U> rem_u(U a, U b) noexcept {
  if (b == 0) [[unlikely]]
    return Trap::integer_divide_by_zero;
  return a % b;
}

// The open interval of floats whose truncation fits in Int: (lowest - 1, highest + 1). Where F cannot represent
// lowest - 1, no float lies between that and lowest, and lowest itself is the closed bound.
template <class Int, class F>
constexpr bool truncates_to(F a) noexcept {
  constexpr F above = static_cast<F>(std::uint64_t{1} << (std::numeric_limits<Int>::digits - 1)) * 2;
  if constexpr (std::numeric_limits<Int>::is_signed) {
    constexpr bool below_is_exact = std::numeric_limits<Int>::digits + 1 < std::numeric_limits<F>::digits;
    if constexpr (below_is_exact) return a > -above - 1 && a < above;
    return a >= -above && a < above;
  }
  return a > -1 && a < above;
}

// The conversion itself. u32 goes through s64, which has a machine instruction.
template <class Int, class F>
constexpr std::make_unsigned_t<Int> truncate(F a) noexcept {
  if constexpr (sizeof(Int) == 4) return static_cast<std::uint32_t>(static_cast<std::int64_t>(a));
  return static_cast<std::make_unsigned_t<Int>>(static_cast<Int>(a));
}

template <class Int, class F>
constexpr Trapping<std::make_unsigned_t<Int>> trunc_to(F a) noexcept {
  if (truncates_to<Int>(a)) [[likely]]
    return truncate<Int>(a);
  return a != a ? Trap::invalid_conversion_to_integer : Trap::integer_overflow;
}

template <class Int, class F>
constexpr std::make_unsigned_t<Int> trunc_sat_to(F a) noexcept {
  using U = std::make_unsigned_t<Int>;
  if constexpr (aarch64::is_machine) {
    if !consteval {
      return aarch64::trunc_sat_to<Int>(a);
    }
  }
  if (truncates_to<Int>(a)) [[likely]]
    return truncate<Int>(a);
  if (a != a) return 0;
  return a < 0 ? static_cast<U>(std::numeric_limits<Int>::min()) : static_cast<U>(std::numeric_limits<Int>::max());
}

constexpr s32 s(i32 a) noexcept { return static_cast<s32>(a); }
constexpr s64 s(i64 a) noexcept { return static_cast<s64>(a); }

// Sign extension of the lowest sizeof(Narrow) bytes to a Wide_.
template <class Narrow, class Wide_>
constexpr Wide_ sign_extend(Wide_ a) noexcept {
  return static_cast<Wide_>(static_cast<std::make_signed_t<Wide_>>(static_cast<Narrow>(a)));
}

using u128 = unsigned __int128;
constexpr u128 join(i64 low, i64 high) noexcept { return static_cast<u128>(high) << 64 | low; }
constexpr Wide split(u128 value) noexcept { return {static_cast<i64>(value), static_cast<i64>(value >> 64)}; }

}  // namespace detail

constexpr void nop() noexcept {}

// i32
constexpr i32 i32_eqz(i32 a) noexcept { return a == 0; }
constexpr i32 i32_eq(i32 a, i32 b) noexcept { return a == b; }
constexpr i32 i32_ne(i32 a, i32 b) noexcept { return a != b; }
constexpr i32 i32_lt_s(i32 a, i32 b) noexcept { return detail::s(a) < detail::s(b); }
constexpr i32 i32_lt_u(i32 a, i32 b) noexcept { return a < b; }
constexpr i32 i32_gt_s(i32 a, i32 b) noexcept { return detail::s(a) > detail::s(b); }
constexpr i32 i32_gt_u(i32 a, i32 b) noexcept { return a > b; }
constexpr i32 i32_le_s(i32 a, i32 b) noexcept { return detail::s(a) <= detail::s(b); }
constexpr i32 i32_le_u(i32 a, i32 b) noexcept { return a <= b; }
constexpr i32 i32_ge_s(i32 a, i32 b) noexcept { return detail::s(a) >= detail::s(b); }
constexpr i32 i32_ge_u(i32 a, i32 b) noexcept { return a >= b; }
constexpr i32 i32_clz(i32 a) noexcept { return static_cast<i32>(std::countl_zero(a)); }
constexpr i32 i32_ctz(i32 a) noexcept { return static_cast<i32>(std::countr_zero(a)); }
constexpr i32 i32_popcnt(i32 a) noexcept { return static_cast<i32>(std::popcount(a)); }
constexpr i32 i32_add(i32 a, i32 b) noexcept { return a + b; }
constexpr i32 i32_sub(i32 a, i32 b) noexcept { return a - b; }
constexpr i32 i32_mul(i32 a, i32 b) noexcept { return a * b; }
constexpr Trapping<i32> i32_div_s(i32 a, i32 b) noexcept { return detail::div_s(detail::s(a), detail::s(b)); }
constexpr Trapping<i32> i32_div_u(i32 a, i32 b) noexcept { return detail::div_u(a, b); }
constexpr Trapping<i32> i32_rem_s(i32 a, i32 b) noexcept { return detail::rem_s(detail::s(a), detail::s(b)); }
constexpr Trapping<i32> i32_rem_u(i32 a, i32 b) noexcept { return detail::rem_u(a, b); }
constexpr i32 i32_and(i32 a, i32 b) noexcept { return a & b; }
constexpr i32 i32_or(i32 a, i32 b) noexcept { return a | b; }
constexpr i32 i32_xor(i32 a, i32 b) noexcept { return a ^ b; }
constexpr i32 i32_shl(i32 a, i32 b) noexcept { return a << (b & 31); }
constexpr i32 i32_shr_s(i32 a, i32 b) noexcept { return static_cast<i32>(detail::s(a) >> (b & 31)); }
constexpr i32 i32_shr_u(i32 a, i32 b) noexcept { return a >> (b & 31); }
constexpr i32 i32_rotl(i32 a, i32 b) noexcept { return std::rotl(a, static_cast<int>(b & 31)); }
constexpr i32 i32_rotr(i32 a, i32 b) noexcept { return std::rotr(a, static_cast<int>(b & 31)); }
constexpr i32 i32_extend8_s(i32 a) noexcept { return detail::sign_extend<std::int8_t>(a); }
constexpr i32 i32_extend16_s(i32 a) noexcept { return detail::sign_extend<std::int16_t>(a); }

// i64
constexpr i32 i64_eqz(i64 a) noexcept { return a == 0; }
constexpr i32 i64_eq(i64 a, i64 b) noexcept { return a == b; }
constexpr i32 i64_ne(i64 a, i64 b) noexcept { return a != b; }
constexpr i32 i64_lt_s(i64 a, i64 b) noexcept { return detail::s(a) < detail::s(b); }
constexpr i32 i64_lt_u(i64 a, i64 b) noexcept { return a < b; }
constexpr i32 i64_gt_s(i64 a, i64 b) noexcept { return detail::s(a) > detail::s(b); }
constexpr i32 i64_gt_u(i64 a, i64 b) noexcept { return a > b; }
constexpr i32 i64_le_s(i64 a, i64 b) noexcept { return detail::s(a) <= detail::s(b); }
constexpr i32 i64_le_u(i64 a, i64 b) noexcept { return a <= b; }
constexpr i32 i64_ge_s(i64 a, i64 b) noexcept { return detail::s(a) >= detail::s(b); }
constexpr i32 i64_ge_u(i64 a, i64 b) noexcept { return a >= b; }
constexpr i64 i64_clz(i64 a) noexcept { return static_cast<i64>(std::countl_zero(a)); }
constexpr i64 i64_ctz(i64 a) noexcept { return static_cast<i64>(std::countr_zero(a)); }
constexpr i64 i64_popcnt(i64 a) noexcept { return static_cast<i64>(std::popcount(a)); }
constexpr i64 i64_add(i64 a, i64 b) noexcept { return a + b; }
constexpr i64 i64_sub(i64 a, i64 b) noexcept { return a - b; }
constexpr i64 i64_mul(i64 a, i64 b) noexcept { return a * b; }
constexpr Trapping<i64> i64_div_s(i64 a, i64 b) noexcept { return detail::div_s(detail::s(a), detail::s(b)); }
constexpr Trapping<i64> i64_div_u(i64 a, i64 b) noexcept { return detail::div_u(a, b); }
constexpr Trapping<i64> i64_rem_s(i64 a, i64 b) noexcept { return detail::rem_s(detail::s(a), detail::s(b)); }
constexpr Trapping<i64> i64_rem_u(i64 a, i64 b) noexcept { return detail::rem_u(a, b); }
constexpr i64 i64_and(i64 a, i64 b) noexcept { return a & b; }
constexpr i64 i64_or(i64 a, i64 b) noexcept { return a | b; }
constexpr i64 i64_xor(i64 a, i64 b) noexcept { return a ^ b; }
constexpr i64 i64_shl(i64 a, i64 b) noexcept { return a << (b & 63); }
constexpr i64 i64_shr_s(i64 a, i64 b) noexcept { return static_cast<i64>(detail::s(a) >> (b & 63)); }
constexpr i64 i64_shr_u(i64 a, i64 b) noexcept { return a >> (b & 63); }
constexpr i64 i64_rotl(i64 a, i64 b) noexcept { return std::rotl(a, static_cast<int>(b & 63)); }
constexpr i64 i64_rotr(i64 a, i64 b) noexcept { return std::rotr(a, static_cast<int>(b & 63)); }
constexpr i64 i64_extend8_s(i64 a) noexcept { return detail::sign_extend<std::int8_t>(a); }
constexpr i64 i64_extend16_s(i64 a) noexcept { return detail::sign_extend<std::int16_t>(a); }
constexpr i64 i64_extend32_s(i64 a) noexcept { return detail::sign_extend<std::int32_t>(a); }
constexpr Wide i64_add128(i64 a_low, i64 a_high, i64 b_low, i64 b_high) noexcept {
  return detail::split(detail::join(a_low, a_high) + detail::join(b_low, b_high));
}
constexpr Wide i64_sub128(i64 a_low, i64 a_high, i64 b_low, i64 b_high) noexcept {
  return detail::split(detail::join(a_low, a_high) - detail::join(b_low, b_high));
}
constexpr Wide i64_mul_wide_s(i64 a, i64 b) noexcept {
  return detail::split(static_cast<detail::u128>(static_cast<__int128>(detail::s(a)) * detail::s(b)));
}
constexpr Wide i64_mul_wide_u(i64 a, i64 b) noexcept { return detail::split(static_cast<detail::u128>(a) * b); }

// f32
constexpr i32 f32_eq(f32 a, f32 b) noexcept { return a == b; }
constexpr i32 f32_ne(f32 a, f32 b) noexcept { return a != b; }
constexpr i32 f32_lt(f32 a, f32 b) noexcept { return a < b; }
constexpr i32 f32_gt(f32 a, f32 b) noexcept { return a > b; }
constexpr i32 f32_le(f32 a, f32 b) noexcept { return a <= b; }
constexpr i32 f32_ge(f32 a, f32 b) noexcept { return a >= b; }
constexpr f32 f32_abs(f32 a) noexcept { return detail::abs(a); }
constexpr f32 f32_neg(f32 a) noexcept { return detail::neg(a); }
constexpr f32 f32_ceil(f32 a) noexcept { return detail::round<detail::Rounding::up>(a); }
constexpr f32 f32_floor(f32 a) noexcept { return detail::round<detail::Rounding::down>(a); }
constexpr f32 f32_trunc(f32 a) noexcept { return detail::round<detail::Rounding::to_zero>(a); }
constexpr f32 f32_nearest(f32 a) noexcept { return detail::round<detail::Rounding::nearest>(a); }
constexpr f32 f32_sqrt(f32 a) noexcept { return detail::sqrt(a); }
constexpr f32 f32_add(f32 a, f32 b) noexcept { return a + b; }
constexpr f32 f32_sub(f32 a, f32 b) noexcept { return a - b; }
constexpr f32 f32_mul(f32 a, f32 b) noexcept { return a * b; }
constexpr f32 f32_div(f32 a, f32 b) noexcept { return a / b; }
constexpr f32 f32_min(f32 a, f32 b) noexcept { return detail::min(a, b); }
constexpr f32 f32_max(f32 a, f32 b) noexcept { return detail::max(a, b); }
constexpr f32 f32_copysign(f32 a, f32 b) noexcept { return detail::copysign(a, b); }

// f64
constexpr i32 f64_eq(f64 a, f64 b) noexcept { return a == b; }
constexpr i32 f64_ne(f64 a, f64 b) noexcept { return a != b; }
constexpr i32 f64_lt(f64 a, f64 b) noexcept { return a < b; }
constexpr i32 f64_gt(f64 a, f64 b) noexcept { return a > b; }
constexpr i32 f64_le(f64 a, f64 b) noexcept { return a <= b; }
constexpr i32 f64_ge(f64 a, f64 b) noexcept { return a >= b; }
constexpr f64 f64_abs(f64 a) noexcept { return detail::abs(a); }
constexpr f64 f64_neg(f64 a) noexcept { return detail::neg(a); }
constexpr f64 f64_ceil(f64 a) noexcept { return detail::round<detail::Rounding::up>(a); }
constexpr f64 f64_floor(f64 a) noexcept { return detail::round<detail::Rounding::down>(a); }
constexpr f64 f64_trunc(f64 a) noexcept { return detail::round<detail::Rounding::to_zero>(a); }
constexpr f64 f64_nearest(f64 a) noexcept { return detail::round<detail::Rounding::nearest>(a); }
constexpr f64 f64_sqrt(f64 a) noexcept { return detail::sqrt(a); }
constexpr f64 f64_add(f64 a, f64 b) noexcept { return a + b; }
constexpr f64 f64_sub(f64 a, f64 b) noexcept { return a - b; }
constexpr f64 f64_mul(f64 a, f64 b) noexcept { return a * b; }
constexpr f64 f64_div(f64 a, f64 b) noexcept { return a / b; }
constexpr f64 f64_min(f64 a, f64 b) noexcept { return detail::min(a, b); }
constexpr f64 f64_max(f64 a, f64 b) noexcept { return detail::max(a, b); }
constexpr f64 f64_copysign(f64 a, f64 b) noexcept { return detail::copysign(a, b); }

// Conversions
constexpr i32 i32_wrap_i64(i64 a) noexcept { return static_cast<i32>(a); }
constexpr i64 i64_extend_i32_s(i32 a) noexcept { return static_cast<i64>(static_cast<s64>(detail::s(a))); }
constexpr i64 i64_extend_i32_u(i32 a) noexcept { return a; }
constexpr Trapping<i32> i32_trunc_f32_s(f32 a) noexcept { return detail::trunc_to<s32>(a); }
constexpr i32 i32_trunc_sat_f32_s(f32 a) noexcept { return detail::trunc_sat_to<s32>(a); }
constexpr Trapping<i32> i32_trunc_f32_u(f32 a) noexcept { return detail::trunc_to<i32>(a); }
constexpr i32 i32_trunc_sat_f32_u(f32 a) noexcept { return detail::trunc_sat_to<i32>(a); }
constexpr Trapping<i32> i32_trunc_f64_s(f64 a) noexcept { return detail::trunc_to<s32>(a); }
constexpr i32 i32_trunc_sat_f64_s(f64 a) noexcept { return detail::trunc_sat_to<s32>(a); }
constexpr Trapping<i32> i32_trunc_f64_u(f64 a) noexcept { return detail::trunc_to<i32>(a); }
constexpr i32 i32_trunc_sat_f64_u(f64 a) noexcept { return detail::trunc_sat_to<i32>(a); }
constexpr Trapping<i64> i64_trunc_f32_s(f32 a) noexcept { return detail::trunc_to<s64>(a); }
constexpr i64 i64_trunc_sat_f32_s(f32 a) noexcept { return detail::trunc_sat_to<s64>(a); }
constexpr Trapping<i64> i64_trunc_f32_u(f32 a) noexcept { return detail::trunc_to<i64>(a); }
constexpr i64 i64_trunc_sat_f32_u(f32 a) noexcept { return detail::trunc_sat_to<i64>(a); }
constexpr Trapping<i64> i64_trunc_f64_s(f64 a) noexcept { return detail::trunc_to<s64>(a); }
constexpr i64 i64_trunc_sat_f64_s(f64 a) noexcept { return detail::trunc_sat_to<s64>(a); }
constexpr Trapping<i64> i64_trunc_f64_u(f64 a) noexcept { return detail::trunc_to<i64>(a); }
constexpr i64 i64_trunc_sat_f64_u(f64 a) noexcept { return detail::trunc_sat_to<i64>(a); }
constexpr f32 f32_convert_i32_s(i32 a) noexcept { return static_cast<f32>(detail::s(a)); }
constexpr f32 f32_convert_i32_u(i32 a) noexcept { return static_cast<f32>(a); }
constexpr f32 f32_convert_i64_s(i64 a) noexcept { return static_cast<f32>(detail::s(a)); }
constexpr f32 f32_convert_i64_u(i64 a) noexcept { return static_cast<f32>(a); }
constexpr f64 f64_convert_i32_s(i32 a) noexcept { return static_cast<f64>(detail::s(a)); }
constexpr f64 f64_convert_i32_u(i32 a) noexcept { return static_cast<f64>(a); }
constexpr f64 f64_convert_i64_s(i64 a) noexcept { return static_cast<f64>(detail::s(a)); }
constexpr f64 f64_convert_i64_u(i64 a) noexcept { return static_cast<f64>(a); }
constexpr f32 f32_demote_f64(f64 a) noexcept { return static_cast<f32>(a); }
constexpr f64 f64_promote_f32(f32 a) noexcept { return a; }
constexpr i32 i32_reinterpret_f32(f32 a) noexcept { return std::bit_cast<i32>(a); }
constexpr i64 i64_reinterpret_f64(f64 a) noexcept { return std::bit_cast<i64>(a); }
constexpr f32 f32_reinterpret_i32(i32 a) noexcept { return std::bit_cast<f32>(a); }
constexpr f64 f64_reinterpret_i64(i64 a) noexcept { return std::bit_cast<f64>(a); }

}  // namespace tenon::semantics
