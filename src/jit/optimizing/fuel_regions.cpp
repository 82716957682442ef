#include "jit/optimizing/fuel_regions.hpp"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/PostOrderIterator.h>
#include <llvm/ADT/SetVector.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/Analysis/ScalarEvolutionExpressions.h>
#include <llvm/IR/CFG.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/Cloning.h>
#include <llvm/Transforms/Utils/SSAUpdater.h>
#include <llvm/Transforms/Utils/ScalarEvolutionExpander.h>
#include <llvm/Transforms/Utils/ValueMapper.h>
#include <optional>
#include <vector>

#include "jit/optimizing/fuel.hpp"
#include "jit/optimizing/trap_points.hpp"

namespace tenon::jit {

namespace {

// Instructions of one that is worth it: a copy costs LLVM as much again.
constexpr unsigned largest_function = 1000;

// Calls that may use fuel, give some, or look at how much there is: as the thread has it behind them.
bool may_change_fuel(llvm::Instruction& instruction) {
  return llvm::isa<llvm::CallBase>(instruction) && !llvm::isa<llvm::IntrinsicInst>(instruction) &&
         as_patch_point(instruction) == nullptr;
}

// Where it is found out whether the fuel suffices until the next leaders.
struct Leader {
  llvm::Instruction* at = nullptr;  // what comes behind it: a check, or the jump to a loop whose turns are known
  llvm::Value* left = nullptr;      // behind the payment of `at`, if it is a check
  llvm::Value* need = nullptr;      // nullptr: `price`
  std::uint64_t price = 0;
};

// A loop whose turns are known in front of it.
struct KnownLoop {
  llvm::Value* left = nullptr;  // before its first turn
  llvm::Value* need = nullptr;
};

// --- Which checks are leaders, and what they look for

class Leaders {
 public:
  Leaders(llvm::Function& function, llvm::LoopInfo& loops, llvm::DominatorTree& dominators,
          llvm::ScalarEvolution& evolution)
      : function_(function), loops_(loops), dominators_(dominators), evolution_(evolution) {}

  std::vector<Leader> find() {
    const llvm::ReversePostOrderTraversal<llvm::Function*> order(&function_);
    for (llvm::BasicBlock* block : order) {
      places_[block] = blocks_.size();
      blocks_.push_back(block);
    }
    for (llvm::Loop* loop : loops_.getLoopsInPreorder()) {
      if (!loop->isInnermost()) continue;
      if (const auto known = look_at(*loop)) known_[loop] = *known;
    }
    find_covered();
    find_needs();
    return leaders_;
  }

  // Checks that are left out where the leaders hold: all others.
  std::size_t checks() const { return checks_; }

 private:
  const llvm::Loop* known_loop_of(const llvm::BasicBlock* block) const {
    const llvm::Loop* loop = loops_.getLoopFor(block);
    return loop != nullptr && known_.contains(loop) ? loop : nullptr;
  }
  // Something leads back there.
  bool is_header(const llvm::BasicBlock* block) const {
    return llvm::any_of(llvm::predecessors(block), [&](const llvm::BasicBlock* from) {
      const auto place = places_.find(from);
      return place != places_.end() && place->second >= places_.lookup(block);
    });
  }
  bool leads_to_known(const llvm::BasicBlock* block) const {
    const llvm::BasicBlock* next = block->getSingleSuccessor();
    const llvm::Loop* loop = next == nullptr ? nullptr : known_loop_of(next);
    return loop != nullptr && !loop->contains(block);
  }

  // --- Loops whose turns are known

  std::optional<KnownLoop> look_at(llvm::Loop& loop) {
    llvm::BasicBlock* before = loop.getLoopPreheader();
    if (before == nullptr || loop.getLoopLatch() == nullptr) return std::nullopt;
    for (llvm::BasicBlock* block : loop.blocks()) {
      for (llvm::Instruction& instruction : *block) {
        if (may_change_fuel(instruction)) return std::nullopt;
      }
    }
    const llvm::SCEV* turns = evolution_.getBackedgeTakenCount(&loop);
    if (llvm::isa<llvm::SCEVCouldNotCompute>(turns) || evolution_.getUnsignedRangeMax(turns).ugt(0xFFFF'FFFFU)) {
      return std::nullopt;
    }
    const std::optional<FuelCheck> first = first_check(loop);
    const std::uint64_t price = price_of_turn(loop);
    if (!first || price > 0x7FFF'FFFF) return std::nullopt;
    llvm::SCEVExpander expander(evolution_, function_.getParent()->getDataLayout(), "turns");
    if (!expander.isSafeToExpandAt(turns, before->getTerminator())) return std::nullopt;
    KnownLoop known;
    known.left = left_before(loop, *first);
    if (known.left == nullptr) return std::nullopt;
    llvm::IRBuilder<> ir(before->getTerminator());
    llvm::Type* i64 = ir.getInt64Ty();
    const llvm::SCEV* all =
        evolution_.getAddExpr(evolution_.getTruncateOrZeroExtend(turns, i64), evolution_.getOne(i64));
    const llvm::SCEV* need = evolution_.getMulExpr(all, evolution_.getConstant(i64, price));
    known.need = expander.expandCodeFor(need, i64, before->getTerminator()->getIterator());
    replace_exit_values(loop, expander);
    return known;
  }

  // Where turns cost the same, what is left behind the loop follows from how many there are.
  void replace_exit_values(llvm::Loop& loop, llvm::SCEVExpander& expander) {
    llvm::SmallSetVector<llvm::Instruction*, 8> payments;
    for (llvm::BasicBlock* block : loop.blocks()) {
      for (llvm::Instruction& instruction : *block) {
        const auto check = as_fuel_check(instruction);
        if (!check) continue;
        for (llvm::Value* value = check->left;;) {
          auto* payment = llvm::dyn_cast<llvm::Instruction>(value);
          if (payment == nullptr || !loop.contains(payment)) break;
          payments.insert(payment);
          if (!llvm::isa<llvm::BinaryOperator>(payment)) break;
          value = payment->getOperand(0);
        }
      }
    }
    for (llvm::Instruction* payment : payments) replace_exit_value(loop, *payment, expander);
  }

  void replace_exit_value(llvm::Loop& loop, llvm::Instruction& payment, llvm::SCEVExpander& expander) {
    llvm::Instruction* at = loop.getLoopPreheader()->getTerminator();
    const llvm::SCEV* value = evolution_.getSCEVAtScope(&payment, loop.getParentLoop());
    if (!evolution_.isLoopInvariant(value, &loop) || !expander.isSafeToExpandAt(value, at)) return;
    llvm::Value* last = nullptr;
    for (llvm::Use& use : llvm::make_early_inc_range(payment.uses())) {
      if (loop.contains(llvm::cast<llvm::Instruction>(use.getUser()))) continue;
      if (last == nullptr) last = expander.expandCodeFor(value, payment.getType(), at->getIterator());
      use.set(last);
    }
  }

  // The check that comes first in each turn.
  std::optional<FuelCheck> first_check(llvm::Loop& loop) {
    for (llvm::BasicBlock* block : blocks_) {
      if (!loop.contains(block)) continue;
      for (llvm::Instruction& instruction : *block) {
        const auto check = as_fuel_check(instruction);
        if (!check) continue;
        if (dominators_.dominates(block, loop.getLoopLatch())) return check;
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  // Fuel in front of the loop: the check's number is one from there, and a constant. nullptr: not known.
  static llvm::Value* left_before(const llvm::Loop& loop, const FuelCheck& first) {
    llvm::Value* base = first.left;
    llvm::APInt distance(64, first.price);
    for (;;) {
      auto* sum = llvm::dyn_cast<llvm::BinaryOperator>(base);
      if (sum == nullptr) break;
      const auto* number = llvm::dyn_cast<llvm::ConstantInt>(sum->getOperand(1));
      if (number == nullptr) return nullptr;
      if (sum->getOpcode() == llvm::Instruction::Add) {
        distance += number->getValue();
      } else if (sum->getOpcode() == llvm::Instruction::Sub) {
        distance -= number->getValue();
      } else {
        return nullptr;
      }
      base = sum->getOperand(0);
    }
    auto* phi = llvm::dyn_cast<llvm::PHINode>(base);
    if (phi == nullptr || phi->getParent() != loop.getHeader()) return nullptr;
    llvm::IRBuilder<> ir(loop.getLoopPreheader()->getTerminator());
    return ir.CreateAdd(phi->getIncomingValueForBlock(loop.getLoopPreheader()), ir.getInt(distance));
  }

  // What the dearest turn costs.
  std::uint64_t price_of_turn(const llvm::Loop& loop) {
    llvm::DenseMap<const llvm::BasicBlock*, std::uint64_t> prices;
    std::uint64_t most = 0;
    for (llvm::BasicBlock* block : llvm::reverse(blocks_)) {
      if (!loop.contains(block)) continue;
      std::uint64_t& price = prices[block];
      for (const llvm::BasicBlock* next : llvm::successors(block)) {
        if (loop.contains(next) && next != loop.getHeader()) price = std::max(price, prices.lookup(next));
      }
      std::uint64_t own = 0;
      for (llvm::Instruction& instruction : *block) {
        if (const auto check = as_fuel_check(instruction)) own += check->price;
      }
      prices[block] += own;
      most = std::max(most, prices[block]);
    }
    return most;
  }

  // --- Covered: where on every way here a leader has looked for what comes

  void find_covered() {
    for (bool changed = true; changed;) {
      changed = false;
      for (llvm::BasicBlock* block : blocks_) {
        const bool behind = visit(*block);
        const auto [at, is_new] = behind_.try_emplace(block, behind);
        changed |= is_new || at->second != behind;
        at->second = behind;
      }
    }
  }

  bool is_covered(llvm::BasicBlock& block) const {
    if (known_loop_of(&block) != nullptr) return true;
    if (llvm::pred_empty(&block) || is_header(&block)) return false;
    return llvm::all_of(llvm::predecessors(&block), [&](const llvm::BasicBlock* from) {
      const auto known = behind_.find(from);
      return known == behind_.end() || known->second;
    });
  }

  bool visit(llvm::BasicBlock& block) {
    bool covered = is_covered(block);
    for (llvm::Instruction& instruction : block) {
      if (as_fuel_check(instruction)) {
        covered = true;
      } else if (may_change_fuel(instruction)) {
        covered = false;
      }
    }
    return covered || leads_to_known(&block);
  }

  // --- What leaders look for: the dearest way to the next ones

  void find_needs() {
    for (llvm::BasicBlock* block : llvm::reverse(blocks_)) {
      if (known_loop_of(block) != nullptr) {
        for (llvm::Instruction& instruction : *block) checks_ += as_fuel_check(instruction) ? 1 : 0;
        needs_[block] = 0;
      } else {
        needs_[block] = look_back(*block);
      }
    }
  }

  std::uint64_t need_behind(llvm::BasicBlock& block) const {
    std::uint64_t need = 0;
    for (const llvm::BasicBlock* next : llvm::successors(&block)) {
      if (!is_header(next)) need = std::max(need, needs_.lookup(next));
    }
    return need;
  }

  std::uint64_t look_back(llvm::BasicBlock& block) {
    std::uint64_t need = need_behind(block);
    if (leads_to_known(&block)) need = lead_to(block);
    std::vector<llvm::Instruction*> leaders;
    bool covered = is_covered(block);
    for (llvm::Instruction& instruction : block) {
      if (as_fuel_check(instruction)) {
        if (!covered) leaders.push_back(&instruction);
        covered = true;
      } else if (may_change_fuel(instruction)) {
        covered = false;
      }
    }
    for (llvm::Instruction& instruction : llvm::reverse(block)) {
      if (may_change_fuel(instruction)) need = 0;
      const auto check = as_fuel_check(instruction);
      if (!check) continue;
      ++checks_;
      if (llvm::is_contained(leaders, &instruction)) {
        leaders_.push_back({.at = &instruction, .left = check->left, .price = need});
        need = 0;
      } else {
        need += check->price;
      }
    }
    return need;
  }

  // The leader in front of a loop whose turns are known looks for what comes behind it as well.
  std::uint64_t lead_to(llvm::BasicBlock& block) {
    const llvm::Loop* loop = known_loop_of(block.getSingleSuccessor());
    const KnownLoop& known = known_.find(loop)->second;
    std::uint64_t behind = 0;
    for (const llvm::BasicBlock* inside : loop->blocks()) {
      for (const llvm::BasicBlock* next : llvm::successors(inside)) {
        if (!loop->contains(next) && !is_header(next)) behind = std::max(behind, needs_.lookup(next));
      }
    }
    leaders_.push_back({.at = block.getTerminator(), .left = known.left, .need = known.need, .price = behind});
    return 0;
  }

  llvm::Function& function_;
  llvm::LoopInfo& loops_;
  llvm::DominatorTree& dominators_;
  llvm::ScalarEvolution& evolution_;
  std::vector<llvm::BasicBlock*> blocks_;  // in reverse post-order
  llvm::DenseMap<const llvm::BasicBlock*, std::size_t> places_;
  llvm::DenseMap<const llvm::Loop*, KnownLoop> known_;
  llvm::DenseMap<const llvm::BasicBlock*, bool> behind_;
  llvm::DenseMap<const llvm::BasicBlock*, std::uint64_t> needs_;
  std::vector<Leader> leaders_;
  std::size_t checks_ = 0;
};

// --- The copy

class Splitter {
 public:
  Splitter(llvm::Function& function, const llvm::LoopInfo& loops) : function_(function) {
    for (const llvm::Loop* loop : loops.getLoopsInPreorder()) {
      llvm::SmallVector<llvm::BasicBlock*, 4> latches;
      loop->getLoopLatches(latches);
      for (const llvm::BasicBlock* latch : latches) backs_.push_back(latch->getTerminator());
    }
  }

  void split(const std::vector<Leader>& leaders) {
    for (const Leader& leader : leaders) {
      llvm::BasicBlock* before = leader.at->getParent();
      behind_.push_back(llvm::SplitBlock(before, leader.at, static_cast<llvm::DominatorTree*>(nullptr)));
      before_.push_back(before);
    }
    // A leader may have been split off by another of its block.
    for (std::size_t i = 0; i < leaders.size(); ++i) before_[i] = behind_[i]->getSinglePredecessor();
    find_reachable();
    drop_checks_later();
    copy();
    leave_loops_as_they_are();
    for (std::size_t i = 0; i < leaders.size(); ++i) look(leaders[i], before_[i], behind_[i]);
    for (llvm::CallInst* check : dropped_) check->eraseFromParent();
    repair();
  }

 private:
  void find_reachable() {
    std::vector<llvm::BasicBlock*> open(behind_);
    while (!open.empty()) {
      llvm::BasicBlock* block = open.back();
      open.pop_back();
      if (!inside_.insert(block).second) continue;
      blocks_.push_back(block);
      for (llvm::BasicBlock* next : llvm::successors(block)) open.push_back(next);
    }
  }

  void drop_checks_later() {
    for (llvm::Instruction& instruction : llvm::instructions(function_)) {
      if (const auto check = as_fuel_check(instruction)) dropped_.push_back(check->call);
    }
  }

  void copy() {
    for (llvm::BasicBlock* block : blocks_) {
      copies_.push_back(llvm::CloneBasicBlock(block, values_, ".checked", &function_));
      values_[block] = copies_.back();
    }
    llvm::SmallVector<llvm::BasicBlock*, 32> made(copies_.begin(), copies_.end());
    llvm::remapInstructionsInBlocks(made, values_);
    const llvm::SmallPtrSet<llvm::BasicBlock*, 32> all(copies_.begin(), copies_.end());
    for (llvm::BasicBlock* block : copies_) {
      for (llvm::PHINode& phi : llvm::make_early_inc_range(block->phis())) {
        phi.removeIncomingValueIf([&](unsigned i) { return !all.contains(phi.getIncomingBlock(i)); }, false);
      }
    }
  }

  void look(const Leader& leader, llvm::BasicBlock* before, llvm::BasicBlock* behind) {
    llvm::Instruction* jump = before->getTerminator();
    llvm::IRBuilder<> ir(jump);
    llvm::Value* need = ir.getInt64(leader.price);
    if (leader.need != nullptr) need = leader.price == 0 ? leader.need : ir.CreateAdd(leader.need, need);
    llvm::Value* suffices = ir.CreateICmpSGE(leader.left, need);
    llvm::BasicBlock* careful = llvm::cast<llvm::BasicBlock>(values_[behind]);
    ir.CreateCondBr(suffices, behind, careful, hardly_ever());
    jump->eraseFromParent();
  }

  // So rarely that not even loops in loops of the copy seem to matter.
  llvm::MDNode* hardly_ever() const {
    return llvm::MDBuilder(function_.getContext()).createBranchWeights(0x7FFF'FFFF, 1);
  }

  // Nothing is to be won in the copy.
  void leave_loops_as_they_are() {
    llvm::LLVMContext& context = function_.getContext();
    const auto option = [&](const char* name, llvm::ArrayRef<llvm::Metadata*> values = {}) {
      llvm::SmallVector<llvm::Metadata*, 2> all{llvm::MDString::get(context, name)};
      all.append(values.begin(), values.end());
      return llvm::MDNode::get(context, all);
    };
    for (const llvm::Instruction* back : backs_) {
      const auto copy = values_.find(back);
      if (copy == values_.end()) continue;
      llvm::Metadata* off = llvm::ConstantAsMetadata::get(llvm::ConstantInt::getFalse(context));
      llvm::MDNode* loop = llvm::MDNode::getDistinct(
          context, {nullptr, option("llvm.loop.unroll.disable"), option("llvm.loop.vectorize.enable", {off})});
      loop->replaceOperandWith(0, loop);
      llvm::cast<llvm::Instruction>(static_cast<llvm::Value*>(copy->second))
          ->setMetadata(llvm::LLVMContext::MD_loop, loop);
    }
  }

  // Where the copy needs what may have been made before control came to it, or in it.
  void repair() {
    for (llvm::BasicBlock* block : blocks_) {
      for (llvm::Instruction& original : *block) {
        const auto found = values_.find(&original);
        if (found == values_.end() || original.getType()->isVoidTy()) continue;
        auto* made = llvm::cast<llvm::Instruction>(static_cast<llvm::Value*>(found->second));
        std::vector<llvm::Use*> uses;
        for (llvm::Use& use : made->uses()) {
          auto* user = llvm::cast<llvm::Instruction>(use.getUser());
          const auto* phi = llvm::dyn_cast<llvm::PHINode>(user);
          const llvm::BasicBlock* where = phi == nullptr ? user->getParent() : phi->getIncomingBlock(use);
          if (where != made->getParent()) uses.push_back(&use);
        }
        if (uses.empty()) continue;
        llvm::SSAUpdater updater;
        updater.Initialize(original.getType(), "");
        updater.AddAvailableValue(block, &original);
        updater.AddAvailableValue(made->getParent(), made);
        for (llvm::Use* use : uses) updater.RewriteUse(*use);
      }
    }
  }

  llvm::Function& function_;
  std::vector<llvm::BasicBlock*> before_;
  std::vector<llvm::BasicBlock*> behind_;
  std::vector<llvm::BasicBlock*> blocks_;  // that leaders lead to, however far
  std::vector<llvm::BasicBlock*> copies_;
  llvm::SmallPtrSet<llvm::BasicBlock*, 32> inside_;
  std::vector<llvm::CallInst*> dropped_;
  std::vector<const llvm::Instruction*> backs_;  // that lead back to loops' headers
  llvm::ValueToValueMapTy values_;
};

}  // namespace

llvm::PreservedAnalyses SplitByFuel::run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) {
  if (function.getInstructionCount() > largest_function) return llvm::PreservedAnalyses::all();
  auto& loops = analyses.getResult<llvm::LoopAnalysis>(function);
  auto& dominators = analyses.getResult<llvm::DominatorTreeAnalysis>(function);
  auto& evolution = analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
  Leaders found(function, loops, dominators, evolution);
  const std::vector<Leader> leaders = found.find();
  if (leaders.empty() || found.checks() <= leaders.size()) return llvm::PreservedAnalyses::none();
  Splitter(function, loops).split(leaders);
  return llvm::PreservedAnalyses::none();
}

}  // namespace tenon::jit
