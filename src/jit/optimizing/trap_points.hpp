// Traps of accesses behind guard regions, exact to the letter, in code that LLVM optimizes.
//
// An access that is out of bounds must trap before anything that the program does after it, and after everything that
// it does before, whether somebody needs the value or not. To LLVM a plain load is neither an effect nor anything that
// ends a program: it leaves it out, sinks it to where its value is needed, moves it before a store or a store before
// it.
//
// So in front of each access stands a trap point: a call that reads memory and may not return. That is what an explicit
// bounds check means, of which LLVM sees everything but the condition: no effect may be moved across it, stores before
// it have happened, no load behind it comes before it, and it cannot be left out. The access itself stays plain: loads
// are found to be the same, stores are forwarded to them. Trap points become machine code in three steps:
//
// - `DropTrapPoints`: an access that cannot be out of bounds has none: it ends below the memory's smallest size, or not
//   behind another that comes first on every path here (memories never shrink). With no effect between two trap points
//   they are one.
// - `BoundedLoops` (bounded_loops.hpp): a loop whose accesses were found to be in bounds before it began has none, so
//   that it can be vectorized.
// - `SettleTrapPoints`, after all optimization: the access that follows, if it still does, is the check, by the fault;
//   else a byte is read. Where there is such an access, it and all effects in its block become volatile, which keeps
//   their order in the code generator, too. A store that the machine may do in part is read before it is written.
//
// The call is a patch point, a place where code of unknown effect might be put: unlike any function it counts as no
// call when LLVM weighs what to inline and unroll.
//
// Rejected: volatile accesses from the start, which are exact as well, but are not optimized at all (15 to 28 %);
// explicit checks (30 %); guards (`llvm.experimental.guard`), which LLVM joins so that nobody knows afterwards which
// access is whose; only loads that nobody needs as volatile, which is not exact.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/PassManager.h>
#include <optional>

namespace tenon::jit {

class ModuleBuilder;

// The bytes [place, place + width) of `memory` (a runtime::Memory), which has never fewer than `least` bytes.
struct TrapPoint {
  llvm::CallInst* call = nullptr;
  llvm::Value* place = nullptr;
  std::uint64_t width = 0;
  std::uint64_t least = 0;
  llvm::Value* memory = nullptr;
  // In code that pays with fuel (fuel.hpp): how much is left, and where it is written before the access may trap.
  llvm::Value* fuel = nullptr;
  llvm::Value* fuel_place = nullptr;
};

llvm::CallInst* make_trap_point(llvm::IRBuilder<>& ir, const TrapPoint& point);
std::optional<TrapPoint> as_trap_point(llvm::Instruction& instruction);

// A call that reads memory and may not return, and is gone when machine code is made. The number says what it is.
llvm::CallInst* make_patch_point(llvm::IRBuilder<>& ir, std::uint64_t number, llvm::ArrayRef<llvm::Value*> operands);
llvm::CallInst* as_patch_point(llvm::Instruction& instruction);

struct DropTrapPoints : llvm::PassInfoMixin<DropTrapPoints> {
  // `ranges`: by all that is known of numbers, which takes longer than the rest.
  explicit DropTrapPoints(bool ranges) : ranges_(ranges) {}
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) const;

 private:
  bool ranges_;
};

struct SettleTrapPoints : llvm::PassInfoMixin<SettleTrapPoints> {
  static llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace tenon::jit
