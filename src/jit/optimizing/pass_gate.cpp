#include "jit/optimizing/pass_gate.hpp"

namespace tenon::jit {

namespace {

// A function of 30,000 instructions took CodeGenPrepare 25 of 30 seconds, and one of 5,000 a twelfth of its time.
constexpr unsigned large = 4'000;
constexpr llvm::StringLiteral preparation = "CodeGen Prepare";

}  // namespace

void PassGate::note_large_functions(const llvm::Module& module) {
  for (const llvm::Function& function : module) {
    if (function.getInstructionCount() > large) large_.insert(("function (" + function.getName() + ")").str());
  }
}

bool PassGate::shouldRunPass(llvm::StringRef pass, llvm::StringRef on) {
  return !has_stopped() && (pass != preparation || !large_.contains(on));
}

}  // namespace tenon::jit
