// WASI 0.3 over the services: what a component's resources are on this side, and how its functions are written.
//
// Each interface is a table of names and functions (cli.cpp, filesystem.cpp, sockets_tcp.cpp, ...). Most functions give
// their answer at once, also where their type is async: what the system does without waiting needs no task. Those that
// wait keep a completion and finish it from an event (events.hpp). Data comes and goes as streams (transfer.hpp).
//
// Handles' representations are numbers in the tables of `Host`. The interfaces are defined under the version 0.3.0.
//
// The standard: https://github.com/WebAssembly/WASI/tree/v0.3.0.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "tenon/component_async.hpp"
#include "wasi/component/define.hpp"
#include "wasi/component/host.hpp"
#include "wasi/p3/events.hpp"
#include "wasi/p3/http.hpp"
#include "wasi/p3/tls.hpp"

namespace tenon::wasi::p3 {

using component::Val;
using host::Errno;
using host::Outcome;
using host::refuse;

enum class SocketState : std::uint8_t { unbound, bound, listening, connecting, connected, closed };
struct TcpSocket {
  std::shared_ptr<host::Descriptor> descriptor;
  bool is_v6 = false;
  SocketState state = SocketState::unbound;
  bool is_sending = false;    // `send` was called
  bool is_receiving = false;  // `receive` was called
  int backlog = 128;
};
struct UdpSocket {
  std::shared_ptr<host::Descriptor> descriptor;
  bool is_v6 = false;
  bool is_bound = false;
  std::optional<host::SocketAddress> remote{};  // that it is connected to
};

extern const bindings::Dialect own_dialect;

struct Host : bindings::CommonHost {
  static constexpr const char* newest_version = "@0.3.0";
  explicit Host(std::shared_ptr<const bindings::Grants> given) : CommonHost(std::move(given), own_dialect) {}

  std::shared_ptr<Events> events = std::make_shared<Events>();
  std::optional<std::array<std::uint64_t, 2>> insecure_seed;  // once it was asked for

  Table<std::shared_ptr<TcpSocket>> tcp_sockets{live_objects};
  Table<std::shared_ptr<UdpSocket>> udp_sockets{live_objects};

  // What sends requests. Errors: io.
  Result<host::Reactor*> get_reactor() {
    auto found = CommonHost::get_reactor();
    if (found) events->reactor = *found;
    return found;
  }
  void set_reactor(host::Reactor* of) { events->reactor = reactor = of; }
  Table<HttpRequestMessage> requests{live_objects};
  Table<HttpResponseMessage> responses{live_objects};

  Table<std::shared_ptr<TlsConnection>> connectors{live_objects};
  Table<std::string> tls_errors{live_objects};
};
using HostOf = bindings::HostOf<Host>;

// Who calls.
struct Context {
  const std::shared_ptr<Host>& host;
  StoreHandle store;
};

struct Function {
  static constexpr const char* newest_version = Host::newest_version;
  const char* name;
  Answer (*run)(const Context& context, Values values) = nullptr;
  // Of those that wait.
  Result<void> (*start)(const Context& context, Values values, ComponentCompletion done) = nullptr;
};
using Interface = bindings::Interface<Function>;
// A common function that has a name of its own here.
template <auto function>
Answer common(const Context& context, Values values) {
  return function(*context.host, values);
}

extern const Interface cli_environment, cli_stdin, cli_stdout, cli_stderr;
extern const Interface clocks_monotonic, clocks_system, clocks_timezone;
extern const Interface random_insecure_seed;
extern const Interface filesystem_types;
extern const Interface sockets_tcp, sockets_udp, sockets_name_lookup;
extern const Interface http_fields, http_options, http_messages, http_client;
extern const Interface tls_types, tls_client;
// All of these; there are the common ones beside them.
std::span<const Interface* const> interfaces();
// Of all that `define` defines, with the versions.
std::vector<std::string> interface_names();

// What is wanted, under version 0.3.0.
Result<void> define(Linker& linker, const std::shared_ptr<HostOf>& of, const Wanted& wanted = {});

// --- Values
inline void finish(const ComponentCompletion& done, Val value) {
  const Val results[] = {std::move(value)};
  if (auto resolved = done.resolve(results); !resolved) done.reject(std::move(resolved).error());
}
// An instant, from nanoseconds since 1970.
Val instant(std::uint64_t nanoseconds);

}  // namespace tenon::wasi::p3
