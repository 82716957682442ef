// The managed stack that a host thread keeps for the store that it calls next: stores that are idle have none.
#pragma once

#include "runtime/thread.hpp"

namespace tenon::detail {

// Of the calling host thread. Released with it.
runtime::SpareStack& spare_stack() noexcept;

}  // namespace tenon::detail
