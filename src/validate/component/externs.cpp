// Imports and exports: their types, what they make visible, and the index spaces that they add to.
//
// What an import or export speaks of must have a name outside. Names are given to definitions, not to shapes: a type
// that is imported or exported is a new definition, and only what uses that one is visible. Resources have the number
// of the definition that they were referred to by for this (`resource_definition`).
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#external-visibility-of-types
#include <algorithm>

#include "validate/component/validator.hpp"

namespace tenon::component {

namespace {

// The size of what an entity's type consists of.
std::uint64_t size_of(const EntitySignature& entity) noexcept {
  switch (entity.sort) {
    case Sort::instance: return entity.instance->size;
    case Sort::component: return entity.component->size;
    case Sort::core_module: return 1 + entity.module->imports.size() + entity.module->exports.size();
    case Sort::type:
      if (entity.type.instance != nullptr) return entity.type.instance->size;
      return entity.type.component != nullptr ? entity.type.component->size : 1;
    default: return 1;
  }
}

// "func", "type", "instance", ...
std::string_view word_for(Sort sort) noexcept { return sort == Sort::core_module ? "module" : to_string(sort); }

}  // namespace

// The same entity, as another definition of its type.
EntitySignature Validator::renamed(EntitySignature entity) {
  if (entity.sort != Sort::type) return entity;
  if (entity.type.value != nullptr) entity.type.value = pool_.rename(*entity.type.value);
  if (entity.type.kind == TypeEntity::Kind::resource) entity.type.resource_definition = next_definition_++;
  entity.type_bound = TypeBound::eq;
  return entity;
}

// An instance of the type, with resources of its own in place of those that the type binds.
const InstanceSignature* Validator::opened(const InstanceSignature* type, ResourceOrigin::Kind kind,
                                           std::string_view name, ArenaVector<ResourceId>& opened_resources) {
  if (type->bound.empty()) return type;
  std::pmr::unordered_map<ResourceId, ResourceId> fresh(&memory_);
  for (const ResourceId id : type->bound) {
    const std::string_view origin = resources[id].name;
    const ResourceId made = new_resource(kind, origin.empty() ? name : origin);
    fresh.emplace(id, made);
    opened_resources.push_back(arena_, made);
  }
  return pool_.substitute(type, [&](ResourceId id) {
    const auto found = fresh.find(id);
    return found == fresh.end() ? id : found->second;
  });
}

Result<EntitySignature> Validator::entity_of(Scope& scope, const ExternType& type, Direction direction,
                                             std::string_view name) {
  EntitySignature entity;
  entity.sort = type.sort;
  const bool is_import = direction == Direction::import;
  const auto kind = is_import ? ResourceOrigin::Kind::imported : ResourceOrigin::Kind::exported;
  ArenaVector<ResourceId>& made = is_import ? scope.imported : scope.bound;
  if (type.sort == Sort::core_module) {
    const auto& types = scope.spaces->core_types;
    if (type.index >= types.size()) return out_of_bounds("type", type.index, types.size());
    entity.module = types[CoreTypeIdx(type.index)].module;
    if (entity.module == nullptr) return invalid("core type index ", type.index, " is not a module type");
    return entity;
  }
  if (type.sort == Sort::value) {
    if (type.value_bound == ValueBound::eq) {
      const auto& values = scope.spaces->values;
      if (type.index >= values.size()) return out_of_bounds("value", type.index, values.size());
      entity.value = values[ValueIdx(type.index)];
      return entity;
    }
    Result<const ValueType*> value = value_type(scope, type.value_type);
    if (!value) return std::move(value.error());
    entity.value = *value;
    return entity;
  }
  if (type.sort == Sort::type && type.type_bound == TypeBound::sub_resource) {
    entity.type_bound = TypeBound::sub_resource;
    entity.type.kind = TypeEntity::Kind::resource;
    entity.type.resource = new_resource(kind, name);
    entity.type.resource_definition = next_definition_++;
    made.push_back(arena_, entity.type.resource);
    return entity;
  }
  Result<const TypeEntity*> found = type_at(scope, type.index);
  if (!found) return std::move(found.error());
  const TypeEntity& given = **found;
  switch (type.sort) {
    case Sort::func: {
      Result<const FuncSignature*> func = func_type_at(scope, type.index);
      if (!func) return std::move(func.error());
      entity.func = *func;
      return entity;
    }
    case Sort::instance:
      if (given.kind != TypeEntity::Kind::instance) {
        return invalid("type index ", type.index, " is not an instance type, it is a ", kind_text(given));
      }
      entity.instance = opened(given.instance, kind, name, made);
      return entity;
    case Sort::component:
      if (given.kind != TypeEntity::Kind::component) {
        return invalid("type index ", type.index, " is not a component type, it is a ", kind_text(given));
      }
      entity.component = given.component;
      return entity;
    default: entity.type = given; return renamed(entity);
  }
}

// Whether every part of the type that must have a name has one.
bool Validator::parts_named(Visible& visible, const ValueType& type) {
  if (visible.checked.contains(&type)) return true;
  if (!type.resource.is_none())
    return visible.named_resources.contains(key_of(type.resource, type.resource_definition));
  const bool named =
      all_named(visible, type.element) && all_named(visible, type.second) &&
      std::ranges::all_of(type.members, [&](const Member& member) { return all_named(visible, member.type); }) &&
      std::ranges::all_of(type.types, [&](const ValueType* member) { return all_named(visible, member); });
  if (named && type.kind != TypeKind::primitive) visible.checked.insert(&type);
  return named;
}

bool Validator::all_named(Visible& visible, const ValueType* type) {
  if (type == nullptr) return true;
  switch (type->kind) {
    case TypeKind::primitive: return true;
    case TypeKind::record:
    case TypeKind::variant:
    case TypeKind::flags:
    case TypeKind::enum_: return visible.types.contains(type);
    default: return parts_named(visible, *type);
  }
}

bool Validator::all_named(Visible& visible, const FuncSignature& func) {
  return all_named(visible, func.result) &&
         std::ranges::all_of(func.params, [&](const Member& param) { return all_named(visible, param.type); });
}

// Of an instance's type that is imported or exported as a type: it names what it exports.
bool Validator::all_named(Visible& visible, std::span<const NamedEntity> exports) {
  pool_.pay(exports.size());
  for (const NamedEntity& named : exports) {
    const EntitySignature& entity = named.entity;
    switch (entity.sort) {
      case Sort::func:
        if (!all_named(visible, *entity.func)) return false;
        break;
      case Sort::value:
        if (!all_named(visible, entity.value)) return false;
        break;
      case Sort::instance:
        if (!all_named(visible, entity.instance->exports)) return false;
        break;
      case Sort::type:
        if (entity.type.kind == TypeEntity::Kind::resource) {
          visible.named_resources.insert(key_of(entity.type.resource, entity.type.resource_definition));
        } else if (entity.type.value != nullptr) {
          if (!parts_named(visible, *entity.type.value)) return false;
          visible.types.insert(entity.type.value);
        } else if (entity.type.func != nullptr && !all_named(visible, *entity.type.func)) {
          return false;
        }
        break;
      default: break;
    }
  }
  return true;
}

// Gives names to the types that the entity makes visible; false when it speaks of one that has none.
bool Validator::name_types(Scope& scope, const EntitySignature& entity, Direction direction) {
  if (scope.kind == ScopeKind::instance_type) return true;  // looked at when an instance is imported or exported
  Visible& visible = scope.visible(direction);
  switch (entity.sort) {
    case Sort::func: return all_named(visible, *entity.func);
    case Sort::value: return all_named(visible, entity.value);
    case Sort::instance:
      pool_.pay(entity.instance->exports.size());
      return std::ranges::all_of(entity.instance->exports,
                                 [&](const NamedEntity& inner) { return name_types(scope, inner.entity, direction); });
    case Sort::type: break;
    default: return true;  // closed
  }
  const TypeEntity& type = entity.type;
  const bool is_import = direction == Direction::import;  // what is imported can be exported, too
  switch (type.kind) {
    case TypeEntity::Kind::resource: {
      const std::uint64_t key = key_of(type.resource, type.resource_definition);
      visible.named_resources.insert(key);
      if (is_import) scope.exports.named_resources.insert(key);
      return true;
    }
    case TypeEntity::Kind::value:
      if (!parts_named(visible, *type.value)) return false;
      visible.types.insert(type.value);
      if (is_import) scope.exports.types.insert(type.value);
      return true;
    case TypeEntity::Kind::func: return all_named(visible, *type.func);
    case TypeEntity::Kind::instance: return all_named(visible, type.instance->exports);
    case TypeEntity::Kind::component: return true;
  }
  return true;
}

Result<void> Validator::grow(Scope& scope, std::uint64_t size) {
  scope.size += size;
  if (scope.size <= limits::max_type_size) return {};
  return fail(ErrorKind::exhausted, at_offset(offset_), "effective type size exceeds the limit of ",
              limits::max_type_size);
}

// Adds the entity to its index space.
Result<void> Validator::push(Scope& scope, const EntitySignature& entity) {
  Spaces& spaces = *scope.spaces;
  switch (entity.sort) {
    case Sort::func: spaces.funcs.push_back(arena_, entity.func); return {};
    case Sort::value:
      spaces.values.push_back(arena_, entity.value);
      // In types, nothing runs.
      scope.consumed.push_back(scope.kind != ScopeKind::component);
      return {};
    case Sort::type: spaces.types.push_back(arena_, entity.type); return {};
    case Sort::component: spaces.components.push_back(arena_, entity.component); return {};
    case Sort::instance: spaces.instances.push_back(arena_, entity.instance); return {};
    default: spaces.core_modules.push_back(arena_, entity.module); return {};
  }
}

Result<void> Validator::add_extern(Scope& scope, const ExternName& name, EntitySignature entity, Direction direction) {
  Visible& visible = scope.visible(direction);
  if (Checked grown = grow(scope, size_of(entity)); !grown) return grown;
  if (!name_types(scope, entity, direction)) {
    return invalid(word_for(entity.sort), " not valid to be used as ", to_string(direction), ": \"", name.name,
                   "\" refers to a type that no ", to_string(direction), " before it names");
  }
  if (Checked pushed = push(scope, entity); !pushed) return pushed;
  // An export uses its value, which the new index stands for; nobody has to use that.
  if (direction == Direction::export_ && entity.sort == Sort::value) scope.consumed.back() = true;
  if (Checked checked = check_name(visible, name, entity, direction); !checked) return checked;
  if (entity.sort == Sort::type && entity.type.kind == TypeEntity::Kind::resource) {
    visible.resources.emplace(key_of(entity.type.resource, entity.type.resource_definition), name.name);
    visible.resource_names.insert(name.name);
    ResourceOrigin& origin = resources[entity.type.resource];
    if (origin.name.empty()) origin.name = name.name;
  }
  visible.items.push_back(arena_, {name, entity});
  return {};
}

Result<void> Validator::validate_import(Scope& scope, const Import& import) {
  if (import.type.sort == Sort::type && import.type.type_bound == TypeBound::eq) {
    // Imports stand before exports, whatever the order in the file.
    Result<const TypeEntity*> type = type_at(scope, import.type.index);
    if (!type) return std::move(type.error());
    const std::uint64_t key = key_of((*type)->resource, (*type)->resource_definition);
    const bool is_resource = (*type)->kind == TypeEntity::Kind::resource;
    const bool is_exported =
        is_resource ? scope.exports.named_resources.contains(key) : scope.exports.types.contains((*type)->value);
    const bool is_imported =
        is_resource ? scope.imports.named_resources.contains(key) : scope.imports.types.contains((*type)->value);
    if (scope.kind != ScopeKind::instance_type && is_exported && !is_imported) {
      return invalid("type not valid to be used as import: \"", import.name.name, "\" refers to an export's type");
    }
  }
  Result<EntitySignature> entity = entity_of(scope, import.type, Direction::import, import.name.name);
  if (!entity) return std::move(entity.error());
  return add_extern(scope, import.name, *entity, Direction::import);
}

Result<void> Validator::validate_export_declaration(Scope& scope, const Export& item) {
  Result<EntitySignature> entity = entity_of(scope, *item.type, Direction::export_, item.name.name);
  if (!entity) return std::move(entity.error());
  return add_extern(scope, item.name, *entity, Direction::export_);
}

Result<EntitySignature> Validator::entity_at(Scope& scope, SortIdx item) {
  const Spaces& spaces = *scope.spaces;
  EntitySignature entity;
  entity.sort = item.sort;
  const auto find = [&](const auto& space, auto index, std::string_view what, auto& found) -> Checked {
    if (!space.contains(index)) return out_of_bounds(what, item.index, space.size());
    found = space[index];
    return {};
  };
  const auto found = [&]() -> Checked {
    switch (item.sort) {
      case Sort::func: return find(spaces.funcs, FuncIdx(item.index), "function", entity.func);
      case Sort::type: return find(spaces.types, TypeIdx(item.index), "type", entity.type);
      case Sort::component: return find(spaces.components, ComponentIdx(item.index), "component", entity.component);
      case Sort::instance: return find(spaces.instances, InstanceIdx(item.index), "instance", entity.instance);
      case Sort::core_module: return find(spaces.core_modules, CoreModuleIdx(item.index), "module", entity.module);
      case Sort::value:
        if (Checked known = find(spaces.values, ValueIdx(item.index), "value", entity.value); !known) return known;
        return consume(scope, item.index);
      default: return invalid("a ", to_string(item.sort), " has no type that a component could import or export");
    }
  }();
  if (!found) return found.error();
  return entity;
}

Result<void> Validator::validate_export(Scope& scope, const Export& item) {
  Result<EntitySignature> entity = entity_at(scope, item.item);
  if (!entity) return std::move(entity.error());
  if (!item.type) return add_extern(scope, item.name, renamed(*entity), Direction::export_);

  // As the type that is ascribed, and no more.
  if (item.type->sort != item.item.sort) {
    return invalid("ascribed type of export is not compatible with item's type: expected ", word_for(item.type->sort),
                   ", found ", word_for(item.item.sort));
  }
  Result<EntitySignature> ascribed = entity_of(scope, *item.type, Direction::export_, item.name.name);
  if (!ascribed) return std::move(ascribed.error());
  if (Checked checked = subtyping().check(*entity, *ascribed); !checked) {
    return below(checked.error(), "ascribed type of export is not compatible with item's type");
  }
  if (item.type->sort == Sort::type && item.type->type_bound == TypeBound::sub_resource) {
    resources[ascribed->type.resource].rep = resources[entity->type.resource].rep;
  }
  return add_extern(scope, item.name, *ascribed, Direction::export_);
}

}  // namespace tenon::component
