// Value types, heap types and the type section.
//
// All one-byte types share the range 0x40 to 0x7F, the one-byte negative numbers of signed LEB128, so that a type index
// (not negative) can stand in the same place. One table, made from valtypes.def, says what each byte is.
#include "binary/core/types.hpp"

#include <algorithm>
#include <array>

#include "binary/core/sections.hpp"
#include "spec/needs_feature.hpp"

namespace tenon::core {

namespace {

enum class CodeKind : std::uint8_t { unknown, number, packed, heap };

struct TypeCode {
  CodeKind kind = CodeKind::unknown;
  Feature feature = Feature::mvp;
  std::string_view text;
};

constexpr std::array<TypeCode, 128> type_codes = [] {
  std::array<TypeCode, 128> codes{};
#define TENON_NUMBER_TYPE(name, code, text, feature) codes[code] = {CodeKind::number, Feature::feature, text};
#define TENON_PACKED_TYPE(name, code, text) codes[code] = {CodeKind::packed, Feature::gc, text};
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) \
  codes[code] = {CodeKind::heap, Feature::feature, text};
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
  return codes;
}();

constexpr std::uint32_t last_type_index = (1U << 23) - 1;  // that a HeapType can hold; the limit on types is below it

void fault_code(Cursor& in, std::uint64_t offset, std::string_view what, std::uint8_t code) {
  if (code >= 0x80) {
    in.fault(ErrorKind::malformed, offset, "integer representation too long: ", what,
             " begins with one byte of 7 bits");
  } else {
    in.fault(ErrorKind::malformed, offset, "malformed ", what, ": ", Hex{code}, " is none");
  }
}

void require(Cursor& in, std::uint64_t offset, std::string_view what, Features features, std::string_view type,
             Feature feature) {
  if (features.has(feature)) return;
  in.fault(ErrorKind::malformed, offset, "malformed ", what, ": ", NeedsFeature{type, feature});
}

bool is_type_index(std::uint8_t first_byte) { return (first_byte & 0xC0) != 0x40; }

// A type in a place that `what` names, its first byte being `code`; the numbers and vectors are done with.
ValType read_reference(Cursor& in, Features features, std::string_view what) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  if (!in.ok()) return {};
  const bool is_long = code == static_cast<std::uint8_t>(ValType::Kind::ref) ||
                       code == static_cast<std::uint8_t>(ValType::Kind::ref_null);
  if (is_long) {
    if (!features.has(Feature::gc)) require(in, start, what, features, "(ref ...)", Feature::function_references);
    return ValType::ref(read_heap_type(in, features), code == static_cast<std::uint8_t>(ValType::Kind::ref_null));
  }
  if (code >= 0x80 || type_codes[code].kind != CodeKind::heap) return fault_code(in, start, what, code), ValType{};
  require(in, start, what, features, type_codes[code].text, type_codes[code].feature);
  return ValType::ref(static_cast<AbstractHeapType>(code), true);
}

}  // namespace

ValType read_val_type(Cursor& in, Features features) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.peek();
  if (code < 0x80 && type_codes[code].kind == CodeKind::number) [[likely]] {
    in.u8();
    if (code == static_cast<std::uint8_t>(ValType::Kind::v128)) {
      require(in, start, "value type", features, type_codes[code].text, type_codes[code].feature);
    }
    return static_cast<ValType::Kind>(code);
  }
  const ValType type = read_reference(in, features, "value type");
  require(in, start, "value type", features, "a reference", Feature::reference_types);
  return type;
}

ValType read_ref_type(Cursor& in, Features features) { return read_reference(in, features, "reference type"); }

HeapType read_heap_type(Cursor& in, Features features) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.peek();
  if (!is_type_index(code)) {
    in.u8();
    if (type_codes[code].kind != CodeKind::heap) return fault_code(in, start, "heap type", code), HeapType{};
    require(in, start, "heap type", features, type_codes[code].text, type_codes[code].feature);
    return static_cast<AbstractHeapType>(code);
  }
  const std::int64_t index = in.s33();
  if (index < 0) in.fault(ErrorKind::malformed, start, "malformed heap type: a negative type index");
  if (!features.has(Feature::gc)) {
    require(in, start, "heap type", features, "a type index", Feature::function_references);
  }
  // No module has so many types: an index beyond is as unknown as the last one that can be told apart.
  return TypeIdx(static_cast<std::uint32_t>(std::clamp<std::int64_t>(index, 0, last_type_index)));
}

BlockType read_block_type(Cursor& in, Features features) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.peek();
  BlockType type;
  if (code == empty_block_code) {
    in.u8();
  } else if (!is_type_index(code)) {
    type.kind = BlockType::Kind::value;
    type.value = read_val_type(in, features);
  } else {
    const std::int64_t index = in.s33();
    if (index < 0) in.fault(ErrorKind::malformed, start, "malformed block type: a negative type index");
    require(in, start, "block type", features, "a type index", Feature::multi_value);
    type.kind = BlockType::Kind::type;
    type.type = TypeIdx(static_cast<std::uint32_t>(index));
  }
  return type;
}

void write_val_type(ByteWriter& out, ValType type) {
  if (type.is_ref() && (type.heap().is_concrete() || !type.is_nullable())) {
    out.u8(static_cast<std::uint8_t>(type.kind()));
    write_heap_type(out, type.heap());
  } else if (type.is_ref()) {
    out.u8(static_cast<std::uint8_t>(type.heap().abstract()));
  } else {
    out.u8(static_cast<std::uint8_t>(type.kind()));
  }
}

void write_heap_type(ByteWriter& out, HeapType type) {
  if (type.is_concrete()) {
    out.s33(type.index().value);
  } else {
    out.u8(static_cast<std::uint8_t>(type.abstract()));
  }
}

void write_block_type(ByteWriter& out, const BlockType& type) {
  switch (type.kind) {
    case BlockType::Kind::empty: return out.u8(empty_block_code);
    case BlockType::Kind::value: return write_val_type(out, type.value);
    case BlockType::Kind::type: return out.s33(type.type.value);
  }
}

namespace {

constexpr std::uint8_t sub_final_code = 0x4F;
constexpr std::uint8_t array_code = 0x5E;
constexpr std::uint8_t struct_code = 0x5F;
constexpr std::uint8_t func_code = 0x60;

std::span<const ValType> read_result_type(Cursor& in, Arena& arena, Features features, std::uint32_t limit,
                                          std::string_view what) {
  const std::uint32_t count = in.count(limit, what);
  const std::span<ValType> types = arena.make_array<ValType>(count);
  for (ValType& type : types) type = read_val_type(in, features);
  return types;
}

FuncType read_func_type(Cursor& in, Arena& arena, Features features) {
  FuncType type;
  type.params = read_result_type(in, arena, features, limits::max_params, "parameters");
  const std::uint64_t start = in.offset();
  type.results = read_result_type(in, arena, features, limits::max_results, "results");
  if (type.results.size() > 1) {
    require(in, start, "function type", features, "more than one result", Feature::multi_value);
  }
  return type;
}

FieldType read_field_type(Cursor& in, Features features) {
  FieldType field;
  const std::uint8_t code = in.peek();
  if (code < 0x80 && type_codes[code].kind == CodeKind::packed) {
    in.u8();
    field.storage = static_cast<ValType::Kind>(code);
  } else {
    field.storage = read_val_type(in, features);
  }
  field.is_mutable = read_mutability(in);
  return field;
}

std::span<const FieldType> read_fields(Cursor& in, Arena& arena, Features features, std::uint32_t count) {
  const std::span<FieldType> fields = arena.make_array<FieldType>(count);
  for (FieldType& field : fields) field = read_field_type(in, features);
  return fields;
}

void read_composite_type(Cursor& in, Arena& arena, Features features, SubType& type) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  switch (code) {
    case func_code: type.func = read_func_type(in, arena, features); return;
    case struct_code:
      require(in, start, "definition type", features, "struct", Feature::gc);
      type.kind = CompositeKind::struct_;
      type.fields = read_fields(in, arena, features, in.count(limits::max_struct_fields, "fields", 2));
      return;
    case array_code:
      require(in, start, "definition type", features, "array", Feature::gc);
      type.kind = CompositeKind::array;
      type.fields = read_fields(in, arena, features, 1);
      return;
    default: fault_code(in, start, "definition type", code);
  }
}

}  // namespace

SubType read_sub_type(Cursor& in, Arena& arena, Features features) {
  const std::uint64_t start = in.offset();
  SubType type;
  const std::uint8_t code = in.peek();
  if (code == sub_code || code == sub_final_code) {
    require(in, start, "definition type", features, "sub", Feature::gc);
    in.u8();
    type.is_shorthand = false;
    type.is_final = code == sub_final_code;
    const std::uint32_t count = in.count(limits::max_types, "supertypes");
    const std::span<TypeIdx> supertypes = arena.make_array<TypeIdx>(count);
    for (TypeIdx& supertype : supertypes) supertype = TypeIdx(in.u32());
    type.supertypes = supertypes;
  }
  read_composite_type(in, arena, features, type);
  return type;
}

namespace {

void read_rec_type(Cursor& in, SectionReader& reader) {
  Module& module = reader.module;
  const std::uint64_t start = in.offset();
  RecGroup group{.first = module.types.next_index(), .size = 1, .is_explicit = in.peek() == rec_code};
  if (group.is_explicit) {
    require(in, start, "definition type", reader.features, "rec", Feature::gc);
    in.u8();
    group.size = in.count(limits::max_rec_group_size, "types in a recursive group", 2);
  }
  if (module.types.size() + group.size > limits::max_types) {
    in.fault(ErrorKind::exhausted, start, "too many types: the limit is ", limits::max_types);
  }
  for (std::uint32_t i = 0; i < group.size && in.ok(); ++i) {
    module.types.push_back(module.arena, read_sub_type(in, module.arena, reader.features));
  }
  module.rec_groups.push_back(module.arena, group);
}

void write_result_type(ByteWriter& out, std::span<const ValType> types) {
  out.u32(static_cast<std::uint32_t>(types.size()));
  for (const ValType type : types) write_val_type(out, type);
}

void write_field_type(ByteWriter& out, FieldType field) {
  write_val_type(out, field.storage);
  out.u8(field.is_mutable ? 1 : 0);
}

}  // namespace

void write_sub_type(ByteWriter& out, const SubType& type) {
  if (!type.is_shorthand || !type.is_final || !type.supertypes.empty()) {
    out.u8(type.is_final ? sub_final_code : sub_code);
    out.u32(static_cast<std::uint32_t>(type.supertypes.size()));
    for (const TypeIdx supertype : type.supertypes) out.u32(supertype.value);
  }
  switch (type.kind) {
    case CompositeKind::func:
      out.u8(func_code);
      write_result_type(out, type.func.params);
      return write_result_type(out, type.func.results);
    case CompositeKind::struct_:
      out.u8(struct_code);
      out.u32(static_cast<std::uint32_t>(type.fields.size()));
      for (const FieldType& field : type.fields) write_field_type(out, field);
      return;
    case CompositeKind::array: out.u8(array_code); return write_field_type(out, type.fields[0]);
  }
}

template <>
void read_payload<SectionId::type>(Cursor& in, SectionReader& reader) {
  const std::uint32_t count = in.count(limits::max_types, "types", 2);
  reader.module.types.reserve(reader.module.arena, count);
  reader.module.rec_groups.reserve(reader.module.arena, count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) read_rec_type(in, reader);
}

template <>
void write_payload<SectionId::type>(const SectionWriter& writer) {
  const Module& module = writer.module;
  if (module.rec_groups.empty()) return;
  writer.out.u32(static_cast<std::uint32_t>(module.rec_groups.size()));
  for (const RecGroup& group : module.rec_groups) {
    if (group.is_explicit || group.size != 1) {
      writer.out.u8(rec_code);
      writer.out.u32(group.size);
    }
    for (std::uint32_t i = 0; i < group.size; ++i)
      write_sub_type(writer.out, module.types[TypeIdx(group.first.value + i)]);
  }
}

}  // namespace tenon::core
