#include "model/core/module.hpp"

#include <algorithm>
#include <cassert>

namespace tenon::core {

std::string_view to_string(ExternKind kind) noexcept {
  switch (kind) {
    case ExternKind::func: return "func";
    case ExternKind::table: return "table";
    case ExternKind::memory: return "memory";
    case ExternKind::global: return "global";
    case ExternKind::tag: return "tag";
  }
  return "unknown";
}

const Section* Module::find_custom(std::string_view name) const noexcept {
  for (const Section& section : sections) {
    if (section.id == SectionId::custom && section.name == name) return &section;
  }
  return nullptr;
}

void Module::mark_changed(SectionId id) {
  assert(id != SectionId::custom);
  std::size_t place = 0;  // right behind the last section that must stand before this one
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (sections[i].id == id) {
      sections[i].changed = true;
      return;
    }
    if (sections[i].id != SectionId::custom && section_order(sections[i].id) < section_order(id)) place = i + 1;
  }
  sections.push_back(arena, Section{});
  std::rotate(sections.begin() + place, sections.end() - 1, sections.end());
  sections[place] = Section{};
  sections[place].id = id;
  sections[place].changed = true;
}

void Module::remove_section(std::size_t place) noexcept {
  std::copy(sections.begin() + place + 1, sections.end(), sections.begin() + place);
  sections.pop_back();
}

}  // namespace tenon::core
