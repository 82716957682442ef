#include "validate/component/type_text.hpp"

namespace tenon::component {

namespace {

constexpr int deepest = 4;
constexpr std::size_t longest = 8;

void print(TextBuffer& out, const ValueType* type, int depth) noexcept;

template <class Range, class PrintOne>
void print_list(TextBuffer& out, const Range& range, PrintOne print_one) noexcept {
  std::size_t count = 0;
  for (const auto& item : range) {
    if (count++ != 0) out.append(", ");
    if (count > longest) return out.append("...");
    print_one(item);
  }
}

void print_members(TextBuffer& out, std::string_view kind, const ValueType& type, int depth) noexcept {
  out.append(kind);
  out.append(" { ");
  print_list(out, type.members, [&](const Member& member) {
    out.append(member.label);
    if (member.type == nullptr) return;
    out.append(type.kind == TypeKind::record ? ": " : "(");
    print(out, member.type, depth + 1);
    if (type.kind == TypeKind::variant) out.append(')');
  });
  out.append(" }");
}

void print_labels(TextBuffer& out, std::string_view kind, const ValueType& type) noexcept {
  out.append(kind);
  out.append(" { ");
  print_list(out, type.labels, [&](std::string_view label) { out.append(label); });
  out.append(" }");
}

// `name<first, second>`; a part that is not there is left out, or `_` when it is followed by another.
void print_parametric(TextBuffer& out, std::string_view name, const ValueType* first, const ValueType* second,
                      int depth) noexcept {
  out.append(name);
  if (first == nullptr && second == nullptr) return;
  out.append('<');
  if (first == nullptr) {
    out.append('_');
  } else {
    print(out, first, depth + 1);
  }
  if (second != nullptr) {
    out.append(", ");
    print(out, second, depth + 1);
  }
  out.append('>');
}

void print(TextBuffer& out, const ValueType* type, int depth) noexcept {
  if (depth > deepest) return out.append("...");
  switch (type->kind) {
    case TypeKind::primitive: return out.append(keyword_of(type->primitive));
    case TypeKind::record: return print_members(out, "record", *type, depth);
    case TypeKind::variant: return print_members(out, "variant", *type, depth);
    case TypeKind::flags: return print_labels(out, "flags", *type);
    case TypeKind::enum_: return print_labels(out, "enum", *type);
    case TypeKind::fixed_length_list:
      out.append("list<");
      print(out, type->element, depth + 1);
      out.append(", ");
      out.append_number(type->length);
      return out.append('>');
    case TypeKind::tuple:
      out.append("tuple<");
      print_list(out, type->types, [&](const ValueType* member) { print(out, member, depth + 1); });
      return out.append('>');
    case TypeKind::map: return print_parametric(out, "map", type->second, type->element, depth);
    case TypeKind::list:
    case TypeKind::option:
    case TypeKind::result:
    case TypeKind::stream:
    case TypeKind::future: return print_parametric(out, kind_text(*type), type->element, type->second, depth);
    default:  // own, borrow
      out.append(kind_text(*type));
      out.append("<resource ");
      out.append_number(type->resource.value);
      return out.append('>');
  }
}

}  // namespace

void append_text(TextBuffer& out, const ValueType& type) noexcept { print(out, &type, 0); }

void append_text(TextBuffer& out, const FuncSignature& func) noexcept {
  out.append(func.is_async ? "async func(" : "func(");
  print_list(out, func.params, [&](const Member& param) {
    out.append(param.label);
    out.append(": ");
    print(out, param.type, 0);
  });
  out.append(')');
  if (func.result == nullptr) return;
  out.append(" -> ");
  print(out, func.result, 0);
}

std::string_view kind_text(const ValueType& type) noexcept {
  switch (type.kind) {
    case TypeKind::primitive: return keyword_of(type.primitive);
#define TENON_TYPE_KIND(name, code, text, feature) \
  case TypeKind::name: return text;
#include "spec/component_type_kinds.def"
#undef TENON_TYPE_KIND
  }
  return "";
}

std::string_view kind_text(const TypeEntity& type) noexcept {
  switch (type.kind) {
    case TypeEntity::Kind::value: return "defined type";
    case TypeEntity::Kind::func: return "func type";
    case TypeEntity::Kind::instance: return "instance type";
    case TypeEntity::Kind::component: return "component type";
    case TypeEntity::Kind::resource: return "resource";
  }
  return "type";
}

std::string_view kind_text(const EntitySignature& entity) noexcept {
  switch (entity.sort) {
    case Sort::type: return kind_text(entity.type);
    case Sort::core_module: return "module";
    default: return to_string(entity.sort);
  }
}

}  // namespace tenon::component
