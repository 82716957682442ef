// Types as WIT writes them, for messages. Deep and long types are cut.
#pragma once

#include "base/concat.hpp"
#include "model/component/signatures.hpp"

namespace tenon::component {

void append_text(TextBuffer& out, const ValueType& type) noexcept;      // list<record { a: u32 }>
void append_text(TextBuffer& out, const FuncSignature& func) noexcept;  // async func(a: u32) -> string

// "func", "instance", "core module", ...; types by what they are: "resource", "defined type", ...
std::string_view kind_text(const EntitySignature& entity) noexcept;
std::string_view kind_text(const TypeEntity& type) noexcept;
std::string_view kind_text(const ValueType& type) noexcept;  // "record", "u32", "own"

}  // namespace tenon::component
