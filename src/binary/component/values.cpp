// The value section. A value's bytes can be understood only with its type, so that they are left to validation.
#include "binary/component/sections.hpp"

namespace tenon::component {

namespace {

void write_value(ByteWriter& out, const Value& value) {
  write_val_type(out, value.type);
  out.sized(value.bytes);
}

}  // namespace

Value read_value(Cursor& in, Reader& reader) {
  Value value;
  value.type = read_val_type(in, reader);
  value.bytes = in.bytes(in.length("a value"));
  return value;
}

template <>
void read_payload<SectionId::value>(Cursor& in, Reader& reader) {
  read_definitions(in, reader, DefinitionKind::value, &Definition::value, "values", read_value);
}

template <>
void write_payload<SectionId::value>(ByteWriter& out, std::span<const Definition> definitions) {
  write_definitions(out, definitions, &Definition::value, write_value);
}

}  // namespace tenon::component
