#include "text/core/sections.hpp"

namespace tenon::core {

std::optional<std::size_t> section_count(const Module& module, SectionId id) noexcept {
  switch (id) {
    case SectionId::type: return module.rec_groups.size();
    case SectionId::import: return module.imports.size();
    case SectionId::function:
    case SectionId::code: return module.funcs.size() - module.imported_funcs;
    case SectionId::table: return module.tables.size() - module.imported_tables;
    case SectionId::memory: return module.memories.size() - module.imported_memories;
    case SectionId::tag: return module.tags.size() - module.imported_tags;
    case SectionId::global: return module.globals.size() - module.imported_globals;
    case SectionId::export_: return module.exports.size();
    case SectionId::element: return module.elems.size();
    case SectionId::data: return module.datas.size();
    case SectionId::start:
    case SectionId::data_count:
    case SectionId::custom: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace tenon::core
