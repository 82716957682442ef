// WASI 0.2 over the services: what a component's resources are on this side, and how its functions are written.
//
// Each interface is a table of names and functions (io.cpp, cli.cpp, filesystem.cpp, sockets.cpp), each
// function takes the guest's values as they are, for their types were checked when the component was linked, and gives
// values. A handle's representation is a number in one of the tables of `Host`. The interfaces are defined under their
// newest version, which serves every older 0.2 as well.
//
// Streams do their work at once: `write` writes, `flush` has nothing left to do. Only reading from what is not ready,
// and polling, wait: in the system's `poll`, or, where there is a reactor, for signals and other guests too.
//
// The standard: https://github.com/WebAssembly/WASI/tree/wasi-0.2.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wasi/component/define.hpp"
#include "wasi/component/host.hpp"
#include "wasi/http/resources.hpp"

namespace tenon::wasi::p2 {

using component::Val;
using host::Errno;
using host::Outcome;
using host::refuse;

// What can be waited for: a time, a descriptor of the system, a signal, or nothing, which is ready.
struct Pollable {
  int descriptor = -1;
  bool to_write = false;
  std::optional<std::uint64_t> due{};   // on the monotonic clock
  std::shared_ptr<const void> owner{};  // of the descriptor, or the signal
  host::Signal* signal = nullptr;
};

// Why a stream failed.
struct IoError {
  Errno error = Errno::io;
  std::optional<host::HttpFailure> http{};
};

struct InputStream {
  std::shared_ptr<host::ByteStream> stream{};
  std::shared_ptr<const host::File> file{};
  std::uint64_t offset = 0;  // in the file
  std::shared_ptr<host::Pipe> pipe{};
};
struct OutputStream {
  std::shared_ptr<host::ByteStream> stream{};
  std::shared_ptr<const host::File> file{};
  std::uint64_t offset = 0;
  std::uint64_t written = 0;  // to the file
  bool appends = false;
  std::shared_ptr<host::Pipe> pipe{};
  http::BodyLength length{};  // of what goes into the pipe
};
struct DirectoryStream {
  std::shared_ptr<const host::File> directory;
  std::vector<host::DirectoryEntry> entries{};
  std::size_t at = 0;
  std::uint64_t cookie = 0;
};

// Sockets go through these states in order; binding is optional for clients.
enum class SocketState : std::uint8_t { open, binding, bound, connecting, connected, starting_to_listen, listening };
struct TcpSocket {
  std::shared_ptr<host::Descriptor> descriptor;
  bool is_v6 = false;
  SocketState state = SocketState::open;
  int backlog = 128;
};
struct UdpSocket {
  std::shared_ptr<host::Descriptor> descriptor;
  bool is_v6 = false;
  SocketState state = SocketState::open;
};
// One direction of a UDP socket, and whom it is connected to.
struct DatagramStream {
  std::shared_ptr<host::Descriptor> descriptor;
  bool is_v6 = false;
  std::optional<host::SocketAddress> remote{};
  std::uint64_t permitted = 0;  // to be sent: what `check-send` said, for one call
};
// The look-up of a name, which may still be under way.
struct NameLookup {
  struct Reply {
    host::Signal is_there;
    Outcome<std::vector<host::IpAddress>> addresses{};
  };
  std::shared_ptr<Reply> answer;
  std::size_t at = 0;  // of the next address
};

extern const bindings::Dialect own_dialect;

struct Host : bindings::CommonHost {
  static constexpr const char* newest_version = "@0.2.12";
  explicit Host(std::shared_ptr<const bindings::Grants> given) : CommonHost(std::move(given), own_dialect) {}

  // When the guest's time is over, wherever it waits; and a signal that says so earlier.
  std::optional<std::uint64_t> deadline;
  host::Signal* stop = nullptr;
  const Caller* caller = nullptr;  // while one of the functions runs
  bool is_interrupted() const { return caller != nullptr && caller->is_interrupted(); }
  std::weak_ptr<host::Pipe> response_body;  // of the request that the guest answers

  Table<Pollable> pollables{live_objects};
  Table<InputStream> inputs{live_objects};
  Table<OutputStream> outputs{live_objects};
  Table<IoError> io_errors{live_objects};
  Table<DirectoryStream> directory_streams{live_objects};

  Table<TcpSocket> tcp_sockets{live_objects};
  Table<UdpSocket> udp_sockets{live_objects};
  Table<DatagramStream> incoming_datagrams{live_objects};
  Table<DatagramStream> outgoing_datagrams{live_objects};
  Table<NameLookup> name_lookups{live_objects};

  Table<std::string> buckets{live_objects};

  Table<http::IncomingRequest> incoming_requests{live_objects};
  Table<http::OutgoingRequest> outgoing_requests{live_objects};
  Table<http::ResponseOutparam> outparams{live_objects};
  Table<http::IncomingResponse> incoming_responses{live_objects};
  Table<http::OutgoingResponse> outgoing_responses{live_objects};
  Table<http::IncomingBody> incoming_bodies{live_objects};
  Table<http::OutgoingBody> outgoing_bodies{live_objects};
  Table<http::FutureTrailers> future_trailers{live_objects};
  Table<http::FutureResponse> future_responses{live_objects};
};

using HostOf = bindings::HostOf<Host>;

inline constexpr const char* keyvalue_version = "@0.2.0-draft";  // as the next, not at 0.2 yet
inline constexpr const char* config_version = "@0.2.0-rc.1";

struct Function {
  static constexpr const char* newest_version = Host::newest_version;
  const char* name;
  Answer (*run)(Host& host, Values values);
};
using Interface = bindings::Interface<Function>;
// A common function that has a name of its own here.
template <auto function>
Answer common(Host& host, Values values) {
  return function(host, values);
}

extern const Interface io_poll, io_error, io_streams;
extern const Interface clocks_monotonic, clocks_wall;
extern const Interface random_insecure_seed;
extern const Interface cli_environment, cli_stdin, cli_stdout, cli_stderr;
extern const Interface sockets_network, sockets_instance_network, sockets_tcp, sockets_tcp_create, sockets_udp,
    sockets_udp_create, sockets_name_lookup;
extern const Interface filesystem_types;
extern const Interface config_store, keyvalue_store, keyvalue_atomics, keyvalue_batch;
extern const Interface http_fields, http_options, http_messages, http_bodies, http_futures, http_outgoing_handler;
// All of these; there are the common ones beside them.
std::span<const Interface* const> interfaces();
// Of all that `define` defines, with the versions.
std::vector<std::string> interface_names();

// What is wanted, under the newest version of 0.2.
Result<void> define(Linker& linker, const std::shared_ptr<HostOf>& of, const Wanted& wanted = {});

// An instant, from nanoseconds since 1970.
Val datetime(std::uint64_t nanoseconds);

// Most bytes that one read or write moves.
inline constexpr std::uint64_t largest_piece = std::uint64_t{1} << 16;

// A pollable that is a child of an object in that table.
template <class T>
Val pollable_handle(Host& host, Table<T>& parents, const Val& parent, Pollable pollable) {
  return handle(host.pollables.insert(std::move(pollable), parents.kinship(number_of(parent))));
}
Pollable pollable_of(const InputStream& stream);
Pollable pollable_of(const OutputStream& stream);
bool is_ready(const Pollable& pollable);
// Errors: trap, when the guest's time is over.
Result<void> wait_for(Host& host, std::span<const Pollable* const> pollables);

}  // namespace tenon::wasi::p2
