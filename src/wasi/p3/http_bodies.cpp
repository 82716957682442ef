// Bodies of messages between guests and the network: streams on one side, pipes on the other.
#include "wasi/http/values.hpp"
#include "wasi/p3/host.hpp"

namespace tenon::wasi::p3 {

namespace {

constexpr std::size_t largest_piece = std::size_t{1} << 16;

// From a pipe to a guest.
class Incoming : public std::enable_shared_from_this<Incoming> {
 public:
  Incoming(const Context& context, std::shared_ptr<Pipe> pipe)
      : host_(context.host), events_(*context.host->events), pipe_(std::move(pipe)) {}
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;
  ~Incoming() { pipe_->abandon(); }

  void begin(StreamWriter<std::uint8_t> writer, FutureWriter<Val> trailers) {
    writer_ = std::move(writer);
    trailers_ = std::move(trailers);
    wait_for_reader();
  }

 private:
  void wait_for_reader() {
    writer_.write({}, [self = shared_from_this()](Result<Copied> asked) {
      if (!asked || asked->is_over) self->discard();
      self->wait_for_bytes();
    });
  }

  void wait_for_bytes() {
    if (pipe_->readable.is_set()) return go_on();
    events_.when({.signal = &pipe_->readable, .happen = [self = shared_from_this()] { self->go_on(); }});
  }

  void go_on() {
    if (pipe_->is_drained()) return end();
    bytes_ = pipe_->read(largest_piece);
    if (bytes_.empty()) return wait_for_bytes();
    const void* const data = bytes_.data();
    writer_.write_from({static_cast<const std::uint8_t*>(data), bytes_.size()},
                       [self = shared_from_this()](Result<Copied> copied) {
                         if (!copied || copied->is_over) {
                           self->discard();
                           return self->wait_for_bytes();
                         }
                         self->wait_for_reader();
                       });
  }

  // Nobody reads, but how it ends is to be told.
  void discard() { pipe_->discard(); }

  void end() {
    writer_.close();
    Val trailers = Val::none();
    if (const auto host = host_.lock(); host != nullptr && pipe_->trailers) {
      trailers = Val::some(handle(host->fields.insert({.list = bindings::visible_fields(*pipe_->trailers)})));
    }
    trailers_.write(pipe_->failure ? Val::error(http::error_value(*pipe_->failure)) : Val::ok(std::move(trailers)));
    trailers_.close();
  }

  std::weak_ptr<Host> host_;
  Events& events_;
  std::shared_ptr<Pipe> pipe_;
  std::string bytes_;
  StreamWriter<std::uint8_t> writer_;
  FutureWriter<Val> trailers_;
};

// From a guest to a pipe.
class Outgoing : public std::enable_shared_from_this<Outgoing> {
 public:
  Outgoing(const Context& context, HttpBody& body)
      : host_(context.host),
        events_(*context.host->events),
        contents_(std::move(body.contents)),
        trailers_(std::move(body.trailers)) {}

  void begin() { contents_ ? wait_for_room() : read_trailers(); }
  const std::shared_ptr<Pipe>& pipe() const noexcept { return pipe_; }

 private:
  void wait_for_room() {
    if (pipe_->writable.is_set()) return take();
    events_.when({.signal = &pipe_->writable, .happen = [self = shared_from_this()] { self->take(); }});
  }

  void take() {
    if (pipe_->is_abandoned()) return read_trailers();
    const auto sink = [pipe = pipe_](std::span<const std::uint8_t> data) {
      const void* const bytes = data.data();
      pipe->write({static_cast<const char*>(bytes), data.size()});
    };
    contents_->consume(std::max<std::size_t>(pipe_->room(), 1), sink,
                       [self = shared_from_this()](Result<Copied> copied) {
                         if (!copied)
                           return self->fail({.code = HttpError::internal_error, .text = "the body was not finished"});
                         if (copied->is_over) return self->read_trailers();
                         self->wait_for_room();
                       });
  }

  void read_trailers() {
    contents_.reset();
    trailers_->read([self = shared_from_this()](Result<Val> result) { self->end(result); });
  }

  void end(const Result<Val>& result) {
    trailers_.reset();
    if (!result) return fail({.code = HttpError::internal_error, .text = "the trailers were not given"});
    if (result->index() != 0) return fail({.code = HttpError::internal_error, .text = "the guest gave up the body"});
    std::optional<HttpFields> fields;
    const Val& some = result->payload();
    if (const auto host = host_.lock(); host != nullptr && some.has_payload()) {
      fields = *host->fields[number_of(some.payload())].list;
    }
    pipe_->end(std::move(fields));
  }
  void fail(HttpFailure failure) { pipe_->fail(std::move(failure)); }

  std::weak_ptr<Host> host_;
  Events& events_;
  std::shared_ptr<Pipe> pipe_ = std::make_shared<Pipe>();
  std::optional<tenon::Stream<std::uint8_t>> contents_;
  std::optional<Future<Val>> trailers_;
};

}  // namespace

Answer consume_body(const Context& context, HttpBody body) {
  if (body.transmitted != nullptr) body.transmitted->write(Val::ok());
  if (body.pipe == nullptr && body.contents && body.trailers) {
    return one(record({(*std::move(body.contents)).to_val(), (*std::move(body.trailers)).to_val()}));
  }
  auto stream = make_stream<std::uint8_t>(context.store);
  if (!stream) return std::move(stream).error();
  Val contents = std::move(stream->reader).to_val();
  if (body.pipe == nullptr) {
    stream->writer.close();
    if (!body.trailers) return Error(ErrorKind::trap, "the body was consumed before");
    return one(record({std::move(contents), (*std::move(body.trailers)).to_val()}));
  }
  auto trailers = make_future<Val>(context.store);
  if (!trailers) return std::move(trailers).error();
  context.store.add_events(context.host->events);
  const auto incoming = std::make_shared<Incoming>(context, std::move(body.pipe));
  incoming->begin(std::move(stream->writer), std::move(trailers->writer));
  return one(record({std::move(contents), std::move(trailers->reader).to_val()}));
}

std::shared_ptr<Pipe> send_body(const Context& context, HttpBody& body) {
  if (body.pipe != nullptr) return std::move(body.pipe);
  context.store.add_events(context.host->events);
  const auto outgoing = std::make_shared<Outgoing>(context, body);
  outgoing->begin();
  return outgoing->pipe();
}

}  // namespace tenon::wasi::p3
