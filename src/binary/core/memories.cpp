// Memory types and the memory section.
#include "binary/core/sections.hpp"
#include "spec/limits.hpp"

namespace tenon::core {

MemoryType read_memory_type(Cursor& in, Features features) {
  MemoryType type;
  const std::uint64_t start = in.offset();
  const std::uint8_t flags = in.u8();
  type.limits = read_limits(in, flags, LimitFlags::of_memories, start, features);
  type.has_page_size = (flags & limit_has_page_size) != 0;
  if (type.has_page_size) {
    const std::uint64_t page_size_offset = in.offset();
    type.page_size_log2 = in.u32();
    // What is 2 to the 64 or more is no number at all; which smaller sizes there are is for validation to say.
    if (type.page_size_log2 >= 64) {
      in.fault(ErrorKind::malformed, page_size_offset, "invalid custom page size: 2 to the ", type.page_size_log2);
    }
  }
  return type;
}

void write_memory_type(ByteWriter& out, const MemoryType& type) {
  const bool has_page_size = type.has_page_size || type.page_size_log2 != limits::default_page_size_log2;
  write_limits(out, type.limits,
               static_cast<std::uint8_t>(limit_flags(type.limits) | (has_page_size ? limit_has_page_size : 0)));
  if (has_page_size) out.u32(type.page_size_log2);
}

template <>
void read_payload<SectionId::memory>(Cursor& in, SectionReader& reader) {
  Module& module = reader.module;
  const std::uint32_t count = in.count(limits::max_memories, "memories");
  module.memories.reserve(module.arena, module.memories.size() + count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    module.memories.push_back(module.arena, read_memory_type(in, reader.features));
  }
}

template <>
void write_payload<SectionId::memory>(const SectionWriter& writer) {
  const Module& module = writer.module;
  if (module.memories.size() == module.imported_memories) return;
  writer.out.u32(static_cast<std::uint32_t>(module.memories.size() - module.imported_memories));
  for (const MemoryType& type : module.memories.span().subspan(module.imported_memories)) {
    write_memory_type(writer.out, type);
  }
}

}  // namespace tenon::core
