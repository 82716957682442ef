// The export section. Whether a sort can be exported is a question for validation.
#include "binary/component/sections.hpp"

namespace tenon::component {

namespace {

void write_export(ByteWriter& out, const Export& item) {
  write_extern_name(out, item.name);
  write_sort_idx(out, item.item);
  out.u8(item.type ? 1 : 0);
  if (item.type) write_extern_type(out, *item.type);
}

}  // namespace

Export read_export(Cursor& in, Reader& reader) {
  Export item;
  item.name = read_extern_name(in, reader);
  item.item = read_sort_idx(in, reader);
  if (read_presence(in, "optional component export type")) item.type = read_extern_type(in, reader);
  return item;
}

template <>
void read_payload<SectionId::export_>(Cursor& in, Reader& reader) {
  read_definitions(in, reader, DefinitionKind::export_, &Definition::export_, "exports", read_export);
}

template <>
void write_payload<SectionId::export_>(ByteWriter& out, std::span<const Definition> definitions) {
  write_definitions(out, definitions, &Definition::export_, write_export);
}

}  // namespace tenon::component
