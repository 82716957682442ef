// Types, functions, and the small pieces: docs and strings.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#items-type
#include <charconv>

#include "base/concat.hpp"
#include "base/utf8.hpp"
#include "spec/limits.hpp"
#include "wit/parser.hpp"

namespace tenon::wit {

namespace {

std::string_view trim_end(std::string_view text) noexcept {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

// A comment without its marks: those of `/** */` go, and the slashes at the front of any other.
std::string_view comment_body(std::string_view comment) noexcept {
  if (comment.starts_with("/**")) {
    comment.remove_prefix(3);
    comment.remove_suffix(comment.size() < 2 ? comment.size() : 2);
  } else {
    const std::size_t first = comment.find_first_not_of('/');
    comment.remove_prefix(first == std::string_view::npos ? comment.size() : first);
  }
  return trim_end(comment);
}

std::size_t leading_blanks(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t\r\n\f");
  return first == std::string_view::npos ? text.size() : first;
}

// The kind of a type that its keyword says, as in `list<u8>`.
struct Constructor {
  TokenKind keyword;
  TypeKind kind;
};
constexpr Constructor constructors[] = {
    {TokenKind::tuple_, TypeKind::tuple},   {TokenKind::list_, TypeKind::list},
    {TokenKind::map_, TypeKind::map},       {TokenKind::option_, TypeKind::option},
    {TokenKind::result_, TypeKind::result}, {TokenKind::own_, TypeKind::own},
    {TokenKind::future_, TypeKind::future}, {TokenKind::stream_, TypeKind::stream},
    {TokenKind::borrow_, TypeKind::borrow},
};

}  // namespace

// The comments before the current token, one line each, without the blanks that all of them begin with.
Docs Parser::docs() {
  const std::uint32_t first = peek().first_comment;
  const std::uint32_t last = at_ + 1 < lexed_.tokens.size() ? lexed_.tokens[at_ + 1].first_comment
                                                            : static_cast<std::uint32_t>(lexed_.comments.size());
  if (failed_ || first == last) return std::nullopt;
  const auto body = [&](std::uint32_t i) {
    const Comment& comment = lexed_.comments[i];
    return comment_body(context_.source.text.substr(comment.begin, comment.end - comment.begin));
  };
  std::size_t blanks = std::string_view::npos;
  for (std::uint32_t i = first; i < last; ++i) {
    if (const std::string_view text = body(i); !text.empty()) blanks = std::min(blanks, leading_blanks(text));
  }
  const std::string indent(blanks == std::string_view::npos ? 0 : blanks, ' ');
  std::string contents;
  for (std::uint32_t i = first; i < last; ++i) {
    std::string_view text = body(i);
    if (text.starts_with(indent)) text.remove_prefix(indent.size());
    while (!text.empty()) {  // without carriage returns
      const std::size_t run = std::min(text.find('\r'), text.size());
      contents += text.substr(0, run);
      text.remove_prefix(std::min(text.size(), run + 1));
    }
    contents += '\n';
  }
  while (contents.ends_with('\n')) contents.pop_back();
  return context_.texts.copy(std::string_view(contents));
}

// https://webassembly.github.io/spec/core/text/values.html#strings; the lexer has seen to its shape.
std::string_view Parser::string_value(const Token& token) {
  std::string_view rest = text(token).substr(1, token.end - token.begin - 2);
  std::string value;
  const auto hex = [&](std::size_t size) {
    std::uint32_t number = 0;
    std::from_chars(rest.data(), rest.data() + size, number, 16);
    rest.remove_prefix(size);
    return number;
  };
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '\\') {
      value += c;
      continue;
    }
    constexpr std::string_view escapes = "tnr\"'\\";
    constexpr std::string_view meanings = "\t\n\r\"'\\";
    if (const std::size_t known = escapes.find(rest.front()); known != std::string_view::npos) {
      value += meanings[known];
      rest.remove_prefix(1);
    } else if (rest.front() == 'u') {
      rest.remove_prefix(2);
      std::string digits;
      const std::size_t close = rest.find('}');
      for (const char digit : rest.substr(0, close)) {
        if (digit != '_') digits += digit;
      }
      std::uint32_t scalar = 0;
      const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), scalar, 16);
      if (digits.empty() || status != std::errc{} || !is_scalar_value(scalar)) {
        fail_at(token, "a Unicode escape is not a scalar value");
        return {};
      }
      char encoded[4];
      value.append(encoded, encode_utf8(scalar, encoded));
      rest.remove_prefix(close + 1);
    } else {
      value += static_cast<char>(hex(2));
    }
  }
  if (!is_utf8(std::string_view(value))) fail_at(token, "malformed UTF-8 encoding in a string");
  return context_.texts.copy(std::string_view(value));
}

ast::TypeItem Parser::type_item(Docs docs, const ast::Attributes& gates) {
  const Token word = next();
  const TokenKind keyword = word.kind;
  if (at(':')) fail_keyword(word);
  ast::TypeItem item{.id = id(), .type = nullptr, .docs = docs, .attributes = gates};
  if (keyword == TokenKind::type_) {
    expect('=');
    item.type = type();
    expect(';');
    return item;
  }
  ast::TypeExpr definition;
  definition.form = ast::ExprForm::constructed;
  definition.span = item.id.span;
  if (keyword == TokenKind::resource_) {
    definition.kind = TypeKind::resource;
    definition.id = item.id;
    if (!eat(';')) resource_functions(definition);
  } else {
    definition.kind = keyword == TokenKind::record_    ? TypeKind::record
                      : keyword == TokenKind::variant_ ? TypeKind::variant
                      : keyword == TokenKind::flags_   ? TypeKind::flags
                                                       : TypeKind::enum_;
    expect('{');
    comma_list('}', [&] {
      ast::MemberExpr member{.id = {}, .type = nullptr, .docs = this->docs()};
      member.id = id();
      if (definition.kind == TypeKind::record) {
        expect(':');
        member.type = type();
      } else if (definition.kind == TypeKind::variant && eat('(')) {
        member.type = type();
        expect(')');
      }
      definition.members.push_back(context_.trees, member);
    });
  }
  item.type = context_.trees.make<ast::TypeExpr>(definition);
  return item;
}

void Parser::resource_functions(ast::TypeExpr& resource) {
  expect('{');
  while (is_more() && !eat('}')) {
    const Docs item_docs = docs();
    const ast::Attributes gates = attributes();
    if (at(TokenKind::constructor_)) {
      const ast::Id name{"constructor", span(next())};
      resource.functions.push_back(context_.trees, function(name, FunctionKind::constructor, item_docs, gates));
      continue;
    }
    if (!at_id()) return fail_expected("`constructor`, the name of a method or '}'");
    const ast::Id name = id();
    expect(':');
    const FunctionKind kind = eat(TokenKind::static_) ? FunctionKind::static_ : FunctionKind::method;
    resource.functions.push_back(context_.trees, function(name, kind, item_docs, gates));
  }
}

// What follows the name (or the word `constructor`), up to the ';'.
ast::Func Parser::function(ast::Id id, FunctionKind kind, Docs docs, const ast::Attributes& gates) {
  ast::Func func{
      .id = id, .kind = kind, .is_async = false, .params = {}, .result = nullptr, .docs = docs, .attributes = gates};
  if (kind != FunctionKind::constructor) {
    if (at(TokenKind::async_)) {
      require(Feature::component_async, peek(), "async functions");
      func.is_async = true;
      next();
    }
    expect(TokenKind::func_, func.is_async ? "`func`" : "`func` or `async`");
  }
  params(func);
  if (eat(TokenKind::arrow)) func.result = type();
  expect(';');
  return func;
}

void Parser::params(ast::Func& func) {
  expect('(');
  comma_list(')', [&] {
    ast::MemberExpr param{.id = id(), .type = nullptr, .docs = {}};
    expect(':');
    param.type = type();
    func.params.push_back(context_.trees, param);
  });
}

const ast::TypeExpr* Parser::type(std::uint32_t depth) {
  const Token token = peek();
  if (depth >= limits::max_wit_type_nesting) {
    fail_at(token, "types are nested too deeply");
    return nullptr;
  }
  ast::TypeExpr result;
  result.span = span(token);
  if (token.kind == TokenKind::primitive) {
    if (token.primitive == Primitive::error_context) {
      require(Feature::component_error_context, token, "error contexts");
    }
    result.form = ast::ExprForm::primitive;
    result.primitive = next().primitive;
  } else if (at_id()) {
    result.form = ast::ExprForm::name;
    result.id = id();
  } else {
    for (const Constructor& constructor : constructors) {
      if (constructor.keyword != token.kind) continue;
      next();
      result.form = ast::ExprForm::constructed;
      result.kind = constructor.kind;
      type_arguments(result, depth + 1);
      return context_.trees.make<ast::TypeExpr>(result);
    }
    fail_expected("a type");
  }
  return context_.trees.make<ast::TypeExpr>(result);
}

void Parser::type_arguments(ast::TypeExpr& result, std::uint32_t depth) {
  Arena& trees = context_.trees;
  switch (result.kind) {
    case TypeKind::tuple:
      expect('<');
      comma_list('>', [&] { result.arguments.push_back(trees, type(depth)); });
      return;
    case TypeKind::list: return list_arguments(result, depth);
    case TypeKind::result: return result_arguments(result, depth);
    case TypeKind::own:
    case TypeKind::borrow: return handle_argument(result);
    case TypeKind::map:
      require(Feature::component_map, peek(), "maps");
      expect('<');
      result.arguments.push_back(trees, type(depth));
      expect(',');
      result.arguments.push_back(trees, type(depth));
      return expect('>');
    case TypeKind::option:
      expect('<');
      result.arguments.push_back(trees, type(depth));
      return expect('>');
    default:  // a future or a stream
      require(Feature::component_async, peek(), "streams and futures");
      if (!eat('<')) return result.arguments.push_back(trees, nullptr);
      result.arguments.push_back(trees, type(depth));
      return expect('>');
  }
}

void Parser::list_arguments(ast::TypeExpr& result, std::uint32_t depth) {
  expect('<');
  result.arguments.push_back(context_.trees, type(depth));
  if (eat(',')) {
    const Token length = peek();
    require(Feature::component_fixed_length_lists, length, "fixed-length lists");
    expect(TokenKind::integer, "a list's length");
    if (!is_more()) return;
    result.kind = TypeKind::fixed_length_list;
    const std::string_view digits = text(length);
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), result.length);
    if (status != std::errc{} || digits.starts_with('0')) {
      fail_at(length, "a list's length is a number from 1 to 4294967295 without leading zeros");
    }
  }
  expect('>');
}

void Parser::result_arguments(ast::TypeExpr& result, std::uint32_t depth) {
  const ast::TypeExpr* ok = nullptr;
  const ast::TypeExpr* error = nullptr;
  if (eat('<')) {
    if (eat(TokenKind::underscore_)) {
      expect(',');
      error = type(depth);
    } else {
      ok = type(depth);
      if (eat(',')) error = type(depth);
    }
    expect('>');
  }
  result.arguments.push_back(context_.trees, ok);
  result.arguments.push_back(context_.trees, error);
}

void Parser::handle_argument(ast::TypeExpr& result) {
  expect('<');
  if (!at_id()) return fail_expected("the name of a resource");
  result.id = id();
  expect('>');
}

}  // namespace tenon::wit
