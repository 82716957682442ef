// UTF-8 as Unicode section 3.9 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
// https://webassembly.github.io/spec/core/binary/values.html#names
//
// Names are mostly ASCII, so validation looks at sixteen bytes at a time and decodes only what is not. Wider vector
// algorithms exist and are several times faster on long texts in other scripts; names and text modules have none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace tenon {

// A decoded scalar value and the bytes it took; size 0 when the bytes at the place are not UTF-8.
struct CodePoint {
  char32_t value = 0;
  unsigned size = 0;
};

constexpr bool is_scalar_value(char32_t value) noexcept {
  return value < 0xD800 || (value >= 0xE000 && value <= 0x10FFFF);
}

// Decodes the scalar value that begins at `p`; size 0 also when p == end.
constexpr CodePoint decode_utf8(const std::uint8_t* p, const std::uint8_t* end) noexcept {
  const auto left = end - p;
  if (left == 0) return {};
  const std::uint8_t lead = p[0];
  if (lead < 0x80) return {lead, 1};
  const auto continues = [&](int i) { return i < left && (p[i] & 0xC0) == 0x80; };
  const auto payload = [&](int i) { return static_cast<char32_t>(p[i] & 0x3F); };
  if (lead < 0xC2) return {};
  if (lead < 0xE0) {
    if (!continues(1)) return {};
    return {static_cast<char32_t>((lead & 0x1F) << 6) | payload(1), 2};
  }
  if (lead < 0xF0) {
    if (!continues(1) || !continues(2)) return {};
    const char32_t value = static_cast<char32_t>((lead & 0x0F) << 12) | payload(1) << 6 | payload(2);
    if (value < 0x800 || !is_scalar_value(value)) return {};
    return {value, 3};
  }
  if (lead > 0xF4 || !continues(1) || !continues(2) || !continues(3)) return {};
  const char32_t value = static_cast<char32_t>((lead & 0x07) << 18) | payload(1) << 12 | payload(2) << 6 | payload(3);
  if (value < 0x10000 || value > 0x10FFFF) return {};
  return {value, 4};
}

// Writes the scalar value to `out`, which has room for 4 bytes; returns the bytes written.
constexpr unsigned encode_utf8(char32_t value, char* out) noexcept {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (value >> shift & 0x3F)); };
  if (value < 0x80) {
    out[0] = static_cast<char>(value);
    return 1;
  }
  if (value < 0x800) {
    out[0] = static_cast<char>(0xC0 | value >> 6);
    out[1] = tail(0);
    return 2;
  }
  if (value < 0x10000) {
    out[0] = static_cast<char>(0xE0 | value >> 12);
    out[1] = tail(6);
    out[2] = tail(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | value >> 18);
  out[1] = tail(12);
  out[2] = tail(6);
  out[3] = tail(0);
  return 4;
}

// The length of the longest prefix that is UTF-8: the offset of the first bad sequence, or the size of `bytes`.
std::size_t utf8_prefix(Bytes bytes) noexcept;
// How many of the first bytes are ASCII.
std::size_t ascii_prefix(Bytes bytes) noexcept;
inline bool is_utf8(Bytes bytes) noexcept { return utf8_prefix(bytes) == bytes.size(); }
inline bool is_utf8(std::string_view chars) noexcept { return is_utf8(as_bytes(chars)); }

// The next piece of a string's inside in the text format (what stands between the quotes): either a run of input that
// stands for itself, or one escape. Printable characters stand for themselves, in all scripts, except those that
// reorder or hide what a reader sees; bytes that are not UTF-8 become `\hh`. Pieces joined give back `text` when
// parsed.
struct EscapedPiece {
  std::string_view text;  // what to print, when it is a run of the input
  char escape[12] = {};   // else this, of `escape_size` characters
  unsigned escape_size = 0;
  std::size_t consumed = 0;  // bytes of the input that this piece stands for; 0 at the end

  std::string_view view() const noexcept { return escape_size == 0 ? text : std::string_view(escape, escape_size); }
};
EscapedPiece next_escaped_piece(std::string_view text) noexcept;

// Appends `text` to `out` (anything with `append(std::string_view)`) as the inside of a string of the text format.
template <class Out>
void append_escaped(Out& out, std::string_view text) {
  while (!text.empty()) {
    const EscapedPiece piece = next_escaped_piece(text);
    out.append(piece.view());
    text.remove_prefix(piece.consumed);
  }
}

}  // namespace tenon
