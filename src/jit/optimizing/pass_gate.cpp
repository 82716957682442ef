#include "jit/optimizing/pass_gate.hpp"

namespace tenon::jit {

namespace {

// A function of 30,000 instructions took CodeGenPrepare 25 of 30 seconds, and one of 5,000 a twelfth of its time.
constexpr unsigned large = 4'000;
constexpr llvm::StringLiteral preparation = "CodeGen Prepare";

}  // namespace

// Unrolling took a fifth of the time of all passes before code generation in a function of 76 KB (an interpreter's),
// for what is known of its loops is found out anew after each.
bool PassGate::may_run(llvm::StringRef pass, const llvm::Any& on) const {
  if (has_stopped()) return false;
  const auto* function = llvm::any_cast<const llvm::Function*>(&on);
  return pass != "LoopUnrollPass" || function == nullptr || (*function)->getInstructionCount() <= large;
}

void PassGate::note_large_functions(const llvm::Module& module) {
  for (const llvm::Function& function : module) {
    if (function.getInstructionCount() > large) large_.insert(("function (" + function.getName() + ")").str());
  }
}

bool PassGate::shouldRunPass(llvm::StringRef pass, llvm::StringRef on) {
  return !has_stopped() && (pass != preparation || !large_.contains(on));
}

}  // namespace tenon::jit
