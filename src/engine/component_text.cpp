// Component types as text, and where two of them differ.
//
// A difference is a path into the type with what was expected and found there: "parameter 1: field `name`: expected
// string, found u32". Types nest no deeper than validation allows, which bounds the recursion here.
#include "engine/component_state.hpp"

namespace tenon::detail {

using component::FuncSignature;
using component::Member;
using component::TypeKind;
using component::ValueType;

namespace {

template <class Items, class TextOf>
std::string joined(const Items& items, TextOf text_of) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + text_of(item);
  return text;
}

std::string resource_text(component::ResourceId id, const fuse::Plan* plan) {
  if (plan == nullptr || !plan->resources.contains(id) || plan->resources[id].name.empty()) return "resource";
  return std::string(plan->resources[id].name);
}

}  // namespace

std::string type_text(const ValueType* type, const fuse::Plan* plan) {
  if (type == nullptr) return "_";
  const auto inner = [&](const ValueType* part) { return type_text(part, plan); };
  const auto element = [&] { return type->element == nullptr ? std::string() : "<" + inner(type->element) + ">"; };
  const std::string name(keyword_of(type->kind));
  switch (type->kind) {
    case TypeKind::primitive: return std::string(keyword_of(type->primitive));
    case TypeKind::record:
      return "record { " +
             joined(type->members, [&](const Member& m) { return std::string(m.label) + ": " + inner(m.type); }) + " }";
    case TypeKind::variant:
      return "variant { " +
             joined(type->members,
                    [&](const Member& m) { return std::string(m.label) + (m.type ? "(" + inner(m.type) + ")" : ""); }) +
             " }";
    case TypeKind::flags:
    case TypeKind::enum_:
      return name + " { " + joined(type->labels, [](std::string_view label) { return std::string(label); }) + " }";
    case TypeKind::tuple: return "tuple<" + joined(type->types, inner) + ">";
    case TypeKind::fixed_length_list: return "list<" + inner(type->element) + ", " + std::to_string(type->length) + ">";
    case TypeKind::result:
      if (type->second == nullptr) return name + element();
      return "result<" + inner(type->element) + ", " + inner(type->second) + ">";
    case TypeKind::map: return "map<" + inner(type->second) + ", " + inner(type->element) + ">";
    case TypeKind::own:
    case TypeKind::borrow: return name + "<" + resource_text(type->resource, plan) + ">";
    default: return name + element();
  }
}

std::string type_text(const FuncSignature& type, const fuse::Plan* plan) {
  std::string text = type.is_async ? "async func(" : "func(";
  text += joined(type.params, [&](const Member& m) { return std::string(m.label) + ": " + type_text(m.type, plan); });
  text += ")";
  if (type.result != nullptr) text += " -> " + type_text(type.result, plan);
  return text;
}

// --- Two component types -------------------------------------------------------------------------------------------

namespace {

class Comparer {
 public:
  explicit Comparer(const TypeComparison& comparison) : comparison_(comparison) {}

  std::string compare(const FuncSignature& expected, const FuncSignature& given) const {
    if (expected.params.size() != given.params.size() || expected.is_async != given.is_async ||
        (expected.result == nullptr) != (given.result == nullptr)) {
      return "expected " + type_text(expected, comparison_.expected_plan) + ", found " +
             type_text(given, comparison_.given_plan);
    }
    for (std::size_t i = 0; i < expected.params.size(); ++i) {
      const std::string label(expected.params[i].label);
      if (label != given.params[i].label) {
        return "expected parameter " + std::to_string(i) + " named `" + label + "`, found `" +
               std::string(given.params[i].label) + "`";
      }
      const std::string inside = compare(expected.params[i].type, given.params[i].type);
      if (!inside.empty()) return "type mismatch in function parameter `" + label + "`: " + inside;
    }
    const std::string inside = compare(expected.result, given.result);
    return inside.empty() ? inside : "type mismatch with result type: " + inside;
  }

  std::string compare(const ValueType* expected, const ValueType* given) const {
    if (expected == nullptr && given == nullptr) return {};
    if (expected == nullptr || given == nullptr || expected->kind != given->kind ||
        expected->primitive != given->primitive || expected->length != given->length) {
      return expected_found(expected, given);
    }
    if (expected->kind == TypeKind::own || expected->kind == TypeKind::borrow) {
      return resource_of(comparison_.expected_resources, expected->resource) ==
                     resource_of(comparison_.given_resources, given->resource)
                 ? std::string()
                 : "mismatched resource types: " + expected_found(expected, given);
    }
    if (expected->members.size() != given->members.size() || expected->types.size() != given->types.size() ||
        !std::ranges::equal(expected->labels, given->labels)) {
      return expected_found(expected, given);
    }
    return compare_parts(*expected, *given);
  }

 private:
  static const component::RuntimeResourceType* resource_of(
      std::span<const component::RuntimeResourceType* const> resources, component::ResourceId id) {
    return id.value < resources.size() ? resources[id.value] : nullptr;
  }
  std::string expected_found(const ValueType* expected, const ValueType* given) const {
    return "expected " + type_text(expected, comparison_.expected_plan) + ", found " +
           type_text(given, comparison_.given_plan);
  }
  std::string compare_parts(const ValueType& expected, const ValueType& given) const {
    for (std::size_t i = 0; i < expected.members.size(); ++i) {
      const Member& member = expected.members[i];
      if (member.label != given.members[i].label) return expected_found(&expected, &given);
      const std::string inside = compare(member.type, given.members[i].type);
      const std::string_view what = expected.kind == TypeKind::record ? "record field" : "variant case";
      if (!inside.empty())
        return "type mismatch in " + std::string(what) + " `" + std::string(member.label) + "`: " + inside;
    }
    for (std::size_t i = 0; i < expected.types.size(); ++i) {
      const std::string inside = compare(expected.types[i], given.types[i]);
      if (!inside.empty()) return "type mismatch in tuple field " + std::to_string(i) + ": " + inside;
    }
    std::string inside = compare(expected.element, given.element);
    if (inside.empty()) inside = compare(expected.second, given.second);
    return inside;
  }

  const TypeComparison& comparison_;
};

}  // namespace

std::string difference(const FuncSignature& expected, const FuncSignature& given, const TypeComparison& comparison) {
  return Comparer(comparison).compare(expected, given);
}
std::string difference(const ValueType* expected, const ValueType* given, const TypeComparison& comparison) {
  return Comparer(comparison).compare(expected, given);
}

// --- C++ types -----------------------------------------------------------------------------------------------------

namespace {

using Kind = Shape::Kind;

std::string_view shape_text(Kind kind) noexcept {
  switch (kind) {
    case Kind::bool_: return "bool";
    case Kind::s8: return "s8";
    case Kind::u8: return "u8";
    case Kind::s16: return "s16";
    case Kind::u16: return "u16";
    case Kind::s32: return "s32";
    case Kind::u32: return "u32";
    case Kind::s64: return "s64";
    case Kind::u64: return "u64";
    case Kind::f32: return "f32";
    case Kind::f64: return "f64";
    case Kind::char_: return "char";
    case Kind::string: return "string";
    case Kind::list:
    case Kind::fixed_length_list: return "list";
    case Kind::tuple: return "tuple";
    case Kind::record: return "record";
    case Kind::variant: return "variant";
    case Kind::option: return "option";
    case Kind::result: return "result";
    case Kind::enum_: return "enum";
    case Kind::flags: return "flags";
    case Kind::own: return "own";
    case Kind::borrow: return "borrow";
    case Kind::stream: return "stream";
    case Kind::future: return "future";
  }
  return {};
}

bool same_kind(Kind shape, const ValueType& type) noexcept {
  if (type.kind == TypeKind::primitive) return shape_text(shape) == keyword_of(type.primitive);
  if ((shape == Kind::fixed_length_list) != (type.kind == TypeKind::fixed_length_list)) return false;
  return shape_text(shape) == keyword_of(type.kind);
}

std::string part_difference(const Shape* shape, const ValueType* type, Resources resources) {
  if (shape == nullptr && type == nullptr) return {};
  if (shape == nullptr) return "expected no value, found " + type_text(type, nullptr);
  return difference(*shape, type, resources);
}

std::string differ(const Shape& shape, const ValueType* type) {
  return "expected " + to_string(shape) + ", found " + type_text(type, nullptr);
}

// A C++ class of the host stands for its own resource type only.
std::string resource_difference(const Shape& shape, const ValueType& type, Resources resources) {
  if (shape.key == nullptr) return {};
  const bool is_known = type.resource.value < resources.size() && resources[type.resource.value] != nullptr;
  const HostResource* resource = is_known ? HostResource::of(*resources[type.resource.value]) : nullptr;
  if (resource != nullptr && resource->key == shape.key) return {};
  return "the resource is not of that C++ class";
}

}  // namespace

std::string to_string(const Shape& shape) {
  std::string name(shape_text(shape.kind));
  const auto text = [](const Shape* part) { return part == nullptr ? std::string("_") : to_string(*part); };
  switch (shape.kind) {
    case Kind::list:
    case Kind::option: return name + "<" + text(shape.element) + ">";
    case Kind::stream:
    case Kind::future: return shape.element == nullptr ? name : name + "<" + text(shape.element) + ">";
    case Kind::fixed_length_list: return "list<" + text(shape.element) + ", " + std::to_string(shape.length) + ">";
    case Kind::tuple:
    case Kind::result: return name + "<" + joined(shape.members, text) + ">";
    case Kind::record:
    case Kind::variant: return name + " { " + joined(shape.members, text) + " }";
    case Kind::enum_: return name + " of " + std::to_string(shape.length) + " bytes";
    case Kind::flags: return name + " of " + std::to_string(shape.length) + " labels";
    default: return name;
  }
}

std::string difference(const Shape& shape, const ValueType* type, Resources resources) {
  if (type == nullptr || !same_kind(shape.kind, *type)) return differ(shape, type);
  switch (shape.kind) {
    case Kind::list:
    case Kind::option: return difference(*shape.element, type->element, resources);
    case Kind::stream:
    case Kind::future: return part_difference(shape.element, type->element, resources);
    case Kind::own:
    case Kind::borrow: return resource_difference(shape, *type, resources);
    case Kind::fixed_length_list:
      return shape.length == type->length ? difference(*shape.element, type->element, resources) : differ(shape, type);
    case Kind::enum_: return shape.length == type->layout[0].size ? std::string() : differ(shape, type);
    case Kind::flags: return shape.length == type->labels.size() ? std::string() : differ(shape, type);
    case Kind::result: {
      const std::string inside = part_difference(shape.members[0], type->element, resources);
      return inside.empty() ? part_difference(shape.members[1], type->second, resources) : inside;
    }
    case Kind::tuple:
      if (shape.members.size() != type->types.size()) return differ(shape, type);
      for (std::size_t i = 0; i < shape.members.size(); ++i) {
        const std::string inside = part_difference(shape.members[i], type->types[i], resources);
        if (!inside.empty()) return "element " + std::to_string(i) + ": " + inside;
      }
      return {};
    case Kind::record:
    case Kind::variant:
      if (shape.members.size() != type->members.size()) return differ(shape, type);
      for (std::size_t i = 0; i < shape.members.size(); ++i) {
        const std::string inside = part_difference(shape.members[i], type->members[i].type, resources);
        if (!inside.empty()) return "`" + std::string(type->members[i].label) + "`: " + inside;
      }
      return {};
    default: return {};
  }
}

std::string difference(std::span<const Shape* const> params, const Shape* result, const FuncSignature& type,
                       Resources resources) {
  if (params.size() != type.params.size()) {
    return "expected " + std::to_string(params.size()) + " parameters, found " + std::to_string(type.params.size());
  }
  for (std::size_t i = 0; i < params.size(); ++i) {
    const std::string inside = difference(*params[i], type.params[i].type, resources);
    if (!inside.empty()) return "parameter `" + std::string(type.params[i].label) + "`: " + inside;
  }
  const std::string inside = part_difference(result, type.result, resources);
  return inside.empty() ? inside : "result: " + inside;
}

}  // namespace tenon::detail
