#include <bit>
#include <charconv>
#include <type_traits>

#include "base/float_text.hpp"

namespace tenon {

namespace {

template <class Float>
struct Parts {
  using Bits = std::conditional_t<sizeof(Float) == 4, std::uint32_t, std::uint64_t>;
  static constexpr unsigned significand_bits = sizeof(Float) == 4 ? 23 : 52;
  static constexpr unsigned max_biased = sizeof(Float) == 4 ? 0xFF : 0x7FF;
  static constexpr Bits significand_mask = (Bits{1} << significand_bits) - 1;
  bool negative;
  unsigned biased_exponent;
  Bits significand;

  explicit Parts(Bits bits) noexcept
      : negative(bits >> (sizeof(Bits) * 8 - 1) != 0),
        biased_exponent(static_cast<unsigned>(bits >> significand_bits) & max_biased),
        significand(bits & significand_mask) {}
  bool is_finite() const noexcept { return biased_exponent != max_biased; }
};

void append_number(NumberText& out, std::uint64_t value, int base) noexcept {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, base);
  out.append({digits, static_cast<std::size_t>(end.ptr - digits)});
}

template <class Float>
void append_special(NumberText& out, const Parts<Float>& parts) noexcept {
  if (parts.significand == 0) return out.append("inf");
  out.append("nan");
  if (parts.significand == (parts.significand_mask >> 1) + 1) return;
  out.append(":0x");
  append_number(out, parts.significand, 16);
}

template <class Float>
NumberText print_decimal(typename Parts<Float>::Bits bits) noexcept {
  const Parts<Float> parts(bits);
  NumberText out;
  if (parts.is_finite()) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, std::bit_cast<Float>(bits));
    out.append({digits, static_cast<std::size_t>(end.ptr - digits)});
    return out;
  }
  if (parts.negative) out.append("-");
  append_special(out, parts);
  return out;
}

template <class Float>
NumberText print_hex(typename Parts<Float>::Bits bits) noexcept {
  using P = Parts<Float>;
  const P parts(bits);
  NumberText out;
  if (parts.negative) out.append("-");
  if (!parts.is_finite()) {
    append_special(out, parts);
    return out;
  }
  const bool normal = parts.biased_exponent != 0;
  out.append(normal ? "0x1" : "0x0");
  // The significand's bits from the left, four a digit; f32 has 23 of them, so its last digit ends in a zero bit.
  std::uint64_t rest = std::uint64_t{parts.significand} << (64 - P::significand_bits);
  if (rest != 0) out.append(".");
  for (; rest != 0; rest <<= 4) append_number(out, rest >> 60, 16);
  const int bias = static_cast<int>(P::max_biased / 2);
  int exponent = 0;
  if (normal) {
    exponent = static_cast<int>(parts.biased_exponent) - bias;
  } else if (parts.significand != 0) {
    exponent = 1 - bias;
  }
  out.append(exponent < 0 ? "p-" : "p+");
  append_number(out, static_cast<std::uint64_t>(exponent < 0 ? -exponent : exponent), 10);
  return out;
}

}  // namespace

NumberText print_f32(std::uint32_t bits) noexcept { return print_decimal<float>(bits); }
NumberText print_f64(std::uint64_t bits) noexcept { return print_decimal<double>(bits); }
NumberText print_f32_hex(std::uint32_t bits) noexcept { return print_hex<float>(bits); }
NumberText print_f64_hex(std::uint64_t bits) noexcept { return print_hex<double>(bits); }

}  // namespace tenon
