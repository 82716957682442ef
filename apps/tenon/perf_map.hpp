// Names of compiled functions for Linux's `perf`.
#pragma once

#include "tenon/tenon.hpp"

namespace tenon::program {

// Writes /tmp/perf-PID.map, where `perf` looks for it, while functions are compiled: begin, size and name of each, in
// hexadecimal. Errors: io.
Result<void> keep_perf_map(const Engine& engine);

}  // namespace tenon::program
