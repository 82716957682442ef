#include "wit/type_encoder.hpp"

namespace tenon::wit {

namespace {

void append_number(std::string& key, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) key += static_cast<char>(number >> shift & 0xFF);
}

void append_key(std::string& key, const Type& type) {
  key += static_cast<char>(type.form);
  append_number(key, type.is_defined() ? type.index.value : static_cast<std::uint32_t>(type.primitive));
}

std::string shape_key(const TypeDef& type) {
  std::string key(1, static_cast<char>(type.kind));
  append_key(key, type.first);
  append_key(key, type.second);
  append_number(key, type.resource.value);
  append_number(key, type.length);
  for (const Type& element : type.elements) append_key(key, element);
  return key;
}

std::string func_key(const Function& function) {
  std::string key(1, function.is_async ? 'a' : 's');
  append_key(key, function.result);
  for (const Param& param : function.params) {
    append_key(key, param.type);
    append_number(key, static_cast<std::uint32_t>(param.name.size()));
    key += param.name;
  }
  return key;
}

component::TypeKind component_kind(TypeKind kind) {
  switch (kind) {
    case TypeKind::record: return component::TypeKind::record;
    case TypeKind::resource: return component::TypeKind::resource;
    case TypeKind::own: return component::TypeKind::own;
    case TypeKind::borrow: return component::TypeKind::borrow;
    case TypeKind::flags: return component::TypeKind::flags;
    case TypeKind::tuple: return component::TypeKind::tuple;
    case TypeKind::variant: return component::TypeKind::variant;
    case TypeKind::enum_: return component::TypeKind::enum_;
    case TypeKind::option: return component::TypeKind::option;
    case TypeKind::result: return component::TypeKind::result;
    case TypeKind::list: return component::TypeKind::list;
    case TypeKind::map: return component::TypeKind::map;
    case TypeKind::fixed_length_list: return component::TypeKind::fixed_length_list;
    case TypeKind::future: return component::TypeKind::future;
    case TypeKind::stream: return component::TypeKind::stream;
    case TypeKind::alias: break;  // has no definition of its own
  }
  return component::TypeKind::primitive;
}

}  // namespace

component::ValType TypeEncoder::value(const Type& type) {
  if (!type.is_defined()) return type.primitive;
  if (const auto found = known.types.find(type.index.value); found != known.types.end()) return found->second;
  const TypeDef& definition = resolve_.types[type.index];
  if (definition.name.empty()) {
    if (const auto found = known.shapes.find(shape_key(definition)); found != known.shapes.end()) return found->second;
  }
  if (definition.owner.kind == OwnerKind::interface && definition.owner.interface != interface) {
    const component::TypeIdx reached = hooks_.reach_type(type.index);
    known.types.emplace(type.index.value, reached);
    return reached;
  }
  return define(type.index, definition);
}

component::ValType TypeEncoder::define(TypeIdx index, const TypeDef& type) {
  if (type.kind == TypeKind::resource) {
    const component::TypeIdx resource = hooks_.name_resource(type);
    known.types.emplace(index.value, resource);
    return resource;
  }
  component::ValType result = type.kind == TypeKind::alias ? value(type.first) : scope_->type(content(type));
  if (!type.name.empty()) result = hooks_.name_type(type, defined(result));
  if (!result.is_primitive()) {
    known.types.insert_or_assign(index.value, result.index());
    if (type.name.empty()) known.shapes.emplace(shape_key(type), result.index());
  }
  return result;
}

component::TypeIdx TypeEncoder::shape(const TypeDef& type) {
  const auto [found, is_new] = known.shapes.try_emplace(shape_key(type));
  if (is_new) {
    const component::TypeIdx made = scope_->type(content(type));
    known.shapes[shape_key(type)] = made;
    return made;
  }
  return found->second;
}

// A primitive type that gets a name needs a definition to name.
component::TypeIdx TypeEncoder::defined(component::ValType type) {
  if (!type.is_primitive()) return type.index();
  component::Type primitive;
  primitive.primitive = type.primitive();
  return scope_->type(primitive);
}

std::optional<component::ValType> TypeEncoder::optional(const Type& type) {
  if (type.is_none()) return {};
  return value(type);
}

std::span<const component::Labelled> TypeEncoder::fields(const TypeDef& type) {
  const std::span<component::Labelled> result = scope_->arena().make_array<component::Labelled>(type.members.size());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = {type.members[i].name, optional(type.members[i].type)};
  return result;
}

std::span<const std::string_view> TypeEncoder::labels(const TypeDef& type) {
  const std::span<std::string_view> result = scope_->arena().make_array<std::string_view>(type.members.size());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = type.members[i].name;
  return result;
}

component::Type TypeEncoder::content(const TypeDef& type) {
  component::Type result;
  result.kind = component_kind(type.kind);
  switch (type.kind) {
    case TypeKind::record:
    case TypeKind::variant: result.fields = fields(type); break;
    case TypeKind::flags:
    case TypeKind::enum_: result.labels = labels(type); break;
    case TypeKind::own:
    case TypeKind::borrow: result.resource = defined(value(Type::of(type.resource))); break;
    case TypeKind::tuple: {
      const auto types = scope_->arena().make_array<component::ValType>(type.elements.size());
      for (std::size_t i = 0; i < types.size(); ++i) types[i] = value(type.elements[i]);
      result.types = types;
      break;
    }
    case TypeKind::map:
      result.second = value(type.first);
      result.element = value(type.second);
      break;
    default:
      result.element = optional(type.first);
      result.second = optional(type.second);
      result.length = type.length;
      break;
  }
  return result;
}

component::TypeIdx TypeEncoder::function(const Function& function) {
  std::string key = func_key(function);
  if (const auto found = known.funcs.find(key); found != known.funcs.end()) return found->second;
  component::Type type;
  type.kind = component::TypeKind::func;
  const auto params = scope_->arena().make_array<component::Labelled>(function.params.size());
  for (std::size_t i = 0; i < params.size(); ++i) params[i] = {function.params[i].name, value(function.params[i].type)};
  type.func.params = params;
  type.func.result = optional(function.result);
  type.func.is_async = function.is_async;
  const component::TypeIdx result = scope_->type(type);
  known.funcs.emplace(std::move(key), result);
  return result;
}

TypeEncoder::Hooks declaring_hooks(ComponentBuilder& scope, TypeEncoder::ReachType reach) {
  return {
      .name_type =
          [&scope](const TypeDef& type, component::TypeIdx definition) {
            return scope.declare_type(extern_name(scope.arena(), type.name, type.external_id), definition);
          },
      .name_resource =
          [&scope](const TypeDef& type) {
            return scope.declare_type(extern_name(scope.arena(), type.name, type.external_id), std::nullopt);
          },
      .reach_type = std::move(reach),
  };
}

}  // namespace tenon::wit
