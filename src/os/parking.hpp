// Threads that wait for an address: what `memory.atomic.wait` and `memory.atomic.notify` need from the system.
#pragma once

#include <cstdint>

namespace tenon::os {

enum class ParkResult : std::uint8_t { woken, not_equal, timed_out };

// Waits until `unpark` names `address`, for at most `timeout` nanoseconds (negative: forever). Does not wait when
// `still_equal` says false; it is asked under the lock that `unpark` takes, so that no wake-up is lost.
ParkResult park(const void* address, bool (*still_equal)(const void* context), const void* context,
                std::int64_t timeout) noexcept;
// Wakes up to `count` waiters of `address`, first come first served; gives how many.
std::uint32_t unpark(const void* address, std::uint32_t count) noexcept;

}  // namespace tenon::os
