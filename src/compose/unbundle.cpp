// The import stands where the module stood, so that no index of a module changes; the module's type is defined right
// before it, and the core types of the component behind it move (core_type_shift.hpp).
#include "compose/unbundle.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "binary/component/component.hpp"
#include "binary/core/module.hpp"
#include "compose/check.hpp"
#include "compose/core_type_shift.hpp"

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

// How many core types a definition of the outermost component adds to the index space.
std::uint32_t core_types_of(const Definition& definition) {
  if (definition.kind == DefinitionKind::alias) return definition.alias->sort == component::Sort::core_type ? 1 : 0;
  if (definition.kind != DefinitionKind::core_type) return 0;
  return definition.core_type->is_module ? 1 : static_cast<std::uint32_t>(definition.core_type->types.size());
}

// Takes the modules out of one component's definitions.
class Unbundler {
 public:
  Unbundler(component::Component& component, std::size_t threshold, Features features)
      : component_(component), arena_(component.arena), threshold_(threshold), features_(features), shift_(arena_) {}

  Result<std::vector<UnbundledModule>> run() {
    find_taken_names();
    ArenaVector<component::Section> sections;
    std::size_t at = 0;
    for (component::Section section : component_.body.sections) {
      const std::uint32_t count = section.definitions;
      for (std::uint32_t i = 0; i < count; ++i) {
        if (auto taken = take(component_.body.definitions[at++], section); !taken) return std::move(taken).error();
      }
      sections.push_back(arena_, section);
    }
    component_.body.definitions = definitions_;
    component_.body.sections = sections;
    if (!modules_.empty()) move_names();
    return std::move(modules_);
  }

 private:
  // Definitions refer to earlier ones only, so what was inserted so far is all that moves what this one names.
  Result<void> take(Definition definition, component::Section& section) {
    if (definition.kind == DefinitionKind::core_module && definition.core_module->bytes.size() > threshold_) {
      return take_out(*definition.core_module, section);
    }
    section.changed |= shift_.apply(definition);
    core_types_ += core_types_of(definition);
    definitions_.push_back(arena_, definition);
    return {};
  }

  Result<void> take_out(const component::CoreModule& bytes, component::Section& section) {
    auto module =
        core::read_module(bytes.bytes, arena_.upstream(), {.features = features_, .base_offset = bytes.offset});
    if (!module) return std::move(module).error();
    const component::CoreType type = ModuleTypeBuilder(*module, arena_).run();
    arena_.adopt(std::move(module->arena));
    component::Import import;
    import.name.name = arena_.copy(std::string_view(free_name()));
    import.type.sort = component::Sort::core_module;
    import.type.index = core_types_ + static_cast<std::uint32_t>(modules_.size());
    modules_.push_back({import.name.name, bytes.bytes});
    shift_.insert(core_types_);
    Definition type_definition = define(DefinitionKind::core_type);
    type_definition.core_type = arena_.make<component::CoreType>(type);
    Definition import_definition = define(DefinitionKind::import);
    import_definition.import = arena_.make<component::Import>(import);
    definitions_.push_back(arena_, type_definition);
    definitions_.push_back(arena_, import_definition);
    section.definitions += 1;
    section.changed = true;
    return {};
  }

  // A component may have been unbundled before.
  void find_taken_names() {
    for (const Definition& definition : component_.body.definitions) {
      if (definition.kind == DefinitionKind::import) taken_.insert(definition.import->name.name);
    }
  }

  std::string free_name() {
    std::string name;
    do name = "unbundled-module" + std::to_string(next_name_++);
    while (taken_.contains(name));
    return name;
  }

  // A name section that cannot be read says nothing, and stays as it is.
  void move_names() {
    auto names = component::read_component_names(component_.body, arena_);
    if (!names) return;
    bool is_changed = false;
    for (component::SortName& name : names->items) {
      if (name.item.sort != component::Sort::core_type) continue;
      const std::uint32_t moved = shift_.moved(name.item.index);
      is_changed |= moved != name.item.index;
      name.item.index = moved;
    }
    if (is_changed) component::set_component_names(component_.body, arena_, *names);
  }

  component::Component& component_;
  Arena& arena_;
  const std::size_t threshold_;
  const Features features_;
  CoreTypeShift shift_;
  std::uint32_t core_types_ = 0;  // of the component as it was, up to here
  std::uint32_t next_name_ = 0;
  std::unordered_set<std::string_view> taken_;
  ArenaVector<Definition> definitions_;
  std::vector<UnbundledModule> modules_;
};

}  // namespace

Result<std::vector<UnbundledModule>> unbundle(component::Component& component, std::size_t threshold,
                                              Features features) {
  if (auto valid = check_component(component, features, false); !valid) return std::move(valid).error();
  return Unbundler(component, threshold, features).run();
}

}  // namespace tenon::compose
