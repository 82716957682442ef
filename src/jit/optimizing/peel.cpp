#include "jit/optimizing/peel.hpp"

#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/IR/CFG.h>
#include <llvm/IR/Instructions.h>
#include <llvm/Transforms/Utils/Cloning.h>
#include <llvm/Transforms/Utils/Local.h>
#include <llvm/Transforms/Utils/ValueMapper.h>

namespace tenon::jit {

namespace {

using Blocks = llvm::SmallPtrSet<const llvm::BasicBlock*, 32>;

bool is_used_outside(const llvm::Instruction& instruction, const Blocks& inside) {
  return llvm::any_of(instruction.users(), [&](const llvm::User* user) {
    return !inside.contains(llvm::cast<llvm::Instruction>(user)->getParent());
  });
}

// What leaves the blocks does so in memory, which LLVM turns into registers again: so the copies' values reach all that
// the blocks' own do.
void demote(llvm::ArrayRef<llvm::BasicBlock*> blocks, const Blocks& inside) {
  std::vector<llvm::PHINode*> phis;
  for (llvm::BasicBlock* block : blocks) {
    for (llvm::BasicBlock* next : llvm::successors(block)) {
      if (inside.contains(next)) continue;
      for (llvm::PHINode& phi : next->phis()) {
        if (!llvm::is_contained(phis, &phi)) phis.push_back(&phi);
      }
    }
  }
  for (llvm::PHINode* phi : phis) llvm::DemotePHIToStack(phi);
  std::vector<llvm::Instruction*> values;
  for (llvm::BasicBlock* block : blocks) {
    for (llvm::Instruction& instruction : *block) {
      if (!instruction.getType()->isVoidTy() && is_used_outside(instruction, inside)) values.push_back(&instruction);
    }
  }
  for (llvm::Instruction* value : values) llvm::DemoteRegToStack(*value);
}

}  // namespace

void peel(llvm::BasicBlock& from, llvm::ArrayRef<llvm::BasicBlock*> blocks) {
  demote(blocks, Blocks(blocks.begin(), blocks.end()));
  llvm::ValueToValueMapTy copies;
  llvm::SmallVector<llvm::BasicBlock*, 32> made;
  for (llvm::BasicBlock* block : blocks) {
    made.push_back(llvm::CloneBasicBlock(block, copies, ".copy", from.getParent()));
    copies[block] = made.back();
  }
  llvm::remapInstructionsInBlocks(made, copies);
  from.getTerminator()->replaceSuccessorWith(blocks.front(), made.front());
}

}  // namespace tenon::jit
