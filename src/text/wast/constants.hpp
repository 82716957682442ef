// Constants and result patterns of test scripts.
#pragma once

#include "text/token_cursor.hpp"
#include "text/wast/script.hpp"

namespace tenon::wast {

// Whether patterns may stand here: in results, not in arguments.
enum class ConstantRole : std::uint8_t { argument, result };

// The number at the cursor: an integer of that many bits, or a float.
struct Number {
  std::uint64_t bits = 0;
  NanPattern nan = NanPattern::none;
};
Number parse_integer_constant(TokenCursor& in, unsigned width);
Number parse_float_constant(TokenCursor& in, unsigned width, ConstantRole role);

// The constants up to the next parenthesis that closes, which stays; faults are the cursor's.
std::span<const Constant> parse_constants(TokenCursor& in, ConstantRole role);

}  // namespace tenon::wast
