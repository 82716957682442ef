// Numbers of the text format: literals to bits and bits to literals, exact at every edge.
// https://webassembly.github.io/spec/core/text/values.html
//
// Floats are handled as their bits, since a NaN's payload may not survive a trip through a register of the host.
//
// Reading does not use std::from_chars: libstdc++'s takes memory with `operator new`, depends on the locale functions
// of the system, and knows nothing of underscores, which literals of any length may hold. The way chosen
// (float_parse.cpp): exact machine arithmetic where significand and power of ten are small, else integers of bounded
// size. A literal of any length is read in one pass without memory of its own: digits behind the 800th can only break a
// tie.
//
// Printing the shortest decimal form does use std::to_chars, which is exact and takes no memory (float_print.cpp, a
// file of its own so that programs which never print do not link it).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tenon {

enum class NumberFault : std::uint8_t {
  none,
  malformed,     // not a number by the grammar
  out_of_range,  // a number, but not of this type: the suites' "constant out of range"
};

struct ParsedNumber {
  std::uint64_t bits = 0;  // two's complement or IEEE 754, in the low bits
  NumberFault fault = NumberFault::none;
};

// uN: unsigned only. `width` is 1 to 64.
ParsedNumber parse_unsigned(std::string_view text, unsigned width) noexcept;
// iN: unsigned up to 2^N - 1, or with a sign from -2^(N-1) to 2^(N-1) - 1. The result is normalized to unsigned.
ParsedNumber parse_integer(std::string_view text, unsigned width) noexcept;
// fN: decimal, hexadecimal, inf, nan, nan:0x payload; rounded to nearest, ties to even.
ParsedNumber parse_f32(std::string_view text) noexcept;
ParsedNumber parse_f64(std::string_view text) noexcept;

// A printed number.
class NumberText {
 public:
  static constexpr std::size_t capacity = 40;
  std::string_view view() const noexcept { return {chars_, size_}; }
  void append(std::string_view text) noexcept {
    for (const char c : text) chars_[size_++] = c;
  }

 private:
  char chars_[capacity];
  std::size_t size_ = 0;
};

// The shortest decimal literal that gives the same bits; `inf`, `nan`, and `nan:0x...` for other payloads than the
// canonical one, all with a sign where it is set.
NumberText print_f32(std::uint32_t bits) noexcept;
NumberText print_f64(std::uint64_t bits) noexcept;
// The same as hexadecimal literals: 0x1.8p+1, subnormals with their leading zero.
NumberText print_f32_hex(std::uint32_t bits) noexcept;
NumberText print_f64_hex(std::uint64_t bits) noexcept;

}  // namespace tenon
