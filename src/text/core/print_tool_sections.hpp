// Custom sections of tool conventions as annotations that can be read: `producers` and `dylink.0`.
#pragma once

#include "model/core/module.hpp"
#include "text/core/print_output.hpp"
#include "text/core/text.hpp"

namespace tenon::core {

// Where the parser puts the section that such an annotation stands for.
enum class ToolSectionPlace : std::uint8_t { first, last, other };

// Prints the section if that loses nothing: it stands where the annotation's place is, and what it says, written
// again, gives its bytes. False when it must be printed as bytes.
bool put_tool_section(TextOutput& out, const PrintOptions& options, const Section& section, ToolSectionPlace place,
                      std::pmr::memory_resource& memory);

}  // namespace tenon::core
