#include "abi/lower.hpp"

#include <algorithm>
#include <cstring>

#include "abi/layout.hpp"
#include "abi/lift.hpp"
#include "abi/traps.hpp"
#include "base/utf8.hpp"

namespace tenon::component {

namespace {

constexpr std::string_view kind_names[] = {"bool",   "s8",   "u8",     "s16",     "u16",   "s32",
                                           "u32",    "s64",  "u64",    "f32",     "f64",   "char",
                                           "string", "list", "record", "variant", "flags", "handle"};

std::string_view name_of(const ValueType& type) noexcept {
  return type.kind == TypeKind::primitive ? keyword_of(type.primitive) : keyword_of(type.kind);
}

Error mismatch(const ValueType& type, const Val& value) {
  return fail(ErrorKind::usage, {}, "type mismatch: expected a value of type ", name_of(type), ", found ",
              kind_names[static_cast<std::size_t>(value.kind())]);
}

// The core value of a primitive that is one: integers below 64 bits as i32.
Result<std::uint64_t> lower_primitive(const Val& value, const ValueType& type) {
  if (value.kind() != kind_of(type.primitive)) return mismatch(type, value);
  const std::uint64_t bits = value.bits();
  switch (type.primitive) {
    case Primitive::bool_: return bits != 0 ? 1 : 0;
    case Primitive::s8: return static_cast<std::uint32_t>(static_cast<std::int8_t>(bits));
    case Primitive::u8: return static_cast<std::uint8_t>(bits);
    case Primitive::s16: return static_cast<std::uint32_t>(static_cast<std::int16_t>(bits));
    case Primitive::u16: return static_cast<std::uint16_t>(bits);
    case Primitive::s32:
    case Primitive::u32: return static_cast<std::uint32_t>(bits);
    case Primitive::f32: return canonicalize_nan32(bits);
    case Primitive::f64: return canonicalize_nan64(bits);
    case Primitive::char_:
      if (!is_scalar_value(value.character())) {
        return fail(ErrorKind::usage, {}, "a Unicode scalar value was expected, found ", Hex{bits});
      }
      return bits;
    default: return bits;
  }
}

Result<std::uint64_t> lower_flags(const Val& value, const ValueType& type) {
  if (value.kind() != ValKind::flags) return mismatch(type, value);
  if (value.bits() >> type.labels.size() != 0) {
    return fail(ErrorKind::usage, {}, "flags with ", type.labels.size(), " labels were expected, found ",
                Hex{value.bits()});
  }
  return value.bits();
}

Result<std::uint64_t> lower_handle(LiftLowerContext& cx, const Val& value, const ValueType& type) {
  if (value.kind() != ValKind::handle) return mismatch(type, value);
  auto index = cx.lower_handle(type, value.handle());
  if (!index) return std::move(index).error();
  return std::uint64_t{*index};
}

Result<StringRange> store_string(LiftLowerContext& cx, const Val& value, const ValueType& type) {
  if (value.kind() != ValKind::string) return mismatch(type, value);
  return store_text(cx, value.string());
}

Result<void> store_list_into_valid_range(LiftLowerContext& cx, const Val& value, const ValueType& element,
                                         std::uint64_t pointer) {
  const std::uint64_t size = cx.layout(element).size;
  if (value.is_packed() && element.kind == TypeKind::primitive && kind_of(element.primitive) == value.packed_kind()) {
    const std::span<const std::uint8_t> bytes = value.packed_bytes();
    if (bytes.size() != value.size() * size) {
      return fail(ErrorKind::usage, {}, "a list of elements of ", size, " bytes was expected, found ", bytes.size(),
                  " bytes");
    }
    if (bytes.empty()) return {};
    std::memcpy(cx.memory.data() + pointer, bytes.data(), bytes.size());
    canonicalize(element.primitive, cx.memory.subspan(pointer, bytes.size()));
    return {};
  }
  for (std::size_t i = 0, n = value.size(); i < n; ++i) {
    if (auto stored = store(cx, value[i], element, pointer + i * size); !stored) return stored;
  }
  return {};
}

Result<void> store_map_into_valid_range(LiftLowerContext& cx, const Val& value, const ValueType& map,
                                        std::uint64_t pointer, std::uint64_t entry_size) {
  const std::uint64_t value_offset = align_to(cx.layout(*map.second).size, cx.layout(*map.element).alignment);
  for (const Val& entry : value.items()) {
    if (entry.kind() != ValKind::record || entry.fields().size() != 2) return mismatch(map, entry);
    if (auto stored = store(cx, entry.fields()[0], *map.second, pointer); !stored) return stored;
    if (auto stored = store(cx, entry.fields()[1], *map.element, pointer + value_offset); !stored) return stored;
    pointer += entry_size;
  }
  return {};
}

// Lists and maps: gives where the elements are.
Result<std::uint64_t> store_list_into_range(LiftLowerContext& cx, const Val& value, const ValueType& type) {
  if (value.kind() != ValKind::list) return mismatch(type, value);
  const bool is_map = type.kind == TypeKind::map;
  if (is_map && value.is_packed()) return mismatch(type, value);
  Layout layout;
  if (is_map) {
    const Member members[2] = {{"key", type.second}, {"value", type.element}};
    layout = tuple_layout(members, cx.is_memory64);
  } else {
    layout = cx.layout(*type.element);
  }
  if (value.size() > limits::max_list_bytes / layout.size) {
    return fail(ErrorKind::usage, {}, "list content out-of-bounds: at most ", limits::max_list_bytes,
                " bytes were expected, found ", value.size(), " elements of ", layout.size);
  }
  auto pointer = reallocate(cx, 0, 0, layout.alignment, value.size() * layout.size, "list");
  if (!pointer) return pointer;
  auto stored = is_map ? store_map_into_valid_range(cx, value, type, *pointer, layout.size)
                       : store_list_into_valid_range(cx, value, *type.element, *pointer);
  if (!stored) return std::move(stored).error();
  return pointer;
}

Result<void> check_record(const Val& value, const ValueType& type) {
  const bool is_list = type.kind == TypeKind::fixed_length_list;
  if (value.kind() != (is_list ? ValKind::list : ValKind::record)) return mismatch(type, value);
  const std::size_t found = is_list ? value.size() : value.fields().size();
  if (found == field_count(type)) return {};
  return fail(ErrorKind::usage, {}, "type mismatch: expected a ", name_of(type), " of ", field_count(type),
              ", found one of ", found);
}

Result<void> store_record(LiftLowerContext& cx, const Val& value, const ValueType& type, std::uint64_t pointer) {
  if (auto checked = check_record(value, type); !checked) return checked;
  if (type.kind == TypeKind::fixed_length_list) return store_list_into_valid_range(cx, value, *type.element, pointer);
  for (std::uint32_t i = 0, n = field_count(type); i < n; ++i) {
    const ValueType& field = field_type(type, i);
    pointer = align_to(pointer, cx.layout(field).alignment);
    if (auto stored = store(cx, value.fields()[i], field, pointer); !stored) return stored;
    pointer += cx.layout(field).size;
  }
  return {};
}

// Whether the case is one of the type, with a payload where it has one.
Result<const ValueType*> match_case(const Val& value, const ValueType& type) {
  if (value.kind() != ValKind::variant) return mismatch(type, value);
  const CaseList cases{&type};
  if (value.index() >= cases.size()) {
    return fail(ErrorKind::usage, {}, "type mismatch: expected a case below ", cases.size(), ", found ", value.index());
  }
  const ValueType* payload = cases.payload(value.index());
  if ((payload != nullptr) == value.has_payload()) return payload;
  return fail(ErrorKind::usage, {}, "type mismatch: expected case ", value.index(), " of a ", name_of(type),
              payload != nullptr ? " with" : " without", " a payload");
}

Result<void> store_variant(LiftLowerContext& cx, const Val& value, const ValueType& type, std::uint64_t pointer) {
  auto payload = match_case(value, type);
  if (!payload) return std::move(payload).error();
  store_int(cx, value.index(), pointer, discriminant_size(CaseList{&type}.size()));
  if (*payload == nullptr) return {};
  return store(cx, value.payload(), **payload, pointer + payload_offset(type, cx.is_memory64));
}

Result<void> store_range(LiftLowerContext& cx, std::uint64_t begin, std::uint64_t length, std::uint64_t pointer) {
  store_int(cx, begin, pointer, cx.pointer_size());
  store_int(cx, length, pointer + cx.pointer_size(), cx.pointer_size());
  return {};
}

Result<void> store_word(LiftLowerContext& cx, Result<std::uint64_t> word, const ValueType& type,
                        std::uint64_t pointer) {
  if (!word) return std::move(word).error();
  store_int(cx, *word, pointer, cx.layout(type).size);
  return {};
}

}  // namespace

Result<StringRange> store_text(LiftLowerContext& cx, std::string_view text) {
  if (!is_utf8(text)) return fail(ErrorKind::usage, {}, "a string of UTF-8 was expected, found other bytes");
  if (text.size() > limits::max_string_bytes) {
    return fail(ErrorKind::usage, {}, "string content out-of-bounds: at most ", limits::max_string_bytes,
                " bytes were expected, found ", text.size());
  }
  return store_string_into_range(cx, StringView::of(text));
}

void store_int(MutableBytes memory, std::uint64_t value, std::uint64_t pointer, unsigned size) noexcept {
  std::uint8_t* to = memory.data() + pointer;
  switch (size) {
    case 1: *to = static_cast<std::uint8_t>(value); return;
    case 2: store_le(to, static_cast<std::uint16_t>(value)); return;
    case 4: store_le(to, static_cast<std::uint32_t>(value)); return;
    default: store_le(to, value); return;
  }
}

Result<void> store(LiftLowerContext& cx, const Val& value, const ValueType& type, std::uint64_t pointer) {
  switch (type.kind) {
    case TypeKind::primitive:
      if (type.primitive == Primitive::string) {
        auto range = store_string(cx, value, type);
        if (!range) return std::move(range).error();
        return store_range(cx, range->pointer, range->tagged_code_units, pointer);
      }
      if (type.primitive == Primitive::error_context) break;
      return store_word(cx, lower_primitive(value, type), type, pointer);
    case TypeKind::list:
    case TypeKind::map: {
      auto begin = store_list_into_range(cx, value, type);
      if (!begin) return std::move(begin).error();
      return store_range(cx, *begin, value.size(), pointer);
    }
    case TypeKind::fixed_length_list:
    case TypeKind::record:
    case TypeKind::tuple: return store_record(cx, value, type, pointer);
    case TypeKind::variant:
    case TypeKind::enum_:
    case TypeKind::option:
    case TypeKind::result: return store_variant(cx, value, type, pointer);
    case TypeKind::flags: return store_word(cx, lower_flags(value, type), type, pointer);
    default: break;
  }
  return store_word(cx, lower_handle(cx, value, type), type, pointer);
}

namespace {

Result<void> lower_flat_word(Result<std::uint64_t> word, std::uint64_t*& flat) {
  if (!word) return std::move(word).error();
  *flat++ = *word;
  return {};
}

Result<void> lower_flat_variant(LiftLowerContext& cx, const Val& value, const ValueType& type, std::uint64_t*& flat) {
  auto payload = match_case(value, type);
  if (!payload) return std::move(payload).error();
  std::uint64_t* const end = flat + type.flat;
  *flat++ = value.index();
  if (*payload != nullptr) {
    if (auto lowered = lower_flat(cx, value.payload(), **payload, flat); !lowered) return lowered;
  }
  std::fill(flat, end, 0);
  flat = end;
  return {};
}

Result<void> lower_flat_record(LiftLowerContext& cx, const Val& value, const ValueType& type, std::uint64_t*& flat) {
  if (auto checked = check_record(value, type); !checked) return checked;
  const bool is_list = type.kind == TypeKind::fixed_length_list;
  for (std::uint32_t i = 0, n = field_count(type); i < n; ++i) {
    auto lowered = is_list ? lower_flat(cx, value[i], *type.element, flat)
                           : lower_flat(cx, value.fields()[i], field_type(type, i), flat);
    if (!lowered) return lowered;
  }
  return {};
}

}  // namespace

Result<void> lower_flat(LiftLowerContext& cx, const Val& value, const ValueType& type, std::uint64_t*& flat) {
  switch (type.kind) {
    case TypeKind::primitive:
      if (type.primitive == Primitive::string) {
        auto range = store_string(cx, value, type);
        if (!range) return std::move(range).error();
        *flat++ = range->pointer;
        *flat++ = range->tagged_code_units;
        return {};
      }
      if (type.primitive == Primitive::error_context) break;
      return lower_flat_word(lower_primitive(value, type), flat);
    case TypeKind::list:
    case TypeKind::map: {
      auto begin = store_list_into_range(cx, value, type);
      if (!begin) return std::move(begin).error();
      *flat++ = *begin;
      *flat++ = value.size();
      return {};
    }
    case TypeKind::fixed_length_list:
    case TypeKind::record:
    case TypeKind::tuple: return lower_flat_record(cx, value, type, flat);
    case TypeKind::variant:
    case TypeKind::enum_:
    case TypeKind::option:
    case TypeKind::result: return lower_flat_variant(cx, value, type, flat);
    case TypeKind::flags: return lower_flat_word(lower_flags(value, type), flat);
    default: break;
  }
  return lower_flat_word(lower_handle(cx, value, type), flat);
}

Result<std::uint64_t> place_tuple(LiftLowerContext& cx, const Layout& layout,
                                  std::optional<std::uint64_t> out_pointer) {
  if (!out_pointer) return reallocate(cx, 0, 0, layout.alignment, layout.size, "list");
  if (auto checked = check_tuple(cx, *out_pointer, layout); !checked) return std::move(checked).error();
  return *out_pointer;
}

Result<unsigned> lower_flat_values(LiftLowerContext& cx, unsigned max_flat, std::span<const Val> values,
                                   std::span<const Member> types, std::uint64_t* flat,
                                   std::optional<std::uint64_t> out_pointer) {
  if (values.size() != types.size()) {
    return fail(ErrorKind::usage, {}, "expected ", types.size(), " values, found ", values.size());
  }
  if (flat_count(types) > max_flat) {
    auto placed = place_tuple(cx, tuple_layout(types, cx.is_memory64), out_pointer);
    if (!placed) return in_member(std::move(placed).error(), types[0], types.size() == 1);
    std::uint64_t pointer = *placed;
    for (std::size_t i = 0; i < types.size(); ++i) {
      const Layout& layout = cx.layout(*types[i].type);
      pointer = align_to(pointer, layout.alignment);
      auto stored = store(cx, values[i], *types[i].type, pointer);
      if (!stored) return in_member(std::move(stored).error(), types[i]);
      pointer += layout.size;
    }
    if (out_pointer) return 0U;
    *flat = *placed;
    return 1U;
  }
  std::uint64_t* at = flat;
  for (std::size_t i = 0; i < types.size(); ++i) {
    auto lowered = lower_flat(cx, values[i], *types[i].type, at);
    if (!lowered) return in_member(std::move(lowered).error(), types[i]);
  }
  return static_cast<unsigned>(at - flat);
}

}  // namespace tenon::component
