// Types and functions. Types without a name nest no deeper than the text form may be written: a component can nest them
// by reference as deep as it likes, so each level is counted.
#include "spec/limits.hpp"
#include "wit/decoder.hpp"

namespace tenon::wit {

TypeIdx WitDecoder::find_alias(const TypeNode* type) const {
  for (; type != nullptr; type = type->renamed) {
    if (const auto found = types_.find(type); found != types_.end()) return found->second;
  }
  return {};
}

// A type under its name: another name of one that is known, or a new one.
TypeIdx WitDecoder::type_export(const NamedNode& item, const Owner& owner) {
  const TypeNode& node = *item.node.type;
  if (node.type != nullptr && (node.is(component::TypeKind::func) || node.is(component::TypeKind::instance) ||
                               node.is(component::TypeKind::component))) {
    fail("WIT has no words for the type `", item.name.name, "`: it is not a type of values");
    return {};
  }
  TypeDef type;
  if (const TypeIdx known = find_alias(node.renamed != nullptr ? node.renamed : &node); !known.is_none()) {
    type.kind = TypeKind::alias;
    type.first = Type::of(known);
  } else if (node.is_resource()) {
    type.kind = TypeKind::resource;
  } else {
    type = definition(node);
  }
  if (failed_) return {};
  type.name = copy(item.name.name);
  type.owner = owner;
  if (item.name.external_id) type.external_id = copy(*item.name.external_id);
  const TypeIdx index = out_.types.next_index();
  out_.types.push_back(out_.arena, type);
  if (type.kind == TypeKind::resource) {
    ByName& resources = owner.kind == OwnerKind::interface ? interface_resources_[owner.interface.value]
                                                           : world_resources_[owner.world.value];
    resources.emplace(type.name, index);
  }
  if (!types_.emplace(&node, index).second) {
    fail("WIT has no words for this component: the type `", item.name.name,
         "` appears more than once, as when an imported instance is exported under another name");
  }
  return index;
}

Function WitDecoder::function(const NamedNode& item, const Owner& owner) {
  Function result;
  result.name = copy(item.name.name);
  if (item.name.external_id) result.external_id = copy(*item.name.external_id);
  const component::FuncType& type = item.node.type->type->func;
  const Scope& scope = *item.node.type->scope;
  result.is_async = type.is_async;
  for (const component::Labelled& param : type.params) {
    result.params.push_back(out_.arena, {copy(param.label), value(*param.type, scope), {}});
    if (failed_) return result;
  }
  result.result = optional(type.result, scope);
  function_kind(result, owner);
  return result;
}

void WitDecoder::function_kind(Function& function, const Owner& owner) {
  struct Annotation {
    std::string_view text;
    FunctionKind kind;
  };
  constexpr Annotation annotations[] = {{"[constructor]", FunctionKind::constructor},
                                        {"[method]", FunctionKind::method},
                                        {"[static]", FunctionKind::static_}};
  if (!function.name.starts_with('[')) return;
  for (const Annotation& annotation : annotations) {
    if (!function.name.starts_with(annotation.text)) continue;
    function.kind = annotation.kind;
    std::string_view name = function.name.substr(annotation.text.size());
    if (annotation.kind != FunctionKind::constructor) name = name.substr(0, name.find('.'));
    const ByName& resources = owner.kind == OwnerKind::interface ? interface_resources_[owner.interface.value]
                                                                 : world_resources_[owner.world.value];
    const auto found = resources.find(name);
    if (found == resources.end()) return fail("function `", function.name, "` is of a resource that is not there");
    function.resource = found->second;
    return;
  }
  fail("WIT has no words for the function `", function.name, "`");
}

Type WitDecoder::optional(const std::optional<component::ValType>& type, const Scope& scope) {
  if (!type) return {};
  return value(*type, scope);
}

Type WitDecoder::value(component::ValType type, const Scope& scope) {
  if (type.is_primitive()) return Type::of(type.primitive());
  const TypeNode* node = ComponentReader::find_type(scope, type.index());
  if (node == nullptr) {
    fail("unknown type: type index out of bounds");
    return {};
  }
  if (const auto found = types_.find(node); found != types_.end()) return Type::of(found->second);
  if (node->is_resource() || node->type->kind == component::TypeKind::func ||
      node->type->kind == component::TypeKind::instance || node->type->kind == component::TypeKind::component) {
    fail("expected a type of values, found another one");
    return {};
  }
  if (++depth_ > limits::max_wit_type_nesting)
    fail("types are nested too deeply: more than ", limits::max_wit_type_nesting);
  const TypeDef made = failed_ ? TypeDef{} : definition(*node);
  --depth_;
  if (failed_) return {};
  const bool needs_name = made.kind == TypeKind::record || made.kind == TypeKind::variant ||
                          made.kind == TypeKind::flags || made.kind == TypeKind::enum_;
  if (needs_name) {
    fail("WIT has no words for a record, variant, enum or flags type without a name");
    return {};
  }
  const TypeIdx index = out_.types.next_index();
  out_.types.push_back(out_.arena, made);
  types_.insert_or_assign(node, index);
  return Type::of(index);
}

TypeIdx WitDecoder::resource(component::TypeIdx index, const Scope& scope) {
  const TypeNode* node = ComponentReader::find_type(scope, index);
  const TypeIdx found = node == nullptr || !node->is_resource() ? TypeIdx{} : find_alias(node);
  if (found.is_none()) fail("a handle is of a resource that has no name here");
  return found;
}

void WitDecoder::members(TypeDef& out, const component::Type& type, const Scope& scope) {
  for (const component::Labelled& field : type.fields) {
    out.members.push_back(out_.arena, {copy(field.label), optional(field.type, scope), {}, {}});
    if (failed_) return;
  }
  for (const std::string_view label : type.labels) out.members.push_back(out_.arena, {copy(label), {}, {}, {}});
}

TypeDef WitDecoder::definition(const TypeNode& node) {
  const component::Type& type = *node.type;
  const Scope& scope = *node.scope;
  TypeDef out;
  switch (type.kind) {
    case component::TypeKind::primitive:
      out.kind = TypeKind::alias;
      out.first = Type::of(type.primitive);
      return out;
    case component::TypeKind::record: out.kind = TypeKind::record; break;
    case component::TypeKind::variant: out.kind = TypeKind::variant; break;
    case component::TypeKind::flags: out.kind = TypeKind::flags; break;
    case component::TypeKind::enum_: out.kind = TypeKind::enum_; break;
    case component::TypeKind::tuple: out.kind = TypeKind::tuple; break;
    case component::TypeKind::list: out.kind = TypeKind::list; break;
    case component::TypeKind::fixed_length_list: out.kind = TypeKind::fixed_length_list; break;
    case component::TypeKind::option: out.kind = TypeKind::option; break;
    case component::TypeKind::result: out.kind = TypeKind::result; break;
    case component::TypeKind::own: out.kind = TypeKind::own; break;
    case component::TypeKind::borrow: out.kind = TypeKind::borrow; break;
    case component::TypeKind::stream: out.kind = TypeKind::stream; break;
    case component::TypeKind::future: out.kind = TypeKind::future; break;
    case component::TypeKind::map:
      out.kind = TypeKind::map;
      out.first = optional(type.second, scope);
      out.second = optional(type.element, scope);
      return out;
    case component::TypeKind::func:
    case component::TypeKind::component:
    case component::TypeKind::instance:
    case component::TypeKind::resource: fail("expected a type of values, found another one"); return out;
  }
  if (out.kind == TypeKind::own || out.kind == TypeKind::borrow) out.resource = resource(type.resource, scope);
  members(out, type, scope);
  for (const component::ValType element : type.types) {
    if (!failed_) out.elements.push_back(out_.arena, value(element, scope));
  }
  out.first = optional(type.element, scope);
  out.second = optional(type.second, scope);
  out.length = type.length;
  return out;
}

// The node is another statement of a known type: what has no name inside it is known too.
void WitDecoder::unify(TypeIdx known, const TypeNode& node) {
  if (++depth_ > limits::max_wit_type_nesting)
    fail("types are nested too deeply: more than ", limits::max_wit_type_nesting);
  const TypeDef type = failed_ ? TypeDef{} : out_.types[known];
  if (!failed_ && node.type != nullptr && type.kind != TypeKind::alias) {
    const component::Type& other = *node.type;
    const Scope& scope = *node.scope;
    const bool is_map = type.kind == TypeKind::map;
    unify(type.first, is_map ? other.second : other.element, scope);
    unify(type.second, is_map ? other.element : other.second, scope);
    for (std::size_t i = 0; i < type.members.size() && i < other.fields.size(); ++i) {
      unify(type.members[i].type, other.fields[i].type, scope);
    }
    for (std::size_t i = 0; i < type.elements.size() && i < other.types.size(); ++i) {
      unify(type.elements[i], other.types[i], scope);
    }
  }
  --depth_;
}

void WitDecoder::unify(const Type& known, const std::optional<component::ValType>& type, const Scope& scope) {
  if (failed_ || !type || type->is_primitive() || !known.is_defined()) return;
  const TypeNode* node = ComponentReader::find_type(scope, type->index());
  if (node == nullptr || node->is_resource()) return;
  const bool is_new = types_.insert_or_assign(node, known.index).second;
  if (is_new) unify(known.index, *node);
}

}  // namespace tenon::wit
