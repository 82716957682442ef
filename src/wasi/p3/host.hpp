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
#include <string>
#include <utility>
#include <vector>

#include "tenon/component_async.hpp"
#include "tenon/wasi.hpp"
#include "wasi/host/filesystem.hpp"
#include "wasi/host/network.hpp"
#include "wasi/host/streams.hpp"
#include "wasi/p3/events.hpp"
#include "wasi/p3/http.hpp"

namespace tenon::wasi::p3 {

using component::Val;
using host::Errno;
using host::Outcome;
using host::refuse;
using Values = std::span<const Val>;
using Answer = Result<std::vector<Val>>;

// Objects by number; 0 is none. Numbers are used again.
template <class T>
class Table {
 public:
  std::uint64_t insert(T object) {
    if (unused_.empty()) {
      objects_.emplace_back();
      unused_.push_back(objects_.size());
    }
    const std::size_t number = unused_.back();
    unused_.pop_back();
    objects_[number - 1] = std::make_unique<T>(std::move(object));
    return number;
  }
  // The runtime gives numbers only that were made here and not dropped.
  T& operator[](std::uint64_t number) { return *objects_[static_cast<std::size_t>(number - 1)]; }
  void drop(std::uint64_t number) {
    objects_[static_cast<std::size_t>(number - 1)].reset();
    unused_.push_back(static_cast<std::size_t>(number));
  }

 private:
  std::vector<std::unique_ptr<T>> objects_;
  std::vector<std::size_t> unused_;
};

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

struct Host {
  Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  // Errors: io (a directory that cannot be opened), usage (what is no HOST:PORT).
  static Result<std::shared_ptr<Host>> make(const Config& config);
  // Another that is given the same, and has nothing open yet.
  static std::shared_ptr<Host> with_grants_of(const Host& other);

  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::shared_ptr<host::ByteStream> input, output, errors;
  std::vector<std::pair<std::shared_ptr<const host::File>, std::string>> directories;
  std::shared_ptr<host::Network> network;
  std::shared_ptr<Events> events = std::make_shared<Events>();
  std::optional<std::array<std::uint64_t, 2>> insecure_seed;  // once it was asked for

  Table<std::shared_ptr<const host::File>> descriptors;
  Table<std::shared_ptr<TcpSocket>> tcp_sockets;
  Table<std::shared_ptr<UdpSocket>> udp_sockets;

  // What sends requests: the server's reactor, or one of its own from when it first needs one. Errors: io.
  Result<host::Reactor*> get_reactor();
  std::unique_ptr<host::Reactor> own_reactor;
  Table<HttpFieldList> fields;
  Table<HttpOptions> request_options;
  Table<HttpRequestMessage> requests;
  Table<HttpResponseMessage> responses;
};

// Whose host the functions of a linker use: usually the same for all guests; a server sets it whenever it goes on with
// another guest.
struct HostOf {
  std::shared_ptr<Host> host;
};

// Who calls.
struct Context {
  const std::shared_ptr<Host>& host;
  StoreHandle store;
};

struct Function {
  const char* name;
  Answer (*run)(const Context& context, Values values) = nullptr;
  // Of those that wait.
  Result<void> (*start)(const Context& context, Values values, ComponentCompletion done) = nullptr;
};
struct Interface {
  const char* name;  // "wasi:cli/stdin"
  std::span<const Function> functions;
};

extern const Interface cli_environment, cli_exit, cli_stdin, cli_stdout, cli_stderr;
extern const Interface cli_terminal_stdin, cli_terminal_stdout, cli_terminal_stderr;
extern const Interface clocks_monotonic, clocks_system;
extern const Interface random_random, random_insecure, random_insecure_seed;
extern const Interface filesystem_types, filesystem_preopens;
extern const Interface sockets_tcp, sockets_udp, sockets_name_lookup;
extern const Interface http_fields, http_messages, http_client;

// Everything, under version 0.3.0.
Result<void> define(Linker& linker, const std::shared_ptr<HostOf>& of);

// --- Values
inline Val handle(std::uint64_t number) { return Val::handle({number, {}}); }
inline std::uint64_t number_of(const Val& value) { return value.handle().rep; }
inline Val bytes(std::span<const std::uint8_t> data) { return Val::packed(component::ValKind::u8, data); }
inline Val record(std::initializer_list<Val> fields) { return Val::record({fields.begin(), fields.size()}); }
inline Answer one(Val value) { return std::vector<Val>{std::move(value)}; }
inline void finish(const ComponentCompletion& done, Val value) {
  const Val results[] = {std::move(value)};
  if (auto resolved = done.resolve(results); !resolved) done.reject(std::move(resolved).error());
}
// An instant, from nanoseconds since 1970.
Val instant(std::uint64_t nanoseconds);

}  // namespace tenon::wasi::p3
