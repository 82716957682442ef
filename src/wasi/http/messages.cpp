// wasi:http/types: requests and responses, and the parameter that takes the response.
#include <algorithm>

#include "wasi/http/interfaces.hpp"

namespace tenon::wasi::http {

using bindings::immutable_fields;
using bindings::optional_text;
using bindings::visible_fields;
using component::Val;
using p2::Function;
using p2::Host;

namespace {

Val text_unless_empty(const std::string& text) { return text.empty() ? Val::none() : Val::some(Val::string(text)); }

// The fields that a message is made of, which it owns from then on. (A resource that a guest gives away goes when the
// call is over, so it is only emptied.)
std::shared_ptr<HttpFields> take_fields(Host& host, std::uint64_t number) {
  return std::move(host.fields[number].list);
}

// --- incoming-request

IncomingRequest& request_of(Host& host, Values values) { return host.incoming_requests[number_of(values[0])]; }

Answer request_method(Host& host, Values values) { return one(method_value(request_of(host, values).method)); }
Answer request_target(Host& host, Values values) { return one(text_unless_empty(request_of(host, values).target)); }
Answer request_scheme(Host& host, Values values) {
  const std::string& scheme = request_of(host, values).scheme;
  return one(scheme.empty() ? Val::none() : Val::some(scheme_value(scheme)));
}
Answer request_authority(Host& host, Values values) {
  return one(text_unless_empty(request_of(host, values).authority));
}
Answer request_headers(Host& host, Values values) {
  return one(immutable_fields(host, request_of(host, values).headers));
}

template <class Message>
Answer consume(Host& host, Message& message) {
  if (message.body == nullptr) return refused();
  return ok(handle(host.incoming_bodies.insert({.pipe = std::exchange(message.body, nullptr)})));
}
Answer request_consume(Host& host, Values values) { return consume(host, request_of(host, values)); }

// --- outgoing-request

OutgoingRequest& outgoing_of(Host& host, Values values) { return host.outgoing_requests[number_of(values[0])]; }

Answer make_request(Host& host, Values values) {
  return one(handle(host.outgoing_requests.insert({.headers = take_fields(host, number_of(values[0]))})));
}
Answer outgoing_body(Host& host, Values values) {
  OutgoingRequest& request = outgoing_of(host, values);
  if (std::exchange(request.is_body_taken, true)) return refused();
  return ok(handle(host.outgoing_bodies.insert(OutgoingBody(
      request.body, {.stated = stated_length(*request.headers), .error = HttpError::http_request_body_size}))));
}
Answer outgoing_method(Host& host, Values values) { return one(method_value(outgoing_of(host, values).method)); }
Answer set_method(Host& host, Values values) {
  auto method = read_method(values[1]);
  if (!method) return refused();
  outgoing_of(host, values).method = std::move(*method);
  return ok();
}
Answer outgoing_target(Host& host, Values values) { return one(optional_text(outgoing_of(host, values).target)); }
Answer outgoing_authority(Host& host, Values values) { return one(optional_text(outgoing_of(host, values).authority)); }

template <std::optional<std::string> OutgoingRequest::* member, bool (*is_valid)(std::string_view)>
Answer set_text(Host& host, Values values) {
  std::optional<std::string> text;
  if (values[1].index() == 1) text = values[1].payload().string();
  if (text && !is_valid(*text)) return refused();
  outgoing_of(host, values).*member = std::move(text);
  return ok();
}
bool is_valid_target(std::string_view text) { return is_target(text); }
bool is_valid_authority(std::string_view text) { return is_authority(text); }

Answer outgoing_scheme(Host& host, Values values) {
  const auto& scheme = outgoing_of(host, values).scheme;
  return one(scheme ? Val::some(scheme_value(*scheme)) : Val::none());
}
Answer set_scheme(Host& host, Values values) {
  if (values[1].index() == 0) {
    outgoing_of(host, values).scheme.reset();
    return ok();
  }
  auto scheme = read_scheme(values[1].payload());
  if (!scheme) return refused();
  outgoing_of(host, values).scheme = std::move(scheme);
  return ok();
}
Answer outgoing_headers(Host& host, Values values) {
  return one(immutable_fields(host, outgoing_of(host, values).headers));
}

// --- response-outparam and outgoing-response

OutgoingResponse& response_of(Host& host, Values values) { return host.outgoing_responses[number_of(values[0])]; }

Answer send_informational(Host& host, Values values) {
  const auto status = static_cast<std::uint16_t>(values[1].unsigned_integer());
  const auto headers = take_fields(host, number_of(values[2]));
  if (status < 100 || status > 199 || status == 101) {
    return one(Val::error(error_value({.code = HttpError::http_protocol_error})));
  }
  host.outparams[number_of(values[0])].exchange->inform(status, *headers);
  return ok();
}

Answer set_response(Host& host, Values values) {
  const auto exchange = std::move(host.outparams[number_of(values[0])].exchange);
  if (values[1].index() == 1) {
    exchange->refuse(status_of(static_cast<HttpError>(values[1].payload().index())));
    return nothing();
  }
  OutgoingResponse response = std::move(host.outgoing_responses[number_of(values[1].payload())]);
  if (!response.is_body_taken) response.body->end();
  host.response_body = response.body;
  exchange->respond({.status = response.status, .headers = *response.headers, .body = std::move(response.body)});
  return nothing();
}

Answer make_response(Host& host, Values values) {
  return one(handle(host.outgoing_responses.insert({.headers = take_fields(host, number_of(values[0]))})));
}
Answer response_status(Host& host, Values values) { return one(Val::u16(response_of(host, values).status)); }
Answer set_status(Host& host, Values values) {
  const std::uint64_t status = values[1].unsigned_integer();
  if (status < 100 || status > 999) return refused();
  response_of(host, values).status = static_cast<std::uint16_t>(status);
  return ok();
}
Answer response_headers(Host& host, Values values) {
  return one(immutable_fields(host, response_of(host, values).headers));
}
Answer response_body(Host& host, Values values) {
  OutgoingResponse& response = response_of(host, values);
  if (std::exchange(response.is_body_taken, true)) return refused();
  return ok(
      handle(host.outgoing_bodies.insert(OutgoingBody(response.body, {.stated = stated_length(*response.headers)}))));
}

// --- incoming-response

IncomingResponse& incoming_of(Host& host, Values values) { return host.incoming_responses[number_of(values[0])]; }
Answer incoming_status(Host& host, Values values) { return one(Val::u16(incoming_of(host, values).status)); }
Answer incoming_headers(Host& host, Values values) {
  return one(immutable_fields(host, incoming_of(host, values).headers));
}
Answer incoming_consume(Host& host, Values values) { return consume(host, incoming_of(host, values)); }

constexpr Function functions[] = {
    {"[method]incoming-request.method", request_method},
    {"[method]incoming-request.path-with-query", request_target},
    {"[method]incoming-request.scheme", request_scheme},
    {"[method]incoming-request.authority", request_authority},
    {"[method]incoming-request.headers", request_headers},
    {"[method]incoming-request.consume", request_consume},
    {"[constructor]outgoing-request", make_request},
    {"[method]outgoing-request.body", outgoing_body},
    {"[method]outgoing-request.method", outgoing_method},
    {"[method]outgoing-request.set-method", set_method},
    {"[method]outgoing-request.path-with-query", outgoing_target},
    {"[method]outgoing-request.set-path-with-query", set_text<&OutgoingRequest::target, is_valid_target>},
    {"[method]outgoing-request.scheme", outgoing_scheme},
    {"[method]outgoing-request.set-scheme", set_scheme},
    {"[method]outgoing-request.authority", outgoing_authority},
    {"[method]outgoing-request.set-authority", set_text<&OutgoingRequest::authority, is_valid_authority>},
    {"[method]outgoing-request.headers", outgoing_headers},
    {"[method]response-outparam.send-informational", send_informational},
    {"[static]response-outparam.set", set_response},
    {"[constructor]outgoing-response", make_response},
    {"[method]outgoing-response.status-code", response_status},
    {"[method]outgoing-response.set-status-code", set_status},
    {"[method]outgoing-response.headers", response_headers},
    {"[method]outgoing-response.body", response_body},
    {"[method]incoming-response.status", incoming_status},
    {"[method]incoming-response.headers", incoming_headers},
    {"[method]incoming-response.consume", incoming_consume},
};

}  // namespace

HandlerArguments make_arguments(Host& host, const std::shared_ptr<host::HttpExchange>& exchange) {
  host::HttpRequest& request = exchange->request;
  const std::uint64_t incoming = host.incoming_requests.insert({.method = std::move(request.method),
                                                                .target = std::move(request.target),
                                                                .scheme = std::move(request.scheme),
                                                                .authority = std::move(request.authority),
                                                                .headers = visible_fields(std::move(request.headers)),
                                                                .body = reading_end(std::move(request.body))});
  return {.request = handle(incoming), .outparam = handle(host.outparams.insert({.exchange = exchange}))};
}

}  // namespace tenon::wasi::http

namespace tenon::wasi::p2 {

const Interface http_messages{"wasi:http/types", http::functions};

}  // namespace tenon::wasi::p2
