// Custom sections: a name, and bytes that nobody looks at until someone asks.
#include "binary/core/sections.hpp"

namespace tenon::core {

template <>
void read_payload<SectionId::custom>(Cursor& in, SectionReader& reader) {
  reader.section->name = in.name();
  reader.section->offset = in.offset();
  reader.section->payload = in.bytes(in.remaining());
}

template <>
void write_payload<SectionId::custom>(const SectionWriter& writer) {
  writer.out.name(writer.section.name);
  writer.out.bytes(writer.section.payload);
}

}  // namespace tenon::core
