// Two small modules that untie the knot of instantiation: a lowered import needs the memory of the instance that
// imports it. So the instance imports stand-ins instead, which call through a table; once the instance is there, what
// they stand for is made, and the second module puts it into the table.
#pragma once

#include <string>
#include <vector>

#include "binary/core/byte_writer.hpp"
#include "model/core/types.hpp"

namespace tenon::compose {

inline constexpr std::string_view shim_table_name = "$imports";
inline constexpr std::string_view shim_memory_name = "$memory";
inline constexpr std::string_view fixup_start_name = "$start";

struct ShimFunction {
  std::vector<core::ValType> params;
  std::vector<core::ValType> results;
};

// Exports a function for each, named by its number, the table, and the memory if there is one.
void write_shim_module(std::span<const ShimFunction> functions, const core::MemoryType* memory, ByteWriter& out);
// Imports from "" the table and the functions under the same names, and fills the table; then calls the function
// `$start`, if it is to.
void write_fixup_module(std::span<const ShimFunction> functions, bool has_start, ByteWriter& out);

}  // namespace tenon::compose
