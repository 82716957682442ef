// The system's clocks, in nanoseconds.
#pragma once

#include <cstdint>

#include "wasi/host/errno.hpp"

namespace tenon::wasi::host {

// In the order of preview1's clock ids.
enum class Clock : std::uint8_t { realtime, monotonic, process_cpu_time, thread_cpu_time };
inline constexpr std::uint32_t clock_count = 4;

// Since 1970 for `realtime`, which may be set back; since some moment in the past for the others.
Outcome<std::uint64_t> now(Clock clock) noexcept;
// At least 1.
Outcome<std::uint64_t> resolution(Clock clock) noexcept;

}  // namespace tenon::wasi::host
