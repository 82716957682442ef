// The interpreter, which is the runtime's executor.
#pragma once

#include <memory_resource>

#include "runtime/executor.hpp"

namespace tenon::interp {

// An interpreter in memory from `memory`, which its code comes from too, and which must outlive it.
runtime::Executor* make_interpreter(std::pmr::memory_resource& memory);
void destroy_interpreter(runtime::Executor* interpreter) noexcept;

}  // namespace tenon::interp
