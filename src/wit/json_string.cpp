#include "wit/json_string.hpp"

#include <cstdint>

#include "base/bytes.hpp"

namespace tenon::wit {

namespace {

bool is_plain(char c) noexcept { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

// Whether all of eight bytes are plain; nearly all text is.
bool are_plain(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t each = 0x0101'0101'0101'0101;
  constexpr std::uint64_t high = 0x80 * each;
  const auto below = [](std::uint64_t values, std::uint64_t limit) { return (values - limit * each) & ~values & high; };
  return (below(bytes, 0x20) | below(bytes ^ '"' * each, 1) | below(bytes ^ '\\' * each, 1)) == 0;
}

std::size_t plain_run(std::string_view text) noexcept {
  std::size_t run = 0;
  while (text.size() - run >= 8 && are_plain(load_le<std::uint64_t>(as_bytes(text).data() + run))) run += 8;
  while (run < text.size() && is_plain(text[run])) ++run;
  return run;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr std::string_view named = "\b\t\n\f\r\"\\";
  constexpr std::string_view letters = "btnfr\"\\";
  out += '"';
  while (!text.empty()) {
    // What stands for itself goes over in one piece.
    const std::size_t run = plain_run(text);
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
