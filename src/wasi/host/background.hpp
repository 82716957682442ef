// Work that waits for the disk, on a thread of its own: for a guest that has no server around it, and so no reactor
// (host/reactor.hpp), which has threads for this.
#pragma once

#include <functional>
#include <thread>

#include "wasi/host/descriptor.hpp"

namespace tenon::wasi::host {

class Background {
 public:
  // Begins. Where there are no more threads or descriptors, it is done when this returns.
  explicit Background(std::function<void()> work);
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  // Waits for the end.
  ~Background();
  // Can be read from when it is over. -1: it is.
  int descriptor() const noexcept { return is_over_.number(); }

 private:
  Descriptor is_over_;
  std::thread thread_;
};

}  // namespace tenon::wasi::host
