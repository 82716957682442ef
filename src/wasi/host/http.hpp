// HTTP as a service: messages with bodies that stream, whoever speaks the protocol below. No Wasm types; wasi:http of
// 0.2 and 0.3 are bindings of this.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wasi/host/pipe.hpp"
#include "wasi/host/signal.hpp"
#include "wasi/host/tls.hpp"

namespace tenon::wasi::host {

struct HttpRequest {
  std::string method = "GET";
  std::string scheme;     // "http", "https"
  std::string authority;  // HOST or HOST:PORT
  std::string target;     // path and query; empty for none
  HttpFields headers;
  std::shared_ptr<Pipe> body;
};

struct HttpResponse {
  std::uint16_t status = 200;
  HttpFields headers;
  std::shared_ptr<Pipe> body;  // may be empty: there is none
};

// A request that came in, until its response has gone out. Dropped without a response, the client gets a 500.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  HttpRequest request;
  std::string remote_address;
  // Only the first counts. The body goes on behind it, as the pipe gives it.
  virtual void respond(HttpResponse response) = 0;
  // A response of the class 1xx, before the other.
  virtual void inform(std::uint16_t status, HttpFields headers) = 0;
  // A page of the server's own, which says what the status says and no more.
  virtual void refuse(std::uint16_t status) = 0;
  virtual bool has_responded() const = 0;
};

// What is known of an exchange that is over.
struct HttpRecord {
  std::string_view method{};
  std::string_view target{};
  std::string_view remote_address{};
  std::uint16_t status = 0;  // 0: there was no response
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;  // of bodies
  std::chrono::nanoseconds time{};
  bool is_complete = false;  // the whole response went out
};

// How long clients may take, and how much they may send.
struct HttpLimits {
  std::uint64_t body_bytes = std::uint64_t{1} << 30;
  std::uint32_t header_bytes = 64 << 10;
  std::chrono::milliseconds header_time{10'000};
  std::chrono::milliseconds idle_time{60'000};   // between requests
  std::chrono::milliseconds stall_time{30'000};  // for the next piece of a body, either way
};

// Who answers. Called on the reactor's thread.
class HttpHandler {
 public:
  virtual void handle(std::shared_ptr<HttpExchange> exchange) = 0;
  virtual void ended(const HttpRecord& record) = 0;
  HttpLimits limits;
  std::shared_ptr<const TlsIdentity> identity{};  // clients speak TLS; without it, clear text

 protected:
  ~HttpHandler() = default;
};

// Where a request is sent.
struct HttpTarget {
  std::string host;  // a name or an address
  std::uint16_t port = 80;
  bool is_tls = false;
  std::chrono::nanoseconds connect_time{std::chrono::seconds(600)};
  std::chrono::nanoseconds first_byte_time{std::chrono::seconds(600)};
  std::chrono::nanoseconds between_bytes_time{std::chrono::seconds(600)};
  // Whether it may connect to an address that the name was resolved to.
  std::function<bool(std::span<const std::uint8_t> ip, std::uint16_t port)> allows{};
};

// A request that was sent. Dropped, it is given up.
class HttpCall {
 public:
  virtual ~HttpCall() = default;
  Signal ready;
  std::optional<std::expected<HttpResponse, HttpFailure>> result;  // when ready
};

}  // namespace tenon::wasi::host
