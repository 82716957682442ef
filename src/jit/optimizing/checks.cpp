#include "jit/optimizing/checks.hpp"

#include <algorithm>
#include <llvm/ADT/SetVector.h>
#include <llvm/Analysis/CFG.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/Analysis/ScalarEvolutionExpressions.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/TargetParser/Triple.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/LoopUtils.h>
#include <optional>

#include "jit/optimizing/builder.hpp"

namespace tenon::jit {

namespace {

// A loop of no more rounds, and without calls, need not be stopped.
constexpr unsigned few_rounds = 256;

// --- Which functions look when they are entered

class Entries {
 public:
  explicit Entries(llvm::Module& module) {
    for (llvm::Function& function : module) {
      if (!function.isDeclaration()) look_at(function);
    }
    find_cycles(module);
  }

  // How many frames a call of the function may need that nobody checks, its own included; 0: it checks.
  unsigned height(llvm::Function& function) { return heights_[&function]; }

 private:
  struct Calls {
    std::vector<llvm::Function*> callees;
    bool unknown = false;
  };

  void look_at(llvm::Function& function) {
    Calls& calls = calls_[&function];
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
      auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      if (call == nullptr || call->isInlineAsm()) continue;
      llvm::Function* callee = call->getCalledFunction();
      // Guest code has this calling convention; the runtime's functions don't come back to guest code.
      if (callee != nullptr && !callee->isDeclaration()) {
        calls.callees.push_back(callee);
      } else if (call->getCallingConv() == llvm::CallingConv::Tail) {
        calls.unknown = true;
      }
    }
  }

  // Tarjan's algorithm without recursion: components come out callees first.
  void find_cycles(llvm::Module& module) {
    for (llvm::Function& root : module) {
      if (!root.isDeclaration() && !numbers_.contains(&root)) walk(root);
    }
  }

  struct Visit {
    llvm::Function* function;
    std::size_t next = 0;
  };
  void walk(llvm::Function& root) {
    std::vector<Visit> path;
    const auto enter = [&](llvm::Function* function) {
      numbers_[function] = lows_[function] = ++count_;
      open_.push_back(function);
      is_open_.insert(function);
      path.push_back({function});
    };
    enter(&root);
    while (!path.empty()) {
      llvm::Function* function = path.back().function;
      const Calls& calls = calls_[function];
      if (path.back().next < calls.callees.size()) {
        llvm::Function* callee = calls.callees[path.back().next++];
        if (!numbers_.contains(callee)) {
          enter(callee);
        } else if (is_open_.contains(callee)) {
          lows_[function] = std::min(lows_[function], numbers_[callee]);
        }
        continue;
      }
      path.pop_back();
      if (!path.empty()) lows_[path.back().function] = std::min(lows_[path.back().function], lows_[function]);
      if (lows_[function] == numbers_[function]) close(function);
    }
  }

  void close(llvm::Function* root) {
    const bool is_single = open_.back() == root;
    for (llvm::Function* function = nullptr; function != root;) {
      function = open_.back();
      open_.pop_back();
      is_open_.erase(function);
      heights_[function] = is_single ? height_of(function) : 0;
    }
  }

  unsigned height_of(llvm::Function* function) {
    const Calls& calls = calls_[function];
    if (calls.unknown) return 0;
    unsigned most = 0;
    for (llvm::Function* callee : calls.callees) {
      if (callee == function) return 0;
      most = std::max(most, heights_[callee]);
    }
    return most >= unchecked_chain ? 0 : most + 1;
  }

  llvm::DenseMap<llvm::Function*, Calls> calls_;
  llvm::DenseMap<llvm::Function*, unsigned> numbers_;
  llvm::DenseMap<llvm::Function*, unsigned> lows_;
  llvm::DenseMap<llvm::Function*, unsigned> heights_;
  std::vector<llvm::Function*> open_;
  llvm::SmallPtrSet<llvm::Function*, 8> is_open_;
  unsigned count_ = 0;
};

// --- Loops that count

// A loop that counts in equal steps, and goes back at its latch while `goes_on` holds between the count and a bound. It
// gets a nearer bound, and looks only where that is reached: a round costs nothing then.
struct Count {
  llvm::CmpInst::Predicate goes_on = llvm::CmpInst::ICMP_NE;
  llvm::Value* value = nullptr;
  llvm::Value* bound = nullptr;
  llvm::Value* step = nullptr;  // the same all the time; a constant, or for `ult` anything
  // What the count is in the first round: this where the loop begins, and so much more. nullptr: not known.
  llvm::Value* start = nullptr;
  llvm::APInt start_offset;
  llvm::Value* nearest = nullptr;  // a bound with which any round is the last; nullptr: that of the first round

  const llvm::APInt* constant_step() const {
    const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(step);
    return constant == nullptr ? nullptr : &constant->getValue();
  }
  bool counts_down() const { return constant_step() != nullptr && constant_step()->isNegative(); }
};

constexpr unsigned most_rounds_log2 = 10;

// False if such a loop does not count towards its bound.
bool find_nearest(Count& count) {
  llvm::Type* type = count.value->getType();
  const unsigned width = type->getIntegerBitWidth();
  switch (count.goes_on) {
    case llvm::CmpInst::ICMP_ULT: count.nearest = llvm::ConstantInt::get(type, 0); return !count.counts_down();
    case llvm::CmpInst::ICMP_SLT:
      count.nearest = llvm::ConstantInt::get(type, llvm::APInt::getSignedMinValue(width));
      return count.constant_step() != nullptr && !count.counts_down();
    case llvm::CmpInst::ICMP_UGT: count.nearest = llvm::Constant::getAllOnesValue(type); return count.counts_down();
    case llvm::CmpInst::ICMP_SGT:
      count.nearest = llvm::ConstantInt::get(type, llvm::APInt::getSignedMaxValue(width));
      return count.counts_down();
    default:
      return count.goes_on == llvm::CmpInst::ICMP_NE && count.constant_step() != nullptr && count.start != nullptr;
  }
}

void find_start(Count& count, const llvm::Loop& loop) {
  llvm::Value* base = count.value;
  count.start_offset = llvm::APInt(base->getType()->getIntegerBitWidth(), 0);
  if (auto* add = llvm::dyn_cast<llvm::BinaryOperator>(base);
      add != nullptr && add->getOpcode() == llvm::Instruction::Add) {
    const auto* offset = llvm::dyn_cast<llvm::ConstantInt>(add->getOperand(1));
    if (offset == nullptr) return;
    count.start_offset = offset->getValue();
    base = add->getOperand(0);
  }
  auto* phi = llvm::dyn_cast<llvm::PHINode>(base);
  if (phi != nullptr && phi->getParent() == loop.getHeader()) {
    count.start = phi->getIncomingValueForBlock(loop.getLoopPreheader());
  }
}

// The number that the count grows by in each round; nullptr: it does not grow evenly, or nobody knows.
llvm::Value* step_of(llvm::Value* value, const llvm::Loop& loop, llvm::ScalarEvolution& evolution) {
  const auto* values = llvm::dyn_cast<llvm::SCEVAddRecExpr>(evolution.getSCEV(value));
  if (values == nullptr || values->getLoop() != &loop || !values->isAffine()) return nullptr;
  const llvm::SCEV* step = values->getStepRecurrence(evolution);
  constexpr std::uint64_t largest_step = 1 << 16;
  if (const auto* constant = llvm::dyn_cast<llvm::SCEVConstant>(step)) {
    const llvm::APInt& number = constant->getAPInt();
    return number.isZero() || number.abs().ugt(largest_step) ? nullptr : constant->getValue();
  }
  const auto* add = llvm::dyn_cast<llvm::BinaryOperator>(value);
  if (add == nullptr || add->getOpcode() != llvm::Instruction::Add) return nullptr;
  for (const unsigned i : {0, 1}) {
    const auto* phi = llvm::dyn_cast<llvm::PHINode>(add->getOperand(1 - i));
    const bool is_counter = phi != nullptr && phi->getParent() == loop.getHeader() &&
                            phi->getIncomingValueForBlock(loop.getLoopLatch()) == value;
    if (is_counter && loop.isLoopInvariant(add->getOperand(i))) return add->getOperand(i);
  }
  return nullptr;
}

std::optional<Count> find_count(const llvm::Loop& loop, llvm::ScalarEvolution& evolution) {
  llvm::BasicBlock* latch = loop.getLoopLatch();
  if (!loop.isInnermost() || latch == nullptr || !loop.isLoopExiting(latch) || loop.getLoopPreheader() == nullptr) {
    return std::nullopt;
  }
  const auto* branch = llvm::dyn_cast<llvm::BranchInst>(latch->getTerminator());
  const auto* compare = branch == nullptr ? nullptr : llvm::dyn_cast<llvm::ICmpInst>(branch->getCondition());
  if (compare == nullptr) return std::nullopt;
  const bool is_swapped = loop.isLoopInvariant(compare->getOperand(0));
  Count count;
  count.goes_on = is_swapped ? compare->getSwappedPredicate() : compare->getPredicate();
  if (branch->getSuccessor(0) != loop.getHeader()) count.goes_on = llvm::CmpInst::getInversePredicate(count.goes_on);
  count.value = compare->getOperand(is_swapped ? 1 : 0);
  count.bound = compare->getOperand(is_swapped ? 0 : 1);
  const llvm::Type* type = count.value->getType();
  if ((!type->isIntegerTy(32) && !type->isIntegerTy(64)) || !loop.isLoopInvariant(count.bound)) return std::nullopt;
  count.step = step_of(count.value, loop, evolution);
  if (count.step == nullptr) return std::nullopt;
  find_start(count, loop);
  return find_nearest(count) ? std::optional(count) : std::nullopt;
}

// Bounds of counts, as instructions.
class Bounds {
 public:
  Bounds(const Count& count, llvm::IRBuilder<>& ir) : count_(count), ir_(ir) {}

  // Of a loop that begins: its own if it is near; else one that the first round reaches.
  llvm::Value* first() {
    if (count_.start == nullptr) return count_.nearest;
    llvm::Value* start =
        count_.start_offset.isZero() ? count_.start : ir_.CreateAdd(count_.start, ir_.getInt(count_.start_offset));
    llvm::Value* nearest = count_.nearest == nullptr ? start : count_.nearest;
    return ir_.CreateSelect(is_far(start), nearest, own());
  }
  // Of a loop that goes on.
  llvm::Value* next() { return ir_.CreateSelect(is_far(count_.value), ir_.CreateAdd(count_.value, ahead()), own()); }

 private:
  llvm::Value* ahead() { return ir_.CreateShl(count_.step, most_rounds_log2); }

  // Whether more rounds than are wanted at once lie between a count and the loop's bound, or it would pass that by.
  llvm::Value* is_far(llvm::Value* from) {
    const bool down = count_.counts_down();
    llvm::Value* left = down ? ir_.CreateSub(from, count_.bound) : ir_.CreateSub(count_.bound, from);
    const unsigned width = left->getType()->getIntegerBitWidth();
    if (const llvm::APInt* step = count_.constant_step()) {
      llvm::Value* is_far = ir_.CreateICmpUGT(left, ir_.getInt(step->abs().shl(most_rounds_log2)));
      if (count_.goes_on != llvm::CmpInst::ICMP_NE || step->abs().isOne()) return is_far;
      return ir_.CreateOr(is_far, ir_.CreateIsNotNull(ir_.CreateURem(left, ir_.getInt(step->abs()))));
    }
    llvm::Value* is_small =
        ir_.CreateICmpULE(count_.step, ir_.getInt(llvm::APInt::getLowBitsSet(width, width - most_rounds_log2)));
    return ir_.CreateAnd(is_small, ir_.CreateICmpUGT(left, ahead()));
  }

  // The loop's own bound; but where counting beyond it would begin again from the other end, one that is looked at.
  llvm::Value* own() {
    const unsigned width = count_.value->getType()->getIntegerBitWidth();
    const auto unless_it_wraps = [&](llvm::Value* fits) {
      return ir_.CreateSelect(fits, count_.bound, count_.nearest);
    };
    switch (count_.goes_on) {
      case llvm::CmpInst::ICMP_ULT: return unless_it_wraps(ir_.CreateICmpULE(count_.bound, ir_.CreateNeg(count_.step)));
      case llvm::CmpInst::ICMP_SLT:
        return unless_it_wraps(ir_.CreateICmpSLE(
            count_.bound, ir_.getInt(llvm::APInt::getSignedMaxValue(width) - *count_.constant_step() + 1)));
      case llvm::CmpInst::ICMP_UGT:
        return unless_it_wraps(ir_.CreateICmpUGE(count_.bound, ir_.getInt(count_.constant_step()->abs() - 1)));
      case llvm::CmpInst::ICMP_SGT:
        return unless_it_wraps(ir_.CreateICmpSGE(
            count_.bound, ir_.getInt(llvm::APInt::getSignedMinValue(width) + count_.constant_step()->abs() - 1)));
      default: return count_.bound;
    }
  }

  const Count& count_;
  llvm::IRBuilder<>& ir_;
};

// --- The checks

class Inserter {
 public:
  Inserter(ModuleBuilder& module, llvm::Function& function) : module_(module), function_(function) {}

  void check_entry() {
    llvm::BasicBlock& entry = function_.getEntryBlock();
    auto at = entry.begin();
    while (llvm::isa<llvm::AllocaInst>(*at)) ++at;
    llvm::BasicBlock* check = llvm::SplitBlock(&entry, at, static_cast<llvm::DominatorTree*>(nullptr));
    llvm::BasicBlock* body = llvm::SplitBlock(check, check->begin(), static_cast<llvm::DominatorTree*>(nullptr));
    llvm::IRBuilder<> ir(check->getTerminator());
    const bool is_x86 = llvm::Triple(function_.getParent()->getTargetTriple()).isX86();
    llvm::Value* name = llvm::MetadataAsValue::get(
        ir.getContext(),
        llvm::MDNode::get(ir.getContext(), llvm::MDString::get(ir.getContext(), is_x86 ? "rsp" : "sp")));
    llvm::Value* pointer = ir.CreateIntrinsic(llvm::Intrinsic::read_register, {ir.getInt64Ty()}, {name});
    llvm::LoadInst* limit = module_.load_control(ir, function_.getArg(0), ir.getInt64Ty(),
                                                 offsetof(runtime::StoreControl, native_stack_limit));
    limit->setVolatile(true);
    llvm::BasicBlock* stopped = llvm::BasicBlock::Create(ir.getContext(), "stopped", &function_);
    branch(ir, ir.CreateICmpUGT(pointer, limit), body, stopped);
    // No room, or interrupted, or both: then it looks for room once more afterwards.
    ir.SetInsertPoint(stopped);
    ir.CreateCondBr(ir.CreateIsNull(load_interrupt(ir)), exhausted(), asking(check, position_of(*body)));
  }

  void check_count(const llvm::Loop& loop, const Count& count) {
    llvm::BasicBlock* header = loop.getHeader();
    llvm::BasicBlock* before = loop.getLoopPreheader();
    llvm::BasicBlock* latch = loop.getLoopLatch();
    llvm::Instruction* back = latch->getTerminator();
    llvm::BasicBlock* end = back->getSuccessor(back->getSuccessor(0) == header ? 1 : 0);
    const auto block = [&](const char* name) {
      return llvm::BasicBlock::Create(header->getContext(), name, &function_);
    };
    llvm::BasicBlock* reached = block("reached");
    llvm::BasicBlock* look = block("look");
    llvm::BasicBlock* next = block("next");
    llvm::IRBuilder<> ir(before->getTerminator());
    llvm::Value* first = Bounds(count, ir).first();
    ir.SetInsertPoint(header, header->begin());
    llvm::PHINode* near = ir.CreatePHI(count.value->getType(), 3);
    ir.SetInsertPoint(back);
    ir.CreateCondBr(ir.CreateICmp(count.goes_on, count.value, near), header, reached)->copyMetadata(*back);
    back->eraseFromParent();
    ir.SetInsertPoint(reached);
    ir.CreateCondBr(ir.CreateICmp(count.goes_on, count.value, count.bound), look, end);
    ir.SetInsertPoint(look);
    check_interrupt(ir, next, position_of(*header));
    ir.SetInsertPoint(next);
    llvm::Value* further = Bounds(count, ir).next();
    ir.CreateBr(header);
    end->replacePhiUsesWith(latch, reached);
    for (llvm::PHINode& phi : header->phis()) {
      if (&phi != near) phi.addIncoming(phi.getIncomingValueForBlock(latch), next);
    }
    near->addIncoming(first, before);
    near->addIncoming(near, latch);
    near->addIncoming(further, next);
  }

  void check_loop(llvm::BasicBlock& header) {
    llvm::BasicBlock* body =
        llvm::SplitBlock(&header, header.getFirstInsertionPt(), static_cast<llvm::DominatorTree*>(nullptr));
    // What says how to treat the loop stands at the edge that goes back, which stays what it was.
    llvm::IRBuilder<> ir(header.getTerminator());
    check_interrupt(ir, body, position_of(*body));
  }

 private:
  // Where in the guest a block is, for who looks while its check has the guest wait.
  llvm::DebugLoc position_of(const llvm::BasicBlock& block) const {
    for (const llvm::Instruction& instruction : block) {
      if (instruction.getDebugLoc()) return instruction.getDebugLoc();
    }
    llvm::DISubprogram* own = function_.getSubprogram();
    if (own == nullptr) return {};
    return llvm::DILocation::get(function_.getContext(), own->getLine(), 0, own);
  }

  void check_interrupt(llvm::IRBuilder<>& ir, llvm::BasicBlock* next, const llvm::DebugLoc& position) {
    branch(ir, ir.CreateIsNull(load_interrupt(ir)), next, asking(next, position));
  }

  llvm::Value* load_interrupt(llvm::IRBuilder<>& ir) {
    llvm::LoadInst* flags = module_.load_control(
        ir, function_.getArg(0), ir.getInt16Ty(),
        offsetof(runtime::StoreControl, native_stack_limit) + offsetof(runtime::NativeStackLimit, interrupt));
    // Read each time, as an atomic load is; but unlike that it can be part of the comparison.
    flags->setVolatile(true);
    return flags;
  }

  llvm::BasicBlock* asking(llvm::BasicBlock* next, const llvm::DebugLoc& position) {
    auto* block = llvm::BasicBlock::Create(function_.getContext(), "interrupted", &function_);
    llvm::IRBuilder<> ask(block);
    ask.SetCurrentDebugLocation(position);
    module_.ask_to_go_on(ask, function_.getArg(0));
    ask.CreateBr(next);
    return block;
  }

  llvm::BasicBlock* exhausted() {
    auto* block = llvm::BasicBlock::Create(function_.getContext(), "trap", &function_);
    llvm::IRBuilder<> trap(block);
    module_.trap(trap, function_.getArg(0), trap.getInt32(static_cast<std::uint32_t>(Trap::call_stack_exhausted)));
    return block;
  }

  void branch(llvm::IRBuilder<>& ir, llvm::Value* fine, llvm::BasicBlock* next, llvm::BasicBlock* otherwise) {
    llvm::Instruction* old = ir.GetInsertBlock()->getTerminator();
    ir.CreateCondBr(fine, next, otherwise, module_.likely());
    if (old != nullptr) old->eraseFromParent();
  }

  ModuleBuilder& module_;
  llvm::Function& function_;
};

bool ends_soon(const llvm::Loop* loop, const llvm::BasicBlock* header, llvm::ScalarEvolution& evolution) {
  if (loop == nullptr || loop->getHeader() != header) return false;
  const unsigned rounds = evolution.getSmallConstantMaxTripCount(loop);
  if (rounds == 0 || rounds > few_rounds) return false;
  for (const llvm::BasicBlock* block : loop->blocks()) {
    for (const llvm::Instruction& instruction : *block) {
      const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      if (call != nullptr && !llvm::isa<llvm::IntrinsicInst>(call) && !call->doesNotReturn()) return false;
    }
  }
  return true;
}

// Where a function's loops look.
struct Loops {
  using Checks = llvm::function_ref<bool(llvm::Function&)>;  // whether a function looks when it is entered
  Loops(llvm::Function& function, llvm::FunctionAnalysisManager& analyses, Checks checks_entry) {
    llvm::SmallVector<std::pair<const llvm::BasicBlock*, const llvm::BasicBlock*>, 8> back_edges;
    llvm::FindFunctionBackedges(function, back_edges);
    if (back_edges.empty()) return;
    llvm::LoopInfo& loops = analyses.getResult<llvm::LoopAnalysis>(function);
    auto& dominators = analyses.getResult<llvm::DominatorTreeAnalysis>(function);
    auto& evolution = analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
    // Inner loops first: outer ones need no look where each of their rounds has one of an inner loop.
    std::ranges::sort(back_edges, [&](const auto& a, const auto& b) {
      return loops.getLoopDepth(a.second) > loops.getLoopDepth(b.second);
    });
    for (const auto& [from, to] : back_edges) {
      llvm::Loop* loop = loops.getLoopFor(to);
      if (ends_soon(loop, to, evolution)) continue;
      const bool is_loop = loop != nullptr && loop->getHeader() == to;
      if (is_loop && loop->isInnermost() && loop->getLoopPreheader() == nullptr) {
        llvm::InsertPreheaderForLoop(loop, &dominators, &loops, nullptr, false);
      }
      if (is_loop && looks_anyway(*loop, dominators, checks_entry)) continue;
      if (const auto count = is_loop ? find_count(*loop, evolution) : std::nullopt) {
        counts.emplace_back(loop, *count);
      } else {
        headers.insert(const_cast<llvm::BasicBlock*>(to));
      }
    }
  }

  llvm::SmallSetVector<llvm::BasicBlock*, 8> headers;  // a look each round
  llvm::SmallVector<std::pair<const llvm::Loop*, Count>, 8> counts;

 private:
  // Whether each round goes through an inner loop's look, or calls a function that looks.
  bool looks_anyway(const llvm::Loop& loop, const llvm::DominatorTree& dominators, Checks checks_entry) const {
    llvm::SmallVector<llvm::BasicBlock*, 4> latches;
    loop.getLoopLatches(latches);
    const auto calls_one_that_looks = [&](const llvm::BasicBlock& block) {
      return llvm::any_of(block, [&](const llvm::Instruction& instruction) {
        const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
        return call != nullptr && call->getCalledFunction() != nullptr && checks_entry(*call->getCalledFunction());
      });
    };
    return llvm::any_of(loop.blocks(), [&](llvm::BasicBlock* block) {
      const auto dominates = [&](const llvm::BasicBlock* latch) { return dominators.dominates(block, latch); };
      return llvm::all_of(latches, dominates) &&
             ((block != loop.getHeader() && headers.contains(block)) || calls_one_that_looks(*block));
    });
  }
};

// What was found out about the function while it had no checks need not hold any more.
void forget_attributes(llvm::Function& function) {
  for (const auto kind : {llvm::Attribute::Memory, llvm::Attribute::WillReturn, llvm::Attribute::NoSync,
                          llvm::Attribute::NoFree, llvm::Attribute::NoCallback}) {
    function.removeFnAttr(kind);
  }
  if (function.arg_empty()) return;
  for (const auto kind :
       {llvm::Attribute::ReadNone, llvm::Attribute::ReadOnly, llvm::Attribute::WriteOnly, llvm::Attribute::NoCapture}) {
    function.removeParamAttr(0, kind);
  }
}

}  // namespace

llvm::PreservedAnalyses InsertChecks::run(llvm::Module& target, llvm::ModuleAnalysisManager& analyses) {
  auto& functions = analyses.getResult<llvm::FunctionAnalysisManagerModuleProxy>(target).getManager();
  Entries entries(target);
  const auto checks_entry = [&](llvm::Function& function) {
    return !function.isDeclaration() && module->is_guest_code(function) && entries.height(function) == 0;
  };
  for (llvm::Function& function : target) {
    if (function.isDeclaration() || !module->is_guest_code(function)) continue;
    const Loops loops(function, functions, checks_entry);
    if (loops.headers.empty() && loops.counts.empty() && !checks_entry(function)) continue;
    forget_attributes(function);
    Inserter inserter(*module, function);
    for (const auto& [loop, count] : loops.counts) inserter.check_count(*loop, count);
    for (llvm::BasicBlock* header : loops.headers) inserter.check_loop(*header);
    if (checks_entry(function)) inserter.check_entry();
  }
  return llvm::PreservedAnalyses::none();
}

}  // namespace tenon::jit
