// Core types in components: types of core values and functions, which get their canonical index at once, and types of
// modules.
//
// A module's type has an index space of its own, which holds no types of modules. What it imports and exports is
// checked as a module's own imports are, by a module that has nothing but that.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#type-definitions
#include <algorithm>

#include "validate/component/validator.hpp"
#include "validate/core/declarations.hpp"

namespace tenon::component {

Result<void> Validator::define_core_type(Scope& scope, const CoreType& type) {
  offset_ = type.offset;
  if (!type.is_module) return intern_group(type.types, scope.spaces->core_types);
  Result<const ModuleSignature*> module = module_type(scope, type);
  if (!module) return std::move(module.error());
  CoreTypeEntity entity;
  entity.module = *module;
  scope.spaces->core_types.push_back(arena_, entity);
  return {};
}

Result<void> Validator::intern_group(std::span<const core::SubType> types,
                                     IndexVector<CoreTypeIdx, CoreTypeEntity>& space) {
  if (types.empty()) return {};
  const Feature missing = core::missing_feature(types, options_.features);
  if (missing != Feature::mvp) return invalid(NeedsFeature{"this type", missing});
  IndexVector<core::TypeIdx, core::TypeIdx> canonical;
  canonical.resize(arena_, space.size());
  for (std::size_t i = 0; i < space.size(); ++i) canonical[core::TypeIdx(i)] = space[CoreTypeIdx(i)].type;
  Result<core::TypeIdx> first = registry_.intern_group(types, canonical, &arena_);
  if (!first) return placed(std::move(first.error()));
  for (std::uint32_t i = 0; i < types.size(); ++i) {
    CoreTypeEntity entity;
    entity.type = core::TypeIdx(first->value + i);
    space.push_back(arena_, entity);
  }
  return {};
}

// The type with canonical indices.
Result<core::ExternType> Validator::core_extern_type(const IndexVector<CoreTypeIdx, CoreTypeEntity>& space,
                                                     core::ExternType type) {
  const auto resolve = [&](core::TypeIdx index) -> Result<core::TypeIdx> {
    if (index.value >= space.size()) return out_of_bounds("type", index.value, space.size());
    return space[CoreTypeIdx(index.value)].type;
  };
  const auto resolve_func = [&](core::TypeIdx& index) -> Checked {
    Result<core::TypeIdx> found = resolve(index);
    if (!found) return std::move(found.error());
    if (registry_[*found].type.kind != core::CompositeKind::func) {
      return invalid("type index ", index.value, " is not a function type");
    }
    index = *found;
    return {};
  };
  const auto resolve_value = [&](core::ValType& value) -> Checked {
    const Feature missing = core::missing_feature(value, options_.features);
    if (missing != Feature::mvp && value != core::funcref) return invalid(NeedsFeature{"this type", missing});
    if (!value.is_ref() || !value.heap().is_concrete()) return {};
    Result<core::TypeIdx> found = resolve(value.heap().index());
    if (!found) return std::move(found.error());
    value = core::ValType::ref(*found, value.is_nullable());
    return {};
  };
  // Sizes are checked as those of a module.
  core::Module sizes(memory_);
  Checked checked;
  switch (type.kind) {
    case core::ExternKind::func: checked = resolve_func(type.func); break;
    case core::ExternKind::tag: checked = resolve_func(type.tag.type); break;
    case core::ExternKind::global: checked = resolve_value(type.global.value); break;
    case core::ExternKind::table:
      checked = resolve_value(type.table.element);
      sizes.tables.push_back(sizes.arena, {{core::funcref, type.table.limits}, {}});
      sizes.imported_tables = 1;
      break;
    case core::ExternKind::memory:
      sizes.memories.push_back(sizes.arena, type.memory);
      sizes.imported_memories = 1;
      break;
  }
  if (!checked) return std::move(checked.error());
  if (type.kind == core::ExternKind::table || type.kind == core::ExternKind::memory) {
    const auto valid = core::validate_declarations(sizes, registry_, sizes.arena, {.features = options_.features});
    if (!valid) return placed(valid.error());
  }
  return type;
}

Result<const ModuleSignature*> Validator::module_type(Scope& scope, const CoreType& type) {
  IndexVector<CoreTypeIdx, CoreTypeEntity> space;
  ArenaVector<ModuleImport> imports;
  ArenaVector<ModuleExport> exports;
  std::pmr::unordered_set<std::string_view> names(&memory_);
  for (const Definition& declaration : type.declarations) {
    offset_ = declaration.offset;
    switch (declaration.kind) {
      case DefinitionKind::core_type:
        if (declaration.core_type->is_module)
          return invalid(
              "invalid leading byte (0x50) for a core type: types of modules can't be defined inside of one");
        if (Checked checked = intern_group(declaration.core_type->types, space); !checked) {
          return std::move(checked.error());
        }
        break;
      case DefinitionKind::alias: {
        const Alias& alias = *declaration.alias;
        const Scope* target = &scope;
        // The module's type is a scope, too, of which 0 would be the number.
        for (std::uint32_t i = 1; i < alias.count && target != nullptr; ++i) target = target->parent;
        if (target == nullptr) return invalid("invalid outer alias count of ", alias.count);
        const auto& from = alias.count == 0 ? space : target->spaces->core_types;
        if (alias.index >= from.size()) return out_of_bounds("type", alias.index, from.size());
        const CoreTypeEntity entity = from[CoreTypeIdx(alias.index)];
        if (entity.module != nullptr) return invalid("types of modules can't be aliased inside of one");
        space.push_back(arena_, entity);
        break;
      }
      case DefinitionKind::core_import: {
        const core::Import& import = *declaration.core_import;
        Result<core::ExternType> found = core_extern_type(space, import.type);
        if (!found) return std::move(found.error());
        imports.push_back(arena_, {import.module, import.name, *found});
        break;
      }
      default: {
        const CoreExportDecl& item = *declaration.core_export;
        Result<core::ExternType> found = core_extern_type(space, item.type);
        if (!found) return std::move(found.error());
        if (!names.insert(item.name).second) return invalid("export name `", item.name, "` already defined");
        exports.push_back(arena_, {item.name, *found});
      }
    }
  }
  ModuleSignature signature{imports.span(), exports.span()};
  if (Checked checked = check_import_names(signature.imports); !checked) return std::move(checked.error());
  return arena_.make<ModuleSignature>(signature);
}

}  // namespace tenon::component
