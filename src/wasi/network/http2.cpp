#include "wasi/network/http2.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <vector>

#include "wasi/network/http2_fields.hpp"
#include "wasi/network/messages.hpp"

namespace tenon::wasi::network {

namespace {

constexpr std::size_t most_output = std::size_t{256} << 10;   // gathered before it is written
constexpr std::size_t pipe_capacity = std::size_t{32} << 10;  // of a request's body; a window more may come
constexpr std::uint32_t most_streams = 128;                   // of one connection at a time
constexpr std::chrono::milliseconds lingering_time{2'000};

}  // namespace

// A request and its response.
struct Http2Connection::Stream final : host::Waiter {
  Http2Connection* connection = nullptr;
  std::int32_t number = 0;
  bool is_posted = false;
  Clock::time_point start = Clock::now();
  Clock::time_point deadline{};  // of the client: for the next piece of the request, or to take one of the response

  // The request.
  host::HttpRequest request;  // until it is dispatched
  host::HttpFields trailers;
  std::size_t field_bytes = 0;
  std::string method;
  std::string target;
  std::shared_ptr<host::Pipe> request_body;
  std::size_t held_back = 0;  // of its window
  bool is_dispatched = false;
  bool is_request_whole = false;
  bool is_upload_expected = false;

  // The response.
  std::optional<host::HttpResponse> response;
  std::shared_ptr<host::Pipe> response_body;
  std::optional<std::uint64_t> length;
  std::uint64_t sent = 0;
  bool is_submitted = false;
  bool is_deferred = false;  // the library asks for more only when it is told to
  bool is_complete = false;

  Stream(Http2Connection& of, std::int32_t id) : connection(&of), number(id) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    if (request_body) request_body->writable.remove(*this);
    if (response_body) response_body->readable.remove(*this);
  }
  void wake() noexcept override {
    if (std::exchange(is_posted, true)) return;
    asio::post(connection->reactor_.io(), [self = connection->shared_from_this(), id = number] { self->go_on(id); });
  }
  void set_time(std::chrono::milliseconds time) { deadline = Clock::now() + time; }
};

// --- What the library calls: each finds the connection and the stream, and goes on there. None may write to the
// socket.

struct Http2Connection::Callbacks {
  static Http2Connection& of(void* user) { return *static_cast<Http2Connection*>(user); }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Http2Connection& self = of(user);
    auto stream = std::make_unique<Stream>(self, frame->hd.stream_id);
    stream->set_time(self.handler_.limits.header_time);
    self.streams_[frame->hd.stream_id] = std::move(stream);
    return 0;
  }
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    if (Stream* stream = of(user).find(static_cast<std::uint64_t>(frame->hd.stream_id))) {
      of(user).take_field(*stream, text_of(name, name_size), text_of(value, value_size));
    }
    return 0;
  }
  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Connection& self = of(user);
    Stream* const stream = self.find(static_cast<std::uint64_t>(frame->hd.stream_id));
    if (stream == nullptr || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)) return 0;
    const bool is_last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      stream->is_request_whole = is_last;
      self.dispatch(*stream);
    } else if (is_last) {
      self.request_ended(*stream);
    }
    return 0;
  }
  static int data_chunk(nghttp2_session*, std::uint8_t, std::int32_t number, const std::uint8_t* bytes,
                        std::size_t size, void* user) {
    Http2Connection& self = of(user);
    nghttp2_session_consume_connection(self.session_.get(), size);
    if (Stream* stream = self.find(static_cast<std::uint64_t>(number))) self.take_data(*stream, text_of(bytes, size));
    return 0;
  }
  // The response is out, and the client still sends: what comes is not wanted.
  static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Connection& self = of(user);
    const bool is_body = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!is_body || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    Stream* const stream = self.find(static_cast<std::uint64_t>(frame->hd.stream_id));
    if (stream == nullptr) return 0;
    stream->is_complete = true;
    if (!stream->is_request_whole) self.reset(*stream, NGHTTP2_NO_ERROR);
    return 0;
  }
  static int stream_closed(nghttp2_session*, std::int32_t number, std::uint32_t, void* user) {
    Http2Connection& self = of(user);
    if (Stream* stream = self.find(static_cast<std::uint64_t>(number))) self.stream_closed(*stream);
    return 0;
  }
  static ssize_t give_data(nghttp2_session*, std::int32_t number, std::uint8_t* bytes, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source*, void* user) {
    Stream* const stream = of(user).find(static_cast<std::uint64_t>(number));
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return of(user).give_data(*stream, {bytes, size}, *flags);
  }
};

// --- The connection ------------------------------------------------------------------------------------------------

Http2Connection::Http2Connection(Reactor& reactor, Wire wire, host::HttpHandler& handler, std::string remote_address)
    : reactor_(reactor), handler_(handler), wire_(std::move(wire)), remote_address_(std::move(remote_address)) {}
Http2Connection::~Http2Connection() = default;

void Http2Connection::begin(Reactor& reactor, Wire wire, host::HttpHandler& handler, std::string remote_address,
                            std::string_view bytes) {
  auto connection = std::make_shared<Http2Connection>(reactor, std::move(wire), handler, std::move(remote_address));
  if (!connection->open_session()) return;
  reactor.keep(connection);
  connection->set_time(handler.limits.idle_time);
  if (reactor.is_finishing()) connection->finish_if_idle();
  if (!connection->is_closed_) connection->take(bytes);
}

bool Http2Connection::open_session() {
  const auto set = [](nghttp2_session_callbacks* callbacks) {
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data_chunk);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::stream_closed);
  };
  session_ = make_session(nghttp2_session_server_new2, set, this);
  if (session_ == nullptr) return false;
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, most_streams},
                                             {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, handler_.limits.header_bytes}};
  return nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings, std::size(settings)) == 0;
}

Http2Connection::Stream* Http2Connection::find(std::uint64_t number) const {
  const auto found = streams_.find(static_cast<std::int32_t>(number));
  return found == streams_.end() ? nullptr : found->second.get();
}

void Http2Connection::wait_to_read() {
  if (is_reading_ || is_closed_) return;
  is_reading_ = true;
  wire_.socket.async_wait(wire_.waits_to_read, [self = shared_from_this()](const error_code& failed) {
    self->is_reading_ = false;
    if (self->is_closed_) return;
    if (failed) return self->close();
    self->read();
  });
}

void Http2Connection::read() {
  const std::span<char> scratch = reactor_.scratch();
  const Got got = wire_.read(scratch);
  if (got.kind == Got::nothing) return wait_to_read();
  if (got.kind != Got::bytes) return close();
  if (is_lingering_) return wait_to_read();
  take({scratch.data(), got.size});
}

void Http2Connection::take(std::string_view bytes) {
  const auto self = shared_from_this();
  const auto* const data = static_cast<const std::uint8_t*>(static_cast<const void*>(bytes.data()));
  // What the client does wrong is answered by the library, in what it gives to be sent; only a flood ends it here.
  if (nghttp2_session_mem_recv(session_.get(), data, bytes.size()) < 0) return close();
  flush();
}

void Http2Connection::flush() {
  while (!is_closed_ && !is_writing_ && !is_lingering_) {
    while (output_.size() < most_output) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
      if (size < 0) return close();
      if (size == 0) break;
      output_ += text_of(bytes, static_cast<std::size_t>(size));
    }
    if (output_.empty()) {
      const bool is_over =
          nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0;
      if (is_over || (is_finishing_ && streams_.empty())) return linger();
      return wait_to_read();
    }
    if (!write_out()) break;
  }
  wait_to_read();  // also while writing: the client may have to be heard before it takes more
}

// True when all has gone out.
bool Http2Connection::write_out() {
  const Sent sent = wire_.send(output_, written_);
  if (sent == Sent::failed) close();
  if (sent == Sent::some) {
    is_writing_ = true;
    set_time(handler_.limits.stall_time);
    wire_.socket.async_wait(wire_.waits_to_write, [self = shared_from_this()](const error_code& failed) {
      self->is_writing_ = false;
      if (self->is_closed_) return;
      if (failed) return self->close();
      self->set_time(self->handler_.limits.idle_time);
      if (self->write_out()) self->flush();
    });
  }
  if (sent != Sent::all) return false;
  if (output_.capacity() > most_output) output_.shrink_to_fit();
  return true;
}

// As Connection::linger.
void Http2Connection::linger() {
  wire_.end();
  is_lingering_ = true;
  set_time(lingering_time);
  wait_to_read();
}

void Http2Connection::close() {
  if (std::exchange(is_closed_, true)) return;
  const auto self = shared_from_this();
  while (!streams_.empty()) stream_closed(*streams_.begin()->second);
  error_code ignored;
  wire_.socket.close(ignored);
  reactor_.forget(*this);
}

void Http2Connection::finish_if_idle() {
  if (std::exchange(is_finishing_, true)) return;
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_.get()),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  flush();
}

void Http2Connection::check_time(Clock::time_point now) {
  if ((is_writing_ || is_lingering_ || streams_.empty()) && now >= deadline_) return close();
  bool has_changed = false;
  for (const auto& [number, stream] : streams_) {
    if (now < stream->deadline) continue;
    has_changed = true;
    if (!stream->is_dispatched) return close();  // in the middle of its head: nothing else can come before the rest
    const bool is_sender_late = !stream->is_request_whole && stream->request_body->room() > 0;
    const bool is_taker_late = stream->is_submitted && !stream->is_deferred;
    if (is_sender_late) {
      break_off(*stream, 408);
    } else if (is_taker_late) {
      reset(*stream, NGHTTP2_CANCEL);
    }
    stream->set_time(handler_.limits.stall_time);
  }
  if (has_changed) flush();
}

// --- Requests ------------------------------------------------------------------------------------------------------

void Http2Connection::take_field(Stream& stream, std::string_view name, std::string_view value) {
  stream.field_bytes += name.size() + value.size() + cost_of_field;
  if (stream.field_bytes > handler_.limits.header_bytes) return;  // refused when it is whole
  if (stream.is_dispatched) {
    stream.trailers.emplace_back(name, value);
    return;
  }
  host::HttpRequest& request = stream.request;
  if (name == ":method") {
    request.method = value;
  } else if (name == ":scheme") {
    request.scheme = value;
  } else if (name == ":authority") {
    request.authority = value;
  } else if (name == ":path") {
    request.target = value;
  } else if (name == "cookie" && find_field(request.headers, "cookie") != nullptr) {
    // https://www.rfc-editor.org/rfc/rfc9113#section-8.2.3: it may come in pieces, and is one for everybody else.
    const auto first = std::ranges::find(request.headers, "cookie", &std::pair<std::string, std::string>::first);
    first->second += "; ";
    first->second += value;
  } else {
    if (name == "expect" && is_same_name(value, "100-continue")) stream.is_upload_expected = true;
    request.headers.emplace_back(name, value);
  }
}

void Http2Connection::dispatch(Stream& stream) {
  stream.is_dispatched = true;
  stream.set_time(handler_.limits.stall_time);
  const bool is_too_large = stream.field_bytes > handler_.limits.header_bytes;
  stream.field_bytes = 0;  // trailers count anew
  auto exchange = std::make_shared<Exchange>(shared_from_this(), static_cast<std::uint64_t>(stream.number));
  host::HttpRequest& request = exchange->request = std::move(stream.request);
  stream.method = request.method;
  stream.target = request.target;
  request.body = stream.request_body = std::make_shared<host::Pipe>(pipe_capacity);
  stream.request_body->writable.add(stream);
  if (const std::string* host = find_field(request.headers, "host"); host != nullptr && request.authority.empty()) {
    request.authority = *host;
  }
  exchange->remote_address = remote_address_;
  if (stream.is_request_whole) stream.request_body->end();
  if (is_too_large) return exchange->refuse(431);
  if (request.method == "CONNECT") return exchange->refuse(501);  // there is no path, and nobody to connect to
  if (stream.is_upload_expected && !stream.is_request_whole) inform(static_cast<std::uint64_t>(stream.number), 100, {});
  handler_.handle(std::move(exchange));
}

void Http2Connection::take_data(Stream& stream, std::string_view bytes) {
  stream.set_time(handler_.limits.stall_time);
  host::Pipe& body = *stream.request_body;
  body.write(bytes);
  if (body.total() > handler_.limits.body_bytes && !stream.is_request_whole) break_off(stream, 413);
  if (body.room() > 0 || body.is_ended()) {
    nghttp2_session_consume_stream(session_.get(), stream.number, bytes.size());
  } else {
    stream.held_back += bytes.size();
  }
}

void Http2Connection::request_ended(Stream& stream) {
  if (std::exchange(stream.is_request_whole, true)) return;
  std::optional<host::HttpFields> trailers;
  if (!stream.trailers.empty()) trailers = std::move(stream.trailers);
  stream.request_body->end(std::move(trailers));
}

// The request ends here; what still comes of it is dropped.
void Http2Connection::break_off(Stream& stream, std::uint16_t status) {
  stream.request_body->fail(
      {.code = status == 413 ? host::HttpError::http_request_body_size : host::HttpError::connection_read_timeout});
  refuse(static_cast<std::uint64_t>(stream.number), status);
  stream.wake();  // for its window
}

// --- Responses -----------------------------------------------------------------------------------------------------

bool Http2Connection::has_responded(std::uint64_t number) const {
  const Stream* const stream = find(number);
  return stream == nullptr || stream->response;
}

void Http2Connection::respond(std::uint64_t number, host::HttpResponse response) {
  if (has_responded(number) || is_closed_) return;
  Stream& stream = *find(number);
  stream.response_body = std::exchange(response.body, nullptr);
  stream.response = std::move(response);
  if (stream.response_body == nullptr) {
    stream.response_body = std::make_shared<host::Pipe>();
    stream.response_body->end();
  }
  stream.response_body->readable.add(stream);
  stream.wake();  // not at once: what follows soon goes out with the head
}

void Http2Connection::refuse(std::uint64_t number, std::uint16_t status) {
  if (!has_responded(number)) respond(number, page_of(status));
}

void Http2Connection::inform(std::uint64_t number, std::uint16_t status, const host::HttpFields& headers) {
  if (has_responded(number) || is_closed_) return;
  Stream& stream = *find(number);
  submit_fields(stream, status, headers, false);
  stream.wake();
}

// A pipe is ready for something.
void Http2Connection::go_on(std::int32_t number) {
  Stream* const stream = find(static_cast<std::uint64_t>(number));
  if (stream == nullptr || is_closed_) return;
  stream->is_posted = false;
  const host::Pipe& body = *stream->request_body;
  if (stream->held_back > 0 && (body.room() > 0 || body.is_ended())) {
    stream->set_time(handler_.limits.stall_time);
    nghttp2_session_consume_stream(session_.get(), number, std::exchange(stream->held_back, 0));
  }
  if (stream->response && !stream->is_submitted) submit(*stream);
  if (stream->is_deferred && (stream->response_body->available() > 0 || stream->response_body->is_ended())) {
    stream->is_deferred = false;
    stream->set_time(handler_.limits.stall_time);
    nghttp2_session_resume_data(session_.get(), number);
  }
  flush();
}

void Http2Connection::submit_fields(Stream& stream, std::uint16_t status, const host::HttpFields& fields,
                                    bool is_final) {
  const std::string code = std::to_string(status);
  const host::HttpFields sent = fields_to_send(fields);
  std::vector<nghttp2_nv> pairs{pair_of(":status", code)};
  append_pairs(pairs, sent);
  if (!is_final) {
    nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream.number, nullptr, pairs.data(), pairs.size(),
                           nullptr);
    return;
  }
  const bool has_no_body = stream.method == "HEAD" || status == 204 || status == 304;
  const host::Pipe& body = *stream.response_body;
  const bool is_empty = body.is_drained() && !body.failure && !body.trailers;
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::give_data;
  nghttp2_submit_response(session_.get(), stream.number, pairs.data(), pairs.size(),
                          has_no_body || (is_empty && stream.length.value_or(0) == 0) ? nullptr : &provider);
}

void Http2Connection::submit(Stream& stream) {
  if (stream.response_body->failure && stream.response_body->available() == 0) {
    stream.response_body->readable.remove(stream);
    stream.response = page_of(500);
    stream.response_body = std::exchange(stream.response->body, nullptr);
  }
  stream.is_submitted = true;
  stream.set_time(handler_.limits.stall_time);
  host::HttpFields fields = stream.response->headers;
  const host::Pipe& body = *stream.response_body;
  if (const std::string* stated = find_field(fields, "content-length")) {
    stream.length = std::strtoull(stated->c_str(), nullptr, 10);
  } else if (body.is_ended() && !body.failure && !body.trailers && stream.method != "HEAD" &&
             stream.response->status != 204 && stream.response->status != 304) {
    stream.length = body.available();
    fields.emplace_back("content-length", std::to_string(*stream.length));
  }
  if (find_field(fields, "date") == nullptr) fields.emplace_back("date", reactor_.date());
  submit_fields(stream, stream.response->status, fields, true);
}

// The library asks for the next piece of a body: the client has room for it.
ssize_t Http2Connection::give_data(Stream& stream, std::span<std::uint8_t> room, std::uint32_t& flags) {
  host::Pipe& body = *stream.response_body;
  std::size_t most = room.size();
  // More than the head promised is not the client's.
  if (stream.length) most = static_cast<std::size_t>(std::min<std::uint64_t>(most, *stream.length - stream.sent));
  const std::string bytes = body.read(most);
  std::ranges::copy(bytes, room.begin());
  stream.sent += bytes.size();
  stream.set_time(handler_.limits.stall_time);
  const bool is_full = stream.length && stream.sent == *stream.length;
  if (is_full && body.available() > 0) body.discard();
  if (body.is_drained()) {
    const bool is_short = stream.length && !is_full;
    if (body.failure || is_short) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // the stream is reset
    flags |= NGHTTP2_DATA_FLAG_EOF;
    if (body.trailers) submit_trailers(session_.get(), stream.number, *body.trailers, flags);
  } else if (bytes.empty()) {
    stream.is_deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  return static_cast<ssize_t>(bytes.size());
}

void Http2Connection::reset(const Stream& stream, std::uint32_t code) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.number, code);
}

void Http2Connection::stream_closed(Stream& stream) {
  const auto taken = streams_.extract(stream.number);  // ends with this function
  if (stream.request_body) {
    stream.request_body->fail({.code = host::HttpError::connection_terminated});
    if (stream.response_body) stream.response_body->abandon();
    handler_.ended({.method = stream.method,
                    .target = stream.target,
                    .remote_address = remote_address_,
                    .status = static_cast<std::uint16_t>(stream.response ? stream.response->status : 0),
                    .bytes_in = stream.request_body->total(),
                    .bytes_out = stream.sent,
                    .time = Clock::now() - stream.start,
                    .is_complete = stream.is_complete});
  }
  if (streams_.empty()) set_time(handler_.limits.idle_time);
}

}  // namespace tenon::wasi::network
