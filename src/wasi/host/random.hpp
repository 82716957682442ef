// Random bytes fit for keys, from the system.
#pragma once

#include <cstdint>
#include <span>

#include "wasi/host/errno.hpp"

namespace tenon::wasi::host {

Outcome<void> fill_random(std::span<std::uint8_t> bytes) noexcept;

}  // namespace tenon::wasi::host
