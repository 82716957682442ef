#include "tenon/native_stack.hpp"

#include <utility>

#include "os/faults.hpp"

namespace tenon {

NativeStack exchange_native_stack(const NativeStack& next) noexcept {
  return {std::exchange(os::native_stack().lowest, next.lowest)};
}

}  // namespace tenon
