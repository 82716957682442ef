// Facts about types that loading and storing ask for, beyond what the nodes hold: where a variant's payload stands,
// where parameters stand when they are passed in memory, and which values may be copied as bytes.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#alignment
#pragma once

#include <cstdint>
#include <span>

#include "abi/context.hpp"

namespace tenon::component {

inline constexpr unsigned max_flat_params = 16;
inline constexpr unsigned max_flat_async_params = 4;
inline constexpr unsigned max_flat_results = 1;

constexpr std::uint64_t align_to(std::uint64_t offset, std::uint64_t alignment) noexcept {
  return (offset + alignment - 1) & ~(alignment - 1);
}

// A type seen as a variant: variants themselves, enumerations, options and results.
struct CaseList {
  const ValueType* type;
  std::uint32_t size() const noexcept;
  const ValueType* payload(std::uint32_t index) const noexcept;  // nullptr: none
};
constexpr bool is_variant(TypeKind kind) noexcept {
  return kind == TypeKind::variant || kind == TypeKind::enum_ || kind == TypeKind::option || kind == TypeKind::result;
}
unsigned discriminant_size(std::uint32_t cases) noexcept;
std::uint64_t payload_offset(const ValueType& type, bool is_memory64) noexcept;

// A type seen as a record: records, tuples, and fixed-length lists.
std::uint32_t field_count(const ValueType& type) noexcept;
const ValueType& field_type(const ValueType& type, std::uint32_t field) noexcept;

// What values of a primitive type are on the host's side.
ValKind kind_of(Primitive primitive) noexcept;

// Whether values of the type are bytes that need no look: numbers, and what holds numbers only, with no padding.
bool is_plain(const ValueType& type, bool is_memory64) noexcept;

// Parameters or results as a tuple in memory.
Layout tuple_layout(std::span<const Member> types, bool is_memory64) noexcept;
// An element of a list, or an entry of a map.
Layout element_layout(const ValueType& list, bool is_memory64) noexcept;
std::uint64_t flat_count(std::span<const Member> types) noexcept;

// The types of core values that a type flattens to; `types` have room for them.
enum class CoreKind : std::uint8_t { i32, i64, f32, f64 };
unsigned flatten_type(const ValueType& type, bool is_memory64, CoreKind* types) noexcept;

}  // namespace tenon::component
