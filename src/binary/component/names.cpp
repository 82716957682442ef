// The component name section: a name for the component, and for entries of its index spaces, a map for each sort.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#name-section
#include <algorithm>

#include "binary/component/sections.hpp"
#include "binary/core/subsections.hpp"

namespace tenon::component {

namespace {

constexpr std::uint8_t component_name_id = 0;
constexpr std::uint8_t sort_names_id = 1;

void read_sort_names(Cursor& in, Arena& arena, Names& names) {
  Reader reader{.arena = arena, .features = Features::all()};
  SortIdx item;
  item.sort = read_sort(in, reader);
  const std::uint32_t count = read_count(in, reader, limits::max_component_items, "names", 2);
  names.items.reserve(arena, names.items.size() + count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t start = in.offset();
    const std::uint32_t index = in.u32();
    if (i != 0 && index <= item.index) {
      in.fault(ErrorKind::malformed, start, "indices of names out of order: ", index, " behind ", item.index);
    }
    item.index = index;
    const std::string_view name = in.name();
    if (in.ok()) names.items.push_back(arena, SortName{item, name});
  }
}

void write_subsection(ByteWriter& out, std::uint8_t id, const ByteWriter& content) {
  out.u8(id);
  out.sized(content.view());
}

// Names of one sort stand together, in the order of their indices.
void write_names(ByteWriter& out, const Names& names) {
  ByteWriter content(out.arena());
  if (names.component) {
    content.name(*names.component);
    write_subsection(out, component_name_id, content);
  }
  const std::span<SortName> items = out.arena().copy(names.items.span());
  const auto sort_of_name = [](const SortName& name) { return name.item.sort; };
  std::ranges::sort(items, {}, [](const SortName& name) { return std::pair(name.item.sort, name.item.index); });
  for (auto at = items.begin(); at != items.end();) {
    const auto end = std::ranges::upper_bound(at, items.end(), at->item.sort, {}, sort_of_name);
    content.clear();
    write_sort(content, at->item.sort);
    write_list(content, std::span<const SortName>(at, end), [](ByteWriter& to, const SortName& name) {
      to.u32(name.item.index);
      to.name(name.name);
    });
    write_subsection(out, sort_names_id, content);
    at = end;
  }
}

}  // namespace

Result<Names> read_component_names(const ComponentBody& component, Arena& arena) {
  Names names;
  const auto section = std::ranges::find_if(component.sections, [](const Section& one) {
    return one.id == SectionId::custom && one.name == name_section_name;
  });
  if (section == component.sections.end()) return names;
  Cursor in(section->payload, section->offset);
  core::read_subsections(in, [&](std::uint8_t id, std::uint64_t, Cursor& payload) {
    if (id == component_name_id) {
      names.component = payload.name();
    } else if (id == sort_names_id) {
      read_sort_names(payload, arena, names);
    }
    return id <= sort_names_id;
  });
  if (!in.ok()) return in.take_error();
  return names;
}

void set_component_names(ComponentBody& component, Arena& arena, const Names& names) {
  ByteWriter payload(arena);
  write_names(payload, names);
  Section section;
  section.changed = true;
  section.name = name_section_name;
  section.payload = payload.view();
  ArenaVector<Section> sections;
  bool is_placed = payload.size() == 0;
  for (const Section& one : component.sections) {
    const bool is_names = one.id == SectionId::custom && one.name == name_section_name;
    if (!is_names) sections.push_back(arena, one);
    if (is_names && !is_placed) sections.push_back(arena, section);
    is_placed = is_placed || is_names;
  }
  if (!is_placed) sections.push_back(arena, section);
  component.sections = sections;
}

}  // namespace tenon::component
