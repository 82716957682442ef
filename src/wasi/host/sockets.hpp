// Sockets as preview1 knows them: a listener that the host opened for the guest, and the connections it accepts.
#pragma once

#include <string>

#include "wasi/host/descriptor.hpp"
#include "wasi/host/filesystem.hpp"

namespace tenon::wasi::host {

struct Received {
  std::size_t size = 0;
  bool is_truncated = false;
};

// `address` is HOST:PORT, or [HOST]:PORT for IPv6, in numbers. Errors: inval (it is none), those of the system.
Outcome<Descriptor> listen(const std::string& address);
Outcome<Descriptor> accept(const Descriptor& listener, bool nonblock);
Outcome<Received> receive(const Descriptor& connection, Buffers buffers, bool peek, bool wait_for_all);
Outcome<std::size_t> send(const Descriptor& connection, ConstBuffers buffers);
Outcome<void> shutdown(const Descriptor& connection, bool reading, bool writing);
Outcome<void> set_nonblock(const Descriptor& descriptor, bool nonblock);
Outcome<bool> is_nonblock(int descriptor);

}  // namespace tenon::wasi::host
