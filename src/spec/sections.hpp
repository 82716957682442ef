// Section ids of core modules, from sections.def.
#pragma once

#include <cstdint>
#include <string_view>

namespace tenon {

enum class SectionId : std::uint8_t {
#define TENON_SECTION(name, id, order, title) name = id,
#include "spec/sections.def"
#undef TENON_SECTION
};

inline constexpr std::uint8_t last_section_id = 13;

// The place in the prescribed order; 0 for custom sections, which may stand anywhere.
constexpr int section_order(SectionId id) noexcept {
  switch (id) {
#define TENON_SECTION(name, id, order, title) \
  case SectionId::name: return order;
#include "spec/sections.def"
#undef TENON_SECTION
  }
  return 0;
}

constexpr std::string_view section_title(SectionId id) noexcept {
  switch (id) {
#define TENON_SECTION(name, id, order, title) \
  case SectionId::name: return title;
#include "spec/sections.def"
#undef TENON_SECTION
  }
  return "unknown";
}

}  // namespace tenon
