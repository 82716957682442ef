// The instruction set as data, from instructions.def: the enumeration `Op`, and for each instruction its mnemonic,
// code, immediates, signature, access width, feature, and whether constant expressions may use it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "spec/features.hpp"

namespace tenon {

// The shape of an instruction's immediates in the order of the binary format.
enum class Immediates : std::uint8_t {
  none,
  block_type,   // s33
  try_table,    // block type, list of catch clauses
  label,        // label index
  label_table,  // list of labels, default label
  func,         // function index
  tag,          // tag index
  type,         // type index
  type_table,   // type index, table index
  local,
  global,
  table,
  elem,
  table_table,   // destination, source
  elem_table,    // element segment, table
  mem_arg,       // alignment, memory index, offset
  mem_arg_lane,  // mem_arg, lane byte
  memory,
  data,
  memory_memory,  // destination, source
  data_memory,    // data segment, memory
  i32_const,
  i64_const,
  f32_const,
  f64_const,
  v128_const,
  lanes16,      // sixteen lane bytes
  lane,         // a lane byte
  value_types,  // list of value types
  heap_type,
  type_field,   // type index, field index
  type_count,   // type index, u32
  type_data,    // type index, data segment
  type_elem,    // type index, element segment
  type_type,    // destination, source
  cast_branch,  // flags, label, source heap type, target heap type
  zero_byte,    // reserved, must be zero
};

enum class Constant : std::uint8_t { no, yes, extended };

enum class Op : std::uint16_t {
#define TENON_INSTRUCTION(name, mnemonic, prefix, code, immediates, signature, width, feature, constant) name,
#include "spec/instructions.def"
#undef TENON_INSTRUCTION
  invalid,
};

inline constexpr std::size_t op_count = static_cast<std::size_t>(Op::invalid);

struct InstructionInfo {
  std::string_view mnemonic;
  std::string_view signature;  // "*" or operands ":" results, see instructions.def
  std::uint16_t code;
  std::uint8_t prefix;
  Immediates immediates;
  std::uint8_t width;
  Feature feature;
  Constant constant;
};

inline constexpr InstructionInfo instruction_infos[] = {
#define TENON_INSTRUCTION(name, mnemonic, prefix, code, immediates, signature, width, feature, constant) \
  {mnemonic, signature, code, prefix, Immediates::immediates, width, Feature::feature, Constant::constant},
#include "spec/instructions.def"
#undef TENON_INSTRUCTION
};

constexpr const InstructionInfo& info(Op op) noexcept { return instruction_infos[static_cast<std::size_t>(op)]; }

inline constexpr std::uint8_t gc_prefix = 0xFB;
inline constexpr std::uint8_t misc_prefix = 0xFC;
inline constexpr std::uint8_t simd_prefix = 0xFD;
inline constexpr std::uint8_t atomic_prefix = 0xFE;

namespace detail {
inline constexpr std::size_t prefixed_codes = 0x120;
template <std::size_t n>
constexpr std::array<Op, n> make_decoding_table(std::uint8_t prefix) {
  std::array<Op, n> table{};
  table.fill(Op::invalid);
  for (std::size_t i = 0; i < op_count; ++i) {
    if (instruction_infos[i].prefix == prefix) table[instruction_infos[i].code] = static_cast<Op>(i);
  }
  return table;
}
}  // namespace detail

inline constexpr auto one_byte_ops = detail::make_decoding_table<256>(0);
inline constexpr std::array<std::array<Op, detail::prefixed_codes>, 4> prefixed_ops = {
    detail::make_decoding_table<detail::prefixed_codes>(gc_prefix),
    detail::make_decoding_table<detail::prefixed_codes>(misc_prefix),
    detail::make_decoding_table<detail::prefixed_codes>(simd_prefix),
    detail::make_decoding_table<detail::prefixed_codes>(atomic_prefix)};

constexpr bool is_prefix(std::uint8_t byte) noexcept { return byte >= gc_prefix && byte <= atomic_prefix; }

// The instruction with this prefix byte and code, or Op::invalid.
constexpr Op op_from_code(std::uint8_t prefix, std::uint32_t code) noexcept {
  return code < detail::prefixed_codes ? prefixed_ops[prefix - gc_prefix][code] : Op::invalid;
}

}  // namespace tenon
