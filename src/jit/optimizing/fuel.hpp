// Fuel in code that LLVM optimizes.
//
// Each straight run of instructions is paid for where it begins (interp/translate_control.cpp), and who runs out of
// fuel traps there. How much is left is a value like any other: it is read from the thread where a function begins,
// written back in front of whatever else may look at it (calls, returns, explicit traps), and read again behind what
// may have changed it. In between nobody needs it in memory, but an access that faults: so a trap point
// (trap_points.hpp) has the fuel that is left there as an operand.
//
// A payment is a subtraction, and a check behind it: a call that may not return, as a trap point is, with the same
// effect on what LLVM may do. Nothing crosses it that the world sees. The checks become machine code in two steps:
//
// - `SplitByFuel` (fuel_regions.hpp): where the fuel suffices for all that may come until somebody looks again, there
// are
//   no checks at all; only where it may not is each run checked, in a copy of the code that is hardly ever used.
// - `SettleFuel`, after all optimization: the checks that are left become comparisons, and what trap points say is left
//   is written in front of them, unless it was before.
#pragma once

#include <cstdint>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/PassManager.h>
#include <optional>

namespace tenon::jit {

class ModuleBuilder;

struct FuelCheck {
  llvm::CallInst* call = nullptr;
  llvm::Value* left = nullptr;  // i64, what is left when the run is paid for; below zero it traps
  std::uint32_t price = 0;      // of the run, not zero
};

// Makes the check of a run whose price is set when it is known.
llvm::CallInst* make_fuel_check(llvm::IRBuilder<>& ir, llvm::Value* left);
void set_price(llvm::CallInst& check, std::uint32_t price);
std::optional<FuelCheck> as_fuel_check(llvm::Instruction& instruction);

// What is left, in a variable of the function's own which becomes a value when LLVM looks at it.
struct FuelOfFunction {
  llvm::AllocaInst* local = nullptr;
  llvm::Value* place = nullptr;          // where the thread's fuel is
  llvm::MDNode* alias = nullptr;         // says that an access is one of the thread's fuel
  llvm::MDNode* alias_others = nullptr;  // that it is of anything else

  // From the thread, and back to it.
  void read(llvm::IRBuilder<>& ir) const;
  void write(llvm::IRBuilder<>& ir) const;
  // Back to it in front of a return, unless it was given away with a tail call.
  void write_at(llvm::ReturnInst& end) const;
  // Around a call that may look at it.
  void keep_around(llvm::CallBase& call) const;
};

// Of a function whose body is complete, but for the end of its entry block, where `place` is available: has its fuel
// read and written where others look, and tells trap points.
void keep_fuel(llvm::Function& function, const FuelOfFunction& fuel);

// Goes on where control comes back from the call, at a place that only the call leads to.
void go_behind(llvm::IRBuilder<>& ir, llvm::CallBase& call);

// Whether the call is one of anything but what LLVM knows, and the meaning of an instruction.
bool may_look_at_fuel(const llvm::CallBase& call);

struct SettleFuel : llvm::PassInfoMixin<SettleFuel> {
  explicit SettleFuel(ModuleBuilder& built) : module(&built) {}
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
  ModuleBuilder* module;
};

}  // namespace tenon::jit
