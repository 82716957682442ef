#include "jit/optimizing/signed_addresses.hpp"

#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/Analysis/ScalarEvolutionExpressions.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>

namespace tenon::jit {

llvm::PreservedAnalyses SignedAddresses::run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) {
  const llvm::LoopInfo& loops = analyses.getResult<llvm::LoopAnalysis>(function);
  if (loops.empty()) return llvm::PreservedAnalyses::all();
  auto& evolution = analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
  std::vector<llvm::ZExtInst*> found;
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    auto* extended = llvm::dyn_cast<llvm::ZExtInst>(&instruction);
    if (extended == nullptr || !extended->getType()->isIntegerTy(64) ||
        !extended->getOperand(0)->getType()->isIntegerTy(32) || loops.getLoopFor(extended->getParent()) == nullptr) {
      continue;
    }
    const llvm::SCEV* address = evolution.getSCEV(extended->getOperand(0));
    if (llvm::isa<llvm::SCEVAddRecExpr>(address) && evolution.isKnownNonNegative(address)) found.push_back(extended);
  }
  for (llvm::ZExtInst* extended : found) {
    llvm::IRBuilder<> ir(extended);
    extended->replaceAllUsesWith(ir.CreateSExt(extended->getOperand(0), extended->getType()));
    extended->eraseFromParent();
  }
  return found.empty() ? llvm::PreservedAnalyses::all() : llvm::PreservedAnalyses::none();
}

}  // namespace tenon::jit
