#include "wit/json_string.hpp"

namespace tenon::wit {

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr std::string_view named = "\b\t\n\f\r\"\\";
  constexpr std::string_view letters = "btnfr\"\\";
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; };
  out += '"';
  while (!text.empty()) {
    // What stands for itself goes over in one piece.
    std::size_t run = 0;
    while (run < text.size() && is_plain(text[run])) ++run;
    out += text.substr(0, run);
    if (run == text.size()) break;
    const char c = text[run];
    text.remove_prefix(run + 1);
    if (const std::size_t at = named.find(c); at != std::string_view::npos) {
      out.append(1, '\\').append(1, letters[at]);
    } else {
      out.append("\\u00").append(1, hex[static_cast<unsigned char>(c) >> 4]).append(1, hex[c & 15]);
    }
  }
  out += '"';
}

}  // namespace tenon::wit
