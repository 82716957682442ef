// (@custom ...) annotations. https://webassembly.github.io/spec/core/appendix/custom.html#custom-annotations
#pragma once

#include "text/core/parse_context.hpp"

namespace tenon::core {

// Takes the annotations that stand for custom sections and stand before the token at hand.
void parse_custom_annotations(ParseContext& context);

// Lists the module's sections in the prescribed order, with the custom ones at their places, and the names last.
void make_sections(ParseContext& context);

}  // namespace tenon::core
