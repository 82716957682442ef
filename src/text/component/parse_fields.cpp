#include "text/component/parse_fields.hpp"

#include "text/component/parse_types.hpp"

namespace tenon::component {

namespace {

struct AttributeWord {
  Word word;
  NameAttribute attribute;
  std::optional<std::string_view> ExternName::* value;
};
constexpr AttributeWord attribute_words[] = {
    {Word::implements, NameAttribute::implements, &ExternName::implements},
    {Word::versionsuffix, NameAttribute::version_suffix, &ExternName::version_suffix},
    {Word::external_id, NameAttribute::external_id, &ExternName::external_id},
};
constexpr std::uint8_t form_with_attributes = 2;

const AttributeWord* at_attribute(TokenCursor& in) {
  for (const AttributeWord& each : attribute_words) {
    if (in.at_open(each.word)) return &each;
  }
  return nullptr;
}

void define_import(ParseContext& context, const ExternName& name, const ExternTypeDraft& draft, std::uint32_t offset) {
  const Import import{.name = name, .type = resolve_extern_type(context, draft)};
  define_item(context, DefinitionKind::import, &Definition::import, import, import.type.sort, draft.head, offset);
}

// The target of an alias behind `(alias` or `alias`: which instance and name, or which scope and index. The sort is
// known before (inline), or stands behind (parse_alias).
struct AliasTarget {
  AliasKind kind = AliasKind::export_;
  Reference first;   // the instance, or the scope
  Reference second;  // outer: the item
  std::string_view name;
};

AliasTarget parse_alias_target(ParseContext& context) {
  TokenCursor& in = context.in;
  AliasTarget target;
  if (in.accept(Word::outer)) {
    target.kind = AliasKind::outer;
    target.first = parse_index(context, Sort::component);
    target.second = parse_index(context, Sort::type);
    return target;
  }
  if (in.accept(Word::core)) target.kind = AliasKind::core_export;
  if (!in.accept(Word::export_)) in.unexpected("`export`, `core export` or `outer`");
  target.first = parse_index(context, target.kind == AliasKind::export_ ? Sort::instance : Sort::core_instance);
  target.name = in.expect_name();
  return target;
}

Alias resolve_alias(ParseContext& context, const AliasTarget& target, Sort sort) {
  if (target.kind == AliasKind::outer) return resolve_outer_alias(context, sort, target.first, target.second);
  return {.kind = target.kind, .sort = sort, .instance = resolve(context, target.first), .name = target.name};
}

// Whether an alias of this kind can be of the sort.
bool may_alias(AliasKind kind, Sort sort) noexcept {
  switch (kind) {
    case AliasKind::export_: return !is_core(sort) || sort == Sort::core_module;
    case AliasKind::core_export: return is_core(sort);
    case AliasKind::outer: break;
  }
  return sort == Sort::core_module || sort == Sort::core_type || sort == Sort::type || sort == Sort::component;
}

// `(import "name")` or `(export "name")` with nothing else inside: what a component, a module or a bundle of exports
// begins with may look alike at first.
std::optional<ExternName> accept_inline_name(ParseContext& context, Word word) {
  TokenCursor& in = context.in;
  const std::uint32_t begin = in.peek().offset;
  if (!in.accept_open(word)) return std::nullopt;
  if (in.at(TokenKind::string)) {
    const ExternName name = parse_extern_name(context);
    if (in.accept(TokenKind::right_paren)) return name;
  }
  in.rewind(begin);
  return std::nullopt;
}

void parse_definition(ParseContext& context) {
  TokenCursor& in = context.in;
  const std::uint32_t offset = in.peek().offset;
  in.expect_open();
  if (in.accept(Word::core)) {
    if (in.accept(Word::rec)) return parse_core_rec(context, offset);
    if (in.accept(Word::type)) return parse_core_type(context, offset);
    if (in.accept(Word::module)) return parse_core_module(context, offset);
    if (in.accept(Word::instance)) return parse_core_instance(context, offset);
    if (const auto sort = accept_core_sort(context)) return parse_core_item(context, *sort, offset);
    return in.unexpected("a core definition: module, instance, type, rec, func, table, memory, global or tag");
  }
  const Word word = in.at(TokenKind::keyword) ? in.peek().word : Word::unknown;
  using Parse = void (*)(ParseContext&, std::uint32_t);
  const auto parse_with = [&](Parse parse) {
    in.next();
    parse(context, offset);
  };
  switch (word) {
    case Word::component: return parse_with(parse_component);
    case Word::instance: return parse_with(parse_instance);
    case Word::alias: return parse_with(parse_alias);
    case Word::type: return parse_with(parse_type);
    case Word::canon: return parse_with(parse_canon);
    case Word::func: return parse_with(parse_func);
    case Word::start: return parse_with(parse_start);
    case Word::import: return parse_with(parse_import);
    case Word::export_: return parse_with(parse_export);
    case Word::value: return parse_with(parse_value);
    default: return in.unexpected("a definition of a component");
  }
}

}  // namespace

void parse_definitions(ParseContext& context) {
  TokenCursor& in = context.in;
  for (;;) {
    parse_custom_annotations(context);
    if (!in.at(TokenKind::left_paren)) return;
    parse_definition(context);
    in.expect_close();
    in.refuse_annotations(in.last_end());
    if (!in.ok()) return;
  }
}

ExternName parse_extern_name(ParseContext& context) {
  TokenCursor& in = context.in;
  ExternName name;
  const bool says_interface = in.at_open(Word::interface);  // `(interface "a:b/c")`, as the format was before
  if (says_interface) in.next(), in.next();
  name.name = in.expect_name();
  if (says_interface) in.expect_close();
  ArenaVector<NameAttribute> given;
  while (const AttributeWord* const each = at_attribute(in)) {
    if (name.*each->value) {
      in.unexpected(in.peek_next(), "an attribute that was not given yet");
      break;
    }
    in.next(), in.next();
    name.*each->value = in.expect_name();
    given.push_back(context.arena(), each->attribute);
    in.expect_close();
  }
  name.given = given.span();
  if (!given.empty()) name.form = form_with_attributes;
  return name;
}

std::size_t parse_inline_exports(ParseContext& context) {
  Scope& scope = context.scope();
  const std::size_t first = scope.exports.size();
  if (scope.kind != ScopeKind::component) return first;
  for (;;) {
    const std::uint32_t begin = context.in.peek().offset;
    const auto name = accept_inline_name(context, Word::export_);
    if (!name) return first;
    scope.exports.push_back({.name = *name, .item = {}, .offset = begin});
  }
}

void finish_inline_exports(ParseContext& context, std::size_t first, SortIdx item) {
  auto& exports = context.scope().exports;
  for (std::size_t i = first; i < exports.size(); ++i) exports[i].item = item;
}

std::optional<std::uint32_t> accept_inline_import(ParseContext& context, Sort sort, const Head& head,
                                                  std::uint32_t offset) {
  const auto name = accept_inline_name(context, Word::import);
  if (!name) return std::nullopt;
  ExternTypeDraft draft;
  draft.type.sort = sort;
  draft.head = head;
  parse_extern_type_content(context, draft);
  const Import import{.name = *name, .type = resolve_extern_type(context, draft)};
  return define_item(context, DefinitionKind::import, &Definition::import, import, sort, head, offset);
}

std::optional<std::uint32_t> accept_inline_alias(ParseContext& context, Sort sort, const Head& head,
                                                 std::uint32_t offset) {
  TokenCursor& in = context.in;
  const std::uint32_t begin = in.peek().offset;
  if (!in.accept_open(Word::alias)) return std::nullopt;
  const AliasTarget target = parse_alias_target(context);
  if (!in.accept(TokenKind::right_paren)) {  // an alias inside of the component that begins here
    in.rewind(begin);
    return std::nullopt;
  }
  if (!may_alias(target.kind, sort))
    in.fault_at(begin, "unexpected token: this alias cannot be of sort ", to_string(sort));
  const Alias alias = resolve_alias(context, target, sort);
  return define_item(context, DefinitionKind::alias, &Definition::alias, alias, sort, head, offset);
}

Alias resolve_outer_alias(ParseContext& context, Sort sort, const Reference& outer, const Reference& index) {
  Alias alias{.kind = AliasKind::outer, .sort = sort, .name = {}, .count = outer.index, .index = index.index};
  if (!outer.id.empty()) alias.count = resolve_outer(context, outer.id, outer.offset);
  if (index.id.empty()) return alias;  // also of a scope that does not exist, which validation refuses
  if (alias.count >= context.depth) {
    context.in.fault_at(outer.offset, "outer count of `", alias.count, "` is too large: there are ", context.depth,
                        " components and types around it");
    return alias;
  }
  alias.index = find_in_scope(context, alias.count, sort, index);
  return alias;
}

void parse_alias(ParseContext& context, std::uint32_t offset) {
  TokenCursor& in = context.in;
  const AliasTarget target = parse_alias_target(context);
  const std::uint32_t sort_offset = in.peek().offset;
  in.expect_open();
  const std::optional<Sort> sort = accept_sort(context);
  if (!sort) return in.unexpected("the sort of the alias");
  if (!may_alias(target.kind, *sort)) {
    return in.fault_at(sort_offset, "unexpected token: this alias cannot be of sort ", to_string(*sort));
  }
  const Head head = parse_head(context);
  in.expect_close();
  const Alias alias = resolve_alias(context, target, *sort);
  define_item(context, DefinitionKind::alias, &Definition::alias, alias, *sort, head, offset);
}

void parse_import(ParseContext& context, std::uint32_t offset) {
  const ExternName name = parse_extern_name(context);
  define_import(context, name, parse_extern_type(context), offset);
}

void parse_export(ParseContext& context, std::uint32_t offset) {
  TokenCursor& in = context.in;
  const Head head = parse_head(context);
  Export item;
  item.name = parse_extern_name(context);
  const Reference reference = parse_sort_reference(context);
  if (!in.at_close()) item.type = resolve_extern_type(context, parse_extern_type(context));
  item.item = resolve_item(context, reference);
  define_item(context, DefinitionKind::export_, &Definition::export_, item, item.item.sort, head, offset);
}

void parse_export_declaration(ParseContext& context, std::uint32_t offset) {
  Export item;
  item.name = parse_extern_name(context);
  const ExternTypeDraft draft = parse_extern_type(context);
  item.type = resolve_extern_type(context, draft);
  item.item.sort = item.type->sort;
  define_item(context, DefinitionKind::export_, &Definition::export_, item, item.item.sort, draft.head, offset);
}

void parse_start(ParseContext& context, std::uint32_t offset) {
  TokenCursor& in = context.in;
  const Reference func = parse_reference(context, Sort::func);
  std::pmr::vector<Reference> arguments(&context.memory());
  while (in.accept_open(Word::value)) {
    arguments.push_back(parse_index_and_names(context, Sort::value));
    in.expect_close();
  }
  std::pmr::vector<Head> results(&context.memory());
  while (in.accept_open(Word::result)) {
    if (!in.accept_open(Word::value)) in.unexpected("`(value`");
    results.push_back(parse_head(context));
    in.expect_close();
    in.expect_close();
  }
  Start start;
  start.func = FuncIdx(resolve(context, func));
  const std::span<ValueIdx> values = context.arena().make_array<ValueIdx>(arguments.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = ValueIdx(resolve(context, arguments[i]));
  start.arguments = values;
  start.results = static_cast<std::uint32_t>(results.size());
  define(context, DefinitionKind::start, &Definition::start, start, offset);
  for (const Head& result : results) bind(context, Sort::value, result);
}

void parse_core_item(ParseContext& context, Sort sort, std::uint32_t offset) {
  const Head head = parse_head(context);
  if (accept_inline_alias(context, sort, head, offset)) return;
  if (sort == Sort::core_func && accept_inline_canon(context, head, offset)) return;
  context.in.unexpected(sort == Sort::core_func ? "`(canon` or `(alias`" : "`(alias`");
}

}  // namespace tenon::component
