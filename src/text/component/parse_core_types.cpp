// Core types in components, and the types of core modules. Core types are read by the parser for core modules
// (text/core/parse_types.hpp), which resolves their indices at once: they may refer to themselves, and so to nothing
// that would need an alias first.
#include "text/component/parse_fields.hpp"
#include "text/component/parse_types.hpp"
#include "text/core/parse_fields.hpp"
#include "text/core/parse_types.hpp"

namespace tenon::component {

namespace {

// The fields of structs have names, which nothing can refer to here.
core::SubType parse_sub_type(ParseContext& context, std::uint32_t index) {
  context.core.fields_of_types.ids.clear();
  return core::parse_sub_type(context.core, core::TypeIdx(index));
}

CoreType single(ParseContext& context, const core::SubType& type, std::uint32_t offset) {
  CoreType core_type;
  core_type.offset = offset;
  core_type.group = {.first = core::TypeIdx(0U), .size = 1, .is_explicit = false};
  core_type.types = context.arena().copy(std::span<const core::SubType>(&type, 1));
  return core_type;
}

// (type $id? ...)* of a recursive group: all identifiers first, since any may refer to any.
CoreType parse_group(ParseContext& context, std::uint32_t offset) {
  TokenCursor& in = context.in;
  const std::uint32_t begin = in.peek().offset;
  ArenaVector<core::SubType> types;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  for (; in.accept_open(Word::type); ++count) {
    const std::uint32_t index = bind(context, Sort::core_type, parse_head(context));
    if (count == 0) first = index;
    in.skip_to_close();
  }
  in.rewind(begin);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    in.accept_open(Word::type);
    parse_head(context);
    types.push_back(context.arena(), parse_sub_type(context, first + i));
    in.expect_close();
  }
  CoreType type;
  type.offset = offset;
  type.group = {.first = core::TypeIdx(0U), .size = count, .is_explicit = true};
  type.types = types.span();
  return type;
}

void define_core_type(ParseContext& context, const CoreType& type) {
  define(context, DefinitionKind::core_type, &Definition::core_type, type, static_cast<std::uint32_t>(type.offset));
}

// The declarations of a module type. `context.core.module` holds what it imports and its types, which the parser for
// core modules adds to where a function's type is written inline.
class ModuleTypeParser {
 public:
  explicit ModuleTypeParser(ParseContext& context) : context_(context), in_(context.in) {
    core::Module& module = context.core.module;
    module.types = {};
    module.rec_groups = {};
    module.imports = {};
    std::ranges::fill(context.core.type_slots, 0);
    context.core.type_slots_used = 0;
    context.core.aliased_types.clear();
    context.core.shares_implied_types = false;
  }

  void parse_declaration() {
    const std::uint32_t offset = in_.peek().offset;
    if (in_.at_open(Word::import)) return import(offset);
    in_.expect_open();
    if (in_.accept(Word::type)) {
      type(offset);
    } else if (in_.accept(Word::rec)) {
      group(offset);
    } else if (in_.accept(Word::alias)) {
      alias(offset);
    } else if (in_.accept(Word::export_)) {
      export_(offset);
    } else {
      in_.unexpected("a declaration of a module type: type, rec, alias, import or export");
    }
    in_.expect_close();
  }

 private:
  core::Module& module() { return context_.core.module; }

  void add_type(const core::SubType& type) { module().types.push_back(context_.arena(), type); }

  void type(std::uint32_t offset) {
    const std::uint32_t index = bind(context_, Sort::core_type, parse_head(context_));
    add_type(parse_sub_type(context_, index));
    if (!in_.ok()) return;
    core::index_type(context_.core, core::TypeIdx(index));
    define_core_type(context_, single(context_, module().types[core::TypeIdx(index)], offset));
  }

  void group(std::uint32_t offset) {
    const CoreType type = parse_group(context_, offset);
    for (const core::SubType& member : type.types) add_type(member);
    define_core_type(context_, type);
  }

  void alias(std::uint32_t offset) {
    if (!in_.accept(Word::outer)) return in_.unexpected("`outer`");
    const Reference outer = parse_index(context_, Sort::core_type);
    const Reference index = parse_index(context_, Sort::core_type);
    in_.expect_open();
    in_.expect(Word::type);
    const Head head = parse_head(context_);
    in_.expect_close();
    const Alias alias = resolve_outer_alias(context_, Sort::core_type, outer, index);
    define(context_, DefinitionKind::alias, &Definition::alias, alias, offset);
    bind(context_, Sort::core_type, head);
    context_.core.aliased_types.push_back(module().types.next_index());
    add_type({});
  }

  // Types that were implied by what was just read.
  void define_implied_types(std::size_t known, std::uint32_t offset) {
    for (std::size_t i = known; i < module().types.size(); ++i) {
      bind(context_, Sort::core_type, {});
      define_core_type(context_,
                       single(context_, module().types[core::TypeIdx(static_cast<std::uint32_t>(i))], offset));
    }
  }

  void import(std::uint32_t offset) {
    const std::size_t known = module().types.size();
    core::parse_import(context_.core);
    if (!in_.ok()) return;
    define_implied_types(known, offset);
    define(context_, DefinitionKind::core_import, &Definition::core_import, module().imports.back(), offset);
  }

  void export_(std::uint32_t offset) {
    const std::size_t known = module().types.size();
    CoreExportDecl item;
    item.name = in_.expect_name();
    in_.expect_open();
    const auto kind = core::extern_kind(in_.peek());
    if (!kind) return in_.unexpected("the kind of the export");
    in_.next();
    parse_head(context_);
    item.type = core::parse_extern_type(context_.core, *kind);
    in_.expect_close();
    define_implied_types(known, offset);
    define(context_, DefinitionKind::core_export, &Definition::core_export, item, offset);
  }

  ParseContext& context_;
  TokenCursor& in_;
};

}  // namespace

CoreType parse_module_type(ParseContext& context, std::string_view id, std::uint32_t offset) {
  const Nesting nesting(context);
  open_scope(context, ScopeKind::module_type, id);
  ModuleTypeParser parser(context);
  while (context.in.ok() && !context.in.at_close()) parser.parse_declaration();
  CoreType type;
  type.is_module = true;
  type.offset = offset;
  type.declarations = keep(context, close_scope(context).definitions);
  return type;
}

void parse_core_type(ParseContext& context, std::uint32_t offset) {
  TokenCursor& in = context.in;
  const Head head = parse_head(context);
  if (in.accept_open(Word::module)) {
    const CoreType type = parse_module_type(context, head.id, offset);
    in.expect_close();
    define_core_type(context, type);
    bind(context, Sort::core_type, head);
  } else if (!accept_inline_alias(context, Sort::core_type, head, offset)) {
    const std::uint32_t index = bind(context, Sort::core_type, head);
    define_core_type(context, single(context, parse_sub_type(context, index), offset));
  }
}

void parse_core_rec(ParseContext& context, std::uint32_t offset) {
  define_core_type(context, parse_group(context, offset));
}

}  // namespace tenon::component
