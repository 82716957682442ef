#include "wasi/network/messages.hpp"

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <cstdio>

namespace tenon::wasi::network {

bool is_same_name(std::string_view a, std::string_view b) noexcept {
  return beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

const std::string* find_field(const host::HttpFields& fields, std::string_view name) noexcept {
  const auto found = std::ranges::find_if(fields, [&](const auto& field) { return is_same_name(field.first, name); });
  return found == fields.end() ? nullptr : &found->second;
}

std::string_view reason_of(std::uint16_t status) noexcept {
  const beast::string_view text = beast::http::obsolete_reason(static_cast<beast::http::status>(status));
  return text == "<unknown-status>" ? "" : view(text);
}

void append_fields(std::string& out, const host::HttpFields& fields) {
  for (const auto& [name, value] : fields) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
}

void append_chunk(std::string& out, std::string_view bytes) {
  if (bytes.empty()) return;
  char size[24];
  out.append(size, static_cast<std::size_t>(std::snprintf(size, sizeof size, "%zx\r\n", bytes.size())));
  out += bytes;
  out += "\r\n";
}

void append_last_chunk(std::string& out, const std::optional<host::HttpFields>& trailers) {
  out += "0\r\n";
  if (trailers) append_fields(out, *trailers);
  out += "\r\n";
}

}  // namespace tenon::wasi::network
