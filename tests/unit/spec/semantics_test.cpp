#include "spec/semantics.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "unit/spec/semantics_table.hpp"

namespace tenon::semantics {
namespace {

using test::Outcome;
using test::Slots;

bool is_ordinary(const InstructionInfo& info) {
  const bool operands_only = info.immediates == Immediates::none || info.immediates == Immediates::lane ||
                             info.immediates == Immediates::lanes16;
  return operands_only && info.signature != "*" && info.feature != Feature::gc;
}

bool accesses_memory(const InstructionInfo& info) { return info.width != 0 && !info.mnemonic.starts_with("memory."); }

TEST(Semantics, EveryOrdinaryInstructionHasOneFunction) {
  for (std::size_t i = 0; i < op_count; ++i) {
    const InstructionInfo& row = instruction_infos[i];
    EXPECT_EQ(test::table[i].is_present, is_ordinary(row) || accesses_memory(row)) << row.mnemonic;
  }
}

// The paths for constant expressions and for the machine are partly different code.
TEST(Semantics, TheCompilerAndTheMachineAgree) {
  for (std::size_t i = 0; i < op_count; ++i) {
    const test::Entry& entry = test::table[i];
    volatile std::size_t opaque = 0;  // keeps the optimizer from computing the call as well
    Slots arguments = entry.arguments;
    arguments[7] += opaque;
    EXPECT_EQ(entry.call(arguments), entry.compiled) << instruction_infos[i].mnemonic;
  }
}

// Tables. Operands and results are bits; F and D spell floats.
constexpr std::uint64_t F(float value) { return std::bit_cast<std::uint32_t>(value); }
constexpr std::uint64_t D(double value) { return std::bit_cast<std::uint64_t>(value); }

struct Case {
  std::string_view mnemonic;
  std::vector<std::uint64_t> operands;
  std::uint64_t result = 0;
  Trap trap = Trap::none;
};

void expect_all(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    Slots slots{};
    std::copy(c.operands.begin(), c.operands.end(), slots.begin());
    const Op op = test::op_named(c.mnemonic);
    ASSERT_NE(op, Op::invalid) << c.mnemonic;
    const Outcome outcome = test::entry(op).call(slots);
    std::string operands;
    for (const std::uint64_t operand : c.operands) operands += " " + std::to_string(operand);
    EXPECT_EQ(outcome.trap, c.trap) << c.mnemonic << operands;
    EXPECT_EQ(outcome.results[0], c.result) << c.mnemonic << operands << std::hex << " gave 0x" << outcome.results[0];
  }
}

constexpr std::uint64_t min32 = 0x8000'0000;
constexpr std::uint64_t max32 = 0x7FFF'FFFF;
constexpr std::uint64_t all32 = 0xFFFF'FFFF;
constexpr std::uint64_t min64 = 0x8000'0000'0000'0000;
constexpr std::uint64_t max64 = 0x7FFF'FFFF'FFFF'FFFF;
constexpr std::uint64_t all64 = 0xFFFF'FFFF'FFFF'FFFF;
constexpr auto by_zero = Trap::integer_divide_by_zero;
constexpr auto overflow = Trap::integer_overflow;
constexpr auto invalid = Trap::invalid_conversion_to_integer;

TEST(IntegerSemantics, ArithmeticWraps) {
  expect_all({{"i32.add", {all32, 1}, 0},
              {"i32.sub", {0, 1}, all32},
              {"i32.mul", {0x1234'5678, 0x8765'4321}, 0x70B8'8D78},
              {"i64.add", {max64, 1}, min64},
              {"i64.sub", {min64, 1}, max64},
              {"i64.mul", {all64, all64}, 1}});
}

TEST(IntegerSemantics, DivisionTrapsAndTruncates) {
  expect_all({{"i32.div_s", {7, 0}, 0, by_zero},
              {"i32.div_u", {7, 0}, 0, by_zero},
              {"i32.rem_s", {7, 0}, 0, by_zero},
              {"i32.rem_u", {0, 0}, 0, by_zero},
              {"i64.div_s", {7, 0}, 0, by_zero},
              {"i64.div_u", {7, 0}, 0, by_zero},
              {"i64.rem_s", {7, 0}, 0, by_zero},
              {"i64.rem_u", {7, 0}, 0, by_zero},
              {"i32.div_s", {min32, all32}, 0, overflow},
              {"i64.div_s", {min64, all64}, 0, overflow},
              {"i32.rem_s", {min32, all32}, 0},
              {"i64.rem_s", {min64, all64}, 0},
              {"i32.div_s", {static_cast<i32>(-7), 2}, static_cast<i32>(-3)},
              {"i32.rem_s", {static_cast<i32>(-7), 2}, all32},
              {"i32.rem_s", {7, static_cast<i32>(-2)}, 1},
              {"i32.div_u", {min32, all32}, 0},
              {"i32.rem_u", {min32, all32}, min32},
              {"i64.div_u", {all64, 2}, max64},
              {"i64.div_s", {all64, 2}, 0}});
}

TEST(IntegerSemantics, ShiftCountsAreTakenModuloTheWidth) {
  expect_all({{"i32.shl", {1, 32}, 1},
              {"i32.shl", {1, 33}, 2},
              {"i32.shr_s", {min32, 31}, all32},
              {"i32.shr_u", {min32, 63}, 1},
              {"i32.rotl", {0xABCD'9876, 1}, 0x579B'30ED},
              {"i32.rotl", {1, 32}, 1},
              {"i32.rotr", {1, 1}, min32},
              {"i32.rotr", {0xB0C1'D2E3, 0xFF05}, 0x1D86'0E97},
              {"i64.shl", {1, 64}, 1},
              {"i64.shr_s", {min64, 127}, all64},
              {"i64.shr_u", {min64, 63}, 1},
              {"i64.rotl", {0xABCD'9876'0000'0000, 65}, 0x579B'30EC'0000'0001},
              {"i64.rotr", {1, 1}, min64}});
}

TEST(IntegerSemantics, BitsAreCounted) {
  expect_all({{"i32.clz", {0}, 32},
              {"i32.clz", {1}, 31},
              {"i32.clz", {min32}, 0},
              {"i32.ctz", {0}, 32},
              {"i32.ctz", {min32}, 31},
              {"i32.popcnt", {all32}, 32},
              {"i32.popcnt", {0xAAAA'5555}, 16},
              {"i64.clz", {0}, 64},
              {"i64.ctz", {0}, 64},
              {"i64.ctz", {min64}, 63},
              {"i64.popcnt", {all64}, 64}});
}

TEST(IntegerSemantics, ComparisonsKnowTheirSign) {
  expect_all({{"i32.lt_s", {all32, 0}, 1},
              {"i32.lt_u", {all32, 0}, 0},
              {"i64.ge_s", {min64, max64}, 0},
              {"i64.ge_u", {min64, max64}, 1},
              {"i32.eqz", {0}, 1},
              {"i64.eqz", {min64}, 0}});
}

TEST(IntegerSemantics, SignsAreExtendedFromTheNamedWidth) {
  expect_all({{"i32.extend8_s", {0x180}, 0xFFFF'FF80},
              {"i32.extend16_s", {0x1'8000}, 0xFFFF'8000},
              {"i64.extend8_s", {0x7F}, 0x7F},
              {"i64.extend16_s", {0x8000}, 0xFFFF'FFFF'FFFF'8000},
              {"i64.extend32_s", {min32}, 0xFFFF'FFFF'8000'0000},
              {"i64.extend_i32_s", {min32}, 0xFFFF'FFFF'8000'0000},
              {"i64.extend_i32_u", {min32}, min32},
              {"i32.wrap_i64", {0x1'0000'0002}, 2}});
}

TEST(IntegerSemantics, WideArithmeticCarries) {
  EXPECT_EQ(i64_add128(all64, 1, 1, 0), (Wide{0, 2}));
  EXPECT_EQ(i64_sub128(0, 0, 1, 0), (Wide{all64, all64}));
  EXPECT_EQ(i64_mul_wide_u(all64, all64), (Wide{1, all64 - 1}));
  EXPECT_EQ(i64_mul_wide_s(all64, all64), (Wide{1, 0}));
  EXPECT_EQ(i64_mul_wide_s(min64, 2), (Wide{0, all64}));
}

constexpr std::uint64_t nan32 = 0x7FC0'0000;
constexpr std::uint64_t signalling32 = 0x7FA0'0001;
constexpr std::uint64_t nan64 = 0x7FF8'0000'0000'0000;
constexpr float infinity = std::numeric_limits<float>::infinity();

TEST(FloatSemantics, SignOperatorsKeepEveryOtherBit) {
  expect_all({{"f32.abs", {0xFFA0'0001}, signalling32},
              {"f32.neg", {signalling32}, 0xFFA0'0001},
              {"f32.copysign", {signalling32, F(-1)}, 0xFFA0'0001},
              {"f32.copysign", {F(-2), signalling32}, F(2)},
              {"f64.abs", {0xFFF0'0000'0000'0001}, 0x7FF0'0000'0000'0001},
              {"f64.neg", {D(0)}, D(-0.0)},
              {"f64.copysign", {D(3), D(-0.0)}, D(-3)},
              {"f32.reinterpret_i32", {signalling32}, signalling32},
              {"i64.reinterpret_f64", {0x7FF0'0000'0000'0001}, 0x7FF0'0000'0000'0001}});
}

TEST(FloatSemantics, RoundingKeepsTheSignOfZeroAndBreaksTiesToEven) {
  expect_all({{"f32.nearest", {F(0.5F)}, F(0)},
              {"f32.nearest", {F(-0.5F)}, F(-0.0F)},
              {"f32.nearest", {F(1.5F)}, F(2)},
              {"f32.nearest", {F(2.5F)}, F(2)},
              {"f32.nearest", {F(-4.7F)}, F(-5)},
              {"f32.nearest", {F(0x1.fffffep-2F)}, F(0)},
              {"f32.nearest", {F(8388607.5F)}, F(8388608)},
              {"f32.nearest", {F(8388609)}, F(8388609)},
              {"f32.ceil", {F(-0.7F)}, F(-0.0F)},
              {"f32.ceil", {F(0x1p-149F)}, F(1)},
              {"f32.floor", {F(0.7F)}, F(0)},
              {"f32.floor", {F(-0x1p-149F)}, F(-1)},
              {"f32.floor", {F(-0.0F)}, F(-0.0F)},
              {"f32.trunc", {F(-1.9F)}, F(-1)},
              {"f32.trunc", {F(-0.9F)}, F(-0.0F)},
              {"f32.trunc", {F(-infinity)}, F(-infinity)},
              {"f64.nearest", {D(4503599627370495.5)}, D(4503599627370496)},
              {"f64.nearest", {D(4503599627370494.5)}, D(4503599627370494)},
              {"f64.floor", {D(4503599627370495.5)}, D(4503599627370495)},
              {"f64.ceil", {D(-4503599627370495.5)}, D(-4503599627370495)},
              {"f64.trunc", {D(0.99999999999999989)}, D(0)}});
}

// Against the host's library, for magnitudes around every exponent.
TEST(FloatSemantics, RoundingAgreesWithTheHostsLibrary) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const auto exponent = static_cast<int>(random() % 120) - 30;
    const double value = std::ldexp(static_cast<double>(static_cast<s64>(random())), exponent - 63);
    EXPECT_EQ(D(f64_floor(value)), D(std::floor(value))) << value;
    EXPECT_EQ(D(f64_ceil(value)), D(std::ceil(value))) << value;
    EXPECT_EQ(D(f64_trunc(value)), D(std::trunc(value))) << value;
    EXPECT_EQ(D(f64_nearest(value)), D(std::nearbyint(value))) << value;
    const auto single = static_cast<float>(value);
    EXPECT_EQ(F(f32_floor(single)), F(std::floor(single))) << single;
    EXPECT_EQ(F(f32_ceil(single)), F(std::ceil(single))) << single;
    EXPECT_EQ(F(f32_trunc(single)), F(std::trunc(single))) << single;
    EXPECT_EQ(F(f32_nearest(single)), F(std::nearbyint(single))) << single;
    if (HasFailure()) return;
  }
}

TEST(FloatSemantics, TheCompilersSquareRootAgreesWithTheMachines) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20'000; ++i) {
    const double value = std::bit_cast<double>(random() & max64);
    if (value != value) continue;
    EXPECT_EQ(D(detail::sqrt_at_compile_time(value)), D(f64_sqrt(value))) << value;
    const auto single = std::bit_cast<float>(static_cast<i32>(random()) & 0x7FFF'FFFF);
    if (single == single) EXPECT_EQ(F(detail::sqrt_at_compile_time(single)), F(f32_sqrt(single))) << single;
  }
  EXPECT_EQ(D(detail::sqrt_at_compile_time(-0.0)), D(-0.0));
}

TEST(FloatSemantics, MinimumAndMaximumOrderZeroes) {
  expect_all({{"f32.min", {F(0), F(-0.0F)}, F(-0.0F)},
              {"f32.min", {F(-0.0F), F(0)}, F(-0.0F)},
              {"f32.max", {F(0), F(-0.0F)}, F(0)},
              {"f32.max", {F(-0.0F), F(0)}, F(0)},
              {"f32.max", {F(-0.0F), F(-0.0F)}, F(-0.0F)},
              {"f32.min", {F(1), F(-infinity)}, F(-infinity)},
              {"f64.max", {D(-1), D(2)}, D(2)},
              {"f64.min", {D(-1), D(2)}, D(-1)}});
}

// Every float operator that the standard lets produce NaN: canonical from canonical operands, quiet from others.
TEST(FloatSemantics, NaNsAreCanonicalOrQuiet) {
  for (std::size_t i = 0; i < op_count; ++i) {
    const InstructionInfo& row = instruction_infos[i];
    const std::string_view name = row.mnemonic.substr(std::min<std::size_t>(4, row.mnemonic.size()));
    const bool unary =
        row.signature == "f:f" || row.signature == "d:d" || row.signature == "f:d" || row.signature == "d:f";
    const bool binary = row.signature == "ff:f" || row.signature == "dd:d";
    if (!is_ordinary(row) || (!unary && !binary) || name == "abs" || name == "neg" || name == "copysign") continue;
    const bool from_single = row.signature[0] == 'f';
    const bool to_single = row.signature.back() == 'f';
    const std::uint64_t one = from_single ? F(1) : D(1);
    const std::uint64_t canonical_result = to_single ? nan32 : nan64;
    const std::uint64_t sign = to_single ? min32 : min64;
    for (const bool canonical : {true, false}) {
      const std::uint64_t nan =
          canonical ? (from_single ? nan32 : nan64) : (from_single ? signalling32 : 0x7FF4'0000'0000'0001);
      for (const Slots& operands : {Slots{nan, one}, Slots{one, nan}, Slots{nan, nan}}) {
        if (unary && operands[0] != nan) continue;
        const std::uint64_t result = test::table[i].call(operands).results[0];
        if (canonical) {
          EXPECT_EQ(result & ~sign, canonical_result) << row.mnemonic;
        } else {
          EXPECT_EQ(result & canonical_result, canonical_result) << row.mnemonic;
        }
      }
    }
  }
}

TEST(FloatSemantics, InvalidOperationsGiveCanonicalNaN) {
  const auto positive = [](Outcome outcome) { return outcome.results[0] & max32; };
  const auto call = [](Op op, float a, float b) { return test::entry(op).call(Slots{F(a), F(b)}); };
  EXPECT_EQ(positive(call(Op::f32_div, 0, 0)), nan32);
  EXPECT_EQ(positive(call(Op::f32_sub, infinity, infinity)), nan32);
  EXPECT_EQ(positive(call(Op::f32_mul, 0, infinity)), nan32);
  EXPECT_EQ(positive(call(Op::f32_sqrt, -1, 0)), nan32);
}

TEST(ConversionSemantics, TruncationTrapsJustOutsideTheRange) {
  expect_all({{"i32.trunc_f32_s", {F(2147483520.0F)}, 2147483520},
              {"i32.trunc_f32_s", {F(2147483648.0F)}, 0, overflow},
              {"i32.trunc_f32_s", {F(-2147483648.0F)}, min32},
              {"i32.trunc_f32_s", {F(-2147483904.0F)}, 0, overflow},
              {"i32.trunc_f32_s", {nan32}, 0, invalid},
              {"i32.trunc_f32_s", {F(infinity)}, 0, overflow},
              {"i32.trunc_f32_u", {F(-0.99F)}, 0},
              {"i32.trunc_f32_u", {F(-1.0F)}, 0, overflow},
              {"i32.trunc_f32_u", {F(4294967040.0F)}, 4294967040},
              {"i32.trunc_f32_u", {F(4294967296.0F)}, 0, overflow},
              {"i32.trunc_f64_s", {D(2147483647.9)}, max32},
              {"i32.trunc_f64_s", {D(2147483648.0)}, 0, overflow},
              {"i32.trunc_f64_s", {D(-2147483648.9)}, min32},
              {"i32.trunc_f64_s", {D(-2147483649.0)}, 0, overflow},
              {"i32.trunc_f64_u", {D(4294967295.9)}, all32},
              {"i32.trunc_f64_u", {D(4294967296.0)}, 0, overflow},
              {"i32.trunc_f64_u", {D(-0.9)}, 0},
              {"i64.trunc_f32_s", {F(0x1.fffffep62F)}, 0x7FFF'FF80'0000'0000},
              {"i64.trunc_f32_s", {F(0x1p63F)}, 0, overflow},
              {"i64.trunc_f32_s", {F(-0x1p63F)}, min64},
              {"i64.trunc_f64_s", {D(-0x1.0000000000001p63)}, 0, overflow},
              {"i64.trunc_f64_u", {D(0x1.fffffffffffffp63)}, 0xFFFF'FFFF'FFFF'F800},
              {"i64.trunc_f64_u", {D(0x1p64)}, 0, overflow},
              {"i64.trunc_f64_u", {D(0x1p63)}, min64},
              {"i64.trunc_f64_u", {nan64}, 0, invalid},
              {"i64.trunc_f32_u", {F(-1)}, 0, overflow}});
}

TEST(ConversionSemantics, SaturatingTruncationStopsAtTheBounds) {
  expect_all({{"i32.trunc_sat_f32_s", {nan32}, 0},
              {"i32.trunc_sat_f32_s", {F(infinity)}, max32},
              {"i32.trunc_sat_f32_s", {F(-infinity)}, min32},
              {"i32.trunc_sat_f32_u", {F(-5)}, 0},
              {"i32.trunc_sat_f64_u", {D(1e10)}, all32},
              {"i32.trunc_sat_f64_s", {D(-2147483648.5)}, min32},
              {"i64.trunc_sat_f64_s", {D(1e30)}, max64},
              {"i64.trunc_sat_f64_u", {D(1e30)}, all64},
              {"i64.trunc_sat_f32_u", {F(-infinity)}, 0},
              {"i64.trunc_sat_f64_u", {D(1.5)}, 1}});
}

TEST(ConversionSemantics, IntegersRoundOnce) {
  expect_all({{"f32.convert_i32_s", {all32}, F(-1)},
              {"f32.convert_i32_u", {all32}, F(4294967296.0F)},
              {"f32.convert_i32_s", {16777217}, F(16777216)},
              {"f32.convert_i64_u", {0xFFFF'FF7F'FFFF'FFFF}, F(0x1.fffffep63F)},
              {"f32.convert_i64_u", {0xFFFF'FF80'0000'0000}, F(0x1p64F)},
              {"f32.convert_i64_s", {0x7FFF'FF40'0000'0001}, F(0x1.fffffep62F)},
              {"f64.convert_i64_u", {0xFFFF'FFFF'FFFF'FC00}, D(0x1p64)},
              {"f64.convert_i64_u", {0xFFFF'FFFF'FFFF'FBFF}, D(0x1.fffffffffffffp63)},
              {"f64.convert_i64_s", {all64}, D(-1)},
              {"f64.convert_i32_u", {all32}, D(4294967295)},
              {"f32.demote_f64", {D(0x1.fffffefffffffp127)}, F(0x1.fffffep127F)},
              {"f32.demote_f64", {D(0x1.ffffffp127)}, F(infinity)},
              {"f32.demote_f64", {D(0x1p-150)}, F(0)},
              {"f64.promote_f32", {F(0x1p-149F)}, D(0x1p-149)}});
}

}  // namespace
}  // namespace tenon::semantics
