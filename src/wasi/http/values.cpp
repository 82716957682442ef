#include "wasi/http/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "wasi/component/values.hpp"

namespace tenon::wasi::http {

using bindings::record;
using component::Val;
using host::HttpError;
using host::HttpFailure;

namespace {

constexpr std::array<std::string_view, 9> methods = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                     "CONNECT", "OPTIONS", "TRACE", "PATCH"};
constexpr std::array<std::string_view, 2> schemes = {"http", "https"};

// The names in their order, and a last case with a text.
template <std::size_t n>
Val named(const std::array<std::string_view, n>& names, std::string_view text) {
  const auto found = std::ranges::find(names, text);
  const auto index = static_cast<std::uint32_t>(found - names.begin());
  return found == names.end() ? Val::variant(index, Val::string(text)) : Val::variant(index);
}
template <std::size_t n>
std::string name_of(const std::array<std::string_view, n>& names, const Val& value) {
  if (value.index() < n) return std::string(names[value.index()]);
  return std::string(value.payload().string());
}

constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";
constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Val optional_text(const std::string& text) { return text.empty() ? Val::none() : Val::some(Val::string(text)); }

// The payload of a case; nullopt for those that have none.
std::optional<Val> payload_of(const HttpFailure& failure) {
  const auto size32 = [&] {
    return failure.size ? Val::some(Val::u32(static_cast<std::uint32_t>(*failure.size))) : Val::none();
  };
  const auto field_size = [&] { return record({optional_text(failure.text), size32()}); };
  switch (failure.code) {
    case HttpError::dns_error: return record({optional_text(failure.text), Val::none()});
    case HttpError::tls_alert_received: return record({Val::none(), optional_text(failure.text)});
    case HttpError::http_request_body_size:
    case HttpError::http_response_body_size: return failure.size ? Val::some(Val::u64(*failure.size)) : Val::none();
    case HttpError::http_request_header_section_size:
    case HttpError::http_request_trailer_section_size:
    case HttpError::http_response_header_section_size:
    case HttpError::http_response_trailer_section_size: return size32();
    case HttpError::http_request_header_size: return Val::some(field_size());
    case HttpError::http_request_trailer_size:
    case HttpError::http_response_header_size:
    case HttpError::http_response_trailer_size: return field_size();
    case HttpError::http_response_transfer_coding:
    case HttpError::http_response_content_coding:
    case HttpError::internal_error: return optional_text(failure.text);
    default: return std::nullopt;
  }
}

}  // namespace

Val method_value(std::string_view method) { return named(methods, method); }
std::optional<std::string> read_method(const Val& value) {
  std::string method = name_of(methods, value);
  if (!is_token(method)) return std::nullopt;
  return method;
}

Val scheme_value(std::string_view scheme) { return named(schemes, scheme); }
std::optional<std::string> read_scheme(const Val& value) {
  std::string scheme = name_of(schemes, value);
  // https://www.rfc-editor.org/rfc/rfc3986#section-3.1
  const auto is_fit = [](char c) { return is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; };
  const bool begins = !scheme.empty() && is_alphanumeric(scheme[0]) && !(scheme[0] >= '0' && scheme[0] <= '9');
  if (!begins || !std::ranges::all_of(scheme, is_fit)) return std::nullopt;
  return scheme;
}

Val error_value(const HttpFailure& failure) {
  const auto index = static_cast<std::uint32_t>(failure.code);
  auto payload = payload_of(failure);
  return payload ? Val::variant(index, std::move(*payload)) : Val::variant(index);
}

std::uint16_t status_of(HttpError error) noexcept {
  switch (error) {
    case HttpError::http_request_denied:
    case HttpError::destination_ip_prohibited: return 403;
    case HttpError::http_request_length_required: return 411;
    case HttpError::http_request_body_size: return 413;
    case HttpError::http_request_method_invalid: return 405;
    case HttpError::http_request_uri_invalid: return 400;
    case HttpError::http_request_uri_too_long: return 414;
    case HttpError::http_request_header_section_size:
    case HttpError::http_request_header_size:
    case HttpError::http_request_trailer_section_size:
    case HttpError::http_request_trailer_size: return 431;
    case HttpError::dns_timeout:
    case HttpError::connection_timeout:
    case HttpError::connection_read_timeout:
    case HttpError::connection_write_timeout:
    case HttpError::http_response_timeout: return 504;
    case HttpError::loop_detected: return 508;
    case HttpError::internal_error:
    case HttpError::configuration_error: return 500;
    default: return 502;
  }
}

bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || token_marks.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || c == '\t';
  });
}

bool is_same_name(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_forbidden_name(std::string_view name) noexcept {
  static constexpr std::string_view names[] = {"connection",
                                               "host",
                                               "http2-settings",
                                               "keep-alive",
                                               "proxy-authenticate",
                                               "proxy-authorization",
                                               "proxy-connection",
                                               "transfer-encoding",
                                               "upgrade"};
  return std::ranges::any_of(names, [&](std::string_view one) { return is_same_name(one, name); });
}

bool is_authority(std::string_view text) noexcept {
  if (text.empty()) return false;
  static constexpr std::string_view marks = "-._~!$&'()*+,;=:@[]%";
  return std::ranges::all_of(text,
                             [](char c) { return is_alphanumeric(c) || marks.find(c) != std::string_view::npos; });
}

bool is_target(std::string_view text) noexcept {
  static constexpr std::string_view marks = "-._~!$&'()*+,;=:@/?%[]|{}^\"`\\<>";
  if (!text.empty() && text[0] != '/' && text[0] != '?' && text != "*") return false;
  return std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || marks.find(c) != std::string_view::npos || static_cast<unsigned char>(c) >= 0x80;
  });
}

std::optional<std::pair<std::string, std::uint16_t>> split_authority(std::string_view text, std::uint16_t port) {
  if (text.find('@') != std::string_view::npos) return std::nullopt;
  std::string_view host = text;
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const std::string_view digits = text.substr(colon + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
    host = text.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return std::nullopt;
  return std::pair(std::string(host), port);
}

std::optional<std::uint64_t> stated_length(const host::HttpFields& fields) noexcept {
  const auto found =
      std::ranges::find_if(fields, [](const auto& field) { return is_same_name(field.first, "content-length"); });
  if (found == fields.end()) return std::nullopt;
  const std::string& text = found->second;
  std::uint64_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return length;
}

}  // namespace tenon::wasi::http
