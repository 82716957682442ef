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
  automatic,  // interpreted at first, while a thread of the engine compiles what was called; without LLVM: interpreted
};

// "interpreter", "optimizing" or "auto". Errors: usage.
Result<Tier> parse_tier(std::string_view name);

}  // namespace tenon
