// Types in messages. Types in the validator are canonical; a reader of a message knows the module's own indices, so
// those are looked up again, slowly, when there is something to say.
#pragma once

#include <span>

#include "base/concat.hpp"
#include "model/core/types.hpp"

namespace tenon::core {

struct ValidatedModule;

// Prints one canonical type, as in the text format with the module's type indices.
struct TypeText {
  ValType type;
  const ValidatedModule& module;
};
void append_text(TextBuffer& out, const TypeText& text) noexcept;

// Prints "[i32 (ref null 3)]"; of a long list, the last types.
struct TypesText {
  std::span<const ValType> types;
  const ValidatedModule& module;
};
void append_text(TextBuffer& out, const TypesText& text) noexcept;

}  // namespace tenon::core
