// The constants of components in test scripts.
#pragma once

#include <optional>
#include <string_view>

#include "text/wast/constants.hpp"

namespace tenon::wast {

// The constant that begins with `keyword`, which is taken, up to the parenthesis; nothing when it is no keyword of such
// a constant. Faults are the cursor's.
std::optional<ComponentConstant> parse_component_constant(TokenCursor& in, std::string_view keyword, ConstantRole role);

}  // namespace tenon::wast
