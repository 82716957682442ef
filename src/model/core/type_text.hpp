// Types as text for messages, as the text format writes them; defined types by number. With `base/concat.hpp`:
// `fail(kind, place, "expected ", expected_type, ", found ", found_type)`.
#pragma once

#include <span>

#include "base/concat.hpp"
#include "model/core/types.hpp"

namespace tenon::core {

void append_text(TextBuffer& out, HeapType type) noexcept;  // func, or a number
void append_text(TextBuffer& out, ValType type) noexcept;   // i32, funcref, (ref null 3); bottom: any type
void append_text(TextBuffer& out, std::span<const ValType> types) noexcept;  // [i32 i64]
void append_text(TextBuffer& out, const FuncType& type) noexcept;            // [i32] -> [i64]
void append_text(TextBuffer& out, const Limits& limits) noexcept;            // i64 1 2 shared
void append_text(TextBuffer& out, const MemoryType& type) noexcept;
void append_text(TextBuffer& out, const TableType& type) noexcept;
void append_text(TextBuffer& out, const GlobalType& type) noexcept;  // i32, (mut i32)
inline void append_text(TextBuffer& out, ExternKind kind) noexcept { out.append(to_string(kind)); }

}  // namespace tenon::core
