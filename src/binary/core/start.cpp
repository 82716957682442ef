// The start section: one function index.
#include "binary/core/sections.hpp"

namespace tenon::core {

template <>
void read_payload<SectionId::start>(Cursor& in, SectionReader& reader) {
  reader.module.start_offset = in.offset();
  reader.module.start = FuncIdx(in.u32());
}

template <>
void write_payload<SectionId::start>(const SectionWriter& writer) {
  if (writer.module.start) writer.out.u32(writer.module.start->value);
}

}  // namespace tenon::core
