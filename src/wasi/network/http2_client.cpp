#include "wasi/network/http2_client.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <vector>

#include "wasi/network/http2_fields.hpp"

namespace tenon::wasi::network {

using host::HttpError;

namespace {

constexpr std::size_t most_output = std::size_t{256} << 10;  // gathered before it is written
constexpr std::size_t read_size = std::size_t{32} << 10;
constexpr std::size_t most_header = std::size_t{128} << 10;  // of a response, and of its trailers
constexpr unsigned char protocols[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

}  // namespace

// A request and what comes back.
struct Http2Client::Stream final : host::Waiter {
  std::weak_ptr<Http2Client> client;
  Reactor& reactor;
  std::shared_ptr<Request> request;
  std::int32_t number = 0;
  bool is_posted = false;
  bool is_deferred = false;  // the library asks for more of the body only when it is told to

  int status = 0;
  host::HttpFields fields;  // of the head, then of the trailers
  std::size_t field_bytes = 0;
  bool has_head = false;  // the final one
  bool is_whole = false;  // all of the response is there
  std::shared_ptr<host::Pipe> body;
  std::size_t held_back = 0;  // of its window

  Stream(Http2Client& of, const std::shared_ptr<Request>& whose)
      : client(of.weak_from_this()), reactor(of.reactor_), request(whose) {
    request->message().body->readable.add(*this);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    request->message().body->readable.remove(*this);
    if (body) body->writable.remove(*this);
  }
  void wake() noexcept override {
    if (std::exchange(is_posted, true)) return;
    asio::post(reactor.io(), [of = client, id = number] {
      if (const auto still = of.lock()) still->go_on(id);
    });
  }
};

// --- What the library calls. None may write to the socket.

struct Http2Client::Callbacks {
  static Http2Client& of(void* user) { return *static_cast<Http2Client*>(user); }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    if (Stream* stream = of(user).find(frame->hd.stream_id)) {
      of(user).take_field(*stream, text_of(name, name_size), text_of(value, value_size));
    }
    return 0;
  }
  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Client& self = of(user);
    Stream* const stream = self.find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    const bool is_last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame->hd.type == NGHTTP2_HEADERS) {
      self.head_ended(*stream, is_last);
    } else if (frame->hd.type == NGHTTP2_DATA && is_last) {
      self.message_ended(*stream);
    }
    return 0;
  }
  static int data_chunk(nghttp2_session*, std::uint8_t, std::int32_t number, const std::uint8_t* bytes,
                        std::size_t size, void* user) {
    Http2Client& self = of(user);
    nghttp2_session_consume_connection(self.session_.get(), size);
    if (Stream* stream = self.find(number)) self.take_data(*stream, text_of(bytes, size));
    return 0;
  }
  static int stream_closed(nghttp2_session*, std::int32_t number, std::uint32_t code, void* user) {
    of(user).stream_closed(number, code);
    return 0;
  }
  static ssize_t give_data(nghttp2_session*, std::int32_t number, std::uint8_t* bytes, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source*, void* user) {
    Stream* const stream = of(user).find(number);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return of(user).give_data(*stream, {bytes, size}, *flags);
  }
};

// --- The connection ------------------------------------------------------------------------------------------------

bool Http2Client::offer(TlsStream& tls) {
  return SSL_set_alpn_protos(tls.native_handle(), protocols, sizeof protocols) == 0;
}

bool Http2Client::was_chosen(const TlsStream& tls) {
  const unsigned char* chosen = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(const_cast<TlsStream&>(tls).native_handle(), &chosen, &size);
  return text_of(chosen, size) == "h2";
}

Http2Client::Http2Client(Reactor& reactor, std::shared_ptr<ClientConnection> connection)
    : reactor_(reactor), connection_(std::move(connection)), buffer_(read_size, '\0') {}
Http2Client::~Http2Client() = default;

std::shared_ptr<Http2Client> Http2Client::begin(Reactor& reactor, std::shared_ptr<ClientConnection> connection) {
  auto client = std::make_shared<Http2Client>(reactor, std::move(connection));
  if (!client->open_session()) return nullptr;
  client->flush();
  client->read();
  return client;
}

bool Http2Client::open_session() {
  const auto set = [](nghttp2_session_callbacks* callbacks) {
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::stream_closed);
  };
  session_ = make_session(nghttp2_session_client_new2, set, this);
  if (session_ == nullptr) return false;
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(most_header)}};
  return nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings, std::size(settings)) == 0;
}

Http2Client::Stream* Http2Client::find(std::int32_t number) const {
  const auto found = streams_.find(number);
  return found == streams_.end() ? nullptr : found->second.get();
}

bool Http2Client::has_room() const {
  if (is_closed_ || nghttp2_session_check_request_allowed(session_.get()) == 0) return false;
  return streams_.size() < nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

void Http2Client::read() {
  connection_->tls->async_read_some(
      asio::buffer(buffer_), [self = shared_from_this(), this](const error_code& error, std::size_t size) {
        if (is_closed_) return;
        if (error) return close();
        is_in_library_ = true;
        const auto* const data = static_cast<const std::uint8_t*>(static_cast<const void*>(buffer_.data()));
        const bool is_good = nghttp2_session_mem_recv(session_.get(), data, size) >= 0;
        is_in_library_ = false;
        if (!is_good) return close();
        flush();
        if (!is_closed_) read();
      });
}

void Http2Client::flush() {
  if (is_closed_ || is_writing_ || is_in_library_) return;
  is_in_library_ = true;
  bool is_good = true;
  while (is_good && output_.size() < most_output) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
    is_good = size >= 0;
    if (size <= 0) break;
    output_ += text_of(bytes, static_cast<std::size_t>(size));
  }
  is_in_library_ = false;
  if (!is_good) return close();
  if (output_.empty()) {
    const bool is_over =
        nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0;
    if (is_over) close();
    return;
  }
  is_writing_ = true;
  asio::async_write(*connection_->tls, asio::buffer(output_),
                    [self = shared_from_this(), this](const error_code& error, std::size_t) {
                      is_writing_ = false;
                      output_.clear();
                      if (is_closed_) return;
                      // What the server said last may still be there to be read.
                      if (!error) flush();
                    });
}

void Http2Client::close() {
  if (std::exchange(is_closed_, true)) return;
  const auto self = shared_from_this();
  while (!streams_.empty()) stream_closed(streams_.begin()->first, NGHTTP2_CONNECT_ERROR);
  error_code ignored;
  connection_->socket.close(ignored);
}

// --- Requests ------------------------------------------------------------------------------------------------------

std::int32_t Http2Client::send(const std::shared_ptr<Request>& request) {
  const host::HttpRequest& message = request->message();
  auto stream = std::make_unique<Stream>(*this, request);
  const host::Pipe& body = *message.body;
  const bool is_all_here = body.is_ended() && !body.failure && !body.trailers;
  const bool expects_body = message.method != "GET" && message.method != "HEAD" && message.method != "OPTIONS";
  host::HttpFields fields = fields_to_send(message.headers);
  std::erase_if(fields, [](const auto& field) { return field.first == "host"; });
  const auto is_length = [](const auto& field) { return field.first == "content-length"; };
  if (is_all_here && (body.available() > 0 || expects_body) && std::ranges::none_of(fields, is_length)) {
    fields.emplace_back("content-length", std::to_string(body.available()));
  }
  std::vector<nghttp2_nv> pairs{pair_of(":method", message.method), pair_of(":scheme", message.scheme),
                                pair_of(":authority", message.authority),
                                pair_of(":path", message.target.empty() ? "/" : std::string_view(message.target))};
  append_pairs(pairs, fields);
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::give_data;
  const bool is_empty = is_all_here && body.available() == 0;
  const std::int32_t number = nghttp2_submit_request(session_.get(), nullptr, pairs.data(), pairs.size(),
                                                     is_empty ? nullptr : &provider, nullptr);
  if (number < 0) return number;
  stream->number = number;
  Stream& added = *(streams_[number] = std::move(stream));
  added.wake();  // so that it is sent, with what follows soon
  return number;
}

void Http2Client::give_up(std::int32_t number) {
  const auto taken = streams_.extract(number);
  if (taken.empty()) return;
  if (streams_.empty()) idle_since_ = Clock::now();
  if (is_closed_) return;
  const bool is_over = taken.mapped()->is_whole && nghttp2_session_get_stream_local_close(session_.get(), number) == 1;
  if (is_over) return;
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, number, NGHTTP2_CANCEL);
  flush();
}

// A pipe is ready for something.
void Http2Client::go_on(std::int32_t number) {
  Stream* const stream = find(number);
  if (is_closed_) return;
  if (stream != nullptr) {
    stream->is_posted = false;
    if (stream->body && stream->body->is_abandoned()) {
      const auto request = stream->request;  // the stream goes
      return request->end();
    }
    if (stream->held_back > 0 && stream->body->room() > 0) {
      nghttp2_session_consume_stream(session_.get(), number, std::exchange(stream->held_back, 0));
    }
    const host::Pipe& body = *stream->request->message().body;
    if (stream->is_deferred && (body.available() > 0 || body.is_ended())) {
      stream->is_deferred = false;
      nghttp2_session_resume_data(session_.get(), number);
    }
  }
  flush();
}

// The library asks for the next piece of a body: the server has room for it.
ssize_t Http2Client::give_data(Stream& stream, std::span<std::uint8_t> room, std::uint32_t& flags) {
  host::Pipe& body = *stream.request->message().body;
  const std::string bytes = body.read(room.size());
  std::ranges::copy(bytes, room.begin());
  if (!bytes.empty()) stream.request->took_body();
  if (body.is_drained()) {
    // A body that the guest gave up: the other side must not take it for a whole one.
    if (body.failure) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    flags |= NGHTTP2_DATA_FLAG_EOF;
    if (body.trailers) submit_trailers(session_.get(), stream.number, *body.trailers, flags);
  } else if (bytes.empty()) {
    stream.is_deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  return static_cast<ssize_t>(bytes.size());
}

// --- Responses -----------------------------------------------------------------------------------------------------

void Http2Client::take_field(Stream& stream, std::string_view name, std::string_view value) {
  stream.field_bytes += name.size() + value.size() + cost_of_field;
  if (stream.field_bytes > most_header) return;  // refused when it is whole
  if (name == ":status") {
    stream.status = 0;
    std::from_chars(value.data(), value.data() + value.size(), stream.status);
  } else {
    stream.fields.emplace_back(name, value);
  }
}

// A head is whole: one of the class 1xx, the final one, or trailers.
void Http2Client::head_ended(Stream& stream, bool is_last) {
  const bool is_too_large = std::exchange(stream.field_bytes, 0) > most_header;
  if (is_too_large) {
    const auto request = stream.request;  // the stream goes
    return request->fail({.code = stream.has_head ? HttpError::http_response_trailer_section_size
                                                  : HttpError::http_response_header_section_size});
  }
  if (stream.has_head) return is_last ? message_ended(stream) : void();
  host::HttpFields fields = std::exchange(stream.fields, {});
  if (stream.status / 100 == 1) return;
  stream.has_head = true;
  stream.body = std::make_shared<host::Pipe>();
  stream.body->writable.add(stream);
  stream.request->responded(
      {.status = static_cast<std::uint16_t>(stream.status), .headers = std::move(fields), .body = stream.body});
  if (is_last) message_ended(stream);
}

void Http2Client::take_data(Stream& stream, std::string_view bytes) {
  if (stream.body == nullptr) return;  // the library has seen that this is wrong
  stream.request->progressed();
  stream.body->write(bytes);
  if (stream.body->room() > 0) {
    nghttp2_session_consume_stream(session_.get(), stream.number, bytes.size());
  } else {
    stream.held_back += bytes.size();
  }
}

void Http2Client::message_ended(Stream& stream) {
  std::optional<host::HttpFields> trailers;
  if (!stream.fields.empty()) trailers = std::move(stream.fields);
  stream.is_whole = true;
  stream.body->end(std::move(trailers));
  const auto request = stream.request;  // the stream goes
  request->end();
}

// Before the request was done with it.
void Http2Client::stream_closed(std::int32_t number, std::uint32_t code) {
  const auto taken = streams_.extract(number);
  if (taken.empty()) return;
  if (streams_.empty()) idle_since_ = Clock::now();
  const Stream& stream = *taken.mapped();
  const host::Pipe& sent = *stream.request->message().body;
  if (sent.failure && sent.is_drained()) return stream.request->fail(*sent.failure);
  const bool is_untouched = code == NGHTTP2_REFUSED_STREAM;
  HttpError error = stream.has_head ? HttpError::http_response_incomplete : HttpError::connection_terminated;
  if (code == NGHTTP2_PROTOCOL_ERROR && !stream.has_head) error = HttpError::http_protocol_error;
  stream.request->broke_off(is_untouched, {.code = error});
}

}  // namespace tenon::wasi::network
