// Types in the text format. https://webassembly.github.io/spec/core/text/types.html
#pragma once

#include "text/core/parse_context.hpp"

namespace tenon::core {

// All of these record faults in the context's cursor and then return something harmless.
bool at_val_type(ParseContext& context) noexcept;
ValType parse_val_type(ParseContext& context);
// A reference type; `what` says what was expected.
ValType parse_ref_type(ParseContext& context, std::string_view what = "a reference type");
bool at_ref_type(ParseContext& context) noexcept;
HeapType parse_heap_type(ParseContext& context);
GlobalType parse_global_type(ParseContext& context);
Limits parse_limits(ParseContext& context, bool is_64);
// "i32" or "i64" where an address type may stand; true for i64.
bool parse_address_type(ParseContext& context);
MemoryType parse_memory_type(ParseContext& context);
std::optional<std::uint32_t> parse_page_size(ParseContext& context);
TableType parse_table_type(ParseContext& context);

// The definitions of step 2. The cursor is at the parenthesis.
void parse_type_definition(ParseContext& context);
void parse_rec_group(ParseContext& context);

// What stands inside of a definition: `(sub ...)`, or a composite type. `index` is the type's.
SubType parse_sub_type(ParseContext& context, TypeIdx index);

// (param ...)* (result ...)* into `context.params` and `context.results`. Where `names` is given, parameters may have
// identifiers, which are bound as locals and listed there.
void parse_signature(ParseContext& context, std::pmr::vector<NameAssoc>* names);

// A type use: (type x)? with parameters and results, as an index. Appends the type when only the signature is written
// and no type is equal to it. "inline function type" when both are written and differ.
struct TypeUse {
  TypeIdx type;
  bool is_explicit = false;    // (type x) was written
  bool has_signature = false;  // parameters or results were written
};
TypeUse parse_type_use(ParseContext& context, std::pmr::vector<NameAssoc>* names);
// The first half of it, for blocks, which need no type where they have at most one result.
std::optional<TypeIdx> parse_explicit_type(ParseContext& context);
// Compares `context.params` and `results` with that type, which a type use at `offset` named.
void check_signature(ParseContext& context, TypeIdx type, std::uint32_t offset);
// The index of the function type `context.params` to `context.results`, appended if there is none.
TypeIdx find_or_add_type(ParseContext& context);
// Makes a type known to find_or_add_type.
void index_type(ParseContext& context, TypeIdx type);

}  // namespace tenon::core
