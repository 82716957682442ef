// Parsing one component out of a larger text, as test scripts need it.
#pragma once

#include "text/component/text.hpp"

namespace tenon::component {

// Parses the component in [begin, end) of `source`, which is what `parse_component` takes; places in errors are places
// in `source` (but inside of a quoted component: in the quoted text).
Result<Component> parse_component_in(std::string_view source, std::uint32_t begin, std::uint32_t end,
                                     std::pmr::memory_resource& memory, const ParseOptions& options = {});

}  // namespace tenon::component
