// The definitions of a component in the text format. Each is read from behind its keyword up to the parenthesis that
// closes it; `offset` is that of the parenthesis that opened it.
#pragma once

#include "text/component/parse_context.hpp"

namespace tenon::component {

// The definitions up to the parenthesis that closes the component (or the end).
void parse_definitions(ParseContext& context);

void parse_alias(ParseContext& context, std::uint32_t offset);
void parse_import(ParseContext& context, std::uint32_t offset);
void parse_export(ParseContext& context, std::uint32_t offset);
void parse_export_declaration(ParseContext& context, std::uint32_t offset);  // in types
void parse_start(ParseContext& context, std::uint32_t offset);
void parse_instance(ParseContext& context, std::uint32_t offset);
void parse_core_instance(ParseContext& context, std::uint32_t offset);
void parse_canon(ParseContext& context, std::uint32_t offset);
// `(canon ...)` of `(core func $f (canon ...))`: whether it is there.
bool accept_inline_canon(ParseContext& context, const Head& head, std::uint32_t offset);
void parse_func(ParseContext& context, std::uint32_t offset);
// `(core func $f ...)`, and other core sorts, which can only be aliases.
void parse_core_item(ParseContext& context, Sort sort, std::uint32_t offset);
void parse_core_module(ParseContext& context, std::uint32_t offset);
void parse_value(ParseContext& context, std::uint32_t offset);
void parse_component(ParseContext& context, std::uint32_t offset);

// A name and its attributes.
ExternName parse_extern_name(ParseContext& context);

// (export "name")* of what is being defined, which will be exported at the end of the component once its index is
// known.
std::size_t parse_inline_exports(ParseContext& context);
void finish_inline_exports(ParseContext& context, std::size_t first, SortIdx item);
// (import "name") of what is being defined, with its type behind it: the index.
std::optional<std::uint32_t> accept_inline_import(ParseContext& context, Sort sort, const Head& head,
                                                  std::uint32_t offset);
// (alias ...) of what is being defined: the index.
std::optional<std::uint32_t> accept_inline_alias(ParseContext& context, Sort sort, const Head& head,
                                                 std::uint32_t offset);

Alias resolve_outer_alias(ParseContext& context, Sort sort, const Reference& outer, const Reference& index);

// (@custom ...) before the token at hand.
void parse_custom_annotations(ParseContext& context);

}  // namespace tenon::component
