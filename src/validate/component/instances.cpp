// Instances: of components, and bundles of exports.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#instance-definitions
#include "base/nearest_name.hpp"
#include "validate/component/type_facts.hpp"
#include "validate/component/validator.hpp"

namespace tenon::component {

namespace {

bool mentions_resource(const EntitySignature& entity) noexcept {
  switch (entity.sort) {
    case Sort::func: return entity.func->has_resource;
    case Sort::value: return entity.value->has_resource;
    case Sort::instance: return entity.instance->has_resource;
    case Sort::component: return entity.component->has_resource;
    case Sort::type: return refers_to_resources(entity.type);
    default: return false;
  }
}

}  // namespace

Result<void> Validator::validate_instance(Scope& scope, const Instance& instance) {
  Result<const InstanceSignature*> made = instance.component ? instantiate(scope, instance) : bundle(scope, instance);
  if (!made) return std::move(made.error());
  scope.spaces->instances.push_back(arena_, *made);
  return {};
}

// Imports are matched in their order: what is given for a type is what later imports and all exports mean by it. That
// goes for definitions, too: a type that was named outside has that name in what the instance exports.
Result<const InstanceSignature*> Validator::instantiate(Scope& scope, const Instance& instance) {
  const auto& components = scope.spaces->components;
  if (!components.contains(*instance.component)) {
    return out_of_bounds("component", instance.component->value, components.size());
  }
  const ComponentSignature& component = *components[*instance.component];

  std::pmr::unordered_map<std::string_view, EntitySignature> arguments(&memory_);
  for (const NamedSortIdx& argument : instance.items) {
    Result<EntitySignature> entity = entity_at(scope, argument.item);
    if (!entity) return std::move(entity.error());
    if (!arguments.emplace(argument.name.name, *entity).second) {
      return invalid("instantiation argument `", argument.name.name, "` conflicts with previous argument `",
                     argument.name.name, '`');
    }
  }

  Subtyping question = subtyping();
  for (const NamedEntity& import : component.imports) {
    const auto argument = arguments.find(import.name.name);
    if (argument == arguments.end()) {
      NearestName nearest(import.name.name);
      for (const NamedSortIdx& each : instance.items) nearest.offer(each.name.name);
      if (nearest.found().empty()) return invalid("missing import named `", import.name.name, '`');
      return invalid("missing import named `", import.name.name, "`: the argument `", nearest.found(), "` is near");
    }
    if (Checked checked = question.check(argument->second, import.entity); !checked) {
      return below(checked.error(), "type mismatch for import `", import.name.name, '`');
    }
  }

  InstanceSignature result;
  result.exports = component.exports;
  result.size = component.size;
  const bool is_closed = !component.has_resource && component.imported.empty() && component.bound.empty();
  if (is_closed && question.supplied().empty()) return arena_.make<InstanceSignature>(result);
  for (const ResourceId id : component.bound) {
    question.match(id, new_resource(ResourceOrigin::Kind::exported, resources[id].name));
  }
  result.bound = component.bound;
  result.has_resource = !is_closed;
  const TypePool::Replacement replacement = [&](ResourceId id) { return question.resolve(id); };
  Substitution substitution(pool_, replacement);
  for (const Subtyping::Supplied& supplied : question.supplied()) {
    if (supplied.named.kind == TypeEntity::Kind::value) {
      substitution.replace(supplied.named.value, supplied.actual.value);
    } else if (supplied.named.kind == TypeEntity::Kind::resource) {
      substitution.replace(supplied.named, supplied.actual.resource_definition);
    }
  }
  return substitution.instance(arena_.make<InstanceSignature>(result));
}

Result<const InstanceSignature*> Validator::bundle(Scope& scope, const Instance& instance) {
  Visible names(memory_);
  ArenaVector<NamedEntity> exports;
  exports.reserve(arena_, instance.items.size());
  InstanceSignature result;
  std::uint64_t size = 1;
  for (const NamedSortIdx& item : instance.items) {
    Result<EntitySignature> entity = entity_at(scope, item.item);
    if (!entity) return std::move(entity.error());
    if (Checked checked = check_name(names, item.name, *entity, Direction::export_); !checked) {
      return std::move(checked.error());
    }
    exports.push_back(arena_, {item.name, *entity});
    result.has_resource |= mentions_resource(*entity);
    size += entity->sort == Sort::instance ? entity->instance->size : 1;
  }
  if (size > limits::max_type_size) {
    return fail(ErrorKind::exhausted, at_offset(offset_), "effective type size exceeds the limit of ",
                limits::max_type_size);
  }
  result.exports = exports.span();
  result.size = static_cast<std::uint32_t>(size);
  return arena_.make<InstanceSignature>(result);
}

}  // namespace tenon::component
