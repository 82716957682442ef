// Why guest code is asked to look up at its next call or loop.
#pragma once

#include "runtime/store.hpp"

namespace tenon::detail {

inline bool is_interrupted(const runtime::Store& store) noexcept {
  return (store.control.native_stack_limit.interrupt.load(std::memory_order_relaxed) &
          ~(runtime::sample_wanted | runtime::look_wanted)) != 0;
}

// `Store::may_go_on` of stores with a handler, or a profiler.
bool ask_handler(runtime::Store& store) noexcept;

}  // namespace tenon::detail
