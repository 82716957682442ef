#include "wasi/host/sockets.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <sys/uio.h>

namespace tenon::wasi::host {

namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

std::optional<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<Address> read_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto port = read_port(std::string_view(text).substr(colon + 1));
  if (!port) return std::nullopt;
  std::string host = text.substr(0, colon);
  Address address;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(*port);
    if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.size = sizeof v6;
    return address;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(*port);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) return std::nullopt;
  std::memcpy(&address.storage, &v4, sizeof v4);
  address.size = sizeof v4;
  return address;
}

// A message over a list of buffers.
template <class Byte>
struct Message {
  std::array<iovec, most_buffers> vectors;
  msghdr head{};

  explicit Message(std::span<const std::span<Byte>> buffers) {
    const std::size_t count = std::min(buffers.size(), most_buffers);
    for (std::size_t i = 0; i < count; ++i) {
      vectors[i] = {const_cast<std::uint8_t*>(buffers[i].data()), buffers[i].size()};
    }
    head.msg_iov = vectors.data();
    head.msg_iovlen = count;
  }
};

}  // namespace

Outcome<Descriptor> listen(const std::string& text) {
  const auto address = read_address(text);
  if (!address) return refuse(Errno::inval);
  Descriptor listener(::socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener) return refuse_by_system();
  const int yes = 1;
  ::setsockopt(listener.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const void* name = &address->storage;
  if (::bind(listener.number(), static_cast<const sockaddr*>(name), address->size) != 0 ||
      ::listen(listener.number(), SOMAXCONN) != 0) {
    return refuse_by_system();
  }
  return listener;
}

Outcome<Descriptor> accept(const Descriptor& listener, bool nonblock) {
  Descriptor connection(::accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC | (nonblock ? SOCK_NONBLOCK : 0)));
  if (!connection) return refuse_by_system();
  return connection;
}

Outcome<Received> receive(const Descriptor& connection, Buffers buffers, bool peek, bool wait_for_all) {
  Message message(buffers);
  const int flags = (peek ? MSG_PEEK : 0) | (wait_for_all ? MSG_WAITALL : 0);
  const ssize_t size = ::recvmsg(connection.number(), &message.head, flags);
  if (size < 0) return refuse_by_system();
  return Received{static_cast<std::size_t>(size), (message.head.msg_flags & MSG_TRUNC) != 0};
}

Outcome<std::size_t> send(const Descriptor& connection, ConstBuffers buffers) {
  Message message(buffers);
  const ssize_t size = ::sendmsg(connection.number(), &message.head, MSG_NOSIGNAL);
  if (size < 0) return refuse_by_system();
  return static_cast<std::size_t>(size);
}

Outcome<void> shutdown(const Descriptor& connection, bool reading, bool writing) {
  const int how = reading && writing ? SHUT_RDWR : reading ? SHUT_RD : SHUT_WR;
  if (::shutdown(connection.number(), how) != 0) return refuse_by_system();
  return {};
}

Outcome<void> set_nonblock(const Descriptor& descriptor, bool nonblock) {
  const int bits = ::fcntl(descriptor.number(), F_GETFL);
  if (bits < 0) return refuse_by_system();
  const int wanted = nonblock ? bits | O_NONBLOCK : bits & ~O_NONBLOCK;
  if (::fcntl(descriptor.number(), F_SETFL, wanted) != 0) return refuse_by_system();
  return {};
}

Outcome<bool> is_nonblock(int descriptor) {
  const int bits = ::fcntl(descriptor, F_GETFL);
  if (bits < 0) return refuse_by_system();
  return (bits & O_NONBLOCK) != 0;
}

}  // namespace tenon::wasi::host
