#include "wasi/network/request.hpp"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <vector>

#include "wasi/network/http2_client.hpp"

namespace tenon::wasi::network {

namespace {

using asio::ip::tcp;
using host::HttpError;

constexpr std::size_t most_output = std::size_t{256} << 10;
constexpr std::size_t read_size = std::size_t{32} << 10;
constexpr std::uint32_t most_header = std::uint32_t{128} << 10;

HttpError code_of_connecting(const error_code& error) {
  namespace errors = boost::asio::error;
  if (error == errors::connection_refused) return HttpError::connection_refused;
  if (error == errors::timed_out) return HttpError::connection_timeout;
  if (error == errors::host_unreachable || error == errors::network_unreachable) {
    return HttpError::destination_ip_unroutable;
  }
  return HttpError::destination_unavailable;
}

// Whether it does the same when done twice.
bool is_repeatable(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

std::span<const std::uint8_t> bytes_of(const asio::ip::address& address, std::array<std::uint8_t, 16>& room) {
  if (address.is_v4()) {
    std::ranges::copy(address.to_v4().to_bytes(), room.begin());
    return std::span(room).first(4);
  }
  std::ranges::copy(address.to_v6().to_bytes(), room.begin());
  return room;
}

}  // namespace

// What the guest's side holds.
struct Request::Call final : host::HttpCall {
  std::shared_ptr<Request> request;
  Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() override {
    if (!result) request->end();
  }
};

void Request::Half::wake() noexcept {
  if (std::exchange(is_posted, true)) return;
  asio::post(request->reactor_.io(), [self = request->shared_from_this(), this] {
    is_posted = false;
    if (!self->is_over_) (self.get()->*go_on)();
  });
}

Request::Request(Reactor& reactor, host::HttpRequest request, const host::HttpTarget& target)
    : reactor_(reactor),
      request_(std::move(request)),
      target_(target),
      connection_(std::make_shared<ClientConnection>(reactor.io())),
      resolver_(reactor.io()),
      timer_(reactor.io()) {
  reading_.request = writing_.request = this;
  reading_.go_on = &Request::read;
  writing_.go_on = &Request::write;
}

std::shared_ptr<host::HttpCall> Request::send(Reactor& reactor, host::HttpRequest request,
                                              const host::HttpTarget& target) {
  auto call = std::make_shared<Call>();
  call->request = std::make_shared<Request>(reactor, std::move(request), target);
  call->request->call_ = call;
  call->request->begin();
  return call;
}

// The handlers of operations hold the request, and do nothing once it is over.
template <class Handler>
auto Request::guarded(Handler handler) {
  return [self = shared_from_this(), handler = std::move(handler)](auto&&... arguments) {
    if (!self->is_over_) handler(std::forward<decltype(arguments)>(arguments)...);
  };
}

// The same for those of a connection, once the request has another.
template <class Handler>
auto Request::on_connection(Handler handler) {
  return guarded([this, connection = connection_, handler = std::move(handler)](auto&&... arguments) {
    if (connection == connection_) handler(std::forward<decltype(arguments)>(arguments)...);
  });
}

void Request::begin() {
  if (auto client = target_.is_tls ? reactor_.pool().shared(target_, is_repeatable(request_.method)) : nullptr) {
    was_kept_ = true;
    if (become_stream_of(client)) return;
    was_kept_ = false;
    client_.reset();
  }
  if (is_repeatable(request_.method)) {
    if (auto kept = reactor_.pool().take(target_)) {
      connection_ = std::move(kept);
      was_kept_ = true;
      return start();
    }
  }
  look_up();
}

void Request::look_up() {
  limit_time(target_.connect_time, HttpError::connection_timeout);
  resolver_.async_resolve(target_.host, std::to_string(target_.port), tcp::resolver::numeric_service,
                          guarded([this](const error_code& error, const tcp::resolver::results_type& found) {
                            if (!error) return connect(found);
                            if (error == boost::asio::error::host_not_found_try_again)
                              return fail({.code = HttpError::dns_timeout});
                            fail({.code = HttpError::dns_error, .text = error.message()});
                          }));
}

void Request::connect(const tcp::resolver::results_type& found) {
  std::vector<tcp::endpoint> endpoints;
  for (const auto& entry : found) {
    std::array<std::uint8_t, 16> room{};
    const auto bytes = bytes_of(entry.endpoint().address(), room);
    if (!target_.allows || target_.allows(bytes, target_.port)) endpoints.push_back(entry.endpoint());
  }
  if (endpoints.empty()) return fail({.code = HttpError::destination_ip_prohibited});
  asio::async_connect(connection_->socket, endpoints,
                      on_connection([this](const error_code& error, const tcp::endpoint&) {
                        if (error) return fail({.code = code_of_connecting(error)});
                        error_code ignored;
                        connection_->socket.set_option(tcp::no_delay(true), ignored);
                        target_.is_tls ? shake_hands() : start();
                      }));
}

void Request::shake_hands() {
  TlsStream& tls = connection_->tls.emplace(connection_->socket, reactor_.tls().context());
  if (!expect_host(tls, target_.host) || !Http2Client::offer(tls)) return fail({.code = HttpError::tls_protocol_error});
  tls.async_handshake(asio::ssl::stream_base::client, on_connection([this, &tls](const error_code& error) {
                        if (!error) return Http2Client::was_chosen(tls) ? become_stream() : start();
                        const bool is_untrusted = SSL_get_verify_result(tls.native_handle()) != X509_V_OK;
                        fail({.code = is_untrusted ? HttpError::tls_certificate_error : HttpError::tls_protocol_error,
                              .text = error.message()});
                      }));
}

// The server speaks HTTP/2: the connection is for everybody.
void Request::become_stream() {
  auto client = Http2Client::begin(reactor_, std::exchange(connection_, nullptr));
  if (client == nullptr) return fail({.code = HttpError::internal_error});
  reactor_.pool().share(client, target_);
  if (!become_stream_of(client)) fail({.code = HttpError::connection_terminated});
}

bool Request::become_stream_of(const std::shared_ptr<Http2Client>& client) {
  client_ = client;
  limit_time(target_.first_byte_time, HttpError::http_response_timeout);
  stream_ = client->send(shared_from_this());
  return stream_ > 0;
}

void Request::broke_off(bool is_untouched, host::HttpFailure failure) {
  const bool can_repeat = is_untouched || (was_kept_ && is_repeatable(request_.method));
  if (has_response_ || took_body_ || !can_repeat || std::exchange(was_tried_again_, true)) {
    return fail(std::move(failure));
  }
  was_kept_ = false;
  client_.reset();
  connection_ = std::make_shared<ClientConnection>(reactor_.io());
  look_up();
}

void Request::responded(host::HttpResponse response) {
  has_response_ = true;
  progressed();
  response_body_ = response.body;
  const auto call = call_.lock();
  if (call == nullptr) return;
  call->result = std::move(response);
  call->ready.set();
}

void Request::start() {
  is_connected_ = true;
  limit_time(target_.first_byte_time, HttpError::http_response_timeout);
  append_head();
  request_.body->readable.add(writing_);
  write();
  read();
}

void Request::append_head() {
  output_ = request_.method + " " + (request_.target.empty() ? "/" : request_.target) + " HTTP/1.1\r\n";
  output_ += "host: " + request_.authority + "\r\n";
  append_fields(output_, request_.headers);
  const bool has_length = find_field(request_.headers, "content-length") != nullptr;
  const host::Pipe& body = *request_.body;
  const bool is_all_here = body.is_ended() && !body.failure && !body.trailers;
  const bool expects_body = request_.method != "GET" && request_.method != "HEAD" && request_.method != "OPTIONS";
  if (!has_length && is_all_here && (body.available() > 0 || expects_body)) {
    output_ += "content-length: " + std::to_string(body.available()) + "\r\n";
  }
  is_chunked_ = !has_length && !is_all_here;
  if (is_chunked_) output_ += "transfer-encoding: chunked\r\n";
  output_ += "\r\n";
}

void Request::write() {
  if (!is_connected_ || is_writing_ || is_written_) return;
  host::Pipe& body = *request_.body;
  while (output_.size() < most_output && body.available() > 0) {
    const std::string bytes = body.take();
    took_body_ = true;
    is_chunked_ ? append_chunk(output_, bytes) : void(output_ += bytes);
  }
  if (body.is_drained()) {
    // A body that the guest gave up: the other side must not take it for a whole one.
    if (body.failure) return fail(*body.failure);
    if (is_chunked_) append_last_chunk(output_, body.trailers);
    is_written_ = true;
  }
  if (output_.empty()) return;  // the pipe wakes us
  is_writing_ = true;
  const auto written = on_connection([this](const error_code& error, std::size_t) {
    is_writing_ = false;
    output_.clear();
    // The response may say why the rest was not wanted.
    if (error) is_written_ = true;
    if (!is_written_) write();
  });
  auto& [socket, tls] = *connection_;
  tls ? asio::async_write(*tls, asio::buffer(output_), written)
      : asio::async_write(socket, asio::buffer(output_), written);
}

void Request::read() {
  if (!is_connected_ || is_reading_) return;
  if (response_body_ && response_body_->is_abandoned()) return end();
  if (response_body_ && response_body_->room() == 0) return;  // the pipe wakes us
  is_reading_ = true;
  buffer_.resize(read_size);
  const auto got = on_connection([this](const error_code& error, std::size_t size) {
    is_reading_ = false;
    error ? read_ended(error) : parse(size);
  });
  auto& [socket, tls] = *connection_;
  tls ? tls->async_read_some(asio::buffer(buffer_), got) : socket.async_read_some(asio::buffer(buffer_), got);
}

void Request::parse(std::size_t got) {
  input_.append(buffer_, 0, got);
  limit_time(target_.between_bytes_time, HttpError::connection_read_timeout);
  std::size_t used = 0;
  while (used < input_.size()) {
    if (!parser_) {
      parser_.emplace();
      parser_->header_limit(most_header);
      parser_->body_limit(~std::uint64_t{0});  // none at all would refuse every length
      parser_->skip(request_.method == "HEAD");
    }
    error_code error;
    used += parser_->put(asio::const_buffer(input_.data() + used, input_.size() - used), error);
    if (error == beast::http::make_error_code(beast::http::error::need_more)) {
      if (input_.size() - used > most_header) return fail({.code = HttpError::http_response_header_section_size});
      break;
    }
    if (error == beast::http::make_error_code(beast::http::error::header_limit)) {
      return fail({.code = HttpError::http_response_header_section_size});
    }
    if (error) return fail({.code = HttpError::http_protocol_error});
    if (parser_->has_header && parser_->status / 100 == 1) {
      if (parser_->status == 101) return fail({.code = HttpError::http_upgrade_failed});
      parser_.reset();
      continue;
    }
    if (parser_->has_header && !has_response_) take_header();
    if (parser_->has_ended) {
      input_.erase(0, used);
      return read_ended({});
    }
  }
  input_.erase(0, used);
  read();
}

void Request::take_header() {
  parser_->body = std::make_shared<host::Pipe>();
  parser_->body->writable.add(reading_);
  responded({.status = static_cast<std::uint16_t>(parser_->status),
             .headers = std::move(parser_->headers),
             .body = parser_->body});
}

// The end of the message, or of the connection.
void Request::read_ended(const error_code& error) {
  if (error && parser_ && parser_->has_header && !parser_->has_ended && parser_->need_eof()) {
    const bool is_end = error == boost::asio::error::eof || error == asio::ssl::error::stream_truncated;
    if (is_end) parser_->has_ended = true;  // a body without a length ends so
  }
  if (parser_ && parser_->has_ended && response_body_) {
    std::optional<host::HttpFields> trailers;
    if (!parser_->trailers.empty()) trailers = std::move(parser_->trailers);
    response_body_->end(std::move(trailers));
    keep_connection();
    return end();
  }
  if (try_again()) return;
  const bool has_begun = has_response_ || parser_;
  fail({.code = has_begun ? HttpError::http_response_incomplete : HttpError::connection_terminated});
}

// Once, when the server had closed a kept connection before it got the request.
bool Request::try_again() {
  if (!was_kept_ || took_body_ || parser_) return false;
  was_kept_ = is_connected_ = is_writing_ = is_written_ = false;
  request_.body->readable.remove(writing_);
  error_code ignored;
  connection_->socket.close(ignored);
  connection_ = std::make_shared<ClientConnection>(reactor_.io());
  look_up();
  return true;
}

// For the next request, if both sides are done with this one and the server is not about to close.
void Request::keep_connection() {
  const bool is_clean = is_written_ && !is_writing_ && !is_reading_ && input_.empty() && parser_->keep_alive();
  if (is_clean) reactor_.pool().keep(std::move(connection_), target_);
}

void Request::fail(host::HttpFailure failure) {
  if (response_body_) {
    response_body_->fail(std::move(failure));
  } else if (const auto call = call_.lock()) {
    call->result = std::unexpected(std::move(failure));
    call->ready.set();
  }
  end();
}

void Request::end() {
  if (std::exchange(is_over_, true)) return;
  request_.body->readable.remove(writing_);
  request_.body->abandon();
  if (response_body_) response_body_->writable.remove(reading_);
  timer_.cancel();
  resolver_.cancel();
  error_code ignored;
  if (connection_ != nullptr) connection_->socket.close(ignored);
  if (const auto client = client_.lock()) client->give_up(stream_);
}

void Request::limit_time(std::chrono::nanoseconds time, HttpError reason) {
  time_reason_ = reason;
  timer_.expires_after(std::min<std::chrono::nanoseconds>(time, std::chrono::hours(24)));
  timer_.async_wait(guarded([this](const error_code& error) {
    if (error) return;
    // A guest that does not read is nobody's fault.
    if (response_body_ && response_body_->room() == 0) {
      return limit_time(target_.between_bytes_time, HttpError::connection_read_timeout);
    }
    fail({.code = time_reason_});
  }));
}

std::shared_ptr<host::HttpCall> Reactor::send(host::HttpRequest request, const host::HttpTarget& target) {
  return Request::send(*this, std::move(request), target);
}

}  // namespace tenon::wasi::network
