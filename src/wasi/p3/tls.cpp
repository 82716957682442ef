#include "wasi/p3/tls.hpp"

#include "wasi/p3/host.hpp"
#include "wasi/p3/transfer.hpp"

namespace tenon::wasi::p3 {

namespace {

constexpr std::size_t largest_piece = std::size_t{1} << 14;  // as much as one record has

Val error_result(Host& host, std::string text) { return Val::error(handle(host.tls_errors.insert(std::move(text)))); }

}  // namespace

void TlsConnection::connect(std::unique_ptr<host::TlsSession> session, Done done) {
  session_ = std::move(session);
  done_ = std::move(done);
  go_on();
}

void TlsConnection::abandon() { fail("the connector was dropped before it connected"); }

void TlsConnection::go_on() {
  if (session_ == nullptr) return;
  if (!is_established_) shake_hands();
  if (session_ == nullptr) return;
  if (is_established_) deliver();
  send();
  receive();
}

void TlsConnection::shake_hands() {
  if (const auto shaken = session_->shake_hands()) {
    is_established_ = true;
    std::exchange(done_, nullptr)({});
  } else if (shaken.error() != Errno::again) {
    const std::string reason = session_->reason();
    // The other side learns of it, if it still listens.
    const std::string alert = session_->take();
    if (!outgoing.is_writing && !outgoing.is_over) write(outgoing, {alert.begin(), alert.end()});
    fail(reason);
  }
}

void TlsConnection::write(Way& way, std::vector<std::uint8_t> bytes) {
  way.is_writing = true;
  way.output.write(std::move(bytes), [self = shared_from_this(), &way](Result<Copied> copied) {
    way.is_writing = false;
    if (!way.is_over && (!copied || copied->is_over)) {
      const bool is_broken = !self->is_established_ && self->session_ != nullptr;
      is_broken ? self->fail("a stream was closed during the handshake") : self->end(way, {});
    }
    self->go_on();
  });
}

// Ciphertext goes out; when it has, cleartext is taken in.
void TlsConnection::send() {
  Way& way = outgoing;
  if (way.is_over || way.is_writing) return;
  if (const std::string bytes = session_->take(); !bytes.empty()) return write(way, {bytes.begin(), bytes.end()});
  if (way.has_input_ended) return end(way, {});
  if (!is_established_ || way.is_reading) return;
  way.is_reading = true;
  way.input.read(largest_piece, [self = shared_from_this(), &way](Result<Piece<std::uint8_t>> piece) {
    way.is_reading = false;
    if (way.is_over) return;
    if (piece && !self->session_->write(piece->items)) return self->end(way, self->session_->reason());
    way.has_input_ended = !piece || piece->is_over;
    if (way.has_input_ended) self->session_->end();
    self->go_on();
  });
}

// Ciphertext is taken in, when the cleartext before it has gone out, and so have most of the answers that the protocol
// itself gives.
void TlsConnection::receive() {
  Way& way = incoming;
  if (outgoing.is_over) session_->take();  // to nobody
  if (session_->pending() > largest_piece) return;
  if (way.is_over || way.is_reading || way.is_writing || way.has_input_ended) return;
  way.is_reading = true;
  way.input.read(largest_piece, [self = shared_from_this(), &way](Result<Piece<std::uint8_t>> piece) {
    way.is_reading = false;
    if (way.is_over) return;
    if (piece) self->session_->feed(piece->items);
    way.has_input_ended = !piece || piece->is_over;
    if (way.has_input_ended) self->session_->feed_end();
    self->go_on();
  });
}

void TlsConnection::deliver() {
  Way& way = incoming;
  if (way.is_over || way.is_writing) return;
  std::vector<std::uint8_t> bytes(largest_piece);
  const auto got = session_->read(bytes);
  if (!got && got.error() == Errno::again) return;
  if (!got) return end(way, session_->reason());
  if (*got == 0) return end(way, {});
  bytes.resize(*got);
  write(way, std::move(bytes));
}

void TlsConnection::end(Way& way, const std::optional<std::string>& error) {
  if (std::exchange(way.is_over, true) || !way.is_there) return;
  const auto host = host_.lock();
  if (error && host != nullptr) {
    way.result.write(error_result(*host, *error));
  } else {
    way.result.write(Val::ok());
  }
  way.result.close();
  way.output.close();
  way.input.close();
}

void TlsConnection::fail(const std::string& error) {
  const auto self = shared_from_this();
  const Done done = std::exchange(done_, nullptr);
  end(outgoing, error);
  end(incoming, error);
  session_ = nullptr;
  if (done) done(error);
}

void drop_connector(Host& host, std::uint64_t rep) {
  const auto connection = host.connectors[rep];
  host.connectors.drop(rep);
  if (connection->is_used()) return;
  // In the middle of guest code nothing may be said to its streams.
  connection->store().post([connection] {
    if (!connection->is_used()) connection->abandon();
  });
}

namespace {

Answer new_connector(const Context& context, Values) {
  auto connection = std::make_shared<TlsConnection>(context.host, context.store);
  return one(handle(context.host->connectors.insert(std::move(connection))));
}

Answer begin_way(const Context& context, TlsConnection::Way& way, const Val& input) {
  auto reader = tenon::Stream<std::uint8_t>::from(input);
  if (!reader) return std::move(reader).error();
  if (way.is_there) return refused_stream(context, error_result(*context.host, "was called before").payload());
  auto output = make_stream<std::uint8_t>(context.store);
  if (!output) return std::move(output).error();
  auto result = make_future<Val>(context.store);
  if (!result) return std::move(result).error();
  way.input = *std::move(reader);
  way.output = std::move(output->writer);
  way.result = std::move(result->writer);
  way.is_there = true;
  return one(record({std::move(output->reader).to_val(), std::move(result->reader).to_val()}));
}

TlsConnection& connection_of(const Context& context, Values values) {
  return *context.host->connectors[number_of(values[0])];
}
Answer send(const Context& context, Values values) {
  return begin_way(context, connection_of(context, values).outgoing, values[1]);
}
Answer receive(const Context& context, Values values) {
  return begin_way(context, connection_of(context, values).incoming, values[1]);
}

Result<void> connect(const Context& context, Values values, ComponentCompletion done) {
  const auto connection = context.host->connectors[number_of(values[0])];
  if (!connection->outgoing.is_there || !connection->incoming.is_there) {
    finish(done, error_result(*context.host, "send and receive are to be called before connect"));
    return {};
  }
  const auto reactor = context.host->get_reactor();
  if (!reactor) return std::move(reactor).error();
  connection->connect((*reactor)->open_tls(std::string(values[1].string())),
                      [host = std::weak_ptr(context.host), done = std::move(done)](std::optional<std::string> error) {
                        const auto owner = host.lock();
                        if (owner != nullptr) finish(done, error ? error_result(*owner, *std::move(error)) : Val::ok());
                      });
  return {};
}

Answer error_text(const Context& context, Values values) {
  return one(Val::string(context.host->tls_errors[number_of(values[0])]));
}

constexpr Function types_functions[] = {{"[method]error.to-debug-string", error_text}};
constexpr Function client_functions[] = {{"[constructor]connector", new_connector},
                                         {"[method]connector.send", send},
                                         {"[method]connector.receive", receive},
                                         {"[static]connector.connect", nullptr, connect}};

}  // namespace

const Interface tls_types{"wasi:tls/types", types_functions, nullptr, tls_version};
const Interface tls_client{"wasi:tls/client", client_functions, nullptr, tls_version};

}  // namespace tenon::wasi::p3
