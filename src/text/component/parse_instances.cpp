// Instances, of core modules and of components, and the modules and components that are defined in a component.
#include "binary/core/module.hpp"
#include "text/component/parse_fields.hpp"
#include "text/component/parse_modules.hpp"
#include "text/component/parse_types.hpp"

namespace tenon::component {

namespace {

// An argument or an export: what it is called, and what it is.
struct NamedReference {
  ExternName name;
  Reference item;
};

std::span<const NamedSortIdx> resolve_items(ParseContext& context, const std::pmr::vector<NamedReference>& items) {
  const std::span<NamedSortIdx> resolved = context.arena().make_array<NamedSortIdx>(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    resolved[i] = {.name = items[i].name, .item = resolve_item(context, items[i].item)};
  }
  return resolved;
}

// `(func $f)` in a core instance, where `core` is a matter of course.
Reference parse_core_sort_reference(ParseContext& context) {
  TokenCursor& in = context.in;
  in.expect_open();
  in.accept(Word::core);
  const std::optional<Sort> sort = accept_core_sort(context);
  if (!sort) in.unexpected("a core sort: func, table, memory, global, tag, type, module or instance");
  const Reference reference = parse_index_and_names(context, sort.value_or(Sort::core_func));
  in.expect_close();
  return reference;
}

// (export "x" (func $f))*, resolved.
std::span<const NamedSortIdx> parse_bundle(ParseContext& context, bool of_core) {
  TokenCursor& in = context.in;
  std::pmr::vector<NamedReference> items(&context.memory());
  while (in.accept_open(Word::export_)) {
    NamedReference& item = items.emplace_back();
    if (of_core) {
      item.name.name = in.expect_name();
      item.item = parse_core_sort_reference(context);
    } else {
      item.name = parse_extern_name(context);
      item.item = parse_sort_reference(context);
    }
    in.expect_close();
  }
  if (in.at(TokenKind::left_paren)) in.unexpected(in.peek_next(), "instantiate or export");
  return resolve_items(context, items);
}

// The argument `(instance ...)`, of which the keyword is taken: an instance, or a bundle of exports, which is defined.
Reference parse_instance_argument(ParseContext& context, bool of_core, std::uint32_t offset) {
  const Sort sort = of_core ? Sort::core_instance : Sort::instance;
  if (at_index(context)) return parse_index_and_names(context, sort);
  Reference defined{.sort = sort, .offset = offset, .id = {}, .names = {}};
  const std::span<const NamedSortIdx> items = parse_bundle(context, of_core);
  defined.index = of_core ? define_item(context, DefinitionKind::core_instance, &Definition::core_instance,
                                        CoreInstance{.module = {}, .items = items}, sort, {}, offset)
                          : define_item(context, DefinitionKind::instance, &Definition::instance,
                                        Instance{.component = {}, .items = items}, sort, {}, offset);
  return defined;
}

// (with "a" ...)*.
void parse_arguments(ParseContext& context, std::pmr::vector<NamedReference>& arguments, bool of_core) {
  TokenCursor& in = context.in;
  while (in.accept_open(Word::with)) {
    NamedReference& argument = arguments.emplace_back();
    argument.name.name = in.expect_name();
    const std::uint32_t offset = in.peek().offset;
    if (in.accept_open(Word::instance)) {
      argument.item = parse_instance_argument(context, of_core, offset);
      in.expect_close();
    } else if (of_core) {
      in.unexpected("`(instance`");
    } else {
      argument.item = parse_sort_reference(context);
    }
    in.expect_close();
  }
  if (in.at(TokenKind::left_paren)) in.unexpected(in.peek_next(), "with");
}

// `instantiate` and what follows; its parenthesis and the keyword are taken.
template <class T, class Idx>
void parse_instantiation(ParseContext& context, T& instance, std::optional<Idx> T::* what, Sort sort) {
  const Reference reference = parse_reference(context, sort);
  std::pmr::vector<NamedReference> arguments(&context.memory());
  parse_arguments(context, arguments, is_core(sort));
  context.in.expect_close();
  instance.*what = Idx(resolve(context, reference));
  instance.items = resolve_items(context, arguments);
}

}  // namespace

void parse_core_instance(ParseContext& context, std::uint32_t offset) {
  const Head head = parse_head(context);
  CoreInstance instance;
  if (context.in.accept_open(Word::instantiate)) {
    parse_instantiation(context, instance, &CoreInstance::module, Sort::core_module);
  } else {
    instance.items = parse_bundle(context, true);
  }
  define_item(context, DefinitionKind::core_instance, &Definition::core_instance, instance, Sort::core_instance, head,
              offset);
}

void parse_instance(ParseContext& context, std::uint32_t offset) {
  const Head head = parse_head(context);
  const std::size_t exports = parse_inline_exports(context);
  std::optional<std::uint32_t> index = accept_inline_import(context, Sort::instance, head, offset);
  if (!index) index = accept_inline_alias(context, Sort::instance, head, offset);
  if (!index) {
    Instance instance;
    if (context.in.accept_open(Word::instantiate)) {
      parse_instantiation(context, instance, &Instance::component, Sort::component);
    } else {
      instance.items = parse_bundle(context, false);
    }
    index =
        define_item(context, DefinitionKind::instance, &Definition::instance, instance, Sort::instance, head, offset);
  }
  finish_inline_exports(context, exports, {Sort::instance, *index});
}

void parse_core_module(ParseContext& context, std::uint32_t offset) {
  const Head head = parse_head(context);
  const OwnName own_name = parse_own_name(context, head);
  const std::size_t exports = parse_inline_exports(context);
  std::optional<std::uint32_t> index = accept_inline_import(context, Sort::core_module, head, offset);
  if (!index) index = accept_inline_alias(context, Sort::core_module, head, offset);
  if (!index) {
    const CoreModule module = parse_module_content(context, own_name, offset);
    index = define_item(context, DefinitionKind::core_module, &Definition::core_module, module, Sort::core_module, head,
                        offset);
  }
  finish_inline_exports(context, exports, {Sort::core_module, *index});
}

void parse_component(ParseContext& context, std::uint32_t offset) {
  const Head head = parse_head(context);
  const OwnName own_name = parse_own_name(context, head);
  const std::size_t exports = parse_inline_exports(context);
  std::optional<std::uint32_t> index = accept_inline_import(context, Sort::component, head, offset);
  if (!index) index = accept_inline_alias(context, Sort::component, head, offset);
  if (!index) {
    const ComponentBody body = parse_component_content(context, head.id, own_name.name, offset);
    index =
        define_item(context, DefinitionKind::component, &Definition::component, body, Sort::component, head, offset);
  }
  finish_inline_exports(context, exports, {Sort::component, *index});
}

}  // namespace tenon::component
