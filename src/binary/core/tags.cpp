// The tag section: the types of exceptions.
#include "binary/core/sections.hpp"
#include "spec/limits.hpp"

namespace tenon::core {

TagType read_tag_type(Cursor& in) {
  const std::uint64_t start = in.offset();
  const std::uint8_t attribute = in.u8();
  if (attribute != 0) in.fault(ErrorKind::malformed, start, "zero byte expected, found ", Hex{attribute});
  return {.type = TypeIdx(in.u32())};
}

void write_tag_type(ByteWriter& out, TagType type) {
  out.u8(0);
  out.u32(type.type.value);
}

template <>
void read_payload<SectionId::tag>(Cursor& in, SectionReader& reader) {
  Module& module = reader.module;
  const std::uint32_t count = in.count(limits::max_tags, "tags");
  module.tags.reserve(module.arena, module.tags.size() + count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) module.tags.push_back(module.arena, read_tag_type(in));
}

template <>
void write_payload<SectionId::tag>(const SectionWriter& writer) {
  const Module& module = writer.module;
  if (module.tags.size() == module.imported_tags) return;
  writer.out.u32(static_cast<std::uint32_t>(module.tags.size() - module.imported_tags));
  for (const TagType type : module.tags.span().subspan(module.imported_tags)) write_tag_type(writer.out, type);
}

}  // namespace tenon::core
