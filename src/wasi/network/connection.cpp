#include "wasi/network/connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/http/error.hpp>
#include <sys/socket.h>

#include "wasi/network/http2.hpp"

namespace tenon::wasi::network {

namespace {

constexpr std::size_t most_output = std::size_t{256} << 10;     // gathered before it is written
constexpr std::uint64_t most_drained = std::uint64_t{1} << 20;  // of a body that nobody reads
constexpr std::chrono::milliseconds lingering_time{2'000};
constexpr std::size_t most_framing = std::size_t{64} << 10;  // of a chunk's header, or trailers

// The status that says why a request could not be understood.
std::uint16_t status_of(const error_code& error) {
  using beast::http::error;
  if (error == beast::http::make_error_code(error::header_limit)) return 431;
  if (error == beast::http::make_error_code(error::body_limit)) return 413;
  if (error == beast::http::make_error_code(error::bad_version)) return 505;
  return 400;
}

}  // namespace

host::HttpResponse page_of(std::uint16_t status) {
  host::HttpResponse page{.status = status, .headers = {{"content-type", "text/plain"}}, .body = {}};
  if (status == 503) page.headers.emplace_back("retry-after", "1");
  page.body = std::make_shared<host::Pipe>();
  page.body->write(std::to_string(status) + " " + std::string(reason_of(status)) + "\n");
  page.body->end();
  return page;
}

void Connection::Half::wake() noexcept {
  if (std::exchange(is_posted, true)) return;
  asio::post(connection->reactor_.io(), [self = connection->shared_from_this(), this] {
    is_posted = false;
    if (!self->is_closed_) (self.get()->*go_on)();
  });
}

Connection::Connection(Reactor& reactor, host::HttpHandler& handler)
    : reactor_(reactor), handler_(handler), wire_(asio::ip::tcp::socket(reactor.io())) {
  reading_.connection = writing_.connection = this;
  reading_.go_on = &Connection::go_on_reading;
  writing_.go_on = &Connection::go_on_writing;
}

std::shared_ptr<Connection> Connection::make(Reactor& reactor, int descriptor, host::HttpHandler& handler) {
  auto connection = std::make_shared<Connection>(reactor, handler);
  error_code failed;
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  const bool is_named = ::getpeername(descriptor, static_cast<sockaddr*>(static_cast<void*>(&name)), &size) == 0;
  auto& socket = connection->wire_.socket;
  socket.assign(name.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor, failed);
  if (failed || !is_named) {
    ::close(descriptor);
    return nullptr;
  }
  socket.set_option(asio::ip::tcp::no_delay(true), failed);
  connection->remote_address_ = socket.remote_endpoint(failed).address().to_string();
  // The identity is one that this library loaded.
  const auto* const identity = static_cast<const ServerTls*>(handler.identity.get());
  if (identity != nullptr && !connection->wire_.secure(*identity)) return nullptr;
  return connection;
}

void Connection::begin() {
  set_time(handler_.limits.header_time);
  read();
}

// --- Reading -------------------------------------------------------------------------------------------------------

void Connection::wait_to_read() {
  if (is_reading_ || is_at_eof_) return;
  is_reading_ = true;
  wire_.socket.async_wait(wire_.waits_to_read, [self = shared_from_this()](const error_code& failed) {
    self->is_reading_ = false;
    if (self->is_closed_) return;
    if (failed) return self->close();
    self->read();
  });
}

void Connection::read() {
  const std::span<char> scratch = reactor_.scratch();
  const Got got = wire_.read(scratch);
  if (got.kind == Got::nothing) return wait_to_read();
  if (got.kind == Got::failure) return close();
  if (got.kind == Got::end) {
    is_at_eof_ = true;
    // In the middle of a request: there will be none. A client may close its side and still want the response.
    if (!is_under_way_ || !is_request_whole_) close();
    return;
  }
  if (is_lingering_) return wait_to_read();
  if (!is_under_way_ && !parser_ && input_.empty()) {
    start_ = Clock::now();
    set_time(handler_.limits.header_time);
  }
  const std::string_view bytes(scratch.data(), got.size);
  if (!is_settled_) return settle_protocol(bytes);
  std::size_t used = 0;
  if (input_.empty()) {
    if (!parse(bytes, used)) return;
    input_.assign(bytes.substr(used));
  } else {
    input_ += bytes;
  }
  go_on_reading();
}

// The first bytes say what the client speaks.
void Connection::settle_protocol(std::string_view bytes) {
  input_ += bytes;
  const std::string_view preface = Http2Connection::preface;
  if (input_.starts_with(preface)) {
    const auto self = shared_from_this();
    is_closed_ = true;
    reactor_.forget(*this);
    return Http2Connection::begin(reactor_, std::move(wire_), handler_, remote_address_, input_);
  }
  if (preface.starts_with(input_)) return wait_to_read();
  is_settled_ = true;
  go_on_reading();
}

// Parses what is there, and waits for more where that is wanted.
void Connection::go_on_reading() {
  if (!input_.empty()) {
    std::size_t used = 0;
    const std::string bytes = std::exchange(input_, {});
    if (!parse(bytes, used)) return;
    input_ = bytes.substr(used);
  }
  if (is_closed_ || (is_under_way_ && is_request_whole_)) return;
  if (is_under_way_ && request_body_->room() == 0) return;  // the pipe wakes us
  wait_to_read();
}

// Gives how much was used; false when the connection must not be read any more.
bool Connection::parse(std::string_view bytes, std::size_t& used) {
  while (used < bytes.size()) {
    if (is_under_way_ && is_request_whole_) return true;  // the next request waits for its turn
    if (is_under_way_ && request_body_->room() == 0) return true;
    if (!parser_) {
      parser_.emplace();
      parser_->header_limit(handler_.limits.header_bytes);
      parser_->body_limit(handler_.limits.body_bytes);
    }
    error_code error;
    const std::size_t size = parser_->put(asio::const_buffer(bytes.data() + used, bytes.size() - used), error);
    used += size;
    if (error == beast::http::make_error_code(beast::http::error::need_more)) {
      if (is_under_way_ && bytes.size() - used > most_framing) return break_off(400), false;
      return true;
    }
    if (error) return break_off(status_of(error)), false;
    if (parser_->has_header && !is_under_way_) {
      if (!check_head()) return false;
      dispatch();
    }
    if (is_closed_) return false;
    if (is_under_way_ && !is_request_whole_) set_time(handler_.limits.stall_time);
    if (parser_->has_ended && !is_request_whole_) request_ended();
    if (is_under_way_ && is_whole_ && request_body_->is_abandoned() && request_body_->total() > most_drained) {
      must_close_ = true;
      is_request_whole_ = true;
      writing_.wake();
      return false;
    }
  }
  return true;
}

// The request ends here, and the connection with its response.
void Connection::break_off(std::uint16_t status) {
  must_close_ = true;
  if (is_under_way_) {
    if (is_request_whole_) return;
    host::HttpError code = host::HttpError::http_protocol_error;
    if (status == 413) code = host::HttpError::http_request_body_size;
    if (status == 408) code = host::HttpError::connection_read_timeout;
    request_body_->writable.remove(reading_);
    request_body_->fail({.code = code});
    is_request_whole_ = true;
    if (has_responded_) return writing_.wake();
    return refuse(number_, status);
  }
  method_.clear();
  target_.clear();
  is_under_way_ = true;
  is_request_whole_ = true;
  has_responded_ = false;
  ++number_;
  refuse(number_, status);
}

// What Beast lets pass, and a server may not: https://www.rfc-editor.org/rfc/rfc9112#section-3.2 and 6.1.
bool Connection::check_head() {
  std::size_t hosts = 0;
  bool has_coding = false;
  for (const auto& [name, value] : parser_->headers) {
    if (is_same_name(name, "host")) ++hosts;
    if (is_same_name(name, "transfer-encoding")) has_coding = true;
  }
  const bool has_wrong_hosts = hosts > 1 || (parser_->version >= 11 && hosts == 0);
  const bool has_wrong_coding = has_coding && (!parser_->chunked() || parser_->version < 11);
  if (!has_wrong_hosts && !has_wrong_coding) return true;
  break_off(400);
  return false;
}

// The head is there: the handler gets to know of the request.
void Connection::dispatch() {
  is_under_way_ = true;
  is_request_whole_ = false;
  has_responded_ = false;
  ++number_;
  must_close_ = must_close_ || !parser_->keep_alive() || reactor_.is_finishing();
  method_ = parser_->method;
  target_ = parser_->target;
  auto exchange = std::make_shared<Exchange>(shared_from_this(), number_);
  host::HttpRequest& request = exchange->request;
  request.method = std::move(parser_->method);
  request.target = std::move(parser_->target);
  request.scheme = wire_.is_secure() ? "https" : "http";
  request.headers = std::move(parser_->headers);
  request.body = request_body_ = std::make_shared<host::Pipe>();
  request_body_->writable.add(reading_);
  parser_->body = request_body_;
  exchange->remote_address = remote_address_;
  if (const std::string* host = find_field(request.headers, "host")) request.authority = *host;
  // The form that proxies are sent: "GET http://host/path".
  if (const std::size_t scheme = request.target.find("://"); scheme != std::string::npos && request.target[0] != '/') {
    const std::size_t path = std::min(request.target.find('/', scheme + 3), request.target.size());
    request.scheme = request.target.substr(0, scheme);
    request.authority = request.target.substr(scheme + 3, path - scheme - 3);
    request.target = path == request.target.size() ? "/" : request.target.substr(path);
  }
  if (parser_->is_upload_expected && !parser_->has_ended) inform(number_, 100, {});
  if (parser_->has_ended) request_ended();
  handler_.handle(std::move(exchange));
}

void Connection::request_ended() {
  is_request_whole_ = true;
  std::optional<host::HttpFields> trailers;
  if (!parser_->trailers.empty()) trailers = std::move(parser_->trailers);
  request_body_->writable.remove(reading_);
  request_body_->end(std::move(trailers));
  if (is_whole_) writing_.wake();  // that was all there was to wait for
}

// --- Writing -------------------------------------------------------------------------------------------------------

void Connection::respond(std::uint64_t number, host::HttpResponse response) {
  if (number != number_ || has_responded_ || is_closed_) return;
  has_responded_ = true;
  is_head_written_ = false;
  is_whole_ = false;
  sent_ = 0;
  response_body_ = std::exchange(response.body, nullptr);
  response_ = std::move(response);
  if (response_body_ == nullptr) {
    response_body_ = std::make_shared<host::Pipe>();
    response_body_->end();
  }
  response_body_->readable.add(writing_);
  // Not at once: what follows soon goes out with the head.
  writing_.wake();
}

void Connection::refuse(std::uint64_t number, std::uint16_t status) {
  if (number != number_ || has_responded_ || is_closed_) return;
  if (status == 408) must_close_ = true;
  respond(number, page_of(status));
}

void Connection::inform(std::uint64_t number, std::uint16_t status, const host::HttpFields& headers) {
  if (number != number_ || has_responded_ || is_closed_) return;
  output_ += "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_of(status)) + "\r\n";
  append_fields(output_, headers);
  output_ += "\r\n";
  if (!is_writing_) write_out();
}

// Decides how the body is delimited.
void Connection::start_response() {
  const std::uint16_t status = response_->status;
  has_no_body_ = method_ == "HEAD" || status == 204 || status == 304 || status / 100 == 1;
  length_.reset();
  is_chunked_ = false;
  const std::string* stated = find_field(response_->headers, "content-length");
  const bool is_old = parser_ && parser_->version < 11;
  if (stated != nullptr) {
    length_ = std::strtoull(stated->c_str(), nullptr, 10);
    return append_head(std::nullopt);
  }
  if (has_no_body_) return append_head(std::nullopt);
  const bool is_all_here = response_body_->is_ended() && !response_body_->failure && !response_body_->trailers;
  if (is_all_here) {
    length_ = response_body_->available();
    return append_head(length_);
  }
  if (is_old) {
    must_close_ = true;
  } else {
    is_chunked_ = true;
  }
  append_head(std::nullopt);
}

void Connection::append_head(std::optional<std::uint64_t> length) {
  is_head_written_ = true;
  output_ += "HTTP/1.1 " + std::to_string(response_->status) + " ";
  output_ += reason_of(response_->status);
  output_ += "\r\n";
  append_fields(output_, response_->headers);
  if (length) output_ += "content-length: " + std::to_string(*length) + "\r\n";
  if (is_chunked_) output_ += "transfer-encoding: chunked\r\n";
  if (must_close_ || reactor_.is_finishing()) {
    must_close_ = true;
    output_ += "connection: close\r\n";
  } else if (parser_ && parser_->version < 11) {
    output_ += "connection: keep-alive\r\n";
  }
  if (find_field(response_->headers, "date") == nullptr) output_ += "date: " + reactor_.date() + "\r\n";
  output_ += "\r\n";
}

void Connection::go_on_writing() {
  while (!is_closed_ && has_responded_ && !is_writing_) {
    if (!is_whole_) gather();
    if (is_closed_) return;
    if (output_.empty() && !is_whole_) return;  // the pipe wakes us
    if (!write_out()) return;
    if (is_whole_) {
      if (is_request_whole_ || must_close_) return response_ended();
      return go_on_reading();  // what is left of the request is dropped first
    }
  }
}

// Moves what the pipe has to `output_`.
void Connection::gather() {
  host::Pipe& body = *response_body_;
  if (!is_head_written_) {
    if (body.failure && sent_ == 0) {
      response_body_->readable.remove(writing_);
      response_ = page_of(500);
      response_body_ = std::exchange(response_->body, nullptr);
      must_close_ = true;
      return gather();
    }
    start_response();
  }
  while (output_.size() - written_ < most_output && body.available() > 0) {
    std::string bytes = body.take();
    if (has_no_body_) continue;
    // More than the head promised would be read as the next response.
    if (length_ && bytes.size() > *length_ - sent_) bytes.resize(static_cast<std::size_t>(*length_ - sent_));
    sent_ += bytes.size();
    is_chunked_ ? append_chunk(output_, bytes) : void(output_ += bytes);
  }
  if (!body.is_drained()) return;
  is_whole_ = true;
  const bool is_short = length_ && !has_no_body_ && sent_ < *length_;
  if (body.failure || is_short) {
    must_close_ = true;
    is_chunked_ = false;
  }
  if (is_chunked_) append_last_chunk(output_, body.trailers);
}

// True when all has gone out.
bool Connection::write_out() {
  const Sent sent = wire_.send(output_, written_);
  if (sent == Sent::failed) close();
  if (sent == Sent::some) {
    is_writing_ = true;
    set_time(handler_.limits.stall_time);
    wire_.socket.async_wait(wire_.waits_to_write, [self = shared_from_this()](const error_code& failed) {
      self->is_writing_ = false;
      if (self->is_closed_) return;
      if (failed) return self->close();
      if (self->has_responded_) {
        self->go_on_writing();
      } else {
        self->write_out();
      }
    });
  }
  if (sent != Sent::all) return false;
  if (output_.capacity() > most_output) output_.shrink_to_fit();
  return true;
}

void Connection::response_ended() {
  const bool is_complete = !response_body_->failure && (!length_ || has_no_body_ || sent_ == *length_);
  handler_.ended({.method = method_,
                  .target = target_,
                  .remote_address = remote_address_,
                  .status = response_->status,
                  .bytes_in = request_body_ ? request_body_->total() : 0,
                  .bytes_out = sent_,
                  .time = Clock::now() - start_,
                  .is_complete = is_complete});
  if (response_body_->is_abandoned()) must_close_ = true;
  response_body_->readable.remove(writing_);
  response_body_.reset();
  response_.reset();
  if (must_close_) {
    is_under_way_ = false;
    return linger();
  }
  next_request();
}

// Says that nothing follows, and reads what the client still sends: closing at once could take from it what it has not
// read yet. https://www.rfc-editor.org/rfc/rfc9112#section-9.6
void Connection::linger() {
  if (is_at_eof_) return close();
  wire_.end();
  is_lingering_ = true;
  set_time(lingering_time);
  wait_to_read();
}

void Connection::next_request() {
  is_under_way_ = false;
  is_request_whole_ = false;
  has_responded_ = false;
  is_whole_ = false;
  parser_.reset();
  request_body_.reset();
  ++number_;
  output_.shrink_to_fit();
  if (is_at_eof_ && input_.empty()) return close();
  if (input_.empty()) {
    input_.shrink_to_fit();
    set_time(handler_.limits.idle_time);
    return wait_to_read();
  }
  start_ = Clock::now();
  set_time(handler_.limits.header_time);
  go_on_reading();
}

// --- The end -------------------------------------------------------------------------------------------------------

void Connection::close() {
  if (std::exchange(is_closed_, true)) return;
  const auto self = shared_from_this();
  if (is_under_way_) {
    if (request_body_) {
      request_body_->writable.remove(reading_);
      request_body_->fail({.code = host::HttpError::connection_terminated});
    }
    if (response_body_) {
      response_body_->readable.remove(writing_);
      response_body_->abandon();
    }
    handler_.ended({.method = method_,
                    .target = target_,
                    .remote_address = remote_address_,
                    .status = static_cast<std::uint16_t>(response_ ? response_->status : 0),
                    .bytes_in = request_body_ ? request_body_->total() : 0,
                    .bytes_out = sent_,
                    .time = Clock::now() - start_,
                    .is_complete = false});
  }
  error_code ignored;
  wire_.socket.close(ignored);
  ++number_;
  reactor_.forget(*this);
}

void Connection::finish_if_idle() {
  if (is_lingering_ || (!is_under_way_ && !parser_)) return close();
  must_close_ = true;
}

void Connection::check_time(Clock::time_point now) {
  if (now < deadline_) return;
  if (!is_under_way_) return parser_ && !is_lingering_ ? break_off(408) : close();
  // While a guest works on a request that is whole, it is the guest's time that counts.
  if (is_writing_) return close();
  if (!is_request_whole_ && request_body_->room() > 0) break_off(408);
}

}  // namespace tenon::wasi::network
