// Reading and writing instructions: immediates by shape, from instructions.def.
//
// `read_op` and `read_immediates<shape>` (binary/core/immediates.hpp) are the one decoder; the validator and the
// translator call them with the shape known at compile time, inside their own switch over operations, so that each
// instruction is dispatched once. `InstructionReader` serves everyone who is not in such a hurry.
#pragma once

#include <memory_resource>
#include <vector>

#include "binary/core/byte_writer.hpp"
#include "binary/core/cursor.hpp"
#include "binary/core/types.hpp"
#include "model/core/instruction.hpp"
#include "spec/features.hpp"

namespace tenon::core {

// Storage for the lists that an instruction's immediates may hold; reused from one instruction to the next.
struct ImmediateLists {
  explicit ImmediateLists(std::pmr::memory_resource& memory)
      : labels(&memory), catches(&memory), value_types(&memory) {}
  std::pmr::vector<std::uint32_t> labels;
  std::pmr::vector<Catch> catches;
  std::pmr::vector<ValType> value_types;
};

// Reads the immediates of `out.op` into `out`; faults in the cursor. `features` decides what types and flags may say.
void read_immediates(Cursor& in, Instruction& out, ImmediateLists& lists, Features features);

// Records that `op`, whose opcode stands at `offset`, belongs to a feature that is off: "illegal opcode 06: `try` ...".
void fault_op_is_off(Cursor& in, std::uint64_t offset, Op op);

// One instruction after the other, until the bytes end. An operation whose feature is off is a fault.
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

// The local declarations at the start of a body: runs of locals of one type.
struct LocalRun {
  std::uint32_t count = 0;
  ValType type;
};
// Reads them; the cursor then stands at the first instruction. The total (with `params`) may not exceed
// limits::max_locals.
void read_locals(Cursor& in, std::pmr::vector<LocalRun>& runs, std::uint32_t params, Features features);
void write_locals(ByteWriter& out, std::span<const LocalRun> runs);

}  // namespace tenon::core
