// The functions that begin with sock_. A guest of preview1 cannot open a socket: it is given listeners, and gets
// connections from them.
#include "wasi/host/sockets.hpp"

#include "wasi/p1/process.hpp"

namespace tenon::wasi::p1 {

namespace {

constexpr std::uint32_t flag_nonblock = 4;                       // of fdflags
constexpr std::uint32_t receive_peek = 1, receive_wait_all = 2;  // of riflags
constexpr std::uint16_t received_truncated = 1;                  // of roflags
constexpr std::uint32_t shut_reading = 1, shut_writing = 2;      // of sdflags

// The socket of kind `Kind` behind an entry. Errors: notsock (none at all), inval (of the other kind), notcapable.
template <class Kind, class Other>
Outcome<Kind*> socket_of(Outcome<Entry*> entry, Rights rights) {
  if (!entry) return refuse(entry.error());
  if (std::holds_alternative<Other>((*entry)->what)) return refuse(Errno::inval);
  auto* socket = std::get_if<Kind>(&(*entry)->what);
  if (socket == nullptr) return refuse(Errno::notsock);
  if (((*entry)->rights & rights) != rights) return refuse(Errno::notcapable);
  return socket;
}

}  // namespace

Errno Process::sock_accept(Caller caller, Fd fd, std::uint32_t flags, Out<std::uint32_t> opened) {
  const auto listener = socket_of<Listener, Connection>(find(fd), right::sock_accept);
  if (!listener) return listener.error();
  if ((flags & ~flag_nonblock) != 0) return Errno::inval;
  if (const auto ready = wait_until_ready(caller, *entries_[fd.number], false); !ready) return ready.error();
  auto accepted = host::accept((*listener)->descriptor, flags != 0);
  if (!accepted) return accepted.error();
  const auto number = insert({Connection{std::move(*accepted)}, right::of_connections});
  if (!number) return number.error();
  opened.set(*number);
  return Errno::success;
}

Errno Process::sock_recv(Caller caller, Fd fd, ReadList buffers, std::uint32_t flags, Out<std::uint32_t> size,
                         Out<std::uint16_t> result) {
  const auto connection = socket_of<Connection, Listener>(find(fd), right::fd_read);
  if (!connection) return connection.error();
  if (flags > (receive_peek | receive_wait_all)) return Errno::inval;
  if (const auto ready = wait_until_ready(caller, *entries_[fd.number], false); !ready) return ready.error();
  const auto received = host::receive((*connection)->descriptor, buffers.buffers(), (flags & receive_peek) != 0,
                                      (flags & receive_wait_all) != 0);
  if (!received) return received.error();
  size.set(static_cast<std::uint32_t>(received->size));
  result.set(received->is_truncated ? received_truncated : 0);
  return Errno::success;
}

Errno Process::sock_send(Caller caller, Fd fd, WriteList buffers, std::uint32_t flags, Out<std::uint32_t> size) {
  const auto connection = socket_of<Connection, Listener>(find(fd), right::fd_write);
  if (!connection) return connection.error();
  if (flags != 0) return Errno::inval;  // none is defined
  if (const auto ready = wait_until_ready(caller, *entries_[fd.number], true); !ready) return ready.error();
  const auto sent = host::send((*connection)->descriptor, buffers.buffers());
  if (!sent) return sent.error();
  size.set(static_cast<std::uint32_t>(*sent));
  return Errno::success;
}

Errno Process::sock_shutdown(Fd fd, std::uint32_t how) {
  const auto connection = socket_of<Connection, Listener>(find(fd), right::sock_shutdown);
  if (!connection) return connection.error();
  if (how == 0 || how > (shut_reading | shut_writing)) return Errno::inval;
  return error_of(host::shutdown((*connection)->descriptor, (how & shut_reading) != 0, (how & shut_writing) != 0));
}

}  // namespace tenon::wasi::p1
