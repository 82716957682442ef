// The interpreter as an executor.
#pragma once

#include <memory_resource>

#include "runtime/executor.hpp"

namespace tenon::interp {

// An interpreter whose code and working storage come from `memory`, which outlives it. Thread-safe.
runtime::Executor* make_interpreter(std::pmr::memory_resource& memory);
// All code modules must have been released.
void destroy_interpreter(runtime::Executor* interpreter) noexcept;

}  // namespace tenon::interp
