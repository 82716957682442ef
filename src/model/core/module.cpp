#include "model/core/module.hpp"

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

}  // namespace tenon::core
