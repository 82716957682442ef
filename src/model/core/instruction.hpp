// One decoded instruction: the operation with its immediates. Which fields are meaningful is said by
// `info(op).immediates`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "model/core/types.hpp"
#include "spec/instructions.hpp"
#include "spec/v128.hpp"

namespace tenon::core {

// A block's type: nothing, one result, or a function type.
struct BlockType {
  enum class Kind : std::uint8_t { empty, value, type };
  Kind kind = Kind::empty;
  ValType value;  // kind value
  TypeIdx type;   // kind type
};

struct MemArg {
  std::uint32_t align_log2 = 0;
  MemoryIdx memory{0U};
  std::uint64_t offset = 0;
};

enum class CatchKind : std::uint8_t { catch_ = 0, catch_ref = 1, catch_all = 2, catch_all_ref = 3 };

struct Catch {
  CatchKind kind = CatchKind::catch_;
  TagIdx tag;  // catch_ and catch_ref
  LabelIdx label;
};

using tenon::V128;

struct Instruction {
  Op op = Op::invalid;
  std::uint8_t lane = 0;        // lane, mem_arg_lane
  std::uint8_t cast_flags = 0;  // cast_branch: bit 0 source nullable, bit 1 target nullable
  std::uint32_t offset = 0;     // of the first byte, from the start of the body or expression
  std::uint32_t index = 0;      // the first index immediate: label, func, local, type, dst table, elem segment, ...
  std::uint32_t second = 0;     // the second one: table of type_table, source memory, field, count, ...
  BlockType block;              // block_type, try_table
  MemArg mem;                   // mem_arg, mem_arg_lane
  std::uint64_t bits = 0;       // i32_const and i64_const sign-extended; f32_const, f64_const as bits
  V128 vector;                  // v128_const, lanes16
  HeapType heap;                // heap_type; target of cast_branch
  HeapType source_heap;         // source of cast_branch
  std::span<const std::uint32_t> labels;  // label_table, the default last; valid until the next instruction is read
  std::span<const Catch> catches;         // try_table; likewise
  std::span<const ValType> value_types;   // value_types; likewise
};

}  // namespace tenon::core
