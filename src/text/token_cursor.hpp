// Reading tokens with up to two of lookahead, the way `Cursor` reads bytes: after the first fault the cursor stands at
// the end of the source and every question is answered with "no", so a parser reads a whole form and asks once.
//
// Messages are those of the official suite, followed by what was expected and what was found.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.hpp"
#include "base/concat.hpp"
#include "tenon/result.hpp"
#include "text/lexer.hpp"

namespace tenon {

class TokenCursor {
 public:
  // Values that are no view of the source (strings with escapes) go to `arena`.
  TokenCursor(std::string_view source, Arena& arena, std::pmr::memory_resource& memory) noexcept;

  bool ok() const noexcept { return !failed_; }
  Error take_error() noexcept { return std::move(error_); }

  const Token& peek() const noexcept { return current_; }
  const Token& peek_next() noexcept {
    if (!has_ahead_) {
      ahead_ = lexer_.next();
      has_ahead_ = true;
    }
    return ahead_;
  }
  Token next() noexcept {
    const Token token = current_;
    last_end_ = token.end();
    if (has_ahead_) {
      current_ = ahead_;
      has_ahead_ = false;
    } else if (!failed_) {
      current_ = lexer_.next();
    }
    return token;
  }
  // Behind the last token or annotation taken.
  std::uint32_t last_end() const noexcept { return last_end_; }
  // Goes on at an offset, where a token begins.
  void seek(std::uint32_t offset) noexcept;
  // The same for a place already read, from which on annotations will be met again.
  void rewind(std::uint32_t offset) noexcept;
  // From inside a parenthesis (its next token not yet taken) to behind its end, without lexing. A fault when there is
  // none.
  void skip_to_close() noexcept;

  bool at(TokenKind kind) const noexcept { return current_.kind == kind; }
  bool at(Word word) const noexcept { return current_.kind == TokenKind::keyword && current_.word == word; }
  bool at_end() const noexcept { return current_.kind == TokenKind::end; }
  bool at_close() const noexcept { return current_.kind == TokenKind::right_paren; }
  // At "(" and this keyword.
  bool at_open(Word word) noexcept {
    return current_.kind == TokenKind::left_paren && peek_next().kind == TokenKind::keyword && ahead_.word == word;
  }
  bool accept(TokenKind kind) noexcept { return at(kind) ? (next(), true) : false; }
  bool accept(Word word) noexcept { return at(word) ? (next(), true) : false; }
  bool accept_open(Word word) noexcept { return at_open(word) ? (next(), next(), true) : false; }
  // Each takes what it names, or records the fault "unexpected token ..., expected <what>".
  void expect_open() noexcept;
  void expect_close() noexcept;
  void expect(Word word) noexcept;

  std::string_view text(const Token& token) const noexcept { return lexer_.text(token); }
  // The value of the string at hand. In a name, bytes that are no UTF-8 are a fault.
  std::string_view expect_string(std::string_view what) noexcept;
  std::string_view expect_name() noexcept;
  // The id at hand, without its "$"; or empty when there is none.
  std::string_view accept_id() noexcept;
  std::string_view id_value(const Token& token) noexcept;
  // Natural numbers; `what` names the type for the fault "i32 constant out of range".
  std::uint32_t expect_u32() noexcept;
  std::uint64_t expect_u64() noexcept;
  std::uint8_t expect_u8() noexcept;

  // Records the fault; later ones are ignored.
  template <class... Pieces>
  void fault_at(std::uint32_t offset, const Pieces&... pieces) noexcept {
    if (failed_) return;
    fail_with(fail(ErrorKind::malformed, place(offset), pieces...));
  }
  // "unexpected token", or "unknown operator" for what is no word of the language, or what the lexer found wrong.
  void unexpected(std::string_view expected) noexcept { unexpected(current_, expected); }
  void unexpected(const Token& token, std::string_view expected) noexcept;
  // Who finds the word that was meant by an unknown one; at first among the instructions.
  void suggest(std::string_view (*nearest)(std::string_view) noexcept) noexcept { nearest_ = nearest; }
  void fail_with(Error error) noexcept;
  ErrorPlace place(std::uint32_t offset) const noexcept { return place_in_text(lexer_.source(), offset); }

  bool has_annotations() noexcept { return !lexer_.annotations().empty(); }
  // The known annotations met before the token at hand and not taken yet, in their order.
  std::span<const Annotation> annotations() noexcept;
  // Takes the first one of that kind.
  std::optional<Annotation> take_annotation(AnnotationKind kind) noexcept;
  // Nothing took the annotations that begin before `offset`: the first of them is a fault.
  void refuse_annotations(std::uint32_t offset) noexcept;
  // Forgets the annotations before `offset`, or from there on, or all, which will then be met again.
  void drop_annotations(std::uint32_t offset) noexcept;
  void drop_annotations_from(std::uint32_t offset) noexcept;
  void drop_annotations() noexcept { lexer_.annotations().clear(); }

  std::string_view source() const noexcept { return lexer_.source(); }
  Arena& arena() const noexcept { return *arena_; }

 private:
  std::uint64_t expect_natural(unsigned width, std::string_view type) noexcept;

  Lexer lexer_;
  std::string_view (*nearest_)(std::string_view) noexcept = nearest_mnemonic;
  Token current_;
  Token ahead_;
  bool has_ahead_ = false;
  bool failed_ = false;
  std::uint32_t last_end_ = 0;
  Arena* arena_;
  Error error_;
};

}  // namespace tenon
