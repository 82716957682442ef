#include "wasi/host/reactor.hpp"

#include "wasi/host/clocks.hpp"
#include "wasi/host/library.hpp"

namespace tenon::wasi::host {

namespace {

using Make = Reactor* (*)();

}  // namespace

Result<std::unique_ptr<Reactor>> make_reactor() {
  static const auto make = reinterpret_cast<Make>(find_in_library("libtenon_network.so", "tenon_network_make_reactor"));
  if (make == nullptr) {
    return Error(ErrorKind::io,
                 "libtenon_network.so, which HTTP needs, is not beside the program or where libraries are");
  }
  return std::unique_ptr<Reactor>(make());
}

std::uint64_t monotonic_time() noexcept { return now(Clock::monotonic).value_or(0); }

}  // namespace tenon::wasi::host
