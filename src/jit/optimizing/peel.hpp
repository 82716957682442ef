// A copy of a loop for who comes into the middle of it.
#pragma once

#include <llvm/ADT/ArrayRef.h>
#include <llvm/IR/BasicBlock.h>

namespace tenon::jit {

// Copies the blocks, the first of which is the only one that others lead to, and has no phi nodes, and lets `from`,
// which jumps there, jump to its copy instead. Where the copies lead out of the blocks, the rest of the function goes
// on.
//
// So code that begins with a turn of an inner loop finishes that loop in the copy, and has the loop itself as it is
// written for the turns of the outer ones: with known first values, which vectors need.
void peel(llvm::BasicBlock& from, llvm::ArrayRef<llvm::BasicBlock*> blocks);

}  // namespace tenon::jit
