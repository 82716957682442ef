// Types as the text format writes them. https://webassembly.github.io/spec/core/text/types.html
// Each function that appends something which stands behind other things puts a blank before it.
#pragma once

#include <span>

#include "model/core/types.hpp"
#include "text/core/print_context.hpp"
#include "text/core/print_output.hpp"

namespace tenon::core {

void put_val_type(TextOutput& out, const PrintContext& context, ValType type);
void put_heap_type(TextOutput& out, const PrintContext& context, HeapType type);
// `(ref null $t)`, also where a shorthand exists.
void put_ref_type(TextOutput& out, const PrintContext& context, HeapType heap, bool nullable);
// ` (param i32 f64)`, ` (result i32)`; nothing for an empty list.
void put_type_list(TextOutput& out, const PrintContext& context, std::string_view keyword,
                   std::span<const ValType> types);
// ` (type $t)`.
void put_type_use(TextOutput& out, const PrintContext& context, TypeIdx type);
// The same, with its parameters and results repeated for the reader, unless there are so many that it would not help:
// a thousand functions may share one type of a thousand parameters.
inline constexpr std::size_t max_repeated_types = 100;
void put_func_type_use(TextOutput& out, const PrintContext& context, TypeIdx type);

void put_table_type(TextOutput& out, const PrintContext& context, const TableType& type);
void put_memory_type(TextOutput& out, const MemoryType& type);
void put_global_type(TextOutput& out, const PrintContext& context, const GlobalType& type);

// `(sub ...)`, or a composite type alone. `index` is the type's.
void put_sub_type(TextOutput& out, const PrintContext& context, const SubType& type, std::uint32_t index);
// `(type $t (sub ...))`.
void put_type_definition(TextOutput& out, const PrintContext& context, TypeIdx index);

}  // namespace tenon::core
