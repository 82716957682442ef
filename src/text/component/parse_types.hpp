// Types of components in the text format.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#type-definitions
#pragma once

#include "text/component/parse_context.hpp"

namespace tenon::component {

// A value type; an inline one is defined.
TypeDraft parse_val_type(ParseContext& context);
bool at_val_type(ParseContext& context) noexcept;
ValType resolve_val_type(ParseContext& context, const TypeDraft& draft);
inline std::optional<ValType> resolve_optional_type(ParseContext& context, const TypeDraft& draft) {
  if (!draft.is_present) return std::nullopt;
  return resolve_val_type(context, draft);
}

// The type of a definition: `(type x)` or an inline type, which is defined. `sort` is that of what has the type: func,
// component, instance or core_module. The sort's keyword is taken, and its parenthesis is left.
Reference parse_type_use(ParseContext& context, Sort sort);

// A type definition, from behind `type`; only components may export what is defined at once.
void parse_type(ParseContext& context, std::uint32_t offset);

// An extern type in parentheses, with its indices not yet resolved, and the identifier in it.
struct ExternTypeDraft {
  ExternType type;
  std::optional<Reference> index;
  TypeDraft value;
  Head head;
};
ExternTypeDraft parse_extern_type(ParseContext& context);
// What stands behind its keyword and identifier, up to the parenthesis.
void parse_extern_type_content(ParseContext& context, ExternTypeDraft& draft);
ExternType resolve_extern_type(ParseContext& context, const ExternTypeDraft& draft);

// Core types: `(core type ...)` from behind `type`, `(core rec ...)` from behind `rec`.
void parse_core_type(ParseContext& context, std::uint32_t offset);
void parse_core_rec(ParseContext& context, std::uint32_t offset);
// The declarations of a module type, up to the parenthesis.
CoreType parse_module_type(ParseContext& context, std::string_view id, std::uint32_t offset);

}  // namespace tenon::component
