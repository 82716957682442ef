// Code without checks of fuel, for as long as it certainly suffices.
//
// Where a function begins, behind each call, and at the header of each loop stands a leader: a check that the fuel
// suffices for the dearest way from there to the next leaders. Behind one that holds, no other check can fail: they are
// left out, and the payments are subtractions that LLVM may merge. Where it does not hold, the guest may be about to
// run out of fuel somewhere before the next leader: so control goes on in a copy of the function that has all checks,
// and stays there until the function ends. The copy's first look at fuel is that of the leader's own run: what traps,
// traps where it always did.
//
// An innermost loop whose number of turns is known before it begins has its leader in front of it, for all turns: so it
// is like a loop without fuel, can be vectorized, and where its turns cost the same, the fuel behind it is computed.
#pragma once

#include <llvm/IR/PassManager.h>

namespace tenon::jit {

struct SplitByFuel : llvm::PassInfoMixin<SplitByFuel> {
  static llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace tenon::jit
