// Literals to bits. Everything ends in `round`: a 64-bit significand whose top bit is set, a power of two, and whether
// the exact value is a little more than that.
//
// Decimal: value = digits * 10^e = (digits * 5^e or digits / 5^-e) * 2^e. Both sides are integers of bounded size,
// because literals beyond the range of f64 are settled by their exponent, and 800 digits decide every rounding (a value
// half-way between two doubles has at most 767). The quotient's first 64 bits come from shift-and-subtract division,
// and the remainder says whether the value is more than that. Table-driven methods are faster but need ten kilobytes of
// tables; text modules hold few floats that the small exact path below does not serve.
#include <algorithm>
#include <array>
#include <bit>
#include <cfloat>

#include "base/float_text.hpp"

namespace tenon {

namespace {

static_assert(FLT_EVAL_METHOD == 0, "arithmetic with more precision than the type's would round twice");

constexpr unsigned no_digit = 16;

constexpr std::array<std::uint8_t, 256> make_digit_values() {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_digit);
  for (std::uint8_t i = 0; i < 10; ++i) table['0' + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) table['a' + i] = table['A' + i] = static_cast<std::uint8_t>(10 + i);
  return table;
}
constexpr auto digit_values = make_digit_values();

// Reads a literal from left to right.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept : p_(text.data()), end_(text.data() + text.size()) {}
  bool at_end() const noexcept { return p_ == end_; }
  bool take(std::string_view text) noexcept {
    if (std::string_view(p_, static_cast<std::size_t>(end_ - p_)).starts_with(text)) {
      p_ += text.size();
      return true;
    }
    return false;
  }
  bool take_letter(char lower) noexcept {
    if (p_ == end_ || (*p_ | 0x20) != lower) return false;
    ++p_;
    return true;
  }
  // -1, 0 or 1: the sign that stood there.
  int take_sign() noexcept {
    if (p_ == end_ || (*p_ != '+' && *p_ != '-')) return 0;
    return *p_++ == '-' ? -1 : 1;
  }
  unsigned peek_digit() const noexcept { return p_ == end_ ? no_digit : digit_values[static_cast<std::uint8_t>(*p_)]; }
  // digit ('_'? digit)*, each digit given to `use`; false when no digit stands there, or none after an underscore.
  template <class Use>
  bool take_digits(unsigned base, Use&& use) noexcept {
    do {
      const unsigned first = peek_digit();
      if (first >= base) return false;
      for (unsigned digit = first; digit < base; digit = peek_digit()) {
        use(digit);
        ++p_;
      }
    } while (take("_"));
    return true;
  }

 private:
  const char* p_;
  const char* end_;
};

struct Magnitude {
  std::uint64_t value = 0;
  NumberFault fault = NumberFault::none;
};

// The rest of the literal as a num or hexnum of at most 64 bits.
Magnitude parse_magnitude(Scanner& scanner) noexcept {
  const unsigned base = scanner.take("0x") ? 16 : 10;
  std::uint64_t value = 0;
  bool overflow = false;
  const bool well_formed = scanner.take_digits(base, [&](unsigned digit) {
    overflow |= __builtin_mul_overflow(value, base, &value);
    overflow |= __builtin_add_overflow(value, digit, &value);
  });
  if (!well_formed || !scanner.at_end()) return {0, NumberFault::malformed};
  return {value, overflow ? NumberFault::out_of_range : NumberFault::none};
}

constexpr std::uint64_t low_bits(unsigned count) noexcept { return ~std::uint64_t{0} >> (64 - count); }

// A binary format of IEEE 754.
struct Format {
  unsigned significand_bits;  // stored ones, without the leading one
  int max_exponent;           // of the largest finite numbers; the bias
  unsigned sign_position;

  std::uint64_t infinity() const noexcept {
    return static_cast<std::uint64_t>(2 * max_exponent + 1) << significand_bits;
  }
};
constexpr Format f32_format{23, 127, 31};
constexpr Format f64_format{52, 1023, 63};

// The number nearest to significand * 2^exponent (plus a little if `inexact`), ties to even. The top bit of
// `significand` is set, or it is zero.
ParsedNumber round(const Format& format, std::uint64_t significand, std::int64_t exponent, bool inexact) noexcept {
  if (significand == 0) return {};
  const std::int64_t leading = exponent + 63;
  if (leading > format.max_exponent) return {0, NumberFault::out_of_range};
  const std::int64_t min_exponent = 1 - format.max_exponent;
  // Bits of the significand that the result keeps: all that the format has, fewer for subnormal numbers.
  std::int64_t kept = format.significand_bits + 1;
  if (leading < min_exponent) kept -= min_exponent - leading;
  if (kept < 0) return {};
  const auto dropped = static_cast<unsigned>(64 - kept);
  std::uint64_t result = dropped == 64 ? 0 : significand >> dropped;
  const std::uint64_t half = std::uint64_t{1} << (dropped - 1);
  const std::uint64_t tail = significand & low_bits(dropped);
  if (tail > half || (tail == half && (inexact || (result & 1) != 0))) ++result;
  // The leading one adds itself to the exponent field, and so does a carry out of the significand.
  if (leading >= min_exponent) {
    result += static_cast<std::uint64_t>(leading - min_exponent) << format.significand_bits;
  }
  if (result >= format.infinity()) return {0, NumberFault::out_of_range};
  return {result};
}

// A natural number of at most 48 * 64 bits. The largest used: 5^1200 has 2,787 bits, 800 digits have 2,658.
class BigNatural {
 public:
  explicit BigNatural(std::uint64_t value) noexcept : size_(value == 0 ? 0 : 1) { limbs_[0] = value; }
  bool is_zero() const noexcept { return size_ == 0; }
  unsigned bits() const noexcept {
    return size_ == 0 ? 0 : size_ * 64 - static_cast<unsigned>(std::countl_zero(limbs_[size_ - 1]));
  }
  void multiply_add(std::uint64_t factor, std::uint64_t addend) noexcept {
    unsigned __int128 carry = addend;
    for (unsigned i = 0; i < size_; ++i) {
      carry += static_cast<unsigned __int128>(limbs_[i]) * factor;
      limbs_[i] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    if (carry != 0) limbs_[size_++] = static_cast<std::uint64_t>(carry);
  }
  void multiply_by_power_of_5(unsigned power) noexcept {
    constexpr unsigned step = 27;  // the largest power of five below 2^64
    constexpr std::uint64_t five_to_step = 7'450'580'596'923'828'125;
    for (; power >= step; power -= step) multiply_add(five_to_step, 0);
    std::uint64_t rest = 1;
    for (; power > 0; --power) rest *= 5;
    multiply_add(rest, 0);
  }
  void shift_left(unsigned count) noexcept {
    if (size_ == 0 || count == 0) return;
    const unsigned whole = count / 64;
    const unsigned part = count % 64;
    limbs_[size_] = 0;
    for (unsigned i = size_ + 1; i-- > 0;) {
      const std::uint64_t below = part == 0 || i == 0 ? 0 : limbs_[i - 1] >> (64 - part);
      limbs_[i + whole] = limbs_[i] << part | below;
    }
    std::fill_n(limbs_, whole, 0);
    size_ += whole + 1;
    trim();
  }
  bool operator>=(const BigNatural& other) const noexcept {
    if (size_ != other.size_) return size_ > other.size_;
    for (unsigned i = size_; i-- > 0;) {
      if (limbs_[i] != other.limbs_[i]) return limbs_[i] > other.limbs_[i];
    }
    return true;
  }
  // *this >= other
  void subtract(const BigNatural& other) noexcept {
    bool borrow = false;
    for (unsigned i = 0; i < size_; ++i) {
      const std::uint64_t subtrahend = i < other.size_ ? other.limbs_[i] : 0;
      std::uint64_t difference;
      const bool first = __builtin_sub_overflow(limbs_[i], subtrahend, &difference);
      const bool second = __builtin_sub_overflow(difference, std::uint64_t{borrow}, &limbs_[i]);
      borrow = first || second;
    }
    trim();
  }

 private:
  void trim() noexcept {
    while (size_ > 0 && limbs_[size_ - 1] == 0) --size_;
  }
  unsigned size_;
  std::uint64_t limbs_[48];
};

// The decimal digits of a literal: leading zeros left out, at most 800 kept.
class DecimalDigits {
 public:
  static constexpr std::int64_t max_kept = 800;
  void add(unsigned digit, bool fraction) noexcept {
    point_ += fraction ? 1 : 0;
    if (count_ == 0 && digit == 0) return;
    if (count_ >= max_kept) {
      ++dropped_;
      inexact_ |= digit != 0;
      return;
    }
    ++count_;
    chunk_ = chunk_ * 10 + digit;
    if (++chunk_size_ == 19) flush();
  }
  ParsedNumber value(const Format& format, std::int64_t exponent) noexcept;

 private:
  void flush() noexcept {
    static constexpr auto powers = [] {
      std::array<std::uint64_t, 20> table{};
      table[0] = 1;
      for (std::size_t i = 1; i < table.size(); ++i) table[i] = table[i - 1] * 10;
      return table;
    }();
    if (chunk_size_ == 0) return;
    natural_.multiply_add(powers[chunk_size_], chunk_);
    chunk_ = 0;
    chunk_size_ = 0;
  }

  BigNatural natural_{0};
  std::uint64_t chunk_ = 0;
  unsigned chunk_size_ = 0;
  std::int64_t count_ = 0;    // significant digits kept
  std::int64_t dropped_ = 0;  // digits read after those
  std::int64_t point_ = 0;    // digits behind the decimal point
  bool inexact_ = false;      // one of the dropped digits was not zero
};

// significand * 10^exponent where both are small enough that one operation, which rounds correctly, gives the result.
template <class Float>
bool exact_in_machine(std::uint64_t significand, std::int64_t exponent, Float& result) noexcept {
  constexpr bool single = sizeof(Float) == 4;
  constexpr std::int64_t max_power = single ? 10 : 22;  // 5^10 < 2^24, 5^22 < 2^53
  if (significand > (std::uint64_t{1} << (single ? 24 : 53)) || exponent > max_power || exponent < -max_power)
    return false;
  Float power = 1;
  for (std::int64_t i = exponent < 0 ? -exponent : exponent; i > 0; --i) power *= 10;
  result = exponent < 0 ? static_cast<Float>(significand) / power : static_cast<Float>(significand) * power;
  return true;
}

ParsedNumber DecimalDigits::value(const Format& format, std::int64_t exponent) noexcept {
  if (count_ == 0) return {};
  exponent += dropped_ - point_;
  if (count_ == chunk_size_) {  // all digits are still in the chunk
    if (float single; format.sign_position == 31 && exact_in_machine(chunk_, exponent, single)) {
      return {std::bit_cast<std::uint32_t>(single)};
    }
    if (double result; format.sign_position == 63 && exact_in_machine(chunk_, exponent, result)) {
      return {std::bit_cast<std::uint64_t>(result)};
    }
  }
  if (count_ + exponent > 310) return {0, NumberFault::out_of_range};
  if (count_ + exponent < -400) return {};
  flush();
  BigNatural divisor(1);
  if (exponent >= 0) {
    natural_.multiply_by_power_of_5(static_cast<unsigned>(exponent));
  } else {
    divisor.multiply_by_power_of_5(static_cast<unsigned>(-exponent));
  }
  // Align both, so that the quotient lies in [1/2, 2), then in [1, 2).
  const auto shift = static_cast<int>(divisor.bits()) - static_cast<int>(natural_.bits());
  natural_.shift_left(static_cast<unsigned>(std::max(shift, 0)));
  divisor.shift_left(static_cast<unsigned>(std::max(-shift, 0)));
  exponent -= shift;
  if (!(natural_ >= divisor)) {
    natural_.shift_left(1);
    --exponent;
  }
  std::uint64_t quotient = 0;
  for (int i = 0; i < 64; ++i) {
    quotient <<= 1;
    if (natural_ >= divisor) {
      natural_.subtract(divisor);
      quotient |= 1;
    }
    natural_.shift_left(1);
  }
  return round(format, quotient, exponent - 63, inexact_ || !natural_.is_zero());
}

// The hexadecimal digits of a literal: the first 16 significant ones are kept.
class HexDigits {
 public:
  void add(unsigned digit, bool fraction) noexcept {
    exponent_ -= fraction ? 4 : 0;
    if (significand_ >> 60 != 0) {
      exponent_ += 4;
      inexact_ |= digit != 0;
      return;
    }
    significand_ = significand_ << 4 | digit;
  }
  ParsedNumber value(const Format& format, std::int64_t exponent) const noexcept {
    if (significand_ == 0) return {};
    const int shift = std::countl_zero(significand_);
    return round(format, significand_ << shift, exponent_ + exponent - shift, inexact_);
  }

 private:
  std::uint64_t significand_ = 0;
  std::int64_t exponent_ = 0;
  bool inexact_ = false;
};

// What follows the exponent's letter, or 0 where there is none; far beyond any float's range it no longer grows.
bool take_exponent(Scanner& scanner, char letter, std::int64_t& exponent) noexcept {
  constexpr std::int64_t far = std::int64_t{1} << 40;  // more than any number of digits can make up for
  exponent = 0;
  if (!scanner.take_letter(letter)) return true;
  const bool negative = scanner.take_sign() < 0;
  if (!scanner.take_digits(10, [&](unsigned digit) { exponent = std::min(far, exponent * 10 + digit); })) return false;
  if (negative) exponent = -exponent;
  return true;
}

template <class Digits>
ParsedNumber parse_finite(Scanner& scanner, const Format& format, unsigned base, char exponent_letter) noexcept {
  Digits digits;
  std::int64_t exponent = 0;
  if (!scanner.take_digits(base, [&](unsigned digit) { digits.add(digit, false); })) return {0, NumberFault::malformed};
  if (scanner.take(".") && scanner.peek_digit() < base) {
    if (!scanner.take_digits(base, [&](unsigned digit) { digits.add(digit, true); }))
      return {0, NumberFault::malformed};
  }
  if (!take_exponent(scanner, exponent_letter, exponent) || !scanner.at_end()) return {0, NumberFault::malformed};
  return digits.value(format, exponent);
}

ParsedNumber parse_nan(Scanner& scanner, const Format& format) noexcept {
  if (scanner.at_end()) return {format.infinity() | std::uint64_t{1} << (format.significand_bits - 1)};
  if (!scanner.take(":0x")) return {0, NumberFault::malformed};
  std::uint64_t payload = 0;
  bool overflow = false;
  const bool well_formed = scanner.take_digits(16, [&](unsigned digit) {
    payload = payload << 4 | digit;
    overflow |= payload >> format.significand_bits != 0;
  });
  if (!well_formed || !scanner.at_end()) return {0, NumberFault::malformed};
  if (overflow || payload == 0) return {0, NumberFault::out_of_range};
  return {format.infinity() | payload};
}

ParsedNumber parse_float(std::string_view text, const Format& format) noexcept {
  Scanner scanner(text);
  const bool negative = scanner.take_sign() < 0;
  ParsedNumber result;
  if (scanner.take("nan")) {
    result = parse_nan(scanner, format);
  } else if (scanner.take("inf")) {
    result = scanner.at_end() ? ParsedNumber{format.infinity()} : ParsedNumber{0, NumberFault::malformed};
  } else if (scanner.take("0x")) {
    result = parse_finite<HexDigits>(scanner, format, 16, 'p');
  } else {
    result = parse_finite<DecimalDigits>(scanner, format, 10, 'e');
  }
  if (negative && result.fault == NumberFault::none) result.bits |= std::uint64_t{1} << format.sign_position;
  return result;
}

}  // namespace

ParsedNumber parse_unsigned(std::string_view text, unsigned width) noexcept {
  Scanner scanner(text);
  const Magnitude magnitude = parse_magnitude(scanner);
  if (magnitude.fault != NumberFault::none) return {0, magnitude.fault};
  if (magnitude.value > low_bits(width)) return {0, NumberFault::out_of_range};
  return {magnitude.value};
}

ParsedNumber parse_integer(std::string_view text, unsigned width) noexcept {
  Scanner scanner(text);
  const int sign = scanner.take_sign();
  const Magnitude magnitude = parse_magnitude(scanner);
  if (magnitude.fault != NumberFault::none) return {0, magnitude.fault};
  const std::uint64_t sign_bit = std::uint64_t{1} << (width - 1);
  const std::uint64_t largest = sign == 0 ? low_bits(width) : sign < 0 ? sign_bit : sign_bit - 1;
  if (magnitude.value > largest) return {0, NumberFault::out_of_range};
  return {sign < 0 ? (std::uint64_t{0} - magnitude.value) & low_bits(width) : magnitude.value};
}

ParsedNumber parse_f32(std::string_view text) noexcept { return parse_float(text, f32_format); }
ParsedNumber parse_f64(std::string_view text) noexcept { return parse_float(text, f64_format); }

}  // namespace tenon
