#include "jit/optimizing/trap_points.hpp"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/MapVector.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/Analysis/ScalarEvolutionExpressions.h>
#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Operator.h>
#include <llvm/TargetParser/Triple.h>

namespace tenon::jit {

namespace {

// Operands of the call, behind the four of every patch point.
constexpr unsigned place_at = 4;
constexpr unsigned width_at = 5;
constexpr unsigned least_at = 6;
constexpr unsigned memory_at = 7;
constexpr unsigned fuel_at = 8;  // and its place

}  // namespace

llvm::CallInst* make_patch_point(llvm::IRBuilder<>& ir, std::uint64_t number, llvm::ArrayRef<llvm::Value*> operands) {
  llvm::Module* module = ir.GetInsertBlock()->getModule();
  llvm::Function* patchpoint = llvm::Intrinsic::getDeclaration(module, llvm::Intrinsic::experimental_patchpoint_void);
  std::vector<llvm::Value*> all{ir.getInt64(number), ir.getInt32(0), llvm::ConstantPointerNull::get(ir.getPtrTy()),
                                ir.getInt32(0)};
  all.insert(all.end(), operands.begin(), operands.end());
  llvm::CallInst* call = ir.CreateCall(patchpoint, all);
  call->setMemoryEffects(llvm::MemoryEffects::readOnly());
  for (const auto kind :
       {llvm::Attribute::NoUnwind, llvm::Attribute::NoCallback, llvm::Attribute::NoFree, llvm::Attribute::NoSync}) {
    call->addFnAttr(kind);
  }
  return call;
}

llvm::CallInst* as_patch_point(llvm::Instruction& instruction) {
  auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  return call != nullptr && call->getIntrinsicID() == llvm::Intrinsic::experimental_patchpoint_void ? call : nullptr;
}

llvm::CallInst* make_trap_point(llvm::IRBuilder<>& ir, const TrapPoint& point) {
  std::vector<llvm::Value*> operands{point.place, ir.getInt64(point.width), ir.getInt64(point.least), point.memory};
  if (point.fuel != nullptr) operands.insert(operands.end(), {point.fuel, point.fuel_place});
  return make_patch_point(ir, 0, operands);
}

std::optional<TrapPoint> as_trap_point(llvm::Instruction& instruction) {
  llvm::CallInst* call = as_patch_point(instruction);
  if (call == nullptr) return std::nullopt;
  const auto number = [&](unsigned at) {
    return llvm::cast<llvm::ConstantInt>(call->getArgOperand(at))->getZExtValue();
  };
  if (number(0) != 0) return std::nullopt;
  const bool has_fuel = call->arg_size() > fuel_at;
  return TrapPoint{call,
                   call->getArgOperand(place_at),
                   number(width_at),
                   number(least_at),
                   call->getArgOperand(memory_at),
                   has_fuel ? call->getArgOperand(fuel_at) : nullptr,
                   has_fuel ? call->getArgOperand(fuel_at + 1) : nullptr};
}

namespace {

// An address as what varies, and a constant behind it.
struct Address {
  llvm::Value* root = nullptr;
  llvm::Value* index = nullptr;
  std::int64_t scale = 0;
  std::int64_t offset = 0;
};
using Varying = std::pair<std::pair<const llvm::Value*, const llvm::Value*>, std::int64_t>;
Varying varying(const Address& address) { return {{address.root, address.index}, address.scale}; }

Address resolve(llvm::Value* place, const llvm::DataLayout& layout) {
  Address address{place};
  while (auto* step = llvm::dyn_cast<llvm::GEPOperator>(address.root)) {
    llvm::MapVector<llvm::Value*, llvm::APInt> indices;
    llvm::APInt offset(64, 0);
    if (!step->collectOffset(layout, 64, indices, offset)) break;
    if (indices.size() > 1 || (indices.size() == 1 && address.index != nullptr)) break;
    if (indices.size() == 1) {
      address.index = indices.front().first;
      address.scale = indices.front().second.getSExtValue();
    }
    address.offset += offset.getSExtValue();
    address.root = step->getPointerOperand();
  }
  return address;
}

// Something that the world sees, or that the rest depends on; trap points commute with each other.
bool is_effect(const llvm::Instruction& instruction) { return instruction.mayHaveSideEffects(); }

// --- Dropping

class Dropper {
 public:
  // `evolution` may be nullptr: what is known of numbers alone is not asked for.
  Dropper(llvm::Function& function, llvm::DominatorTree& dominators, llvm::ScalarEvolution* evolution)
      : layout_(function.getParent()->getDataLayout()), dominators_(dominators), evolution_(evolution) {}

  bool run() {
    struct Visit {
      llvm::DomTreeNode* node;
      std::size_t undo;
      bool done = false;
    };
    std::vector<Visit> path{{dominators_.getRootNode(), 0}};
    while (!path.empty()) {
      if (path.back().done) {
        restore(path.back().undo);
        path.pop_back();
        continue;
      }
      path.back().done = true;
      path.back().undo = undo_.size();
      llvm::DomTreeNode* node = path.back().node;
      visit(*node->getBlock());
      for (llvm::DomTreeNode* child : *node) path.push_back({child, 0});
    }
    return changed_;
  }

 private:
  struct Known {
    std::int64_t end = 0;
    llvm::CallInst* call = nullptr;
    std::int64_t begin = 0;
    unsigned effects = 0;  // how many were before it
    const llvm::Value* fuel = nullptr;
  };

  void visit(llvm::BasicBlock& block) {
    ++effects_;
    for (llvm::Instruction& instruction : llvm::make_early_inc_range(block)) {
      if (const auto point = as_trap_point(instruction)) {
        visit(*point);
      } else if (is_effect(instruction)) {
        ++effects_;
      }
    }
  }

  void visit(const TrapPoint& point) {
    const Address address = resolve(point.place, layout_);
    const Known now{address.offset + static_cast<std::int64_t>(point.width), point.call, address.offset, effects_,
                    point.fuel};
    auto [at, is_new] = known_.try_emplace(varying(address));
    if (!is_new && at->second.end >= now.end) return drop(point);
    if (is_low(point, address) || (evolution_ != nullptr && is_in_bounds(point))) return drop(point);
    if (!is_new && at->second.effects == now.effects && at->second.fuel == now.fuel) {
      // No effect since the other: that may trap in place of both.
      undo_.emplace_back(at->first, at->second);
      at->second.end = now.end;
      at->second.call->setArgOperand(width_at,
                                     llvm::ConstantInt::get(llvm::Type::getInt64Ty(at->second.call->getContext()),
                                                            static_cast<std::uint64_t>(now.end - at->second.begin)));
      return drop(point);
    }
    undo_.emplace_back(at->first, is_new ? std::nullopt : std::optional(at->second));
    at->second = now;
  }

  static bool is_base(const llvm::Value* value, const TrapPoint& point) {
    const auto* base = llvm::dyn_cast<llvm::LoadInst>(value);
    return base != nullptr && base->getPointerOperand() == point.memory;
  }

  // By the bits of the number, which is quick.
  bool is_low(const TrapPoint& point, const Address& address) const {
    if (point.least < point.width || address.offset < 0 || !is_base(address.root, point)) return false;
    const std::uint64_t most = point.least - point.width;
    const auto offset = static_cast<std::uint64_t>(address.offset);
    if (address.index == nullptr) return offset <= most;
    if (address.scale != 1 || offset > most || !address.index->getType()->isIntegerTy(64)) return false;
    return llvm::computeKnownBits(address.index, layout_).getMaxValue().ule(most - offset);
  }

  // By all that is known of the number, in loops too.
  bool is_in_bounds(const TrapPoint& point) {
    if (point.least < point.width) return false;
    const llvm::SCEV* place = evolution_->getSCEV(point.place);
    const auto* root = llvm::dyn_cast<llvm::SCEVUnknown>(evolution_->getPointerBase(place));
    if (root == nullptr || !is_base(root->getValue(), point)) return false;
    const llvm::SCEV* index = evolution_->getMinusSCEV(place, root);
    return !llvm::isa<llvm::SCEVCouldNotCompute>(index) &&
           evolution_->getUnsignedRangeMax(index).ule(point.least - point.width);
  }

  void drop(const TrapPoint& point) {
    point.call->eraseFromParent();
    changed_ = true;
  }

  void restore(std::size_t to) {
    while (undo_.size() > to) {
      auto& [key, old] = undo_.back();
      if (old) {
        known_[key] = *old;
      } else {
        known_.erase(key);
      }
      undo_.pop_back();
    }
  }

  const llvm::DataLayout& layout_;
  llvm::DominatorTree& dominators_;
  llvm::ScalarEvolution* evolution_;
  llvm::DenseMap<Varying, Known> known_;
  std::vector<std::pair<Varying, std::optional<Known>>> undo_;
  unsigned effects_ = 0;
  bool changed_ = false;
};

}  // namespace

llvm::PreservedAnalyses DropTrapPoints::run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) const {
  auto& dominators = analyses.getResult<llvm::DominatorTreeAnalysis>(function);
  auto* evolution = ranges_ ? &analyses.getResult<llvm::ScalarEvolutionAnalysis>(function) : nullptr;
  if (!Dropper(function, dominators, evolution).run()) return llvm::PreservedAnalyses::all();
  llvm::PreservedAnalyses kept;
  kept.preserveSet<llvm::CFGAnalyses>();
  return kept;
}

namespace {

// --- Settling

// The widest store of which the machine writes nothing when a part of it faults, where it may cross into another page.
// AArch64 leaves the other part unknown (Arm ARM, effects of data-aborted instructions).
std::uint64_t widest_whole_store(const llvm::Module& module) {
  return llvm::Triple(module.getTargetTriple()).isAArch64() ? 1 : 16;
}

// Whether the code generator may make a masked instruction of a load and of what uses it: with AVX-512 those do not
// fault where the mask leaves the memory out, and it takes even volatile loads.
bool may_be_masked(const llvm::Instruction& access) {
  constexpr int most_steps = 4;
  const llvm::Type* type = access.getType();
  if (!llvm::isa<llvm::LoadInst>(access) || !(type->isFloatingPointTy() || type->isVectorTy())) return false;
  const llvm::Instruction* value = &access;
  for (int step = 0; step < most_steps && value->hasOneUse(); ++step) {
    value = llvm::cast<llvm::Instruction>(value->user_back());
    if (llvm::isa<llvm::SelectInst>(value)) return true;
    if (value->getType()->isVectorTy() && value->isBitwiseLogicOp()) return true;
  }
  return false;
}

class Settler {
 public:
  explicit Settler(llvm::Function& function)
      : layout_(function.getParent()->getDataLayout()),
        widest_whole_store_(widest_whole_store(*function.getParent())) {}

  bool settle(llvm::BasicBlock& block) {
    bool found = false;
    for (llvm::Instruction& instruction : llvm::make_early_inc_range(block)) {
      if (const auto point = as_trap_point(instruction)) {
        settle(*point);
        found = true;
      }
    }
    if (found) order(block);
    return found;
  }

 private:
  void settle(const TrapPoint& point) {
    llvm::Instruction* access = following(point);
    if (access == nullptr) {
      touch(point);
    } else if (auto* store = llvm::dyn_cast<llvm::StoreInst>(access); store != nullptr && may_write_a_part(*store)) {
      read_first(point, *store);
    }
    point.call->eraseFromParent();
  }

  // An access that faults wherever this one would, without an effect in between; nullptr: there is none.
  llvm::Instruction* following(const TrapPoint& point) {
    const Address address = resolve(point.place, layout_);
    const std::int64_t end = address.offset + static_cast<std::int64_t>(point.width);
    for (auto at = std::next(point.call->getIterator()); at != point.call->getParent()->end(); ++at) {
      llvm::Value* place = may_be_masked(*at) ? nullptr : llvm::getLoadStorePointerOperand(&*at);
      if (place != nullptr) {
        const Address other = resolve(place, layout_);
        const auto width = layout_.getTypeStoreSize(llvm::getLoadStoreType(&*at)).getFixedValue();
        if (varying(other) == varying(address) && other.offset + static_cast<std::int64_t>(width) >= end) return &*at;
      }
      if (!as_trap_point(*at) && is_effect(*at)) return nullptr;
    }
    return nullptr;
  }

  bool may_write_a_part(const llvm::StoreInst& store) {
    const std::uint64_t width = layout_.getTypeStoreSize(store.getValueOperand()->getType()).getFixedValue();
    return width > widest_whole_store_ && store.getAlign().value() < width;
  }

  // All that will be written, and so nothing is where that would fault.
  static void read_first(const TrapPoint& point, llvm::StoreInst& store) {
    llvm::IRBuilder<> ir(&store);
    ir.SetCurrentDebugLocation(point.call->getDebugLoc());
    ir.CreateAlignedLoad(store.getValueOperand()->getType(), store.getPointerOperand(), llvm::Align(1), true);
  }

  static void touch(const TrapPoint& point) {
    llvm::IRBuilder<> ir(point.call);
    llvm::Value* last = ir.CreateConstGEP1_64(ir.getInt8Ty(), point.place, point.width - 1);
    ir.CreateAlignedLoad(ir.getInt8Ty(), last, llvm::Align(1), true);
  }

  static void order(llvm::BasicBlock& block) {
    for (llvm::Instruction& instruction : block) {
      if (auto* load = llvm::dyn_cast<llvm::LoadInst>(&instruction)) {
        if (!load->hasMetadata(llvm::LLVMContext::MD_invariant_load)) load->setVolatile(true);
      } else if (auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction)) {
        store->setVolatile(true);
      }
    }
  }

  const llvm::DataLayout& layout_;
  const std::uint64_t widest_whole_store_;
};

}  // namespace

llvm::PreservedAnalyses SettleTrapPoints::run(llvm::Function& function, llvm::FunctionAnalysisManager& /*analyses*/) {
  Settler settler(function);
  bool changed = false;
  for (llvm::BasicBlock& block : function) changed |= settler.settle(block);
  if (!changed) return llvm::PreservedAnalyses::all();
  llvm::PreservedAnalyses kept;
  kept.preserveSet<llvm::CFGAnalyses>();
  return kept;
}

}  // namespace tenon::jit
