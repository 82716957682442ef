// Listings of a component: its sections and those of what is inside, and all its definitions with offsets, where core
// modules are disassembled. The component must have been read from bytes.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/component/component.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"

namespace tenon::component {

struct SectionSummary {
  std::uint8_t id = 0;               // SectionId of components, or of core modules when `is_core`
  bool is_core = false;              // of a core module
  std::uint32_t depth = 0;           // 0 for those of the component itself
  std::string_view title;            // "core module", "alias", ...
  std::string_view name;             // custom sections; in the memory of the list
  std::uint64_t offset = 0;          // of its contents, in the outermost input
  std::uint64_t size = 0;            // of its contents in bytes, a custom section's name included
  std::optional<std::size_t> count;  // entries, where it is a list
};

// The sections in their order, each followed by those inside of it. Of a core module that cannot be read, none.
std::pmr::vector<SectionSummary> summarize_sections(const Component& component, Features features);

// A table of the sections, one a line, indented by their depth.
void list_sections(const Component& component, Features features, std::string& out);

// Sections with their definitions as text, and core modules disassembled. Errors: those of reading core modules.
Result<void> list_disassembly(const Component& component, Features features, std::string& out);

}  // namespace tenon::component
