// The bounds that Tenon sets on components, by name, beside those on core modules (limits.hpp).
#pragma once

#include <cstdint>

namespace tenon::limits {

inline constexpr std::uint64_t max_component_size = std::uint64_t{1} << 30;  // bytes
inline constexpr std::uint32_t max_component_nesting = 256;      // components and types of components in one another
inline constexpr std::uint32_t max_component_items = 2'000'000;  // definitions and entries of their lists, in all
inline constexpr std::uint32_t max_unfolded_items =
    500'000;  // definitions beyond those that are written down, by instantiation
inline constexpr std::uint32_t max_type_members = 10'000;         // fields, cases, labels or elements of one type
inline constexpr std::uint32_t max_canon_options = 100;           // of one canonical definition, repeated ones counted
inline constexpr std::uint32_t max_name_attributes = 100;         // of one import or export, repeated ones counted
inline constexpr std::uint32_t max_instantiation_nesting = 200;   // of components' instantiations in one another
inline constexpr std::uint32_t max_plan_definitions = 1'000'000;  // of a component with every instance counted
inline constexpr std::uint32_t max_value_type_nesting = 100;      // value types in one another
inline constexpr std::uint64_t max_value_size = std::uint64_t{1} << 28;  // bytes in a 64-bit memory; the standard's
inline constexpr std::uint32_t max_type_size = 1'000'000;    // entities of an instance's or component's type, in all
inline constexpr std::size_t max_adapter_code = 32768;       // bytes of one adapter's code; larger ones are not made
inline constexpr std::size_t max_adapters_code = 8'000'000;  // bytes that the adapters of a component take to write
inline constexpr std::uint64_t max_type_work = 50'000'000;   // nodes of types made anew for instances, in all

// Strings and lists that are lifted. The definition bounds strings by 2^28 - 1 bytes too; what runs today has the
// larger bound, which its suite tests, so strings between the two pass.
inline constexpr std::uint64_t max_string_bytes = (std::uint64_t{1} << 31) - 1;
inline constexpr std::uint64_t max_list_bytes = (std::uint64_t{1} << 28) - 1;
// Host memory that the values of one call may take when they are lifted to the host, in bytes.
inline constexpr std::uint64_t max_lifted_bytes = std::uint64_t{1} << 27;
inline constexpr std::uint32_t max_nested_calls = 200;  // of component functions on the native stack

}  // namespace tenon::limits
