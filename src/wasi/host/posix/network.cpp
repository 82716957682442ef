#include "wasi/host/network.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tenon::wasi::host {

namespace {

// The system's form of an address.
struct Name {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* pointer() {
    void* start = &storage;
    return static_cast<sockaddr*>(start);
  }
};

Name to_name(const SocketAddress& address) {
  Name name;
  if (address.ip.is_v6) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    v6.sin6_flowinfo = htonl(address.flow_info);
    v6.sin6_scope_id = address.scope_id;
    std::memcpy(&v6.sin6_addr, address.ip.bytes.data(), 16);
    std::memcpy(&name.storage, &v6, sizeof v6);
    name.size = sizeof v6;
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, address.ip.bytes.data(), 4);
    std::memcpy(&name.storage, &v4, sizeof v4);
    name.size = sizeof v4;
  }
  return name;
}

SocketAddress from_name(const sockaddr_storage& storage) {
  SocketAddress address;
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &storage, sizeof v6);
    address.ip.is_v6 = true;
    std::memcpy(address.ip.bytes.data(), &v6.sin6_addr, 16);
    address.port = ntohs(v6.sin6_port);
    address.flow_info = ntohl(v6.sin6_flowinfo);
    address.scope_id = v6.sin6_scope_id;
  } else {
    sockaddr_in v4;
    std::memcpy(&v4, &storage, sizeof v4);
    std::memcpy(address.ip.bytes.data(), &v4.sin_addr, 4);
    address.port = ntohs(v4.sin_port);
  }
  return address;
}

std::optional<IpAddress> read_ip(std::string text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  IpAddress address;
  if (inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) return address;
  address.is_v6 = true;
  if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

bool holds(const std::vector<IpAddress>& addresses, const IpAddress& address) {
  return std::ranges::find(addresses, address) != addresses.end();
}

Outcome<void> done(int result) {
  if (result != 0) return refuse_by_system();
  return {};
}

}  // namespace

std::string to_string(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(address.is_v6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text);
  return address.is_v6 ? "[" + std::string(text) + "]" : text;
}

Result<Network> Network::make(const std::vector<std::string>& patterns, Observer observer) {
  Network network;
  network.observer_ = std::move(observer);
  for (const std::string& text : patterns) {
    const std::size_t colon = text.rfind(':');
    Pattern pattern{.host = text.substr(0, colon), .port = std::nullopt};
    const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
    std::uint16_t number = 0;
    const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
    const bool is_number = parsed.ec == std::errc() && parsed.ptr == port.data() + port.size() && !port.empty();
    if (pattern.host.empty() || !(is_number || port == "*")) {
      return Error(ErrorKind::usage, "expected HOST:PORT, where either may be *, found \"" + text + "\"");
    }
    if (is_number) pattern.port = number;
    pattern.ip = read_ip(pattern.host);
    network.patterns_.push_back(std::move(pattern));
  }
  return network;
}

bool Network::allows(const SocketAddress& address, std::string_view verb) const {
  const bool is_allowed = std::ranges::any_of(patterns_, [&](const Pattern& pattern) {
    if (pattern.port && *pattern.port != address.port) return false;
    return pattern.host == "*" || pattern.ip == address.ip || holds(pattern.resolved, address.ip);
  });
  if (!is_allowed && observer_) {
    const std::string name = to_string(address.ip) + ":" + std::to_string(address.port);
    observer_({std::string(verb) + " " + name, "--allow-net " + name});
  }
  return is_allowed;
}

bool Network::allows_name(const std::string& host, std::uint16_t port, std::string_view verb) const {
  if (const auto ip = read_ip(host)) return allows({.ip = *ip, .port = port}, verb);
  const bool is_allowed = std::ranges::any_of(patterns_, [&](const Pattern& pattern) {
    if (pattern.port && *pattern.port != port) return false;
    return pattern.host == "*" || pattern.host == host;
  });
  if (!is_allowed && observer_) {
    const std::string name = host + ":" + std::to_string(port);
    observer_({std::string(verb) + " " + name, "--allow-net " + name});
  }
  return is_allowed;
}

Outcome<std::vector<IpAddress>> Network::resolve(const std::string& name) {
  if (!may_resolve(name)) return refuse(Errno::notcapable);
  auto addresses = look_up(name);
  if (addresses) add_resolved(name, *addresses);
  return addresses;
}

bool Network::may_resolve(const std::string& name) const {
  if (read_ip(name)) return true;
  const auto names = [&](const Pattern& pattern) { return pattern.host == "*" || pattern.host == name; };
  if (std::ranges::any_of(patterns_, names)) return true;
  if (observer_) observer_({"look up " + name, "--allow-net " + name + ":PORT"});
  return false;
}

void Network::add_resolved(const std::string& name, const std::vector<IpAddress>& addresses) {
  for (Pattern& pattern : patterns_) {
    if (pattern.host == name) pattern.resolved = addresses;
  }
}

Outcome<std::vector<IpAddress>> Network::look_up(const std::string& name) {
  if (auto address = read_ip(name)) return std::vector{*address};
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &wanted, &list);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  if (error == EAI_AGAIN) return refuse(Errno::again);
  if (error != 0) return refuse(Errno::noent);
  std::vector<IpAddress> addresses;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    sockaddr_storage storage{};
    std::memcpy(&storage, one->ai_addr, std::min<std::size_t>(one->ai_addrlen, sizeof storage));
    const IpAddress address = from_name(storage).ip;
    if (!holds(addresses, address)) addresses.push_back(address);
  }
  return addresses;
}

Outcome<Descriptor> open_socket(SocketKind kind, bool is_v6) {
  const int type = kind == SocketKind::stream ? SOCK_STREAM : SOCK_DGRAM;
  Descriptor socket(::socket(is_v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return refuse_by_system();
  const int yes = 1;
  if (is_v6) ::setsockopt(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);  // as WASI has it
  return socket;
}

Outcome<void> bind(const Descriptor& socket, const SocketAddress& address) {
  // A port that a connection has left is free again. For datagrams, this would share it with others.
  const int yes = 1;
  int type = SOCK_STREAM;
  socklen_t size = sizeof type;
  ::getsockopt(socket.number(), SOL_SOCKET, SO_TYPE, &type, &size);
  if (type == SOCK_STREAM) ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  Name name = to_name(address);
  return done(::bind(socket.number(), name.pointer(), name.size));
}

Outcome<void> connect(const Descriptor& socket, const SocketAddress& address) {
  Name name = to_name(address);
  return done(::connect(socket.number(), name.pointer(), name.size));
}

Outcome<void> disconnect(const Descriptor& socket) {
  Name name;
  name.storage.ss_family = AF_UNSPEC;
  return done(::connect(socket.number(), name.pointer(), sizeof(sockaddr)));
}

Outcome<void> take_error(const Descriptor& socket) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return refuse_by_system();
  if (error != 0) return refuse(from_posix(error));
  return {};
}

Outcome<void> start_listening(const Descriptor& socket, int backlog) {
  return done(::listen(socket.number(), backlog));
}

Outcome<SocketAddress> local_address(const Descriptor& socket) {
  Name name;
  if (::getsockname(socket.number(), name.pointer(), &name.size) != 0) return refuse_by_system();
  return from_name(name.storage);
}

Outcome<SocketAddress> remote_address(const Descriptor& socket) {
  Name name;
  if (::getpeername(socket.number(), name.pointer(), &name.size) != 0) return refuse_by_system();
  return from_name(name.storage);
}

namespace {

struct SystemOption {
  int level;
  int name;
};

SystemOption system_option(SocketOption option, bool is_v6) {
  switch (option) {
    case SocketOption::keep_alive: return {SOL_SOCKET, SO_KEEPALIVE};
    case SocketOption::keep_alive_idle: return {IPPROTO_TCP, TCP_KEEPIDLE};
    case SocketOption::keep_alive_interval: return {IPPROTO_TCP, TCP_KEEPINTVL};
    case SocketOption::keep_alive_count: return {IPPROTO_TCP, TCP_KEEPCNT};
    case SocketOption::hop_limit:
      return is_v6 ? SystemOption{IPPROTO_IPV6, IPV6_UNICAST_HOPS} : SystemOption{IPPROTO_IP, IP_TTL};
    case SocketOption::receive_buffer: return {SOL_SOCKET, SO_RCVBUF};
    case SocketOption::send_buffer: return {SOL_SOCKET, SO_SNDBUF};
  }
  return {};
}

// Linux keeps twice of what was asked for, and tells the double.
bool is_doubled(SocketOption option) {
  return option == SocketOption::receive_buffer || option == SocketOption::send_buffer;
}

}  // namespace

Outcome<int> get_option(const Descriptor& socket, SocketOption option, bool is_v6) {
  const SystemOption system = system_option(option, is_v6);
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(socket.number(), system.level, system.name, &value, &size) != 0) return refuse_by_system();
  return is_doubled(option) ? value / 2 : value;
}

Outcome<void> set_option(const Descriptor& socket, SocketOption option, bool is_v6, int value) {
  const SystemOption system = system_option(option, is_v6);
  return done(::setsockopt(socket.number(), system.level, system.name, &value, sizeof value));
}

Outcome<Datagram> receive_datagram(const Descriptor& socket) {
  constexpr std::size_t largest = 65'536;
  Datagram datagram;
  datagram.data.resize(largest);
  Name name;
  const ssize_t size =
      ::recvfrom(socket.number(), datagram.data.data(), datagram.data.size(), 0, name.pointer(), &name.size);
  if (size < 0) return refuse_by_system();
  datagram.data.resize(static_cast<std::size_t>(size));
  datagram.from = from_name(name.storage);
  return datagram;
}

Outcome<void> send_datagram(const Descriptor& socket, std::span<const std::uint8_t> data,
                            const std::optional<SocketAddress>& to) {
  Name name = to_name(to.value_or(SocketAddress{}));
  const ssize_t size = ::sendto(socket.number(), data.data(), data.size(), MSG_NOSIGNAL, to ? name.pointer() : nullptr,
                                to ? name.size : 0);
  if (size < 0) return refuse_by_system();
  return {};
}

}  // namespace tenon::wasi::host
