#include "abi/layout.hpp"

#include <algorithm>

namespace tenon::component {

std::uint32_t CaseList::size() const noexcept {
  switch (type->kind) {
    case TypeKind::variant: return static_cast<std::uint32_t>(type->members.size());
    case TypeKind::enum_: return static_cast<std::uint32_t>(type->labels.size());
    default: return 2;
  }
}

const ValueType* CaseList::payload(std::uint32_t index) const noexcept {
  switch (type->kind) {
    case TypeKind::variant: return type->members[index].type;
    case TypeKind::option: return index == 1 ? type->element : nullptr;
    case TypeKind::result: return index == 0 ? type->element : type->second;
    default: return nullptr;
  }
}

unsigned discriminant_size(std::uint32_t cases) noexcept { return cases <= 0x100 ? 1 : cases <= 0x10000 ? 2 : 4; }

std::uint64_t payload_offset(const ValueType& type, bool is_memory64) noexcept {
  const CaseList cases{&type};
  std::uint64_t alignment = 1;
  for (std::uint32_t i = 0, n = type.kind == TypeKind::enum_ ? 0 : cases.size(); i < n; ++i) {
    const ValueType* payload = cases.payload(i);
    if (payload != nullptr) alignment = std::max<std::uint64_t>(alignment, payload->layout[is_memory64].alignment);
  }
  return align_to(discriminant_size(cases.size()), alignment);
}

ValKind kind_of(Primitive primitive) noexcept {
  switch (primitive) {
    case Primitive::bool_: return ValKind::boolean;
    case Primitive::s8: return ValKind::s8;
    case Primitive::u8: return ValKind::u8;
    case Primitive::s16: return ValKind::s16;
    case Primitive::u16: return ValKind::u16;
    case Primitive::s32: return ValKind::s32;
    case Primitive::u32: return ValKind::u32;
    case Primitive::s64: return ValKind::s64;
    case Primitive::u64: return ValKind::u64;
    case Primitive::f32: return ValKind::f32;
    case Primitive::f64: return ValKind::f64;
    case Primitive::char_: return ValKind::character;
    case Primitive::string: return ValKind::string;
    case Primitive::error_context: break;
  }
  return ValKind::handle;
}

std::uint32_t field_count(const ValueType& type) noexcept {
  switch (type.kind) {
    case TypeKind::record: return static_cast<std::uint32_t>(type.members.size());
    case TypeKind::tuple: return static_cast<std::uint32_t>(type.types.size());
    case TypeKind::map: return 2;
    default: return type.length;
  }
}

const ValueType& field_type(const ValueType& type, std::uint32_t field) noexcept {
  switch (type.kind) {
    case TypeKind::record: return *type.members[field].type;
    case TypeKind::tuple: return *type.types[field];
    case TypeKind::map: return field == 0 ? *type.second : *type.element;
    default: return *type.element;
  }
}

bool is_plain(const ValueType& type, bool is_memory64) noexcept {
  switch (type.kind) {
    case TypeKind::primitive: return type.primitive >= Primitive::f64 && type.primitive <= Primitive::s8;
    case TypeKind::record:
    case TypeKind::tuple: {
      std::uint64_t size = 0;
      for (std::uint32_t i = 0, n = field_count(type); i < n; ++i) {
        const ValueType& field = field_type(type, i);
        if (!is_plain(field, is_memory64)) return false;
        size += field.layout[is_memory64].size;
      }
      return size == type.layout[is_memory64].size;
    }
    case TypeKind::fixed_length_list: return is_plain(*type.element, is_memory64);
    default: return false;
  }
}

Layout tuple_layout(std::span<const Member> types, bool is_memory64) noexcept {
  std::uint64_t size = 0;
  std::uint32_t alignment = 1;
  for (const Member& member : types) {
    const Layout& layout = member.type->layout[is_memory64];
    size = align_to(size, layout.alignment) + layout.size;
    alignment = std::max(alignment, layout.alignment);
  }
  return {static_cast<std::uint32_t>(align_to(size, alignment)), alignment};
}

Layout element_layout(const ValueType& list, bool is_memory64) noexcept {
  if (list.kind != TypeKind::map) return list.element->layout[is_memory64];
  const Member entry[2] = {{"key", list.second}, {"value", list.element}};
  return tuple_layout(entry, is_memory64);
}

std::uint64_t flat_count(std::span<const Member> types) noexcept {
  std::uint64_t count = 0;
  for (const Member& member : types) count += member.type->flat;
  return count;
}

namespace {

CoreKind join(CoreKind a, CoreKind b) noexcept {
  if (a == b) return a;
  const auto is_32 = [](CoreKind kind) { return kind == CoreKind::i32 || kind == CoreKind::f32; };
  return is_32(a) && is_32(b) ? CoreKind::i32 : CoreKind::i64;
}

unsigned flatten_variant(const ValueType& type, bool is_memory64, CoreKind* types) noexcept {
  types[0] = CoreKind::i32;
  const CaseList cases{&type};
  unsigned used = 1;
  CoreKind flat[max_flat_params];
  for (std::uint32_t i = 0, n = type.kind == TypeKind::enum_ ? 0 : cases.size(); i < n; ++i) {
    const ValueType* payload = cases.payload(i);
    if (payload == nullptr) continue;
    const unsigned count = flatten_type(*payload, is_memory64, flat);
    for (unsigned k = 0; k < count; ++k) {
      if (k + 1 < used) {
        types[k + 1] = join(types[k + 1], flat[k]);
      } else {
        types[used++] = flat[k];
      }
    }
  }
  return used;
}

CoreKind flatten_primitive(Primitive primitive) noexcept {
  switch (primitive) {
    case Primitive::s64:
    case Primitive::u64: return CoreKind::i64;
    case Primitive::f32: return CoreKind::f32;
    case Primitive::f64: return CoreKind::f64;
    default: return CoreKind::i32;
  }
}

}  // namespace

unsigned flatten_type(const ValueType& type, bool is_memory64, CoreKind* types) noexcept {
  const CoreKind pointer = is_memory64 ? CoreKind::i64 : CoreKind::i32;
  switch (type.kind) {
    case TypeKind::primitive:
      if (type.primitive == Primitive::string) {
        types[0] = types[1] = pointer;
        return 2;
      }
      types[0] = flatten_primitive(type.primitive);
      return 1;
    case TypeKind::list:
    case TypeKind::map: types[0] = types[1] = pointer; return 2;
    case TypeKind::record:
    case TypeKind::tuple:
    case TypeKind::fixed_length_list: {
      unsigned used = 0;
      for (std::uint32_t i = 0, n = field_count(type); i < n; ++i) {
        used += flatten_type(field_type(type, i), is_memory64, types + used);
      }
      return used;
    }
    case TypeKind::variant:
    case TypeKind::enum_:
    case TypeKind::option:
    case TypeKind::result: return flatten_variant(type, is_memory64, types);
    default: types[0] = CoreKind::i32; return 1;
  }
}

}  // namespace tenon::component
