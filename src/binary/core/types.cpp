// Value types, heap types and the type section.
//
// All one-byte types share the range 0x40 to 0x7F, the one-byte negative numbers of signed LEB128, so that a type index
// (not negative) can stand in the same place. One table, made from valtypes.def, says what each byte is.
#include "binary/core/types.hpp"

#include <algorithm>
#include <array>

#include "binary/core/needs_feature.hpp"

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

}  // namespace tenon::core
