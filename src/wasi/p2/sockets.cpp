// wasi:sockets: addresses, TCP, UDP and name look-up.
#include "wasi/host/sockets.hpp"

#include <algorithm>

#include "wasi/component/sockets.hpp"
#include "wasi/p2/host.hpp"

namespace tenon::wasi::p2 {

using bindings::address_value;
using bindings::read_address;
using bindings::Unit;
using host::SocketAddress;
using host::SocketOption;

namespace {

// error-code, in its order.
enum class Code : std::uint32_t {
  unknown,
  access_denied,
  not_supported,
  invalid_argument,
  out_of_memory,
  timeout,
  concurrency_conflict,
  not_in_progress,
  would_block,
  invalid_state,
  new_socket_limit,
  address_not_bindable,
  address_in_use,
  remote_unreachable,
  connection_refused,
  connection_reset,
  connection_aborted,
  datagram_too_large,
  name_unresolvable,
  temporary_resolver_failure,
  permanent_resolver_failure,
};

Code code_of(Errno error) {
  switch (error) {
    case Errno::acces:
    case Errno::perm:
    case Errno::notcapable: return Code::access_denied;
    case Errno::notsup:
    case Errno::afnosupport: return Code::not_supported;
    case Errno::inval: return Code::invalid_argument;
    case Errno::nomem:
    case Errno::nobufs: return Code::out_of_memory;
    case Errno::timedout: return Code::timeout;
    case Errno::already: return Code::concurrency_conflict;
    case Errno::again:
    case Errno::inprogress: return Code::would_block;
    case Errno::isconn:
    case Errno::notconn: return Code::invalid_state;
    case Errno::mfile:
    case Errno::nfile: return Code::new_socket_limit;
    case Errno::addrnotavail: return Code::address_not_bindable;
    case Errno::addrinuse: return Code::address_in_use;
    case Errno::hostunreach:
    case Errno::netunreach:
    case Errno::netdown: return Code::remote_unreachable;
    case Errno::connrefused: return Code::connection_refused;
    case Errno::connreset:
    case Errno::pipe: return Code::connection_reset;
    case Errno::connaborted: return Code::connection_aborted;
    case Errno::msgsize: return Code::datagram_too_large;
    default: return Code::unknown;
  }
}

Answer failed(Code code) { return one(Val::error(Val::enumeration(static_cast<std::uint32_t>(code)))); }
Answer failed(Errno error) { return failed(code_of(error)); }
Answer done(const Outcome<void>& outcome) { return outcome ? ok() : failed(outcome.error()); }

Answer address_answer(const Outcome<SocketAddress>& address) {
  return address ? ok(address_value(*address)) : failed(address.error());
}

// --- TCP

// Both directions of a connection as a stream.
class SocketStream final : public host::ByteStream {
 public:
  explicit SocketStream(std::shared_ptr<host::Descriptor> socket) : socket_(std::move(socket)) {}
  Outcome<std::size_t> read(host::Buffers buffers) override {
    const auto received = host::receive(*socket_, buffers, false, false);
    if (!received) return refuse(received.error());
    return received->size;
  }
  Outcome<std::size_t> write(host::ConstBuffers buffers) override { return host::send(*socket_, buffers); }
  host::FileType type() const override { return host::FileType::socket_stream; }
  int descriptor() const override { return socket_->number(); }

 private:
  std::shared_ptr<host::Descriptor> socket_;
};

std::pair<Val, Val> streams_of(Host& host, const Val& socket) {
  const std::uint64_t number = number_of(socket);
  const auto stream = std::make_shared<SocketStream>(host.tcp_sockets[number].descriptor);
  const bindings::Kinship parent = host.tcp_sockets.kinship(number);
  return {handle(host.inputs.insert({.stream = stream}, parent)),
          handle(host.outputs.insert({.stream = stream}, parent))};
}

TcpSocket& tcp_of(Host& host, Values values) { return host.tcp_sockets[number_of(values[0])]; }

template <class Socket>
Answer start_bind(Host& host, Socket& socket, const Val& local) {
  const SocketAddress address = read_address(local);
  if (socket.state != SocketState::open) return failed(Code::invalid_state);
  if (!bindings::can_bind(address, socket.is_v6)) return failed(Code::invalid_argument);
  if (!host.grants->network->allows(address, "bind to")) return failed(Code::access_denied);
  const auto bound = host::bind(*socket.descriptor, address);
  if (!bound) return failed(bound.error());
  socket.state = SocketState::binding;
  return ok();
}
template <class Socket>
Answer finish_bind(Socket& socket) {
  if (socket.state != SocketState::binding) return failed(Code::not_in_progress);
  socket.state = SocketState::bound;
  return ok();
}

Answer tcp_start_bind(Host& host, Values values) { return start_bind(host, tcp_of(host, values), values[2]); }
Answer tcp_finish_bind(Host& host, Values values) { return finish_bind(tcp_of(host, values)); }

Answer tcp_start_connect(Host& host, Values values) {
  TcpSocket& socket = tcp_of(host, values);
  const SocketAddress address = read_address(values[2]);
  if (socket.state != SocketState::open && socket.state != SocketState::bound) return failed(Code::invalid_state);
  if (!bindings::can_connect(address, socket.is_v6)) return failed(Code::invalid_argument);
  if (!host.grants->network->allows(address, "connect to")) return failed(Code::access_denied);
  const auto connected = host::connect(*socket.descriptor, address);
  if (!connected && connected.error() != Errno::inprogress) return failed(connected.error());
  socket.state = SocketState::connecting;
  return ok();
}

Answer tcp_finish_connect(Host& host, Values values) {
  TcpSocket& socket = tcp_of(host, values);
  if (socket.state != SocketState::connecting) return failed(Code::not_in_progress);
  if (!is_ready({.descriptor = socket.descriptor->number(), .to_write = true})) return failed(Code::would_block);
  if (const auto connected = host::take_error(*socket.descriptor); !connected) {
    socket.state = SocketState::open;
    return failed(connected.error());
  }
  socket.state = SocketState::connected;
  auto [input, output] = streams_of(host, values[0]);
  return ok(record({input, output}));
}

Answer tcp_start_listen(Host& host, Values values) {
  TcpSocket& socket = tcp_of(host, values);
  if (socket.state != SocketState::bound) return failed(Code::invalid_state);
  const auto listening = host::start_listening(*socket.descriptor, socket.backlog);
  if (!listening) return failed(listening.error());
  socket.state = SocketState::starting_to_listen;
  return ok();
}

Answer tcp_finish_listen(Host& host, Values values) {
  TcpSocket& socket = tcp_of(host, values);
  if (socket.state != SocketState::starting_to_listen) return failed(Code::not_in_progress);
  socket.state = SocketState::listening;
  return ok();
}

Answer tcp_accept(Host& host, Values values) {
  TcpSocket& socket = tcp_of(host, values);
  if (socket.state != SocketState::listening) return failed(Code::invalid_state);
  auto accepted = host::accept(*socket.descriptor, true);
  if (!accepted) return failed(accepted.error());
  const auto descriptor = std::make_shared<host::Descriptor>(std::move(*accepted));
  const bool is_v6 = socket.is_v6;
  Val connection = handle(host.tcp_sockets.insert({descriptor, is_v6, SocketState::connected}));
  auto [input, output] = streams_of(host, connection);
  return ok(record({connection, input, output}));
}

Answer tcp_local_address(Host& host, Values values) {
  const TcpSocket& socket = tcp_of(host, values);
  if (socket.state == SocketState::open || socket.state == SocketState::binding) return failed(Code::invalid_state);
  return address_answer(host::local_address(*socket.descriptor));
}

Answer tcp_remote_address(Host& host, Values values) {
  const TcpSocket& socket = tcp_of(host, values);
  if (socket.state != SocketState::connected) return failed(Code::invalid_state);
  return address_answer(host::remote_address(*socket.descriptor));
}

Answer tcp_is_listening(Host& host, Values values) {
  return one(Val::boolean(tcp_of(host, values).state == SocketState::listening));
}

Answer tcp_address_family(Host& host, Values values) {
  return one(Val::enumeration(tcp_of(host, values).is_v6 ? 1 : 0));
}

Answer tcp_set_backlog(Host& host, Values values) {
  TcpSocket& socket = tcp_of(host, values);
  if (values[1].unsigned_integer() == 0) return failed(Code::invalid_argument);
  if (socket.state == SocketState::connecting || socket.state == SocketState::connected) {
    return failed(Code::invalid_state);
  }
  socket.backlog = bindings::backlog_of(values[1]);
  if (socket.state != SocketState::listening) return ok();
  return done(host::start_listening(*socket.descriptor, socket.backlog));
}

template <class Socket>
Answer get_option(const Socket& socket, SocketOption option, Unit unit) {
  auto value = bindings::read_option(*socket.descriptor, socket.is_v6, option, unit);
  return value ? ok(*std::move(value)) : failed(value.error());
}
template <class Socket>
Answer set_option(const Socket& socket, SocketOption option, Unit unit, const Val& value) {
  return done(bindings::write_option(*socket.descriptor, socket.is_v6, option, unit, value));
}

template <SocketOption option, Unit unit>
Answer tcp_get(Host& host, Values values) {
  return get_option(tcp_of(host, values), option, unit);
}
template <SocketOption option, Unit unit>
Answer tcp_set(Host& host, Values values) {
  return set_option(tcp_of(host, values), option, unit, values[1]);
}

Answer tcp_subscribe(Host& host, Values values) {
  const TcpSocket& socket = tcp_of(host, values);
  const bool to_write = socket.state == SocketState::connecting;
  const bool waits = to_write || socket.state == SocketState::listening || socket.state == SocketState::connected;
  return one(pollable_handle(
      host, host.tcp_sockets, values[0],
      {.descriptor = waits ? socket.descriptor->number() : -1, .to_write = to_write, .owner = socket.descriptor}));
}

Answer tcp_shutdown(Host& host, Values values) {
  const TcpSocket& socket = tcp_of(host, values);
  if (socket.state != SocketState::connected) return failed(Code::invalid_state);
  enum : std::uint32_t { receive, send, both };
  const std::uint32_t how = values[1].index();
  return done(host::shutdown(*socket.descriptor, how != send, how != receive));
}

template <class Socket>
Outcome<Socket> open_socket(host::SocketKind kind, const Val& family) {
  const bool is_v6 = family.index() == 1;
  auto opened = host::open_socket(kind, is_v6);
  if (!opened) return refuse(opened.error());
  return Socket{std::make_shared<host::Descriptor>(std::move(*opened)), is_v6};
}

Answer create_tcp_socket(Host& host, Values values) {
  auto socket = open_socket<TcpSocket>(host::SocketKind::stream, values[0]);
  return socket ? ok(handle(host.tcp_sockets.insert(std::move(*socket)))) : failed(socket.error());
}

constexpr Function tcp_functions[] = {
    {"[method]tcp-socket.start-bind", tcp_start_bind},
    {"[method]tcp-socket.finish-bind", tcp_finish_bind},
    {"[method]tcp-socket.start-connect", tcp_start_connect},
    {"[method]tcp-socket.finish-connect", tcp_finish_connect},
    {"[method]tcp-socket.start-listen", tcp_start_listen},
    {"[method]tcp-socket.finish-listen", tcp_finish_listen},
    {"[method]tcp-socket.accept", tcp_accept},
    {"[method]tcp-socket.local-address", tcp_local_address},
    {"[method]tcp-socket.remote-address", tcp_remote_address},
    {"[method]tcp-socket.is-listening", tcp_is_listening},
    {"[method]tcp-socket.address-family", tcp_address_family},
    {"[method]tcp-socket.set-listen-backlog-size", tcp_set_backlog},
    {"[method]tcp-socket.keep-alive-enabled", tcp_get<SocketOption::keep_alive, Unit::boolean>},
    {"[method]tcp-socket.set-keep-alive-enabled", tcp_set<SocketOption::keep_alive, Unit::boolean>},
    {"[method]tcp-socket.keep-alive-idle-time", tcp_get<SocketOption::keep_alive_idle, Unit::nanoseconds>},
    {"[method]tcp-socket.set-keep-alive-idle-time", tcp_set<SocketOption::keep_alive_idle, Unit::nanoseconds>},
    {"[method]tcp-socket.keep-alive-interval", tcp_get<SocketOption::keep_alive_interval, Unit::nanoseconds>},
    {"[method]tcp-socket.set-keep-alive-interval", tcp_set<SocketOption::keep_alive_interval, Unit::nanoseconds>},
    {"[method]tcp-socket.keep-alive-count", tcp_get<SocketOption::keep_alive_count, Unit::count>},
    {"[method]tcp-socket.set-keep-alive-count", tcp_set<SocketOption::keep_alive_count, Unit::count>},
    {"[method]tcp-socket.hop-limit", tcp_get<SocketOption::hop_limit, Unit::hops>},
    {"[method]tcp-socket.set-hop-limit", tcp_set<SocketOption::hop_limit, Unit::hops>},
    {"[method]tcp-socket.receive-buffer-size", tcp_get<SocketOption::receive_buffer, Unit::bytes>},
    {"[method]tcp-socket.set-receive-buffer-size", tcp_set<SocketOption::receive_buffer, Unit::bytes>},
    {"[method]tcp-socket.send-buffer-size", tcp_get<SocketOption::send_buffer, Unit::bytes>},
    {"[method]tcp-socket.set-send-buffer-size", tcp_set<SocketOption::send_buffer, Unit::bytes>},
    {"[method]tcp-socket.subscribe", tcp_subscribe},
    {"[method]tcp-socket.shutdown", tcp_shutdown},
};
constexpr Function tcp_create_functions[] = {{"create-tcp-socket", create_tcp_socket}};

// --- UDP

UdpSocket& udp_of(Host& host, Values values) { return host.udp_sockets[number_of(values[0])]; }

Answer create_udp_socket(Host& host, Values values) {
  auto socket = open_socket<UdpSocket>(host::SocketKind::datagram, values[0]);
  return socket ? ok(handle(host.udp_sockets.insert(std::move(*socket)))) : failed(socket.error());
}

Answer udp_start_bind(Host& host, Values values) { return start_bind(host, udp_of(host, values), values[2]); }
Answer udp_finish_bind(Host& host, Values values) { return finish_bind(udp_of(host, values)); }

Answer udp_stream(Host& host, Values values) {
  UdpSocket& socket = udp_of(host, values);
  if (socket.state != SocketState::bound && socket.state != SocketState::connected) return failed(Code::invalid_state);
  if (socket.state == SocketState::connected) {
    if (const auto done = host::disconnect(*socket.descriptor); !done) return failed(done.error());
    socket.state = SocketState::bound;
  }
  DatagramStream stream{socket.descriptor, socket.is_v6};
  if (values[1].has_payload()) {
    stream.remote = read_address(values[1].payload());
    if (!bindings::can_send(*stream.remote, socket.is_v6)) return failed(Code::invalid_argument);
    if (!host.grants->network->allows(*stream.remote, "send to")) return failed(Code::access_denied);
    if (const auto done = host::connect(*socket.descriptor, *stream.remote); !done) return failed(done.error());
    socket.state = SocketState::connected;
  }
  const bindings::Kinship parent = host.udp_sockets.kinship(number_of(values[0]));
  Val incoming = handle(host.incoming_datagrams.insert(stream, parent));
  return ok(record({incoming, handle(host.outgoing_datagrams.insert(stream, parent))}));
}

Answer udp_local_address(Host& host, Values values) {
  const UdpSocket& socket = udp_of(host, values);
  if (socket.state == SocketState::open || socket.state == SocketState::binding) return failed(Code::invalid_state);
  return address_answer(host::local_address(*socket.descriptor));
}
Answer udp_remote_address(Host& host, Values values) {
  const UdpSocket& socket = udp_of(host, values);
  if (socket.state != SocketState::connected) return failed(Code::invalid_state);
  return address_answer(host::remote_address(*socket.descriptor));
}
Answer udp_address_family(Host& host, Values values) {
  return one(Val::enumeration(udp_of(host, values).is_v6 ? 1 : 0));
}
template <SocketOption option, Unit unit>
Answer udp_get(Host& host, Values values) {
  return get_option(udp_of(host, values), option, unit);
}
template <SocketOption option, Unit unit>
Answer udp_set(Host& host, Values values) {
  return set_option(udp_of(host, values), option, unit, values[1]);
}

// A UDP socket does nothing in the background: it is always ready.
Answer udp_subscribe(Host& host, Values values) { return one(pollable_handle(host, host.udp_sockets, values[0], {})); }

Answer receive_datagrams(Host& host, Values values) {
  constexpr std::uint64_t most = 16;  // of one call
  const DatagramStream& stream = host.incoming_datagrams[number_of(values[0])];
  std::vector<Val> datagrams;
  while (datagrams.size() < std::min(values[1].unsigned_integer(), most)) {
    const auto received = host::receive_datagram(*stream.descriptor);
    if (!received) {
      if (received.error() == Errno::again || !datagrams.empty()) break;
      return failed(received.error());
    }
    datagrams.push_back(record({bytes(received->data), address_value(received->from)}));
  }
  return ok(Val::list(datagrams));
}

Answer check_send(Host& host, Values values) {
  constexpr std::uint64_t most_at_once = 16;
  DatagramStream& stream = host.outgoing_datagrams[number_of(values[0])];
  stream.permitted = is_ready({.descriptor = stream.descriptor->number(), .to_write = true}) ? most_at_once : 0;
  return ok(Val::u64(stream.permitted));
}

// Sends one datagram, as far as it is allowed.
Outcome<void> send_one(const host::Network& network, const DatagramStream& stream, const Val& datagram) {
  const auto fields = datagram.fields();
  std::optional<SocketAddress> to;
  if (fields[1].has_payload()) to = read_address(fields[1].payload());
  if (!to && !stream.remote) return refuse(Errno::inval);
  if (to && stream.remote && !bindings::is_same_place(*to, *stream.remote)) return refuse(Errno::inval);
  if (to && !bindings::can_send(*to, stream.is_v6)) return refuse(Errno::inval);
  if (to && !stream.remote && !network.allows(*to, "send to")) return refuse(Errno::notcapable);
  if (stream.remote) to.reset();  // it is connected
  return host::send_datagram(*stream.descriptor, fields[0].packed_bytes(), to);
}

Answer send_datagrams(Host& host, Values values) {
  DatagramStream& stream = host.outgoing_datagrams[number_of(values[0])];
  if (values[1].size() > std::exchange(stream.permitted, 0)) {
    return Error(ErrorKind::trap, "more datagrams to send than `check-send` permitted");
  }
  std::uint64_t sent = 0;
  for (std::size_t i = 0; i < values[1].size(); ++i) {
    const auto done = send_one(*host.grants->network, stream, values[1][i]);
    if (!done && sent == 0 && done.error() != Errno::again) return failed(done.error());
    if (!done) break;
    ++sent;
  }
  return ok(Val::u64(sent));
}

Answer subscribe_incoming(Host& host, Values values) {
  const DatagramStream& stream = host.incoming_datagrams[number_of(values[0])];
  return one(pollable_handle(host, host.incoming_datagrams, values[0],
                             {.descriptor = stream.descriptor->number(), .owner = stream.descriptor}));
}
Answer subscribe_outgoing(Host& host, Values values) {
  const DatagramStream& stream = host.outgoing_datagrams[number_of(values[0])];
  return one(
      pollable_handle(host, host.outgoing_datagrams, values[0],
                      {.descriptor = stream.descriptor->number(), .to_write = true, .owner = stream.descriptor}));
}

constexpr Function udp_functions[] = {
    {"[method]udp-socket.start-bind", udp_start_bind},
    {"[method]udp-socket.finish-bind", udp_finish_bind},
    {"[method]udp-socket.stream", udp_stream},
    {"[method]udp-socket.local-address", udp_local_address},
    {"[method]udp-socket.remote-address", udp_remote_address},
    {"[method]udp-socket.address-family", udp_address_family},
    {"[method]udp-socket.unicast-hop-limit", udp_get<SocketOption::hop_limit, Unit::hops>},
    {"[method]udp-socket.set-unicast-hop-limit", udp_set<SocketOption::hop_limit, Unit::hops>},
    {"[method]udp-socket.receive-buffer-size", udp_get<SocketOption::receive_buffer, Unit::bytes>},
    {"[method]udp-socket.set-receive-buffer-size", udp_set<SocketOption::receive_buffer, Unit::bytes>},
    {"[method]udp-socket.send-buffer-size", udp_get<SocketOption::send_buffer, Unit::bytes>},
    {"[method]udp-socket.set-send-buffer-size", udp_set<SocketOption::send_buffer, Unit::bytes>},
    {"[method]udp-socket.subscribe", udp_subscribe},
    {"[method]incoming-datagram-stream.receive", receive_datagrams},
    {"[method]incoming-datagram-stream.subscribe", subscribe_incoming},
    {"[method]outgoing-datagram-stream.check-send", check_send},
    {"[method]outgoing-datagram-stream.send", send_datagrams},
    {"[method]outgoing-datagram-stream.subscribe", subscribe_outgoing},
};
constexpr Function udp_create_functions[] = {{"create-udp-socket", create_udp_socket}};

// --- Networks and names

// There is one network, and what may be done with it is asked at each use.
Answer instance_network(Host&, Values) { return one(handle(1)); }

Answer network_error_code(Host& host, Values values) {
  const Code code = code_of(host.io_errors[number_of(values[0])].error);
  return one(Val::some(Val::enumeration(static_cast<std::uint32_t>(code))));
}

// Where other guests share the thread, the system is asked on another one.
Answer resolve_addresses(Host& host, Values values) {
  const std::string name(values[1].string());
  const auto network = host.grants->network;
  if (!bindings::can_be_name(name)) return failed(Code::invalid_argument);
  if (!network->may_resolve(name)) return failed(Code::access_denied);
  const auto answer = std::make_shared<NameLookup::Reply>();
  const auto ask = [answer, name] { answer->addresses = host::Network::look_up(name); };
  const auto take = [answer, name, network] {
    if (answer->addresses) network->add_resolved(name, *answer->addresses);
    answer->is_there.set();
  };
  if (host.reactor != nullptr) {
    host.reactor->in_background(ask, take);
  } else {
    ask();
    take();
  }
  return ok(handle(host.name_lookups.insert({.answer = answer})));
}

Answer resolve_next_address(Host& host, Values values) {
  NameLookup& lookup = host.name_lookups[number_of(values[0])];
  if (!lookup.answer->is_there.is_set()) return failed(Code::would_block);
  const auto& addresses = lookup.answer->addresses;
  if (addresses) {
    if (lookup.at == addresses->size()) return ok(Val::none());
    return ok(Val::some(bindings::ip_value((*addresses)[lookup.at++])));
  }
  switch (addresses.error()) {
    case Errno::noent: return failed(Code::name_unresolvable);
    case Errno::again: return failed(Code::temporary_resolver_failure);
    default: return failed(addresses.error());
  }
}

Answer subscribe_lookup(Host& host, Values values) {
  const NameLookup& lookup = host.name_lookups[number_of(values[0])];
  return one(pollable_handle(host, host.name_lookups, values[0],
                             {.owner = lookup.answer, .signal = &lookup.answer->is_there}));
}

constexpr Function network_functions[] = {{"network-error-code", network_error_code}};
constexpr Function instance_network_functions[] = {{"instance-network", instance_network}};
constexpr Function name_lookup_functions[] = {
    {"resolve-addresses", resolve_addresses},
    {"[method]resolve-address-stream.resolve-next-address", resolve_next_address},
    {"[method]resolve-address-stream.subscribe", subscribe_lookup},
};

}  // namespace

const Interface sockets_network{"wasi:sockets/network", network_functions};
const Interface sockets_instance_network{"wasi:sockets/instance-network", instance_network_functions};
const Interface sockets_tcp{"wasi:sockets/tcp", tcp_functions};
const Interface sockets_tcp_create{"wasi:sockets/tcp-create-socket", tcp_create_functions};
const Interface sockets_udp{"wasi:sockets/udp", udp_functions};
const Interface sockets_udp_create{"wasi:sockets/udp-create-socket", udp_create_functions};
const Interface sockets_name_lookup{"wasi:sockets/ip-name-lookup", name_lookup_functions};

}  // namespace tenon::wasi::p2
