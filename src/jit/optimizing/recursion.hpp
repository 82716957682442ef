// Small functions that call themselves are put into themselves: LLVM's own inliner leaves direct recursion alone, and a
// short recursive function is mostly the price of its calls.
#pragma once

#include <llvm/IR/PassManager.h>

namespace tenon::jit {

struct InlineRecursion : llvm::PassInfoMixin<InlineRecursion> {
  static llvm::PreservedAnalyses run(llvm::Module& target, llvm::ModuleAnalysisManager& analyses);
};

}  // namespace tenon::jit
