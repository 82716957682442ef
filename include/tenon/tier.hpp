// The ways in which guest code can run.
#pragma once

#include <cstdint>
#include <string_view>

#include "tenon/result.hpp"

namespace tenon {

// How guest code runs.
enum class Tier : std::uint8_t {
  interpreter,  // at once
  optimizing,   // compiled by LLVM before it first runs; what that does not compile is interpreted
  // Interpreted at first; what runs more than once is compiled quickly, and by LLVM while it goes on, if that is there.
  automatic,
  baseline,  // compiled quickly at each function's first call; interpreted where there is no such code for the machine
};

// "interpreter", "baseline", "optimizing" or "auto". Errors: usage.
Result<Tier> parse_tier(std::string_view name);

}  // namespace tenon
