// How the cursor's faults begin that say: the input is shorter than what it announces.
#pragma once

#include <string_view>

namespace tenon {

inline constexpr std::string_view unexpected_end_text = "unexpected end of section or function";
inline constexpr std::string_view out_of_bounds_text = "length out of bounds: ";

}  // namespace tenon
