// The start section: one definition, without a count.
#include "binary/component/sections.hpp"

namespace tenon::component {

namespace {

Start read_start(Cursor& in, Reader& reader) {
  Start start;
  start.func = FuncIdx(in.u32());
  start.arguments = read_list<ValueIdx>(in, reader, limits::max_params, "arguments", 1,
                                        [](Cursor& at, Reader&) { return ValueIdx(at.u32()); });
  start.results = in.u32();
  return start;
}

}  // namespace

template <>
void read_payload<SectionId::start>(Cursor& in, Reader& reader) {
  const Definition definition = read_definition(in, reader, DefinitionKind::start, &Definition::start, read_start);
  if (in.ok()) add(reader, definition);
}

template <>
void write_payload<SectionId::start>(ByteWriter& out, std::span<const Definition> definitions) {
  for (const Definition& definition : definitions) {
    const Start& start = *definition.start;
    out.u32(start.func.value);
    write_list(out, start.arguments, [](ByteWriter& to, ValueIdx value) { to.u32(value.value); });
    out.u32(start.results);
  }
}

}  // namespace tenon::component
