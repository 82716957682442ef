// wasi:http/outgoing-handler, and the response that comes.
//
// Who may be asked is what --allow-net says, as for sockets: HOST:PORT, where a host is a name or an address. A name
// that is allowed may be asked wherever it leads; an address that a name leads to may be asked also when it is allowed
// itself.
#include "wasi/http/interfaces.hpp"

namespace tenon::wasi::http {

using component::Val;
using p2::Function;
using p2::Host;

namespace {

Answer failed(const HttpFailure& failure) { return one(Val::error(error_value(failure))); }

Answer handle_request(Host& host, Values values) {
  OutgoingRequest request = std::move(host.outgoing_requests[number_of(values[0])]);
  RequestOptions options;
  if (values[1].has_payload()) options = host.request_options[number_of(values[1].payload())];
  const auto target = bindings::target_of(request.scheme, request.authority, options);
  if (!target) return failed(target.error());
  if (!host.grants->network->allows_name(target->host, target->port, "send a request to")) {
    return failed({.code = HttpError::http_request_denied});
  }
  auto reactor = host.get_reactor();
  if (!reactor) return std::move(reactor).error();
  if (!request.is_body_taken) request.body->end();
  host::HttpRequest message{.method = std::move(request.method),
                            .scheme = target->is_tls ? "https" : "http",
                            .authority = *request.authority,
                            .target = request.target.value_or("/"),
                            .headers = *request.headers,
                            .body = std::move(request.body)};
  auto call = (*reactor)->send(std::move(message), *target);
  return one(Val::ok(handle(host.future_responses.insert({.call = std::move(call)}))));
}

Answer future_subscribe(Host& host, Values values) {
  const FutureResponse& future = host.future_responses[number_of(values[0])];
  return one(p2::pollable_handle(host, host.future_responses, values[0],
                                 {.owner = future.call, .signal = &future.call->ready}));
}

Answer future_get(Host& host, Values values) {
  FutureResponse& future = host.future_responses[number_of(values[0])];
  if (!future.call->result) return one(Val::none());
  if (std::exchange(future.is_taken, true)) return one(Val::some(Val::error()));
  auto& result = *future.call->result;
  if (!result) return one(Val::some(Val::ok(Val::error(error_value(result.error())))));
  const std::uint64_t response =
      host.incoming_responses.insert({.status = result->status,
                                      .headers = bindings::visible_fields(std::move(result->headers)),
                                      .body = reading_end(std::move(result->body))});
  return one(Val::some(Val::ok(Val::ok(handle(response)))));
}

constexpr Function future_functions[] = {
    {"[method]future-incoming-response.subscribe", future_subscribe},
    {"[method]future-incoming-response.get", future_get},
};
constexpr Function handler_functions[] = {{"handle", handle_request}};

}  // namespace

}  // namespace tenon::wasi::http

namespace tenon::wasi::p2 {

const Interface http_futures{"wasi:http/types", http::future_functions};
const Interface http_outgoing_handler{"wasi:http/outgoing-handler", http::handler_functions};

}  // namespace tenon::wasi::p2
