// Definitions in their order, each checked against the index spaces before it.
//
// Everything is looked at once, but types are also made anew when a component is instantiated: with the resources that
// it is given, and with fresh ones for its own. The pool bounds what that may cost in all.
//
// When a component ends, its type is made of its imports and exports. A resource that it defines, or that belongs to an
// instance which it made, is abstract outside: the first export that names it binds it, and later ones are equal to
// that. No export can speak of a resource that has no name (externs.cpp), so none is left over.
//
// Native recursion follows the nesting of components and types, which reading has bounded.
#include "validate/component/component.hpp"

#include "validate/component/validator.hpp"

namespace tenon::component {

Validator::Validator(const Component& component, core::TypeRegistry& registry, TypePool& pool, Arena& arena,
                     const ValidateComponentOptions& options)
    : component_(component),
      registry_(registry),
      pool_(pool),
      arena_(arena),
      memory_(arena.upstream()),
      options_(options),
      names_(memory_) {}

Result<const Spaces*> Validator::validate_root() {
  Spaces* spaces = nullptr;
  Result<const ComponentSignature*> signature = validate_component(component_.body, nullptr, &spaces);
  if (!signature) return std::move(signature.error());
  return spaces;
}

Result<const ComponentSignature*> Validator::validate_component(const ComponentBody& body, Scope* parent,
                                                                Spaces** spaces) {
  Scope scope(ScopeKind::component, parent, memory_);
  scope.spaces = arena_.make<Spaces>();
  scope.spaces->body = &body;
  scope.spaces->parent = parent == nullptr ? nullptr : parent->spaces;
  scope.first_resource = resources.next_index();
  for (const Definition& definition : body.definitions) {
    offset_ = definition.offset;
    if (Checked checked = validate_definition(scope, definition); !checked) return std::move(checked.error());
    if (Checked checked = check_budget(); !checked) return std::move(checked.error());
  }
  if (Checked checked = check_consumed(scope); !checked) return std::move(checked.error());
  Result<const ComponentSignature*> signature = close_component(scope);
  if (signature) scope.spaces->signature = *signature;
  *spaces = scope.spaces;
  return signature;
}

Result<void> Validator::check_budget() const {
  if (!pool_.is_exhausted()) return {};
  return fail(ErrorKind::exhausted, at_offset(offset_), "the types of all instances are too large: more than ",
              limits::max_type_work, " parts are made anew");
}

Result<void> Validator::validate_definition(Scope& scope, const Definition& definition) {
  switch (definition.kind) {
    case DefinitionKind::core_module: return validate_core_module(scope, *definition.core_module);
    case DefinitionKind::core_instance: return validate_core_instance(scope, *definition.core_instance);
    case DefinitionKind::core_type: return define_core_type(scope, *definition.core_type);
    case DefinitionKind::component: {
      Spaces* inner = nullptr;
      Result<const ComponentSignature*> signature = validate_component(*definition.component, &scope, &inner);
      if (!signature) return std::move(signature.error());
      scope.spaces->nested.push_back(arena_, inner);
      scope.spaces->components.push_back(arena_, *signature);
      return {};
    }
    case DefinitionKind::instance: return validate_instance(scope, *definition.instance);
    case DefinitionKind::alias: return validate_alias(scope, *definition.alias);
    case DefinitionKind::type: return define_type(scope, *definition.type);
    case DefinitionKind::canon: return validate_canon(scope, *definition.canon);
    case DefinitionKind::start: return validate_start(scope, *definition.start);
    case DefinitionKind::import: return validate_import(scope, *definition.import);
    case DefinitionKind::export_:
      return scope.kind == ScopeKind::component ? validate_export(scope, *definition.export_)
                                                : validate_export_declaration(scope, *definition.export_);
    case DefinitionKind::value: return validate_value(scope, *definition.value);
    case DefinitionKind::core_import:
    case DefinitionKind::core_export: return {};  // of module types: core_types.cpp
  }
  return {};
}

// The exports with resources of the component's own bound where they are first named.
std::span<const NamedEntity> Validator::generalize(std::span<const NamedEntity> exports, const Scope& scope,
                                                   std::pmr::unordered_set<ResourceId>& seen,
                                                   ArenaVector<ResourceId>& bound) {
  std::span<NamedEntity> copy;
  for (std::size_t i = 0; i < exports.size(); ++i) {
    EntitySignature entity = exports[i].entity;
    if (entity.sort == Sort::type && entity.type.kind == TypeEntity::Kind::resource) {
      const ResourceId id = entity.type.resource;
      const bool is_own = id.value >= scope.first_resource.value && !seen.contains(id);
      entity.type_bound = is_own ? TypeBound::sub_resource : TypeBound::eq;
      if (is_own) {
        seen.insert(id);
        bound.push_back(arena_, id);
      }
    } else if (entity.sort == Sort::instance && entity.instance->has_resource) {
      pool_.pay(entity.instance->size);
      const std::span<const NamedEntity> inner = generalize(entity.instance->exports, scope, seen, bound);
      if (inner.data() != entity.instance->exports.data()) {
        InstanceSignature instance = *entity.instance;
        instance.exports = inner;
        entity.instance = arena_.make<InstanceSignature>(instance);
      }
    }
    if (entity.type_bound == exports[i].entity.type_bound && entity.instance == exports[i].entity.instance) continue;
    if (copy.empty()) copy = arena_.copy(exports);
    copy[i].entity = entity;
  }
  return copy.empty() ? exports : std::span<const NamedEntity>(copy);
}

Result<const ComponentSignature*> Validator::close_component(Scope& scope) {
  ComponentSignature signature;
  signature.imports = scope.imports.items.span();
  signature.imported = scope.imported.span();
  std::pmr::unordered_set<ResourceId> seen(&memory_);
  for (const ResourceId id : scope.imported) seen.insert(id);
  ArenaVector<ResourceId> bound;
  signature.exports = generalize(scope.exports.items.span(), scope, seen, bound);
  signature.bound = bound.span();
  signature.size = static_cast<std::uint32_t>(scope.size);
  return arena_.make<ComponentSignature>(signature);
}

Result<void> Validator::check_consumed(const Scope& scope) {
  for (std::size_t i = 0; i < scope.consumed.size(); ++i) {
    if (!scope.consumed[i])
      return invalid("value index ", i, " was not used as part of an instantiation, start function, or export");
  }
  return {};
}

Result<ValidatedComponent> validate_component(const Component& component, core::TypeRegistry& registry, Arena& arena,
                                              const ValidateComponentOptions& options) {
  auto* pool = arena.make<TypePool>(arena);
  Validator validator(component, registry, *pool, arena, options);
  Result<const Spaces*> root = validator.validate_root();
  if (!root) return std::move(root.error());
  ValidatedComponent result;
  result.component = &component;
  result.registry = &registry;
  result.pool = pool;
  result.features = options.features;
  result.root = *root;
  result.resources = validator.resources;
  return result;
}

}  // namespace tenon::component
