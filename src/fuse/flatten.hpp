// From a validated component to its instantiation plan.
#pragma once

#include "base/arena.hpp"
#include "fuse/plan.hpp"
#include "tenon/result.hpp"

namespace tenon::fuse {

// The plan refers to the component and lies in `arena`; the component's type pool grows by the substituted signatures.
// Errors: exhausted (limits::max_plan_steps, max_instantiation_nesting), invalid (what a root cannot have: imports and
// exports of components, for nobody could give or take them).
Result<Plan> flatten(const component::ValidatedComponent& component, Arena& arena);

}  // namespace tenon::fuse
