// The fields of a module in the text format. https://webassembly.github.io/spec/core/text/modules.html
#pragma once

#include "text/core/parse_context.hpp"

namespace tenon::core {

// Step 1: the fields up to the parenthesis that closes the module (or the end), counted, and their identifiers bound.
void scan_fields(ParseContext& context);

// The kind that a keyword names.
std::optional<ExternKind> extern_kind(const Token& token) noexcept;
// The type inside `(import "" "" (...))` or behind an inline import; the kind's keyword and the name are taken.
ExternType parse_extern_type(ParseContext& context, ExternKind kind);

// Step 3, each with the cursor at the field's parenthesis.
void parse_import(ParseContext& context);
void parse_func(ParseContext& context);
void parse_table(ParseContext& context);
void parse_memory(ParseContext& context);
void parse_global(ParseContext& context);
void parse_tag(ParseContext& context);
void parse_export(ParseContext& context);
void parse_start(ParseContext& context);
void parse_elem(ParseContext& context);
void parse_data(ParseContext& context);

}  // namespace tenon::core
