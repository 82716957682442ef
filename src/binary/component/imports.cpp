// The import section, and the types of imports and exports.
#include "binary/component/sections.hpp"

namespace tenon::component {

namespace {

constexpr std::uint8_t core_code = 0x00;
constexpr std::uint8_t eq_code = 0x00;
constexpr std::uint8_t other_bound_code = 0x01;  // a fresh resource, or a value of a type

// The sorts that have types, all but types and values by an index.
bool has_extern_type(Sort sort) { return !is_core(sort) || sort == Sort::core_module; }

Sort read_extern_sort(Cursor& in) {
  std::uint64_t start = in.offset();
  const std::uint8_t first = in.u8();
  std::uint8_t second = 0;
  if (first == core_code && in.ok()) {
    start = in.offset();
    second = in.u8();
  }
  const std::optional<Sort> sort = sort_of(first, second);
  if (sort && has_extern_type(*sort)) return *sort;
  fault_leading_byte(in, start, first == core_code ? second : first, "component external kind");
  return Sort::func;
}

void read_type_bound(Cursor& in, ExternType& type) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  if (code > other_bound_code) return fault_leading_byte(in, start, code, "type bound");
  type.type_bound = code == eq_code ? TypeBound::eq : TypeBound::sub_resource;
  if (code == eq_code) type.index = in.u32();
}

void read_value_bound(Cursor& in, Reader& reader, ExternType& type) {
  const std::uint64_t start = in.offset();
  const std::uint8_t code = in.u8();
  if (code > other_bound_code) return fault_leading_byte(in, start, code, "value bound");
  type.value_bound = code == eq_code ? ValueBound::eq : ValueBound::type;
  if (code == eq_code) {
    type.index = in.u32();
  } else {
    type.value_type = read_val_type(in, reader);
  }
}

}  // namespace

ExternType read_extern_type(Cursor& in, Reader& reader) {
  ExternType type;
  const std::uint64_t start = in.offset();
  type.sort = read_extern_sort(in);
  if (type.sort == Sort::type) {
    read_type_bound(in, type);
  } else if (type.sort == Sort::value) {
    require(in, reader, start, "the type of a value", Feature::component_values);
    read_value_bound(in, reader, type);
  } else {
    type.index = in.u32();
  }
  return type;
}

Import read_import(Cursor& in, Reader& reader) {
  Import import;
  import.name = read_extern_name(in, reader);
  import.type = read_extern_type(in, reader);
  return import;
}

void write_extern_type(ByteWriter& out, const ExternType& type) {
  write_sort(out, type.sort);
  if (type.sort == Sort::type) {
    out.u8(type.type_bound == TypeBound::eq ? eq_code : other_bound_code);
    if (type.type_bound == TypeBound::eq) out.u32(type.index);
  } else if (type.sort == Sort::value && type.value_bound == ValueBound::type) {
    out.u8(other_bound_code);
    write_val_type(out, type.value_type);
  } else {
    if (type.sort == Sort::value) out.u8(eq_code);
    out.u32(type.index);
  }
}

void write_import(ByteWriter& out, const Import& import) {
  write_extern_name(out, import.name);
  write_extern_type(out, import.type);
}

template <>
void read_payload<SectionId::import>(Cursor& in, Reader& reader) {
  read_definitions(in, reader, DefinitionKind::import, &Definition::import, "imports", read_import);
}

template <>
void write_payload<SectionId::import>(ByteWriter& out, std::span<const Definition> definitions) {
  write_definitions(out, definitions, &Definition::import, write_import);
}

}  // namespace tenon::component
