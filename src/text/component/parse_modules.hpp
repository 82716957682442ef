// Modules and components, with what is common to the outermost component and to those inside.
#pragma once

#include "text/component/parse_context.hpp"

namespace tenon::component {

// From behind the head to the parenthesis: the definitions of a component.
ComponentBody parse_component_content(ParseContext& context, const Head& head, std::uint32_t offset);

// The same for a core module: fields, or `binary` or `quote` and strings.
CoreModule parse_module_content(ParseContext& context, const Head& head, std::uint32_t offset);

// The strings up to the parenthesis, joined.
Bytes parse_strings(ParseContext& context);

}  // namespace tenon::component
