// Calls between functions of one LLVM module pass fuel in registers.
//
// Through memory each call would wait for what was written just before it, and each return again: for short functions
// that is most of the time. So when nothing is inlined any more, a function that others here call directly becomes two:
// its code, which gets what is left behind its instance and gives it back behind its results, and the function that all
// others call, which reads and writes the thread's fuel around it.
//
// Not of functions with tail calls, which may only call what gives the same results, nor with results in memory.
#pragma once

#include <llvm/IR/PassManager.h>

namespace tenon::jit {

class ModuleBuilder;

// What the code of a function is called, behind the function's name.
inline constexpr const char* paid_suffix = ".paid";

struct PassFuel : llvm::PassInfoMixin<PassFuel> {
  explicit PassFuel(ModuleBuilder& built) : module(&built) {}
  llvm::PreservedAnalyses run(llvm::Module& target, llvm::ModuleAnalysisManager& analyses);
  ModuleBuilder* module;
};

}  // namespace tenon::jit
