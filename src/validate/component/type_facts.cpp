// Sizes are summed in 64 bits: no type has more than `max_type_members` members, or is a list of more than 2^32
// elements, of less than 2^28 bytes each.
#include "validate/component/type_facts.hpp"

#include <algorithm>
#include <array>

#include "base/concat.hpp"
#include "spec/component_limits.hpp"

namespace tenon::component {

namespace {

struct WideLayout {
  std::uint64_t size = 0;
  std::uint32_t alignment = 1;
};

constexpr std::uint64_t align_to(std::uint64_t value, std::uint32_t alignment) noexcept {
  return (value + alignment - 1) / alignment * alignment;
}

constexpr std::uint32_t handle_size = 4;

std::uint32_t primitive_size(Primitive type) noexcept {
  switch (type) {
#define TENON_CORE_SORT(name, code, text)
#define TENON_SORT(name, code, text, feature)
#define TENON_PRIMITIVE(name, code, text, size, feature) \
  case Primitive::name: return size;
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
  }
  return 0;
}

// Calls `visit` with the type of each member, with null where a case has none.
template <class Visit>
void each_member(const ValueType& type, const Visit& visit) {
  switch (type.kind) {
    case TypeKind::record:
    case TypeKind::variant:
      for (const Member& member : type.members) visit(member.type);
      return;
    case TypeKind::tuple:
      for (const ValueType* member : type.types) visit(member);
      return;
    case TypeKind::result:
    case TypeKind::map:
      visit(type.element);
      visit(type.second);
      return;
    case TypeKind::list:
    case TypeKind::fixed_length_list:
    case TypeKind::option:
    case TypeKind::stream:
    case TypeKind::future: return visit(type.element);
    default: return;
  }
}

std::size_t case_count(const ValueType& type) noexcept {
  switch (type.kind) {
    case TypeKind::variant: return type.members.size();
    case TypeKind::enum_: return type.labels.size();
    default: return 2;  // option, result
  }
}

constexpr std::uint32_t discriminant_size(std::size_t cases) noexcept {
  if (cases <= 0x100) return 1;
  return cases <= 0x1'0000 ? 2 : 4;
}

constexpr std::uint32_t flags_size(std::size_t labels) noexcept {
  if (labels <= 8) return 1;
  return labels <= 16 ? 2 : 4;
}

WideLayout record_layout(const ValueType& type, std::size_t memory) {
  WideLayout layout;
  each_member(type, [&](const ValueType* member) {
    const Layout field = member->layout[memory];
    layout.size = align_to(layout.size, field.alignment) + field.size;
    layout.alignment = std::max(layout.alignment, field.alignment);
  });
  layout.size = align_to(layout.size, layout.alignment);
  return layout;
}

WideLayout variant_layout(const ValueType& type, std::size_t memory) {
  const std::uint32_t discriminant = discriminant_size(case_count(type));
  std::uint32_t case_alignment = 1;
  std::uint64_t case_size = 0;
  each_member(type, [&](const ValueType* member) {
    if (member == nullptr) return;
    case_alignment = std::max(case_alignment, member->layout[memory].alignment);
    case_size = std::max<std::uint64_t>(case_size, member->layout[memory].size);
  });
  const std::uint32_t alignment = std::max(discriminant, case_alignment);
  return {align_to(align_to(discriminant, case_alignment) + case_size, alignment), alignment};
}

// `memory` is 0 for 32-bit and 1 for 64-bit memories.
WideLayout layout_of(const ValueType& type, std::size_t memory) {
  const std::uint32_t pointer = memory == 0 ? 4 : 8;
  switch (type.kind) {
    case TypeKind::primitive: {
      if (type.primitive == Primitive::string) return {2 * pointer, pointer};
      const std::uint32_t size = primitive_size(type.primitive);
      return {size, size};
    }
    case TypeKind::list:
    case TypeKind::map: return {2 * pointer, pointer};
    case TypeKind::fixed_length_list: {
      const Layout element = type.element->layout[memory];
      return {std::uint64_t{type.length} * element.size, element.alignment};
    }
    case TypeKind::record:
    case TypeKind::tuple: return record_layout(type, memory);
    case TypeKind::variant:
    case TypeKind::enum_:
    case TypeKind::option:
    case TypeKind::result: return variant_layout(type, memory);
    case TypeKind::flags: {
      const std::uint32_t size = flags_size(type.labels.size());
      return {size, size};
    }
    default: return {handle_size, handle_size};
  }
}

std::uint64_t flat_count(const ValueType& type) {
  std::uint64_t flat = 0;
  switch (type.kind) {
    case TypeKind::primitive: return type.primitive == Primitive::string ? 2 : 1;
    case TypeKind::list:
    case TypeKind::map: return 2;
    case TypeKind::fixed_length_list: return std::uint64_t{type.length} * type.element->flat;
    case TypeKind::record:
    case TypeKind::tuple: each_member(type, [&](const ValueType* member) { flat += member->flat; }); return flat;
    case TypeKind::variant:
    case TypeKind::option:
    case TypeKind::result:
      each_member(type, [&](const ValueType* member) {
        if (member != nullptr) flat = std::max<std::uint64_t>(flat, member->flat);
      });
      return flat + 1;
    default: return 1;
  }
}

}  // namespace

Result<void> compute_facts(ValueType& type) {
  const bool is_primitive = type.kind == TypeKind::primitive;
  type.depth = 1;
  type.has_borrow = type.kind == TypeKind::borrow;
  type.has_own = type.kind == TypeKind::own;
  type.has_resource = type.has_own || type.has_borrow;
  type.has_handle = type.has_resource || type.kind == TypeKind::stream || type.kind == TypeKind::future ||
                    (is_primitive && type.primitive == Primitive::error_context);
  type.has_pointer = type.kind == TypeKind::list || type.kind == TypeKind::map ||
                     (is_primitive && type.primitive == Primitive::string);
  // What is sent through a stream or future has its memory elsewhere.
  const bool is_channel = type.kind == TypeKind::stream || type.kind == TypeKind::future;
  each_member(type, [&](const ValueType* member) {
    if (member == nullptr) return;
    type.depth = std::max(type.depth, member->depth + 1);
    type.has_borrow |= member->has_borrow;
    type.has_own |= member->has_own;
    type.has_resource |= member->has_resource;
    type.has_handle |= member->has_handle;
    type.has_pointer |= member->has_pointer && !is_channel;
  });
  if (type.depth > limits::max_value_type_nesting) {
    return fail(ErrorKind::invalid, {}, "type nesting is too deep: more than ", limits::max_value_type_nesting,
                " value types in one another");
  }
  for (const std::size_t memory : {0, 1}) {
    const WideLayout layout = layout_of(type, memory);
    if (layout.size >= limits::max_value_size) {
      return fail(ErrorKind::invalid, {}, "value type exceeds maximum byte size: it takes ", layout.size,
                  " bytes of a linear memory, and ", limits::max_value_size - 1, " are allowed");
    }
    type.layout[memory] = {static_cast<std::uint32_t>(layout.size), layout.alignment};
  }
  type.flat = static_cast<std::uint32_t>(std::min<std::uint64_t>(flat_count(type), max_flat));
  return {};
}

bool refers_to_resources(const TypeEntity& type) noexcept {
  switch (type.kind) {
    case TypeEntity::Kind::resource: return true;
    case TypeEntity::Kind::value: return type.value->has_resource;
    case TypeEntity::Kind::func: return type.func->has_resource;
    case TypeEntity::Kind::instance: return type.instance->has_resource;
    case TypeEntity::Kind::component: return type.component->has_resource;
  }
  return false;
}

}  // namespace tenon::component
