#include "wit/lexer.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/utf8.hpp"

namespace tenon::wit {

namespace {

struct Keyword {
  std::string_view text;
  std::string_view description;
  TokenKind kind;
  component::Primitive primitive{};
};

constexpr auto keywords = [] {
  std::array list{
#define TENON_WIT_KEYWORD(name, text) Keyword{text, "keyword `" text "`", TokenKind::name},
#include "wit/keywords.def"
#undef TENON_WIT_KEYWORD
#define TENON_CORE_SORT(name, code, text)
#define TENON_SORT(name, code, text, feature)
#define TENON_PRIMITIVE(name, code, text, size, feature) \
  Keyword{text, "keyword `" text "`", TokenKind::primitive, component::Primitive::name},
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
  };
  std::ranges::sort(list, {}, &Keyword::text);
  return list;
}();

// Where the keywords that begin with each character of ASCII begin; behind it begin those of the next.
constexpr auto first_keywords = [] {
  std::array<std::uint8_t, 129> result{};
  for (const Keyword& keyword : keywords) ++result[static_cast<std::size_t>(keyword.text[0]) + 1];
  for (std::size_t i = 1; i < result.size(); ++i) result[i] = static_cast<std::uint8_t>(result[i] + result[i - 1]);
  return result;
}();

const Keyword* find_keyword(std::string_view word) noexcept {
  const std::size_t first = word.empty() ? 0x80 : static_cast<unsigned char>(word[0]);
  if (first >= 0x80) return nullptr;
  for (std::size_t i = first_keywords[first]; i < first_keywords[first + 1]; ++i) {
    if (keywords[i].text == word) return &keywords[i];
  }
  return nullptr;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_outside_ascii(char c) noexcept { return (static_cast<unsigned char>(c) & 0x80) != 0; }
// What a word begins with, and what it goes on with. A '-' alone is punctuation: versions have it between words.
constexpr bool begins_word(char c) noexcept { return is_letter(c) || c == '_' || is_outside_ascii(c); }
constexpr auto word_characters = [] {
  std::array<bool, 256> result{};
  for (std::size_t i = 0; i < result.size(); ++i) {
    const char c = static_cast<char>(i);
    result[i] = begins_word(c) || is_digit(c) || c == '-';
  }
  return result;
}();
bool continues_word(char c) noexcept { return word_characters[static_cast<unsigned char>(c)]; }
bool is_hex_digit(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_bidirectional_override(char32_t c) noexcept {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}
// Deprecated or strongly discouraged by the Unicode standard (chapters 7.1, 9.2, 13.4 and 16.4).
bool is_deprecated(char32_t c) noexcept {
  switch (c) {
    case 0x149:
    case 0x673:
    case 0xF77:
    case 0xF79:
    case 0x17A3:
    case 0x17A4:
    case 0x17B4:
    case 0x17B5: return true;
    default: return false;
  }
}
bool is_control(char32_t c) noexcept {
  return (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || (c >= 0x7F && c < 0xA0);
}

// Whether eight bytes are printable ASCII or line feeds, which nearly all text is.
bool is_plain_text(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t each = 0x0101'0101'0101'0101;
  constexpr std::uint64_t high = 0x80 * each;
  constexpr std::uint64_t low = 0x7F * each;
  const auto differs = [&](std::uint64_t byte) { return ((bytes ^ byte * each) & low) + low; };  // in the high bits
  const std::uint64_t printable = ((bytes & low) + 0x60 * each) & differs(0x7F);
  const std::uint64_t good = (printable | ~differs('\n')) & ~bytes & high;
  return good == high;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Tokens run() {
    result_.tokens.reserve(text_.size() / 6 + 1);
    if (!check_characters()) return std::move(result_);
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    while (step()) {
    }
    return std::move(result_);
  }

 private:
  char peek(std::size_t ahead = 0) const noexcept { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void push(Token token, std::size_t begin) {
    token.begin = static_cast<std::uint32_t>(begin);
    token.end = static_cast<std::uint32_t>(at_);
    token.first_comment = comments_before_;
    comments_before_ = static_cast<std::uint32_t>(result_.comments.size());
    result_.tokens.push_back(token);
  }
  bool fault(std::string_view what, std::size_t begin) {
    at_ = std::min(text_.size(), begin + 1);
    push({.kind = TokenKind::error}, begin);
    result_.fault = what;
    return false;
  }

  bool check_characters() {
    const auto* const begin = as_bytes(text_).data();
    const auto* const end = begin + text_.size();
    for (const auto* p = begin; p != end;) {
      while (end - p >= 8 && is_plain_text(load_le<std::uint64_t>(p))) p += 8;
      if (p == end) break;
      if (*p >= 0x20 && *p < 0x7F) {
        ++p;
        continue;
      }
      const auto place = static_cast<std::size_t>(p - begin);
      const CodePoint point = decode_utf8(p, end);
      if (point.size == 0) return fault("malformed UTF-8 encoding", place);
      if (is_control(point.value)) return fault("a control code is not allowed in WIT", place);
      if (is_bidirectional_override(point.value)) {
        return fault("a bidirectional override is not allowed in WIT: it makes text look like what it is not", place);
      }
      if (is_deprecated(point.value)) return fault("a character that Unicode deprecates is not allowed in WIT", place);
      p += point.size;
    }
    return true;
  }

  // One token or comment; false at the end.
  bool step() {
    while (at_ < text_.size() && (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t')) ++at_;
    const std::size_t begin = at_;
    if (at_ == text_.size()) {
      push({.kind = TokenKind::end}, begin);
      return false;
    }
    const char c = text_[at_++];
    if (c == '/' && peek() == '/') return line_comment(begin);
    if (c == '/' && peek() == '*') return block_comment(begin);
    if (begins_word(c)) return word(begin);
    if (is_digit(c)) {
      while (is_digit(peek())) ++at_;
      push({.kind = TokenKind::integer}, begin);
      return true;
    }
    if (c == '%') {
      while (continues_word(peek())) ++at_;
      push({.kind = TokenKind::escaped_word}, begin);
      return true;
    }
    if (c == '"') return string(begin);
    if (c == '-' && peek() == '>') {
      ++at_;
      push({.kind = TokenKind::arrow}, begin);
      return true;
    }
    if (std::string_view("=,:;(){}<>*/.@-+").contains(c)) {
      push({.kind = TokenKind::punctuation, .punctuation = c}, begin);
      return true;
    }
    return fault("unexpected character: no name, number, string or punctuation of WIT begins with it", begin);
  }

  bool word(std::size_t begin) {
    while (continues_word(peek())) ++at_;
    const Keyword* keyword = find_keyword(text_.substr(begin, at_ - begin));
    if (keyword == nullptr) {
      push({.kind = TokenKind::word}, begin);
    } else {
      push({.kind = keyword->kind, .primitive = keyword->primitive}, begin);
    }
    return true;
  }

  bool line_comment(std::size_t begin) {
    const std::size_t newline = text_.find('\n', at_);
    at_ = newline == std::string_view::npos ? text_.size() : newline;
    result_.comments.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)});
    return true;
  }

  bool block_comment(std::size_t begin) {
    ++at_;
    for (std::size_t depth = 1; depth > 0; ++at_) {
      at_ = text_.find_first_of("/*", at_);
      if (at_ == std::string_view::npos || at_ + 1 >= text_.size()) return fault("unterminated block comment", begin);
      if (text_[at_] == '/' && text_[at_ + 1] == '*') {
        ++depth;
        ++at_;
      } else if (text_[at_] == '*' && text_[at_ + 1] == '/') {
        --depth;
        ++at_;
      }
    }
    result_.comments.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)});
    return true;
  }

  // The quotes and the shape of escapes; what they stand for is the parser's. Core WebAssembly's `string`.
  bool string(std::size_t begin) {
    while (at_ < text_.size() && text_[at_] != '"') {
      const char c = text_[at_++];
      if (static_cast<unsigned char>(c) < 0x20) return fault("a control character is not allowed in a string", at_ - 1);
      if (c != '\\') continue;
      const char escape = peek();
      if (std::string_view("tnr\"'\\").contains(escape) && escape != '\0') {
        ++at_;
      } else if (is_hex_digit(escape) && is_hex_digit(peek(1))) {
        at_ += 2;
      } else if (escape == 'u' && peek(1) == '{') {
        at_ += 2;
        while (is_hex_digit(peek()) || peek() == '_') ++at_;
        if (peek() != '}') return fault("expected '}' at the end of a Unicode escape", begin);
        ++at_;
      } else {
        return fault("illegal escape in a string", at_ - 1);
      }
    }
    if (at_ == text_.size()) return fault("unterminated string", begin);
    ++at_;
    push({.kind = TokenKind::string}, begin);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t comments_before_ = 0;
  Tokens result_;
};

constexpr std::string_view described_punctuation = "'=' ',' ':' ';' '(' ')' '{' '}' '<' '>' '*' '/' '.' '@' '-' '+' ";

}  // namespace

Tokens tokenize(std::string_view text) { return Lexer(text).run(); }

std::string_view describe(const Token& token) noexcept {
  switch (token.kind) {
    case TokenKind::end: return "the end of the file";
    case TokenKind::error: return "an unreadable character";
    case TokenKind::word: return "an identifier";
    case TokenKind::escaped_word: return "an escaped identifier";
    case TokenKind::integer: return "an integer";
    case TokenKind::string: return "a string";
    case TokenKind::arrow: return "'->'";
    case TokenKind::punctuation: {
      const std::size_t at = described_punctuation.find(token.punctuation);
      return described_punctuation.substr(at - 1, 3);
    }
    default: break;
  }
  for (const Keyword& keyword : keywords) {
    if (keyword.kind == token.kind && keyword.primitive == token.primitive) return keyword.description;
  }
  return "a keyword";
}

bool is_keyword(std::string_view word) noexcept { return find_keyword(word) != nullptr; }

std::span<const std::string_view> type_keywords() noexcept {
  static constexpr std::string_view words[] = {
#define TENON_CORE_SORT(name, code, text)
#define TENON_SORT(name, code, text, feature)
#define TENON_PRIMITIVE(name, code, text, size, feature) text,
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
      "list", "map", "option", "result", "tuple", "stream", "future", "own", "borrow",
  };
  return words;
}

std::string_view text(component::Primitive primitive) noexcept {
  for (const Keyword& keyword : keywords) {
    if (keyword.kind == TokenKind::primitive && keyword.primitive == primitive) return keyword.text;
  }
  return "?";
}

}  // namespace tenon::wit
