// What wasi:http's resources are on this side: plain data around the services' messages (host/http.hpp).
//
// A body that comes in is held by a `BodyReader`, however many resources lead to it one after the other (the request,
// its body, the stream, the trailers): when the last of them goes, the connection gets to know that nobody reads any
// more. A body that goes out ends when the guest finishes it; dropped before, it fails, and so does the message.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "wasi/component/http.hpp"
#include "wasi/host/http.hpp"

namespace tenon::wasi::http {

using bindings::Fields;
using bindings::RequestOptions;
using host::HttpError;
using host::HttpFailure;
using host::HttpFields;
using host::Pipe;

// A pipe that is abandoned when the last copy of the pointer goes.
std::shared_ptr<Pipe> reading_end(std::shared_ptr<Pipe> pipe);

struct IncomingRequest {
  std::string method, target, scheme, authority;
  std::shared_ptr<HttpFields> headers;
  std::shared_ptr<Pipe> body;  // until it is consumed
};

struct OutgoingRequest {
  std::string method = "GET";
  std::optional<std::string> target{}, scheme{}, authority{};
  std::shared_ptr<HttpFields> headers;
  std::shared_ptr<Pipe> body = std::make_shared<Pipe>();
  bool is_body_taken = false;
};

struct ResponseOutparam {
  std::shared_ptr<host::HttpExchange> exchange;
};

struct IncomingResponse {
  std::uint16_t status = 0;
  std::shared_ptr<HttpFields> headers;
  std::shared_ptr<Pipe> body;  // until it is consumed
};

struct OutgoingResponse {
  std::uint16_t status = 200;
  std::shared_ptr<HttpFields> headers;
  std::shared_ptr<Pipe> body = std::make_shared<Pipe>();
  bool is_body_taken = false;
};

struct IncomingBody {
  std::shared_ptr<Pipe> pipe;
  bool is_stream_taken = false;
};

struct FutureTrailers {
  std::shared_ptr<Pipe> pipe;
  bool is_taken = false;
};

// How long a body was said to be, and what is wrong when it is not.
struct BodyLength {
  std::optional<std::uint64_t> stated{};
  HttpError error = HttpError::http_response_body_size;
};

class OutgoingBody {
 public:
  OutgoingBody(std::shared_ptr<Pipe> to, BodyLength of) : pipe(std::move(to)), length(of) {}
  OutgoingBody(OutgoingBody&&) noexcept = default;
  OutgoingBody& operator=(OutgoingBody&&) noexcept = default;
  OutgoingBody(const OutgoingBody&) = delete;
  OutgoingBody& operator=(const OutgoingBody&) = delete;
  ~OutgoingBody() {
    if (pipe != nullptr) pipe->fail({.code = HttpError::internal_error, .text = "the body was not finished"});
  }

  std::shared_ptr<Pipe> pipe;
  BodyLength length;
  bool is_stream_taken = false;
};

struct FutureResponse {
  std::shared_ptr<host::HttpCall> call;
  bool is_taken = false;
};

}  // namespace tenon::wasi::http
