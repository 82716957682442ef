#include "wasi/host/background.hpp"

#include <cstdint>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace tenon::wasi::host {

Background::Background(std::function<void()> work) : is_over_(eventfd(0, EFD_CLOEXEC)) {
  if (is_over_) {
    try {
      thread_ = std::thread([work, number = is_over_.number()] {
        work();
        const std::uint64_t one = 1;
        while (::write(number, &one, sizeof one) < 0 && errno == EINTR) {
        }
      });
      return;
    } catch (const std::system_error&) {
      is_over_ = Descriptor();
    }
  }
  work();
}

Background::~Background() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace tenon::wasi::host
