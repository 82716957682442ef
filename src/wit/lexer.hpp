// The tokens of WIT. https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#lexical-structure
//
// A file becomes a vector of tokens in one pass: the grammar needs to look a few tokens ahead, and what stands in the
// comments before a token is its documentation. A token is a range of the text and the number of the comments that come
// before it; nothing is copied. Words are cut generously (every character outside ASCII belongs to a word), so that a
// wrong name is reported as a whole, as a name. A text with forbidden characters has no tokens at all.
//
// What cannot be a token ends the vector with one of kind `error`; the parser reports it when it gets there, so that
// the first error in the text is the one that is seen.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/component/types.hpp"
#include "tenon/result.hpp"

namespace tenon::wit {

enum class TokenKind : std::uint8_t {
  end,
  error,
  word,          // an identifier that is not reserved
  escaped_word,  // %word; the token's text has the %
  integer,
  string,
  primitive,    // the name of a primitive type
  arrow,        // ->
  punctuation,  // one character
#define TENON_WIT_KEYWORD(name, text) name,
#include "wit/keywords.def"
#undef TENON_WIT_KEYWORD
};

struct Token {
  TokenKind kind = TokenKind::end;
  char punctuation = 0;              // of kind `punctuation`
  component::Primitive primitive{};  // of kind `primitive`
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t first_comment = 0;  // the comments before it, up to the next token's
};

struct Comment {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct Tokens {
  std::vector<Token> tokens;  // the last is `end` or `error`
  std::vector<Comment> comments;
  std::string_view fault;  // what is wrong with the token of kind `error`
};

// `text` is at most limits::max_text_size long.
Tokens tokenize(std::string_view text);

// "keyword `use`", "'{'", "an identifier": how a message names it.
std::string_view describe(const Token& token) noexcept;
// The word is reserved: as a name it needs a %.
bool is_keyword(std::string_view word) noexcept;
// The words that begin a type: primitive types, `list`, `option` and so on.
std::span<const std::string_view> type_keywords() noexcept;
// "u32"
std::string_view text(component::Primitive primitive) noexcept;

}  // namespace tenon::wit
