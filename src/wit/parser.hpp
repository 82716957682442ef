// The cursor over tokens that parse.cpp and parse_types.cpp share, and their grammar's functions.
//
// Errors are sticky: the first one is kept, the cursor jumps to the end, and every later `expect` fails quietly. So the
// functions of the grammar read as the grammar does, and only loops ask whether to go on.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "wit/lexer.hpp"
#include "wit/parse.hpp"

namespace tenon::wit {

class Parser {
 public:
  explicit Parser(const ParseContext& context) : context_(context), lexed_(tokenize(context.source.text)) {
    if (peek().kind == TokenKind::error) fail_at(peek(), lexed_.fault);
  }

  ast::File file();
  bool failed() const noexcept { return failed_; }
  Error take_error() noexcept { return std::move(error_); }

 private:
  // The cursor.
  const Token& peek(std::size_t ahead = 0) const noexcept {
    return lexed_.tokens[std::min(at_ + ahead, lexed_.tokens.size() - 1)];
  }
  std::string_view text(const Token& token) const noexcept {
    return context_.source.text.substr(token.begin, token.end - token.begin);
  }
  Span span(const Token& token) const noexcept { return {context_.index, token.begin, token.end}; }
  bool at(TokenKind kind) const noexcept { return peek().kind == kind; }
  bool at(char punctuation, std::size_t ahead = 0) const noexcept {
    return peek(ahead).kind == TokenKind::punctuation && peek(ahead).punctuation == punctuation;
  }
  Token next() noexcept {
    const Token token = peek();
    if (at_ + 1 < lexed_.tokens.size()) ++at_;
    return token;
  }
  bool eat(TokenKind kind) noexcept { return at(kind) ? (next(), true) : false; }
  bool eat(char punctuation) noexcept { return at(punctuation) ? (next(), true) : false; }
  void expect(TokenKind kind, std::string_view what);
  void expect(char punctuation);
  void expect(char punctuation, std::string_view what);
  bool is_more() const noexcept { return !failed_; }

  // Errors.
  void fail_at(const Token& token, std::string_view message);
  void fail_expected(std::string_view what);
  void fail_keyword(const Token& token);
  void require(Feature feature, const Token& token, std::string_view what);

  // Pieces.
  ast::Id id();
  bool at_id() const noexcept { return at(TokenKind::word) || at(TokenKind::escaped_word); }
  Docs docs();
  const Version* version();
  void version_tail();
  std::string_view string_value(const Token& token);
  ast::Attributes attributes();
  void attribute(ast::Attributes& out);
  PackageName package_name(ast::Id first, Span& name_span);
  ast::UsePath use_path();

  // Items.
  void scope_items(ast::Scope& scope, ast::File* file);
  void scope_item(ast::Scope& scope, ast::File* file);
  void nested_package(Docs docs, const ast::Attributes& attributes, ast::File* file);
  void top_level_use(ast::Scope& scope, const ast::Attributes& attributes);
  void interface_items(ast::InterfaceBody& body);
  bool body_item(ast::InterfaceBody& body, Docs docs, const ast::Attributes& attributes);
  void world_items(ast::WorldBody& body);
  void extern_item(ast::WorldBody& body, Docs docs, const ast::Attributes& attributes);
  void include_item(ast::WorldBody& body, const ast::Attributes& attributes);
  void use_item(ast::InterfaceBody& body, const ast::Attributes& attributes);

  // Types and functions.
  ast::TypeItem type_item(Docs docs, const ast::Attributes& attributes);
  void resource_functions(ast::TypeExpr& type);
  ast::Func function(ast::Id id, FunctionKind kind, Docs docs, const ast::Attributes& attributes);
  void params(ast::Func& func);
  const ast::TypeExpr* type(std::uint32_t depth = 0);
  void type_arguments(ast::TypeExpr& type, std::uint32_t depth);
  void list_arguments(ast::TypeExpr& type, std::uint32_t depth);
  void result_arguments(ast::TypeExpr& type, std::uint32_t depth);
  void handle_argument(ast::TypeExpr& type);

  // item (',' item)* ','? close
  template <std::invocable F>
  void comma_list(char close, F&& item) {
    while (is_more() && !eat(close)) {
      item();
      if (eat(',')) continue;
      const char what[] = {'\'', ',', '\'', ' ', 'o', 'r', ' ', '\'', close, '\''};
      return expect(close, std::string_view(what, sizeof what));
    }
  }

  ParseContext context_;
  Tokens lexed_;
  std::size_t at_ = 0;
  bool failed_ = false;
  Error error_;
};

}  // namespace tenon::wit
