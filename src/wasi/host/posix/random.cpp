#include "wasi/host/random.hpp"

#include <cerrno>
#include <sys/random.h>

namespace tenon::wasi::host {

Outcome<void> fill_random(std::span<std::uint8_t> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t filled = getrandom(bytes.data(), bytes.size(), 0);
    if (filled >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(filled));
    } else if (errno != EINTR) {
      return refuse_by_system();
    }
  }
  return {};
}

}  // namespace tenon::wasi::host
