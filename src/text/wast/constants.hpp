// Constants and result patterns of test scripts.
#pragma once

#include "text/token_cursor.hpp"
#include "text/wast/script.hpp"

namespace tenon::wast {

// Whether patterns may stand here: in results, not in arguments.
enum class ConstantRole : std::uint8_t { argument, result };

// The constants up to the next parenthesis that closes, which stays; faults are the cursor's.
std::span<const Constant> parse_constants(TokenCursor& in, ConstantRole role);

}  // namespace tenon::wast
