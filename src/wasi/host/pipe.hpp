// A body on its way between a connection and a guest: a bounded buffer with a signal for either side, its end, and the
// trailers or the error that ended it.
//
// The bound is what makes backpressure: a producer that looks at `room` before it writes is stopped when the consumer
// is slow. Writing more than that is allowed (the connection has read it already) and only makes `room` smaller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wasi/host/signal.hpp"

namespace tenon::wasi::host {

// In their order; names may come more than once, and are compared without case.
using HttpFields = std::vector<std::pair<std::string, std::string>>;

// error-code of wasi:http, in its order.
enum class HttpError : std::uint8_t {
  dns_timeout,
  dns_error,
  destination_not_found,
  destination_unavailable,
  destination_ip_prohibited,
  destination_ip_unroutable,
  connection_refused,
  connection_terminated,
  connection_timeout,
  connection_read_timeout,
  connection_write_timeout,
  connection_limit_reached,
  tls_protocol_error,
  tls_certificate_error,
  tls_alert_received,
  http_request_denied,
  http_request_length_required,
  http_request_body_size,
  http_request_method_invalid,
  http_request_uri_invalid,
  http_request_uri_too_long,
  http_request_header_section_size,
  http_request_header_size,
  http_request_trailer_section_size,
  http_request_trailer_size,
  http_response_incomplete,
  http_response_header_section_size,
  http_response_header_size,
  http_response_body_size,
  http_response_trailer_section_size,
  http_response_trailer_size,
  http_response_transfer_coding,
  http_response_content_coding,
  http_response_timeout,
  http_upgrade_failed,
  http_protocol_error,
  loop_detected,
  configuration_error,
  internal_error,
};

struct HttpFailure {
  HttpError code = HttpError::internal_error;
  std::string text{};                   // of dns_error, tls_alert_received, the codings and internal_error
  std::optional<std::uint64_t> size{};  // of those that name a size
};

class Pipe {
 public:
  static constexpr std::size_t default_capacity = std::size_t{64} << 10;

  explicit Pipe(std::size_t capacity = default_capacity) : capacity_(capacity) {}

  // --- The producer's side
  Signal writable{true};  // there is room, or nobody reads any more
  std::size_t room() const noexcept { return available() < capacity_ ? capacity_ - available() : 0; }
  // What nobody will read is dropped.
  void write(std::string_view bytes) {
    total_ += bytes.size();
    if (is_abandoned_ || is_discarding_ || is_ended()) return;
    if (begin_ != 0 && begin_ == buffer_.size()) clear();
    buffer_.append(bytes);
    if (room() == 0) writable.set(false);
    if (!bytes.empty()) readable.set();
  }
  void end(std::optional<HttpFields> fields = std::nullopt) {
    if (is_ended()) return;
    trailers = std::move(fields);
    has_ended_ = true;
    readable.set();
  }
  // The end that should not have been: what is in the pipe can still be read.
  void fail(HttpFailure reason) {
    if (is_ended()) return;
    failure = std::move(reason);
    has_ended_ = true;
    readable.set();
  }
  bool is_abandoned() const noexcept { return is_abandoned_; }
  bool is_ended() const noexcept { return has_ended_; }
  std::uint64_t total() const noexcept { return total_; }  // bytes ever written

  // --- The consumer's side
  Signal readable;  // there are bytes, or the end
  std::size_t available() const noexcept { return buffer_.size() - begin_; }
  bool is_drained() const noexcept { return has_ended_ && available() == 0; }
  // At most `size` bytes, as many as there are.
  std::string read(std::size_t size) {
    if (begin_ == 0 && size >= buffer_.size()) return take();
    std::string bytes = buffer_.substr(begin_, size);
    begin_ += bytes.size();
    if (begin_ == buffer_.size()) clear();
    after_reading();
    return bytes;
  }
  // All of them, without a copy.
  std::string take() {
    std::string bytes = std::exchange(buffer_, {});
    bytes.erase(0, std::exchange(begin_, 0));
    after_reading();
    return bytes;
  }
  // What comes is not wanted, but its end is.
  void discard() {
    is_discarding_ = true;
    clear();
    writable.set();
    if (!has_ended_) readable.set(false);
  }
  // Nobody reads any more.
  void abandon() {
    is_abandoned_ = true;
    clear();
    writable.set();
  }

  // Settled with the end.
  std::optional<HttpFields> trailers;
  std::optional<HttpFailure> failure;

 private:
  void clear() {
    buffer_.clear();
    begin_ = 0;
  }
  void after_reading() {
    if (available() == 0 && !has_ended_) readable.set(false);
    if (room() != 0) writable.set();
  }

  std::size_t capacity_;
  std::string buffer_;
  std::size_t begin_ = 0;  // what is in front was read
  std::uint64_t total_ = 0;
  bool has_ended_ = false;
  bool is_abandoned_ = false;
  bool is_discarding_ = false;
};

}  // namespace tenon::wasi::host
