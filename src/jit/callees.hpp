// What a function's compiler should see beside it.
#pragma once

#include <vector>

#include "validate/core/module.hpp"

namespace tenon::jit {

// Adds to `found`, by function index, what the function calls itself, and what those call, while it is small: compiled
// with it, it can be inlined, and is called directly. The function itself is not added.
void add_small_callees(const core::ValidatedModule& source, core::FuncIdx function, std::vector<bool>& found);

}  // namespace tenon::jit
