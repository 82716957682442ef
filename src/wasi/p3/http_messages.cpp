// wasi:http/types: requests and responses.
#include <algorithm>

#include "wasi/http/values.hpp"
#include "wasi/p3/host.hpp"

namespace tenon::wasi::p3 {

namespace {

using bindings::immutable_fields;
using bindings::optional_text;

// The stream and the future of a new message, and the future that says whether it was sent.
Result<Val> take_body(const Context& context, HttpBody& body, const Val& contents, const Val& trailers) {
  if (contents.has_payload()) {
    auto stream = tenon::Stream<std::uint8_t>::from(contents.payload());
    if (!stream) return std::move(stream).error();
    body.contents.emplace(*std::move(stream));
  }
  auto future = Future<Val>::from(trailers);
  if (!future) return std::move(future).error();
  body.trailers.emplace(*std::move(future));
  auto result = make_future<Val>(context.store);
  if (!result) return std::move(result).error();
  body.transmitted = std::make_shared<FutureWriter<Val>>(std::move(result->writer));
  return std::move(result->reader).to_val();
}

// A message that came to be sent nowhere was not sent.
template <class Message>
Answer made(Table<Message>& table, Message message, Val transmitted) {
  return one(record({handle(table.insert(std::move(message))), std::move(transmitted)}));
}

// --- request

HttpRequestMessage& request_of(const Context& context, Values values) {
  return context.host->requests[number_of(values[0])];
}

Answer new_request(const Context& context, Values values) {
  HttpRequestMessage request;
  request.headers = context.host->fields[number_of(values[0])].list;
  if (values[3].has_payload()) {
    request.options = context.host->request_options[number_of(values[3].payload())];
    request.options->is_immutable = true;
  }
  auto transmitted = take_body(context, request.body, values[1], values[2]);
  if (!transmitted) return std::move(transmitted).error();
  return made(context.host->requests, std::move(request), *std::move(transmitted));
}

Answer get_method(const Context& context, Values values) {
  return one(http::method_value(request_of(context, values).method));
}
Answer set_method(const Context& context, Values values) {
  auto method = http::read_method(values[1]);
  if (!method) return refused();
  request_of(context, values).method = std::move(*method);
  return ok();
}

using http::is_alphanumeric;

bool consists_of(std::string_view text, std::string_view marks) noexcept {
  return std::ranges::all_of(text,
                             [&](char c) { return is_alphanumeric(c) || marks.find(c) != std::string_view::npos; });
}

// https://www.rfc-editor.org/rfc/rfc3986#section-3.3 and 3.4, and what is seen in the wild beside that.
bool is_path(std::string_view text) noexcept {
  static constexpr std::string_view marks = "-._~%!$&'()*+,;=:@/?[]{}|^\"\\";
  return std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || marks.find(c) != std::string_view::npos || static_cast<unsigned char>(c) >= 0x80;
  });
}

// [USER@]HOST[:PORT]: https://www.rfc-editor.org/rfc/rfc3986#section-3.2
bool is_authority(std::string_view text) noexcept {
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    if (at == 0 || !consists_of(text.substr(0, at), "-._~%!$&'()*+,;=:")) return false;
    text.remove_prefix(at + 1);
  }
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  const std::size_t colon = text.find(':', bracket);
  const std::string_view host = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    if (port.size() > 5 || !std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; })) return false;
  }
  if (host.starts_with('[')) return host.size() > 2 && consists_of(host.substr(1, host.size() - 2), ":.");
  return !host.empty() && consists_of(host, "-._~%!$&'()*+,;=");
}

Answer get_target(const Context& context, Values values) {
  return one(optional_text(request_of(context, values).target));
}
Answer set_target(const Context& context, Values values) {
  auto& target = request_of(context, values).target;
  if (!values[1].has_payload()) return target.reset(), ok();
  const std::string_view text = values[1].payload().string();
  if (!is_path(text)) return refused();
  target = text.empty() ? "/" : text;
  return ok();
}

Answer get_scheme(const Context& context, Values values) {
  const auto& scheme = request_of(context, values).scheme;
  return one(scheme ? Val::some(http::scheme_value(*scheme)) : Val::none());
}
Answer set_scheme(const Context& context, Values values) {
  auto& scheme = request_of(context, values).scheme;
  if (!values[1].has_payload()) return scheme.reset(), ok();
  auto read = http::read_scheme(values[1].payload());
  if (!read) return refused();
  scheme = std::move(*read);
  return ok();
}

Answer get_authority(const Context& context, Values values) {
  return one(optional_text(request_of(context, values).authority));
}
Answer set_authority(const Context& context, Values values) {
  auto& authority = request_of(context, values).authority;
  if (!values[1].has_payload()) return authority.reset(), ok();
  const std::string_view text = values[1].payload().string();
  if (!is_authority(text)) return refused();
  authority = text;
  return ok();
}

Answer get_options(const Context& context, Values values) {
  const auto& options = request_of(context, values).options;
  return one(options ? Val::some(handle(context.host->request_options.insert(*options))) : Val::none());
}
Answer get_request_headers(const Context& context, Values values) {
  return one(immutable_fields(*context.host, request_of(context, values).headers));
}

// What the guest says of how it went is read, and that is all: the message is over by then.
void read_and_forget(const Val& result) {
  auto future = Future<Val>::from(result);
  if (!future) return;
  const auto kept = std::make_shared<Future<Val>>(*std::move(future));
  kept->read([kept](const Result<Val>&) {});
}

Answer consume_request(const Context& context, Values values) {
  read_and_forget(values[1]);
  return consume_body(context, std::move(request_of(context, values).body));
}

// --- response

HttpResponseMessage& response_of(const Context& context, Values values) {
  return context.host->responses[number_of(values[0])];
}

Answer new_response(const Context& context, Values values) {
  HttpResponseMessage response;
  response.headers = context.host->fields[number_of(values[0])].list;
  auto transmitted = take_body(context, response.body, values[1], values[2]);
  if (!transmitted) return std::move(transmitted).error();
  return made(context.host->responses, std::move(response), *std::move(transmitted));
}

Answer get_status(const Context& context, Values values) { return one(Val::u16(response_of(context, values).status)); }
Answer set_status(const Context& context, Values values) {
  const auto status = static_cast<std::uint16_t>(values[1].unsigned_integer());
  if (status < 100 || status > 599) return refused();
  response_of(context, values).status = status;
  return ok();
}
Answer get_response_headers(const Context& context, Values values) {
  return one(immutable_fields(*context.host, response_of(context, values).headers));
}
Answer consume_response(const Context& context, Values values) {
  read_and_forget(values[1]);
  return consume_body(context, std::move(response_of(context, values).body));
}

constexpr Function functions[] = {
    {"[static]request.new", new_request},
    {"[method]request.get-method", get_method},
    {"[method]request.set-method", set_method},
    {"[method]request.get-path-with-query", get_target},
    {"[method]request.set-path-with-query", set_target},
    {"[method]request.get-scheme", get_scheme},
    {"[method]request.set-scheme", set_scheme},
    {"[method]request.get-authority", get_authority},
    {"[method]request.set-authority", set_authority},
    {"[method]request.get-options", get_options},
    {"[method]request.get-headers", get_request_headers},
    {"[static]request.consume-body", consume_request},
    {"[static]response.new", new_response},
    {"[method]response.get-status-code", get_status},
    {"[method]response.set-status-code", set_status},
    {"[method]response.get-headers", get_response_headers},
    {"[static]response.consume-body", consume_response},
};

}  // namespace

const Interface http_messages{"wasi:http/types", functions};

Val make_request(Host& host, host::HttpRequest request) {
  HttpRequestMessage message{.method = std::move(request.method),
                             .headers = bindings::visible_fields(std::move(request.headers))};
  if (!request.target.empty()) message.target = std::move(request.target);
  if (!request.scheme.empty()) message.scheme = std::move(request.scheme);
  if (!request.authority.empty()) message.authority = std::move(request.authority);
  message.body.pipe = std::move(request.body);
  return handle(host.requests.insert(std::move(message)));
}

host::HttpResponse take_response(const Context& context, const Val& response) {
  HttpResponseMessage message = std::move(context.host->responses[number_of(response)]);
  host::HttpResponse taken{.status = message.status, .headers = *message.headers, .body = {}};
  taken.body = send_body(context, message.body);
  return taken;
}

}  // namespace tenon::wasi::p3
