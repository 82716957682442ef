// Packages, interfaces and worlds. https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md
#include "wit/parse.hpp"

#include <algorithm>

#include "base/concat.hpp"
#include "base/utf8.hpp"
#include "model/component/extern_names.hpp"
#include "spec/limits.hpp"
#include "wit/names.hpp"
#include "wit/parser.hpp"

namespace tenon::wit {

Error error_at(ErrorKind kind, const Source& source, std::uint32_t offset, std::string_view message) {
  const std::string_view before = source.text.substr(0, offset);
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  const ErrorPlace place{.offset = offset,
                         .line = static_cast<std::uint32_t>(std::ranges::count(before, '\n') + 1),
                         .column = static_cast<std::uint32_t>(before.size() - line_begin + 1)};
  return Error(kind, message, place).with_context(source.path);
}

Result<ast::File> parse_file(const ParseContext& context) {
  if (context.source.text.size() > limits::max_text_size) {
    return Error(ErrorKind::exhausted, "the text is larger than a WIT file may be").with_context(context.source.path);
  }
  Parser parser(context);
  ast::File file = parser.file();
  if (parser.failed()) return parser.take_error();
  return file;
}

void Parser::fail_at(const Token& token, std::string_view message) {
  if (failed_) return;
  failed_ = true;
  const bool is_fault = token.kind == TokenKind::error;
  error_ = error_at(ErrorKind::malformed, context_.source, token.begin, is_fault ? lexed_.fault : message);
  // The end is where a sticky error leaves the cursor: nothing but an end follows.
  lexed_.tokens.push_back({.kind = TokenKind::end,
                           .begin = token.begin,
                           .end = token.begin,
                           .first_comment = static_cast<std::uint32_t>(lexed_.comments.size())});
  at_ = lexed_.tokens.size() - 1;
}

void Parser::fail_expected(std::string_view what) {
  TextBuffer message;
  const Token& token = peek();
  append_text(message, "expected ");
  append_text(message, what);
  append_text(message, ", found ");
  append_text(message, describe(token));
  if (token.kind == TokenKind::word || token.kind == TokenKind::integer || token.kind == TokenKind::escaped_word) {
    append_text(message, " `");
    append_text(message, text(token));
    append_text(message, '`');
  }
  fail_at(token, message.view());
}

void Parser::require(Feature feature, const Token& token, std::string_view what) {
  if (context_.features.has(feature)) return;
  TextBuffer message;
  append_text(message, what);
  append_text(message, " need the feature ");
  append_text(message, info(feature).option);
  fail_at(token, message.view());
}

void Parser::expect(TokenKind kind, std::string_view what) {
  if (!eat(kind)) fail_expected(what);
}

void Parser::expect(char punctuation, std::string_view what) {
  if (!eat(punctuation)) fail_expected(what);
}

void Parser::expect(char punctuation) {
  if (eat(punctuation)) return;
  const char what[3] = {'\'', punctuation, '\''};
  fail_expected(std::string_view(what, 3));
}

// A word that is reserved, where a name is wanted.
void Parser::fail_keyword(const Token& token) {
  TextBuffer message;
  append_text(message, "expected an identifier, found ");
  append_text(message, describe(token));
  append_text(message, " (as a name it is written `%");
  append_text(message, text(token));
  append_text(message, "`)");
  fail_at(token, message.view());
}

ast::Id Parser::id() {
  if (!at_id()) {
    if (is_keyword(text(peek()))) {
      fail_keyword(peek());
    } else {
      fail_expected("an identifier");
    }
    return {};
  }
  const Token token = next();
  std::string_view name = text(token);
  if (token.kind == TokenKind::escaped_word) name.remove_prefix(1);
  if (const std::string_view fault = component::label_fault(name); !fault.empty()) {
    TextBuffer message;
    append_text(message, "invalid name `");
    append_text(message, name);
    append_text(message, "`: ");
    append_text(message, fault);
    fail_at(token, message.view());
  }
  return {name, span(token)};
}

// A version's tokens are cut as words and numbers, and joined again here. A '.' belongs to it only when more follows,
// for `use a:b/c@1.2.3.{d}` has one behind it.
void Parser::version_tail() {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
  const auto is_part = [&](std::size_t ahead) {
    const Token& token = lexed_.tokens[std::min(at_ + ahead, lexed_.tokens.size() - 1)];
    const bool is_adjacent = lexed_.tokens[std::min(at_ + ahead, lexed_.tokens.size()) - 1].end == token.begin;
    return is_adjacent && token.kind != TokenKind::end &&
           text(token).find_first_not_of(allowed) == std::string_view::npos;
  };
  while (is_more()) {
    if (at('.') && is_part(1)) {
      next();
    } else if (!is_part(0)) {
      return;
    }
    next();
  }
}

const Version* Parser::version() {
  const Token first = peek();
  expect(TokenKind::integer, "a version, as in 1.2.3");
  expect('.', "'.' and the second of a version's three numbers, as in 1.2.3");
  expect(TokenKind::integer, "a version's second number");
  expect('.', "'.' and the last of a version's three numbers, as in 1.2.3");
  expect(TokenKind::integer, "a version's third number");
  if (eat('-')) version_tail();
  if (eat('+')) version_tail();
  if (failed_) return nullptr;
  const std::uint32_t end = lexed_.tokens[at_ - 1].end;
  const std::string_view whole = context_.source.text.substr(first.begin, end - first.begin);
  Version value;
  if (const std::string_view fault = parse_version(whole, value); !fault.empty()) {
    TextBuffer message;
    append_text(message, "invalid version `");
    append_text(message, whole);
    append_text(message, "`: ");
    append_text(message, fault);
    fail_at(first, message.view());
    return nullptr;
  }
  return context_.texts.make<Version>(value);
}

void Parser::attribute(ast::Attributes& out) {
  const Token name = peek();
  const std::string_view what = id().name;
  const auto key = [&](std::string_view expected) {
    expect('(');
    if (text(peek()) != expected) return fail_expected(expected == "version" ? "`version`" : "`feature`");
    next();
    expect('=');
  };
  Stability& stability = out.stability;
  bool is_repeated = false;
  if (what == "since") {
    key("version");
    is_repeated = stability.since != nullptr;
    stability.since = version();
    out.since = span(name);
  } else if (what == "deprecated") {
    key("version");
    is_repeated = stability.deprecated != nullptr;
    stability.deprecated = version();
  } else if (what == "unstable") {
    key("feature");
    is_repeated = !stability.feature.empty();
    stability.feature = id().name;
  } else if (what == "external-id") {
    require(Feature::component_implements, name, "external ids");
    expect('(');
    is_repeated = out.external_id.has_value();
    const Token value = peek();
    expect(TokenKind::string, "a string");
    if (is_more()) out.external_id = string_value(value);
  } else {
    fail_at(name, "unknown attribute: expected since, unstable, deprecated or external-id");
  }
  if (is_repeated) fail_at(name, "the attribute is given twice");
  expect(')');
}

ast::Attributes Parser::attributes() {
  ast::Attributes result;
  const Token first = peek();
  while (is_more() && eat('@')) attribute(result);
  const Stability& stability = result.stability;
  if (stability.since != nullptr && stability.is_unstable()) fail_at(first, "expected @since or @unstable, found both");
  if (stability.deprecated != nullptr && stability.is_unknown()) {
    fail_at(first, "@deprecated stands beside @since or @unstable, found it alone");
  }
  return result;
}

// Joins (id ':')+ id ('/' id)*, of which the first id is read. Labels are joined again, for blanks and comments may
// stand between them.
PackageName Parser::package_name(ast::Id first, Span& name_span) {
  std::string namespace_(first.name);
  expect(':', "':' and the package's own name (packages are named `namespace:name`)");
  ast::Id last = id();
  while (is_more() && at(':')) {
    require(Feature::component_nested_names, peek(), "nested namespaces");
    next();
    namespace_.append(1, ':').append(last.name);
    last = id();
  }
  PackageName result{context_.texts.copy(std::string_view(namespace_)), last.name, nullptr};
  name_span = {first.span.source, first.span.begin, last.span.end};
  return result;
}

ast::UsePath Parser::use_path() {
  ast::UsePath path{.package = {}, .package_span = {}, .id = id()};
  if (!at(':')) return path;
  path.package = package_name(path.id, path.package_span);
  if (!at('/')) fail_expected("'/' and the name of an interface or world");
  next();
  path.id = id();
  if (at('/')) {
    std::string package(path.package.name);
    while (is_more() && at('/')) {
      require(Feature::component_nested_names, peek(), "nested packages");
      next();
      package.append(1, '/').append(path.id.name);
      path.id = id();
    }
    path.package.name = context_.texts.copy(std::string_view(package));
  }
  if (eat('@')) path.package.version = version();
  return path;
}

ast::File Parser::file() {
  ast::File file;
  // `package x;` names the package; `package x { ... }` is an item.
  const std::size_t begin = at_;
  const Docs first_docs = docs();
  const Token first = peek();
  if (eat(TokenKind::package_)) {
    Span name_span;
    ast::Id first_id = id();
    PackageName name = package_name(first_id, name_span);
    if (at('/')) {
      std::string whole(name.name);
      while (is_more() && at('/')) {
        require(Feature::component_nested_names, peek(), "nested packages");
        next();
        whole.append(1, '/').append(id().name);
      }
      name.name = context_.texts.copy(std::string_view(whole));
    }
    if (eat('@')) name.version = version();
    if (eat(';')) {
      file.own.name = name;
      file.own.name_span = name_span;
      file.own.docs = first_docs;
      file.own.docs_span = span(first);
    } else if (at('{')) {
      at_ = begin;
    } else {
      fail_expected("';' or '{'");
    }
  }
  scope_items(file.own, &file);
  return file;
}

void Parser::scope_items(ast::Scope& scope, ast::File* file) {
  const bool is_nested = file == nullptr;
  while (is_more()) {
    if (is_nested ? eat('}') : at(TokenKind::end)) return;
    scope_item(scope, file);
  }
}

void Parser::scope_item(ast::Scope& scope, ast::File* file) {
  const Docs item_docs = docs();
  const ast::Attributes gates = attributes();
  const Token token = peek();
  if (gates.external_id) fail_at(token, "an @external-id stands before an import, an export, a type or a function");
  switch (token.kind) {
    case TokenKind::interface_: {
      next();
      ast::InterfaceItem item{.id = id(), .body = {}, .docs = item_docs, .attributes = gates};
      interface_items(item.body);
      scope.order.push_back(context_.trees,
                            {ast::ItemKind::interface, static_cast<std::uint32_t>(scope.interfaces.size())});
      scope.interfaces.push_back(context_.trees, item);
      return;
    }
    case TokenKind::world_: {
      next();
      ast::WorldItem item{.id = id(), .body = {}, .docs = item_docs, .attributes = gates};
      world_items(item.body);
      scope.order.push_back(context_.trees, {ast::ItemKind::world, static_cast<std::uint32_t>(scope.worlds.size())});
      scope.worlds.push_back(context_.trees, item);
      return;
    }
    case TokenKind::use_: return top_level_use(scope, gates);
    case TokenKind::package_: return nested_package(item_docs, gates, file);
    default: fail_expected("`interface`, `world`, `use` or `package`");
  }
}

void Parser::nested_package(Docs docs, const ast::Attributes& gates, ast::File* file) {
  const Token token = next();
  if (file == nullptr) return fail_at(token, "nested packages stand at the top level of a file, found one in another");
  if (!gates.stability.is_unknown()) return fail_at(token, "a package has no attributes");
  ast::Scope scope;
  scope.docs = docs;
  scope.docs_span = span(token);
  ast::Id first = id();
  scope.name = package_name(first, scope.name_span);
  if (at('/')) {
    std::string whole(scope.name.name);
    while (is_more() && eat('/')) whole.append(1, '/').append(id().name);
    scope.name.name = context_.texts.copy(std::string_view(whole));
  }
  if (eat('@')) scope.name.version = version();
  expect('{', "'{' and the items of another package (a file names its own only once, in front)");
  scope_items(scope, nullptr);
  file->nested.push_back(context_.trees, scope);
}

void Parser::top_level_use(ast::Scope& scope, const ast::Attributes& gates) {
  const Token token = next();
  if (!gates.stability.is_unknown()) return fail_at(token, "a `use` at the top level has no attributes");
  ast::TopLevelUse use{.path = use_path(), .as = {}};
  use.as = eat(TokenKind::as_) ? id() : use.path.id;
  expect(';');
  scope.order.push_back(context_.trees, {ast::ItemKind::use, static_cast<std::uint32_t>(scope.uses.size())});
  scope.uses.push_back(context_.trees, use);
}

void Parser::use_item(ast::InterfaceBody& body, const ast::Attributes& gates) {
  next();
  ast::UseItem item{.from = use_path(), .names = {}, .attributes = gates};
  expect('.', "'.' and the types that are used, as in `use types.{a, b};`");
  expect('{');
  comma_list('}', [&] {
    ast::RenamedId name{.id = id(), .as = {}};
    name.as = eat(TokenKind::as_) ? id() : name.id;
    item.names.push_back(context_.trees, name);
  });
  expect(';');
  body.order.push_back(context_.trees, ast::InterfaceBody::Entry::use);
  body.uses.push_back(context_.trees, item);
}

// A `use` or a type; false when it is neither.
bool Parser::body_item(ast::InterfaceBody& body, Docs docs, const ast::Attributes& gates) {
  switch (peek().kind) {
    case TokenKind::use_: use_item(body, gates); return true;
    case TokenKind::type_:
    case TokenKind::flags_:
    case TokenKind::enum_:
    case TokenKind::variant_:
    case TokenKind::resource_:
    case TokenKind::record_:
      body.order.push_back(context_.trees, ast::InterfaceBody::Entry::type);
      body.types.push_back(context_.trees, type_item(docs, gates));
      return true;
    default: return false;
  }
}

void Parser::interface_items(ast::InterfaceBody& body) {
  expect('{');
  while (is_more() && !eat('}')) {
    const Docs item_docs = docs();
    const ast::Attributes gates = attributes();
    if (body_item(body, item_docs, gates)) continue;
    if (!at_id()) return fail_expected("a type, `use`, a function's name or '}'");
    const ast::Id name = id();
    expect(':');
    body.order.push_back(context_.trees, ast::InterfaceBody::Entry::function);
    body.functions.push_back(context_.trees, function(name, FunctionKind::freestanding, item_docs, gates));
  }
}

void Parser::world_items(ast::WorldBody& body) {
  expect('{');
  while (is_more() && !eat('}')) {
    const Docs item_docs = docs();
    const ast::Attributes gates = attributes();
    if (at(TokenKind::import_) || at(TokenKind::export_)) {
      extern_item(body, item_docs, gates);
    } else if (at(TokenKind::include_)) {
      include_item(body, gates);
    } else if (!body_item(body.types, item_docs, gates)) {
      fail_expected("`import`, `export`, `include`, `use`, a type or '}'");
    }
  }
}

// `id : func-type`, `id : interface {`, `id : use-path` or `use-path`. What is written `a:b` without a blank, and what
// goes on with a '/', is the path of a package.
void Parser::extern_item(ast::WorldBody& body, Docs docs, const ast::Attributes& gates) {
  ast::ExternItem item;
  item.is_import = next().kind == TokenKind::import_;
  item.docs = docs;
  item.attributes = gates;
  const Token& first = peek();
  const bool is_package_path = at(':', 1) && (at('/', 3) || peek(2).begin == first.end + 1);
  const bool is_function = peek(2).kind == TokenKind::func_ || peek(2).kind == TokenKind::async_;
  if (!at(':', 1) || (is_package_path && !is_function && peek(2).kind != TokenKind::interface_)) {
    item.form = ast::ExternForm::path;
    item.path = use_path();
    item.id = item.path.id;
    expect(';');
  } else {
    item.id = id();
    expect(':');
    if (is_function) {
      item.form = ast::ExternForm::function;
      item.function = function(item.id, FunctionKind::freestanding, docs, gates);
    } else if (eat(TokenKind::interface_)) {
      item.form = ast::ExternForm::interface;
      interface_items(item.body);
    } else {
      if (!at_id()) return fail_expected("`func`, `async`, `interface` or the name of an interface");
      require(Feature::component_implements, peek(), "imports and exports of an interface by another name");
      item.form = ast::ExternForm::named_path;
      item.path = use_path();
      expect(';');
    }
  }
  body.types_before.push_back(context_.trees, static_cast<std::uint32_t>(body.types.types.size()));
  body.externs.push_back(context_.trees, item);
}

void Parser::include_item(ast::WorldBody& body, const ast::Attributes& gates) {
  if (gates.external_id) fail_at(peek(), "an `include` has no @external-id");
  next();
  ast::IncludeItem item{.from = use_path(), .names = {}, .attributes = gates};
  if (eat(TokenKind::with_)) {
    expect('{');
    comma_list('}', [&] {
      ast::RenamedId name{.id = id(), .as = {}};
      expect(TokenKind::as_, "`as`");
      name.as = id();
      item.names.push_back(context_.trees, name);
    });
    // The grammar has no ';' behind the list; many write one.
  } else {
    expect(';');
  }
  body.includes.push_back(context_.trees, item);
}

}  // namespace tenon::wit
