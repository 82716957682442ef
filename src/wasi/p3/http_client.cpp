// wasi:http/client: requests that guests send.
//
// Who may be asked is what --allow-net says, as for sockets: HOST:PORT, where a host is a name or an address.
#include "wasi/http/values.hpp"
#include "wasi/p3/host.hpp"

namespace tenon::wasi::p3 {

namespace {

std::string path_of(const HttpRequestMessage& request) {
  const std::string path = request.target.value_or("/");
  return path.starts_with('/') || path == "*" ? path : "/" + path;
}

// A request under way: what came of it is told to who sent it, and to who made it.
struct Sending {
  std::shared_ptr<FutureWriter<Val>> transmitted;
  ComponentCompletion done;
  std::shared_ptr<host::HttpCall> call{};

  void fail(const HttpFailure& failure) const {
    const Val error = Val::error(http::error_value(failure));
    if (transmitted != nullptr) transmitted->write(error);
    finish(done, error);
  }
  void end(Host& host) const {
    auto& result = *call->result;
    if (!result) return fail(result.error());
    if (transmitted != nullptr) transmitted->write(Val::ok());
    HttpResponseMessage response{.status = result->status,
                                 .headers = bindings::visible_fields(std::move(result->headers))};
    response.body.pipe = std::move(result->body);
    if (response.body.pipe == nullptr) {
      response.body.pipe = std::make_shared<Pipe>();
      response.body.pipe->end();
    }
    finish(done, Val::ok(handle(host.responses.insert(std::move(response)))));
  }
};

Result<void> send(const Context& context, Values values, ComponentCompletion done) {
  HttpRequestMessage request = std::move(context.host->requests[number_of(values[0])]);
  auto sending = std::make_shared<Sending>(request.body.transmitted, std::move(done));
  const auto refused = [&](const HttpFailure& failure) -> Result<void> {
    sending->fail(failure);
    return {};
  };
  const auto target =
      bindings::target_of(request.scheme, request.authority, request.options.value_or(bindings::RequestOptions()));
  if (!target) return refused(target.error());
  if (!context.host->grants->network->allows_name(target->host, target->port, "send a request to")) {
    return refused({.code = HttpError::http_request_denied});
  }
  auto reactor = context.host->get_reactor();
  if (!reactor) return std::move(reactor).error();
  host::HttpRequest message{.method = std::move(request.method),
                            .scheme = target->is_tls ? "https" : "http",
                            .authority = *request.authority,
                            .target = path_of(request),
                            .headers = *request.headers,
                            .body = send_body(context, request.body)};
  sending->call = (*reactor)->send(std::move(message), *target);
  context.store.add_events(context.host->events);
  context.host->events->when({.signal = &sending->call->ready, .happen = [sending, host = std::weak_ptr(context.host)] {
                                if (const auto still = host.lock()) sending->end(*still);
                              }});
  return {};
}

constexpr Function functions[] = {{"send", nullptr, send}};

}  // namespace

const Interface http_client{"wasi:http/client", functions};

}  // namespace tenon::wasi::p3
