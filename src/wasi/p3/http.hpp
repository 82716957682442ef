// wasi:http of 0.3 over the services (wasi/host/http.hpp): what its resources are on this side.
//
// A message's body is either a guest's, as the stream and the future that it was made of, or the network's, a pipe. A
// body that is consumed by the guest side that did not make it passes through as it is; a guest's body that goes out is
// pumped into a pipe, one that comes in out of one (http_bodies.cpp).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tenon/component_async.hpp"
#include "wasi/component/http.hpp"
#include "wasi/host/http.hpp"

namespace tenon::wasi::p3 {

using component::Val;
using host::HttpError;
using host::HttpFailure;
using host::HttpFields;
using host::Pipe;

struct Host;
struct Context;

struct HttpBody {
  // Of a guest.
  std::optional<tenon::Stream<std::uint8_t>> contents{};  // none: there are none
  std::optional<Future<Val>> trailers{};
  std::shared_ptr<FutureWriter<Val>> transmitted{};  // whether it was
  // Of the network.
  std::shared_ptr<Pipe> pipe{};
};

struct HttpRequestMessage {
  std::string method = "GET";
  std::optional<std::string> target{}, scheme{}, authority{};
  std::shared_ptr<HttpFields> headers{};
  std::optional<bindings::RequestOptions> options{};
  HttpBody body{};
};

struct HttpResponseMessage {
  std::uint16_t status = 200;
  std::shared_ptr<HttpFields> headers{};
  HttpBody body{};
};

// `tuple<stream<u8>, future<result<option<trailers>, error-code>>>`: what is in the body, for a guest to read.
Result<std::vector<Val>> consume_body(const Context& context, HttpBody body);
// The body on its way into a pipe, which ends with the trailers or fails.
std::shared_ptr<Pipe> send_body(const Context& context, HttpBody& body);

// The result that says what is wrong with a field.
bindings::Answer header_error(bindings::HeaderError error);

// What the handler of a service is called with, and the response that it gives (`result<response, error-code>`).
Val make_request(Host& host, host::HttpRequest request);
host::HttpResponse take_response(const Context& context, const Val& response);

}  // namespace tenon::wasi::p3
