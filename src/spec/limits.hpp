// Every bound that Tenon sets on its input, by name. Most are those that JavaScript engines agreed on, so that a module
// which runs here runs elsewhere too: https://webassembly.github.io/spec/js-api/#limits
#pragma once

#include <cstdint>

namespace tenon::limits {

inline constexpr std::uint64_t max_module_size = std::uint64_t{1} << 30;  // bytes
inline constexpr std::uint32_t max_types = 1'000'000;
inline constexpr std::uint32_t max_rec_group_size = 1'000'000;
inline constexpr std::uint32_t max_supertype_depth = 63;
inline constexpr std::uint32_t max_functions = 1'000'000;
inline constexpr std::uint32_t max_imports = 1'000'000;
inline constexpr std::uint32_t max_exports = 1'000'000;
inline constexpr std::uint32_t max_globals = 1'000'000;
inline constexpr std::uint32_t max_tables = 100'000;
inline constexpr std::uint32_t max_memories = 100;
inline constexpr std::uint32_t max_tags = 1'000'000;
inline constexpr std::uint32_t max_elem_segments = 10'000'000;
inline constexpr std::uint32_t max_elem_segment_items = 10'000'000;
inline constexpr std::uint32_t max_data_segments = 100'000;
inline constexpr std::uint32_t max_params = 1'000;
inline constexpr std::uint32_t max_results = 1'000;
inline constexpr std::uint32_t max_struct_fields = 10'000;
inline constexpr std::uint32_t max_array_new_fixed = 10'000;
inline constexpr std::uint32_t max_locals = 50'000;
inline constexpr std::uint32_t max_body_size = 7'654'321;  // bytes
inline constexpr std::uint32_t max_block_nesting = 100'000;
inline constexpr std::uint32_t max_br_table_labels = 65'520;
inline constexpr std::uint32_t max_catches = 10'000;
inline constexpr std::uint32_t max_name_size = 100'000;                 // bytes of an import or export name
inline constexpr std::uint32_t max_text_nesting = 10'000;               // parentheses
inline constexpr std::uint32_t max_script_nesting = 100;                // threads and patterns of test scripts
inline constexpr std::uint64_t max_text_size = std::uint64_t{1} << 31;  // bytes
inline constexpr std::uint32_t max_wit_type_nesting = 100;              // list<list<...>>
inline constexpr std::uint32_t max_wit_use_depth = 1'000;  // interfaces, or packages, that each use the next
inline constexpr std::uint32_t max_wit_items = 250'000;    // types and world items of a resolved set of packages

inline constexpr std::uint64_t max_memory32_pages = 65'536;  // of 64 KiB
inline constexpr std::uint64_t max_memory64_pages = std::uint64_t{1} << 48;
inline constexpr std::uint32_t default_page_size_log2 = 16;

}  // namespace tenon::limits
