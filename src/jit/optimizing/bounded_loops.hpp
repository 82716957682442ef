// Loops without trap points: those whose accesses are found to be in bounds before they begin.
//
// A vector access stands for many, and when it faults the stores of earlier rounds have not happened yet, though the
// program says that they have; so no loop with trap points (trap_points.hpp) is vectorized. An innermost loop that has
// some is doubled, in front of the vectorizer: where the first and the last address of each lie in the memory, which is
// found out once, goes a copy without; elsewhere the one that has them. A loop whose addresses cannot be told
// beforehand is left as it is.
#pragma once

#include <llvm/IR/PassManager.h>

namespace tenon::jit {

struct BoundedLoops : llvm::PassInfoMixin<BoundedLoops> {
  static llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace tenon::jit
