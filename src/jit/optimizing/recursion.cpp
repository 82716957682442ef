#include "jit/optimizing/recursion.hpp"

#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>
#include <llvm/Transforms/Utils/Cloning.h>

namespace tenon::jit {

namespace {

constexpr std::size_t largest_body = 60;     // instructions of a function that is worth it
constexpr std::size_t largest_result = 250;  // and of what it may become
constexpr unsigned most_levels = 3;

std::vector<llvm::CallInst*> calls_of_itself(llvm::Function& function) {
  std::vector<llvm::CallInst*> calls;
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
    if (call != nullptr && call->getCalledFunction() == &function && !call->isMustTailCall()) calls.push_back(call);
  }
  return calls;
}

void inline_into_itself(llvm::Function& function, llvm::FunctionAnalysisManager& functions) {
  if (calls_of_itself(function).empty()) return;
  // What the body is once the obvious is gone from it.
  llvm::FunctionPassManager tidy;
  tidy.addPass(llvm::EarlyCSEPass());
  tidy.addPass(llvm::SimplifyCFGPass());
  tidy.addPass(llvm::InstCombinePass());
  tidy.run(function, functions);
  const std::size_t size = function.getInstructionCount();
  if (size > largest_body) return;

  llvm::ValueToValueMapTy values;
  llvm::Function* body = llvm::CloneFunction(&function, values);
  body->setLinkage(llvm::GlobalValue::InternalLinkage);
  for (unsigned level = 0; level < most_levels; ++level) {
    const auto calls = calls_of_itself(function);
    if (calls.empty() || function.getInstructionCount() + calls.size() * size > largest_result) break;
    for (llvm::CallInst* call : calls) {
      call->setCalledFunction(body);
      llvm::InlineFunctionInfo info;
      if (!llvm::InlineFunction(*call, info).isSuccess()) call->setCalledFunction(&function);
    }
  }
  body->eraseFromParent();
  functions.invalidate(function, llvm::PreservedAnalyses::none());
}

}  // namespace

llvm::PreservedAnalyses InlineRecursion::run(llvm::Module& target, llvm::ModuleAnalysisManager& analyses) {
  auto& functions = analyses.getResult<llvm::FunctionAnalysisManagerModuleProxy>(target).getManager();
  std::vector<llvm::Function*> defined;
  for (llvm::Function& function : target) {
    if (!function.isDeclaration()) defined.push_back(&function);
  }
  for (llvm::Function* function : defined) inline_into_itself(*function, functions);
  return llvm::PreservedAnalyses::none();
}

}  // namespace tenon::jit
