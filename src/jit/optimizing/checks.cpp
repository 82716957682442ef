#include "jit/optimizing/checks.hpp"

#include <llvm/ADT/SetVector.h>
#include <llvm/Analysis/CFG.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/TargetParser/Triple.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

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

// --- The checks

class Inserter {
 public:
  Inserter(ModuleBuilder& module, llvm::Function& function) : module_(module), function_(function) {}

  void check_entry() {
    llvm::BasicBlock& entry = function_.getEntryBlock();
    auto at = entry.begin();
    while (llvm::isa<llvm::AllocaInst>(*at)) ++at;
    llvm::BasicBlock* body = llvm::SplitBlock(&entry, at, static_cast<llvm::DominatorTree*>(nullptr));
    llvm::IRBuilder<> ir(entry.getTerminator());
    const bool is_x86 = llvm::Triple(function_.getParent()->getTargetTriple()).isX86();
    llvm::Value* name = llvm::MetadataAsValue::get(
        ir.getContext(),
        llvm::MDNode::get(ir.getContext(), llvm::MDString::get(ir.getContext(), is_x86 ? "rsp" : "sp")));
    llvm::Value* pointer = ir.CreateIntrinsic(llvm::Intrinsic::read_register, {ir.getInt64Ty()}, {name});
    llvm::Value* limit = module_.load_control(ir, function_.getArg(0), ir.getInt64Ty(),
                                              offsetof(runtime::StoreControl, native_stack_limit));
    llvm::BasicBlock* room = llvm::BasicBlock::Create(ir.getContext(), "room", &function_, body);
    branch(ir, ir.CreateICmpUGT(pointer, limit), room, exhausted());
    ir.SetInsertPoint(room);
    check_interrupt(ir, body, position_of(*body));
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
    llvm::Value* interrupt =
        module_.load_control(ir, function_.getArg(0), ir.getInt32Ty(), offsetof(runtime::StoreControl, interrupt));
    // Read each time, as an atomic load is; but unlike that it can be part of the comparison.
    llvm::cast<llvm::LoadInst>(interrupt)->setVolatile(true);
    auto* ask = llvm::BasicBlock::Create(ir.getContext(), "interrupted", &function_);
    llvm::IRBuilder<> asking(ask);
    asking.SetCurrentDebugLocation(position);
    module_.ask_to_go_on(asking, function_.getArg(0));
    asking.CreateBr(next);
    branch(ir, ir.CreateIsNull(interrupt), next, ask);
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
  for (llvm::Function& function : target) {
    if (function.isDeclaration() || !module->is_guest_code(function)) continue;
    llvm::SmallVector<std::pair<const llvm::BasicBlock*, const llvm::BasicBlock*>, 8> back_edges;
    llvm::FindFunctionBackedges(function, back_edges);
    llvm::SmallSetVector<llvm::BasicBlock*, 8> headers;
    if (!back_edges.empty()) {
      const llvm::LoopInfo& loops = functions.getResult<llvm::LoopAnalysis>(function);
      auto& evolution = functions.getResult<llvm::ScalarEvolutionAnalysis>(function);
      for (const auto& [from, to] : back_edges) {
        if (!ends_soon(loops.getLoopFor(to), to, evolution)) headers.insert(const_cast<llvm::BasicBlock*>(to));
      }
    }
    const bool checks_entry = entries.height(function) == 0;
    if (headers.empty() && !checks_entry) continue;
    forget_attributes(function);
    Inserter inserter(*module, function);
    for (llvm::BasicBlock* header : headers) inserter.check_loop(*header);
    if (checks_entry) inserter.check_entry();
  }
  return llvm::PreservedAnalyses::none();
}

}  // namespace tenon::jit
