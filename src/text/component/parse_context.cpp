#include "text/component/parse_context.hpp"

#include <algorithm>
#include <utility>

#include "base/nearest_name.hpp"

namespace tenon::component {

namespace {

constexpr Sort core_sorts_of_instances[] = {Sort::core_func, Sort::core_table, Sort::core_memory, Sort::core_global,
                                            Sort::core_tag};

bool may_be_outer(Sort sort) noexcept {
  return sort == Sort::core_module || sort == Sort::core_type || sort == Sort::type || sort == Sort::component;
}

template <std::size_t... sorts>
std::array<core::IndexSpace, sort_count> make_spaces(std::pmr::memory_resource& memory,
                                                     std::index_sequence<sorts...> /*all*/) {
  return {core::IndexSpace(to_string(static_cast<Sort>(sorts)), memory)...};
}

// The index space of a scope by its depth from the outermost.
core::IndexSpace& space_of(ParseContext& context, std::size_t scope, Sort sort) noexcept {
  if (sort == Sort::core_type && scope + 1 == context.depth) return context.core.types;
  return context.scopes[scope].spaces[static_cast<std::size_t>(sort)];
}

std::uint32_t define_alias(ParseContext& context, const Alias& alias, std::uint32_t offset) {
  return define_item(context, DefinitionKind::alias, &Definition::alias, alias, alias.sort, {}, offset);
}

std::uint32_t resolve_in(ParseContext& context, Sort sort, const Reference& reference) {
  if (reference.id.empty()) return reference.index;
  for (std::uint32_t count = 0; count < context.depth; ++count) {
    const core::IndexSpace& space = space_of(context, context.depth - 1 - count, sort);
    const std::uint32_t index = space.ids.find(reference.id);
    if (index == IdMap::none) continue;
    if (count == 0) return index;
    if (!may_be_outer(sort)) {
      context.in.fault_at(reference.offset, "outer item `", reference.id,
                          "` is not a module, type, or component: found a ", to_string(sort),
                          ", which an enclosed component must import");
      return 0;
    }
    const Alias alias{.kind = AliasKind::outer, .sort = sort, .name = {}, .count = count, .index = index};
    return define_alias(context, alias, reference.offset);
  }
  NearestName nearest(reference.id);
  for (std::uint32_t count = 0; count < context.depth && (count == 0 || may_be_outer(sort)); ++count) {
    const core::IndexSpace& space = space_of(context, context.depth - 1 - count, sort);
    space.ids.each_name([&](std::string_view name) { nearest.offer(name); });
  }
  context.in.fault_at(reference.offset, "unknown ", to_string(sort), " $", reference.id, nearest);
  return 0;
}

std::uint32_t resolve_core_export(ParseContext& context, const Reference& reference) {
  if (std::ranges::find(core_sorts_of_instances, reference.sort) == std::end(core_sorts_of_instances)) {
    context.in.fault_at(reference.offset, "core instances cannot export this kind of item: found ",
                        to_string(reference.sort), ", expected core func, table, memory, global or tag");
    return 0;
  }
  if (reference.names.size() != 1) {
    context.in.fault_at(reference.offset, "unexpected token: found ", reference.names.size(),
                        " names, expected one: core instances export no instances");
    return 0;
  }
  const std::uint32_t instance = resolve_in(context, Sort::core_instance, reference);
  return define_alias(
      context,
      {.kind = AliasKind::core_export, .sort = reference.sort, .instance = instance, .name = reference.names.front()},
      reference.offset);
}

// What the definition just made, of a type, stands for.
KnownType known_type(ParseContext& context, const Definition& definition) {
  const std::size_t depth = context.depth - 1;
  const auto known = [&](std::size_t scope, std::uint32_t index) {
    const auto& types = context.scopes[scope].types;
    return index < types.size() ? types[index] : KnownType{};
  };
  switch (definition.kind) {
    case DefinitionKind::type: return {definition.type, depth};
    case DefinitionKind::export_: {
      const Export& item = *definition.export_;
      if (context.scope().kind == ScopeKind::component) return known(depth, item.item.index);
      return item.type->type_bound == TypeBound::eq ? known(depth, item.type->index) : KnownType{};
    }
    case DefinitionKind::import: {
      const ExternType& type = definition.import->type;
      return type.type_bound == TypeBound::eq ? known(depth, type.index) : KnownType{};
    }
    case DefinitionKind::alias: {
      const Alias& alias = *definition.alias;
      if (alias.kind != AliasKind::outer || alias.count > depth) return {};
      return known(depth - alias.count, alias.index);
    }
    default: return {};
  }
}

}  // namespace

Scope::Scope(std::pmr::memory_resource& memory)
    : spaces(make_spaces(memory, std::make_index_sequence<sort_count>())),
      definitions(&memory),
      types(&memory),
      exports(&memory),
      customs(&memory) {}

void Scope::clear() noexcept {
  for (core::IndexSpace& space : spaces) {
    space.ids.clear();
    space.count = 0;
  }
  definitions.clear();
  types.clear();
  exports.clear();
  customs.clear();
  names = {};
}

ParseContext::ParseContext(std::string_view source, std::pmr::memory_resource& memory,
                           const ParseOptions& parse_options)
    : core(source, memory, {.features = parse_options.features, .keep_names = parse_options.keep_names}),
      options(parse_options),
      scopes(&memory),
      drafts(&memory) {
  in.suggest(nearest_component_word);
}

void open_scope(ParseContext& context, ScopeKind kind, std::string_view id) {
  const auto exchange_core_types = [&] {
    if (context.depth == 0) return;
    std::swap(context.core.types, context.scope().spaces[static_cast<std::size_t>(Sort::core_type)]);
  };
  exchange_core_types();
  if (context.scopes.size() == context.depth) context.scopes.emplace_back(context.memory());
  ++context.depth;
  context.scope().clear();
  context.scope().kind = kind;
  context.scope().id = id;
  exchange_core_types();
}

Scope& close_scope(ParseContext& context) {
  constexpr auto core_types = static_cast<std::size_t>(Sort::core_type);
  Scope& closed = context.scope();
  std::swap(context.core.types, closed.spaces[core_types]);
  --context.depth;
  if (context.depth != 0) std::swap(context.core.types, context.scope().spaces[core_types]);
  return closed;
}

Nesting::Nesting(ParseContext& context) : context_(context) {
  if (++context.nesting <= limits::max_component_nesting) return;
  TokenCursor& in = context.in;
  in.fail_with(fail(ErrorKind::exhausted, in.place(in.peek().offset), "nesting too deep: the limit is ",
                    limits::max_component_nesting, " components and types in one another"));
}

Head parse_head(ParseContext& context) {
  Head head;
  head.offset = context.in.peek().offset;
  head.name = core::parse_id_and_name(context.core, head.id);
  return head;
}

std::uint32_t bind(ParseContext& context, Sort sort, const Head& head) {
  core::IndexSpace& space = space_of(context, context.depth - 1, sort);
  const std::uint32_t index = space.count++;
  if (sort == Sort::type && !context.scope().definitions.empty()) {
    context.scope().types.push_back(known_type(context, context.scope().definitions.back()));
  }
  if (!head.id.empty() && !space.ids.insert(head.id, index)) {
    context.in.fault_at(head.offset, "duplicate ", to_string(sort), " identifier $", head.id);
  }
  Scope& scope = context.scope();
  if (!head.name.empty() && scope.kind == ScopeKind::component && context.options.keep_names) {
    scope.names.items.push_back(context.arena(), {.item = {sort, index}, .name = head.name});
  }
  return index;
}

void define(ParseContext& context, const Definition& definition) {
  if (++context.items > limits::max_component_items) {
    TokenCursor& in = context.in;
    in.fail_with(fail(ErrorKind::exhausted, in.place(static_cast<std::uint32_t>(definition.offset)),
                      "component too large: the limit is ", limits::max_component_items, " definitions"));
    return;
  }
  context.scope().definitions.push_back(definition);
}

std::optional<Sort> accept_core_sort(ParseContext& context) {
  TokenCursor& in = context.in;
  if (!in.at(TokenKind::keyword)) return std::nullopt;
  switch (in.peek().word) {
    case Word::func: return in.next(), Sort::core_func;
    case Word::table: return in.next(), Sort::core_table;
    case Word::memory: return in.next(), Sort::core_memory;
    case Word::global: return in.next(), Sort::core_global;
    case Word::tag: return in.next(), Sort::core_tag;
    case Word::type: return in.next(), Sort::core_type;
    case Word::module: return in.next(), Sort::core_module;
    case Word::instance: return in.next(), Sort::core_instance;
    default: return std::nullopt;
  }
}

std::optional<Sort> accept_sort(ParseContext& context) {
  TokenCursor& in = context.in;
  if (!in.at(TokenKind::keyword)) return std::nullopt;
  switch (in.peek().word) {
    case Word::core: return in.next(), accept_core_sort(context);
    case Word::func: return in.next(), Sort::func;
    case Word::value: return in.next(), Sort::value;
    case Word::type: return in.next(), Sort::type;
    case Word::component: return in.next(), Sort::component;
    case Word::instance: return in.next(), Sort::instance;
    default: return std::nullopt;
  }
}

bool at_index(ParseContext& context) noexcept {
  return context.in.at(TokenKind::natural) || context.in.at(TokenKind::id);
}

Reference parse_index(ParseContext& context, Sort sort) {
  TokenCursor& in = context.in;
  Reference reference{.sort = sort, .offset = in.peek().offset, .id = {}, .names = {}};
  if (in.at(TokenKind::id)) {
    reference.id = in.accept_id();
  } else if (in.at(TokenKind::natural)) {
    reference.index = in.expect_u32();
  } else {
    in.unexpected("an index");
  }
  return reference;
}

Reference parse_index_and_names(ParseContext& context, Sort sort) {
  TokenCursor& in = context.in;
  Reference reference = parse_index(context, sort);
  if (!in.at(TokenKind::string)) return reference;
  ArenaVector<std::string_view> names;
  while (in.at(TokenKind::string)) names.push_back(context.arena(), in.expect_name());
  reference.names = names.span();
  return reference;
}

Reference parse_reference(ParseContext& context, Sort sort) {
  TokenCursor& in = context.in;
  if (at_index(context)) return parse_index(context, sort);
  const std::uint32_t offset = in.peek().offset;
  in.expect_open();
  const bool has_core = in.accept(Word::core);
  const std::optional<Sort> found = is_core(sort) ? accept_core_sort(context) : accept_sort(context);
  if (found != sort || (has_core && !is_core(sort)))
    in.fault_at(offset, "unexpected token: expected ", to_string(sort));
  const Reference reference = parse_index_and_names(context, sort);
  in.expect_close();
  return reference;
}

Reference parse_sort_reference(ParseContext& context) {
  TokenCursor& in = context.in;
  in.expect_open();
  const std::optional<Sort> sort = accept_sort(context);
  if (!sort) in.unexpected("a sort: func, value, type, component, instance, or core and a core sort");
  const Reference reference = parse_index_and_names(context, sort.value_or(Sort::func));
  in.expect_close();
  return reference;
}

std::uint32_t resolve(ParseContext& context, const Reference& reference) {
  if (reference.names.empty()) return resolve_in(context, reference.sort, reference);
  if (is_core(reference.sort) && reference.sort != Sort::core_module) return resolve_core_export(context, reference);
  std::uint32_t index = resolve_in(context, Sort::instance, reference);
  for (std::size_t i = 0; i < reference.names.size(); ++i) {
    const bool is_last = i + 1 == reference.names.size();
    index = define_alias(context,
                         {.kind = AliasKind::export_,
                          .sort = is_last ? reference.sort : Sort::instance,
                          .instance = index,
                          .name = reference.names[i]},
                         reference.offset);
  }
  return index;
}

std::uint32_t find_in_scope(ParseContext& context, std::uint32_t count, Sort sort, const Reference& reference) {
  const std::uint32_t index = space_of(context, context.depth - 1 - count, sort).ids.find(reference.id);
  if (index != IdMap::none) return index;
  NearestName nearest(reference.id);
  for (std::uint32_t count = 0; count < context.depth && (count == 0 || may_be_outer(sort)); ++count) {
    const core::IndexSpace& space = space_of(context, context.depth - 1 - count, sort);
    space.ids.each_name([&](std::string_view name) { nearest.offer(name); });
  }
  context.in.fault_at(reference.offset, "unknown ", to_string(sort), " $", reference.id, nearest);
  return 0;
}

std::uint32_t resolve_outer(ParseContext& context, std::string_view id, std::uint32_t offset) {
  for (std::uint32_t count = 0; count < context.depth; ++count) {
    if (context.scopes[context.depth - 1 - count].id == id) return count;
  }
  context.in.fault_at(offset, "outer component `", id,
                      "` not found: no enclosing component or type has this identifier");
  return 0;
}

}  // namespace tenon::component
