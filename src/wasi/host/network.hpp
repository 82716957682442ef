// Sockets by capability: a guest reaches the addresses that the host allowed, and no others.
//
// What is allowed is a list of HOST:PORT, where either may be `*`. A host may be an address or a name; a guest may look
// up an allowed name, and may then reach the addresses that the look-up gave, at the port that goes with the name.
// Binding and listening ask for the local address in the same list. An attempt that is refused is told to the observer.
//
// All sockets are nonblocking: who waits polls.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/wasi.hpp"
#include "wasi/host/descriptor.hpp"
#include "wasi/host/errno.hpp"
#include "wasi/host/filesystem.hpp"

namespace tenon::wasi::host {

struct IpAddress {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // the first four of IPv4, in network order
  bool operator==(const IpAddress&) const = default;
};
struct SocketAddress {
  IpAddress ip;
  std::uint16_t port = 0;
  std::uint32_t flow_info = 0;  // of IPv6, as the next
  std::uint32_t scope_id = 0;
};
std::string to_string(const IpAddress& address);

class Network {
 public:
  // Errors: usage (a pattern that is none).
  static Result<Network> make(const std::vector<std::string>& patterns, Observer observer);

  // `verb` is for the observer: "connect to", "bind to".
  bool allows(const SocketAddress& address, std::string_view verb) const;
  // The same for a host by its name, or an address in words.
  bool allows_name(const std::string& host, std::uint16_t port, std::string_view verb) const;
  // The addresses of a name. Errors: notcapable (it is not allowed), noent (it has no address), again.
  Outcome<std::vector<IpAddress>> resolve(const std::string& name);
  // The same in parts, for who must not wait: whether the name is allowed; the system's answer, from any thread; and
  // what that answer allows.
  bool may_resolve(const std::string& name) const;
  static Outcome<std::vector<IpAddress>> look_up(const std::string& name);
  void add_resolved(const std::string& name, const std::vector<IpAddress>& addresses);

 private:
  struct Pattern {
    std::string host;                   // "*" for any
    std::optional<IpAddress> ip{};      // if the host is an address
    std::optional<std::uint16_t> port;  // none for any
    std::vector<IpAddress> resolved{};  // what the name was resolved to
  };
  std::vector<Pattern> patterns_;
  Observer observer_;
};

// --- TCP and UDP
enum class SocketKind : std::uint8_t { stream, datagram };
Outcome<Descriptor> open_socket(SocketKind kind, bool is_v6);
Outcome<void> bind(const Descriptor& socket, const SocketAddress& address);
// Errors: inprogress, when it goes on in the background: then wait until it can be written to, and ask `take_error`.
Outcome<void> connect(const Descriptor& socket, const SocketAddress& address);
Outcome<void> disconnect(const Descriptor& socket);
Outcome<void> take_error(const Descriptor& socket);
Outcome<void> start_listening(const Descriptor& socket, int backlog);
Outcome<SocketAddress> local_address(const Descriptor& socket);
Outcome<SocketAddress> remote_address(const Descriptor& socket);

// Options that are one number.
enum class SocketOption : std::uint8_t {
  keep_alive,
  keep_alive_idle,      // seconds
  keep_alive_interval,  // seconds
  keep_alive_count,
  hop_limit,
  receive_buffer,
  send_buffer,
};
Outcome<int> get_option(const Descriptor& socket, SocketOption option, bool is_v6);
Outcome<void> set_option(const Descriptor& socket, SocketOption option, bool is_v6, int value);

struct Datagram {
  std::vector<std::uint8_t> data;
  SocketAddress from;
};
Outcome<Datagram> receive_datagram(const Descriptor& socket);
// To where it is connected, without an address.
Outcome<void> send_datagram(const Descriptor& socket, std::span<const std::uint8_t> data,
                            const std::optional<SocketAddress>& to);

}  // namespace tenon::wasi::host
