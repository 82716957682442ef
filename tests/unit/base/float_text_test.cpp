#include "base/float_text.hpp"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>
#include <string>

namespace tenon {
namespace {

using Fault = NumberFault;

struct IntegerCase {
  std::string_view text;
  unsigned width;
  std::uint64_t bits;
  Fault fault = Fault::none;
};

class Integer : public testing::TestWithParam<IntegerCase> {};

TEST_P(Integer, Parses) {
  const auto& [text, width, bits, fault] = GetParam();
  const ParsedNumber number = parse_integer(text, width);
  EXPECT_EQ(number.fault, fault) << text;
  EXPECT_EQ(number.bits, bits) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Edges, Integer,
    testing::Values(IntegerCase{"0", 32, 0}, IntegerCase{"-0", 32, 0}, IntegerCase{"+0", 32, 0},
                    IntegerCase{"007", 32, 7}, IntegerCase{"1_000", 32, 1000}, IntegerCase{"0xAb_cD", 32, 0xABCD},
                    IntegerCase{"4294967295", 32, 0xFFFF'FFFF}, IntegerCase{"4294967296", 32, 0, Fault::out_of_range},
                    IntegerCase{"-2147483648", 32, 0x8000'0000}, IntegerCase{"-2147483649", 32, 0, Fault::out_of_range},
                    IntegerCase{"-1", 32, 0xFFFF'FFFF}, IntegerCase{"+2147483647", 32, 0x7FFF'FFFF},
                    IntegerCase{"+2147483648", 32, 0, Fault::out_of_range}, IntegerCase{"-0x80000000", 32, 0x8000'0000},
                    IntegerCase{"0xFFFFFFFF", 32, 0xFFFF'FFFF}, IntegerCase{"0x100000000", 32, 0, Fault::out_of_range},
                    IntegerCase{"255", 8, 255}, IntegerCase{"256", 8, 0, Fault::out_of_range},
                    IntegerCase{"-128", 8, 0x80}, IntegerCase{"-129", 8, 0, Fault::out_of_range},
                    IntegerCase{"65535", 16, 0xFFFF}, IntegerCase{"-32768", 16, 0x8000},
                    IntegerCase{"-32769", 16, 0, Fault::out_of_range},
                    IntegerCase{"18446744073709551615", 64, ~std::uint64_t{0}},
                    IntegerCase{"18446744073709551616", 64, 0, Fault::out_of_range},
                    IntegerCase{"-9223372036854775808", 64, std::uint64_t{1} << 63},
                    IntegerCase{"-9223372036854775809", 64, 0, Fault::out_of_range},
                    IntegerCase{"0x0000000000000000000000000000000001", 64, 1},
                    IntegerCase{"0x10000000000000000", 64, 0, Fault::out_of_range},
                    IntegerCase{"99999999999999999999999999", 64, 0, Fault::out_of_range}));

INSTANTIATE_TEST_SUITE_P(
    Malformed, Integer,
    testing::Values(IntegerCase{"", 32, 0, Fault::malformed}, IntegerCase{"-", 32, 0, Fault::malformed},
                    IntegerCase{"+-1", 32, 0, Fault::malformed}, IntegerCase{"_1", 32, 0, Fault::malformed},
                    IntegerCase{"1_", 32, 0, Fault::malformed}, IntegerCase{"1__0", 32, 0, Fault::malformed},
                    IntegerCase{"0x", 32, 0, Fault::malformed}, IntegerCase{"0x_1", 32, 0, Fault::malformed},
                    IntegerCase{"0X1", 32, 0, Fault::malformed}, IntegerCase{"1a", 32, 0, Fault::malformed},
                    IntegerCase{"0xg", 32, 0, Fault::malformed}, IntegerCase{"1.", 32, 0, Fault::malformed},
                    IntegerCase{" 1", 32, 0, Fault::malformed}, IntegerCase{"1 ", 32, 0, Fault::malformed},
                    IntegerCase{"0_x1", 32, 0, Fault::malformed}));

TEST(Unsigned, TakesNoSign) {
  EXPECT_EQ(parse_unsigned("4294967295", 32).bits, 0xFFFF'FFFF);
  EXPECT_EQ(parse_unsigned("4294967296", 32).fault, Fault::out_of_range);
  EXPECT_EQ(parse_unsigned("+1", 32).fault, Fault::malformed);
  EXPECT_EQ(parse_unsigned("-1", 32).fault, Fault::malformed);
  EXPECT_EQ(parse_unsigned("0xffff_ffff_ffff_ffff", 64).bits, ~std::uint64_t{0});
}

struct FloatCase {
  std::string_view text;
  std::uint64_t f32;
  std::uint64_t f64;
  Fault f32_fault = Fault::none;
  Fault f64_fault = Fault::none;
};

class Float : public testing::TestWithParam<FloatCase> {};

TEST_P(Float, Parses) {
  const FloatCase& c = GetParam();
  const ParsedNumber single = parse_f32(c.text);
  EXPECT_EQ(single.fault, c.f32_fault) << c.text;
  EXPECT_EQ(single.bits, c.f32) << c.text << std::hex << " " << single.bits;
  const ParsedNumber twice = parse_f64(c.text);
  EXPECT_EQ(twice.fault, c.f64_fault) << c.text;
  EXPECT_EQ(twice.bits, c.f64) << c.text << std::hex << " " << twice.bits;
}

constexpr auto range = Fault::out_of_range;
constexpr auto bad = Fault::malformed;

INSTANTIATE_TEST_SUITE_P(Special, Float,
                         testing::Values(FloatCase{"inf", 0x7F80'0000, 0x7FF0'0000'0000'0000},
                                         FloatCase{"-inf", 0xFF80'0000, 0xFFF0'0000'0000'0000},
                                         FloatCase{"+inf", 0x7F80'0000, 0x7FF0'0000'0000'0000},
                                         FloatCase{"nan", 0x7FC0'0000, 0x7FF8'0000'0000'0000},
                                         FloatCase{"-nan", 0xFFC0'0000, 0xFFF8'0000'0000'0000},
                                         FloatCase{"nan:0x1", 0x7F80'0001, 0x7FF0'0000'0000'0001},
                                         FloatCase{"-nan:0x7f_ffff", 0xFFFF'FFFF, 0xFFF0'0000'007F'FFFF},
                                         FloatCase{"nan:0x800000", 0, 0x7FF0'0000'0080'0000, range},
                                         FloatCase{"nan:0xfffffffffffff", 0, 0x7FFF'FFFF'FFFF'FFFF, range},
                                         FloatCase{"nan:0x10000000000000", 0, 0, range, range},
                                         FloatCase{"nan:0x100000000000000000000000000000000000", 0, 0, range, range},
                                         FloatCase{"nan:0x0", 0, 0, range, range}, FloatCase{"nan:0x", 0, 0, bad, bad},
                                         FloatCase{"nan:1", 0, 0, bad, bad}, FloatCase{"nan:", 0, 0, bad, bad},
                                         FloatCase{"nan1", 0, 0, bad, bad}, FloatCase{"nan:0x8_", 0, 0, bad, bad},
                                         FloatCase{"inf1", 0, 0, bad, bad}, FloatCase{"INF", 0, 0, bad, bad}));

INSTANTIATE_TEST_SUITE_P(Malformed, Float,
                         testing::Values(FloatCase{"", 0, 0, bad, bad}, FloatCase{"+", 0, 0, bad, bad},
                                         FloatCase{".5", 0, 0, bad, bad}, FloatCase{"1e", 0, 0, bad, bad},
                                         FloatCase{"1e+", 0, 0, bad, bad}, FloatCase{"1e+-1", 0, 0, bad, bad},
                                         FloatCase{"1._5", 0, 0, bad, bad}, FloatCase{"1_.5", 0, 0, bad, bad},
                                         FloatCase{"1.5_", 0, 0, bad, bad}, FloatCase{"1e_5", 0, 0, bad, bad},
                                         FloatCase{"1e5_", 0, 0, bad, bad}, FloatCase{"0x", 0, 0, bad, bad},
                                         FloatCase{"0x.8", 0, 0, bad, bad}, FloatCase{"0x1p", 0, 0, bad, bad},
                                         FloatCase{"0x1p0x2", 0, 0, bad, bad}, FloatCase{"0x1pA", 0, 0, bad, bad},
                                         FloatCase{"1p5", 0, 0, bad, bad}, FloatCase{"--1", 0, 0, bad, bad},
                                         FloatCase{"1..2", 0, 0, bad, bad}, FloatCase{"1e1.0", 0, 0, bad, bad},
                                         FloatCase{"0X1", 0, 0, bad, bad}));

INSTANTIATE_TEST_SUITE_P(
    Values, Float,
    testing::Values(
        FloatCase{"0", 0, 0}, FloatCase{"-0", 0x8000'0000, std::uint64_t{1} << 63},
        FloatCase{"-0x0p-1", 0x8000'0000, std::uint64_t{1} << 63}, FloatCase{"0e99999999999999999999", 0, 0},
        FloatCase{"0x0p99999999999999999999", 0, 0}, FloatCase{"1", 0x3F80'0000, 0x3FF0'0000'0000'0000},
        FloatCase{"1.", 0x3F80'0000, 0x3FF0'0000'0000'0000}, FloatCase{"1.e0", 0x3F80'0000, 0x3FF0'0000'0000'0000},
        FloatCase{"10E-1", 0x3F80'0000, 0x3FF0'0000'0000'0000}, FloatCase{"0x1p0", 0x3F80'0000, 0x3FF0'0000'0000'0000},
        FloatCase{"0x1.p0", 0x3F80'0000, 0x3FF0'0000'0000'0000},
        FloatCase{"0x1.8P+1", 0x4040'0000, 0x4008'0000'0000'0000},
        FloatCase{"0x1e1", 0x43F0'8000, 0x407E'1000'0000'0000}, FloatCase{"0.1", 0x3DCC'CCCD, 0x3FB9'9999'9999'999A},
        FloatCase{"1_0.0_0e-0_2", 0x3DCC'CCCD, 0x3FB9'9999'9999'999A}, FloatCase{"1e-99999999999999999999", 0, 0},
        FloatCase{"0x1p-99999999999999999999", 0, 0}, FloatCase{"1e99999999999999999999", 0, 0, range, range},
        FloatCase{"0x1p99999999999999999999", 0, 0, range, range},
        FloatCase{"9007199254740993", 0x5A00'0000, 0x4340'0000'0000'0000},
        FloatCase{"9007199254740993.0000000000000000000000000000000000000001", 0x5A00'0000, 0x4340'0000'0000'0001},
        FloatCase{"9007199254740995", 0x5A00'0000, 0x4340'0000'0000'0002}));

INSTANTIATE_TEST_SUITE_P(
    OverflowAndUnderflow, Float,
    testing::Values(FloatCase{"340282346638528859811704183484516925440", 0x7F7F'FFFF, 0x47EF'FFFF'E000'0000},
                    FloatCase{"340282356779733661637539395458142568447", 0x7F7F'FFFF, 0x47EF'FFFF'F000'0000},
                    FloatCase{"340282356779733661637539395458142568448", 0, 0x47EF'FFFF'F000'0000, range},
                    FloatCase{"0x1.fffffefffffffffffffp127", 0x7F7F'FFFF, 0x47EF'FFFF'F000'0000},
                    FloatCase{"0x1.ffffffp127", 0, 0x47EF'FFFF'F000'0000, range},
                    FloatCase{"0x1.fffffffffffff7p1023", 0, 0x7FEF'FFFF'FFFF'FFFF, range},
                    FloatCase{"0x1.fffffffffffff8p1023", 0, 0, range, range},
                    FloatCase{"1.7976931348623157e308", 0, 0x7FEF'FFFF'FFFF'FFFF, range},
                    FloatCase{"1.7976931348623159e308", 0, 0, range, range},
                    FloatCase{"0x1p-149", 1, 0x36A0'0000'0000'0000}, FloatCase{"0x1p-150", 0, 0x3690'0000'0000'0000},
                    FloatCase{"0x1.00000000000000000001p-150", 1, 0x3690'0000'0000'0000},
                    FloatCase{"0x1.8p-149", 2, 0x36A8'0000'0000'0000}, FloatCase{"0x1p-1074", 0, 1},
                    FloatCase{"0x1p-1075", 0, 0}, FloatCase{"0x1.0000000000000000000000001p-1075", 0, 1},
                    FloatCase{"0x1.8p-1074", 0, 2}, FloatCase{"0x1p-1076", 0, 0},
                    FloatCase{"4.9406564584124654e-324", 0, 1}, FloatCase{"2.4703282292062327e-324", 0, 0},
                    FloatCase{"2.4703282292062328e-324", 0, 1},
                    FloatCase{"2.2250738585072011e-308", 0, 0x000F'FFFF'FFFF'FFFF},
                    FloatCase{"2.2250738585072012e-308", 0, 0x0010'0000'0000'0000},
                    FloatCase{"0x1.fffffcp-127", 0x007F'FFFF, 0x380F'FFFF'C000'0000},
                    FloatCase{"0x1.fffffdp-127", 0x007F'FFFF, 0x380F'FFFF'D000'0000},
                    FloatCase{"0x1.fffffep-127", 0x0080'0000, 0x380F'FFFF'E000'0000}));

std::uint64_t reference_f64(const std::string& text) {
  return std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr));
}
std::uint64_t reference_f32(const std::string& text) {
  return std::bit_cast<std::uint32_t>(std::strtof(text.c_str(), nullptr));
}

void expect_like_reference(const std::string& text) {
  const double twice = std::strtod(text.c_str(), nullptr);
  const float single = std::strtof(text.c_str(), nullptr);
  const ParsedNumber f64 = parse_f64(text);
  const ParsedNumber f32 = parse_f32(text);
  ASSERT_EQ(f64.fault == Fault::out_of_range, std::isinf(twice)) << text;
  ASSERT_EQ(f32.fault == Fault::out_of_range, std::isinf(single)) << text;
  if (!std::isinf(twice)) ASSERT_EQ(f64.bits, reference_f64(text)) << text;
  if (!std::isinf(single)) ASSERT_EQ(f32.bits, reference_f32(text)) << text;
}

TEST(DecimalFloat, RandomLiteralsRoundLikeTheHostsLibrary) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    std::string text;
    for (auto digits = random() % 40 + 1; digits-- > 0;) text += static_cast<char>('0' + random() % 10);
    if (random() % 2 == 0) text.insert(random() % text.size() + 1, ".");
    if (random() % 4 != 0) text += "e" + std::to_string(static_cast<int>(random() % 700) - 370);
    expect_like_reference(text);
    if (HasFatalFailure()) return;
  }
}

// The exact decimal expansion of a value half-way between two floats, and the same one unit more and less in its last
// place: the hardest cases there are.
TEST(DecimalFloat, HalfwayCasesRoundToEven) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 10'000; ++i) {
    const bool single = i % 2 == 0;
    char buffer[1200];
    const auto bits = random();
    if (single) {
      const auto low = std::bit_cast<float>(static_cast<std::uint32_t>(bits) & 0x7F7F'FFFE);
      const double half = (static_cast<double>(low) + static_cast<double>(std::nextafterf(low, INFINITY))) / 2;
      std::snprintf(buffer, sizeof buffer, "%.200f", half);
    } else {
      // 53 bits and a half more need a wider type.
      const auto low = std::bit_cast<double>(bits & 0x7FEF'FFFF'FFFF'FFFF);
      const long double half =
          (static_cast<long double>(low) + static_cast<long double>(std::nextafter(low, INFINITY))) / 2;
      std::snprintf(buffer, sizeof buffer, "%.1110Lf", half);
    }
    std::string text = buffer;
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text += '0';
    expect_like_reference(text);
    expect_like_reference(text + std::string(900, '0') + "1");
    if (text.back() > '0') {
      --text.back();
      expect_like_reference(text + "99999");
    }
    if (HasFatalFailure()) return;
  }
}

TEST(DecimalFloat, LiteralsOfAnyLengthAreRead) {
  const std::string zeros(100'000, '0');
  EXPECT_EQ(parse_f64("1" + zeros + "e-100000").bits, 0x3FF0'0000'0000'0000U);
  EXPECT_EQ(parse_f64("0." + zeros + "1e100001").bits, 0x3FF0'0000'0000'0000U);
  EXPECT_EQ(parse_f64("0x1" + zeros + "p-400000").bits, 0x3FF0'0000'0000'0000U);
  EXPECT_EQ(parse_f64("0x0." + zeros + "1p400004").bits, 0x3FF0'0000'0000'0000U);
  EXPECT_EQ(parse_f64("1" + zeros).fault, Fault::out_of_range);
  EXPECT_EQ(parse_f64(std::string(100'000, '9') + "e-99999").bits, 0x4024'0000'0000'0000U);
}

TEST(HexFloat, RandomLiteralsRoundLikeTheHostsLibrary) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 100'000; ++i) {
    std::string text;
    for (auto digits = random() % 24 + 1; digits-- > 0;) text += "0123456789abcdefABCDEF08"[random() % 24];
    if (random() % 2 == 0) text.insert(random() % text.size() + 1, ".");
    const int magnitude = random() % 2 == 0 ? 300 : 2400;
    text = "0x" + text + "p" +
           std::to_string(static_cast<int>(random() % static_cast<unsigned>(magnitude)) - magnitude / 2);
    expect_like_reference(text);
    if (HasFatalFailure()) return;
  }
}

void expect_f32_round_trip(std::uint32_t bits) {
  ASSERT_EQ(parse_f32(print_f32(bits).view()).bits, bits) << print_f32(bits).view();
  ASSERT_EQ(parse_f32(print_f32_hex(bits).view()).bits, bits) << print_f32_hex(bits).view();
}

TEST(FloatPrint, F32RoundTrips) {
  for (std::uint64_t bits = 0; bits <= 0xFFFF'FFFF; bits += 6'007) {
    expect_f32_round_trip(static_cast<std::uint32_t>(bits));
    if (HasFatalFailure()) return;
  }
  for (const std::uint32_t exponent : {0U, 1U, 0x7FU, 0x80U, 0xFEU, 0xFFU}) {
    for (std::uint32_t low = 0; low < 64; ++low) {
      expect_f32_round_trip(exponent << 23 | low);
      expect_f32_round_trip(exponent << 23 | 0x8000'0000 | (0x7F'FFFF - low));
    }
  }
}

TEST(FloatPrint, F64RoundTrips) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t bits = i % 8 == 0 ? random() & 0x800F'FFFF'FFFF'FFFF : random();
    ASSERT_EQ(parse_f64(print_f64(bits).view()).bits, bits) << print_f64(bits).view();
    ASSERT_EQ(parse_f64(print_f64_hex(bits).view()).bits, bits) << print_f64_hex(bits).view();
  }
}

TEST(FloatPrint, Forms) {
  const auto f32 = [](float value) { return std::string(print_f32(std::bit_cast<std::uint32_t>(value)).view()); };
  const auto f64 = [](double value) { return std::string(print_f64(std::bit_cast<std::uint64_t>(value)).view()); };
  const auto hex32 = [](float value) { return std::string(print_f32_hex(std::bit_cast<std::uint32_t>(value)).view()); };
  const auto hex64 = [](double value) {
    return std::string(print_f64_hex(std::bit_cast<std::uint64_t>(value)).view());
  };
  EXPECT_EQ(f32(0.1F), "0.1");
  EXPECT_EQ(f32(-0.0F), "-0");
  EXPECT_EQ(f64(0.1), "0.1");
  EXPECT_EQ(f64(1e100), "1e+100");
  EXPECT_EQ(f64(5e-324), "5e-324");
  EXPECT_EQ(f64(-INFINITY), "-inf");
  EXPECT_EQ(print_f32(0x7FC0'0000).view(), "nan");
  EXPECT_EQ(print_f32(0xFF80'0001).view(), "-nan:0x1");
  EXPECT_EQ(print_f64(0x7FF0'0000'0000'0000 | 0xABC).view(), "nan:0xabc");
  EXPECT_EQ(hex32(3.0F), "0x1.8p+1");
  EXPECT_EQ(hex32(0.0F), "0x0p+0");
  EXPECT_EQ(hex32(0x1.000002p0F), "0x1.000002p+0");
  EXPECT_EQ(hex32(0x1p-149F), "0x0.000002p-126");
  EXPECT_EQ(hex64(-0x1.fp-1022), "-0x1.fp-1022");
  EXPECT_EQ(hex64(5e-324), "0x0.0000000000001p-1022");
}

}  // namespace
}  // namespace tenon
