// The table of vector_code.hpp.
#include "jit/baseline/row_index.hpp"
#include "jit/baseline/x86_64/vector_code.hpp"

namespace tenon::jit::baseline::x86_64 {

namespace {

using Code = VectorCode;
using Row = VectorCode::Row;

// Codes behind 66 0F, 66 0F 38 and 66 0F 3A; and those of packed f32 and f64.
constexpr Vex at(std::uint8_t code) noexcept { return {.code = code}; }
constexpr Vex at38(std::uint8_t code) noexcept { return {.code = code, .map = 2}; }
constexpr Vex at3a(std::uint8_t code) noexcept { return {.code = code, .map = 3}; }
constexpr Vex f32(std::uint8_t code) noexcept { return {.code = code, .prefix = 0}; }
constexpr Vex f64(std::uint8_t code) noexcept { return {.code = code}; }
constexpr Vex after_f3(std::uint8_t code) noexcept { return {.code = code, .prefix = 2}; }

// Predicates of comparisons of floats, false of NaN but for `is_different`.
constexpr std::uint8_t is_equal = 0x00;
constexpr std::uint8_t is_different = 0x04;
constexpr std::uint8_t is_less = 0x11;
constexpr std::uint8_t is_less_equal = 0x12;
constexpr std::uint8_t is_greater = 0x1E;
constexpr std::uint8_t is_greater_equal = 0x1D;
// Ways to round, without an exception for what is not exact.
constexpr std::uint8_t to_nearest = 8;
constexpr std::uint8_t down = 9;
constexpr std::uint8_t up = 10;
constexpr std::uint8_t to_zero = 11;

// What is not said is nothing.
constexpr Row row(Op op, VectorCode::Sequence sequence, Vex code = {}, Vex then = {},
                  std::uint8_t immediate = 0) noexcept {
  return {.sequence = sequence, .op = op, .immediate = immediate, .code = code, .then = then};
}

constexpr Row rows[] = {
    row(Op::v128_not, &Code::complement),
    row(Op::v128_and, &Code::commutative, at(0xDB)),
    row(Op::v128_andnot, &Code::swapped, at(0xDF)),
    row(Op::v128_or, &Code::commutative, at(0xEB)),
    row(Op::v128_xor, &Code::commutative, at(0xEF)),
    row(Op::v128_bitselect, &Code::bitselect),
    row(Op::i8x16_relaxed_laneselect, &Code::bitselect),
    row(Op::i16x8_relaxed_laneselect, &Code::bitselect),
    row(Op::i32x4_relaxed_laneselect, &Code::bitselect),
    row(Op::i64x2_relaxed_laneselect, &Code::bitselect),
    row(Op::i8x16_swizzle, &Code::swizzle),
    row(Op::i8x16_relaxed_swizzle, &Code::swizzle),

    row(Op::i8x16_eq, &Code::commutative, at(0x74)),
    row(Op::i8x16_ne, &Code::not_binary, at(0x74)),
    row(Op::i8x16_lt_s, &Code::swapped, at(0x64)),
    row(Op::i8x16_lt_u, &Code::is_not_extreme, at(0xDE), at(0x74)),
    row(Op::i8x16_gt_s, &Code::binary, at(0x64)),
    row(Op::i8x16_gt_u, &Code::is_not_extreme, at(0xDA), at(0x74)),
    row(Op::i8x16_le_s, &Code::is_extreme, at38(0x38), at(0x74)),
    row(Op::i8x16_le_u, &Code::is_extreme, at(0xDA), at(0x74)),
    row(Op::i8x16_ge_s, &Code::is_extreme, at38(0x3C), at(0x74)),
    row(Op::i8x16_ge_u, &Code::is_extreme, at(0xDE), at(0x74)),
    row(Op::i16x8_eq, &Code::commutative, at(0x75)),
    row(Op::i16x8_ne, &Code::not_binary, at(0x75)),
    row(Op::i16x8_lt_s, &Code::swapped, at(0x65)),
    row(Op::i16x8_lt_u, &Code::is_not_extreme, at38(0x3E), at(0x75)),
    row(Op::i16x8_gt_s, &Code::binary, at(0x65)),
    row(Op::i16x8_gt_u, &Code::is_not_extreme, at38(0x3A), at(0x75)),
    row(Op::i16x8_le_s, &Code::is_extreme, at(0xEA), at(0x75)),
    row(Op::i16x8_le_u, &Code::is_extreme, at38(0x3A), at(0x75)),
    row(Op::i16x8_ge_s, &Code::is_extreme, at(0xEE), at(0x75)),
    row(Op::i16x8_ge_u, &Code::is_extreme, at38(0x3E), at(0x75)),
    row(Op::i32x4_eq, &Code::commutative, at(0x76)),
    row(Op::i32x4_ne, &Code::not_binary, at(0x76)),
    row(Op::i32x4_lt_s, &Code::swapped, at(0x66)),
    row(Op::i32x4_lt_u, &Code::is_not_extreme, at38(0x3F), at(0x76)),
    row(Op::i32x4_gt_s, &Code::binary, at(0x66)),
    row(Op::i32x4_gt_u, &Code::is_not_extreme, at38(0x3B), at(0x76)),
    row(Op::i32x4_le_s, &Code::is_extreme, at38(0x39), at(0x76)),
    row(Op::i32x4_le_u, &Code::is_extreme, at38(0x3B), at(0x76)),
    row(Op::i32x4_ge_s, &Code::is_extreme, at38(0x3D), at(0x76)),
    row(Op::i32x4_ge_u, &Code::is_extreme, at38(0x3F), at(0x76)),
    row(Op::i64x2_eq, &Code::commutative, at38(0x29)),
    row(Op::i64x2_ne, &Code::not_binary, at38(0x29)),
    row(Op::i64x2_lt_s, &Code::swapped, at38(0x37)),
    row(Op::i64x2_gt_s, &Code::binary, at38(0x37)),
    row(Op::i64x2_le_s, &Code::not_binary, at38(0x37)),
    row(Op::i64x2_ge_s, &Code::not_swapped, at38(0x37)),
    row(Op::f32x4_eq, &Code::comparison, f32(0xC2), {}, is_equal),
    row(Op::f32x4_ne, &Code::comparison, f32(0xC2), {}, is_different),
    row(Op::f32x4_lt, &Code::comparison, f32(0xC2), {}, is_less),
    row(Op::f32x4_gt, &Code::comparison, f32(0xC2), {}, is_greater),
    row(Op::f32x4_le, &Code::comparison, f32(0xC2), {}, is_less_equal),
    row(Op::f32x4_ge, &Code::comparison, f32(0xC2), {}, is_greater_equal),
    row(Op::f64x2_eq, &Code::comparison, f64(0xC2), {}, is_equal),
    row(Op::f64x2_ne, &Code::comparison, f64(0xC2), {}, is_different),
    row(Op::f64x2_lt, &Code::comparison, f64(0xC2), {}, is_less),
    row(Op::f64x2_gt, &Code::comparison, f64(0xC2), {}, is_greater),
    row(Op::f64x2_le, &Code::comparison, f64(0xC2), {}, is_less_equal),
    row(Op::f64x2_ge, &Code::comparison, f64(0xC2), {}, is_greater_equal),

    row(Op::i8x16_abs, &Code::unary, at38(0x1C)),
    row(Op::i8x16_neg, &Code::from_zero, at(0xF8)),
    row(Op::i8x16_popcnt, &Code::popcnt),
    row(Op::i8x16_add, &Code::commutative, at(0xFC)),
    row(Op::i8x16_add_sat_s, &Code::commutative, at(0xEC)),
    row(Op::i8x16_add_sat_u, &Code::commutative, at(0xDC)),
    row(Op::i8x16_sub, &Code::binary, at(0xF8)),
    row(Op::i8x16_sub_sat_s, &Code::binary, at(0xE8)),
    row(Op::i8x16_sub_sat_u, &Code::binary, at(0xD8)),
    row(Op::i8x16_min_s, &Code::commutative, at38(0x38)),
    row(Op::i8x16_min_u, &Code::commutative, at(0xDA)),
    row(Op::i8x16_max_s, &Code::commutative, at38(0x3C)),
    row(Op::i8x16_max_u, &Code::commutative, at(0xDE)),
    row(Op::i8x16_avgr_u, &Code::commutative, at(0xE0)),
    row(Op::i8x16_narrow_i16x8_s, &Code::binary, at(0x63)),
    row(Op::i8x16_narrow_i16x8_u, &Code::binary, at(0x67)),

    row(Op::i16x8_abs, &Code::unary, at38(0x1D)),
    row(Op::i16x8_neg, &Code::from_zero, at(0xF9)),
    row(Op::i16x8_add, &Code::commutative, at(0xFD)),
    row(Op::i16x8_add_sat_s, &Code::commutative, at(0xED)),
    row(Op::i16x8_add_sat_u, &Code::commutative, at(0xDD)),
    row(Op::i16x8_sub, &Code::binary, at(0xF9)),
    row(Op::i16x8_sub_sat_s, &Code::binary, at(0xE9)),
    row(Op::i16x8_sub_sat_u, &Code::binary, at(0xD9)),
    row(Op::i16x8_mul, &Code::commutative, at(0xD5)),
    row(Op::i16x8_min_s, &Code::commutative, at(0xEA)),
    row(Op::i16x8_min_u, &Code::commutative, at38(0x3A)),
    row(Op::i16x8_max_s, &Code::commutative, at(0xEE)),
    row(Op::i16x8_max_u, &Code::commutative, at38(0x3E)),
    row(Op::i16x8_avgr_u, &Code::commutative, at(0xE3)),
    row(Op::i16x8_q15mulr_sat_s, &Code::q15mulr, at38(0x0B)),
    row(Op::i16x8_relaxed_q15mulr_s, &Code::q15mulr, at38(0x0B)),
    row(Op::i16x8_relaxed_dot_i8x16_i7x16_s, &Code::dot_i8),
    row(Op::i16x8_narrow_i32x4_s, &Code::binary, at(0x6B)),
    row(Op::i16x8_narrow_i32x4_u, &Code::binary, at38(0x2B)),
    row(Op::i16x8_extend_low_i8x16_s, &Code::unary, at38(0x20)),
    row(Op::i16x8_extend_low_i8x16_u, &Code::unary, at38(0x30)),
    row(Op::i16x8_extend_high_i8x16_s, &Code::of_high, at38(0x20)),
    row(Op::i16x8_extend_high_i8x16_u, &Code::of_high, at38(0x30)),
    row(Op::i16x8_extmul_low_i8x16_s, &Code::extmul_low_i8, at38(0x20)),
    row(Op::i16x8_extmul_low_i8x16_u, &Code::extmul_low_i8, at38(0x30)),
    row(Op::i16x8_extmul_high_i8x16_s, &Code::extmul_high_i8, at38(0x20)),
    row(Op::i16x8_extmul_high_i8x16_u, &Code::extmul_high_i8, at38(0x30)),
    row(Op::i16x8_extadd_pairwise_i8x16_s, &Code::extadd_i8_s),
    row(Op::i16x8_extadd_pairwise_i8x16_u, &Code::extadd_i8_u),

    row(Op::i32x4_abs, &Code::unary, at38(0x1E)),
    row(Op::i32x4_neg, &Code::from_zero, at(0xFA)),
    row(Op::i32x4_add, &Code::commutative, at(0xFE)),
    row(Op::i32x4_sub, &Code::binary, at(0xFA)),
    row(Op::i32x4_mul, &Code::commutative, at38(0x40)),
    row(Op::i32x4_min_s, &Code::commutative, at38(0x39)),
    row(Op::i32x4_min_u, &Code::commutative, at38(0x3B)),
    row(Op::i32x4_max_s, &Code::commutative, at38(0x3D)),
    row(Op::i32x4_max_u, &Code::commutative, at38(0x3F)),
    row(Op::i32x4_dot_i16x8_s, &Code::commutative, at(0xF5)),
    row(Op::i32x4_relaxed_dot_i8x16_i7x16_add_s, &Code::dot_i8_add),
    row(Op::i32x4_extend_low_i16x8_s, &Code::unary, at38(0x23)),
    row(Op::i32x4_extend_low_i16x8_u, &Code::unary, at38(0x33)),
    row(Op::i32x4_extend_high_i16x8_s, &Code::of_high, at38(0x23)),
    row(Op::i32x4_extend_high_i16x8_u, &Code::of_high, at38(0x33)),
    // The upper halves of the products, and how both halves are put together.
    row(Op::i32x4_extmul_low_i16x8_s, &Code::extmul_i16, at(0xE5), at(0x61)),
    row(Op::i32x4_extmul_low_i16x8_u, &Code::extmul_i16, at(0xE4), at(0x61)),
    row(Op::i32x4_extmul_high_i16x8_s, &Code::extmul_i16, at(0xE5), at(0x69)),
    row(Op::i32x4_extmul_high_i16x8_u, &Code::extmul_i16, at(0xE4), at(0x69)),
    row(Op::i32x4_extadd_pairwise_i16x8_s, &Code::extadd_i16_s),
    row(Op::i32x4_extadd_pairwise_i16x8_u, &Code::extadd_i16_u),

    row(Op::i64x2_abs, &Code::abs_i64),
    row(Op::i64x2_neg, &Code::from_zero, at(0xFB)),
    row(Op::i64x2_add, &Code::commutative, at(0xD4)),
    row(Op::i64x2_sub, &Code::binary, at(0xFB)),
    row(Op::i64x2_mul, &Code::multiply_i64),
    row(Op::i64x2_extend_low_i32x4_s, &Code::unary, at38(0x25)),
    row(Op::i64x2_extend_low_i32x4_u, &Code::unary, at38(0x35)),
    row(Op::i64x2_extend_high_i32x4_s, &Code::of_high, at38(0x25)),
    row(Op::i64x2_extend_high_i32x4_u, &Code::of_high, at38(0x35)),
    // How lanes come to even places, and the product of those.
    row(Op::i64x2_extmul_low_i32x4_s, &Code::extmul_i32, at(0x62), at38(0x28)),
    row(Op::i64x2_extmul_low_i32x4_u, &Code::extmul_i32, at(0x62), at(0xF4)),
    row(Op::i64x2_extmul_high_i32x4_s, &Code::extmul_i32, at(0x6A), at38(0x28)),
    row(Op::i64x2_extmul_high_i32x4_u, &Code::extmul_i32, at(0x6A), at(0xF4)),

    row(Op::f32x4_abs, &Code::sign_bits_f32, f32(0x54), {}, 1),
    row(Op::f32x4_neg, &Code::sign_bits_f32, f32(0x57), {}, 0),
    row(Op::f32x4_ceil, &Code::unary_immediate, at3a(0x08), {}, up),
    row(Op::f32x4_floor, &Code::unary_immediate, at3a(0x08), {}, down),
    row(Op::f32x4_trunc, &Code::unary_immediate, at3a(0x08), {}, to_zero),
    row(Op::f32x4_nearest, &Code::unary_immediate, at3a(0x08), {}, to_nearest),
    row(Op::f32x4_sqrt, &Code::unary, f32(0x51)),
    row(Op::f32x4_add, &Code::binary, f32(0x58)),
    row(Op::f32x4_sub, &Code::binary, f32(0x5C)),
    row(Op::f32x4_mul, &Code::binary, f32(0x59)),
    row(Op::f32x4_div, &Code::binary, f32(0x5E)),
    row(Op::f32x4_min, &Code::min_float, f32(0x5D)),
    row(Op::f32x4_relaxed_min, &Code::min_float, f32(0x5D)),
    row(Op::f32x4_max, &Code::max_float, f32(0x5F)),
    row(Op::f32x4_relaxed_max, &Code::max_float, f32(0x5F)),
    // The machine's give the second operand where neither is less.
    row(Op::f32x4_pmin, &Code::swapped, f32(0x5D)),
    row(Op::f32x4_pmax, &Code::swapped, f32(0x5F)),
    row(Op::f32x4_relaxed_madd, &Code::multiply_add, f32(0x59), f32(0x58)),
    row(Op::f32x4_relaxed_nmadd, &Code::multiply_subtract, f32(0x59), f32(0x5C)),
    row(Op::f64x2_abs, &Code::sign_bits_f64, f64(0x54), {}, 1),
    row(Op::f64x2_neg, &Code::sign_bits_f64, f64(0x57), {}, 0),
    row(Op::f64x2_ceil, &Code::unary_immediate, at3a(0x09), {}, up),
    row(Op::f64x2_floor, &Code::unary_immediate, at3a(0x09), {}, down),
    row(Op::f64x2_trunc, &Code::unary_immediate, at3a(0x09), {}, to_zero),
    row(Op::f64x2_nearest, &Code::unary_immediate, at3a(0x09), {}, to_nearest),
    row(Op::f64x2_sqrt, &Code::unary, f64(0x51)),
    row(Op::f64x2_add, &Code::binary, f64(0x58)),
    row(Op::f64x2_sub, &Code::binary, f64(0x5C)),
    row(Op::f64x2_mul, &Code::binary, f64(0x59)),
    row(Op::f64x2_div, &Code::binary, f64(0x5E)),
    row(Op::f64x2_min, &Code::min_float, f64(0x5D)),
    row(Op::f64x2_relaxed_min, &Code::min_float, f64(0x5D)),
    row(Op::f64x2_max, &Code::max_float, f64(0x5F)),
    row(Op::f64x2_relaxed_max, &Code::max_float, f64(0x5F)),
    row(Op::f64x2_pmin, &Code::swapped, f64(0x5D)),
    row(Op::f64x2_pmax, &Code::swapped, f64(0x5F)),
    row(Op::f64x2_relaxed_madd, &Code::multiply_add, f64(0x59), f64(0x58)),
    row(Op::f64x2_relaxed_nmadd, &Code::multiply_subtract, f64(0x59), f64(0x5C)),

    row(Op::i32x4_trunc_sat_f32x4_s, &Code::trunc_f32_s),
    row(Op::i32x4_relaxed_trunc_f32x4_s, &Code::trunc_f32_s),
    row(Op::i32x4_trunc_sat_f32x4_u, &Code::trunc_f32_u),
    row(Op::i32x4_relaxed_trunc_f32x4_u, &Code::trunc_f32_u),
    row(Op::i32x4_trunc_sat_f64x2_s_zero, &Code::trunc_f64_s),
    row(Op::i32x4_relaxed_trunc_f64x2_s_zero, &Code::trunc_f64_s),
    row(Op::i32x4_trunc_sat_f64x2_u_zero, &Code::trunc_f64_u),
    row(Op::i32x4_relaxed_trunc_f64x2_u_zero, &Code::trunc_f64_u),
    row(Op::f32x4_convert_i32x4_s, &Code::unary, f32(0x5B)),
    row(Op::f32x4_convert_i32x4_u, &Code::convert_f32_u),
    row(Op::f64x2_convert_low_i32x4_s, &Code::unary, after_f3(0xE6)),
    row(Op::f64x2_convert_low_i32x4_u, &Code::convert_f64_u),
    row(Op::f32x4_demote_f64x2_zero, &Code::unary, f64(0x5A)),
    row(Op::f64x2_promote_low_f32x4, &Code::unary, f32(0x5A)),
};

constexpr RowIndex index_of_row = index_of(rows);

}  // namespace

const VectorCode::Row* VectorCode::find(Op op) noexcept { return find_row(rows, index_of_row, op); }

}  // namespace tenon::jit::baseline::x86_64
