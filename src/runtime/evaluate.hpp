// Constant expressions. https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions
#pragma once

#include "runtime/store.hpp"

namespace tenon::runtime {

// A value of any type; `high` is used by v128 only.
struct Value {
  Slot low = 0;
  Slot high = 0;
};

// The value of a validated constant expression of the instance, whose imports and earlier globals are in place. Objects
// it makes are reachable from the result only: nothing is collected meanwhile. Errors: trap (heap exhausted).
Result<Value> evaluate(Instance& instance, const core::Expr& expr);

}  // namespace tenon::runtime
