// What compiled code calls in the runtime.
#pragma once

#include "runtime/native.hpp"

namespace tenon::jit {

// By NativeHelper.
const void* const* native_helpers() noexcept;

// For `Store::direct_host`.
const runtime::DirectHost& direct_host() noexcept;

}  // namespace tenon::jit
