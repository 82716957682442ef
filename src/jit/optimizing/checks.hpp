// What ends guest code that would go on for ever, or for too deep: added when everything else has been optimized.
//
// - A loop looks at the store's interrupt flag each time around: at the target of each edge that goes back, unless the
//   loop is known to end soon, or each of its rounds looks anyway, in an inner loop or in a function that it calls.
//   Where the flag is set, the store's owner is asked whether the guest may go on. Added after optimization, since
//   loops with such a check are neither vectorized nor taken for counted ones; an unrolled or vectorized loop then
//   looks once for several rounds.
// - A function looks at the stack and at the flag, in one comparison, when it is entered, if it can be entered again
//   from within itself (a cycle of calls, a call through a table, or to another instance), or is at the end of a long
//   chain of calls. Leaves and short chains live on the room that the stack's limit leaves anyway: at most
//   `unchecked_chain` frames, none of which is larger than `largest_frame` (compiler.cpp leaves functions with larger
//   ones to the interpreter).
#pragma once

#include <llvm/IR/PassManager.h>

namespace tenon::jit {

class ModuleBuilder;

inline constexpr unsigned unchecked_chain = 3;
inline constexpr unsigned largest_frame = 32 << 10;

struct InsertChecks : llvm::PassInfoMixin<InsertChecks> {
  explicit InsertChecks(ModuleBuilder& builder) : module(&builder) {}
  llvm::PreservedAnalyses run(llvm::Module& target, llvm::ModuleAnalysisManager& analyses);
  ModuleBuilder* module;
};

}  // namespace tenon::jit
