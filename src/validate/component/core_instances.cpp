// Core instances: of modules, and bundles of core definitions.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#instance-definitions
#include "validate/component/validator.hpp"

namespace tenon::component {

Result<void> Validator::validate_core_instance(Scope& scope, const CoreInstance& instance) {
  Result<const CoreInstanceSignature*> made =
      instance.module ? instantiate_core(scope, instance) : bundle_core(scope, instance);
  if (!made) return std::move(made.error());
  scope.spaces->core_instances.push_back(arena_, *made);
  return {};
}

Result<const CoreInstanceSignature*> Validator::instantiate_core(Scope& scope, const CoreInstance& instance) {
  const auto& modules = scope.spaces->core_modules;
  if (!modules.contains(*instance.module)) return out_of_bounds("module", instance.module->value, modules.size());
  const ModuleSignature& module = *modules[*instance.module];
  std::pmr::unordered_map<std::string_view, const CoreInstanceSignature*> arguments(&memory_);
  const auto& instances = scope.spaces->core_instances;
  for (const NamedSortIdx& argument : instance.items) {
    const CoreInstanceIdx index(argument.item.index);
    if (!instances.contains(index)) return out_of_bounds("core instance", index.value, instances.size());
    if (!arguments.emplace(argument.name.name, instances[index]).second) {
      return invalid("duplicate module instantiation argument named `", argument.name.name, '`');
    }
  }
  for (const ModuleImport& import : module.imports) {
    const auto argument = arguments.find(import.module);
    if (argument == arguments.end()) {
      return invalid("missing module instantiation argument named `", import.module, '`');
    }
    const ModuleExport* found = names_.find(argument->second->exports, import.name);
    if (found == nullptr) {
      return invalid("module instantiation argument `", import.module, "` does not export an item named `", import.name,
                     '`');
    }
    if (Checked checked = check_core_extern(registry_, found->type, import.type); !checked) {
      return below(checked.error(), "type mismatch for export `", import.name, "` of module instantiation argument `",
                   import.module, '`');
    }
  }
  CoreInstanceSignature result;
  result.exports = module.exports;
  return arena_.make<CoreInstanceSignature>(result);
}

Result<core::ExternType> Validator::core_extern_at(const Scope& scope, SortIdx item) {
  const Spaces& spaces = *scope.spaces;
  core::ExternType type;
  const auto find = [&](const auto& space, std::string_view what, auto& found) -> Checked {
    if (item.index >= space.size()) return out_of_bounds(what, item.index, space.size());
    found = space.span()[item.index];
    return {};
  };
  const auto found = [&]() -> Checked {
    switch (item.sort) {
      case Sort::core_func: type.kind = core::ExternKind::func; return find(spaces.core_funcs, "function", type.func);
      case Sort::core_table: type.kind = core::ExternKind::table; return find(spaces.core_tables, "table", type.table);
      case Sort::core_memory:
        type.kind = core::ExternKind::memory;
        return find(spaces.core_memories, "memory", type.memory);
      case Sort::core_global:
        type.kind = core::ExternKind::global;
        return find(spaces.core_globals, "global", type.global);
      case Sort::core_tag: type.kind = core::ExternKind::tag; return find(spaces.core_tags, "tag", type.tag.type);
      default: return invalid("a ", to_string(item.sort), " can't be exported from a core instance");
    }
  }();
  if (!found) return found.error();
  return type;
}

Result<const CoreInstanceSignature*> Validator::bundle_core(Scope& scope, const CoreInstance& instance) {
  std::pmr::unordered_set<std::string_view> names(&memory_);
  const std::span<ModuleExport> exports = arena_.make_array<ModuleExport>(instance.items.size());
  for (std::size_t i = 0; i < exports.size(); ++i) {
    const NamedSortIdx& item = instance.items[i];
    Result<core::ExternType> type = core_extern_at(scope, item.item);
    if (!type) return std::move(type.error());
    if (!names.insert(item.name.name).second) return invalid("export name `", item.name.name, "` already defined");
    exports[i] = {item.name.name, *type};
  }
  CoreInstanceSignature result;
  result.exports = exports;
  return arena_.make<CoreInstanceSignature>(result);
}

void Validator::push_core(Scope& scope, const core::ExternType& type) {
  Spaces& spaces = *scope.spaces;
  switch (type.kind) {
    case core::ExternKind::func: return spaces.core_funcs.push_back(arena_, type.func);
    case core::ExternKind::table: return spaces.core_tables.push_back(arena_, type.table);
    case core::ExternKind::memory: return spaces.core_memories.push_back(arena_, type.memory);
    case core::ExternKind::global: return spaces.core_globals.push_back(arena_, type.global);
    case core::ExternKind::tag: return spaces.core_tags.push_back(arena_, type.tag.type);
  }
}

}  // namespace tenon::component
