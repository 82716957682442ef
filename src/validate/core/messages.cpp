#include "validate/core/messages.hpp"

#include <algorithm>

#include "model/core/type_text.hpp"
#include "validate/core/module.hpp"

namespace tenon::core {

namespace {

constexpr std::size_t most_types_shown = 8;

}  // namespace

void append_text(TextBuffer& out, const TypeText& text) noexcept {
  ValType type = text.type;
  if (type.is_ref() && type.heap().is_concrete()) {
    const auto& all = text.module.canonical_types;
    const auto found = std::ranges::find(all, type.heap().index());
    type = ValType::ref(TypeIdx(static_cast<std::size_t>(found - all.begin())), type.is_nullable());
  }
  append_text(out, type);
}

void append_text(TextBuffer& out, const TypesText& text) noexcept {
  std::span<const ValType> types = text.types;
  out.append('[');
  if (types.size() > most_types_shown) {
    types = types.last(most_types_shown);
    out.append("... ");
  }
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i != 0) out.append(' ');
    append_text(out, TypeText{types[i], text.module});
  }
  out.append(']');
}

}  // namespace tenon::core
