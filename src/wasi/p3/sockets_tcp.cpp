// wasi:sockets/types: tcp-socket.
#include "wasi/p3/sockets.hpp"
#include "wasi/p3/transfer.hpp"

namespace tenon::wasi::p3 {

using host::SocketAddress;
using host::SocketOption;

namespace {

using Socket = std::shared_ptr<TcpSocket>;

const Socket& tcp_of(const Context& context, Values values) { return context.host->tcp_sockets[number_of(values[0])]; }

Answer create(const Context& context, Values values) {
  const bool is_v6 = values[0].index() == 1;
  auto opened = host::open_socket(host::SocketKind::stream, is_v6);
  if (!opened) return one(failed(opened.error()));
  auto socket = std::make_shared<TcpSocket>(std::make_shared<host::Descriptor>(std::move(*opened)), is_v6);
  return one(Val::ok(handle(context.host->tcp_sockets.insert(std::move(socket)))));
}

Answer bind(const Context& context, Values values) {
  TcpSocket& socket = *tcp_of(context, values);
  const SocketAddress address = bindings::read_address(values[1]);
  if (!bindings::can_bind(address, socket.is_v6)) return one(failed(SocketError::invalid_argument));
  if (socket.state != SocketState::unbound) return one(failed(SocketError::invalid_state));
  if (!context.host->grants->network->allows(address, "bind to")) return one(failed(SocketError::access_denied));
  const auto bound = host::bind(*socket.descriptor, address);
  if (bound) socket.state = SocketState::bound;
  return one(outcome_value(bound));
}

// What `connect` came to, once it is known.
Val connected(TcpSocket& socket) {
  const auto outcome = host::take_error(*socket.descriptor);
  socket.state = outcome ? SocketState::connected : SocketState::closed;
  return outcome_value(outcome);
}

Result<void> connect(const Context& context, Values values, ComponentCompletion done) {
  const Socket& socket = tcp_of(context, values);
  const SocketAddress address = bindings::read_address(values[1]);
  const auto refused = [&](SocketError error) -> Result<void> {
    finish(done, failed(error));
    return {};
  };
  if (!bindings::can_connect(address, socket->is_v6)) return refused(SocketError::invalid_argument);
  if (socket->state != SocketState::unbound && socket->state != SocketState::bound) {
    return refused(SocketError::invalid_state);
  }
  if (!context.host->grants->network->allows(address, "connect to")) return refused(SocketError::access_denied);
  const auto outcome = host::connect(*socket->descriptor, address);
  if (outcome || outcome.error() != Errno::inprogress) {
    socket->state = outcome ? SocketState::connected : SocketState::closed;
    finish(done, outcome_value(outcome));
    return {};
  }
  socket->state = SocketState::connecting;
  context.store.add_events(context.host->events);
  context.host->events->when({.descriptor = socket->descriptor->number(),
                              .to_write = true,
                              .happen = [socket, done = std::move(done)] { finish(done, connected(*socket)); }});
  return {};
}

// Connections on their way from a listener to a guest: accepted when the guest asks for them.
class Accepting : public std::enable_shared_from_this<Accepting> {
 public:
  Accepting(const std::shared_ptr<Host>& host, const TcpSocket& listener)
      : host_(host), events_(*host->events), descriptor_(listener.descriptor), is_v6_(listener.is_v6) {}

  void begin(StreamWriter<Val> writer) {
    writer_ = std::move(writer);
    // The address must be free as soon as the guest is done with it.
    writer_.when_other_end_goes([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->stop();
    });
    wait_for_reader();
  }

 private:
  void wait_for_reader() {
    writer_.write({}, [self = shared_from_this()](Result<Copied> asked) {
      if (asked && !asked->is_over && self->descriptor_) self->wait_for_connection();
    });
  }

  void wait_for_connection() {
    waits_ = events_.when({.descriptor = descriptor_->number(), .happen = [self = shared_from_this()] {
                             self->waits_ = 0;
                             self->accept();
                           }});
  }

  void stop() {
    descriptor_.reset();
    if (const std::uint64_t number = std::exchange(waits_, 0)) events_.forget(number);
  }

  void accept() {
    const auto host = host_.lock();
    if (host == nullptr || !descriptor_) return;
    auto accepted = host::accept(*descriptor_, true);
    // Errors here are those of single connections, which guests never see.
    if (!accepted) return wait_for_connection();
    auto socket = std::make_shared<TcpSocket>(std::make_shared<host::Descriptor>(std::move(*accepted)), is_v6_,
                                              SocketState::connected);
    const std::uint64_t number = host->tcp_sockets.insert(std::move(socket));
    writer_.write({handle(number)}, [self = shared_from_this(), number](Result<Copied> copied) {
      if (copied && copied->count == 1) return self->descriptor_ ? self->wait_for_reader() : void();
      if (const auto host = self->host_.lock()) host->tcp_sockets.drop(number);
    });
  }

  std::weak_ptr<Host> host_;
  Events& events_;
  std::shared_ptr<host::Descriptor> descriptor_;
  bool is_v6_;
  std::uint64_t waits_ = 0;  // for what events have this number
  StreamWriter<Val> writer_;
};

Answer listen(const Context& context, Values values) {
  TcpSocket& socket = *tcp_of(context, values);
  if (socket.state != SocketState::unbound && socket.state != SocketState::bound) {
    return one(failed(SocketError::invalid_state));
  }
  // An address that was not bound to is any, at a port that the system picks.
  if (socket.state == SocketState::unbound &&
      !context.host->grants->network->allows({.ip = {.is_v6 = socket.is_v6}}, "listen at")) {
    return one(failed(SocketError::access_denied));
  }
  const auto listening = host::start_listening(*socket.descriptor, socket.backlog);
  if (!listening) return one(failed(listening.error()));
  socket.state = SocketState::listening;
  auto stream = make_stream<Val>(context.store);
  if (!stream) return std::move(stream).error();
  context.store.add_events(context.host->events);
  std::make_shared<Accepting>(context.host, socket)->begin(std::move(stream->writer));
  return one(Val::ok(std::move(stream->reader).to_val()));
}

class SocketSource final : public Source {
 public:
  explicit SocketSource(std::shared_ptr<host::Descriptor> socket) : socket_(std::move(socket)) {}
  Outcome<std::size_t> read(std::span<std::uint8_t> buffer) override {
    const auto received = host::receive(*socket_, std::span(&buffer, 1), false, false);
    if (!received) return refuse(received.error());
    return received->size;
  }
  int descriptor() const override { return socket_->number(); }
  void close() override { (void)host::shutdown(*socket_, true, false); }

 private:
  std::shared_ptr<host::Descriptor> socket_;
};

class SocketSink final : public Sink {
 public:
  explicit SocketSink(std::shared_ptr<host::Descriptor> socket) : socket_(std::move(socket)) {}
  Outcome<std::size_t> write(std::span<const std::uint8_t> data) override {
    return host::send(*socket_, std::span(&data, 1));
  }
  int descriptor() const override { return socket_->number(); }
  Outcome<void> end() override {
    const auto ended = host::shutdown(*socket_, false, true);
    if (!ended && ended.error() == Errno::notconn) return {};  // the other side was faster
    return ended;
  }
  void close() override { (void)host::shutdown(*socket_, false, true); }

 private:
  std::shared_ptr<host::Descriptor> socket_;
};

Answer send(const Context& context, Values values) {
  TcpSocket& socket = *tcp_of(context, values);
  if (socket.state != SocketState::connected || socket.is_sending) {
    auto refused = settled(context, failed(SocketError::invalid_state));
    if (!refused) return std::move(refused).error();
    return one(*std::move(refused));
  }
  socket.is_sending = true;
  return write_stream(context, values[1], std::make_unique<SocketSink>(socket.descriptor), socket_error);
}

Answer receive(const Context& context, Values values) {
  TcpSocket& socket = *tcp_of(context, values);
  if (socket.state != SocketState::connected || socket.is_receiving) {
    return refused_stream(context, socket_error(SocketError::invalid_state));
  }
  socket.is_receiving = true;
  return read_stream(context, std::make_unique<SocketSource>(socket.descriptor), socket_error);
}

Answer get_local_address(const Context& context, Values values) {
  const TcpSocket& socket = *tcp_of(context, values);
  if (socket.state == SocketState::unbound || socket.state == SocketState::closed) {
    return one(failed(SocketError::invalid_state));
  }
  return address_answer(host::local_address(*socket.descriptor));
}

Answer get_remote_address(const Context& context, Values values) {
  const TcpSocket& socket = *tcp_of(context, values);
  if (socket.state != SocketState::connected) return one(failed(SocketError::invalid_state));
  return address_answer(host::remote_address(*socket.descriptor));
}

Answer get_is_listening(const Context& context, Values values) {
  return one(Val::boolean(tcp_of(context, values)->state == SocketState::listening));
}

Answer get_address_family(const Context& context, Values values) {
  return one(Val::enumeration(tcp_of(context, values)->is_v6 ? 1 : 0));
}

Answer set_listen_backlog_size(const Context& context, Values values) {
  TcpSocket& socket = *tcp_of(context, values);
  if (values[1].unsigned_integer() == 0) return one(failed(SocketError::invalid_argument));
  if (socket.state == SocketState::connecting || socket.state == SocketState::connected) {
    return one(failed(SocketError::invalid_state));
  }
  socket.backlog = bindings::backlog_of(values[1]);
  if (socket.state != SocketState::listening) return one(Val::ok());
  return one(outcome_value(host::start_listening(*socket.descriptor, socket.backlog)));
}

template <SocketOption option, Unit unit>
Answer get(const Context& context, Values values) {
  const TcpSocket& socket = *tcp_of(context, values);
  return get_option(*socket.descriptor, socket.is_v6, option, unit);
}
template <SocketOption option, Unit unit>
Answer set(const Context& context, Values values) {
  const TcpSocket& socket = *tcp_of(context, values);
  return set_option(*socket.descriptor, socket.is_v6, option, unit, values[1]);
}

constexpr Function functions[] = {
    {"[static]tcp-socket.create", create},
    {"[method]tcp-socket.bind", bind},
    {"[method]tcp-socket.connect", nullptr, connect},
    {"[method]tcp-socket.listen", listen},
    {"[method]tcp-socket.send", send},
    {"[method]tcp-socket.receive", receive},
    {"[method]tcp-socket.get-local-address", get_local_address},
    {"[method]tcp-socket.get-remote-address", get_remote_address},
    {"[method]tcp-socket.get-is-listening", get_is_listening},
    {"[method]tcp-socket.get-address-family", get_address_family},
    {"[method]tcp-socket.set-listen-backlog-size", set_listen_backlog_size},
    {"[method]tcp-socket.get-keep-alive-enabled", get<SocketOption::keep_alive, Unit::boolean>},
    {"[method]tcp-socket.set-keep-alive-enabled", set<SocketOption::keep_alive, Unit::boolean>},
    {"[method]tcp-socket.get-keep-alive-idle-time", get<SocketOption::keep_alive_idle, Unit::nanoseconds>},
    {"[method]tcp-socket.set-keep-alive-idle-time", set<SocketOption::keep_alive_idle, Unit::nanoseconds>},
    {"[method]tcp-socket.get-keep-alive-interval", get<SocketOption::keep_alive_interval, Unit::nanoseconds>},
    {"[method]tcp-socket.set-keep-alive-interval", set<SocketOption::keep_alive_interval, Unit::nanoseconds>},
    {"[method]tcp-socket.get-keep-alive-count", get<SocketOption::keep_alive_count, Unit::count>},
    {"[method]tcp-socket.set-keep-alive-count", set<SocketOption::keep_alive_count, Unit::count>},
    {"[method]tcp-socket.get-hop-limit", get<SocketOption::hop_limit, Unit::hops>},
    {"[method]tcp-socket.set-hop-limit", set<SocketOption::hop_limit, Unit::hops>},
    {"[method]tcp-socket.get-receive-buffer-size", get<SocketOption::receive_buffer, Unit::bytes>},
    {"[method]tcp-socket.set-receive-buffer-size", set<SocketOption::receive_buffer, Unit::bytes>},
    {"[method]tcp-socket.get-send-buffer-size", get<SocketOption::send_buffer, Unit::bytes>},
    {"[method]tcp-socket.set-send-buffer-size", set<SocketOption::send_buffer, Unit::bytes>},
};

}  // namespace

const Interface sockets_tcp{"wasi:sockets/types", functions};

}  // namespace tenon::wasi::p3
