// Operations that AArch64 has an instruction for, which a compiler does not find in what semantics.hpp and
// semantics_simd.hpp say of them. Elsewhere they are only declared, and `if constexpr` leaves them out.
#pragma once

#include <cstdint>
#include <type_traits>

#include "spec/v128.hpp"

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace tenon::semantics::detail::aarch64 {

#if defined(__aarch64__)

inline constexpr bool is_machine = true;

// A float as a vector of which nothing else is said.
inline float32x2_t alone(float a) noexcept {
  const float32x2_t lanes = {a, a};
  return __builtin_shufflevector(lanes, lanes, 0, -1);
}
inline float min(float a, float b) noexcept { return vget_lane_f32(vmin_f32(alone(a), alone(b)), 0); }
inline float max(float a, float b) noexcept { return vget_lane_f32(vmax_f32(alone(a), alone(b)), 0); }
inline double min(double a, double b) noexcept { return vget_lane_f64(vmin_f64(vdup_n_f64(a), vdup_n_f64(b)), 0); }
inline double max(double a, double b) noexcept { return vget_lane_f64(vmax_f64(vdup_n_f64(a), vdup_n_f64(b)), 0); }

// The nearest number, and zero for what is none.
template <class Int, class F>
std::make_unsigned_t<Int> trunc_sat_to(F a) noexcept {
  constexpr bool is_signed = std::is_signed_v<Int>;
  if constexpr (sizeof(Int) == 4 && sizeof(F) == 4) {
    if constexpr (is_signed) return static_cast<std::uint32_t>(vcvts_s32_f32(a));
    return vcvts_u32_f32(a);
  } else if constexpr (sizeof(Int) == 4) {
    if constexpr (is_signed) return static_cast<std::uint32_t>(vqmovnd_s64(vcvtd_s64_f64(a)));
    return vqmovnd_u64(vcvtd_u64_f64(a));
  } else {
    if constexpr (is_signed) return static_cast<std::uint64_t>(vcvtd_s64_f64(a));
    return vcvtd_u64_f64(a);
  }
}

template <class To>
To as(V128 a) noexcept {
  return __builtin_bit_cast(To, a);
}
template <class From>
V128 v128(From a) noexcept {
  return __builtin_bit_cast(V128, a);
}

inline V128 swizzle(V128 a, V128 index) noexcept { return v128(vqtbl1q_u8(as<uint8x16_t>(a), as<uint8x16_t>(index))); }
inline V128 popcnt(V128 a) noexcept { return v128(vcntq_u8(as<uint8x16_t>(a))); }
inline V128 q15mulr_sat(V128 a, V128 b) noexcept { return v128(vqrdmulhq_s16(as<int16x8_t>(a), as<int16x8_t>(b))); }
template <class F>
V128 min_float(V128 a, V128 b) noexcept {
  if constexpr (sizeof(F) == 4) return v128(vminq_f32(as<float32x4_t>(a), as<float32x4_t>(b)));
  return v128(vminq_f64(as<float64x2_t>(a), as<float64x2_t>(b)));
}
template <class F>
V128 max_float(V128 a, V128 b) noexcept {
  if constexpr (sizeof(F) == 4) return v128(vmaxq_f32(as<float32x4_t>(a), as<float32x4_t>(b)));
  return v128(vmaxq_f64(as<float64x2_t>(a), as<float64x2_t>(b)));
}
inline V128 trunc_sat_f32x4_s(V128 a) noexcept { return v128(vcvtq_s32_f32(as<float32x4_t>(a))); }
inline V128 trunc_sat_f32x4_u(V128 a) noexcept { return v128(vcvtq_u32_f32(as<float32x4_t>(a))); }
template <class Int>
V128 trunc_sat_f64x2_zero(V128 a) noexcept {
  if constexpr (std::is_signed_v<Int>) {
    return v128(vcombine_s32(vqmovn_s64(vcvtq_s64_f64(as<float64x2_t>(a))), vdup_n_s32(0)));
  } else {
    return v128(vcombine_u32(vqmovn_u64(vcvtq_u64_f64(as<float64x2_t>(a))), vdup_n_u32(0)));
  }
}

#else

inline constexpr bool is_machine = false;

float min(float a, float b) noexcept;
float max(float a, float b) noexcept;
double min(double a, double b) noexcept;
double max(double a, double b) noexcept;
template <class Int, class F>
std::make_unsigned_t<Int> trunc_sat_to(F a) noexcept;
V128 swizzle(V128 a, V128 index) noexcept;
V128 popcnt(V128 a) noexcept;
V128 q15mulr_sat(V128 a, V128 b) noexcept;
template <class F>
V128 min_float(V128 a, V128 b) noexcept;
template <class F>
V128 max_float(V128 a, V128 b) noexcept;
V128 trunc_sat_f32x4_s(V128 a) noexcept;
V128 trunc_sat_f32x4_u(V128 a) noexcept;
template <class Int>
V128 trunc_sat_f64x2_zero(V128 a) noexcept;

#endif

}  // namespace tenon::semantics::detail::aarch64
