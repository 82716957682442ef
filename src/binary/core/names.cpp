// The name section. https://webassembly.github.io/spec/core/appendix/custom.html#name-section
//
// Its subsections are all maps from an index to a name, or from an index to such a map, but for the first. One table
// says which subsection is which member of `Names`.
#include "binary/core/custom.hpp"
#include "binary/core/module.hpp"
#include "binary/core/subsections.hpp"

namespace tenon::core {

namespace {

constexpr std::uint8_t module_name_id = 0;

struct NameMapSubsection {
  std::uint8_t id;
  NameMap Names::* flat;
  IndirectNameMap Names::* nested;
};

// In the order of their ids, which is the order in which they are written.
constexpr NameMapSubsection subsections[] = {
    {1, &Names::functions, nullptr}, {2, nullptr, &Names::locals}, {3, nullptr, &Names::labels},
    {4, &Names::types, nullptr},     {5, &Names::tables, nullptr}, {6, &Names::memories, nullptr},
    {7, &Names::globals, nullptr},   {8, &Names::elems, nullptr},  {9, &Names::datas, nullptr},
    {10, nullptr, &Names::fields},   {11, &Names::tags, nullptr},
};

// Reads the index of a map's next entry, which must be greater than the one before.
template <class Map>
std::uint32_t read_map_index(Cursor& in, const Map& map) {
  const std::uint64_t start = in.offset();
  const std::uint32_t index = in.u32();
  if (!map.empty() && index <= map.back().index) {
    in.fault(ErrorKind::malformed, start, "indices of names out of order: ", index, " behind ", map.back().index);
  }
  return index;
}

NameMap read_name_map(Cursor& in, Arena& arena) {
  const std::uint32_t count = in.count(std::numeric_limits<std::uint32_t>::max(), "names", 2);
  NameMap map;
  map.reserve(arena, count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    NameAssoc one;
    one.index = read_map_index(in, map);
    one.name = in.name();
    map.push_back(arena, one);
  }
  return map;
}

IndirectNameMap read_indirect_name_map(Cursor& in, Arena& arena) {
  const std::uint32_t count = in.count(std::numeric_limits<std::uint32_t>::max(), "name maps", 2);
  IndirectNameMap map;
  map.reserve(arena, count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    IndirectNameAssoc one;
    one.index = read_map_index(in, map);
    one.names = read_name_map(in, arena);
    map.push_back(arena, one);
  }
  return map;
}

void write_name_map(ByteWriter& out, const NameMap& map) {
  out.u32(static_cast<std::uint32_t>(map.size()));
  for (const NameAssoc& one : map) {
    out.u32(one.index);
    out.name(one.name);
  }
}

void write_indirect_name_map(ByteWriter& out, const IndirectNameMap& map) {
  out.u32(static_cast<std::uint32_t>(map.size()));
  for (const IndirectNameAssoc& one : map) {
    out.u32(one.index);
    write_name_map(out, one.names);
  }
}

void write_subsection(ByteWriter& out, std::uint8_t id, Bytes content) {
  out.u8(id);
  out.sized(content);
}

void write_names(ByteWriter& out, const Names& names) {
  ByteWriter content(out.arena());
  if (names.module) {
    content.name(*names.module);
    write_subsection(out, module_name_id, content.view());
  }
  for (const NameMapSubsection& subsection : subsections) {
    content.clear();
    if (subsection.flat != nullptr) {
      if ((names.*subsection.flat).empty()) continue;
      write_name_map(content, names.*subsection.flat);
    } else {
      if ((names.*subsection.nested).empty()) continue;
      write_indirect_name_map(content, names.*subsection.nested);
    }
    write_subsection(out, subsection.id, content.view());
  }
}

bool read_subsection(std::uint8_t id, Cursor& in, Names& names, Arena& arena) {
  if (id == module_name_id) {
    names.module = in.name();
    return true;
  }
  for (const NameMapSubsection& subsection : subsections) {
    if (subsection.id != id) continue;
    if (subsection.flat != nullptr) names.*subsection.flat = read_name_map(in, arena);
    if (subsection.nested != nullptr) names.*subsection.nested = read_indirect_name_map(in, arena);
    return true;
  }
  return false;
}

}  // namespace

Result<Names> read_names(const Module& module, Arena& arena) {
  Names names;
  const Section* section = module.find_custom(name_section_name);
  if (section == nullptr) return names;
  Cursor in(section->payload, section->offset);
  int previous = -1;
  read_subsections(in, [&](std::uint8_t id, std::uint64_t start, Cursor& payload) {
    if (id <= previous) {
      payload.fault(ErrorKind::malformed, start, "name subsections out of order: ", id, " behind ", previous);
    }
    previous = id;
    return read_subsection(id, payload, names, arena);
  });
  if (!in.ok()) return in.take_error();
  return names;
}

void set_names(Module& module, const Names& names) {
  ByteWriter payload(module.arena);
  write_names(payload, names);
  Section section;
  section.changed = true;
  section.name = name_section_name;
  section.payload = payload.view();
  for (std::size_t i = 0; i < module.sections.size(); ++i) {
    if (module.sections[i].id != SectionId::custom || module.sections[i].name != name_section_name) continue;
    module.sections[i] = section;
    if (section.payload.empty()) module.remove_section(i);
    return;
  }
  if (!section.payload.empty()) module.sections.push_back(module.arena, section);
}

}  // namespace tenon::core
