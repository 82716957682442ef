// The import stands where the module stood, so that no index of a module changes; the module's type is defined right
// before it.
#include "compose/unbundle.hpp"

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

// A core module's type: what it imports and exports, with the function types that these mention.
class ModuleTypeBuilder {
 public:
  ModuleTypeBuilder(const core::Module& module, Arena& arena) : module_(module), arena_(arena) {}

  Result<component::CoreType> run() {
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
    if (!is_good_) {
      return fail(ErrorKind::invalid, {}, "a core module has imports or exports of types that cannot be unbundled: ",
                  "expected only functions of plain types, tables, memories and globals");
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

  core::ExternType declare(core::ExternType type) {
    if (type.kind == core::ExternKind::func) type.func = declare(type.func);
    if (type.kind == core::ExternKind::tag) type.tag.type = declare(type.tag.type);
    const bool mentions_types = (type.kind == core::ExternKind::table && is_concrete(type.table.element)) ||
                                (type.kind == core::ExternKind::global && is_concrete(type.global.value));
    if (mentions_types) is_good_ = false;
    return type;
  }

  static bool is_concrete(core::ValType type) { return type.is_ref() && type.heap().is_concrete(); }

  core::TypeIdx declare(core::TypeIdx index) {
    const auto [found, is_new] = types_.try_emplace(index.value, core::TypeIdx(types_.size()));
    if (!is_new) return found->second;
    const core::SubType& type = module_.types[index];
    if (type.kind != core::CompositeKind::func || !type.is_shorthand) is_good_ = false;
    for (const core::ValType each : type.func.params) is_good_ = is_good_ && !is_concrete(each);
    for (const core::ValType each : type.func.results) is_good_ = is_good_ && !is_concrete(each);
    component::CoreType declared;
    declared.group.first = core::TypeIdx(0U);
    declared.types = arena_.copy(std::span<const core::SubType>(&type, 1));
    Definition definition = define(DefinitionKind::core_type);
    definition.core_type = arena_.make<component::CoreType>(declared);
    declarations_.push_back(arena_, definition);
    return found->second;
  }

  const core::Module& module_;
  Arena& arena_;
  ArenaVector<Definition> declarations_;
  std::unordered_map<std::uint32_t, core::TypeIdx> types_;
  bool is_good_ = true;
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
      auto type = ModuleTypeBuilder(*module, arena).run();
      if (!type) return std::move(type).error();
      arena.adopt(std::move(module->arena));
      const std::string name = "unbundled-module" + std::to_string(modules.size());
      component::Import import;
      import.name.name = arena.copy(std::string_view(name));
      import.type.sort = component::Sort::core_module;
      import.type.index = static_cast<std::uint32_t>(modules.size());
      modules.push_back({import.name.name, bytes.bytes});
      Definition type_definition = define(DefinitionKind::core_type);
      type_definition.core_type = arena.make<component::CoreType>(*type);
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
