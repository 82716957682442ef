#include "text/core/print_strings.hpp"

#include <array>

namespace tenon::core {
namespace {

constexpr std::array<bool, 256> make_id_chars() {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-./:<=>?@\\^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> id_chars = make_id_chars();

// How a byte stands in a string: up to three characters and their number.
struct Escape {
  char text[3];
  std::uint8_t size;
};

constexpr std::array<Escape, 256> make_escapes() {
  std::array<Escape, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\') {
      table[byte] = {{c, 0, 0}, 1};
    } else {
      table[byte] = {{'\\', "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]}, 3};
    }
  }
  table['\t'] = {{'\\', 't', 0}, 2};
  table['\n'] = {{'\\', 'n', 0}, 2};
  table['\r'] = {{'\\', 'r', 0}, 2};
  table['"'] = {{'\\', '"', 0}, 2};
  table['\\'] = {{'\\', '\\', 0}, 2};
  return table;
}
constexpr std::array<Escape, 256> escapes = make_escapes();

// The code point whose UTF-8 form starts at `p`, which is valid, and its size.
struct CodePoint {
  std::uint32_t value;
  std::uint32_t size;
};
CodePoint decode(const unsigned char* p, std::size_t available) noexcept {
  if (p[0] < 0xC0 || available < 2) return {p[0], 1};
  if (p[0] < 0xE0 || available < 3) return {(p[0] & 0x1FU) << 6 | (p[1] & 0x3FU), 2};
  if (p[0] < 0xF0 || available < 4) return {(p[0] & 0xFU) << 12 | (p[1] & 0x3FU) << 6 | (p[2] & 0x3FU), 3};
  return {(p[0] & 7U) << 18 | (p[1] & 0x3FU) << 12 | (p[2] & 0x3FU) << 6 | (p[3] & 0x3FU), 4};
}

// Controls, blanks without width, and marks that change the direction of text: a reader must see that they are there.
bool is_hidden(std::uint32_t c) noexcept {
  return (c >= 0x80 && c < 0xA0) || c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFF) ||
         c >= 0xE0000;
}

}  // namespace

bool is_id_char(char c) noexcept { return id_chars[static_cast<unsigned char>(c)]; }

bool is_plain_id(std::string_view text) noexcept {
  bool plain = !text.empty();
  for (const char c : text) plain &= is_id_char(c);
  return plain;
}

void put_name_string(TextOutput& out, std::string_view text) {
  out.put('"');
  for (std::size_t i = 0; i < text.size();) {
    const auto* p = as_bytes(text).data() + i;
    const CodePoint c = decode(p, text.size() - i);
    i += c.size;
    if (c.value < 0x80) {
      out.put({escapes[c.value].text, escapes[c.value].size});
    } else if (is_hidden(c.value)) {
      out.put("\\u{");
      out.put_number(c.value, 16);
      out.put('}');
    } else {
      out.put(as_chars({p, c.size}));
    }
  }
  out.put('"');
}

void put_byte_strings(TextOutput& out, const PrintOptions& options, Bytes bytes, std::size_t depth) {
  constexpr std::size_t few_bytes = 32;
  constexpr std::size_t line_width = 120;
  const bool are_few = bytes.size() <= few_bytes;
  std::size_t i = 0;
  do {
    if (are_few) {
      out.put(' ');
    } else {
      put_line(out, options, depth);
    }
    out.put('"');
    const std::size_t line_end = out.size() + line_width;
    while (i < bytes.size() && (are_few || out.size() < line_end)) {
      const std::uint8_t byte = bytes[i++];
      out.put_padded(escapes[byte].text, escapes[byte].size);
      if (byte == '\n' && !are_few) break;
    }
    out.put('"');
  } while (i < bytes.size());
}

}  // namespace tenon::core
