#include "tenon/native_stack.hpp"

#include <utility>

#include "os/faults.hpp"

namespace tenon {

NativeStack exchange_native_stack(const NativeStack& next) noexcept {
  const os::NativeStack before = std::exchange(os::native_stack(), {next.lowest, next.activation});
  return {before.lowest, before.activation};
}

}  // namespace tenon
