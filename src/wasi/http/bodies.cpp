// wasi:http/types: bodies, trailers, and the code of an error that a stream gave.
#include "wasi/http/interfaces.hpp"

namespace tenon::wasi::http {

using component::Val;
using p2::Function;
using p2::Host;
using p2::IoError;

namespace {

Answer failed(const HttpFailure& failure) { return one(Val::error(error_value(failure))); }

Answer incoming_stream(Host& host, Values values) {
  IncomingBody& body = host.incoming_bodies[number_of(values[0])];
  if (std::exchange(body.is_stream_taken, true)) return refused();
  return ok(handle(host.inputs.insert({.pipe = body.pipe}, host.incoming_bodies.kinship(number_of(values[0])))));
}

Answer incoming_finish(Host& host, Values values) {
  if (host.incoming_bodies.has_children(number_of(values[0]))) {
    return Error(ErrorKind::trap, "incoming-body.finish: its input-stream must be dropped before");
  }
  const IncomingBody body = std::move(host.incoming_bodies[number_of(values[0])]);
  body.pipe->discard();
  return one(handle(host.future_trailers.insert({.pipe = body.pipe})));
}

Answer trailers_subscribe(Host& host, Values values) {
  const FutureTrailers& future = host.future_trailers[number_of(values[0])];
  return one(p2::pollable_handle(host, host.future_trailers, values[0],
                                 {.owner = future.pipe, .signal = &future.pipe->readable}));
}

Answer trailers_get(Host& host, Values values) {
  FutureTrailers& future = host.future_trailers[number_of(values[0])];
  if (!future.pipe->is_ended()) return one(Val::none());
  if (std::exchange(future.is_taken, true)) return one(Val::some(Val::error()));
  if (future.pipe->failure) return one(Val::some(Val::ok(Val::error(error_value(*future.pipe->failure)))));
  Val trailers = Val::none();
  if (future.pipe->trailers) {
    trailers = Val::some(
        handle(host.fields.insert({.list = bindings::visible_fields(*future.pipe->trailers), .is_immutable = true})));
  }
  return one(Val::some(Val::ok(Val::ok(std::move(trailers)))));
}

Answer outgoing_write(Host& host, Values values) {
  OutgoingBody& body = host.outgoing_bodies[number_of(values[0])];
  if (std::exchange(body.is_stream_taken, true)) return refused();
  return ok(handle(host.outputs.insert({.pipe = body.pipe, .length = body.length},
                                       host.outgoing_bodies.kinship(number_of(values[0])))));
}

Answer outgoing_finish(Host& host, Values values) {
  if (host.outgoing_bodies.has_children(number_of(values[0]))) {
    return Error(ErrorKind::trap, "outgoing-body.finish: its output-stream must be dropped before");
  }
  OutgoingBody body = std::move(host.outgoing_bodies[number_of(values[0])]);
  std::optional<HttpFields> trailers;
  if (values[1].index() == 1) {
    trailers = *host.fields[number_of(values[1].payload())].list;
  }
  const auto pipe = std::exchange(body.pipe, nullptr);
  if (body.length.stated && *body.length.stated != pipe->total()) {
    const HttpFailure failure{.code = body.length.error, .size = pipe->total()};
    pipe->fail(failure);
    return failed(failure);
  }
  pipe->end(std::move(trailers));
  return ok();
}

Answer error_code(Host& host, Values values) {
  const IoError& error = host.io_errors[number_of(values[0])];
  return one(error.http ? Val::some(error_value(*error.http)) : Val::none());
}

constexpr Function functions[] = {
    {"[method]incoming-body.stream", incoming_stream},
    {"[static]incoming-body.finish", incoming_finish},
    {"[method]future-trailers.subscribe", trailers_subscribe},
    {"[method]future-trailers.get", trailers_get},
    {"[method]outgoing-body.write", outgoing_write},
    {"[static]outgoing-body.finish", outgoing_finish},
    {"http-error-code", error_code},
};

// Tells the connection when nobody reads any more.
struct BodyReader {
  explicit BodyReader(std::shared_ptr<Pipe> of) : pipe(std::move(of)) {}
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;
  ~BodyReader() { pipe->abandon(); }
  std::shared_ptr<Pipe> pipe;
};

}  // namespace

std::shared_ptr<Pipe> reading_end(std::shared_ptr<Pipe> pipe) {
  const auto reader = std::make_shared<BodyReader>(std::move(pipe));
  return {reader, reader->pipe.get()};
}

}  // namespace tenon::wasi::http

namespace tenon::wasi::p2 {

const Interface http_bodies{"wasi:http/types", http::functions};

}  // namespace tenon::wasi::p2
