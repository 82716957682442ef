// The entries before the one in question are read again. That needs no second reader and no code in the readers: the
// section is given to its own reader with a smaller count in front, and it ends where the entry begins. It costs as
// much as reading the section, and a copy of it; whoever asks has an error to tell, so nothing is gained by being
// faster.
#include "binary/core/entries.hpp"

#include <algorithm>

#include "binary/core/sections.hpp"
#include "tenon/result.hpp"

namespace tenon::core {

namespace {

void read_entries(SectionId section, Cursor& in, SectionReader& reader) {
  switch (section) {
#define TENON_SECTION(name, id, order, title) \
  case SectionId::name: return read_payload<SectionId::name>(in, reader);
#include "spec/sections.def"
#undef TENON_SECTION
  }
}

struct IndexSpaceOfSection {
  SectionId section;
  ExternKind kind;
  std::uint32_t Module::* imported;
};
constexpr IndexSpaceOfSection spaces[] = {
    {SectionId::function, ExternKind::func, &Module::imported_funcs},
    {SectionId::table, ExternKind::table, &Module::imported_tables},
    {SectionId::memory, ExternKind::memory, &Module::imported_memories},
    {SectionId::tag, ExternKind::tag, &Module::imported_tags},
    {SectionId::global, ExternKind::global, &Module::imported_globals},
};

std::uint64_t import_offset(const Module& module, ExternKind kind, std::uint32_t index) {
  for (const Import& import : module.imports) {
    if (import.type.kind == kind && index-- == 0) return import.offset;
  }
  return ErrorPlace::no_offset;
}

}  // namespace

std::uint64_t entry_offset(const Module& module, SectionId id, std::uint32_t entry) {
  const auto* section = std::ranges::find(module.sections, id, &Section::id);
  if (section == module.sections.end() || section->raw.empty() || section->changed) return ErrorPlace::no_offset;
  Cursor count(section->payload, section->offset);
  (void)count.u32();
  const Bytes entries = section->payload.subspan(section->payload.size() - count.remaining());
  Arena arena(module.arena.upstream());
  ByteWriter part(arena);
  part.u32(entry);
  const std::size_t count_size = part.size();
  part.bytes(entries);
  Module scratch(module.arena.upstream());
  SectionReader reader(scratch, Features::all(), module.arena.upstream());
  Section copy;
  reader.section = &copy;
  Cursor in(part.view(), count.offset() - count_size);
  read_entries(id, in, reader);
  return in.ok() ? in.offset() : ErrorPlace::no_offset;
}

std::uint64_t definition_offset(const Module& module, SectionId section, std::uint32_t index) {
  for (const IndexSpaceOfSection& space : spaces) {
    if (space.section != section) continue;
    const std::uint32_t imported = module.*space.imported;
    return index < imported ? import_offset(module, space.kind, index)
                            : entry_offset(module, section, index - imported);
  }
  if (section != SectionId::type) return entry_offset(module, section, index);
  const auto after = [&](const RecGroup& group) { return group.first.value + group.size > index; };
  const auto* group = std::ranges::find_if(module.rec_groups, after);
  return entry_offset(module, section, static_cast<std::uint32_t>(group - module.rec_groups.begin()));
}

}  // namespace tenon::core
