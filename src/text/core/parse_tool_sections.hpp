// The annotations of tool conventions that stand for a custom section: (@producers ...) and (@dylink.0 ...), in the
// form that wasm-tools gave them. Each function appends what the annotation says to `payload`, in the binary format;
// faults are those of `in`.
#pragma once

#include <memory_resource>

#include "binary/core/byte_writer.hpp"
#include "text/token_cursor.hpp"

namespace tenon::core {

// (@producers (language "C" "17") (processed-by "clang" "19") (sdk "Emscripten" "4")): in any number and order; what
// has one field goes together, and fields stand in the order in which they are met first.
void parse_producers(TokenCursor& in, const Annotation& annotation, std::pmr::memory_resource& memory,
                     ByteWriter& payload);

// (@dylink.0 (mem-info (memory 1 2) (table 3 4)) (needed "a" "b") (export-info "x" tls) (import-info "m" "x" 0x10)
// (runtime-path "p")): sizes and alignments (as powers of two), names, and flags by name or number.
void parse_dylink(TokenCursor& in, const Annotation& annotation, std::pmr::memory_resource& memory,
                  ByteWriter& payload);

}  // namespace tenon::core
