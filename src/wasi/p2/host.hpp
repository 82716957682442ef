// WASI 0.2 over the services: what a component's resources are on this side, and how its functions are written.
//
// Each interface is a table of names and functions (io.cpp, clocks.cpp, cli.cpp, filesystem.cpp, random.cpp), each
// function takes the guest's values as they are, for their types were checked when the component was linked, and gives
// values. A handle's representation is a number in one of the tables of `Host`. The interfaces are defined under their
// newest version, which serves every older 0.2 as well.
//
// Streams do their work at once: `write` writes, `flush` has nothing left to do. Only reading from what is not ready,
// and polling, wait.
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
#include "wasi/host/streams.hpp"

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
  std::uint64_t insert(T object) {
    std::size_t at = 0;
    while (at < objects_.size() && objects_[at]) ++at;
    if (at == objects_.size()) objects_.emplace_back();
    objects_[at] = std::make_unique<T>(std::move(object));
    return at + 1;
  }
  // The runtime gives numbers only that were made here and not dropped.
  T& operator[](std::uint64_t number) { return *objects_[static_cast<std::size_t>(number - 1)]; }
  void drop(std::uint64_t number) { objects_[static_cast<std::size_t>(number - 1)].reset(); }

 private:
  std::vector<std::unique_ptr<T>> objects_;
};

// What can be waited for: a time, a descriptor of the system, or nothing, which is ready.
struct Pollable {
  int descriptor = -1;
  bool to_write = false;
  std::optional<std::uint64_t> due{};   // on the monotonic clock
  std::shared_ptr<const void> owner{};  // of the descriptor
};

struct InputStream {
  std::shared_ptr<host::ByteStream> stream{};
  std::shared_ptr<const host::File> file{};
  std::uint64_t offset = 0;  // in the file
};
struct OutputStream {
  std::shared_ptr<host::ByteStream> stream{};
  std::shared_ptr<const host::File> file{};
  std::uint64_t offset = 0;
  bool appends = false;
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
  // Errors: io (a directory that cannot be opened), usage (what is no HOST:PORT).
  static Result<std::shared_ptr<Host>> make(const Config& config);

  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::shared_ptr<host::ByteStream> input, output, errors;
  std::vector<std::pair<std::shared_ptr<const host::File>, std::string>> directories;

  Table<Pollable> pollables;
  Table<InputStream> inputs;
  Table<OutputStream> outputs;
  Table<Errno> io_errors;
  Table<std::shared_ptr<const host::File>> descriptors;
  Table<DirectoryStream> directory_streams;

  std::shared_ptr<host::Network> network;
  Table<TcpSocket> tcp_sockets;
  Table<UdpSocket> udp_sockets;
  Table<DatagramStream> incoming_datagrams;
  Table<DatagramStream> outgoing_datagrams;
  Table<NameLookup> name_lookups;
};

struct Function {
  const char* name;
  Answer (*run)(Host& host, Values values);
};
struct Interface {
  const char* name;  // "wasi:io/streams"
  std::span<const Function> functions;
};

extern const Interface io_poll, io_error, io_streams;
extern const Interface clocks_monotonic, clocks_wall;
extern const Interface random_random, random_insecure, random_insecure_seed;
extern const Interface cli_environment, cli_exit, cli_stdin, cli_stdout, cli_stderr;
extern const Interface cli_terminal_stdin, cli_terminal_stdout, cli_terminal_stderr;
extern const Interface sockets_network, sockets_instance_network, sockets_tcp, sockets_tcp_create, sockets_udp,
    sockets_udp_create, sockets_name_lookup;
extern const Interface filesystem_types, filesystem_preopens;

// Everything, under the newest version of 0.2.
Result<void> define(Linker& linker, const std::shared_ptr<Host>& host);

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
void wait_for(std::span<const Pollable* const> pollables);

}  // namespace tenon::wasi::p2
