#include "text/lexer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/bytes.hpp"
#include "base/utf8.hpp"

namespace tenon {

namespace {

// What a byte can begin or belong to.
enum CharClass : std::uint8_t {
  other = 0,
  id_char = 1,
  space = 2,
  single_reserved = 4,  // , ; [ ] { }
  digit = 8,
  lower = 16,
  hex_digit = 32,
  structure = 64,  // ( ) " ;
};

constexpr auto classes = [] {
  std::array<std::uint8_t, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = id_char | digit | hex_digit;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = id_char | lower;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = id_char;
  for (int c = 'a'; c <= 'f'; ++c) table[static_cast<std::size_t>(c)] |= hex_digit;
  for (int c = 'A'; c <= 'F'; ++c) table[static_cast<std::size_t>(c)] |= hex_digit;
  for (const char c : std::string_view("_+-*/\\^~=<>!?@#$%&|:`.'")) table[static_cast<std::uint8_t>(c)] = id_char;
  for (const char c : std::string_view(" \t\n\r")) table[static_cast<std::uint8_t>(c)] = space;
  for (const char c : std::string_view(",;[]{}")) table[static_cast<std::uint8_t>(c)] = single_reserved;
  for (const char c : std::string_view("()\";")) table[static_cast<std::uint8_t>(c)] |= structure;
  return table;
}();

inline bool is(char c, std::uint8_t what) noexcept { return (classes[static_cast<std::uint8_t>(c)] & what) != 0; }

// digits ('_'? digit)* from p; nullptr when there is no digit or an underscore stands wrongly.
const char* digits(const char* p, const char* end, std::uint8_t what) noexcept {
  if (p == end || !is(*p, what)) return nullptr;
  for (++p; p != end; ++p) {
    if (is(*p, what)) continue;
    if (*p != '_') return p;
    if (p + 1 == end || !is(p[1], what)) return nullptr;
  }
  return p;
}

// The kind of a run of id characters that begins like a number.
TokenKind number_kind(std::string_view text) noexcept {
  const char* p = text.data();
  const char* end = p + text.size();
  const bool has_sign = *p == '+' || *p == '-';
  if (has_sign) ++p;
  const std::string_view rest(p, static_cast<std::size_t>(end - p));
  if (rest == "inf" || rest == "nan") return TokenKind::floating;
  if (rest.starts_with("nan:0x")) {
    return digits(p + 6, end, hex_digit) == end ? TokenKind::floating : TokenKind::reserved;
  }
  const bool is_hex = rest.starts_with("0x");
  const std::uint8_t kind = is_hex ? hex_digit : digit;
  p = digits(is_hex ? p + 2 : p, end, kind);
  if (p == nullptr) return TokenKind::reserved;
  if (p == end) return has_sign ? TokenKind::integer : TokenKind::natural;
  if (*p == '.') {
    ++p;
    if (p != end && is(*p, kind)) p = digits(p, end, kind);
    if (p == nullptr) return TokenKind::reserved;
    if (p == end) return TokenKind::floating;
  }
  const char exponent = static_cast<char>(*p | 0x20);
  if (exponent != (is_hex ? 'p' : 'e')) return TokenKind::reserved;
  ++p;
  if (p != end && (*p == '+' || *p == '-')) ++p;
  return digits(p, end, digit) == end ? TokenKind::floating : TokenKind::reserved;
}

// Sixteen bytes at a time, in the vectors that the compiler has for every machine.
using Block = std::uint8_t __attribute__((vector_size(16)));

// Behind the blocks that hold none of ( ) " ; from p on.
const char* skip_blocks_without_structure(const char* p, const char* end) noexcept {
  while (end - p >= static_cast<std::ptrdiff_t>(sizeof(Block))) {
    const auto block = load_le<Block>(p);
    const auto found = ((block & 0xFE) == '(') | (block == '"') | (block == ';');
    if (__builtin_reduce_or(found) != 0) break;
    p += sizeof(Block);
  }
  return p;
}

const char* skip_space(const char* p, const char* end) noexcept {
  // Indentation: eight blanks at a time.
  while (end - p >= 8 && load_le<std::uint64_t>(p) == 0x2020'2020'2020'2020) p += 8;
  while (p != end && is(*p, space)) ++p;
  return p;
}

// By `AnnotationKind`.
constexpr std::string_view annotation_ids[] = {"custom",    "name",    "metadata.code.branch_hint", "own-name", "names",
                                               "producers", "dylink.0"};

}  // namespace

bool is_id_char(char c) noexcept { return is(c, id_char); }

std::string_view message(LexFault fault) noexcept {
  switch (fault) {
    case LexFault::none: return "no fault";
    case LexFault::unclosed_string: return "unclosed string literal";
    case LexFault::control_character_in_string: return "illegal control character in string literal";
    case LexFault::illegal_escape: return "illegal escape in string literal";
    case LexFault::malformed_utf8: return "malformed UTF-8 encoding";
    case LexFault::empty_identifier: return "empty identifier: a name is expected behind `$`";
    case LexFault::empty_annotation_id: return "empty annotation id";
    case LexFault::unclosed_annotation: return "unclosed annotation";
    case LexFault::unclosed_comment: return "unclosed comment";
    case LexFault::control_character: return "misplaced control character";
    case LexFault::unicode_character: return "misplaced unicode character";
    case LexFault::illegal_character: return "illegal character";
  }
  return "unknown fault";
}

Token Lexer::make(TokenKind kind, const char* from, const char* to) noexcept {
  p_ = to;
  return {.offset = offset_of(from), .size = static_cast<std::uint32_t>(to - from), .kind = kind};
}

Token Lexer::fault(LexFault what, const char* at) noexcept {
  p_ = at == end_ ? at : at + 1;
  return {.offset = offset_of(at), .size = 1, .kind = TokenKind::error, .fault = what};
}

Token Lexer::next() noexcept { return scan<false>(); }
Token Lexer::next_in_annotation() noexcept { return scan<true>(); }

template <bool in_annotation>
Token Lexer::scan() noexcept {
  for (;;) {
    p_ = skip_space(p_, end_);
    if (p_ == end_) return make(TokenKind::end, p_, p_);
    const char* from = p_;
    const char c = *from;
    if (is(c, id_char)) return word<in_annotation>(from);
    const char following = from + 1 != end_ ? from[1] : '\0';
    Token skipped;
    switch (c) {
      case ')': return make(TokenKind::right_paren, from, from + 1);
      case '(':
        if (following == ';') {
          skipped = block_comment(from);
        } else if (!in_annotation && following == '@') {
          skipped = annotation(from);
        } else {
          return make(TokenKind::left_paren, from, from + 1);
        }
        break;
      case ';':
        if (following != ';') return make(TokenKind::reserved, from, from + 1);
        skipped = line_comment(from);
        break;
      case '"': return reserved_run<in_annotation>(from);
      default:
        if (is(c, single_reserved)) return make(TokenKind::reserved, from, from + 1);
        return stray(from, in_annotation);
    }
    if (skipped.kind == TokenKind::error) return skipped;
  }
}

// A byte that no token begins with.
Token Lexer::stray(const char* at, bool in_annotation) noexcept {
  const CodePoint point = decode_utf8(as_bytes({at, end_}).data(), as_bytes({at, end_}).data() + (end_ - at));
  if (point.size == 0) return fault(LexFault::malformed_utf8, at);
  if (in_annotation) return fault(LexFault::illegal_character, at);
  return fault(point.size == 1 ? LexFault::control_character : LexFault::unicode_character, at);
}

// Comments give a token of kind end when they were skipped.
Token Lexer::line_comment(const char* from) noexcept {
  const char* p = from + 2;
  std::uint8_t seen = 0;
  while (p != end_ && *p != '\n' && *p != '\r') seen |= static_cast<std::uint8_t>(*p++);
  if (seen >= 0x80) {
    const std::size_t good = utf8_prefix(as_bytes({from, p}));
    if (good != static_cast<std::size_t>(p - from)) return fault(LexFault::malformed_utf8, from + good);
  }
  p_ = p;
  return {};
}

Token Lexer::block_comment(const char* from) noexcept {
  std::size_t depth = 1;
  std::uint8_t seen = 0;
  const char* p = from + 2;
  while (depth != 0) {
    if (end_ - p < 2) return fault(LexFault::unclosed_comment, from);
    seen |= static_cast<std::uint8_t>(*p);
    if (p[0] == ';' && p[1] == ')') {
      --depth;
      p += 2;
    } else if (p[0] == '(' && p[1] == ';') {
      ++depth;
      p += 2;
    } else {
      ++p;
    }
  }
  if (seen >= 0x80) {
    const std::size_t good = utf8_prefix(as_bytes({from, p}));
    if (good != static_cast<std::size_t>(p - from)) return fault(LexFault::malformed_utf8, from + good);
  }
  p_ = p;
  return {};
}

// "(@" id ... ")": tokenized with the looser rules that hold inside, and recorded when Tenon knows the id.
Token Lexer::annotation(const char* from) noexcept {
  const char* id = from + 2;
  const char* p = id;
  while (p != end_ && is(*p, id_char)) ++p;
  std::string_view name(id, static_cast<std::size_t>(p - id));
  if (name.empty()) {
    const char* place = nullptr;
    if (p == end_ || *p != '"' || string_body(++p, place) != LexFault::none || p - id == 2) {
      return fault(LexFault::empty_annotation_id, from);
    }
    name = {id + 1, static_cast<std::size_t>(p - id) - 2};
    // An escape may hide bytes that are no UTF-8; names are short, so a small region does for nearly all.
    std::array<std::byte, 256> region;
    std::pmr::monotonic_buffer_resource memory(region.data(), region.size(), annotations_.get_allocator().resource());
    Arena arena(memory);
    if (!is_utf8(string_value({id, p}, arena))) return fault(LexFault::malformed_utf8, id);
  }
  Annotation found{.offset = offset_of(from), .content = offset_of(p)};
  p_ = p;
  for (std::size_t depth = 1; depth != 0;) {
    const Token token = next_in_annotation();
    switch (token.kind) {
      case TokenKind::left_paren: ++depth; break;
      case TokenKind::right_paren: --depth; break;
      case TokenKind::end: return fault(LexFault::unclosed_annotation, from);
      case TokenKind::error: return token;
      default: break;
    }
  }
  found.end = offset();
  const auto* const known = std::ranges::find(annotation_ids, name);
  if (known != std::end(annotation_ids)) {
    found.kind = static_cast<AnnotationKind>(known - std::begin(annotation_ids));
    annotations_.push_back(found);
  }
  return {};
}

// From behind the opening quote to behind the closing one. `place` is where the fault is.
LexFault Lexer::string_body(const char*& p, const char*& place) const noexcept {
  for (;;) {
    while (p != end_ && *p != '"' && *p != '\\' && static_cast<std::uint8_t>(*p - 0x20) < 0x5F) ++p;
    place = p;
    if (p == end_ || *p == '\n' || *p == '\r') return LexFault::unclosed_string;
    if (*p == '"') {
      ++p;
      return LexFault::none;
    }
    if (*p != '\\') {
      const CodePoint point = decode_utf8(as_bytes({p, end_}).data(), as_bytes({p, end_}).data() + (end_ - p));
      if (point.size == 0) return LexFault::malformed_utf8;
      if (point.size == 1) return LexFault::control_character_in_string;
      p += point.size;
      continue;
    }
    ++p;
    if (p == end_) return LexFault::unclosed_string;
    if (std::string_view("nrt\\'\"").contains(*p)) {
      ++p;
    } else if (is(*p, hex_digit)) {
      if (p + 1 == end_ || !is(p[1], hex_digit)) return LexFault::illegal_escape;
      p += 2;
    } else {
      if (*p != 'u' || end_ - p < 4 || p[1] != '{') return LexFault::illegal_escape;
      const char* close = digits(p + 2, end_, hex_digit);
      if (close == nullptr || close == end_ || *close != '}') return LexFault::illegal_escape;
      char32_t value = 0;
      for (const char* d = p + 2; d != close && value <= 0x10FFFF; ++d) {
        if (*d == '_') continue;
        value = value * 16 + static_cast<char32_t>(is(*d, digit) ? *d - '0' : (*d | 0x20) - 'a' + 10);
      }
      if (!is_scalar_value(value)) return LexFault::illegal_escape;
      p = close + 1;
    }
  }
}

// A string, or a run of id characters and strings, which is reserved. `from` is at a quote or, for runs, at their
// begin.
template <bool in_annotation>
Token Lexer::reserved_run(const char* from) noexcept {
  const char* p = from;
  bool only_string = *from == '"';
  while (p != end_) {
    if (*p == '"') {
      if (p != from) only_string = false;
      ++p;
      const char* place = p;
      const LexFault what = string_body(p, place);
      if (what != LexFault::none) return fault(what, what == LexFault::unclosed_string ? from : place);
    } else if (is(*p, id_char)) {
      only_string = false;
      ++p;
    } else {
      break;
    }
  }
  return make(only_string ? TokenKind::string : TokenKind::reserved, from, p);
}

template <bool in_annotation>
Token Lexer::id_token(const char* from) noexcept {
  const char* p = from + 1;
  while (p != end_ && is(*p, id_char)) ++p;
  const bool is_quoted = p == from + 1;
  if (is_quoted) {
    const char* place = nullptr;
    if (p == end_ || *p != '"' || string_body(++p, place) != LexFault::none || p - from == 3) {
      return fault(LexFault::empty_identifier, from);
    }
  }
  if (p != end_ && (*p == '"' || is(*p, id_char))) return reserved_run<in_annotation>(from);
  return make(TokenKind::id, from, p);
}

// A token that begins with an id character: keyword, number, id, or reserved.
template <bool in_annotation>
Token Lexer::word(const char* from) noexcept {
  const char first = *from;
  if (first == '$') return id_token<in_annotation>(from);
  const char* p = from + 1;
  while (p != end_ && is(*p, id_char)) ++p;
  if (p != end_ && *p == '"') return reserved_run<in_annotation>(from);
  const std::string_view text(from, static_cast<std::size_t>(p - from));
  if (is(first, digit) || first == '+' || first == '-') return make(number_kind(text), from, p);
  if (!is(first, lower)) return make(TokenKind::reserved, from, p);
  Word found = find_word(text);
  if (found == Word::offset_eq || found == Word::align_eq) return make(TokenKind::reserved, from, p);  // no number
  if (found == Word::unknown) {
    if (text.starts_with("nan") || text == "inf") return make(number_kind(text), from, p);
    for (const Word prefix : {Word::offset_eq, Word::align_eq}) {
      const std::string_view key = to_string(prefix);
      if (text.starts_with(key) && text.size() > key.size() && is(text[key.size()], digit) &&
          number_kind(text.substr(key.size())) == TokenKind::natural) {
        found = prefix;
      }
    }
    if (found == Word::unknown) return make(TokenKind::reserved, from, p);
  }
  Token token = make(TokenKind::keyword, from, p);
  token.word = found;
  return token;
}

bool Lexer::skip_to_close() noexcept {
  std::size_t depth = 1;
  for (;;) {
    p_ = skip_blocks_without_structure(p_, end_);
    while (p_ != end_ && !is(*p_, structure)) ++p_;
    if (p_ == end_) return false;
    const char c = *p_;
    if (c == '"') {
      ++p_;
      const char* place = nullptr;
      if (string_body(p_, place) != LexFault::none) return false;
      continue;
    }
    if (c == ';' && end_ - p_ > 1 && p_[1] == ';') {
      while (p_ != end_ && *p_ != '\n' && *p_ != '\r') ++p_;
      continue;
    }
    if (c == '(' && end_ - p_ > 1 && p_[1] == ';') {
      if (block_comment(p_).kind == TokenKind::error) return false;
      continue;
    }
    ++p_;
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) return true;
  }
}

ErrorPlace place_in_text(std::string_view source, std::uint64_t offset) noexcept {
  if (offset > source.size()) offset = source.size();
  ErrorPlace place{.offset = offset, .line = 1, .column = 1};
  for (std::size_t i = 0; i < offset; ++i) {
    if (source[i] == '\n') {
      ++place.line;
      place.column = 1;
    } else {
      ++place.column;
    }
  }
  return place;
}

std::string_view string_value(std::string_view token, Arena& arena) {
  const std::string_view body = token.substr(1, token.size() - 2);
  if (std::memchr(body.data(), '\\', body.size()) == nullptr) return body;
  char* out = static_cast<char*>(arena.allocate(body.size(), 1));
  char* to = out;
  const auto hex = [](char c) { return static_cast<unsigned>(is(c, digit) ? c - '0' : (c | 0x20) - 'a' + 10); };
  for (const char* p = body.data(); p != body.data() + body.size();) {
    if (*p != '\\') {
      *to++ = *p++;
      continue;
    }
    ++p;
    switch (*p) {
      case 'n': *to++ = '\n', ++p; break;
      case 'r': *to++ = '\r', ++p; break;
      case 't': *to++ = '\t', ++p; break;
      case '\\':
      case '\'':
      case '"': *to++ = *p++; break;
      case 'u': {
        char32_t value = 0;
        for (p += 2; *p != '}'; ++p) {
          if (*p != '_') value = value * 16 + hex(*p);
        }
        ++p;
        to += encode_utf8(value, to);
        break;
      }
      default: *to++ = static_cast<char>(hex(p[0]) << 4 | hex(p[1])); p += 2;
    }
  }
  return {out, static_cast<std::size_t>(to - out)};
}

}  // namespace tenon
