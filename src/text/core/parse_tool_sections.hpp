// The annotations of tool conventions that stand for a custom section: (@producers ...) and (@dylink.0 ...), in the
// form that wasm-tools gave them. Each adds a section with that content at the place.
#pragma once

#include "text/core/parse_context.hpp"

namespace tenon::core {

// (@producers (language "C" "17") (processed-by "clang" "19") (sdk "Emscripten" "4")): in any number and order; what
// has one field goes together, and fields stand in the order in which they are met first.
void parse_producers(ParseContext& context, const Annotation& annotation, std::uint32_t place);

// (@dylink.0 (mem-info (memory 1 2) (table 3 4)) (needed "a" "b") (export-info "x" tls) (import-info "m" "x" 0x10)
// (runtime-path "p")): sizes and alignments (as powers of two), names, and flags by name or number.
void parse_dylink(ParseContext& context, const Annotation& annotation, std::uint32_t place);

}  // namespace tenon::core
