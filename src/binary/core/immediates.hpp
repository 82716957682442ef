// The decoder of opcodes and immediates, inlined into those who dispatch on operations themselves.
//
// `read_immediates<shape>` is a switch that the compiler resolves, so that a caller's `case Op::local_get:` holds one
// LEB read and nothing else. Lists, types and other shapes that are rare in code are read out of line, from a detour of
// the cursor, so that the cursor itself can stay in registers.
#pragma once

#include "binary/core/instructions.hpp"
#include "spec/limits.hpp"
#include "spec/needs_feature.hpp"

namespace tenon::core {

namespace detail {

std::span<const std::uint32_t> read_labels(Cursor& in, ImmediateLists& lists);
std::span<const Catch> read_catches(Cursor& in, ImmediateLists& lists);
std::span<const ValType> read_value_types(Cursor& in, ImmediateLists& lists, Features features);
// The faults of the inlined readers.
[[gnu::cold]] Error illegal_opcode(std::uint8_t prefix, std::uint32_t code, std::uint64_t offset);
[[gnu::cold]] Error malformed_mem_arg_flags(std::uint32_t flags, std::uint64_t offset);
[[gnu::cold]] Error malformed_cast_flags(std::uint8_t flags, std::uint64_t offset);
[[gnu::cold]] Error zero_byte_expected(std::string_view what, Feature feature, std::uint64_t offset);
[[gnu::cold]] Error reserved_byte_not_zero(std::uint8_t found, std::uint64_t offset);

template <class Read>
inline auto out_of_line(Cursor& in, Read read) {
  Cursor detour = in.detour();
  auto result = read(detour);
  in.rejoin(std::move(detour));
  return result;
}

inline BlockType read_block_type_inline(Cursor& in, Features features) {
  if (in.peek() == empty_block_code) [[likely]]
    return in.u8(), BlockType{};
  return out_of_line(in, [&](Cursor& detour) { return read_block_type(detour, features); });
}

inline HeapType read_heap_type_inline(Cursor& in, Features features) {
  return out_of_line(in, [&](Cursor& detour) { return read_heap_type(detour, features); });
}

// An index that was a reserved zero byte before `feature`.
inline std::uint32_t read_index_or_zero(Cursor& in, Features features, Feature feature, std::string_view what) {
  if (!features.has(feature) && in.peek() != 0) [[unlikely]]
    in.fault(zero_byte_expected(what, feature, in.offset()));
  return in.u32();
}
inline std::uint32_t read_memory_index(Cursor& in, Features features) {
  return read_index_or_zero(in, features, Feature::multi_memory, "a memory index");
}
inline std::uint32_t read_call_table_index(Cursor& in, Features features) {
  return read_index_or_zero(in, features, Feature::reference_types, "a table index");
}

inline constexpr std::uint32_t mem_arg_memory_flag = 0x40;

inline MemArg read_mem_arg(Cursor& in, Features features) {
  const std::uint64_t start = in.offset();
  MemArg arg;
  arg.align_log2 = in.u32();
  if (arg.align_log2 >= mem_arg_memory_flag) [[unlikely]] {
    if (arg.align_log2 >= 2 * mem_arg_memory_flag || !features.has(Feature::multi_memory)) {
      in.fault(malformed_mem_arg_flags(arg.align_log2, start));
    }
    arg.align_log2 &= mem_arg_memory_flag - 1;
    arg.memory = MemoryIdx(in.u32());
  }
  arg.offset = in.u64();
  return arg;
}

inline void read_cast_branch(Cursor& in, Instruction& out, Features features) {
  const std::uint64_t start = in.offset();
  out.cast_flags = in.u8();
  if (out.cast_flags > 3) [[unlikely]]
    in.fault(malformed_cast_flags(out.cast_flags, start));
  out.index = in.u32();
  out.source_heap = read_heap_type_inline(in, features);
  out.heap = read_heap_type_inline(in, features);
}

inline void read_zero_byte(Cursor& in) {
  const std::uint64_t start = in.offset();
  const std::uint8_t byte = in.u8();
  if (byte != 0) [[unlikely]]
    in.fault(reserved_byte_not_zero(byte, start));
}

inline void read_two_indices(Cursor& in, Instruction& out) {
  out.index = in.u32();
  out.second = in.u32();
}

}  // namespace detail

// Reads an opcode, prefix included. A fault (unknown, truncated) makes it Op::invalid. Does not ask for features.
inline Op read_op(Cursor& in) {
  if (in.at_end()) [[unlikely]]
    return in.u8(), Op::invalid;
  const std::uint64_t start = in.offset();
  const std::uint8_t byte = in.u8();
  const Op op = one_byte_ops[byte];
  if (op != Op::invalid) [[likely]]
    return op;
  if (!is_prefix(byte)) return in.fault(detail::illegal_opcode(0, byte, start)), Op::invalid;
  const std::uint32_t code = in.u32();
  if (!in.ok()) [[unlikely]]
    return Op::invalid;
  const Op prefixed = op_from_code(byte, code);
  if (prefixed == Op::invalid) [[unlikely]]
    in.fault(detail::illegal_opcode(byte, code, start));
  return prefixed;
}

// Reads immediates of one shape into the fields of `out` that the shape uses (said in model/core/instruction.hpp).
template <Immediates shape>
inline void read_immediates(Cursor& in, Instruction& out, ImmediateLists& lists, Features features) {
  using enum Immediates;
  using namespace detail;
  const auto list = [&](auto read) { return out_of_line(in, read); };
  switch (shape) {
    case none: return;
    case block_type: out.block = read_block_type_inline(in, features); return;
    case try_table:
      out.block = read_block_type_inline(in, features);
      out.catches = list([&](Cursor& detour) { return read_catches(detour, lists); });
      return;
    case label_table: out.labels = list([&](Cursor& detour) { return read_labels(detour, lists); }); return;
    case label:
    case func:
    case tag:
    case type:
    case local:
    case global:
    case table:
    case elem:
    case data: out.index = in.u32(); return;
    case type_table:
      out.index = in.u32();
      out.second = read_call_table_index(in, features);
      return;
    case table_table:
    case elem_table:
    case type_field:
    case type_count:
    case type_data:
    case type_elem:
    case type_type: return read_two_indices(in, out);
    case mem_arg: out.mem = read_mem_arg(in, features); return;
    case mem_arg_lane:
      out.mem = read_mem_arg(in, features);
      out.lane = in.u8();
      return;
    case memory: out.index = read_memory_index(in, features); return;
    case memory_memory:
      out.index = read_memory_index(in, features);
      out.second = read_memory_index(in, features);
      return;
    case data_memory:
      out.index = in.u32();
      out.second = read_memory_index(in, features);
      return;
    case i32_const: out.bits = static_cast<std::uint64_t>(std::int64_t{in.s32()}); return;
    case i64_const: out.bits = static_cast<std::uint64_t>(in.s64()); return;
    case f32_const: out.bits = in.fixed<std::uint32_t>(); return;
    case f64_const: out.bits = in.fixed<std::uint64_t>(); return;
    case v128_const:
    case lanes16: out.vector = in.fixed<V128>(); return;
    case lane: out.lane = in.u8(); return;
    case value_types:
      out.value_types = list([&](Cursor& detour) { return read_value_types(detour, lists, features); });
      return;
    case heap_type: out.heap = read_heap_type_inline(in, features); return;
    case cast_branch: return read_cast_branch(in, out, features);
    case zero_byte: return read_zero_byte(in);
  }
}

// Calls `visit.template operator()<shape>()` for the shape given at run time.
template <class Visit>
inline void with_shape(Immediates shape, Visit visit) {
  switch (shape) {
    case Immediates::none: return visit.template operator()<Immediates::none>();
    case Immediates::block_type: return visit.template operator()<Immediates::block_type>();
    case Immediates::try_table: return visit.template operator()<Immediates::try_table>();
    case Immediates::label: return visit.template operator()<Immediates::label>();
    case Immediates::label_table: return visit.template operator()<Immediates::label_table>();
    case Immediates::func: return visit.template operator()<Immediates::func>();
    case Immediates::tag: return visit.template operator()<Immediates::tag>();
    case Immediates::type: return visit.template operator()<Immediates::type>();
    case Immediates::type_table: return visit.template operator()<Immediates::type_table>();
    case Immediates::local: return visit.template operator()<Immediates::local>();
    case Immediates::global: return visit.template operator()<Immediates::global>();
    case Immediates::table: return visit.template operator()<Immediates::table>();
    case Immediates::elem: return visit.template operator()<Immediates::elem>();
    case Immediates::table_table: return visit.template operator()<Immediates::table_table>();
    case Immediates::elem_table: return visit.template operator()<Immediates::elem_table>();
    case Immediates::mem_arg: return visit.template operator()<Immediates::mem_arg>();
    case Immediates::mem_arg_lane: return visit.template operator()<Immediates::mem_arg_lane>();
    case Immediates::memory: return visit.template operator()<Immediates::memory>();
    case Immediates::data: return visit.template operator()<Immediates::data>();
    case Immediates::memory_memory: return visit.template operator()<Immediates::memory_memory>();
    case Immediates::data_memory: return visit.template operator()<Immediates::data_memory>();
    case Immediates::i32_const: return visit.template operator()<Immediates::i32_const>();
    case Immediates::i64_const: return visit.template operator()<Immediates::i64_const>();
    case Immediates::f32_const: return visit.template operator()<Immediates::f32_const>();
    case Immediates::f64_const: return visit.template operator()<Immediates::f64_const>();
    case Immediates::v128_const: return visit.template operator()<Immediates::v128_const>();
    case Immediates::lanes16: return visit.template operator()<Immediates::lanes16>();
    case Immediates::lane: return visit.template operator()<Immediates::lane>();
    case Immediates::value_types: return visit.template operator()<Immediates::value_types>();
    case Immediates::heap_type: return visit.template operator()<Immediates::heap_type>();
    case Immediates::type_field: return visit.template operator()<Immediates::type_field>();
    case Immediates::type_count: return visit.template operator()<Immediates::type_count>();
    case Immediates::type_data: return visit.template operator()<Immediates::type_data>();
    case Immediates::type_elem: return visit.template operator()<Immediates::type_elem>();
    case Immediates::type_type: return visit.template operator()<Immediates::type_type>();
    case Immediates::cast_branch: return visit.template operator()<Immediates::cast_branch>();
    case Immediates::zero_byte: return visit.template operator()<Immediates::zero_byte>();
  }
}

}  // namespace tenon::core
