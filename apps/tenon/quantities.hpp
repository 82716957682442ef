// Numbers with a unit, as options take them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "tenon/result.hpp"

namespace tenon::program {

// "500ms", "2s". Errors: usage.
Result<std::chrono::nanoseconds> parse_time(std::string_view text);
// "64MiB", "1000". Errors: usage.
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace tenon::program
