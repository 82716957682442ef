// Type definitions. https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#type-definitions
#include <algorithm>

#include "validate/component/validator.hpp"

namespace tenon::component {

namespace {

constexpr std::size_t most_flags = 32;

// What the members of a type are called in messages.
struct MemberWords {
  std::string_view none;  // when there are none
  std::string_view name;
  std::string_view previous;
};

MemberWords words_for(TypeKind kind) noexcept {
  switch (kind) {
    case TypeKind::record: return {"record type must have at least one field", "record field", "field"};
    case TypeKind::variant: return {"variant type must have at least one case", "variant case", "case"};
    case TypeKind::flags: return {"flags must have at least one entry", "flag", "flag"};
    case TypeKind::enum_: return {"enum type must have at least one variant", "enum tag", "tag"};
    default: return {"tuple type must have at least one type", "", ""};
  }
}

// Types that may be keys of maps.
bool may_be_key(const ValueType& type) noexcept {
  if (type.kind != TypeKind::primitive) return false;
  return type.primitive != Primitive::f32 && type.primitive != Primitive::f64 &&
         type.primitive != Primitive::error_context;
}

}  // namespace

Result<void> Validator::define_type(Scope& scope, const Type& type) {
  offset_ = type.offset;
  Result<TypeEntity> entity = type_of(scope, type);
  if (!entity) return std::move(entity.error());
  scope.spaces->types.push_back(arena_, *entity);
  return {};
}

Result<TypeEntity> Validator::type_of(Scope& scope, const Type& type) {
  TypeEntity entity;
  switch (type.kind) {
    case TypeKind::func: {
      Result<const FuncSignature*> func = func_type(scope, type.func);
      if (!func) return std::move(func.error());
      entity.kind = TypeEntity::Kind::func;
      entity.func = *func;
      return entity;
    }
    case TypeKind::component: {
      Result<const ComponentSignature*> component = component_type(scope, type);
      if (!component) return std::move(component.error());
      entity.kind = TypeEntity::Kind::component;
      entity.component = *component;
      return entity;
    }
    case TypeKind::instance: {
      Result<const InstanceSignature*> instance = instance_type(scope, type);
      if (!instance) return std::move(instance.error());
      entity.kind = TypeEntity::Kind::instance;
      entity.instance = *instance;
      return entity;
    }
    case TypeKind::resource: return resource_type(scope, type.resource_type);
    default: {
      Result<const ValueType*> value = defined_type(scope, type);
      if (!value) return std::move(value.error());
      entity.value = *value;
      return entity;
    }
  }
}

Result<const TypeEntity*> Validator::type_at(const Scope& scope, std::uint32_t index) {
  const auto& types = scope.spaces->types;
  if (index >= types.size()) return out_of_bounds("type", index, types.size());
  return &types[TypeIdx(index)];
}

Result<const FuncSignature*> Validator::func_type_at(const Scope& scope, std::uint32_t index) {
  Result<const TypeEntity*> type = type_at(scope, index);
  if (!type) return std::move(type.error());
  if ((*type)->kind == TypeEntity::Kind::func) return (*type)->func;
  return invalid("type index ", index, " is not a function type, it is a ", kind_text(**type));
}

Result<ResourceId> Validator::resource_at(const Scope& scope, std::uint32_t index, std::uint32_t* definition) {
  Result<const TypeEntity*> type = type_at(scope, index);
  if (!type) return std::move(type.error());
  if ((*type)->kind != TypeEntity::Kind::resource) {
    return invalid("type index ", index, " is not a resource type, it is a ", kind_text(**type));
  }
  if (definition != nullptr) *definition = (*type)->resource_definition;
  return (*type)->resource;
}

Result<const ValueType*> Validator::value_type(Scope& scope, ValType type) {
  if (type.is_primitive()) return pool_.primitive(type.primitive());
  Result<const TypeEntity*> entity = type_at(scope, type.index().value);
  if (!entity) return std::move(entity.error());
  if ((*entity)->kind == TypeEntity::Kind::value) return (*entity)->value;
  return invalid("type index ", type.index().value, " is not a defined type, it is a ", kind_text(**entity));
}

Result<const ValueType*> Validator::value_type(Scope& scope, std::optional<ValType> type) {
  if (!type) return static_cast<const ValueType*>(nullptr);
  return value_type(scope, *type);
}

template <class LabelAt>
Result<void> Validator::check_labels(std::size_t count, const LabelAt& label_at, std::string_view what,
                                     std::string_view previous) {
  std::pmr::unordered_map<std::pmr::string, std::string_view> keys(&memory_);
  std::pmr::string key(&memory_);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view label = label_at(i);
    if (label.empty()) return invalid(what, " name cannot be empty");
    if (!label_fault(label).empty()) return invalid(what, " name `", label, "` is not in kebab case");
    key.assign(label);
    for (char& c : key) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    const auto [place, is_new] = keys.emplace(key, label);
    if (!is_new) {
      return invalid(what, " name `", label, "` conflicts with previous ", previous, " name `", place->second, '`');
    }
  }
  return {};
}

// What a type needs beyond the types of its parts.
Result<void> Validator::check_shape(const Type& type, const ValueType& node) {
  const MemberWords words = words_for(type.kind);
  const auto field_at = [&](std::size_t i) { return type.fields[i].label; };
  const auto label_at = [&](std::size_t i) { return type.labels[i]; };
  switch (type.kind) {
    case TypeKind::record:
    case TypeKind::variant:
      if (type.fields.empty()) return invalid(words.none);
      return check_labels(type.fields.size(), field_at, words.name, words.previous);
    case TypeKind::flags:
      if (type.labels.size() > most_flags) return invalid("cannot have more than 32 flags, found ", type.labels.size());
      [[fallthrough]];
    case TypeKind::enum_:
      if (type.labels.empty()) return invalid(words.none);
      return check_labels(type.labels.size(), label_at, words.name, words.previous);
    case TypeKind::tuple:
      if (type.types.empty()) return invalid(words.none);
      return {};
    case TypeKind::fixed_length_list:
      if (type.length == 0) return invalid("fixed-length lists must have more than zero elements");
      return {};
    case TypeKind::map:
      if (!may_be_key(*node.second)) {
        return invalid("map keys must be of type bool, s8, u8, s16, u16, s32, u32, s64, u64, char or string, found ",
                       *node.second);
      }
      return {};
    case TypeKind::stream:
    case TypeKind::future: {
      const std::string_view word = type.kind == TypeKind::stream ? "stream" : "future";
      if (node.element == nullptr) return {};
      if (node.element->has_borrow) return invalid('`', word, "` element type cannot contain a `borrow` type");
      if (type.kind == TypeKind::stream && node.element->kind == TypeKind::primitive &&
          node.element->primitive == Primitive::char_) {
        return invalid("`stream<char>` is not valid at this time");
      }
      return {};
    }
    default: return {};
  }
}

Result<const ValueType*> Validator::defined_type(Scope& scope, const Type& type) {
  ValueType node;
  node.kind = type.kind;
  node.primitive = type.primitive;
  node.labels = type.labels;
  node.length = type.length;
  const std::span<Member> members = arena_.make_array<Member>(type.fields.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    Result<const ValueType*> member = value_type(scope, type.fields[i].type);
    if (!member) return std::move(member.error());
    members[i] = {type.fields[i].label, *member};
  }
  node.members = members;
  const std::span<const ValueType*> types = arena_.make_array<const ValueType*>(type.types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    Result<const ValueType*> member = value_type(scope, type.types[i]);
    if (!member) return std::move(member.error());
    types[i] = *member;
  }
  node.types = types;
  Result<const ValueType*> element = value_type(scope, type.element);
  if (!element) return std::move(element.error());
  node.element = *element;
  Result<const ValueType*> second = value_type(scope, type.second);
  if (!second) return std::move(second.error());
  node.second = *second;
  if (type.kind == TypeKind::own || type.kind == TypeKind::borrow) {
    Result<ResourceId> resource = resource_at(scope, type.resource.value, &node.resource_definition);
    if (!resource) return std::move(resource.error());
    node.resource = *resource;
  }
  if (Checked checked = check_shape(type, node); !checked) return std::move(checked.error());
  Result<const ValueType*> defined = pool_.define(node);
  if (!defined) return placed(std::move(defined.error()));
  return defined;
}

Result<const FuncSignature*> Validator::func_type(Scope& scope, const FuncType& type) {
  FuncSignature func;
  func.is_async = type.is_async;
  const std::span<Member> params = arena_.make_array<Member>(type.params.size());
  for (std::size_t i = 0; i < params.size(); ++i) {
    Result<const ValueType*> param = value_type(scope, type.params[i].type);
    if (!param) return std::move(param.error());
    params[i] = {type.params[i].label, *param};
  }
  func.params = params;
  const auto label_at = [&](std::size_t i) { return params[i].label; };
  if (Checked checked = check_labels(params.size(), label_at, "function parameter", "parameter"); !checked) {
    return std::move(checked.error());
  }
  Result<const ValueType*> result = value_type(scope, type.result);
  if (!result) return std::move(result.error());
  func.result = *result;
  if (func.result != nullptr && func.result->has_borrow) {
    return invalid("function result cannot contain a `borrow` type, found ", *func.result);
  }
  return pool_.define(func);
}

ResourceId Validator::new_resource(ResourceOrigin::Kind kind, std::string_view name) {
  const ResourceId id = resources.next_index();
  ResourceOrigin origin;
  origin.kind = kind;
  origin.name = name;
  origin.offset = offset_;
  resources.push_back(arena_, origin);
  return id;
}

Result<TypeEntity> Validator::resource_type(Scope& scope, const ResourceType& type) {
  if (scope.kind != ScopeKind::component) return invalid("resources can only be defined within a concrete component");
  if (type.rep != core::i32 && type.rep != core::i64) {
    return invalid("resources can only be represented by `i32` or `i64`, found ", type.rep);
  }
  if (type.destructor) {
    Result<const core::FuncType*> destructor = core_func_at(scope, *type.destructor);
    if (!destructor) return std::move(destructor.error());
    const core::FuncType& func = **destructor;
    if (func.params.size() != 1 || func.params[0] != type.rep || !func.results.empty()) {
      return invalid("wrong signature for a destructor: expected [", type.rep, "] -> [], found ", func);
    }
  }
  TypeEntity entity;
  entity.kind = TypeEntity::Kind::resource;
  entity.resource = new_resource(ResourceOrigin::Kind::defined, {});
  entity.resource_definition = next_definition_++;
  resources.back().rep = type.rep;
  resources.back().body = scope.spaces->body;
  return entity;
}

Result<void> Validator::validate_declarations(Scope& scope, std::span<const Definition> declarations) {
  for (const Definition& declaration : declarations) {
    offset_ = declaration.offset;
    if (declaration.kind == DefinitionKind::alias) {
      const Alias& alias = *declaration.alias;
      const bool allowed = alias.kind == AliasKind::export_ ? alias.sort == Sort::type || alias.sort == Sort::instance
                           : alias.kind == AliasKind::outer ? alias.sort == Sort::type || alias.sort == Sort::core_type
                                                            : false;
      if (!allowed) {
        return invalid("aliases in types may only refer to types or instances, found one of a ", to_string(alias.sort));
      }
    }
    if (Checked checked = validate_definition(scope, declaration); !checked) return checked;
    if (Checked checked = check_budget(); !checked) return checked;
  }
  return {};
}

Result<const ComponentSignature*> Validator::component_type(Scope& outer, const Type& type) {
  Scope scope(ScopeKind::component_type, &outer, memory_);
  scope.spaces = arena_.make<Spaces>();
  scope.spaces->parent = outer.spaces;
  scope.first_resource = resources.next_index();
  if (Checked checked = validate_declarations(scope, type.declarations); !checked) return std::move(checked.error());
  ComponentSignature signature;
  signature.imports = scope.imports.items.span();
  signature.exports = scope.exports.items.span();
  signature.imported = scope.imported.span();
  signature.bound = scope.bound.span();
  signature.size = static_cast<std::uint32_t>(scope.size);
  signature.has_resource = has_free_resource(signature.imports, signature.exports, signature.imported, signature.bound);
  return arena_.make<ComponentSignature>(signature);
}

Result<const InstanceSignature*> Validator::instance_type(Scope& outer, const Type& type) {
  Scope scope(ScopeKind::instance_type, &outer, memory_);
  scope.spaces = arena_.make<Spaces>();
  scope.spaces->parent = outer.spaces;
  scope.first_resource = resources.next_index();
  if (Checked checked = validate_declarations(scope, type.declarations); !checked) return std::move(checked.error());
  InstanceSignature signature;
  signature.exports = scope.exports.items.span();
  signature.bound = scope.bound.span();
  signature.size = static_cast<std::uint32_t>(scope.size);
  signature.has_resource = has_free_resource({}, signature.exports, {}, signature.bound);
  return arena_.make<InstanceSignature>(signature);
}

}  // namespace tenon::component
