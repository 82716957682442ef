// Reading over expressions without keeping their instructions: where they end, and what is malformed in them.
//
// Constant expressions have no size in front, so that the reader of a section has to decode them to find what follows;
// `check_bodies` goes through function bodies in the same way. The validator does not need this: it decodes by itself.
#pragma once

#include <memory_resource>
#include <vector>

#include "binary/core/instructions.hpp"
#include "model/core/module.hpp"

namespace tenon::core {

class ExpressionScanner {
 public:
  ExpressionScanner(Features features, std::pmr::memory_resource& memory)
      : features_(features), lists_(memory), open_(&memory) {}
  // Reads up to the `end` that closes the expression, and that too. False when the bytes end where an opcode should
  // stand; every other fault is in the cursor. Without a data count section (`may_name_data` false), instructions that
  // name a data segment are malformed.
  bool scan(Cursor& in, bool may_name_data);
  // The same, where the bytes may not end.
  Expr read(Cursor& in);

 private:
  // Follows the structure of blocks; true at the `end` that closes the expression.
  bool note_special(Op op, Cursor& in, std::uint64_t start, bool may_name_data);
  void open(Op op, Cursor& in, std::uint64_t start);
  // `op` continues a block that `first` or `second` began.
  void replace(Op op, Op first, Op second, Cursor& in, std::uint64_t start);

  Features features_;
  ImmediateLists lists_;
  std::pmr::vector<Op> open_;  // the openers of the blocks we are in; `else` and `catch` take the place of theirs
};

}  // namespace tenon::core
