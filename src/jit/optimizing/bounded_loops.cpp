#include "jit/optimizing/bounded_loops.hpp"

#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/Analysis/ScalarEvolutionExpressions.h>
#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/Cloning.h>
#include <llvm/Transforms/Utils/LoopSimplify.h>
#include <llvm/Transforms/Utils/LoopUtils.h>
#include <llvm/Transforms/Utils/ScalarEvolutionExpander.h>
#include <optional>

#include "jit/optimizing/trap_points.hpp"
#include "runtime/entities.hpp"

namespace tenon::jit {

namespace {

// More would cost more to check than is won.
constexpr std::size_t most_points = 12;
constexpr std::size_t largest_loop = 200;  // instructions
constexpr std::uint64_t largest_step = (std::uint64_t{1} << 30) - 1;

// First and last address of a trap point, as offsets from the base of the memory that it is in, and the ends of the
// 32-bit number in it.
struct Span {
  const llvm::SCEV* low = nullptr;
  const llvm::SCEV* high = nullptr;    // of the last access's first byte
  const llvm::SCEV* lowest = nullptr;  // nullptr: no such number, or it cannot wrap where the others are in bounds
  const llvm::SCEV* highest = nullptr;
  const llvm::SCEVZeroExtendExpr* number = nullptr;  // the 32-bit number, if there is one
  const llvm::SCEV* first = nullptr;                 // its first value, in 64 bits
  const llvm::SCEV* step = nullptr;                  // in 64 bits, where it is not known
  std::uint64_t width = 0;
  llvm::Value* memory = nullptr;
};

class Loops {
 public:
  Loops(llvm::LoopInfo& loops, llvm::DominatorTree& dominators, llvm::ScalarEvolution& evolution)
      : loops_(loops), dominators_(dominators), evolution_(evolution) {}

  // True if something was changed.
  bool prepare(llvm::Loop* loop) {
    std::vector<TrapPoint> points;
    for (llvm::BasicBlock* block : loop->blocks()) {
      for (llvm::Instruction& instruction : *block) {
        if (const auto point = as_trap_point(instruction)) {
          points.push_back(*point);
        } else if (llvm::isa<llvm::CallBase>(instruction) && instruction.mayHaveSideEffects()) {
          return false;
        }
      }
    }
    return !points.empty() && double_loop(loop, points);
  }

 private:
  bool double_loop(llvm::Loop* loop, const std::vector<TrapPoint>& points) {
    if (points.size() > most_points || !loop->isLoopSimplifyForm() || loop->getExitingBlock() == nullptr ||
        loop->getExitingBlock() != loop->getLoopLatch() || size_of(*loop) > largest_loop) {
      return false;
    }
    rounds_ = evolution_.getBackedgeTakenCount(loop);
    if (llvm::isa<llvm::SCEVCouldNotCompute>(rounds_) || evolution_.getUnsignedRangeMax(rounds_).ugt(0xFFFF'FFFFU)) {
      return false;
    }
    llvm::Type* i64 = llvm::Type::getInt64Ty(loop->getHeader()->getContext());
    rounds_ = evolution_.getTruncateOrZeroExtend(rounds_, i64);
    starts_.clear();
    std::vector<Span> spans;
    for (const TrapPoint& point : points) {
      const auto span = span_of(*loop, point);
      if (!span) return false;
      spans.push_back(*span);
    }
    llvm::BasicBlock* before = loop->getLoopPreheader();
    llvm::SCEVExpander expander(evolution_, before->getModule()->getDataLayout(), "bounds");
    for (const Span& span : spans) {
      if (!expander.isSafeToExpandAt(span.low, before->getTerminator()) ||
          !expander.isSafeToExpandAt(span.high, before->getTerminator())) {
        return false;
      }
    }
    llvm::formLCSSARecursively(*loop, dominators_, &loops_, &evolution_);
    const std::vector<Wide> wide = find_numbers(*loop, spans);
    llvm::Value* fine = check(spans, expander, before);
    double_behind(loop, before, fine);
    for (const Wide& number : wide) widen(*loop, number);
    for (const TrapPoint& point : points) point.call->eraseFromParent();
    return true;
  }

  // A 32-bit number that does not wrap where all checks hold: so that it can count in 64 bits, which vectors need.
  struct Wide {
    llvm::Instruction* extension;
    const llvm::SCEV* first;
    const llvm::SCEV* step;
  };
  std::vector<Wide> find_numbers(const llvm::Loop& loop, const std::vector<Span>& spans) {
    std::vector<Wide> found;
    for (llvm::BasicBlock* block : loop.blocks()) {
      for (llvm::Instruction& instruction : *block) {
        if (!llvm::isa<llvm::ZExtInst>(instruction) || !instruction.getType()->isIntegerTy(64)) continue;
        const llvm::SCEV* value = evolution_.getSCEV(&instruction);
        const auto span = llvm::find_if(spans, [&](const Span& s) { return s.number != nullptr && s.number == value; });
        if (span == spans.end()) continue;
        const auto* number = llvm::cast<llvm::SCEVAddRecExpr>(span->number->getOperand());
        found.push_back({&instruction, span->first, number->getOperand(1)});
      }
    }
    return found;
  }

  void widen(llvm::Loop& loop, const Wide& what) {
    llvm::Type* i64 = what.extension->getType();
    const llvm::SCEV* step = evolution_.getSignExtendExpr(what.step, i64);
    const llvm::SCEV* number = evolution_.getAddRecExpr(what.first, step, &loop, llvm::SCEV::FlagNSW);
    llvm::SCEVExpander expander(evolution_, loop.getHeader()->getModule()->getDataLayout(), "wide");
    llvm::Value* value = expander.expandCodeFor(number, i64, what.extension->getIterator());
    what.extension->replaceAllUsesWith(value);
  }

  static std::size_t size_of(const llvm::Loop& loop) {
    std::size_t size = 0;
    for (const llvm::BasicBlock* block : loop.blocks()) size += block->size();
    return size;
  }

  std::optional<Span> span_of(const llvm::Loop& loop, const TrapPoint& point) {
    const llvm::SCEV* address = evolution_.getSCEV(point.place);
    const auto* root = llvm::dyn_cast<llvm::SCEVUnknown>(evolution_.getPointerBase(address));
    auto* base = root == nullptr ? nullptr : llvm::dyn_cast<llvm::LoadInst>(root->getValue());
    if (base == nullptr || loop.contains(base) || base->getPointerOperand() != point.memory) return std::nullopt;
    const llvm::SCEV* index = evolution_.getMinusSCEV(address, root);
    if (llvm::isa<llvm::SCEVCouldNotCompute>(index)) return std::nullopt;
    Span span;
    span.memory = point.memory;
    span.width = point.width;
    if (!find_ends(loop, index, span)) return std::nullopt;
    return span;
  }

  // The ends of `index`, an offset from the memory's base: a sum of what does not change in the loop, and one term that
  // grows or shrinks by a constant, which may be a 32-bit number that is extended afterwards.
  bool find_ends(const llvm::Loop& loop, const llvm::SCEV* index, Span& span) {
    if (evolution_.isLoopInvariant(index, &loop)) {
      span.low = span.high = index;
      return true;
    }
    const llvm::SCEV* varying = index;
    const llvm::SCEV* fixed = evolution_.getZero(index->getType());
    if (const auto* sum = llvm::dyn_cast<llvm::SCEVAddExpr>(index)) {
      varying = nullptr;
      for (const llvm::SCEV* term : sum->operands()) {
        if (evolution_.isLoopInvariant(term, &loop)) {
          fixed = evolution_.getAddExpr(fixed, term);
        } else if (varying != nullptr) {
          return false;
        } else {
          varying = term;
        }
      }
    }
    const auto* extended = llvm::dyn_cast<llvm::SCEVZeroExtendExpr>(varying);
    const auto* steps = llvm::dyn_cast<llvm::SCEVAddRecExpr>(extended == nullptr ? varying : extended->getOperand());
    if (steps == nullptr || steps->getLoop() != &loop || !steps->isAffine()) return false;
    llvm::Type* i64 = index->getType();
    const auto* constant = llvm::dyn_cast<llvm::SCEVConstant>(steps->getOperand(1));
    if (constant != nullptr && !constant->getAPInt().isSignedIntN(31)) return false;
    // A step that is not known is taken for one that is not below zero, which is looked at like an address.
    const llvm::SCEV* step = constant == nullptr ? evolution_.getTruncateOrZeroExtend(steps->getOperand(1), i64)
                                                 : evolution_.getConstant(constant->getAPInt().sextOrTrunc(64));
    if (constant == nullptr) span.step = step;
    const auto [first, is_exact] = first_value(steps->getStart(), i64);
    const llvm::SCEV* last = evolution_.getAddExpr(first, evolution_.getMulExpr(rounds_, step));
    const bool grows = constant == nullptr || constant->getAPInt().isNonNegative();
    const llvm::SCEV* lowest = grows ? first : last;
    const llvm::SCEV* highest = grows ? last : first;
    span.low = evolution_.getAddExpr(fixed, lowest);
    span.high = evolution_.getAddExpr(fixed, highest);
    span.number = extended;
    span.first = first;
    if (extended == nullptr) return true;
    if (grows && (is_exact ? evolution_.isKnownNonNegative(fixed) : fixed->isZero())) return true;
    span.lowest = lowest;
    span.highest = highest;
    return true;
  }

  // The first value of a number in 64 bits: where it is another's first value and a constant, by that, so that LLVM
  // sees neighbours as such. Not exact, then, until it is known to be a 32-bit number.
  struct FirstValue {
    const llvm::SCEV* value;
    bool is_exact;
  };
  FirstValue first_value(const llvm::SCEV* start, llvm::Type* i64) {
    for (const llvm::SCEV* other : starts_) {
      if (other->getType() != start->getType()) continue;
      const auto* distance = llvm::dyn_cast<llvm::SCEVConstant>(evolution_.getMinusSCEV(start, other));
      if (distance == nullptr || !distance->getAPInt().isSignedIntN(24)) continue;
      const llvm::SCEV* wide = evolution_.getConstant(distance->getAPInt().sextOrTrunc(64));
      return {evolution_.getAddExpr(evolution_.getTruncateOrZeroExtend(other, i64), wide),
              distance->isZero() || start->getType() == i64};
    }
    starts_.push_back(start);
    return {evolution_.getTruncateOrZeroExtend(start, i64), true};
  }

  // All of [low, high + width) lies in [0, size), as signed numbers: what is below zero has wrapped. The largest
  // distance, 2^32 rounds of 2^30, does not reach the sign.
  static llvm::Value* check(const std::vector<Span>& spans, llvm::SCEVExpander& expander, llvm::BasicBlock* before) {
    llvm::IRBuilder<> ir(before->getTerminator());
    llvm::Value* fine = ir.getTrue();
    const auto expand = [&](const llvm::SCEV* what) {
      return expander.expandCodeFor(what, ir.getInt64Ty(), before->getTerminator()->getIterator());
    };
    const auto require = [&](const llvm::SCEV* low, const llvm::SCEV* high, llvm::Value* most) {
      llvm::Value* least = expand(low);
      llvm::Value* greatest = expand(high);
      ir.SetInsertPoint(before->getTerminator());
      fine = ir.CreateAnd(fine, ir.CreateICmpSGE(least, ir.getInt64(0)));
      fine = ir.CreateAnd(fine, ir.CreateICmpSLE(greatest, most));
    };
    static_assert(offsetof(runtime::Memory, base) == 0);
    for (const Span& span : spans) {
      llvm::LoadInst* size = ir.CreateLoad(
          ir.getInt64Ty(), ir.CreateConstInBoundsGEP1_64(ir.getInt8Ty(), span.memory, offsetof(runtime::Memory, size)));
      require(span.low, span.high, ir.CreateSub(size, ir.getInt64(span.width)));
      if (span.lowest != nullptr) require(span.lowest, span.highest, ir.getInt64(0xFFFF'FFFF));
      if (span.step != nullptr) require(span.step, span.step, ir.getInt64(largest_step));
    }
    return fine;
  }

  void double_behind(llvm::Loop* loop, llvm::BasicBlock* before, llvm::Value* fine) {
    llvm::BasicBlock* exiting = loop->getExitingBlock();
    llvm::BasicBlock* exit = loop->getExitBlock();
    llvm::BasicBlock* preheader = llvm::SplitBlock(before, before->getTerminator(), &dominators_, &loops_);
    llvm::ValueToValueMapTy values;
    llvm::SmallVector<llvm::BasicBlock*, 8> blocks;
    llvm::Loop* careful =
        llvm::cloneLoopWithPreheader(preheader, before, loop, values, ".careful", &loops_, &dominators_, blocks);
    llvm::remapInstructionsInBlocks(blocks, values);
    llvm::Instruction* jump = before->getTerminator();
    llvm::BranchInst::Create(preheader, careful->getLoopPreheader(), fine, jump->getIterator());
    jump->eraseFromParent();
    for (llvm::PHINode& phi : exit->phis()) {
      llvm::Value* value = phi.getIncomingValueForBlock(exiting);
      if (auto mapped = values.find(value); mapped != values.end()) value = mapped->second;
      phi.addIncoming(value, llvm::cast<llvm::BasicBlock>(values[exiting]));
    }
    dominators_.changeImmediateDominator(exit, before);
    evolution_.forgetLoop(loop);
    llvm::addStringMetadataToLoop(careful, "llvm.loop.vectorize.enable", 0);
  }

  llvm::LoopInfo& loops_;
  llvm::DominatorTree& dominators_;
  llvm::ScalarEvolution& evolution_;
  const llvm::SCEV* rounds_ = nullptr;
  std::vector<const llvm::SCEV*> starts_;  // of the loop's numbers, but those that are a constant apart from another
};

}  // namespace

llvm::PreservedAnalyses BoundedLoops::run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) {
  auto& loops = analyses.getResult<llvm::LoopAnalysis>(function);
  if (loops.empty()) return llvm::PreservedAnalyses::all();
  auto& dominators = analyses.getResult<llvm::DominatorTreeAnalysis>(function);
  auto& evolution = analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
  std::vector<llvm::Loop*> innermost;
  for (llvm::Loop* loop : loops.getLoopsInPreorder()) {
    if (loop->isInnermost()) innermost.push_back(loop);
  }
  bool changed = false;
  Loops preparer(loops, dominators, evolution);
  for (llvm::Loop* loop : innermost) changed |= preparer.prepare(loop);
  return changed ? llvm::PreservedAnalyses::none() : llvm::PreservedAnalyses::all();
}

}  // namespace tenon::jit
