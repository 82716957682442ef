#include "jit/optimizing/fuel.hpp"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/PostOrderIterator.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/CFG.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <vector>

#include "jit/optimizing/builder.hpp"
#include "jit/optimizing/trap_points.hpp"
#include "spec/traps.hpp"

namespace tenon::jit {

namespace {

// Operands of a check, behind the four of every patch point. Its number, which stays a constant, is the price.
constexpr unsigned price_at = 0;
constexpr unsigned left_at = 4;

}  // namespace

llvm::CallInst* make_fuel_check(llvm::IRBuilder<>& ir, llvm::Value* left) { return make_patch_point(ir, 1, {left}); }

void set_price(llvm::CallInst& check, std::uint32_t price) {
  check.setArgOperand(price_at, llvm::ConstantInt::get(llvm::Type::getInt64Ty(check.getContext()), price));
}

std::optional<FuelCheck> as_fuel_check(llvm::Instruction& instruction) {
  auto* call = as_patch_point(instruction);
  if (call == nullptr) return std::nullopt;
  const auto price = llvm::cast<llvm::ConstantInt>(call->getArgOperand(price_at))->getZExtValue();
  if (price == 0) return std::nullopt;
  return FuelCheck{call, call->getArgOperand(left_at), static_cast<std::uint32_t>(price)};
}

bool may_look_at_fuel(const llvm::CallBase& call) {
  const llvm::Function* callee = call.getCalledFunction();
  return callee == nullptr || ModuleBuilder::is_guest_code(*callee);
}

// --- Keeping

void go_behind(llvm::IRBuilder<>& ir, llvm::CallBase& call) {
  auto* invoke = llvm::dyn_cast<llvm::InvokeInst>(&call);
  if (invoke == nullptr) return ir.SetInsertPoint(call.getNextNode());
  llvm::BasicBlock* next = invoke->getNormalDest();
  if (next->getSinglePredecessor() == nullptr) {
    auto* between = llvm::BasicBlock::Create(ir.getContext(), "returned", call.getFunction(), next);
    llvm::IRBuilder<>(between).CreateBr(next);
    next->replacePhiUsesWith(invoke->getParent(), between);
    invoke->setNormalDest(between);
    next = between;
  }
  ir.SetInsertPoint(next, next->getFirstInsertionPt());
}

void FuelOfFunction::read(llvm::IRBuilder<>& ir) const {
  llvm::LoadInst* left = ir.CreateAlignedLoad(ir.getInt64Ty(), place, llvm::Align(8));
  left->setMetadata(llvm::LLVMContext::MD_tbaa, alias);
  ir.CreateStore(left, local);
}

void FuelOfFunction::write(llvm::IRBuilder<>& ir) const {
  llvm::Value* left = ir.CreateLoad(ir.getInt64Ty(), local);
  ir.CreateAlignedStore(left, place, llvm::Align(8))->setMetadata(llvm::LLVMContext::MD_tbaa, alias);
}

void FuelOfFunction::write_at(llvm::ReturnInst& end) const {
  const llvm::Instruction* before = end.getPrevNode();
  const auto* last = before == nullptr ? nullptr : llvm::dyn_cast<llvm::CallInst>(before);
  if (last != nullptr && last->isMustTailCall()) return;
  llvm::IRBuilder<> ir(&end);
  write(ir);
}

void FuelOfFunction::keep_around(llvm::CallBase& call) const {
  llvm::IRBuilder<> ir(&call);
  write(ir);
  if (call.doesNotReturn() || call.isMustTailCall()) return;
  go_behind(ir, call);
  read(ir);
}

namespace {

// It reads what it likes but fuel: that it has.
void tell(const TrapPoint& point, const FuelOfFunction& fuel) {
  llvm::IRBuilder<> ir(point.call);
  TrapPoint told = point;
  told.fuel = ir.CreateLoad(ir.getInt64Ty(), fuel.local);
  told.fuel_place = fuel.place;
  make_trap_point(ir, told)->setMetadata(llvm::LLVMContext::MD_tbaa, fuel.alias_others);
  point.call->eraseFromParent();
}

}  // namespace

void keep_fuel(llvm::Function& function, const FuelOfFunction& fuel) {
  std::vector<llvm::Instruction*> given;
  for (llvm::Instruction& instruction : llvm::instructions(function)) given.push_back(&instruction);
  llvm::IRBuilder<> ir(&function.getEntryBlock());
  fuel.read(ir);
  for (llvm::Instruction* instruction : given) {
    if (const auto point = as_trap_point(*instruction)) {
      tell(*point, fuel);
    } else if (auto* call = llvm::dyn_cast<llvm::CallBase>(instruction); call != nullptr && may_look_at_fuel(*call)) {
      fuel.keep_around(*call);
    } else if (auto* end = llvm::dyn_cast<llvm::ReturnInst>(instruction)) {
      fuel.write_at(*end);
    } else if (llvm::isa<llvm::LandingPadInst>(instruction)) {
      ir.SetInsertPoint(instruction->getNextNode());
      fuel.read(ir);
    }
  }
}

// --- Settling

namespace {

// Which value the thread's fuel has in memory, where that is known: so that what is there already is not written again.
class Writer {
 public:
  Writer(llvm::Function& function, llvm::MDNode* alias) : function_(function), alias_(alias) {}

  void run() {
    const llvm::ReversePostOrderTraversal<llvm::Function*> order(&function_);
    drop_unread(order);
    for (bool changed = true; changed;) {
      changed = false;
      for (llvm::BasicBlock* block : order) {
        llvm::Value* behind = visit(*block, false);
        const auto [at, is_new] = behind_.try_emplace(block, behind);
        changed |= is_new || at->second != behind;
        at->second = behind;
      }
    }
    for (llvm::BasicBlock* block : order) visit(*block, true);
  }

 private:
  // What is written again before anybody looks. Trap points look, too; but they see to that themselves, afterwards.
  void drop_unread(const llvm::ReversePostOrderTraversal<llvm::Function*>& order) {
    std::vector<llvm::BasicBlock*> blocks(order.begin(), order.end());
    llvm::DenseMap<llvm::BasicBlock*, bool> is_read;  // at its beginning
    for (bool changed = true; changed;) {
      changed = false;
      for (llvm::BasicBlock* block : llvm::reverse(blocks)) {
        const bool now = is_read_before(*block, is_read, false);
        changed |= now != is_read.lookup(block);
        is_read[block] = now;
      }
    }
    for (llvm::BasicBlock* block : blocks) is_read_before(*block, is_read, true);
  }

  bool is_read_before(llvm::BasicBlock& block, const llvm::DenseMap<llvm::BasicBlock*, bool>& is_read, bool drops) {
    bool read = llvm::isa<llvm::ReturnInst>(block.getTerminator());
    for (llvm::BasicBlock* next : llvm::successors(&block)) read |= is_read.lookup(next);
    for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::reverse(block))) {
      if (as_patch_point(instruction) != nullptr) continue;
      if (instruction.getMetadata(llvm::LLVMContext::MD_tbaa) == alias_) {
        const bool writes = llvm::isa<llvm::StoreInst>(instruction);
        if (writes && drops && !read) instruction.eraseFromParent();
        read = !writes;
      } else if (llvm::isa<llvm::CallBase>(instruction) && !llvm::isa<llvm::IntrinsicInst>(instruction)) {
        read = true;
      } else if (instruction.mayReadFromMemory() && !instruction.hasMetadata(llvm::LLVMContext::MD_tbaa)) {
        read = true;
      }
    }
    return read;
  }

  // nullptr: unknown. What leads here and was not looked at yet says nothing against it.
  llvm::Value* before(llvm::BasicBlock& block) {
    llvm::Value* common = nullptr;
    bool is_same = true;
    for (llvm::BasicBlock* from : llvm::predecessors(&block)) {
      const auto known = behind_.find(from);
      if (known == behind_.end()) continue;
      if (known->second == nullptr) return nullptr;
      is_same &= common == nullptr || common == known->second;
      common = known->second;
    }
    if (is_same) return common;
    for (llvm::PHINode& phi : block.phis()) {
      const bool is_it = llvm::all_of(llvm::seq<unsigned>(0, phi.getNumIncomingValues()), [&](unsigned i) {
        const auto known = behind_.find(phi.getIncomingBlock(i));
        return known == behind_.end() || known->second == phi.getIncomingValue(i);
      });
      if (is_it) return &phi;
    }
    return nullptr;
  }

  llvm::Value* visit(llvm::BasicBlock& block, bool writes) {
    llvm::Value* held = before(block);
    for (llvm::Instruction& instruction : llvm::make_early_inc_range(block)) {
      if (const auto point = as_trap_point(instruction)) {
        if (point->fuel == nullptr) continue;
        if (writes && held != point->fuel) write(*point);
        held = point->fuel;
      } else if (as_fuel_check(instruction)) {
        continue;
      } else if (instruction.getMetadata(llvm::LLVMContext::MD_tbaa) == alias_) {
        if (auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction)) {
          llvm::Value* value = store->getValueOperand();
          if (writes && held == value) store->eraseFromParent();
          held = value;
        } else if (held == nullptr) {
          held = &instruction;
        }
      } else if (may_write_fuel(instruction)) {
        held = nullptr;
      }
    }
    return held;
  }

  static bool may_write_fuel(const llvm::Instruction& instruction) {
    if (!instruction.mayWriteToMemory() || llvm::isa<llvm::IntrinsicInst>(instruction)) return false;
    return llvm::isa<llvm::CallBase>(instruction) || !instruction.hasMetadata(llvm::LLVMContext::MD_tbaa);
  }

  void write(const TrapPoint& point) {
    llvm::IRBuilder<> ir(point.call);
    ir.CreateAlignedStore(point.fuel, point.fuel_place, llvm::Align(8))
        ->setMetadata(llvm::LLVMContext::MD_tbaa, alias_);
  }

  llvm::Function& function_;
  llvm::MDNode* alias_;
  llvm::DenseMap<llvm::BasicBlock*, llvm::Value*> behind_;
};

// In loops fuel is one number: else the code generator would count each one that is derived from it by itself.
void hide_from_loops(const std::vector<llvm::Value*>& known, const llvm::LoopInfo& loops) {
  llvm::SmallPtrSet<llvm::Value*, 32> seen;
  std::vector<llvm::Value*> open(known);
  std::vector<llvm::PHINode*> counters;
  while (!open.empty()) {
    auto* value = llvm::dyn_cast<llvm::Instruction>(open.back());
    open.pop_back();
    if (value == nullptr || !seen.insert(value).second) continue;
    if (auto* phi = llvm::dyn_cast<llvm::PHINode>(value)) {
      if (loops.isLoopHeader(phi->getParent())) counters.push_back(phi);
    } else if (!llvm::isa<llvm::BinaryOperator>(value) && !llvm::isa<llvm::SelectInst>(value)) {
      continue;
    }
    for (llvm::Value* operand : value->operands()) {
      if (operand->getType() == value->getType()) open.push_back(operand);
    }
  }
  for (llvm::PHINode* counter : counters) {
    llvm::IRBuilder<> ir(counter->getParent(), counter->getParent()->getFirstInsertionPt());
    llvm::Value* hidden = ir.CreateFreeze(counter);
    counter->replaceUsesWithIf(hidden, [&](const llvm::Use& use) { return use.getUser() != hidden; });
  }
}

}  // namespace

llvm::PreservedAnalyses SettleFuel::run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) {
  std::vector<FuelCheck> checks;
  std::vector<llvm::Value*> known;
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    if (const auto check = as_fuel_check(instruction)) {
      checks.push_back(*check);
      known.push_back(check->left);
    } else if (const auto point = as_trap_point(instruction)) {
      if (point->fuel != nullptr) known.push_back(point->fuel);
    } else if (auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction);
               store != nullptr && store->getMetadata(llvm::LLVMContext::MD_tbaa) == module->alias_of_fuel()) {
      known.push_back(store->getValueOperand());
    }
  }
  if (known.empty()) return llvm::PreservedAnalyses::all();
  Writer(function, module->alias_of_fuel()).run();
  hide_from_loops(known, analyses.getResult<llvm::LoopAnalysis>(function));
  for (const FuelCheck& check : checks) {
    llvm::IRBuilder<> ir(check.call);
    llvm::Value* is_over = ir.CreateICmpSLT(check.left, ir.getInt64(0));
    llvm::Instruction* end =
        llvm::SplitBlockAndInsertIfThen(is_over, check.call->getIterator(), true, module->unlikely());
    ir.SetInsertPoint(end);
    // Found again, so that nobody has to keep it for this.
    ir.CreateAlignedStore(check.left, module->fuel_place(ir, function.getArg(0)), llvm::Align(8))
        ->setMetadata(llvm::LLVMContext::MD_tbaa, module->alias_of_fuel());
    ir.SetCurrentDebugLocation(check.call->getDebugLoc());
    module->trap(ir, function.getArg(0), ir.getInt32(static_cast<std::uint32_t>(Trap::fuel_exhausted)));
    end->eraseFromParent();
    check.call->eraseFromParent();
  }
  return llvm::PreservedAnalyses::none();
}

}  // namespace tenon::jit
