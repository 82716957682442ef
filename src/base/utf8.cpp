#include "base/utf8.hpp"

namespace tenon {

namespace {

constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080;
constexpr char hex_digits[] = "0123456789abcdef";

// Characters that change the direction of what follows, or print as nothing: in a name from a stranger's module they
// can make one text look like another. https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
constexpr bool misleads(char32_t value) noexcept {
  return value < 0xA0 || value == 0xAD || value == 0x61C || (value >= 0x200B && value <= 0x200F) ||
         (value >= 0x2028 && value <= 0x202E) || (value >= 0x2060 && value <= 0x206F) || value == 0xFEFF;
}

// The size of the character at `p` that may stand for itself; 0 when it needs an escape.
unsigned plain_size(const std::uint8_t* p, const std::uint8_t* end) noexcept {
  if (*p < 0x80) return *p >= 0x20 && *p != 0x7F && *p != '"' && *p != '\\' ? 1 : 0;
  const CodePoint point = decode_utf8(p, end);
  return point.size == 0 || misleads(point.value) ? 0 : point.size;
}

void escape_code_point(EscapedPiece& piece, char32_t value) noexcept {
  char* out = piece.escape;
  *out++ = '\\';
  *out++ = 'u';
  *out++ = '{';
  int shift = 20;
  while (shift > 0 && value >> shift == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) *out++ = hex_digits[value >> shift & 0xF];
  *out++ = '}';
  piece.escape_size = static_cast<unsigned>(out - piece.escape);
}

void escape_byte(EscapedPiece& piece, std::uint8_t byte) noexcept {
  piece.escape[0] = '\\';
  piece.escape_size = 2;
  switch (byte) {
    case '\t': piece.escape[1] = 't'; return;
    case '\n': piece.escape[1] = 'n'; return;
    case '\r': piece.escape[1] = 'r'; return;
    case '"': piece.escape[1] = '"'; return;
    case '\\': piece.escape[1] = '\\'; return;
    default: break;
  }
  piece.escape[1] = hex_digits[byte >> 4];
  piece.escape[2] = hex_digits[byte & 0xF];
  piece.escape_size = 3;
}

}  // namespace

namespace {

// Blocks that the compiler turns into a few vector instructions.
constexpr std::size_t block_bytes = 64;

bool is_ascii_block(const std::uint8_t* p) noexcept {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < block_bytes; i += 8) bits |= load_le<std::uint64_t>(p + i);
  return (bits & high_bits) == 0;
}

}  // namespace

std::size_t ascii_prefix(Bytes bytes) noexcept {
  const std::uint8_t* p = bytes.data();
  const std::size_t size = bytes.size();
  std::size_t done = 0;
  while (size - done >= block_bytes && is_ascii_block(p + done)) done += block_bytes;
  while (size - done >= 8 && (load_le<std::uint64_t>(p + done) & high_bits) == 0) done += 8;
  // The last ones together with what is in front of them.
  if (size >= 8 && size - done < 8 && (load_le<std::uint64_t>(p + size - 8) & high_bits) == 0) return size;
  while (done < size && p[done] < 0x80) ++done;
  return done;
}

std::size_t utf8_prefix(Bytes bytes) noexcept {
  const std::uint8_t* p = bytes.data();
  const std::uint8_t* const end = p + bytes.size();
  while (p != end) {
    if (*p < 0x80) {
      p += ascii_prefix(Bytes(p, end));
      continue;
    }
    const CodePoint point = decode_utf8(p, end);
    if (point.size == 0) break;
    p += point.size;
  }
  return static_cast<std::size_t>(p - bytes.data());
}

EscapedPiece next_escaped_piece(std::string_view text) noexcept {
  EscapedPiece piece;
  if (text.empty()) return piece;
  const Bytes bytes = as_bytes(text);
  const std::uint8_t* const begin = bytes.data();
  const std::uint8_t* const end = begin + bytes.size();
  const std::uint8_t* p = begin;
  while (p != end) {
    const unsigned size = plain_size(p, end);
    if (size == 0) break;
    p += size;
  }
  if (p != begin) {
    piece.consumed = static_cast<std::size_t>(p - begin);
    piece.text = text.substr(0, piece.consumed);
    return piece;
  }
  const CodePoint point = decode_utf8(p, end);
  if (point.size > 1) {
    escape_code_point(piece, point.value);
    piece.consumed = point.size;
  } else {
    escape_byte(piece, *p);
    piece.consumed = 1;
  }
  return piece;
}

}  // namespace tenon
