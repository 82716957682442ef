// Instruction sequences in the text format, written in the binary format as they are read.
// https://webassembly.github.io/spec/core/text/instructions.html
#pragma once

#include "text/core/parse_context.hpp"

namespace tenon::core {

// Instructions up to the parenthesis that closes what they stand in, without `end`, appended to `context.code`.
void parse_instructions(ParseContext& context);
// One folded instruction; the cursor is at its parenthesis.
void parse_folded_instruction(ParseContext& context);

// Constant expressions, complete with `end`.
Expr parse_const_expr(ParseContext& context);         // instructions up to the closing parenthesis
Expr parse_folded_const_expr(ParseContext& context);  // (keyword instructions...) or one folded instruction

// The immediates of `context.instruction.op`, which the cursor stands behind; may refine the operation (select,
// ref.test and ref.cast have two each).
void parse_immediates(ParseContext& context);
std::uint32_t parse_label(ParseContext& context);

}  // namespace tenon::core
