// The import stands where the module stood, so that no index of a module changes; the module's type is defined right
// before it.
#include "compose/unbundle.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/concat.hpp"
#include "binary/core/module.hpp"
#include "compose/check.hpp"

namespace tenon::compose {

namespace {

using component::Definition;
using component::DefinitionKind;

Definition define(DefinitionKind kind) {
  Definition definition;
  definition.kind = kind;
  return definition;
}

// A core module's type: what it imports and exports, with the types that these mention. Mostly those are plain
// functions, and only these are declared; where one mentions another, or is part of a group, all types of the module
// are declared as they stand there, so that no index in them changes.
class ModuleTypeBuilder {
 public:
  ModuleTypeBuilder(const core::Module& module, Arena& arena) : module_(module), arena_(arena) {}

  component::CoreType run() {
    declares_all_ = mentions_more_than_plain_functions();
    if (declares_all_) declare_all();
    for (const core::Import& import : module_.imports) {
      core::Import declared = import;
      declared.type = declare(import.type);
      Definition definition = define(DefinitionKind::core_import);
      definition.core_import = arena_.make<core::Import>(declared);
      declarations_.push_back(arena_, definition);
    }
    for (const core::Export& item : module_.exports) {
      Definition definition = define(DefinitionKind::core_export);
      definition.core_export = arena_.make<component::CoreExportDecl>(item.name, declare(type_of(item)));
      declarations_.push_back(arena_, definition);
    }
    component::CoreType type;
    type.is_module = true;
    type.declarations = declarations_;
    return type;
  }

 private:
  core::ExternType type_of(const core::Export& item) const {
    core::ExternType type;
    type.kind = item.kind;
    switch (item.kind) {
      case core::ExternKind::func: type.func = module_.funcs[core::FuncIdx(item.index)].type; break;
      case core::ExternKind::table: type.table = module_.tables[core::TableIdx(item.index)].type; break;
      case core::ExternKind::memory: type.memory = module_.memories[core::MemoryIdx(item.index)]; break;
      case core::ExternKind::global: type.global = module_.globals[core::GlobalIdx(item.index)].type; break;
      case core::ExternKind::tag: type.tag = module_.tags[core::TagIdx(item.index)]; break;
    }
    return type;
  }

  bool mentions_more_than_plain_functions() const {
    const auto is_more = [&](const core::ExternType& type) {
      switch (type.kind) {
        case core::ExternKind::func: return !is_plain(module_.types[type.func]);
        case core::ExternKind::tag: return !is_plain(module_.types[type.tag.type]);
        case core::ExternKind::table: return is_concrete(type.table.element);
        case core::ExternKind::global: return is_concrete(type.global.value);
        case core::ExternKind::memory: break;
      }
      return false;
    };
    return std::ranges::any_of(module_.imports, is_more, &core::Import::type) ||
           std::ranges::any_of(module_.exports, [&](const core::Export& item) { return is_more(type_of(item)); });
  }

  static bool is_concrete(core::ValType type) { return type.is_ref() && type.heap().is_concrete(); }

  // Whether the type means the same wherever it stands. A member of a larger group does not.
  bool is_plain(const core::SubType& type) const {
    return type.kind == core::CompositeKind::func && type.is_shorthand &&
           module_.rec_groups.size() == module_.types.size() && std::ranges::none_of(type.func.params, is_concrete) &&
           std::ranges::none_of(type.func.results, is_concrete);
  }

  void define_group(const core::RecGroup& group, std::span<const core::SubType> types) {
    component::CoreType declared;
    declared.group = {.first = core::TypeIdx(0U), .size = group.size, .is_explicit = group.is_explicit};
    declared.types = arena_.copy(types);
    Definition definition = define(DefinitionKind::core_type);
    definition.core_type = arena_.make<component::CoreType>(declared);
    declarations_.push_back(arena_, definition);
  }

  void declare_all() {
    for (const core::RecGroup& group : module_.rec_groups) {
      define_group(group, std::span(&module_.types[group.first], group.size));
    }
  }

  core::ExternType declare(core::ExternType type) {
    if (type.kind == core::ExternKind::func) type.func = declare(type.func);
    if (type.kind == core::ExternKind::tag) type.tag.type = declare(type.tag.type);
    return type;
  }

  core::TypeIdx declare(core::TypeIdx index) {
    if (declares_all_) return index;
    const auto [found, is_new] = types_.try_emplace(index.value, core::TypeIdx(types_.size()));
    if (is_new) define_group({}, std::span(&module_.types[index], 1));
    return found->second;
  }

  const core::Module& module_;
  Arena& arena_;
  ArenaVector<Definition> declarations_;
  std::unordered_map<std::uint32_t, core::TypeIdx> types_;
  bool declares_all_ = false;
};

}  // namespace

Result<std::vector<UnbundledModule>> unbundle(component::Component& component, std::size_t threshold,
                                              Features features) {
  if (auto valid = check_component(component, features, false); !valid) return std::move(valid).error();
  Arena& arena = component.arena;
  std::vector<UnbundledModule> modules;
  ArenaVector<Definition> definitions;
  ArenaVector<component::Section> sections;
  std::size_t at = 0;
  for (const component::Section& section : component.body.sections) {
    component::Section kept = section;
    for (std::uint32_t i = 0; i < section.definitions; ++i) {
      Definition definition = component.body.definitions[at++];
      if (definition.kind == DefinitionKind::core_type) {
        return fail(ErrorKind::invalid, at_offset(definition.offset),
                    "a component that defines core types cannot be unbundled");
      }
      const bool is_large =
          definition.kind == DefinitionKind::core_module && definition.core_module->bytes.size() > threshold;
      if (!is_large) {
        definitions.push_back(arena, definition);
        continue;
      }
      const component::CoreModule& bytes = *definition.core_module;
      auto module =
          core::read_module(bytes.bytes, arena.upstream(), {.features = features, .base_offset = bytes.offset});
      if (!module) return std::move(module).error();
      const component::CoreType type = ModuleTypeBuilder(*module, arena).run();
      arena.adopt(std::move(module->arena));
      const std::string name = "unbundled-module" + std::to_string(modules.size());
      component::Import import;
      import.name.name = arena.copy(std::string_view(name));
      import.type.sort = component::Sort::core_module;
      import.type.index = static_cast<std::uint32_t>(modules.size());
      modules.push_back({import.name.name, bytes.bytes});
      Definition type_definition = define(DefinitionKind::core_type);
      type_definition.core_type = arena.make<component::CoreType>(type);
      Definition import_definition = define(DefinitionKind::import);
      import_definition.import = arena.make<component::Import>(import);
      definitions.push_back(arena, type_definition);
      definitions.push_back(arena, import_definition);
      kept.definitions += 1;
      kept.changed = true;
    }
    sections.push_back(arena, kept);
  }
  component.body.definitions = definitions;
  component.body.sections = sections;
  return modules;
}

}  // namespace tenon::compose
