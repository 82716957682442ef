// The tokens of the text format. https://webassembly.github.io/spec/core/text/lexical.html
//
// A token is a range of the source and its kind, in 12 bytes; nothing is copied, and values (numbers, strings) are made
// by who wants them. Keywords are looked up here, since their number is what the parser asks first. Lines and columns
// are computed only when an error needs them.
//
// Annotations are skipped wherever they stand, as white space is. Those that Tenon knows are also recorded, and the
// parser collects them where they may stand (`take_annotation`): so no other part of the grammar need care for them.
//
// The text format has no tokens that need unbounded state but nested comments and annotations: both are counted.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "tenon/result.hpp"
#include "text/words.hpp"

namespace tenon {

enum class TokenKind : std::uint8_t {
  end,  // of the source
  left_paren,
  right_paren,
  keyword,   // `word` says which; offset= and align= include their number
  natural,   // an integer without a sign
  integer,   // with a sign
  floating,  // a float that is not an integer
  string,
  id,        // $name or $"name"
  reserved,  // nothing the grammar knows
  error,     // `fault` says what
};

enum class LexFault : std::uint8_t {
  none,
  unclosed_string,
  control_character_in_string,
  illegal_escape,
  malformed_utf8,
  empty_identifier,
  empty_annotation_id,
  unclosed_annotation,
  unclosed_comment,
  control_character,
  unicode_character,
  illegal_character,
};

std::string_view message(LexFault fault) noexcept;

struct Token {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
  Word word = Word::unknown;
  TokenKind kind = TokenKind::end;
  LexFault fault = LexFault::none;  // of kind error
  std::uint32_t end() const noexcept { return offset + size; }
};

// The last two are Tenon's own, in components: other tools pass over them.
enum class AnnotationKind : std::uint8_t {
  custom,       // (@custom "name" "payload"...)
  name,         // (@name "...")
  branch_hint,  // (@metadata.code.branch_hint "\00")
  own_name,     // (@own-name "..."?): what the name section of a module or component inside calls it
  names,        // (@names): where the component name section stands
  producers,    // (@producers (language "C" "17") ...)
  dylink,       // (@dylink.0 (mem-info ...) ...)
};

struct Annotation {
  AnnotationKind kind = AnnotationKind::custom;
  std::uint32_t offset = 0;   // of "(@"
  std::uint32_t content = 0;  // behind the annotation's id
  std::uint32_t end = 0;      // behind its last parenthesis
};

class Lexer {
 public:
  // `source` is at most limits::max_text_size long.
  Lexer(std::string_view source, std::pmr::memory_resource& memory) noexcept
      : begin_(source.data()), p_(source.data()), end_(source.data() + source.size()), annotations_(&memory) {}

  // The next token; after the end, Token of kind end again. After an error the lexer stands behind the fault.
  Token next() noexcept;
  // The next token inside an annotation, where reserved characters and parentheses are the only structure.
  Token next_in_annotation() noexcept;

  std::uint32_t offset() const noexcept { return offset_of(p_); }
  void seek(std::uint32_t offset) noexcept { p_ = begin_ + offset; }
  // From inside a parenthesis to behind its end, looking at nothing but parentheses, strings and comments; false when
  // the source ends before. Much faster than lexing.
  bool skip_to_close() noexcept;

  std::string_view source() const noexcept { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }
  std::string_view text(const Token& token) const noexcept { return {begin_ + token.offset, token.size}; }

  // The known annotations met so far; who takes some erases them.
  std::pmr::vector<Annotation>& annotations() noexcept { return annotations_; }

 private:
  std::uint32_t offset_of(const char* p) const noexcept { return static_cast<std::uint32_t>(p - begin_); }
  Token make(TokenKind kind, const char* from, const char* to) noexcept;
  Token fault(LexFault what, const char* at) noexcept;
  template <bool in_annotation>
  Token scan() noexcept;
  Token line_comment(const char* from) noexcept;
  Token block_comment(const char* from) noexcept;
  Token annotation(const char* from) noexcept;
  LexFault string_body(const char*& p, const char*& place) const noexcept;
  template <bool in_annotation>
  Token word(const char* from) noexcept;
  template <bool in_annotation>
  Token reserved_run(const char* from) noexcept;
  template <bool in_annotation>
  Token id_token(const char* from) noexcept;
  Token stray(const char* at, bool in_annotation) noexcept;

  const char* begin_;
  const char* p_;
  const char* end_;
  std::pmr::vector<Annotation> annotations_;
};

// True for the characters that identifiers, keywords and numbers are made of.
bool is_id_char(char c) noexcept;

// Line and column (from 1, columns in bytes) of an offset.
ErrorPlace place_in_text(std::string_view source, std::uint64_t offset) noexcept;

// Appends to `arena` what a string token (quotes included) stands for; a view of the token when it has no escapes.
std::string_view string_value(std::string_view token, Arena& arena);

}  // namespace tenon
