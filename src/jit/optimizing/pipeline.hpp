// LLVM's passes over its representation of guest code, in their order.
#pragma once

#include <llvm/IR/PassManager.h>

namespace tenon::jit {

class ModuleBuilder;

// What makes code of `built` ready for the code generator. `optimize` false: only what has to be done.
llvm::ModulePassManager passes_over(ModuleBuilder& built, bool optimize);

}  // namespace tenon::jit
