// Reading and writing instructions: immediates by shape, from instructions.def.
//
// `read_immediates<shape>` is the one decoder of immediates; the validator and the translator call it with the shape known
// at compile time, inside their own switch over operations, so that each instruction is dispatched once. `InstructionReader`
// serves everyone who is not in such a hurry.
#pragma once

#include <memory_resource>
#include <vector>

#include "binary/core/byte_writer.hpp"
#include "binary/core/cursor.hpp"
#include "model/core/instruction.hpp"
#include "spec/features.hpp"

namespace tenon::core {

// Storage for the lists that an instruction's immediates may hold; reused from one instruction to the next.
struct ImmediateLists {
  explicit ImmediateLists(std::pmr::memory_resource& memory) : labels(&memory), catches(&memory), value_types(&memory) {}
  std::pmr::vector<std::uint32_t> labels;
  std::pmr::vector<Catch> catches;
  std::pmr::vector<ValType> value_types;
};

// Reads an opcode, prefix included. A fault (unknown, truncated) makes it Op::invalid. Does not ask for features.
Op read_op(Cursor& in);

// Reads the immediates of `out.op` into `out`; faults in the cursor. `features` decides what types and flags may say.
void read_immediates(Cursor& in, Instruction& out, ImmediateLists& lists, Features features);

// Reads one type as it stands in the binary format; faults in the cursor ("malformed ...", or the feature that is off).
ValType read_val_type(Cursor& in, Features features);
HeapType read_heap_type(Cursor& in, Features features);

// One instruction after the other, until the bytes end.
class InstructionReader {
 public:
  InstructionReader(Bytes code, std::uint64_t offset, Features features, std::pmr::memory_resource& memory);
  // The next instruction; false at the end or after a fault. Lists in it live until the next call.
  bool next(Instruction& out);
  bool ok() const noexcept { return cursor_.ok(); }
  Error take_error() noexcept { return cursor_.take_error(); }
  std::uint64_t offset() const noexcept { return cursor_.offset(); }

 private:
  Cursor cursor_;
  const std::uint8_t* begin_;
  Features features_;
  ImmediateLists lists_;
};

// Appends an instruction in canonical form.
void write_instruction(ByteWriter& out, const Instruction& instruction);
void write_val_type(ByteWriter& out, ValType type);
void write_heap_type(ByteWriter& out, HeapType type);

// The local declarations at the start of a body: runs of locals of one type.
struct LocalRun {
  std::uint32_t count = 0;
  ValType type;
};
// Reads them; the cursor then stands at the first instruction. The total (with `params`) may not exceed limits::max_locals.
void read_locals(Cursor& in, std::pmr::vector<LocalRun>& runs, std::uint32_t params, Features features);

}  // namespace tenon::core
