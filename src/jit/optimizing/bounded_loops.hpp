// Which loops may be vectorized: those whose accesses are known to be in bounds.
//
// A vector access stands for many, and when it faults the stores of earlier rounds have not happened yet, though the
// program says that they have. So an innermost loop that stores is doubled, in front of the vectorizer: where the first
// and the last address of each of its accesses lie in the memory, which is found out once, goes the copy that may be
// vectorized; elsewhere the one that may not. A loop whose addresses cannot be told beforehand is left as it is, and
// not vectorized. A loop that only reads may be vectorized as it is: a fault there means the same whenever it comes.
#pragma once

#include <llvm/IR/PassManager.h>

namespace tenon::jit {

class ModuleBuilder;

struct BoundedLoops : llvm::PassInfoMixin<BoundedLoops> {
  explicit BoundedLoops(const ModuleBuilder& builder) : module(&builder) {}
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
  const ModuleBuilder* module;
};

}  // namespace tenon::jit
