// Instructions as the text format writes them. https://webassembly.github.io/spec/core/text/instructions.html
//
// Mnemonics come from instructions.def, and immediates are printed by their shape; only what opens, divides or closes a
// block has code of its own. Bodies are decoded as they are printed, and nothing is kept but the labels that are open.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "binary/core/cursor.hpp"
#include "binary/core/instructions.hpp"
#include "model/core/instruction.hpp"
#include "text/core/print_context.hpp"
#include "text/core/print_hints.hpp"
#include "text/core/print_output.hpp"

namespace tenon::core {

// An open block, the function's body included.
struct OpenLabel {
  std::string_view text;  // the identifier behind the `$`, or empty
  Op op = Op::block;      // what opened it, or Op::else_, Op::catch_all: what may still follow depends on it
};

bool opens_block(Op op) noexcept;

// Reads the instructions of one body or constant expression, and knows the names that are in scope.
class CodeReader {
 public:
  // `code` starts behind the locals; `function` is none for constant expressions.
  CodeReader(const PrintContext& context, Arena& arena, std::pmr::memory_resource& memory);
  void start(const Cursor& code, FuncIdx function);

  // Reads the next instruction, and opens and closes labels with it. False at the end of the code, that is, behind the
  // `end` that closes it, and after a fault.
  bool next();
  bool ok() const noexcept { return cursor_.ok(); }
  Error take_error() noexcept { return cursor_.take_error(); }

  // Behind the instruction that was read last.
  std::uint64_t end_offset() const noexcept { return cursor_.offset(); }

  const PrintContext& context;
  Instruction instruction;
  std::uint64_t offset = 0;  // of the instruction in the outermost input
  std::size_t depth = 0;     // blocks that are open around the instruction
  Identifiers locals;
  std::pmr::vector<OpenLabel> labels;  // the body's first

  // The mnemonic and the immediates; for blocks, with the label that `next` opened.
  void put_instruction(TextOutput& out) const;
  // What follows the mnemonic of the block that `next` opened: its label and type.
  void put_block_header(TextOutput& out) const;

 private:
  void read();
  void open_label();
  void close(Op op);
  void put_immediates(TextOutput& out) const;
  void put_label_use(TextOutput& out, std::uint32_t index, std::size_t first) const;
  void put_label_table(TextOutput& out) const;
  void put_catches(TextOutput& out) const;
  void put_memory_argument(TextOutput& out) const;
  void put_pair(TextOutput& out, const Identifiers& first, const Identifiers& second) const;

  Cursor cursor_{{}, 0};
  ImmediateLists lists_;
  Arena& arena_;
  const NameMap* label_names_ = nullptr;
  std::size_t next_label_name_ = 0;
  std::uint32_t label_count_ = 0;
  bool is_closed_ = false;
};

void put_hint(TextOutput& out, const BranchHint& hint);

// Prints a body's instructions, one a line. `body_offset` is where the body begins, for its hints. Errors: malformed.
Result<void> put_flat_code(TextOutput& out, CodeReader& code, std::uint64_t body_offset, FunctionHints hints);

}  // namespace tenon::core
