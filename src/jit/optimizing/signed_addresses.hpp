// Addresses in a loop as numbers that a loop can count with.
//
// An address is 32 bits wide and is extended with zeros. Compilers count from a negative number up to zero, and add
// that to a constant: extended with zeros the counter would jump from 2^32 to 0, and LLVM, which counts in 64 bits
// where it can, gets a loop that it cannot make sense of afterwards. Where the sum is known to be no negative number,
// as it is then, extending its sign is the same, and the counter may stay below zero.
#pragma once

#include <llvm/IR/PassManager.h>

namespace tenon::jit {

struct SignedAddresses : llvm::PassInfoMixin<SignedAddresses> {
  static llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace tenon::jit
