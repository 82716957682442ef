// The table of vector_code.hpp.
#include "jit/baseline/aarch64/vector_code.hpp"
#include "jit/baseline/aarch64/vector_instructions.hpp"
#include "jit/baseline/row_index.hpp"

namespace tenon::jit::baseline::aarch64 {

namespace {

using Code = VectorCode;
using Row = VectorCode::Row;

// Instructions by the manual's numbers: of lanes of whole numbers with a `size`, of floats with a bit of it.
constexpr std::uint32_t add(unsigned size) noexcept { return same(0, size, 0x10); }
constexpr std::uint32_t sub(unsigned size) noexcept { return same(1, size, 0x10); }
constexpr std::uint32_t mul(unsigned size) noexcept { return same(0, size, 0x13); }
constexpr std::uint32_t equal(unsigned size) noexcept { return same(1, size, 0x11); }
constexpr std::uint32_t greater(unsigned u, unsigned size) noexcept { return same(u, size, 0x06); }
constexpr std::uint32_t greater_equal(unsigned u, unsigned size) noexcept { return same(u, size, 0x07); }
constexpr std::uint32_t max(unsigned u, unsigned size) noexcept { return same(u, size, 0x0C); }
constexpr std::uint32_t min(unsigned u, unsigned size) noexcept { return same(u, size, 0x0D); }
constexpr std::uint32_t add_sat(unsigned u, unsigned size) noexcept { return same(u, size, 0x01); }
constexpr std::uint32_t sub_sat(unsigned u, unsigned size) noexcept { return same(u, size, 0x05); }
constexpr std::uint32_t average(unsigned size) noexcept { return same(1, size, 0x02); }
constexpr std::uint32_t abs(unsigned size) noexcept { return two(0, size, 0x0B); }
constexpr std::uint32_t negate(unsigned size) noexcept { return two(1, size, 0x0B); }
constexpr std::uint32_t add_pairs(unsigned u, unsigned size) noexcept { return two(u, size, 0x02); }
constexpr std::uint32_t product(unsigned u, unsigned size) noexcept { return widening(u, size, 0x0C); }
constexpr std::uint32_t narrow_s(unsigned size) noexcept { return two_widths(0, size, 0x14); }
constexpr std::uint32_t narrow_u(unsigned size) noexcept { return two_widths(1, size, 0x14); }
constexpr std::uint32_t narrow_s_to_u(unsigned size) noexcept { return two_widths(1, size, 0x12); }

// Of floats: `wide` for f64.
constexpr std::uint32_t fadd(unsigned wide) noexcept { return same(0, wide, 0x1A); }
constexpr std::uint32_t fsub(unsigned wide) noexcept { return same(0, wide + 2, 0x1A); }
constexpr std::uint32_t fmul(unsigned wide) noexcept { return same(1, wide, 0x1B); }
constexpr std::uint32_t fdiv(unsigned wide) noexcept { return same(1, wide, 0x1F); }
constexpr std::uint32_t fmax(unsigned wide) noexcept { return same(0, wide, 0x1E); }
constexpr std::uint32_t fmin(unsigned wide) noexcept { return same(0, wide + 2, 0x1E); }
constexpr std::uint32_t fequal(unsigned wide) noexcept { return same(0, wide, 0x1C); }
constexpr std::uint32_t fgreater_equal(unsigned wide) noexcept { return same(1, wide, 0x1C); }
constexpr std::uint32_t fgreater(unsigned wide) noexcept { return same(1, wide + 2, 0x1C); }
constexpr std::uint32_t fabs(unsigned wide) noexcept { return two(0, wide + 2, 0x0F); }
constexpr std::uint32_t fneg(unsigned wide) noexcept { return two(1, wide + 2, 0x0F); }
constexpr std::uint32_t fsqrt(unsigned wide) noexcept { return two(1, wide + 2, 0x1F); }
constexpr std::uint32_t nearest(unsigned wide) noexcept { return two(0, wide, 0x18); }
constexpr std::uint32_t floor(unsigned wide) noexcept { return two(0, wide, 0x19); }
constexpr std::uint32_t ceil(unsigned wide) noexcept { return two(0, wide + 2, 0x18); }
constexpr std::uint32_t trunc(unsigned wide) noexcept { return two(0, wide + 2, 0x19); }
constexpr std::uint32_t to_integer(unsigned u, unsigned wide) noexcept { return two(u, wide + 2, 0x1B); }
constexpr std::uint32_t from_integer(unsigned u, unsigned wide) noexcept { return two(u, wide, 0x1D); }
constexpr std::uint32_t to_f32 = two_widths(0, 1, 0x16);
constexpr std::uint32_t to_f64 = two_widths(0, 1, 0x17);

constexpr std::uint32_t count_ones = two(0, 0, 0x05);
constexpr std::uint32_t doubled_high_product = same(1, 1, 0x16);  // rounded and saturated

// What is not said is nothing.
constexpr Row row(Op op, VectorCode::Sequence sequence, std::uint32_t code = 0, std::uint32_t then = 0) noexcept {
  return {.sequence = sequence, .op = op, .code = code, .then = then};
}

constexpr Row rows[] = {
    row(Op::v128_not, &Code::unary, all_not),
    row(Op::v128_and, &Code::binary, all_and),
    row(Op::v128_andnot, &Code::binary, same(0, 1, 0x03)),
    row(Op::v128_or, &Code::binary, same(0, 2, 0x03)),
    row(Op::v128_xor, &Code::binary, same(1, 0, 0x03)),
    row(Op::v128_bitselect, &Code::bitselect),
    row(Op::i8x16_relaxed_laneselect, &Code::bitselect),
    row(Op::i16x8_relaxed_laneselect, &Code::bitselect),
    row(Op::i32x4_relaxed_laneselect, &Code::bitselect),
    row(Op::i64x2_relaxed_laneselect, &Code::bitselect),
    row(Op::i8x16_swizzle, &Code::binary, table_of_one),
    row(Op::i8x16_relaxed_swizzle, &Code::binary, table_of_one),

    row(Op::i8x16_eq, &Code::binary, equal(0)),
    row(Op::i8x16_ne, &Code::not_binary, equal(0)),
    row(Op::i8x16_lt_s, &Code::swapped, greater(0, 0)),
    row(Op::i8x16_lt_u, &Code::swapped, greater(1, 0)),
    row(Op::i8x16_gt_s, &Code::binary, greater(0, 0)),
    row(Op::i8x16_gt_u, &Code::binary, greater(1, 0)),
    row(Op::i8x16_le_s, &Code::swapped, greater_equal(0, 0)),
    row(Op::i8x16_le_u, &Code::swapped, greater_equal(1, 0)),
    row(Op::i8x16_ge_s, &Code::binary, greater_equal(0, 0)),
    row(Op::i8x16_ge_u, &Code::binary, greater_equal(1, 0)),
    row(Op::i16x8_eq, &Code::binary, equal(1)),
    row(Op::i16x8_ne, &Code::not_binary, equal(1)),
    row(Op::i16x8_lt_s, &Code::swapped, greater(0, 1)),
    row(Op::i16x8_lt_u, &Code::swapped, greater(1, 1)),
    row(Op::i16x8_gt_s, &Code::binary, greater(0, 1)),
    row(Op::i16x8_gt_u, &Code::binary, greater(1, 1)),
    row(Op::i16x8_le_s, &Code::swapped, greater_equal(0, 1)),
    row(Op::i16x8_le_u, &Code::swapped, greater_equal(1, 1)),
    row(Op::i16x8_ge_s, &Code::binary, greater_equal(0, 1)),
    row(Op::i16x8_ge_u, &Code::binary, greater_equal(1, 1)),
    row(Op::i32x4_eq, &Code::binary, equal(2)),
    row(Op::i32x4_ne, &Code::not_binary, equal(2)),
    row(Op::i32x4_lt_s, &Code::swapped, greater(0, 2)),
    row(Op::i32x4_lt_u, &Code::swapped, greater(1, 2)),
    row(Op::i32x4_gt_s, &Code::binary, greater(0, 2)),
    row(Op::i32x4_gt_u, &Code::binary, greater(1, 2)),
    row(Op::i32x4_le_s, &Code::swapped, greater_equal(0, 2)),
    row(Op::i32x4_le_u, &Code::swapped, greater_equal(1, 2)),
    row(Op::i32x4_ge_s, &Code::binary, greater_equal(0, 2)),
    row(Op::i32x4_ge_u, &Code::binary, greater_equal(1, 2)),
    row(Op::i64x2_eq, &Code::binary, equal(3)),
    row(Op::i64x2_ne, &Code::not_binary, equal(3)),
    row(Op::i64x2_lt_s, &Code::swapped, greater(0, 3)),
    row(Op::i64x2_gt_s, &Code::binary, greater(0, 3)),
    row(Op::i64x2_le_s, &Code::swapped, greater_equal(0, 3)),
    row(Op::i64x2_ge_s, &Code::binary, greater_equal(0, 3)),
    row(Op::f32x4_eq, &Code::binary, fequal(0)),
    row(Op::f32x4_ne, &Code::not_binary, fequal(0)),
    row(Op::f32x4_lt, &Code::swapped, fgreater(0)),
    row(Op::f32x4_gt, &Code::binary, fgreater(0)),
    row(Op::f32x4_le, &Code::swapped, fgreater_equal(0)),
    row(Op::f32x4_ge, &Code::binary, fgreater_equal(0)),
    row(Op::f64x2_eq, &Code::binary, fequal(1)),
    row(Op::f64x2_ne, &Code::not_binary, fequal(1)),
    row(Op::f64x2_lt, &Code::swapped, fgreater(1)),
    row(Op::f64x2_gt, &Code::binary, fgreater(1)),
    row(Op::f64x2_le, &Code::swapped, fgreater_equal(1)),
    row(Op::f64x2_ge, &Code::binary, fgreater_equal(1)),

    row(Op::i8x16_abs, &Code::unary, abs(0)),
    row(Op::i8x16_neg, &Code::unary, negate(0)),
    row(Op::i8x16_popcnt, &Code::unary, count_ones),
    row(Op::i8x16_add, &Code::binary, add(0)),
    row(Op::i8x16_add_sat_s, &Code::binary, add_sat(0, 0)),
    row(Op::i8x16_add_sat_u, &Code::binary, add_sat(1, 0)),
    row(Op::i8x16_sub, &Code::binary, sub(0)),
    row(Op::i8x16_sub_sat_s, &Code::binary, sub_sat(0, 0)),
    row(Op::i8x16_sub_sat_u, &Code::binary, sub_sat(1, 0)),
    row(Op::i8x16_min_s, &Code::binary, min(0, 0)),
    row(Op::i8x16_min_u, &Code::binary, min(1, 0)),
    row(Op::i8x16_max_s, &Code::binary, max(0, 0)),
    row(Op::i8x16_max_u, &Code::binary, max(1, 0)),
    row(Op::i8x16_avgr_u, &Code::binary, average(0)),
    row(Op::i8x16_narrow_i16x8_s, &Code::narrow, narrow_s(0)),
    row(Op::i8x16_narrow_i16x8_u, &Code::narrow, narrow_s_to_u(0)),

    row(Op::i16x8_abs, &Code::unary, abs(1)),
    row(Op::i16x8_neg, &Code::unary, negate(1)),
    row(Op::i16x8_add, &Code::binary, add(1)),
    row(Op::i16x8_add_sat_s, &Code::binary, add_sat(0, 1)),
    row(Op::i16x8_add_sat_u, &Code::binary, add_sat(1, 1)),
    row(Op::i16x8_sub, &Code::binary, sub(1)),
    row(Op::i16x8_sub_sat_s, &Code::binary, sub_sat(0, 1)),
    row(Op::i16x8_sub_sat_u, &Code::binary, sub_sat(1, 1)),
    row(Op::i16x8_mul, &Code::binary, mul(1)),
    row(Op::i16x8_min_s, &Code::binary, min(0, 1)),
    row(Op::i16x8_min_u, &Code::binary, min(1, 1)),
    row(Op::i16x8_max_s, &Code::binary, max(0, 1)),
    row(Op::i16x8_max_u, &Code::binary, max(1, 1)),
    row(Op::i16x8_avgr_u, &Code::binary, average(1)),
    row(Op::i16x8_q15mulr_sat_s, &Code::binary, doubled_high_product),
    row(Op::i16x8_relaxed_q15mulr_s, &Code::binary, doubled_high_product),
    row(Op::i16x8_relaxed_dot_i8x16_i7x16_s, &Code::dot_i8),
    row(Op::i16x8_narrow_i32x4_s, &Code::narrow, narrow_s(1)),
    row(Op::i16x8_narrow_i32x4_u, &Code::narrow, narrow_s_to_u(1)),
    row(Op::i16x8_extend_low_i8x16_s, &Code::unary, extension(0, 0)),
    row(Op::i16x8_extend_low_i8x16_u, &Code::unary, extension(1, 0)),
    row(Op::i16x8_extend_high_i8x16_s, &Code::unary, upper | extension(0, 0)),
    row(Op::i16x8_extend_high_i8x16_u, &Code::unary, upper | extension(1, 0)),
    row(Op::i16x8_extmul_low_i8x16_s, &Code::binary, product(0, 0)),
    row(Op::i16x8_extmul_low_i8x16_u, &Code::binary, product(1, 0)),
    row(Op::i16x8_extmul_high_i8x16_s, &Code::binary, upper | product(0, 0)),
    row(Op::i16x8_extmul_high_i8x16_u, &Code::binary, upper | product(1, 0)),
    row(Op::i16x8_extadd_pairwise_i8x16_s, &Code::unary, add_pairs(0, 0)),
    row(Op::i16x8_extadd_pairwise_i8x16_u, &Code::unary, add_pairs(1, 0)),

    row(Op::i32x4_abs, &Code::unary, abs(2)),
    row(Op::i32x4_neg, &Code::unary, negate(2)),
    row(Op::i32x4_add, &Code::binary, add(2)),
    row(Op::i32x4_sub, &Code::binary, sub(2)),
    row(Op::i32x4_mul, &Code::binary, mul(2)),
    row(Op::i32x4_min_s, &Code::binary, min(0, 2)),
    row(Op::i32x4_min_u, &Code::binary, min(1, 2)),
    row(Op::i32x4_max_s, &Code::binary, max(0, 2)),
    row(Op::i32x4_max_u, &Code::binary, max(1, 2)),
    row(Op::i32x4_dot_i16x8_s, &Code::dot_i16),
    row(Op::i32x4_relaxed_dot_i8x16_i7x16_add_s, &Code::dot_i8_add),
    row(Op::i32x4_extend_low_i16x8_s, &Code::unary, extension(0, 1)),
    row(Op::i32x4_extend_low_i16x8_u, &Code::unary, extension(1, 1)),
    row(Op::i32x4_extend_high_i16x8_s, &Code::unary, upper | extension(0, 1)),
    row(Op::i32x4_extend_high_i16x8_u, &Code::unary, upper | extension(1, 1)),
    row(Op::i32x4_extmul_low_i16x8_s, &Code::binary, product(0, 1)),
    row(Op::i32x4_extmul_low_i16x8_u, &Code::binary, product(1, 1)),
    row(Op::i32x4_extmul_high_i16x8_s, &Code::binary, upper | product(0, 1)),
    row(Op::i32x4_extmul_high_i16x8_u, &Code::binary, upper | product(1, 1)),
    row(Op::i32x4_extadd_pairwise_i16x8_s, &Code::unary, add_pairs(0, 1)),
    row(Op::i32x4_extadd_pairwise_i16x8_u, &Code::unary, add_pairs(1, 1)),

    row(Op::i64x2_abs, &Code::unary, abs(3)),
    row(Op::i64x2_neg, &Code::unary, negate(3)),
    row(Op::i64x2_add, &Code::binary, add(3)),
    row(Op::i64x2_sub, &Code::binary, sub(3)),
    row(Op::i64x2_mul, &Code::multiply_i64),
    row(Op::i64x2_extend_low_i32x4_s, &Code::unary, extension(0, 2)),
    row(Op::i64x2_extend_low_i32x4_u, &Code::unary, extension(1, 2)),
    row(Op::i64x2_extend_high_i32x4_s, &Code::unary, upper | extension(0, 2)),
    row(Op::i64x2_extend_high_i32x4_u, &Code::unary, upper | extension(1, 2)),
    row(Op::i64x2_extmul_low_i32x4_s, &Code::binary, product(0, 2)),
    row(Op::i64x2_extmul_low_i32x4_u, &Code::binary, product(1, 2)),
    row(Op::i64x2_extmul_high_i32x4_s, &Code::binary, upper | product(0, 2)),
    row(Op::i64x2_extmul_high_i32x4_u, &Code::binary, upper | product(1, 2)),

    row(Op::f32x4_abs, &Code::unary, fabs(0)),
    row(Op::f32x4_neg, &Code::unary, fneg(0)),
    row(Op::f32x4_ceil, &Code::unary, ceil(0)),
    row(Op::f32x4_floor, &Code::unary, floor(0)),
    row(Op::f32x4_trunc, &Code::unary, trunc(0)),
    row(Op::f32x4_nearest, &Code::unary, nearest(0)),
    row(Op::f32x4_sqrt, &Code::unary, fsqrt(0)),
    row(Op::f32x4_add, &Code::binary, fadd(0)),
    row(Op::f32x4_sub, &Code::binary, fsub(0)),
    row(Op::f32x4_mul, &Code::binary, fmul(0)),
    row(Op::f32x4_div, &Code::binary, fdiv(0)),
    row(Op::f32x4_min, &Code::binary, fmin(0)),
    row(Op::f32x4_relaxed_min, &Code::binary, fmin(0)),
    row(Op::f32x4_max, &Code::binary, fmax(0)),
    row(Op::f32x4_relaxed_max, &Code::binary, fmax(0)),
    row(Op::f32x4_pmin, &Code::select_right, fgreater(0)),
    row(Op::f32x4_pmax, &Code::select_right_swapped, fgreater(0)),
    // Both are rounded: the product, and then the sum.
    row(Op::f32x4_relaxed_madd, &Code::multiply_then, fmul(0), fadd(0)),
    row(Op::f32x4_relaxed_nmadd, &Code::multiply_then, fmul(0), fsub(0)),
    row(Op::f64x2_abs, &Code::unary, fabs(1)),
    row(Op::f64x2_neg, &Code::unary, fneg(1)),
    row(Op::f64x2_ceil, &Code::unary, ceil(1)),
    row(Op::f64x2_floor, &Code::unary, floor(1)),
    row(Op::f64x2_trunc, &Code::unary, trunc(1)),
    row(Op::f64x2_nearest, &Code::unary, nearest(1)),
    row(Op::f64x2_sqrt, &Code::unary, fsqrt(1)),
    row(Op::f64x2_add, &Code::binary, fadd(1)),
    row(Op::f64x2_sub, &Code::binary, fsub(1)),
    row(Op::f64x2_mul, &Code::binary, fmul(1)),
    row(Op::f64x2_div, &Code::binary, fdiv(1)),
    row(Op::f64x2_min, &Code::binary, fmin(1)),
    row(Op::f64x2_relaxed_min, &Code::binary, fmin(1)),
    row(Op::f64x2_max, &Code::binary, fmax(1)),
    row(Op::f64x2_relaxed_max, &Code::binary, fmax(1)),
    row(Op::f64x2_pmin, &Code::select_right, fgreater(1)),
    row(Op::f64x2_pmax, &Code::select_right_swapped, fgreater(1)),
    row(Op::f64x2_relaxed_madd, &Code::multiply_then, fmul(1), fadd(1)),
    row(Op::f64x2_relaxed_nmadd, &Code::multiply_then, fmul(1), fsub(1)),

    row(Op::i32x4_trunc_sat_f32x4_s, &Code::unary, to_integer(0, 0)),
    row(Op::i32x4_relaxed_trunc_f32x4_s, &Code::unary, to_integer(0, 0)),
    row(Op::i32x4_trunc_sat_f32x4_u, &Code::unary, to_integer(1, 0)),
    row(Op::i32x4_relaxed_trunc_f32x4_u, &Code::unary, to_integer(1, 0)),
    row(Op::i32x4_trunc_sat_f64x2_s_zero, &Code::unary_then, to_integer(0, 1), narrow_s(2)),
    row(Op::i32x4_relaxed_trunc_f64x2_s_zero, &Code::unary_then, to_integer(0, 1), narrow_s(2)),
    row(Op::i32x4_trunc_sat_f64x2_u_zero, &Code::unary_then, to_integer(1, 1), narrow_u(2)),
    row(Op::i32x4_relaxed_trunc_f64x2_u_zero, &Code::unary_then, to_integer(1, 1), narrow_u(2)),
    row(Op::f32x4_convert_i32x4_s, &Code::unary, from_integer(0, 0)),
    row(Op::f32x4_convert_i32x4_u, &Code::unary, from_integer(1, 0)),
    row(Op::f64x2_convert_low_i32x4_s, &Code::unary_then, extension(0, 2), from_integer(0, 1)),
    row(Op::f64x2_convert_low_i32x4_u, &Code::unary_then, extension(1, 2), from_integer(1, 1)),
    row(Op::f32x4_demote_f64x2_zero, &Code::unary, to_f32),
    row(Op::f64x2_promote_low_f32x4, &Code::unary, to_f64),
};

constexpr RowIndex index_of_row = index_of(rows);

}  // namespace

const VectorCode::Row* VectorCode::find(Op op) noexcept { return find_row(rows, index_of_row, op); }

}  // namespace tenon::jit::baseline::aarch64
