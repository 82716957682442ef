// WASI 0.2 over the services: what a component's resources are on this side, and how its functions are written.
//
// Each interface is a table of names and functions (io.cpp, clocks.cpp, cli.cpp, filesystem.cpp, random.cpp), each
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

#include "tenon/component.hpp"
#include "tenon/wasi.hpp"
#include "wasi/host/filesystem.hpp"
#include "wasi/host/network.hpp"
#include "wasi/host/reactor.hpp"
#include "wasi/host/streams.hpp"
#include "wasi/http/resources.hpp"

namespace tenon::wasi::p2 {

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
  explicit Table(std::size_t& count) : count_(count) {}
  std::uint64_t insert(T object) {
    if (unused_.empty()) {
      objects_.emplace_back();
      unused_.push_back(static_cast<std::uint32_t>(objects_.size() - 1));
    }
    const std::uint32_t at = unused_.back();
    unused_.pop_back();
    objects_[at] = std::make_unique<T>(std::move(object));
    ++count_;
    return at + 1;
  }
  // The runtime gives numbers only that were made here and not dropped.
  T& operator[](std::uint64_t number) { return *objects_[static_cast<std::size_t>(number - 1)]; }
  void drop(std::uint64_t number) {
    objects_[static_cast<std::size_t>(number - 1)].reset();
    unused_.push_back(static_cast<std::uint32_t>(number - 1));
    --count_;
  }

 private:
  std::size_t& count_;  // of all tables together
  std::vector<std::unique_ptr<T>> objects_;
  std::vector<std::uint32_t> unused_;
};

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
};
struct NameLookup {
  std::vector<host::IpAddress> addresses;
  std::size_t at = 0;
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
  std::vector<std::pair<std::string, std::string>> settings;
  std::shared_ptr<KeyValues> key_values;

  // What the guest waits with: the server's reactor; one of its own, from when it first needs one; or none.
  host::Reactor* reactor = nullptr;
  std::unique_ptr<host::Reactor> own_reactor;
  Result<host::Reactor*> get_reactor();
  // When the guest's time is over, wherever it waits; and a signal that says so earlier.
  std::optional<std::uint64_t> deadline;
  host::Signal* stop = nullptr;
  std::weak_ptr<host::Pipe> response_body;  // of the request that the guest answers

  std::size_t live_objects = 0;
  Table<Pollable> pollables{live_objects};
  Table<InputStream> inputs{live_objects};
  Table<OutputStream> outputs{live_objects};
  Table<IoError> io_errors{live_objects};
  Table<std::shared_ptr<const host::File>> descriptors{live_objects};
  Table<DirectoryStream> directory_streams{live_objects};

  std::shared_ptr<host::Network> network;
  Table<TcpSocket> tcp_sockets{live_objects};
  Table<UdpSocket> udp_sockets{live_objects};
  Table<DatagramStream> incoming_datagrams{live_objects};
  Table<DatagramStream> outgoing_datagrams{live_objects};
  Table<NameLookup> name_lookups{live_objects};

  Table<std::string> buckets{live_objects};

  Table<http::Fields> fields{live_objects};
  Table<http::IncomingRequest> incoming_requests{live_objects};
  Table<http::OutgoingRequest> outgoing_requests{live_objects};
  Table<http::RequestOptions> request_options{live_objects};
  Table<http::ResponseOutparam> outparams{live_objects};
  Table<http::IncomingResponse> incoming_responses{live_objects};
  Table<http::OutgoingResponse> outgoing_responses{live_objects};
  Table<http::IncomingBody> incoming_bodies{live_objects};
  Table<http::OutgoingBody> outgoing_bodies{live_objects};
  Table<http::FutureTrailers> future_trailers{live_objects};
  Table<http::FutureResponse> future_responses{live_objects};
};

// Whose host the functions of a linker use: usually the same for all guests; a server sets it whenever it goes on with
// another guest.
struct HostOf {
  std::shared_ptr<Host> host;
};

inline constexpr const char* newest_version = "@0.2.12";
inline constexpr const char* keyvalue_version = "@0.2.0-draft";  // as the next, not at 0.2 yet
inline constexpr const char* config_version = "@0.2.0-rc.1";

struct Function {
  const char* name;
  Answer (*run)(Host& host, Values values);
};
struct Interface {
  const char* name;  // "wasi:io/streams"
  std::span<const Function> functions;
  const char* version = newest_version;
};

extern const Interface io_poll, io_error, io_streams;
extern const Interface clocks_monotonic, clocks_wall;
extern const Interface random_random, random_insecure, random_insecure_seed;
extern const Interface cli_environment, cli_exit, cli_stdin, cli_stdout, cli_stderr;
extern const Interface cli_terminal_stdin, cli_terminal_stdout, cli_terminal_stderr;
extern const Interface sockets_network, sockets_instance_network, sockets_tcp, sockets_tcp_create, sockets_udp,
    sockets_udp_create, sockets_name_lookup;
extern const Interface filesystem_types, filesystem_preopens;
extern const Interface config_store, keyvalue_store, keyvalue_atomics, keyvalue_batch;
extern const Interface http_fields, http_messages, http_bodies, http_futures, http_outgoing_handler;

// Everything, under the newest version of 0.2.
Result<void> define(Linker& linker, const std::shared_ptr<HostOf>& of);

// --- Values
inline Val handle(std::uint64_t number) { return Val::handle({number, {}}); }
inline std::uint64_t number_of(const Val& value) { return value.handle().rep; }
inline Val bytes(std::span<const std::uint8_t> data) { return Val::packed(component::ValKind::u8, data); }
inline Val record(std::initializer_list<Val> fields) { return Val::record({fields.begin(), fields.size()}); }
inline Answer one(Val value) { return std::vector<Val>{std::move(value)}; }
inline Answer nothing() { return std::vector<Val>{}; }
Val datetime(std::uint64_t nanoseconds);

// Most bytes that one read or write moves.
inline constexpr std::uint64_t largest_piece = std::uint64_t{1} << 16;

Pollable pollable_of(const InputStream& stream);
Pollable pollable_of(const OutputStream& stream);
bool is_ready(const Pollable& pollable);
// Errors: trap, when the guest's time is over.
Result<void> wait_for(Host& host, std::span<const Pollable* const> pollables);

}  // namespace tenon::wasi::p2
