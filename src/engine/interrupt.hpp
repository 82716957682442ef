// Why guest code is asked to look up at its next call or loop.
#pragma once

#include "runtime/store.hpp"

namespace tenon::detail {

// The bit of `StoreControl::interrupt` that asks for a sample of the profiler's; all others mean that the guest is to
// end.
inline constexpr std::uint32_t sample_wanted = 2;

inline bool is_interrupted(const runtime::Store& store) noexcept {
  return (store.control.interrupt.load(std::memory_order_relaxed) & ~sample_wanted) != 0;
}

// `Store::may_go_on` of stores with a handler, or a profiler.
bool ask_handler(runtime::Store& store) noexcept;

}  // namespace tenon::detail
