// Aliases. https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#alias-definitions
#include "base/nearest_name.hpp"
#include "validate/component/type_facts.hpp"
#include "validate/component/validator.hpp"

namespace tenon::component {

namespace {

std::string_view word_for(Sort sort) noexcept {
  switch (sort) {
    case Sort::core_func: return "func";
    case Sort::core_table: return "table";
    case Sort::core_memory: return "memory";
    case Sort::core_global: return "global";
    case Sort::core_tag: return "tag";
    case Sort::core_module: return "module";
    default: return to_string(sort);
  }
}

std::optional<core::ExternKind> core_kind_of(Sort sort) noexcept {
  switch (sort) {
    case Sort::core_func: return core::ExternKind::func;
    case Sort::core_table: return core::ExternKind::table;
    case Sort::core_memory: return core::ExternKind::memory;
    case Sort::core_global: return core::ExternKind::global;
    case Sort::core_tag: return core::ExternKind::tag;
    default: return {};
  }
}

}  // namespace

Result<void> Validator::validate_alias(Scope& scope, const Alias& alias) {
  switch (alias.kind) {
    case AliasKind::export_: return alias_export(scope, alias);
    case AliasKind::core_export: return alias_core_export(scope, alias);
    case AliasKind::outer: return alias_outer(scope, alias);
  }
  return {};
}

Result<void> Validator::alias_export(Scope& scope, const Alias& alias) {
  const auto& instances = scope.spaces->instances;
  if (alias.instance >= instances.size()) return out_of_bounds("instance", alias.instance, instances.size());
  const NamedEntity* found = names_.find(instances[InstanceIdx(alias.instance)]->exports, alias.name);
  if (found == nullptr) {
    NearestName nearest(alias.name);
    for (const NamedEntity& each : instances[InstanceIdx(alias.instance)]->exports) nearest.offer(each.name.name);
    return invalid("instance ", alias.instance, " has no export named `", alias.name, '`', nearest);
  }
  if (found->entity.sort != alias.sort) {
    return invalid("export `", alias.name, "` for instance ", alias.instance, " is not a ", word_for(alias.sort),
                   ", it is a ", word_for(found->entity.sort));
  }
  return push(scope, found->entity);
}

Result<void> Validator::alias_core_export(Scope& scope, const Alias& alias) {
  const auto& instances = scope.spaces->core_instances;
  if (alias.instance >= instances.size()) return out_of_bounds("core instance", alias.instance, instances.size());
  const ModuleExport* found = names_.find(instances[CoreInstanceIdx(alias.instance)]->exports, alias.name);
  if (found == nullptr) {
    NearestName nearest(alias.name);
    for (const ModuleExport& each : instances[CoreInstanceIdx(alias.instance)]->exports) nearest.offer(each.name);
    return invalid("core instance ", alias.instance, " has no export named `", alias.name, '`', nearest);
  }
  if (core_kind_of(alias.sort) != found->type.kind) {
    return invalid("export `", alias.name, "` for core instance ", alias.instance, " is not a ", word_for(alias.sort),
                   ", it is a ", to_string(found->type.kind));
  }
  push_core(scope, found->type);
  return {};
}

Result<void> Validator::alias_outer(Scope& scope, const Alias& alias) {
  const Scope* target = &scope;
  bool leaves_component = false;
  for (std::uint32_t i = 0; i < alias.count; ++i) {
    leaves_component |= target->kind == ScopeKind::component;
    target = target->parent;
    if (target == nullptr) {
      return invalid("invalid outer alias count of ", alias.count, ": there are ", i, " scopes around this one");
    }
  }
  const Spaces& from = *target->spaces;
  Spaces& to = *scope.spaces;
  const auto copy = [&](const auto& source, auto index, auto& space, std::string_view what) -> Checked {
    if (!source.contains(index)) return out_of_bounds(what, alias.index, source.size());
    const auto entry = source[index];
    space.push_back(arena_, entry);
    return {};
  };
  switch (alias.sort) {
    case Sort::core_module: return copy(from.core_modules, CoreModuleIdx(alias.index), to.core_modules, "module");
    case Sort::core_type: return copy(from.core_types, CoreTypeIdx(alias.index), to.core_types, "type");
    case Sort::component: return copy(from.components, ComponentIdx(alias.index), to.components, "component");
    default: break;
  }
  const TypeIdx index(alias.index);
  if (leaves_component && from.types.contains(index) && refers_to_resources(from.types[index])) {
    return invalid("cannot alias outer type ", alias.index,
                   ", which transitively refers to resources not defined in the current component");
  }
  return copy(from.types, index, to.types, "type");
}

}  // namespace tenon::component
