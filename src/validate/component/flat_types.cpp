// What has no room is not walked: the count of flat types stands in the node.
#include "validate/component/flat_types.hpp"

#include <cassert>

namespace tenon::component {

namespace {

core::ValType flat_primitive(Primitive type) noexcept {
  switch (type) {
    case Primitive::s64:
    case Primitive::u64: return core::i64;
    case Primitive::f32: return core::f32;
    case Primitive::f64: return core::f64;
    default: return core::i32;
  }
}

// The type that can hold both.
core::ValType join(core::ValType a, core::ValType b) noexcept {
  if (a == b) return a;
  const bool are_32_bit = (a == core::i32 && b == core::f32) || (a == core::f32 && b == core::i32);
  return are_32_bit ? core::i32 : core::i64;
}

// Joins a case's flat types into those behind the discriminant, which stands at `first`.
void flatten_case(const ValueType* type, core::ValType pointer, std::uint32_t first, FlatTypes& out) {
  if (type == nullptr) return;
  FlatTypes payload;
  flatten(*type, pointer, payload);
  for (std::uint32_t i = 0; i < payload.size(); ++i) {
    const std::uint32_t at = first + 1 + i;
    if (at < out.size()) {
      out[at] = join(out[at], payload[i]);
    } else {
      out.push(payload[i]);
    }
  }
}

}  // namespace

void flatten(const ValueType& type, core::ValType pointer, FlatTypes& out) {
  if (out.size() + type.flat > FlatTypes::capacity) {
    for (std::uint32_t i = 0; i < type.flat; ++i) out.push(core::i32);
    return;
  }
  const std::uint32_t first = out.size();
  switch (type.kind) {
    case TypeKind::primitive:
      if (type.primitive == Primitive::string) return out.push(pointer), out.push(pointer);
      return out.push(flat_primitive(type.primitive));
    case TypeKind::list:
    case TypeKind::map: return out.push(pointer), out.push(pointer);
    case TypeKind::fixed_length_list:
      for (std::uint32_t i = 0; i < type.length; ++i) flatten(*type.element, pointer, out);
      return;
    case TypeKind::record:
      for (const Member& member : type.members) flatten(*member.type, pointer, out);
      return;
    case TypeKind::tuple:
      for (const ValueType* member : type.types) flatten(*member, pointer, out);
      return;
    case TypeKind::variant:
      out.push(core::i32);
      for (const Member& member : type.members) flatten_case(member.type, pointer, first, out);
      return;
    case TypeKind::option:
    case TypeKind::result:
      out.push(core::i32);
      flatten_case(type.element, pointer, first, out);
      flatten_case(type.second, pointer, first, out);
      return;
    default: return out.push(core::i32);  // enum, flags, handles
  }
}

}  // namespace tenon::component
