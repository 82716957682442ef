#include "os/parking.hpp"

namespace tenon::os {

// With one thread nobody could ever wake a waiter: to wait is to let the time pass, which there is no clock for.
ParkResult park(const void*, bool (*still_equal)(const void* context), const void* context, std::int64_t) noexcept {
  return still_equal(context) ? ParkResult::timed_out : ParkResult::not_equal;
}

std::uint32_t unpark(const void*, std::uint32_t) noexcept { return 0; }

}  // namespace tenon::os
