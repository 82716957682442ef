// The start section: one function index.
#include "binary/core/sections.hpp"

namespace tenon::core {

void read_start_section(Cursor& in, SectionReader& reader) {
  reader.module.start_offset = in.offset();
  reader.module.start = FuncIdx(in.u32());
}

void write_start_section(const SectionWriter& writer) {
  if (writer.module.start) writer.out.u32(writer.module.start->value);
}

}  // namespace tenon::core
