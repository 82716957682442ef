#include "engine/spare_stack.hpp"

#include <utility>

#include "os/pages.hpp"

namespace tenon::detail {

namespace {

// Each call looks here, so it is plain data; what releases it with the thread is made by the first call.
constinit thread_local runtime::SpareStack kept;
constinit thread_local bool is_watched = false;

struct Watch {
  Watch() noexcept { is_watched = true; }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    kept.is_closed = true;
    if (void* stack = std::exchange(kept.base, nullptr)) os::release(stack, kept.bytes);
  }
};

[[gnu::noinline]] void watch() noexcept { static const thread_local Watch at_end; }

}  // namespace

runtime::SpareStack& spare_stack() noexcept {
  if (!is_watched) [[unlikely]]
    watch();
  return kept;
}

}  // namespace tenon::detail
