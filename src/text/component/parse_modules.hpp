// Modules and components, with what is common to the outermost component and to those inside.
#pragma once

#include "text/component/parse_context.hpp"

namespace tenon::component {

// What a module or component inside is called by its own name section: as its head says, or `(@own-name "..."?)` behind
// it. `end` is where that stands.
struct OwnName {
  std::string_view name;
  std::uint32_t end = 0;
};
OwnName parse_own_name(ParseContext& context, const Head& head);

// From behind the head to the parenthesis: the definitions of a component, which is the scope `id`.
ComponentBody parse_component_content(ParseContext& context, std::string_view id, std::string_view own_name,
                                      std::uint32_t offset);

// The same for a core module: fields, or `binary` or `quote` and strings.
CoreModule parse_module_content(ParseContext& context, const OwnName& own_name, std::uint32_t offset);

// The strings up to the parenthesis, joined.
Bytes parse_strings(ParseContext& context);

}  // namespace tenon::component
