// How many operands an instruction takes and how many results it leaves, as far as folding cares.
#pragma once

#include <cstdint>
#include <span>

#include "model/core/instruction.hpp"
#include "text/core/print_context.hpp"

namespace tenon::core {

struct Arity {
  std::uint32_t operands = 0;
  std::uint32_t results = 0;
};

// `label_arities` are those of the open labels, the innermost last: the number of values that a branch to it carries.
// What cannot be known, in a module that was not validated, counts as 0.
Arity arity_of(const Instruction& instruction, const PrintContext& context,
               std::span<const std::uint32_t> label_arities);

// Parameters and results of a block type.
Arity arity_of(const BlockType& type, const PrintContext& context);

}  // namespace tenon::core
