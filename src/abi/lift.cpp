#include "abi/lift.hpp"

#include <cmath>
#include <cstring>

#include "abi/layout.hpp"
#include "abi/strings.hpp"
#include "abi/traps.hpp"

namespace tenon::component {

namespace {

std::uint64_t sign_extend(std::uint64_t bits, unsigned width) noexcept {
  const unsigned unused = 64 - width;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(bits << unused) >> unused);
}

// The value of a primitive other than string and error-context from bits of which those of its width count.
Result<Val> lift_primitive(Primitive primitive, std::uint64_t bits) {
  switch (primitive) {
    case Primitive::bool_: return Val::boolean(bits != 0);
    case Primitive::s8: return Val::from_bits(ValKind::s8, sign_extend(bits, 8));
    case Primitive::u8: return Val::u8(static_cast<std::uint8_t>(bits));
    case Primitive::s16: return Val::from_bits(ValKind::s16, sign_extend(bits, 16));
    case Primitive::u16: return Val::u16(static_cast<std::uint16_t>(bits));
    case Primitive::s32: return Val::from_bits(ValKind::s32, sign_extend(bits, 32));
    case Primitive::u32: return Val::u32(static_cast<std::uint32_t>(bits));
    case Primitive::s64: return Val::from_bits(ValKind::s64, bits);
    case Primitive::u64: return Val::from_bits(ValKind::u64, bits);
    case Primitive::f32: return Val::from_bits(ValKind::f32, canonicalize_nan32(bits));
    case Primitive::f64: return Val::from_bits(ValKind::f64, canonicalize_nan64(bits));
    default: break;
  }
  auto value = check_char(bits);
  if (!value) return std::move(value).error();
  return Val::character(*value);
}

Result<Val> lift_handle(LiftLowerContext& cx, std::uint32_t index, const ValueType& type) {
  auto handle = cx.lift_handle(type, index);
  if (!handle) return std::move(handle).error();
  return Val::handle(std::move(*handle));
}

Val lift_flags(std::uint64_t bits, const ValueType& type) noexcept {
  return Val::flags(static_cast<std::uint32_t>(bits & ((std::uint64_t{1} << type.labels.size()) - 1)));
}

Result<void> spend(LiftLowerContext& cx, std::uint64_t count, std::uint64_t size) {
  if (count > cx.lift_budget / size) return trapped("fuel allocated for hostcalls has been exhausted");
  cx.lift_budget -= count * size;
  return {};
}

// What is no string at all is told first.
Result<Val> load_string(LiftLowerContext& cx, StringRange range) {
  auto text = load_string_from_range(cx, range);
  if (!text) return text;
  if (auto spent = spend(cx, text->string().size(), 1); !spent) return std::move(spent).error();
  return text;
}

Result<Val> load_list_from_range(LiftLowerContext& cx, std::uint64_t pointer, std::uint64_t length,
                                 const ValueType& element) {
  if (auto checked = check_list(cx, pointer, length, cx.layout(element)); !checked) return std::move(checked).error();
  return load_list_from_valid_range(cx, pointer, length, element);
}

// The entries of a map, as a list of records of two.
Result<Val> load_map_from_range(LiftLowerContext& cx, std::uint64_t pointer, std::uint64_t length,
                                const ValueType& map) {
  const Member members[2] = {{"key", map.second}, {"value", map.element}};
  const Layout entry = tuple_layout(members, cx.is_memory64);
  if (auto checked = check_list(cx, pointer, length, entry); !checked) return std::move(checked).error();
  if (auto spent = spend(cx, length, 5 * sizeof(Val)); !spent) return std::move(spent).error();
  const std::uint64_t value_offset = align_to(cx.layout(*map.second).size, cx.layout(*map.element).alignment);
  std::span<Val> items;
  Val list = Val::list_buffer(length, items);
  for (std::uint64_t i = 0; i < length; ++i) {
    const std::uint64_t at = pointer + i * entry.size;
    auto key = load(cx, at, *map.second);
    if (!key) return key;
    auto value = load(cx, at + value_offset, *map.element);
    if (!value) return value;
    const Val pair[2] = {std::move(*key), std::move(*value)};
    items[i] = Val::record(pair);
  }
  return list;
}

Result<Val> load_record(LiftLowerContext& cx, std::uint64_t pointer, const ValueType& type) {
  const std::uint32_t count = field_count(type);
  if (auto spent = spend(cx, count + 2, sizeof(Val)); !spent) return std::move(spent).error();
  std::span<Val> fields;
  Val record = Val::record_buffer(count, fields);
  for (std::uint32_t i = 0; i < count; ++i) {
    const ValueType& field = field_type(type, i);
    pointer = align_to(pointer, cx.layout(field).alignment);
    auto value = load(cx, pointer, field);
    if (!value) return value;
    fields[i] = std::move(*value);
    pointer += cx.layout(field).size;
  }
  return record;
}

Result<Val> load_variant(LiftLowerContext& cx, std::uint64_t pointer, const ValueType& type) {
  const CaseList cases{&type};
  auto index = check_case(type, load_int(cx, pointer, discriminant_size(cases.size())));
  if (!index) return std::move(index).error();
  const ValueType* payload = cases.payload(*index);
  if (payload == nullptr) return Val::variant(*index);
  if (auto spent = spend(cx, 3, sizeof(Val)); !spent) return std::move(spent).error();
  auto value = load(cx, pointer + payload_offset(type, cx.is_memory64), *payload);
  if (!value) return value;
  return Val::variant(*index, std::move(*value));
}

// Numbers and bools, as bytes.
Val load_packed(const LiftLowerContext& cx, std::uint64_t pointer, std::uint64_t length, Primitive primitive,
                std::uint64_t element_size) {
  std::span<std::uint8_t> bytes;
  Val list = Val::packed_buffer(kind_of(primitive), length * element_size, bytes);
  if (bytes.empty()) return list;
  std::memcpy(bytes.data(), cx.memory.data() + pointer, bytes.size());
  canonicalize(primitive, bytes);
  return list;
}

bool is_packable(const ValueType& type) noexcept {
  return type.kind == TypeKind::primitive && type.primitive >= Primitive::f64;
}

}  // namespace

void canonicalize(Primitive primitive, MutableBytes elements) noexcept {
  if (primitive == Primitive::bool_) {
    for (std::uint8_t& byte : elements) byte = byte != 0 ? 1 : 0;
  } else if (primitive == Primitive::f32) {
    for (std::size_t i = 0; i < elements.size(); i += 4) {
      store_le(&elements[i], static_cast<std::uint32_t>(canonicalize_nan32(load_le<std::uint32_t>(&elements[i]))));
    }
  } else if (primitive == Primitive::f64) {
    for (std::size_t i = 0; i < elements.size(); i += 8) {
      store_le(&elements[i], canonicalize_nan64(load_le<std::uint64_t>(&elements[i])));
    }
  }
}

std::uint64_t load_int(const LiftLowerContext& cx, std::uint64_t pointer, unsigned size) noexcept {
  const std::uint8_t* at = cx.memory.data() + pointer;
  switch (size) {
    case 1: return *at;
    case 2: return load_le<std::uint16_t>(at);
    case 4: return load_le<std::uint32_t>(at);
    default: return load_le<std::uint64_t>(at);
  }
}

Result<std::uint32_t> check_case(const ValueType& type, std::uint64_t discriminant) {
  const std::uint32_t count = CaseList{&type}.size();
  if (discriminant < count) [[likely]]
    return static_cast<std::uint32_t>(discriminant);
  return trapped("invalid variant discriminant: discriminant ", discriminant, " out of range [0..", count, ")");
}

Result<char32_t> check_char(std::uint64_t value) {
  const auto character = static_cast<char32_t>(value);
  if (character < 0xD800 || (character >= 0xE000 && character <= 0x10FFFF)) [[likely]]
    return character;
  return trapped("invalid `char` bit pattern: a Unicode scalar value was expected, found ",
                 Hex{static_cast<std::uint32_t>(value)});
}

Result<void> check_list(const LiftLowerContext& cx, std::uint64_t pointer, std::uint64_t length,
                        const Layout& element) {
  if (pointer % element.alignment != 0) {
    return trapped("unaligned pointer: list pointer is not aligned: a multiple of ", element.alignment,
                   " was expected, found ", pointer);
  }
  if (length > limits::max_list_bytes / element.size) {
    return trapped("list content out-of-bounds: list pointer/length out of bounds of memory: at most ",
                   limits::max_list_bytes, " bytes were expected, found ", length, " elements of ", element.size);
  }
  return check_range(cx, pointer, length * element.size, "list");
}

Result<void> check_tuple(const LiftLowerContext& cx, std::uint64_t pointer, const Layout& layout) {
  if (pointer % layout.alignment != 0) {
    return trapped("unaligned pointer: pointer not aligned: a multiple of ", layout.alignment, " was expected, found ",
                   pointer);
  }
  if (pointer > cx.memory.size() || layout.size > cx.memory.size() - pointer) {
    return trapped("pointer out of bounds of memory: out of bounds memory access: ", layout.size, " bytes at address ",
                   pointer, " of ", cx.memory.size());
  }
  return {};
}

Result<Val> load_list_from_valid_range(LiftLowerContext& cx, std::uint64_t pointer, std::uint64_t length,
                                       const ValueType& element) {
  const std::uint64_t size = cx.layout(element).size;
  if (is_packable(element)) {
    if (auto spent = spend(cx, length, size); !spent) return std::move(spent).error();
    return load_packed(cx, pointer, length, element.primitive, size);
  }
  if (auto spent = spend(cx, length, sizeof(Val)); !spent) return std::move(spent).error();
  std::span<Val> items;
  Val list = Val::list_buffer(length, items);
  for (std::uint64_t i = 0; i < length; ++i) {
    auto item = load(cx, pointer + i * size, element);
    if (!item) return item;
    items[i] = std::move(*item);
  }
  return list;
}

Result<Val> load(LiftLowerContext& cx, std::uint64_t pointer, const ValueType& type) {
  const unsigned word = cx.pointer_size();
  switch (type.kind) {
    case TypeKind::primitive:
      if (type.primitive == Primitive::string) {
        const StringRange range{load_int(cx, pointer, word), load_int(cx, pointer + word, word)};
        return load_string(cx, range);
      }
      if (type.primitive == Primitive::error_context) break;
      return lift_primitive(type.primitive, load_int(cx, pointer, cx.layout(type).size));
    case TypeKind::list:
      return load_list_from_range(cx, load_int(cx, pointer, word), load_int(cx, pointer + word, word), *type.element);
    case TypeKind::map:
      return load_map_from_range(cx, load_int(cx, pointer, word), load_int(cx, pointer + word, word), type);
    case TypeKind::fixed_length_list: return load_list_from_valid_range(cx, pointer, type.length, *type.element);
    case TypeKind::record:
    case TypeKind::tuple: return load_record(cx, pointer, type);
    case TypeKind::variant:
    case TypeKind::enum_:
    case TypeKind::option:
    case TypeKind::result: return load_variant(cx, pointer, type);
    case TypeKind::flags: return lift_flags(load_int(cx, pointer, cx.layout(type).size), type);
    default: break;
  }
  return lift_handle(cx, static_cast<std::uint32_t>(load_int(cx, pointer, 4)), type);
}

namespace {

std::uint64_t as_pointer(const LiftLowerContext& cx, std::uint64_t slot) noexcept {
  return cx.is_memory64 ? slot : static_cast<std::uint32_t>(slot);
}

Result<Val> lift_flat_record(LiftLowerContext& cx, const std::uint64_t*& flat, const ValueType& type) {
  const std::uint32_t count = field_count(type);
  std::span<Val> fields;
  const bool is_list = type.kind == TypeKind::fixed_length_list;
  Val record = is_list ? Val::list_buffer(count, fields) : Val::record_buffer(count, fields);
  for (std::uint32_t i = 0; i < count; ++i) {
    auto value = lift_flat(cx, flat, field_type(type, i));
    if (!value) return value;
    fields[i] = std::move(*value);
  }
  return record;
}

Result<Val> lift_flat_variant(LiftLowerContext& cx, const std::uint64_t*& flat, const ValueType& type) {
  const std::uint64_t* payload_at = flat + 1;
  auto index = check_case(type, static_cast<std::uint32_t>(*flat));
  if (!index) return std::move(index).error();
  flat += type.flat;
  const ValueType* payload = CaseList{&type}.payload(*index);
  if (payload == nullptr) return Val::variant(*index);
  auto value = lift_flat(cx, payload_at, *payload);
  if (!value) return value;
  return Val::variant(*index, std::move(*value));
}

}  // namespace

Result<Val> lift_flat(LiftLowerContext& cx, const std::uint64_t*& flat, const ValueType& type) {
  switch (type.kind) {
    case TypeKind::primitive:
      if (type.primitive == Primitive::string) {
        const StringRange range{as_pointer(cx, flat[0]), as_pointer(cx, flat[1])};
        flat += 2;
        return load_string(cx, range);
      }
      if (type.primitive == Primitive::error_context) break;
      if (type.primitive == Primitive::bool_) return Val::boolean(static_cast<std::uint32_t>(*flat++) != 0);
      return lift_primitive(type.primitive, *flat++);
    case TypeKind::list:
    case TypeKind::map: {
      const std::uint64_t pointer = as_pointer(cx, flat[0]);
      const std::uint64_t length = as_pointer(cx, flat[1]);
      flat += 2;
      if (type.kind == TypeKind::map) return load_map_from_range(cx, pointer, length, type);
      return load_list_from_range(cx, pointer, length, *type.element);
    }
    case TypeKind::fixed_length_list:
    case TypeKind::record:
    case TypeKind::tuple: return lift_flat_record(cx, flat, type);
    case TypeKind::variant:
    case TypeKind::enum_:
    case TypeKind::option:
    case TypeKind::result: return lift_flat_variant(cx, flat, type);
    case TypeKind::flags: return lift_flags(static_cast<std::uint32_t>(*flat++), type);
    default: break;
  }
  return lift_handle(cx, static_cast<std::uint32_t>(*flat++), type);
}

Result<void> lift_flat_values(LiftLowerContext& cx, unsigned max_flat, std::span<const std::uint64_t> flat,
                              std::span<const Member> types, std::span<Val> values) {
  if (flat_count(types) > max_flat) {
    std::uint64_t pointer = as_pointer(cx, flat[0]);
    if (auto checked = check_tuple(cx, pointer, tuple_layout(types, cx.is_memory64)); !checked) {
      return in_member(std::move(checked).error(), types[0], types.size() == 1);
    }
    for (std::size_t i = 0; i < types.size(); ++i) {
      const Layout& layout = cx.layout(*types[i].type);
      pointer = align_to(pointer, layout.alignment);
      auto value = load(cx, pointer, *types[i].type);
      if (!value) return in_member(std::move(value).error(), types[i]);
      values[i] = std::move(*value);
      pointer += layout.size;
    }
    return {};
  }
  const std::uint64_t* at = flat.data();
  for (std::size_t i = 0; i < types.size(); ++i) {
    auto value = lift_flat(cx, at, *types[i].type);
    if (!value) return in_member(std::move(value).error(), types[i]);
    values[i] = std::move(*value);
  }
  return {};
}

}  // namespace tenon::component
