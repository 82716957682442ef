// Opcodes and immediates, decoding and encoding. What an instruction looks like is said by its row of instructions.def;
// here is one reader and one writer for each shape of immediates, and none for a single instruction.
#include "binary/core/instructions.hpp"

#include "binary/core/immediates.hpp"
#include "spec/limits.hpp"
#include "spec/needs_feature.hpp"

namespace tenon::core {

namespace {

// An opcode as the official suite writes it: "ff", "fc 1f".
struct Opcode {
  std::uint8_t prefix;
  std::uint32_t code;
};

void append_hex_byte(TextBuffer& out, std::uint32_t value) {
  if (value < 0x10) out.append('0');
  out.append_number(value, 16);
}

void append_text(TextBuffer& out, Opcode opcode) {
  if (opcode.prefix != 0) {
    append_hex_byte(out, opcode.prefix);
    out.append(' ');
  }
  append_hex_byte(out, opcode.code);
}

struct Quoted {
  std::string_view text;
};
void append_text(TextBuffer& out, Quoted quoted) {
  out.append('`');
  out.append(quoted.text);
  out.append('`');
}

}  // namespace

namespace detail {

Error illegal_opcode(std::uint8_t prefix, std::uint32_t code, std::uint64_t offset) {
  return fail(ErrorKind::malformed, at_offset(offset), "illegal opcode ", Opcode{prefix, code});
}

Error malformed_mem_arg_flags(std::uint32_t flags, std::uint64_t offset) {
  if (flags >= 2 * mem_arg_memory_flag) {
    return fail(ErrorKind::malformed, at_offset(offset), "malformed memop flags: ", Hex{flags}, " has unknown bits");
  }
  return fail(ErrorKind::malformed, at_offset(offset),
              "malformed memop flags: ", NeedsFeature{"a memory index", Feature::multi_memory});
}

Error malformed_cast_flags(std::uint8_t flags, std::uint64_t offset) {
  return fail(ErrorKind::malformed, at_offset(offset), "malformed cast flags: ", Hex{flags}, " has unknown bits");
}

Error zero_byte_expected(std::string_view what, Feature feature, std::uint64_t offset) {
  return fail(ErrorKind::malformed, at_offset(offset), "zero byte expected: ", NeedsFeature{what, feature});
}

Error reserved_byte_not_zero(std::uint8_t found, std::uint64_t offset) {
  return fail(ErrorKind::malformed, at_offset(offset), "zero byte expected, found ", Hex{found});
}

std::span<const std::uint32_t> read_labels(Cursor& in, ImmediateLists& lists) {
  const std::uint32_t count = in.count(limits::max_br_table_labels, "labels of a br_table");
  lists.labels.clear();
  lists.labels.reserve(std::size_t{count} + 1);
  for (std::uint32_t i = 0; i <= count && in.ok(); ++i) lists.labels.push_back(in.u32());
  return lists.labels;
}

std::span<const Catch> read_catches(Cursor& in, ImmediateLists& lists) {
  const std::uint32_t count = in.count(limits::max_catches, "catch clauses");
  lists.catches.clear();
  lists.catches.reserve(count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t start = in.offset();
    const std::uint8_t kind = in.u8();
    if (kind > static_cast<std::uint8_t>(CatchKind::catch_all_ref)) {
      in.fault(ErrorKind::malformed, start, "malformed catch clause: ", Hex{kind}, " is no kind of clause");
    }
    Catch clause{.kind = static_cast<CatchKind>(kind & 3), .tag = {}, .label = {}};
    if (clause.kind == CatchKind::catch_ || clause.kind == CatchKind::catch_ref) clause.tag = TagIdx(in.u32());
    clause.label = LabelIdx(in.u32());
    lists.catches.push_back(clause);
  }
  return lists.catches;
}

std::span<const ValType> read_value_types(Cursor& in, ImmediateLists& lists, Features features) {
  const std::uint32_t count = in.count(limits::max_results, "value types");
  lists.value_types.clear();
  lists.value_types.reserve(count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) lists.value_types.push_back(read_val_type(in, features));
  return lists.value_types;
}

}  // namespace detail

void read_immediates(Cursor& in, Instruction& out, ImmediateLists& lists, Features features) {
  with_shape(info(out.op).immediates, [&]<Immediates shape>() { read_immediates<shape>(in, out, lists, features); });
}

void fault_op_is_off(Cursor& in, std::uint64_t offset, Op op) {
  const InstructionInfo& row = info(op);
  TextBuffer mnemonic;
  append_text(mnemonic, Quoted{row.mnemonic});
  in.fault(ErrorKind::malformed, offset, "illegal opcode ", Opcode{row.prefix, row.code}, ": ",
           NeedsFeature{mnemonic.view(), row.feature});
}

InstructionReader::InstructionReader(Bytes code, std::uint64_t offset, Features features,
                                     std::pmr::memory_resource& memory)
    : cursor_(code, offset), begin_(code.data()), features_(features), lists_(memory) {}

bool InstructionReader::next(Instruction& out) {
  if (cursor_.at_end()) return false;
  out.offset = static_cast<std::uint32_t>(cursor_.position() - begin_);
  const std::uint64_t start = cursor_.offset();
  out.op = read_op(cursor_);
  if (out.op == Op::invalid) return false;
  if (!features_.has(info(out.op).feature)) return fault_op_is_off(cursor_, start, out.op), false;
  read_immediates(cursor_, out, lists_, features_);
  return cursor_.ok();
}

namespace {

void write_opcode(ByteWriter& out, Op op) {
  const InstructionInfo& row = info(op);
  if (row.prefix == 0) return out.u8(static_cast<std::uint8_t>(row.code));
  out.u8(row.prefix);
  out.u32(row.code);
}

void write_mem_arg(ByteWriter& out, const MemArg& arg) {
  const bool has_memory = arg.memory.value != 0;
  out.u32(arg.align_log2 | (has_memory ? detail::mem_arg_memory_flag : 0));
  if (has_memory) out.u32(arg.memory.value);
  out.u64(arg.offset);
}

void write_labels(ByteWriter& out, std::span<const std::uint32_t> labels) {
  out.u32(static_cast<std::uint32_t>(labels.size() - 1));
  for (const std::uint32_t label : labels) out.u32(label);
}

void write_catches(ByteWriter& out, std::span<const Catch> catches) {
  out.u32(static_cast<std::uint32_t>(catches.size()));
  for (const Catch& clause : catches) {
    out.u8(static_cast<std::uint8_t>(clause.kind));
    if (clause.kind == CatchKind::catch_ || clause.kind == CatchKind::catch_ref) out.u32(clause.tag.value);
    out.u32(clause.label.value);
  }
}

void write_value_types(ByteWriter& out, std::span<const ValType> types) {
  out.u32(static_cast<std::uint32_t>(types.size()));
  for (const ValType type : types) write_val_type(out, type);
}

void write_two_indices(ByteWriter& out, const Instruction& instruction) {
  out.u32(instruction.index);
  out.u32(instruction.second);
}

void write_immediates(ByteWriter& out, const Instruction& instruction) {
  using enum Immediates;
  switch (info(instruction.op).immediates) {
    case none: return;
    case block_type: return write_block_type(out, instruction.block);
    case try_table: return write_block_type(out, instruction.block), write_catches(out, instruction.catches);
    case label_table: return write_labels(out, instruction.labels);
    case label:
    case func:
    case tag:
    case type:
    case local:
    case global:
    case table:
    case elem:
    case memory:
    case data: return out.u32(instruction.index);
    case type_table:
    case table_table:
    case elem_table:
    case memory_memory:
    case data_memory:
    case type_field:
    case type_count:
    case type_data:
    case type_elem:
    case type_type: return write_two_indices(out, instruction);
    case mem_arg: return write_mem_arg(out, instruction.mem);
    case mem_arg_lane: return write_mem_arg(out, instruction.mem), out.u8(instruction.lane);
    case i32_const: return out.s32(static_cast<std::int32_t>(instruction.bits));
    case i64_const: return out.s64(static_cast<std::int64_t>(instruction.bits));
    case f32_const: return out.fixed(static_cast<std::uint32_t>(instruction.bits));
    case f64_const: return out.fixed(instruction.bits);
    case v128_const:
    case lanes16: return out.bytes(instruction.vector.bytes);
    case lane: return out.u8(instruction.lane);
    case value_types: return write_value_types(out, instruction.value_types);
    case heap_type: return write_heap_type(out, instruction.heap);
    case cast_branch:
      out.u8(instruction.cast_flags);
      out.u32(instruction.index);
      write_heap_type(out, instruction.source_heap);
      return write_heap_type(out, instruction.heap);
    case zero_byte: return out.u8(0);
  }
}

}  // namespace

void write_instruction(ByteWriter& out, const Instruction& instruction) {
  write_opcode(out, instruction.op);
  write_immediates(out, instruction);
}

}  // namespace tenon::core
