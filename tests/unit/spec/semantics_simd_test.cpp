#include "spec/semantics_simd.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <string>

#include "unit/spec/semantics_table.hpp"

namespace tenon::semantics {
namespace {

using test::Slots;

template <class T>
V128 make(const std::array<T, 16 / sizeof(T)>& lanes) {
  return std::bit_cast<V128>(lanes);
}
template <class T>
std::array<T, 16 / sizeof(T)> lanes(V128 v) {
  return detail::array<T>(v);
}
using I8 = std::array<std::int8_t, 16>;
using U8 = std::array<std::uint8_t, 16>;
using I16 = std::array<std::int16_t, 8>;
using U16 = std::array<std::uint16_t, 8>;
using I32 = std::array<s32, 4>;
using U32 = std::array<i32, 4>;
using F32 = std::array<f32, 4>;
using F64 = std::array<f64, 2>;

struct Shape {
  std::string_view name;
  std::string scalar;  // the instructions that do the same with one lane
  unsigned width;
  unsigned scalar_width;
};

std::uint64_t lane_of(const Slots& slots, unsigned first, unsigned width, unsigned lane) {
  const unsigned bit = lane * width;
  return slots[first + bit / 64] >> (bit % 64) & (~std::uint64_t{0} >> (64 - width));
}

std::uint64_t sign_extended(std::uint64_t value, unsigned width, unsigned to) {
  const auto extended = static_cast<std::uint64_t>(static_cast<s64>(value << (64 - width)) >> (64 - width));
  return to == 64 ? extended : extended & 0xFFFF'FFFF;
}

// Values that are edges for some lane width, in every lane.
std::uint64_t interesting(std::mt19937_64& random) {
  constexpr std::uint64_t edges[] = {0,
                                     ~std::uint64_t{0},
                                     0x8080'8080'8080'8080,
                                     0x7F7F'7F7F'7F7F'7F7F,
                                     0x8000'7FFF'8000'7FFF,
                                     0x7FFF'FFFF'8000'0000,
                                     0x3F80'0000'BF80'0000,
                                     0x7FC0'0000'FF80'0000,
                                     0x8000'0000'0000'0000,
                                     0x3FF0'0000'0000'0000,
                                     0x4B00'0001'3F00'0000,
                                     0x4330'0000'0000'0001,
                                     0x41E0'0000'4F00'0000,
                                     0xBFDF'FFFF'BEFF'FFFF};
  const auto choice = random() % 4;
  if (choice == 0) return edges[random() % std::size(edges)];
  if (choice == 1) return edges[random() % std::size(edges)] ^ (std::uint64_t{1} << random() % 64);
  return random();
}

bool is_comparison(std::string_view mnemonic) {
  const std::string_view name = mnemonic.substr(6);
  if (name.size() != 2 && name.substr(2, 1) != "_") return false;
  for (const std::string_view comparison : {"eq", "ne", "lt", "gt", "le", "ge"}) {
    if (name.starts_with(comparison)) return true;
  }
  return false;
}

// Bits above infinity's in a float's lane; which NaN an operator gives depends on the order of its operands.
bool is_nan(std::uint64_t bits, unsigned width) {
  return width == 32 ? (bits & 0x7FFF'FFFF) > 0x7F80'0000 : (bits & 0x7FFF'FFFF'FFFF'FFFF) > 0x7FF0'0000'0000'0000;
}

// Every vector instruction whose lanes do what a scalar instruction of the same name does agrees with that one.
void expect_like_scalar(Op op, const Shape& shape, Op scalar_op) {
  const InstructionInfo& row = info(op);
  const bool shift = row.signature == "vi:v";
  const bool floating = shape.name[0] == 'f';
  const bool unsigned_lanes = row.mnemonic.ends_with("_u") || row.mnemonic.ends_with("popcnt");
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - shape.width);
  std::mt19937_64 random(static_cast<unsigned>(op));
  for (int round = 0; round < 300; ++round) {
    Slots slots{interesting(random), interesting(random), interesting(random), interesting(random)};
    if (shift) slots[2] = static_cast<i32>(random());
    const Slots results = test::entry(op).call(slots).results;
    for (unsigned lane = 0; lane < 128 / shape.width; ++lane) {
      const auto operand = [&](unsigned first) {
        const std::uint64_t value = lane_of(slots, first, shape.width, lane);
        return floating || unsigned_lanes ? value : sign_extended(value, shape.width, shape.scalar_width);
      };
      const std::uint64_t second = shift ? slots[2] % shape.width : operand(2);
      std::uint64_t expected = test::entry(scalar_op).call(Slots{operand(0), second}).results[0] & mask;
      if (is_comparison(row.mnemonic)) expected = expected != 0 ? mask : 0;
      const std::uint64_t found = lane_of(results, 0, shape.width, lane);
      if (floating && is_nan(found, shape.width) && is_nan(expected, shape.width)) continue;
      ASSERT_EQ(found, expected) << row.mnemonic << std::hex << " of 0x" << operand(0) << " and 0x" << second;
    }
  }
}

TEST(Simd, LanesDoWhatTheScalarInstructionOfTheSameNameDoes) {
  const Shape shapes[] = {{"i8x16", "i32.", 8, 32},  {"i16x8", "i32.", 16, 32}, {"i32x4", "i32.", 32, 32},
                          {"i64x2", "i64.", 64, 64}, {"f32x4", "f32.", 32, 32}, {"f64x2", "f64.", 64, 64}};
  int compared = 0;
  for (std::size_t i = 0; i < op_count; ++i) {
    const std::string_view mnemonic = instruction_infos[i].mnemonic;
    if (instruction_infos[i].immediates != Immediates::none) continue;
    for (const Shape& shape : shapes) {
      if (!mnemonic.starts_with(std::string(shape.name) + ".")) continue;
      const Op scalar = test::op_named(shape.scalar + std::string(mnemonic.substr(6)));
      if (scalar == Op::invalid || !test::entry(scalar).is_present) continue;
      expect_like_scalar(static_cast<Op>(i), shape, scalar);
      ++compared;
    }
  }
  EXPECT_GT(compared, 90);
}

TEST(Simd, SaturationStopsAtTheBounds) {
  EXPECT_EQ(lanes<std::int8_t>(i8x16_add_sat_s(make<std::int8_t>({127, -128, 100}), make<std::int8_t>({1, -1, -1}))),
            (I8{127, -128, 99}));
  EXPECT_EQ(lanes<std::uint8_t>(i8x16_add_sat_u(make<std::uint8_t>({255, 200}), make<std::uint8_t>({1, 55}))),
            (U8{255, 255}));
  EXPECT_EQ(lanes<std::uint8_t>(i8x16_sub_sat_u(make<std::uint8_t>({0, 200}), make<std::uint8_t>({1, 55}))),
            (U8{0, 145}));
  EXPECT_EQ(lanes<std::int16_t>(i16x8_sub_sat_s(make<std::int16_t>({-32768, 32767}), make<std::int16_t>({1, -1}))),
            (I16{-32768, 32767}));
  EXPECT_EQ(lanes<std::uint16_t>(i16x8_add_sat_u(make<std::uint16_t>({65535, 1}), make<std::uint16_t>({1, 1}))),
            (U16{65535, 2}));
}

TEST(Simd, NarrowSaturatesSignedLanes) {
  const V128 low = make<std::int16_t>({-129, -128, 127, 128, 255, 256, -1, 32767});
  const V128 high = make<std::int16_t>({-32768, 0, 1, 2, 3, 4, 5, 6});
  EXPECT_EQ(lanes<std::int8_t>(i8x16_narrow_i16x8_s(low, high)),
            (I8{-128, -128, 127, 127, 127, 127, -1, 127, -128, 0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(lanes<std::uint8_t>(i8x16_narrow_i16x8_u(low, high)),
            (U8{0, 0, 127, 128, 255, 255, 0, 255, 0, 0, 1, 2, 3, 4, 5, 6}));
  const V128 wide = make<s32>({-32769, 32768, 65535, 65536});
  EXPECT_EQ(lanes<std::int16_t>(i16x8_narrow_i32x4_s(wide, wide)),
            (I16{-32768, 32767, 32767, 32767, -32768, 32767, 32767, 32767}));
  EXPECT_EQ(lanes<std::uint16_t>(i16x8_narrow_i32x4_u(wide, wide)),
            (U16{0, 32768, 65535, 65535, 0, 32768, 65535, 65535}));
}

TEST(Simd, WideningTakesTheHalfNamed) {
  const V128 a = make<std::int8_t>({-1, 2, 3, 4, 5, 6, 7, -128, 127, -2, 0, 0, 0, 0, 0, 1});
  EXPECT_EQ(lanes<std::int16_t>(i16x8_extend_low_i8x16_s(a)), (I16{-1, 2, 3, 4, 5, 6, 7, -128}));
  EXPECT_EQ(lanes<std::int16_t>(i16x8_extend_high_i8x16_u(a)), (I16{127, 254, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(lanes<std::int16_t>(i16x8_extmul_low_i8x16_s(a, a))[7], 16384);
  EXPECT_EQ(lanes<std::uint16_t>(i16x8_extmul_low_i8x16_u(a, a))[0], 65025);
  EXPECT_EQ(lanes<std::int16_t>(i16x8_extadd_pairwise_i8x16_s(a)), (I16{1, 7, 11, -121, 125, 0, 0, 1}));
  EXPECT_EQ(lanes<std::int16_t>(i16x8_extadd_pairwise_i8x16_u(a)), (I16{257, 7, 11, 135, 381, 0, 0, 1}));
  const V128 words = make<i32>({0xFFFF'FFFF, 2, 0x8000'0000, 3});
  EXPECT_EQ(lanes<i64>(i64x2_extmul_low_i32x4_u(words, words))[0], 0xFFFF'FFFE'0000'0001U);
  EXPECT_EQ(lanes<i64>(i64x2_extmul_high_i32x4_s(words, words))[0], std::uint64_t{1} << 62);
}

TEST(Simd, DotProductsAndRoundingMultiplication) {
  const V128 lowest = i16x8_splat(0x8000);
  EXPECT_EQ(lanes<i32>(i32x4_dot_i16x8_s(lowest, lowest))[0], 0x8000'0000U);  // wraps
  EXPECT_EQ(lanes<std::int16_t>(i16x8_q15mulr_sat_s(lowest, lowest))[0], 32767);
  const V128 half = i16x8_splat(0x4000);
  EXPECT_EQ(lanes<std::int16_t>(i16x8_q15mulr_sat_s(half, make<std::int16_t>({3, -3, 1, -1})))[0], 2);
  EXPECT_EQ(lanes<std::int16_t>(i16x8_q15mulr_sat_s(half, make<std::int16_t>({3, -3, 1, -1})))[1], -1);
  EXPECT_EQ(lanes<std::uint8_t>(i8x16_avgr_u(make<std::uint8_t>({255, 0, 1}), make<std::uint8_t>({254, 0, 2}))),
            (U8{255, 0, 2}));
  EXPECT_EQ(lanes<std::uint8_t>(i8x16_popcnt(make<std::uint8_t>({255, 0, 0x80, 0x5A}))), (U8{8, 0, 1, 4}));
}

TEST(Simd, AbsoluteValueOfTheLowestWraps) {
  EXPECT_EQ(lanes<std::int8_t>(i8x16_abs(make<std::int8_t>({-128, -1, 1})))[0], -128);
  EXPECT_EQ(lanes<s64>(i64x2_abs(i64x2_splat(std::uint64_t{1} << 63)))[0], std::numeric_limits<s64>::min());
  EXPECT_EQ(lanes<s32>(i32x4_abs(make<s32>({-5, 5, 0, -1}))), (I32{5, 5, 0, 1}));
}

TEST(Simd, SwizzleGivesZeroOutsideAndShuffleJoinsBoth) {
  U8 numbers{};
  for (std::uint8_t i = 0; i < 16; ++i) numbers[i] = static_cast<std::uint8_t>(i + 100);
  const V128 a = make<std::uint8_t>(numbers);
  EXPECT_EQ(lanes<std::uint8_t>(i8x16_swizzle(a, make<std::uint8_t>({15, 16, 0, 255, 128, 127, 31, 1}))),
            (U8{115, 0, 100, 0, 0, 0, 0, 101, 100, 100, 100, 100, 100, 100, 100, 100}));
  EXPECT_EQ(lanes<std::uint8_t>(i8x16_shuffle(a, i8x16_splat(7), make<std::uint8_t>({0, 16, 15, 31}))),
            (U8{100, 7, 115, 7, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100}));
}

TEST(Simd, BooleansSummarizeLanes) {
  const V128 a = make<std::int8_t>({-1, 0, 1, -128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1});
  EXPECT_EQ(i8x16_bitmask(a), 0x8009U);
  EXPECT_EQ(i64x2_bitmask(a), 2U);
  EXPECT_EQ(i32x4_bitmask(a), 0x9U);
  EXPECT_EQ(i16x8_bitmask(a), 0x82U);
  EXPECT_EQ(i8x16_all_true(a), 0U);
  EXPECT_EQ(i64x2_all_true(a), 1U);
  EXPECT_EQ(i32x4_all_true(i32x4_splat(0x100)), 1U);
  EXPECT_EQ(v128_any_true(V128{}), 0U);
  EXPECT_EQ(v128_any_true(make<i64>({0, 1})), 1U);
}

TEST(Simd, LanesAreReplacedAndExtracted) {
  V128 a{};
  a = i8x16_replace_lane(a, 0x1FF, 15);
  EXPECT_EQ(i8x16_extract_lane_s(a, 15), 0xFFFF'FFFFU);
  EXPECT_EQ(i8x16_extract_lane_u(a, 15), 0xFFU);
  EXPECT_EQ(i16x8_extract_lane_s(a, 7), 0xFFFF'FF00U);
  EXPECT_EQ(f64x2_extract_lane(f64x2_replace_lane(a, 2.5, 0), 0), 2.5);
  EXPECT_EQ(lanes<i32>(f32x4_splat(std::bit_cast<f32>(i32{0x7FA0'0001})))[3], 0x7FA0'0001U);
}

constexpr f32 infinity = std::numeric_limits<f32>::infinity();
constexpr f32 nan = std::numeric_limits<f32>::quiet_NaN();

TEST(Simd, PseudoMinimumReturnsTheFirstOperandUnlessTheSecondIsLess) {
  const V128 zeroes = make<f32>({0.0F, -0.0F, nan, 1});
  const V128 others = make<f32>({-0.0F, 0.0F, 1, nan});
  EXPECT_EQ(f32x4_pmin(zeroes, others), zeroes);
  EXPECT_EQ(f32x4_pmax(zeroes, others), zeroes);
  EXPECT_EQ(f64x2_pmin(make<f64>({2, 1}), make<f64>({1, 2})), make<f64>({1, 1}));
  EXPECT_EQ(f64x2_pmax(make<f64>({2, 1}), make<f64>({1, 2})), make<f64>({2, 2}));
}

TEST(Simd, ConversionsSaturateAndZeroTheHighLanes) {
  EXPECT_EQ(lanes<s32>(i32x4_trunc_sat_f32x4_s(make<f32>({nan, 1e10F, -infinity, -1.9F}))),
            (I32{0, 2147483647, std::numeric_limits<s32>::min(), -1}));
  EXPECT_EQ(lanes<i32>(i32x4_trunc_sat_f32x4_u(make<f32>({nan, 4294967040.0F, 4294967296.0F, -1}))),
            (U32{0, 4294967040, 0xFFFF'FFFF, 0}));
  EXPECT_EQ(lanes<i32>(i32x4_trunc_sat_f32x4_u(make<f32>({2147483648.0F, 2147483520.0F, 0.9F, infinity}))),
            (U32{2147483648, 2147483520, 0, 0xFFFF'FFFF}));
  EXPECT_EQ(lanes<s32>(i32x4_trunc_sat_f64x2_s_zero(make<f64>({-2147483648.9, 1e300}))),
            (I32{std::numeric_limits<s32>::min(), 2147483647, 0, 0}));
  EXPECT_EQ(lanes<i32>(i32x4_trunc_sat_f64x2_u_zero(make<f64>({4294967295.9, -1}))), (U32{0xFFFF'FFFF, 0, 0, 0}));
  EXPECT_EQ(lanes<f32>(f32x4_demote_f64x2_zero(make<f64>({1.5, 1e300}))), (F32{1.5F, infinity, 0, 0}));
  EXPECT_EQ(lanes<f64>(f64x2_promote_low_f32x4(make<f32>({1.5F, -infinity, 9, 9}))),
            (F64{1.5, -std::numeric_limits<f64>::infinity()}));
  EXPECT_EQ(lanes<f64>(f64x2_convert_low_i32x4_u(i32x4_splat(0xFFFF'FFFF)))[1], 4294967295.0);
  EXPECT_EQ(lanes<f64>(f64x2_convert_low_i32x4_s(i32x4_splat(0xFFFF'FFFF)))[1], -1.0);
  EXPECT_EQ(lanes<f32>(f32x4_convert_i32x4_u(i32x4_splat(0xFFFF'FF7F)))[1], 4294967040.0F);
}

TEST(RelaxedSimd, GivesTheResultsOfTheDeterministicProfile) {
  // Unfused: the product is rounded before the addition.
  const V128 a = f64x2_splat(1 + 0x1p-52);
  const V128 minus_square = f64x2_splat(-(1 + 0x1p-51));
  EXPECT_EQ(lanes<f64>(f64x2_relaxed_madd(a, a, minus_square))[0], 0.0);
  EXPECT_EQ(lanes<f32>(f32x4_relaxed_nmadd(f32x4_splat(2), f32x4_splat(3), f32x4_splat(10)))[0], 4.0F);
  EXPECT_EQ(i8x16_relaxed_laneselect(i8x16_splat(0xF0), i8x16_splat(0x0F), i8x16_splat(0x88)), i8x16_splat(0x87));
  EXPECT_EQ(i8x16_relaxed_swizzle(i8x16_splat(9), i8x16_splat(16)), V128{});
  EXPECT_EQ(lanes<s32>(i32x4_relaxed_trunc_f32x4_s(f32x4_splat(nan)))[0], 0);
  EXPECT_EQ(lanes<std::int16_t>(i16x8_relaxed_q15mulr_s(i16x8_splat(0x8000), i16x8_splat(0x8000)))[0], 32767);
  const V128 lowest = i8x16_splat(0x80);
  EXPECT_EQ(lanes<std::int16_t>(i16x8_relaxed_dot_i8x16_i7x16_s(lowest, lowest))[0], 32767);
  EXPECT_EQ(lanes<s32>(i32x4_relaxed_dot_i8x16_i7x16_add_s(lowest, lowest, i32x4_splat(1)))[0], 65535);
}

}  // namespace
}  // namespace tenon::semantics
