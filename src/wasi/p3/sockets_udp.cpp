// wasi:sockets/types: udp-socket.
#include "wasi/p3/sockets.hpp"

namespace tenon::wasi::p3 {

using host::SocketAddress;
using host::SocketOption;

namespace {

using Socket = std::shared_ptr<UdpSocket>;

const Socket& udp_of(const Context& context, Values values) { return context.host->udp_sockets[number_of(values[0])]; }

Answer create(const Context& context, Values values) {
  const bool is_v6 = values[0].index() == 1;
  auto opened = host::open_socket(host::SocketKind::datagram, is_v6);
  if (!opened) return one(failed(opened.error()));
  auto socket = std::make_shared<UdpSocket>(std::make_shared<host::Descriptor>(std::move(*opened)), is_v6);
  return one(Val::ok(handle(context.host->udp_sockets.insert(std::move(socket)))));
}

Answer bind(const Context& context, Values values) {
  UdpSocket& socket = *udp_of(context, values);
  const SocketAddress address = bindings::read_address(values[1]);
  if (!bindings::can_bind(address, socket.is_v6)) return one(failed(SocketError::invalid_argument));
  if (socket.is_bound) return one(failed(SocketError::invalid_state));
  if (!context.host->grants->network->allows(address, "bind to")) return one(failed(SocketError::access_denied));
  const auto bound = host::bind(*socket.descriptor, address);
  if (bound) socket.is_bound = true;
  return one(outcome_value(bound));
}

Answer connect(const Context& context, Values values) {
  UdpSocket& socket = *udp_of(context, values);
  const SocketAddress address = bindings::read_address(values[1]);
  if (!bindings::can_send(address, socket.is_v6)) return one(failed(SocketError::invalid_argument));
  if (!context.host->grants->network->allows(address, "send to")) return one(failed(SocketError::access_denied));
  // Another peer can be had only after the first was left.
  if (socket.remote) {
    if (const auto left = host::disconnect(*socket.descriptor); !left) return one(failed(left.error()));
    socket.remote.reset();
  }
  const auto connected = host::connect(*socket.descriptor, address);
  if (connected) {
    socket.is_bound = true;
    socket.remote = address;
  }
  return one(outcome_value(connected));
}

Answer disconnect(const Context& context, Values values) {
  UdpSocket& socket = *udp_of(context, values);
  if (!socket.remote) return one(failed(SocketError::invalid_state));
  const auto left = host::disconnect(*socket.descriptor);
  if (left) socket.remote.reset();
  return one(outcome_value(left));
}

// A datagram on its way.
struct Sending {
  Socket socket;
  Val data;
  std::optional<SocketAddress> to;
};

void try_to_send(Events& events, const std::shared_ptr<Sending>& sending, ComponentCompletion done) {
  const auto sent = host::send_datagram(*sending->socket->descriptor, sending->data.packed_bytes(), sending->to);
  if (!sent && sent.error() == Errno::again) {
    events.when({.descriptor = sending->socket->descriptor->number(),
                 .to_write = true,
                 .happen = [&events, sending, done = std::move(done)] { try_to_send(events, sending, done); }});
    return;
  }
  if (sent) sending->socket->is_bound = true;
  finish(done, outcome_value(sent));
}

Result<void> send(const Context& context, Values values, ComponentCompletion done) {
  const Socket& socket = udp_of(context, values);
  const auto refused = [&](SocketError error) -> Result<void> {
    finish(done, failed(error));
    return {};
  };
  std::optional<SocketAddress> to;
  if (values[2].has_payload()) to = bindings::read_address(values[2].payload());
  if (to && !bindings::can_send(*to, socket->is_v6)) return refused(SocketError::invalid_argument);
  if (to && socket->remote && !bindings::is_same_place(*to, *socket->remote))
    return refused(SocketError::invalid_argument);
  if (!to && !socket->remote) return refused(SocketError::invalid_argument);
  if (to && !context.host->grants->network->allows(*to, "send to")) return refused(SocketError::access_denied);
  if (socket->remote) to.reset();
  context.store.add_events(context.host->events);
  try_to_send(*context.host->events, std::make_shared<Sending>(socket, values[1], to), std::move(done));
  return {};
}

void try_to_receive(Events& events, const Socket& socket, ComponentCompletion done) {
  const auto datagram = host::receive_datagram(*socket->descriptor);
  if (!datagram && datagram.error() == Errno::again) {
    events.when({.descriptor = socket->descriptor->number(),
                 .happen = [&events, socket, done = std::move(done)] { try_to_receive(events, socket, done); }});
    return;
  }
  if (!datagram) return finish(done, failed(datagram.error()));
  finish(done, Val::ok(record({bytes(datagram->data), bindings::address_value(datagram->from)})));
}

Result<void> receive(const Context& context, Values values, ComponentCompletion done) {
  const Socket& socket = udp_of(context, values);
  if (!socket->is_bound) {
    finish(done, failed(SocketError::invalid_state));
    return {};
  }
  context.store.add_events(context.host->events);
  try_to_receive(*context.host->events, socket, std::move(done));
  return {};
}

Answer get_local_address(const Context& context, Values values) {
  const UdpSocket& socket = *udp_of(context, values);
  if (!socket.is_bound) return one(failed(SocketError::invalid_state));
  return address_answer(host::local_address(*socket.descriptor));
}

Answer get_remote_address(const Context& context, Values values) {
  const UdpSocket& socket = *udp_of(context, values);
  if (!socket.remote) return one(failed(SocketError::invalid_state));
  return address_answer(host::remote_address(*socket.descriptor));
}

Answer get_address_family(const Context& context, Values values) {
  return one(Val::enumeration(udp_of(context, values)->is_v6 ? 1 : 0));
}

template <SocketOption option, Unit unit>
Answer get(const Context& context, Values values) {
  const UdpSocket& socket = *udp_of(context, values);
  return get_option(*socket.descriptor, socket.is_v6, option, unit);
}
template <SocketOption option, Unit unit>
Answer set(const Context& context, Values values) {
  const UdpSocket& socket = *udp_of(context, values);
  return set_option(*socket.descriptor, socket.is_v6, option, unit, values[1]);
}

constexpr Function functions[] = {
    {"[static]udp-socket.create", create},
    {"[method]udp-socket.bind", bind},
    {"[method]udp-socket.connect", connect},
    {"[method]udp-socket.disconnect", disconnect},
    {"[method]udp-socket.send", nullptr, send},
    {"[method]udp-socket.receive", nullptr, receive},
    {"[method]udp-socket.get-local-address", get_local_address},
    {"[method]udp-socket.get-remote-address", get_remote_address},
    {"[method]udp-socket.get-address-family", get_address_family},
    {"[method]udp-socket.get-unicast-hop-limit", get<SocketOption::hop_limit, Unit::hops>},
    {"[method]udp-socket.set-unicast-hop-limit", set<SocketOption::hop_limit, Unit::hops>},
    {"[method]udp-socket.get-receive-buffer-size", get<SocketOption::receive_buffer, Unit::bytes>},
    {"[method]udp-socket.set-receive-buffer-size", set<SocketOption::receive_buffer, Unit::bytes>},
    {"[method]udp-socket.get-send-buffer-size", get<SocketOption::send_buffer, Unit::bytes>},
    {"[method]udp-socket.set-send-buffer-size", set<SocketOption::send_buffer, Unit::bytes>},
};

}  // namespace

const Interface sockets_udp{"wasi:sockets/types", functions};

}  // namespace tenon::wasi::p3
