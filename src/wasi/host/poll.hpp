// Waiting until one of several descriptors is ready, or time is up.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "wasi/host/errno.hpp"

namespace tenon::wasi::host {

struct Wait {
  int descriptor = -1;  // -1 is always ready
  bool to_write = false;
  // Set by `wait`.
  bool is_ready = false;
  bool is_hung_up = false;      // the other side has gone
  std::uint64_t available = 0;  // bytes that can be read; 0 where that is not known
  Errno error = Errno::success;
};

// Whether the one who waits should stop waiting; asked several times a second.
using Interrupted = std::function<bool()>;

// Returns when at least one is ready or `nanoseconds` are over; without a limit, and without anything to wait for, it
// returns at once. Errors: intr, when it was interrupted.
Outcome<void> wait(std::span<Wait> waits, std::optional<std::uint64_t> nanoseconds, const Interrupted& interrupted);
// For one descriptor, without a limit.
Outcome<void> wait(int descriptor, bool to_write, const Interrupted& interrupted);

}  // namespace tenon::wasi::host
