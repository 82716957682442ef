// What every vector instruction means, relaxed ones included: one pure function for each, named like its `Op`.
// https://webassembly.github.io/spec/core/exec/numerics.html#vector-operations
//
// Written with Clang's vector extensions: operators on whole vectors become the machine's instructions on every target
// without intrinsics of one. What those cannot say, or not in constant expressions, is a loop over lanes. Comparisons
// give lanes of all ones or all zeros, as the standard's do.
//
// Relaxed operators give the results of the deterministic profile, everywhere: programs then compute the same on every
// machine and in every tier. Their other allowed results would save a few instructions on some machines.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "spec/semantics.hpp"
#include "spec/v128.hpp"

namespace tenon::semantics {

namespace detail {

template <class T, int bytes = 16>
using Lanes __attribute__((vector_size(bytes))) = T;
template <class T>
inline constexpr int lane_count = 16 / static_cast<int>(sizeof(T));
template <class T>
using LaneArray = std::array<T, 16 / sizeof(T)>;

template <class T>
constexpr Lanes<T> as(V128 v) noexcept {
  return std::bit_cast<Lanes<T>>(v);
}
template <class Vector>
constexpr V128 v128(Vector lanes) noexcept {
  return std::bit_cast<V128>(lanes);
}
template <class T>
constexpr LaneArray<T> array(V128 v) noexcept {
  return std::bit_cast<LaneArray<T>>(v);
}

// f(lane...) for each lane.
template <class T, class R = T, class F, class... V>
constexpr V128 lanewise(F&& f, V... v) noexcept {
  static_assert(sizeof(T) == sizeof(R));
  LaneArray<R> result{};
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<R>(f(array<T>(v)[i]...));
  return std::bit_cast<V128>(result);
}

// Lanes of `a` where the mask is all ones, of `b` where it is all zeros.
template <class Mask, class Vector>
constexpr Vector select(Mask mask, Vector a, Vector b) noexcept {
  if consteval {
    return std::bit_cast<Vector>((mask & std::bit_cast<Mask>(a)) | (~mask & std::bit_cast<Mask>(b)));
  } else {
    return mask ? a : b;
  }
}

template <class T>
constexpr V128 splat(T a) noexcept {
  return v128(a - Lanes<T>{});
}
template <class T>
constexpr Lanes<T> splat_lanes(T a) noexcept {
  return as<T>(splat(a));
}

// Sixteen or fewer mask bits from the lanes' signs.
template <class T>
constexpr i32 bitmask(V128 a) noexcept {
  i32 result = 0;
  const auto lanes = array<T>(a);
  if consteval {
    for (int i = 0; i < lane_count<T>; ++i) result |= static_cast<i32>(lanes[static_cast<std::size_t>(i)] < 0) << i;
    return result;
  } else {
    using Bits __attribute__((ext_vector_type(lane_count<T>))) = bool;
    using Storage = std::conditional_t<lane_count<T> == 16, std::uint16_t, std::uint8_t>;
    constexpr i32 mask = (i32{1} << lane_count<T>)-1;
    return std::bit_cast<Storage>(__builtin_convertvector(as<T>(a) < 0, Bits)) & mask;
  }
}

template <class T>
constexpr i32 all_true(V128 a) noexcept {
  return bitmask<std::make_signed_t<T>>(v128(as<T>(a) == 0)) == 0;
}

template <class T>
constexpr V128 min(V128 a, V128 b) noexcept {
  return v128(select(as<T>(a) < as<T>(b), as<T>(a), as<T>(b)));
}
template <class T>
constexpr V128 max(V128 a, V128 b) noexcept {
  return v128(select(as<T>(a) > as<T>(b), as<T>(a), as<T>(b)));
}
template <class T>
constexpr V128 abs_integer(V128 a) noexcept {
  return v128(select(as<T>(a) < 0, as<T>(v128(-as<std::make_unsigned_t<T>>(a))), as<T>(a)));
}

// Into a type that has room for any sum or difference of two lanes, back with saturation.
template <class T>
constexpr T saturate(std::int32_t value) noexcept {
  constexpr std::int32_t lowest = std::numeric_limits<T>::min();
  constexpr std::int32_t highest = std::numeric_limits<T>::max();
  return static_cast<T>(value < lowest ? lowest : value > highest ? highest : value);
}
template <class T>
constexpr V128 add_sat(V128 a, V128 b) noexcept {
  if consteval {
    return lanewise<T>([](T x, T y) { return saturate<T>(x + y); }, a, b);
  } else {
    return v128(__builtin_elementwise_add_sat(as<T>(a), as<T>(b)));
  }
}
template <class T>
constexpr V128 sub_sat(V128 a, V128 b) noexcept {
  if consteval {
    return lanewise<T>([](T x, T y) { return saturate<T>(x - y); }, a, b);
  } else {
    return v128(__builtin_elementwise_sub_sat(as<T>(a), as<T>(b)));
  }
}

template <class T>
constexpr V128 shl(V128 a, i32 count) noexcept {
  return v128(as<T>(a) << splat_lanes(static_cast<T>(count % (sizeof(T) * 8))));
}
template <class T>
constexpr V128 shr(V128 a, i32 count) noexcept {
  return v128(as<T>(a) >> splat_lanes(static_cast<T>(count % (sizeof(T) * 8))));
}

template <class T>
struct WiderOf;
template <>
struct WiderOf<std::int8_t> : std::type_identity<std::int16_t> {};
template <>
struct WiderOf<std::uint8_t> : std::type_identity<std::uint16_t> {};
template <>
struct WiderOf<std::int16_t> : std::type_identity<std::int32_t> {};
template <>
struct WiderOf<std::uint16_t> : std::type_identity<std::uint32_t> {};
template <>
struct WiderOf<std::int32_t> : std::type_identity<std::int64_t> {};
template <>
struct WiderOf<std::uint32_t> : std::type_identity<std::uint64_t> {};
template <class T>
using Wider = typename WiderOf<T>::type;

enum class Half : std::uint8_t { low, high };

template <class T, Half half>
constexpr Lanes<T, 8> half_of(V128 a) noexcept {
  return std::bit_cast<std::array<Lanes<T, 8>, 2>>(a)[half == Half::low ? 0 : 1];
}
template <class T, Half half>
constexpr Lanes<Wider<T>> widen_half(V128 a) noexcept {
  return __builtin_convertvector((half_of<T, half>(a)), Lanes<Wider<T>>);
}
template <class T, Half half>
constexpr V128 extend(V128 a) noexcept {
  return v128(widen_half<T, half>(a));
}
template <class T, Half half>
constexpr V128 extmul(V128 a, V128 b) noexcept {
  return v128(widen_half<T, half>(a) * widen_half<T, half>(b));
}

// The lanes with even and with odd numbers, twice as wide: shifts within the wide lane, arithmetic ones for signed
// lanes.
template <class T>
constexpr Lanes<Wider<T>> widen_even(V128 a) noexcept {
  using W = Wider<T>;
  return as<W>(v128(as<std::make_unsigned_t<W>>(a) << (sizeof(T) * 8))) >> static_cast<W>(sizeof(T) * 8);
}
template <class T>
constexpr Lanes<Wider<T>> widen_odd(V128 a) noexcept {
  using W = Wider<T>;
  return as<W>(a) >> static_cast<W>(sizeof(T) * 8);
}
template <class T>
constexpr V128 extadd_pairwise(V128 a) noexcept {
  return v128(widen_even<T>(a) + widen_odd<T>(a));
}

// Vectors of 32 bytes stay inside a function: their calling convention depends on the target's extensions.
template <class T>
constexpr V128 avgr(V128 a, V128 b) noexcept {
  using W = Wider<T>;
  const auto wide_a = __builtin_convertvector(as<T>(a), Lanes<W, 32>);
  const auto wide_b = __builtin_convertvector(as<T>(b), Lanes<W, 32>);
  return v128(__builtin_convertvector((wide_a + wide_b + W{1}) >> W{1}, Lanes<T>));
}

// Wide lanes of `a`, then of `b`, saturated to the range of Narrow.
template <class Narrow>
constexpr V128 narrow(V128 a, V128 b) noexcept {
  using W = Wider<std::make_signed_t<Narrow>>;
  using Both = Lanes<W, 32>;
  constexpr W lowest = std::numeric_limits<Narrow>::min();
  constexpr W highest = std::numeric_limits<Narrow>::max();
  if consteval {
    const auto both = std::bit_cast<std::array<W, 32 / sizeof(W)>>(std::array{a, b});
    std::array<Narrow, 16 / sizeof(Narrow)> result{};
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = saturate<Narrow>(both[i]);
    return std::bit_cast<V128>(result);
  } else {
    Both both = __builtin_bit_cast(Both, (std::array{a, b}));
    both = __builtin_elementwise_max(both, lowest - Both{});
    both = __builtin_elementwise_min(both, highest - Both{});
    return v128(__builtin_convertvector(both, Lanes<Narrow>));
  }
}

constexpr V128 popcnt(V128 v) noexcept {
  if constexpr (aarch64::is_machine) {
    if !consteval {
      return aarch64::popcnt(v);
    }
  }
  using T = std::uint8_t;
  auto a = as<T>(v);
  a = a - ((a >> T{1}) & T{0x55});
  a = (a & T{0x33}) + ((a >> T{2}) & T{0x33});
  return v128((a + (a >> T{4})) & T{0x0F});
}

// A table of 16 or 32 bytes, looked up 16 times; `index` lanes are in range.
template <std::size_t n>
constexpr V128 look_up(const std::array<std::uint8_t, n>& table, V128 index) noexcept {
  V128 result;
  for (int i = 0; i < 16; ++i) result.bytes[i] = table[index.bytes[i]];
  return result;
}
constexpr V128 swizzle(V128 a, V128 index) noexcept {
  if constexpr (aarch64::is_machine) {
    if !consteval {
      return aarch64::swizzle(a, index);
    }
  }
  const auto lanes = as<std::uint8_t>(index);
#ifdef __SSSE3__
  // The machine's shuffle gives zero for indices with the top bit set, which saturation gives those beyond 15.
  if !consteval {
    const auto wide = __builtin_elementwise_add_sat(lanes, std::uint8_t{0x70} - Lanes<std::uint8_t>{});
    return v128(__builtin_ia32_pshufb128(std::bit_cast<Lanes<char>>(a), std::bit_cast<Lanes<char>>(wide)));
  }
#endif
  const auto found = as<std::uint8_t>(look_up(array<std::uint8_t>(a), v128(lanes & std::uint8_t{15})));
  return v128(found & std::bit_cast<Lanes<std::uint8_t>>(lanes < std::uint8_t{16}));
}
constexpr V128 shuffle(V128 a, V128 b, V128 lanes) noexcept {
  return look_up(std::bit_cast<std::array<std::uint8_t, 32>>(std::array{a, b}), lanes);
}

constexpr V128 bitselect(V128 a, V128 b, V128 mask) noexcept {
  const auto m = as<i64>(mask);
  return v128((as<i64>(a) & m) | (as<i64>(b) & ~m));
}

template <class T>
constexpr V128 replace_lane(V128 a, unsigned lane, T value) noexcept {
  auto lanes = array<T>(a);
  lanes[lane] = value;
  return std::bit_cast<V128>(lanes);
}

// Floats

template <class F>
constexpr V128 abs_float(V128 a) noexcept {
  return v128(as<BitsOf<F>>(a) & ~sign_bit<F>);
}
template <class F>
constexpr V128 neg_float(V128 a) noexcept {
  return v128(as<BitsOf<F>>(a) ^ sign_bit<F>);
}
template <class F>
constexpr V128 copysign_lanes(Lanes<F> a, V128 sign) noexcept {
  return v128((as<BitsOf<F>>(v128(a)) & ~sign_bit<F>) | (as<BitsOf<F>>(sign) & sign_bit<F>));
}

// As round_portably, with masks for branches.
template <Rounding rounding, class F>
constexpr V128 round_lanes_portably(V128 v) noexcept {
  const auto a = as<F>(v);
  const auto magnitude = as<F>(abs_float<F>(v));
  const auto one = splat_lanes(F{1});
  auto result = (magnitude + all_integers<F>)-all_integers<F>;
  if constexpr (rounding == Rounding::to_zero) {
    result = select(result > magnitude, result - one, result);
  } else if constexpr (rounding == Rounding::down) {
    result = as<F>(copysign_lanes<F>(result, v));
    result = select(result > a, result - one, result);
  } else if constexpr (rounding == Rounding::up) {
    result = as<F>(copysign_lanes<F>(result, v));
    result = select(result < a, result + one, result);
  }
  result = as<F>(copysign_lanes<F>(result, v));
  const auto unrounded = select(a != a, a + a, a);
  return v128(select(magnitude < all_integers<F>, result, unrounded));
}
template <Rounding rounding, class F>
constexpr V128 round_lanes(V128 v) noexcept {
  if constexpr (has_rounding_instructions) {
    if !consteval {
      const auto a = as<F>(v);
      if constexpr (rounding == Rounding::nearest) return v128(__builtin_elementwise_roundeven(a));
      if constexpr (rounding == Rounding::down) return v128(__builtin_elementwise_floor(a));
      if constexpr (rounding == Rounding::up) return v128(__builtin_elementwise_ceil(a));
      if constexpr (rounding == Rounding::to_zero) return v128(__builtin_elementwise_trunc(a));
    }
  }
  return round_lanes_portably<rounding, F>(v);
}

template <class F>
constexpr V128 sqrt_lanes(V128 a) noexcept {
  if consteval {
    return lanewise<F>([](F x) { return sqrt(x); }, a);
  } else {
    return v128(__builtin_elementwise_sqrt(as<F>(a)));
  }
}

// Both orders of comparison agree but for zeroes of different sign, whose bits `or` and `and` join, and NaN.
template <class F>
constexpr V128 min_float(V128 va, V128 vb) noexcept {
  if constexpr (aarch64::is_machine) {
    if !consteval {
      return aarch64::min_float<F>(va, vb);
    }
  }
  const auto a = as<F>(va);
  const auto b = as<F>(vb);
  const V128 first = v128(select(a < b, a, b));
  const V128 second = v128(select(b < a, b, a));
  const auto ordered = as<F>(v128(as<i64>(first) | as<i64>(second)));
  return v128(select((a != a) | (b != b), a + b, ordered));
}
template <class F>
constexpr V128 max_float(V128 va, V128 vb) noexcept {
  if constexpr (aarch64::is_machine) {
    if !consteval {
      return aarch64::max_float<F>(va, vb);
    }
  }
  const auto a = as<F>(va);
  const auto b = as<F>(vb);
  const V128 first = v128(select(a > b, a, b));
  const V128 second = v128(select(b > a, b, a));
  const auto ordered = as<F>(v128(as<i64>(first) & as<i64>(second)));
  return v128(select((a != a) | (b != b), a + b, ordered));
}
template <class F>
constexpr V128 pmin(V128 a, V128 b) noexcept {
  return v128(select(as<F>(b) < as<F>(a), as<F>(b), as<F>(a)));
}
template <class F>
constexpr V128 pmax(V128 a, V128 b) noexcept {
  return v128(select(as<F>(a) < as<F>(b), as<F>(b), as<F>(a)));
}

constexpr V128 trunc_sat_f32x4_s(V128 v) noexcept {
  if constexpr (aarch64::is_machine) {
    if !consteval {
      return aarch64::trunc_sat_f32x4_s(v);
    }
  }
  const auto a = as<f32>(v);
  const auto fits = (a >= -0x1p31F) & (a < 0x1p31F);
  auto result = __builtin_convertvector(select(fits, a, Lanes<f32>{}), Lanes<s32>);
  result = select(a >= 0x1p31F, splat_lanes(std::numeric_limits<s32>::max()), result);
  return v128(select(a < -0x1p31F, splat_lanes(std::numeric_limits<s32>::min()), result));
}
constexpr V128 trunc_sat_f32x4_u(V128 v) noexcept {
  if constexpr (aarch64::is_machine) {
    if !consteval {
      return aarch64::trunc_sat_f32x4_u(v);
    }
  }
  const auto zero = Lanes<f32>{};
  auto a = as<f32>(v);
  a = select(a > 0, a, zero);
  const auto upper = a >= 0x1p31F;  // converted as a - 2^31, which the signed conversion takes
  const auto rest = select(upper, a - 0x1p31F, a);
  const auto low = __builtin_convertvector(select(rest < 0x1p31F, rest, zero), Lanes<s32>);
  return v128((low ^ (upper & std::numeric_limits<s32>::min())) | (a >= 0x1p32F));
}
// To the two low lanes; the two high ones become zero.
template <class Int>
constexpr V128 trunc_sat_f64x2_zero(V128 a) noexcept {
  if constexpr (aarch64::is_machine) {
    if !consteval {
      return aarch64::trunc_sat_f64x2_zero<Int>(a);
    }
  }
  const auto lanes = array<f64>(a);
  return std::bit_cast<V128>(std::array<i32, 4>{trunc_sat_to<Int>(lanes[0]), trunc_sat_to<Int>(lanes[1]), 0, 0});
}

// The sums of neighbouring products, as i16 with saturation (two products of -128 * -128 give 32768).
constexpr V128 dot_i8x16(V128 a, V128 b) noexcept {
  using T = std::int8_t;
  return add_sat<std::int16_t>(v128(widen_even<T>(a) * widen_even<T>(b)), v128(widen_odd<T>(a) * widen_odd<T>(b)));
}

// The sums of neighbouring products, which wrap.
constexpr V128 dot_i16x8(V128 a, V128 b) noexcept {
  const auto wide_a = __builtin_convertvector(as<std::int16_t>(a), Lanes<s32, 32>);
  const auto wide_b = __builtin_convertvector(as<std::int16_t>(b), Lanes<s32, 32>);
  const auto products = __builtin_convertvector(wide_a * wide_b, Lanes<i32, 32>);
  return v128(__builtin_shufflevector(products, products, 0, 2, 4, 6) +
              __builtin_shufflevector(products, products, 1, 3, 5, 7));
}

constexpr V128 q15mulr_sat(V128 a, V128 b) noexcept {
  if constexpr (aarch64::is_machine) {
    if !consteval {
      return aarch64::q15mulr_sat(a, b);
    }
  }
  using T = std::int16_t;
  const auto low = (widen_half<T, Half::low>(a) * widen_half<T, Half::low>(b) + 0x4000) >> 15;
  const auto high = (widen_half<T, Half::high>(a) * widen_half<T, Half::high>(b) + 0x4000) >> 15;
  return narrow<T>(v128(low), v128(high));
}

}  // namespace detail

// v128
constexpr V128 v128_not(V128 a) noexcept { return detail::v128(~detail::as<i64>(a)); }
constexpr V128 v128_and(V128 a, V128 b) noexcept { return detail::v128(detail::as<i64>(a) & detail::as<i64>(b)); }
constexpr V128 v128_andnot(V128 a, V128 b) noexcept { return detail::v128(detail::as<i64>(a) & ~detail::as<i64>(b)); }
constexpr V128 v128_or(V128 a, V128 b) noexcept { return detail::v128(detail::as<i64>(a) | detail::as<i64>(b)); }
constexpr V128 v128_xor(V128 a, V128 b) noexcept { return detail::v128(detail::as<i64>(a) ^ detail::as<i64>(b)); }
constexpr V128 v128_bitselect(V128 a, V128 b, V128 mask) noexcept { return detail::bitselect(a, b, mask); }
constexpr i32 v128_any_true(V128 a) noexcept {
  const auto halves = detail::array<i64>(a);
  return (halves[0] | halves[1]) != 0;
}
constexpr V128 i8x16_shuffle(V128 a, V128 b, V128 lanes) noexcept { return detail::shuffle(a, b, lanes); }
constexpr V128 i8x16_swizzle(V128 a, V128 b) noexcept { return detail::swizzle(a, b); }
constexpr V128 i8x16_relaxed_swizzle(V128 a, V128 b) noexcept { return i8x16_swizzle(a, b); }

// i8x16
constexpr V128 i8x16_splat(i32 a) noexcept { return detail::splat(static_cast<std::uint8_t>(a)); }
constexpr i32 i8x16_extract_lane_s(V128 a, unsigned lane) noexcept {
  return static_cast<i32>(s32{detail::array<std::int8_t>(a)[lane]});
}
constexpr i32 i8x16_extract_lane_u(V128 a, unsigned lane) noexcept { return detail::array<std::uint8_t>(a)[lane]; }
constexpr V128 i8x16_replace_lane(V128 a, i32 value, unsigned lane) noexcept {
  return detail::replace_lane(a, lane, static_cast<std::uint8_t>(value));
}
constexpr V128 i8x16_eq(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint8_t>(a) == detail::as<std::uint8_t>(b));
}
constexpr V128 i8x16_ne(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint8_t>(a) != detail::as<std::uint8_t>(b));
}
constexpr V128 i8x16_lt_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int8_t>(a) < detail::as<std::int8_t>(b));
}
constexpr V128 i8x16_lt_u(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint8_t>(a) < detail::as<std::uint8_t>(b));
}
constexpr V128 i8x16_gt_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int8_t>(a) > detail::as<std::int8_t>(b));
}
constexpr V128 i8x16_gt_u(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint8_t>(a) > detail::as<std::uint8_t>(b));
}
constexpr V128 i8x16_le_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int8_t>(a) <= detail::as<std::int8_t>(b));
}
constexpr V128 i8x16_le_u(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint8_t>(a) <= detail::as<std::uint8_t>(b));
}
constexpr V128 i8x16_ge_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int8_t>(a) >= detail::as<std::int8_t>(b));
}
constexpr V128 i8x16_ge_u(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint8_t>(a) >= detail::as<std::uint8_t>(b));
}
constexpr V128 i8x16_abs(V128 a) noexcept { return detail::abs_integer<std::int8_t>(a); }
constexpr V128 i8x16_neg(V128 a) noexcept { return detail::v128(-detail::as<std::uint8_t>(a)); }
constexpr V128 i8x16_popcnt(V128 a) noexcept { return detail::popcnt(a); }
constexpr i32 i8x16_all_true(V128 a) noexcept { return detail::all_true<std::uint8_t>(a); }
constexpr i32 i8x16_bitmask(V128 a) noexcept { return detail::bitmask<std::int8_t>(a); }
constexpr V128 i8x16_shl(V128 a, i32 count) noexcept { return detail::shl<std::uint8_t>(a, count); }
constexpr V128 i8x16_shr_s(V128 a, i32 count) noexcept { return detail::shr<std::int8_t>(a, count); }
constexpr V128 i8x16_shr_u(V128 a, i32 count) noexcept { return detail::shr<std::uint8_t>(a, count); }
constexpr V128 i8x16_add(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint8_t>(a) + detail::as<std::uint8_t>(b));
}
constexpr V128 i8x16_add_sat_s(V128 a, V128 b) noexcept { return detail::add_sat<std::int8_t>(a, b); }
constexpr V128 i8x16_add_sat_u(V128 a, V128 b) noexcept { return detail::add_sat<std::uint8_t>(a, b); }
constexpr V128 i8x16_sub(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint8_t>(a) - detail::as<std::uint8_t>(b));
}
constexpr V128 i8x16_sub_sat_s(V128 a, V128 b) noexcept { return detail::sub_sat<std::int8_t>(a, b); }
constexpr V128 i8x16_sub_sat_u(V128 a, V128 b) noexcept { return detail::sub_sat<std::uint8_t>(a, b); }
constexpr V128 i8x16_min_s(V128 a, V128 b) noexcept { return detail::min<std::int8_t>(a, b); }
constexpr V128 i8x16_min_u(V128 a, V128 b) noexcept { return detail::min<std::uint8_t>(a, b); }
constexpr V128 i8x16_max_s(V128 a, V128 b) noexcept { return detail::max<std::int8_t>(a, b); }
constexpr V128 i8x16_max_u(V128 a, V128 b) noexcept { return detail::max<std::uint8_t>(a, b); }
constexpr V128 i8x16_avgr_u(V128 a, V128 b) noexcept { return detail::avgr<std::uint8_t>(a, b); }
constexpr V128 i8x16_narrow_i16x8_s(V128 a, V128 b) noexcept { return detail::narrow<std::int8_t>(a, b); }
constexpr V128 i8x16_narrow_i16x8_u(V128 a, V128 b) noexcept { return detail::narrow<std::uint8_t>(a, b); }
constexpr V128 i8x16_relaxed_laneselect(V128 a, V128 b, V128 mask) noexcept { return v128_bitselect(a, b, mask); }

// i16x8
constexpr V128 i16x8_splat(i32 a) noexcept { return detail::splat(static_cast<std::uint16_t>(a)); }
constexpr i32 i16x8_extract_lane_s(V128 a, unsigned lane) noexcept {
  return static_cast<i32>(s32{detail::array<std::int16_t>(a)[lane]});
}
constexpr i32 i16x8_extract_lane_u(V128 a, unsigned lane) noexcept { return detail::array<std::uint16_t>(a)[lane]; }
constexpr V128 i16x8_replace_lane(V128 a, i32 value, unsigned lane) noexcept {
  return detail::replace_lane(a, lane, static_cast<std::uint16_t>(value));
}
constexpr V128 i16x8_eq(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint16_t>(a) == detail::as<std::uint16_t>(b));
}
constexpr V128 i16x8_ne(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint16_t>(a) != detail::as<std::uint16_t>(b));
}
constexpr V128 i16x8_lt_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int16_t>(a) < detail::as<std::int16_t>(b));
}
constexpr V128 i16x8_lt_u(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint16_t>(a) < detail::as<std::uint16_t>(b));
}
constexpr V128 i16x8_gt_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int16_t>(a) > detail::as<std::int16_t>(b));
}
constexpr V128 i16x8_gt_u(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint16_t>(a) > detail::as<std::uint16_t>(b));
}
constexpr V128 i16x8_le_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int16_t>(a) <= detail::as<std::int16_t>(b));
}
constexpr V128 i16x8_le_u(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint16_t>(a) <= detail::as<std::uint16_t>(b));
}
constexpr V128 i16x8_ge_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int16_t>(a) >= detail::as<std::int16_t>(b));
}
constexpr V128 i16x8_ge_u(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint16_t>(a) >= detail::as<std::uint16_t>(b));
}
constexpr V128 i16x8_abs(V128 a) noexcept { return detail::abs_integer<std::int16_t>(a); }
constexpr V128 i16x8_neg(V128 a) noexcept { return detail::v128(-detail::as<std::uint16_t>(a)); }
constexpr i32 i16x8_all_true(V128 a) noexcept { return detail::all_true<std::uint16_t>(a); }
constexpr i32 i16x8_bitmask(V128 a) noexcept { return detail::bitmask<std::int16_t>(a); }
constexpr V128 i16x8_shl(V128 a, i32 count) noexcept { return detail::shl<std::uint16_t>(a, count); }
constexpr V128 i16x8_shr_s(V128 a, i32 count) noexcept { return detail::shr<std::int16_t>(a, count); }
constexpr V128 i16x8_shr_u(V128 a, i32 count) noexcept { return detail::shr<std::uint16_t>(a, count); }
constexpr V128 i16x8_add(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint16_t>(a) + detail::as<std::uint16_t>(b));
}
constexpr V128 i16x8_add_sat_s(V128 a, V128 b) noexcept { return detail::add_sat<std::int16_t>(a, b); }
constexpr V128 i16x8_add_sat_u(V128 a, V128 b) noexcept { return detail::add_sat<std::uint16_t>(a, b); }
constexpr V128 i16x8_sub(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint16_t>(a) - detail::as<std::uint16_t>(b));
}
constexpr V128 i16x8_sub_sat_s(V128 a, V128 b) noexcept { return detail::sub_sat<std::int16_t>(a, b); }
constexpr V128 i16x8_sub_sat_u(V128 a, V128 b) noexcept { return detail::sub_sat<std::uint16_t>(a, b); }
constexpr V128 i16x8_mul(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint16_t>(a) * detail::as<std::uint16_t>(b));
}
constexpr V128 i16x8_min_s(V128 a, V128 b) noexcept { return detail::min<std::int16_t>(a, b); }
constexpr V128 i16x8_min_u(V128 a, V128 b) noexcept { return detail::min<std::uint16_t>(a, b); }
constexpr V128 i16x8_max_s(V128 a, V128 b) noexcept { return detail::max<std::int16_t>(a, b); }
constexpr V128 i16x8_max_u(V128 a, V128 b) noexcept { return detail::max<std::uint16_t>(a, b); }
constexpr V128 i16x8_avgr_u(V128 a, V128 b) noexcept { return detail::avgr<std::uint16_t>(a, b); }
constexpr V128 i16x8_narrow_i32x4_s(V128 a, V128 b) noexcept { return detail::narrow<std::int16_t>(a, b); }
constexpr V128 i16x8_narrow_i32x4_u(V128 a, V128 b) noexcept { return detail::narrow<std::uint16_t>(a, b); }
constexpr V128 i16x8_extend_low_i8x16_s(V128 a) noexcept { return detail::extend<std::int8_t, detail::Half::low>(a); }
constexpr V128 i16x8_extend_low_i8x16_u(V128 a) noexcept { return detail::extend<std::uint8_t, detail::Half::low>(a); }
constexpr V128 i16x8_extend_high_i8x16_s(V128 a) noexcept { return detail::extend<std::int8_t, detail::Half::high>(a); }
constexpr V128 i16x8_extend_high_i8x16_u(V128 a) noexcept {
  return detail::extend<std::uint8_t, detail::Half::high>(a);
}
constexpr V128 i16x8_extmul_low_i8x16_s(V128 a, V128 b) noexcept {
  return detail::extmul<std::int8_t, detail::Half::low>(a, b);
}
constexpr V128 i16x8_extmul_low_i8x16_u(V128 a, V128 b) noexcept {
  return detail::extmul<std::uint8_t, detail::Half::low>(a, b);
}
constexpr V128 i16x8_extmul_high_i8x16_s(V128 a, V128 b) noexcept {
  return detail::extmul<std::int8_t, detail::Half::high>(a, b);
}
constexpr V128 i16x8_extmul_high_i8x16_u(V128 a, V128 b) noexcept {
  return detail::extmul<std::uint8_t, detail::Half::high>(a, b);
}
constexpr V128 i16x8_extadd_pairwise_i8x16_s(V128 a) noexcept { return detail::extadd_pairwise<std::int8_t>(a); }
constexpr V128 i16x8_extadd_pairwise_i8x16_u(V128 a) noexcept { return detail::extadd_pairwise<std::uint8_t>(a); }
constexpr V128 i16x8_q15mulr_sat_s(V128 a, V128 b) noexcept { return detail::q15mulr_sat(a, b); }
constexpr V128 i16x8_relaxed_q15mulr_s(V128 a, V128 b) noexcept { return i16x8_q15mulr_sat_s(a, b); }
constexpr V128 i16x8_relaxed_dot_i8x16_i7x16_s(V128 a, V128 b) noexcept { return detail::dot_i8x16(a, b); }
constexpr V128 i16x8_relaxed_laneselect(V128 a, V128 b, V128 mask) noexcept { return v128_bitselect(a, b, mask); }

// i32x4
constexpr V128 i32x4_splat(i32 a) noexcept { return detail::splat(a); }
constexpr i32 i32x4_extract_lane(V128 a, unsigned lane) noexcept { return detail::array<std::uint32_t>(a)[lane]; }
constexpr V128 i32x4_replace_lane(V128 a, i32 value, unsigned lane) noexcept {
  return detail::replace_lane(a, lane, value);
}
constexpr V128 i32x4_eq(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint32_t>(a) == detail::as<std::uint32_t>(b));
}
constexpr V128 i32x4_ne(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint32_t>(a) != detail::as<std::uint32_t>(b));
}
constexpr V128 i32x4_lt_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int32_t>(a) < detail::as<std::int32_t>(b));
}
constexpr V128 i32x4_lt_u(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint32_t>(a) < detail::as<std::uint32_t>(b));
}
constexpr V128 i32x4_gt_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int32_t>(a) > detail::as<std::int32_t>(b));
}
constexpr V128 i32x4_gt_u(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint32_t>(a) > detail::as<std::uint32_t>(b));
}
constexpr V128 i32x4_le_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int32_t>(a) <= detail::as<std::int32_t>(b));
}
constexpr V128 i32x4_le_u(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint32_t>(a) <= detail::as<std::uint32_t>(b));
}
constexpr V128 i32x4_ge_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int32_t>(a) >= detail::as<std::int32_t>(b));
}
constexpr V128 i32x4_ge_u(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint32_t>(a) >= detail::as<std::uint32_t>(b));
}
constexpr V128 i32x4_abs(V128 a) noexcept { return detail::abs_integer<std::int32_t>(a); }
constexpr V128 i32x4_neg(V128 a) noexcept { return detail::v128(-detail::as<std::uint32_t>(a)); }
constexpr i32 i32x4_all_true(V128 a) noexcept { return detail::all_true<std::uint32_t>(a); }
constexpr i32 i32x4_bitmask(V128 a) noexcept { return detail::bitmask<std::int32_t>(a); }
constexpr V128 i32x4_shl(V128 a, i32 count) noexcept { return detail::shl<std::uint32_t>(a, count); }
constexpr V128 i32x4_shr_s(V128 a, i32 count) noexcept { return detail::shr<std::int32_t>(a, count); }
constexpr V128 i32x4_shr_u(V128 a, i32 count) noexcept { return detail::shr<std::uint32_t>(a, count); }
constexpr V128 i32x4_add(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint32_t>(a) + detail::as<std::uint32_t>(b));
}
constexpr V128 i32x4_sub(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint32_t>(a) - detail::as<std::uint32_t>(b));
}
constexpr V128 i32x4_mul(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint32_t>(a) * detail::as<std::uint32_t>(b));
}
constexpr V128 i32x4_min_s(V128 a, V128 b) noexcept { return detail::min<std::int32_t>(a, b); }
constexpr V128 i32x4_min_u(V128 a, V128 b) noexcept { return detail::min<std::uint32_t>(a, b); }
constexpr V128 i32x4_max_s(V128 a, V128 b) noexcept { return detail::max<std::int32_t>(a, b); }
constexpr V128 i32x4_max_u(V128 a, V128 b) noexcept { return detail::max<std::uint32_t>(a, b); }
constexpr V128 i32x4_extend_low_i16x8_s(V128 a) noexcept { return detail::extend<std::int16_t, detail::Half::low>(a); }
constexpr V128 i32x4_extend_low_i16x8_u(V128 a) noexcept { return detail::extend<std::uint16_t, detail::Half::low>(a); }
constexpr V128 i32x4_extend_high_i16x8_s(V128 a) noexcept {
  return detail::extend<std::int16_t, detail::Half::high>(a);
}
constexpr V128 i32x4_extend_high_i16x8_u(V128 a) noexcept {
  return detail::extend<std::uint16_t, detail::Half::high>(a);
}
constexpr V128 i32x4_extmul_low_i16x8_s(V128 a, V128 b) noexcept {
  return detail::extmul<std::int16_t, detail::Half::low>(a, b);
}
constexpr V128 i32x4_extmul_low_i16x8_u(V128 a, V128 b) noexcept {
  return detail::extmul<std::uint16_t, detail::Half::low>(a, b);
}
constexpr V128 i32x4_extmul_high_i16x8_s(V128 a, V128 b) noexcept {
  return detail::extmul<std::int16_t, detail::Half::high>(a, b);
}
constexpr V128 i32x4_extmul_high_i16x8_u(V128 a, V128 b) noexcept {
  return detail::extmul<std::uint16_t, detail::Half::high>(a, b);
}
constexpr V128 i32x4_extadd_pairwise_i16x8_s(V128 a) noexcept { return detail::extadd_pairwise<std::int16_t>(a); }
constexpr V128 i32x4_extadd_pairwise_i16x8_u(V128 a) noexcept { return detail::extadd_pairwise<std::uint16_t>(a); }
constexpr V128 i32x4_dot_i16x8_s(V128 a, V128 b) noexcept { return detail::dot_i16x8(a, b); }
constexpr V128 i32x4_relaxed_dot_i8x16_i7x16_add_s(V128 a, V128 b, V128 c) noexcept {
  return i32x4_add(i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c);
}
constexpr V128 i32x4_relaxed_laneselect(V128 a, V128 b, V128 mask) noexcept { return v128_bitselect(a, b, mask); }

// i64x2
constexpr V128 i64x2_splat(i64 a) noexcept { return detail::splat(a); }
constexpr i64 i64x2_extract_lane(V128 a, unsigned lane) noexcept { return detail::array<std::uint64_t>(a)[lane]; }
constexpr V128 i64x2_replace_lane(V128 a, i64 value, unsigned lane) noexcept {
  return detail::replace_lane(a, lane, value);
}
constexpr V128 i64x2_eq(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint64_t>(a) == detail::as<std::uint64_t>(b));
}
constexpr V128 i64x2_ne(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint64_t>(a) != detail::as<std::uint64_t>(b));
}
constexpr V128 i64x2_lt_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int64_t>(a) < detail::as<std::int64_t>(b));
}
constexpr V128 i64x2_gt_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int64_t>(a) > detail::as<std::int64_t>(b));
}
constexpr V128 i64x2_le_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int64_t>(a) <= detail::as<std::int64_t>(b));
}
constexpr V128 i64x2_ge_s(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::int64_t>(a) >= detail::as<std::int64_t>(b));
}
constexpr V128 i64x2_abs(V128 a) noexcept { return detail::abs_integer<std::int64_t>(a); }
constexpr V128 i64x2_neg(V128 a) noexcept { return detail::v128(-detail::as<std::uint64_t>(a)); }
constexpr i32 i64x2_all_true(V128 a) noexcept { return detail::all_true<std::uint64_t>(a); }
constexpr i32 i64x2_bitmask(V128 a) noexcept { return detail::bitmask<std::int64_t>(a); }
constexpr V128 i64x2_shl(V128 a, i32 count) noexcept { return detail::shl<std::uint64_t>(a, count); }
constexpr V128 i64x2_shr_s(V128 a, i32 count) noexcept { return detail::shr<std::int64_t>(a, count); }
constexpr V128 i64x2_shr_u(V128 a, i32 count) noexcept { return detail::shr<std::uint64_t>(a, count); }
constexpr V128 i64x2_add(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint64_t>(a) + detail::as<std::uint64_t>(b));
}
constexpr V128 i64x2_sub(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint64_t>(a) - detail::as<std::uint64_t>(b));
}
constexpr V128 i64x2_mul(V128 a, V128 b) noexcept {
  return detail::v128(detail::as<std::uint64_t>(a) * detail::as<std::uint64_t>(b));
}
constexpr V128 i64x2_extend_low_i32x4_s(V128 a) noexcept { return detail::extend<std::int32_t, detail::Half::low>(a); }
constexpr V128 i64x2_extend_low_i32x4_u(V128 a) noexcept { return detail::extend<std::uint32_t, detail::Half::low>(a); }
constexpr V128 i64x2_extend_high_i32x4_s(V128 a) noexcept {
  return detail::extend<std::int32_t, detail::Half::high>(a);
}
constexpr V128 i64x2_extend_high_i32x4_u(V128 a) noexcept {
  return detail::extend<std::uint32_t, detail::Half::high>(a);
}
constexpr V128 i64x2_extmul_low_i32x4_s(V128 a, V128 b) noexcept {
  return detail::extmul<std::int32_t, detail::Half::low>(a, b);
}
constexpr V128 i64x2_extmul_low_i32x4_u(V128 a, V128 b) noexcept {
  return detail::extmul<std::uint32_t, detail::Half::low>(a, b);
}
constexpr V128 i64x2_extmul_high_i32x4_s(V128 a, V128 b) noexcept {
  return detail::extmul<std::int32_t, detail::Half::high>(a, b);
}
constexpr V128 i64x2_extmul_high_i32x4_u(V128 a, V128 b) noexcept {
  return detail::extmul<std::uint32_t, detail::Half::high>(a, b);
}
constexpr V128 i64x2_relaxed_laneselect(V128 a, V128 b, V128 mask) noexcept { return v128_bitselect(a, b, mask); }

// f32x4
constexpr V128 f32x4_splat(f32 a) noexcept { return detail::splat(std::bit_cast<detail::BitsOf<f32>>(a)); }
constexpr f32 f32x4_extract_lane(V128 a, unsigned lane) noexcept { return detail::array<f32>(a)[lane]; }
constexpr V128 f32x4_replace_lane(V128 a, f32 value, unsigned lane) noexcept {
  return detail::replace_lane(a, lane, value);
}
constexpr V128 f32x4_eq(V128 a, V128 b) noexcept { return detail::v128(detail::as<f32>(a) == detail::as<f32>(b)); }
constexpr V128 f32x4_ne(V128 a, V128 b) noexcept { return detail::v128(detail::as<f32>(a) != detail::as<f32>(b)); }
constexpr V128 f32x4_lt(V128 a, V128 b) noexcept { return detail::v128(detail::as<f32>(a) < detail::as<f32>(b)); }
constexpr V128 f32x4_gt(V128 a, V128 b) noexcept { return detail::v128(detail::as<f32>(a) > detail::as<f32>(b)); }
constexpr V128 f32x4_le(V128 a, V128 b) noexcept { return detail::v128(detail::as<f32>(a) <= detail::as<f32>(b)); }
constexpr V128 f32x4_ge(V128 a, V128 b) noexcept { return detail::v128(detail::as<f32>(a) >= detail::as<f32>(b)); }
constexpr V128 f32x4_abs(V128 a) noexcept { return detail::abs_float<f32>(a); }
constexpr V128 f32x4_neg(V128 a) noexcept { return detail::neg_float<f32>(a); }
constexpr V128 f32x4_ceil(V128 a) noexcept { return detail::round_lanes<detail::Rounding::up, f32>(a); }
constexpr V128 f32x4_floor(V128 a) noexcept { return detail::round_lanes<detail::Rounding::down, f32>(a); }
constexpr V128 f32x4_trunc(V128 a) noexcept { return detail::round_lanes<detail::Rounding::to_zero, f32>(a); }
constexpr V128 f32x4_nearest(V128 a) noexcept { return detail::round_lanes<detail::Rounding::nearest, f32>(a); }
constexpr V128 f32x4_sqrt(V128 a) noexcept { return detail::sqrt_lanes<f32>(a); }
constexpr V128 f32x4_add(V128 a, V128 b) noexcept { return detail::v128(detail::as<f32>(a) + detail::as<f32>(b)); }
constexpr V128 f32x4_sub(V128 a, V128 b) noexcept { return detail::v128(detail::as<f32>(a) - detail::as<f32>(b)); }
constexpr V128 f32x4_mul(V128 a, V128 b) noexcept { return detail::v128(detail::as<f32>(a) * detail::as<f32>(b)); }
constexpr V128 f32x4_div(V128 a, V128 b) noexcept { return detail::v128(detail::as<f32>(a) / detail::as<f32>(b)); }
constexpr V128 f32x4_min(V128 a, V128 b) noexcept { return detail::min_float<f32>(a, b); }
constexpr V128 f32x4_relaxed_min(V128 a, V128 b) noexcept { return f32x4_min(a, b); }
constexpr V128 f32x4_max(V128 a, V128 b) noexcept { return detail::max_float<f32>(a, b); }
constexpr V128 f32x4_relaxed_max(V128 a, V128 b) noexcept { return f32x4_max(a, b); }
constexpr V128 f32x4_pmin(V128 a, V128 b) noexcept { return detail::pmin<f32>(a, b); }
constexpr V128 f32x4_pmax(V128 a, V128 b) noexcept { return detail::pmax<f32>(a, b); }
constexpr V128 f32x4_relaxed_madd(V128 a, V128 b, V128 c) noexcept { return f32x4_add(f32x4_mul(a, b), c); }
constexpr V128 f32x4_relaxed_nmadd(V128 a, V128 b, V128 c) noexcept { return f32x4_add(f32x4_mul(f32x4_neg(a), b), c); }

// f64x2
constexpr V128 f64x2_splat(f64 a) noexcept { return detail::splat(std::bit_cast<detail::BitsOf<f64>>(a)); }
constexpr f64 f64x2_extract_lane(V128 a, unsigned lane) noexcept { return detail::array<f64>(a)[lane]; }
constexpr V128 f64x2_replace_lane(V128 a, f64 value, unsigned lane) noexcept {
  return detail::replace_lane(a, lane, value);
}
constexpr V128 f64x2_eq(V128 a, V128 b) noexcept { return detail::v128(detail::as<f64>(a) == detail::as<f64>(b)); }
constexpr V128 f64x2_ne(V128 a, V128 b) noexcept { return detail::v128(detail::as<f64>(a) != detail::as<f64>(b)); }
constexpr V128 f64x2_lt(V128 a, V128 b) noexcept { return detail::v128(detail::as<f64>(a) < detail::as<f64>(b)); }
constexpr V128 f64x2_gt(V128 a, V128 b) noexcept { return detail::v128(detail::as<f64>(a) > detail::as<f64>(b)); }
constexpr V128 f64x2_le(V128 a, V128 b) noexcept { return detail::v128(detail::as<f64>(a) <= detail::as<f64>(b)); }
constexpr V128 f64x2_ge(V128 a, V128 b) noexcept { return detail::v128(detail::as<f64>(a) >= detail::as<f64>(b)); }
constexpr V128 f64x2_abs(V128 a) noexcept { return detail::abs_float<f64>(a); }
constexpr V128 f64x2_neg(V128 a) noexcept { return detail::neg_float<f64>(a); }
constexpr V128 f64x2_ceil(V128 a) noexcept { return detail::round_lanes<detail::Rounding::up, f64>(a); }
constexpr V128 f64x2_floor(V128 a) noexcept { return detail::round_lanes<detail::Rounding::down, f64>(a); }
constexpr V128 f64x2_trunc(V128 a) noexcept { return detail::round_lanes<detail::Rounding::to_zero, f64>(a); }
constexpr V128 f64x2_nearest(V128 a) noexcept { return detail::round_lanes<detail::Rounding::nearest, f64>(a); }
constexpr V128 f64x2_sqrt(V128 a) noexcept { return detail::sqrt_lanes<f64>(a); }
constexpr V128 f64x2_add(V128 a, V128 b) noexcept { return detail::v128(detail::as<f64>(a) + detail::as<f64>(b)); }
constexpr V128 f64x2_sub(V128 a, V128 b) noexcept { return detail::v128(detail::as<f64>(a) - detail::as<f64>(b)); }
constexpr V128 f64x2_mul(V128 a, V128 b) noexcept { return detail::v128(detail::as<f64>(a) * detail::as<f64>(b)); }
constexpr V128 f64x2_div(V128 a, V128 b) noexcept { return detail::v128(detail::as<f64>(a) / detail::as<f64>(b)); }
constexpr V128 f64x2_min(V128 a, V128 b) noexcept { return detail::min_float<f64>(a, b); }
constexpr V128 f64x2_relaxed_min(V128 a, V128 b) noexcept { return f64x2_min(a, b); }
constexpr V128 f64x2_max(V128 a, V128 b) noexcept { return detail::max_float<f64>(a, b); }
constexpr V128 f64x2_relaxed_max(V128 a, V128 b) noexcept { return f64x2_max(a, b); }
constexpr V128 f64x2_pmin(V128 a, V128 b) noexcept { return detail::pmin<f64>(a, b); }
constexpr V128 f64x2_pmax(V128 a, V128 b) noexcept { return detail::pmax<f64>(a, b); }
constexpr V128 f64x2_relaxed_madd(V128 a, V128 b, V128 c) noexcept { return f64x2_add(f64x2_mul(a, b), c); }
constexpr V128 f64x2_relaxed_nmadd(V128 a, V128 b, V128 c) noexcept { return f64x2_add(f64x2_mul(f64x2_neg(a), b), c); }

// Conversions
constexpr V128 i32x4_trunc_sat_f32x4_s(V128 a) noexcept { return detail::trunc_sat_f32x4_s(a); }
constexpr V128 i32x4_trunc_sat_f32x4_u(V128 a) noexcept { return detail::trunc_sat_f32x4_u(a); }
constexpr V128 i32x4_trunc_sat_f64x2_s_zero(V128 a) noexcept { return detail::trunc_sat_f64x2_zero<s32>(a); }
constexpr V128 i32x4_trunc_sat_f64x2_u_zero(V128 a) noexcept { return detail::trunc_sat_f64x2_zero<i32>(a); }
constexpr V128 i32x4_relaxed_trunc_f32x4_s(V128 a) noexcept { return i32x4_trunc_sat_f32x4_s(a); }
constexpr V128 i32x4_relaxed_trunc_f64x2_s_zero(V128 a) noexcept { return i32x4_trunc_sat_f64x2_s_zero(a); }
constexpr V128 i32x4_relaxed_trunc_f32x4_u(V128 a) noexcept { return i32x4_trunc_sat_f32x4_u(a); }
constexpr V128 i32x4_relaxed_trunc_f64x2_u_zero(V128 a) noexcept { return i32x4_trunc_sat_f64x2_u_zero(a); }
constexpr V128 f32x4_convert_i32x4_s(V128 a) noexcept {
  return detail::v128(__builtin_convertvector(detail::as<s32>(a), detail::Lanes<f32>));
}
constexpr V128 f64x2_convert_low_i32x4_s(V128 a) noexcept {
  return detail::v128(__builtin_convertvector((detail::half_of<s32, detail::Half::low>(a)), detail::Lanes<f64>));
}
constexpr V128 f32x4_convert_i32x4_u(V128 a) noexcept {
  return detail::v128(__builtin_convertvector(detail::as<i32>(a), detail::Lanes<f32>));
}
constexpr V128 f64x2_convert_low_i32x4_u(V128 a) noexcept {
  return detail::v128(__builtin_convertvector((detail::half_of<i32, detail::Half::low>(a)), detail::Lanes<f64>));
}
constexpr V128 f32x4_demote_f64x2_zero(V128 a) noexcept {
  const auto lanes = detail::array<f64>(a);
  return std::bit_cast<V128>(std::array<f32, 4>{f32_demote_f64(lanes[0]), f32_demote_f64(lanes[1]), 0, 0});
}
constexpr V128 f64x2_promote_low_f32x4(V128 a) noexcept {
  return detail::v128(__builtin_convertvector((detail::half_of<f32, detail::Half::low>(a)), detail::Lanes<f64>));
}

}  // namespace tenon::semantics
