// What a function's compiler should see beside it.
#pragma once

#include <functional>
#include <vector>

#include "validate/core/module.hpp"

namespace tenon::jit {

// Adds to `found`, by function index, what the function calls itself, and what those call, of what `takes` wants and as
// long as it is small altogether: compiled with the function, it can be inlined, and is called directly. The function
// itself is not added.
void add_callees(const core::ValidatedModule& source, core::FuncIdx function,
                 const std::function<bool(core::FuncIdx)>& takes, std::vector<bool>& found);

// Whether the function ends with calls, or may.
bool has_tail_call(const core::ValidatedModule& source, core::FuncIdx function);

}  // namespace tenon::jit
