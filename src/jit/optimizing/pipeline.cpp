// LLVM's own pipeline is made for what a C++ compiler's front end puts out. Guest code has been through an optimizer
// already, and has no globals, no stack of its own that LLVM sees, no library calls, and hardly anything to be found
// between functions. There LLVM's pipeline looked over each function eight times with the pass that joins instructions
// alone, and most looks changed nothing. So here is a shorter one, in the same order: nothing over the whole module but
// inlining, each simplification as often as it was seen to pay, and what tidies up after vectorizing and unrolling
// only where a loop was vectorized or unrolled.
#include "jit/optimizing/pipeline.hpp"

#include <llvm/Analysis/InlineCost.h>
#include <llvm/Analysis/LoopAnalysisManager.h>
#include <llvm/Transforms/IPO/AlwaysInliner.h>
#include <llvm/Transforms/IPO/FunctionAttrs.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>
#include <llvm/Transforms/IPO/Inliner.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/CorrelatedValuePropagation.h>
#include <llvm/Transforms/Scalar/DeadStoreElimination.h>
#include <llvm/Transforms/Scalar/DivRemPairs.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/GVN.h>
#include <llvm/Transforms/Scalar/IndVarSimplify.h>
#include <llvm/Transforms/Scalar/JumpThreading.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/LoopDeletion.h>
#include <llvm/Transforms/Scalar/LoopIdiomRecognize.h>
#include <llvm/Transforms/Scalar/LoopInstSimplify.h>
#include <llvm/Transforms/Scalar/LoopLoadElimination.h>
#include <llvm/Transforms/Scalar/LoopPassManager.h>
#include <llvm/Transforms/Scalar/LoopRotation.h>
#include <llvm/Transforms/Scalar/LoopSimplifyCFG.h>
#include <llvm/Transforms/Scalar/LoopUnrollPass.h>
#include <llvm/Transforms/Scalar/Reassociate.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimpleLoopUnswitch.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>
#include <llvm/Transforms/Vectorize/LoopVectorize.h>
#include <llvm/Transforms/Vectorize/VectorCombine.h>

#include "jit/optimizing/bounded_loops.hpp"
#include "jit/optimizing/builder.hpp"
#include "jit/optimizing/checks.hpp"
#include "jit/optimizing/fuel.hpp"
#include "jit/optimizing/fuel_calls.hpp"
#include "jit/optimizing/fuel_regions.hpp"
#include "jit/optimizing/recursion.hpp"
#include "jit/optimizing/signed_addresses.hpp"
#include "jit/optimizing/trap_points.hpp"

namespace tenon::jit {

namespace {

// `joins`: what two ways have in common becomes one, before them or behind.
llvm::SimplifyCFGPass simplify_flow(bool joins) {
  auto options = llvm::SimplifyCFGOptions().convertSwitchRangeToICmp(true);
  if (joins) options.hoistCommonInsts(true).sinkCommonInsts(true);
  return llvm::SimplifyCFGPass(options);
}

// `then` only for functions that `first` has changed.
class WhereChanged : public llvm::PassInfoMixin<WhereChanged> {
 public:
  WhereChanged(llvm::FunctionPassManager first, llvm::FunctionPassManager then)
      : first_(std::move(first)), then_(std::move(then)) {}
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) {
    llvm::PreservedAnalyses kept = first_.run(function, analyses);
    if (!kept.areAllPreserved()) kept.intersect(then_.run(function, analyses));
    return kept;
  }

 private:
  llvm::FunctionPassManager first_;
  llvm::FunctionPassManager then_;
};

template <class... Pass>
llvm::FunctionPassManager over_functions(Pass... pass) {
  llvm::FunctionPassManager passes;
  (passes.addPass(std::move(pass)), ...);
  return passes;
}

llvm::LICMPass hoist(bool speculates) {
  llvm::LICMOptions options;
  options.AllowSpeculation = speculates;
  return llvm::LICMPass(options);
}

auto hoist() { return llvm::createFunctionToLoopPassAdaptor(hoist(true), true); }

// What makes loops simple: nothing invariant in them, and tests at their ends.
auto rotate_loops() {
  llvm::LoopPassManager passes;
  passes.addPass(llvm::LoopInstSimplifyPass());
  passes.addPass(llvm::LoopSimplifyCFGPass());
  passes.addPass(hoist(false));
  passes.addPass(llvm::LoopRotatePass());
  passes.addPass(hoist(true));
  passes.addPass(llvm::SimpleLoopUnswitchPass());
  return llvm::createFunctionToLoopPassAdaptor(std::move(passes), true);
}

auto simplify_loops() {
  llvm::LoopPassManager passes;
  passes.addPass(llvm::LoopIdiomRecognizePass());
  passes.addPass(llvm::IndVarSimplifyPass());
  passes.addPass(llvm::LoopDeletionPass());
  passes.addPass(llvm::LoopFullUnrollPass(2));
  return llvm::createFunctionToLoopPassAdaptor(std::move(passes));
}

// Of one function, whose callees are done and have become part of it where they are small.
llvm::FunctionPassManager simplification() {
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass(true));
  passes.addPass(llvm::JumpThreadingPass());
  passes.addPass(llvm::CorrelatedValuePropagationPass());
  passes.addPass(simplify_flow(false));
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(llvm::ReassociatePass());
  passes.addPass(
      WhereChanged(over_functions(rotate_loops(), simplify_flow(false)), over_functions(llvm::InstCombinePass())));
  passes.addPass(simplify_loops());
  passes.addPass(llvm::GVNPass());
  passes.addPass(llvm::JumpThreadingPass());
  passes.addPass(llvm::CorrelatedValuePropagationPass());
  passes.addPass(llvm::DSEPass());
  passes.addPass(hoist());
  passes.addPass(simplify_flow(true));
  passes.addPass(llvm::InstCombinePass());
  return passes;
}

// From callees to callers.
llvm::ModuleInlinerWrapperPass inline_and_simplify() {
  llvm::ModuleInlinerWrapperPass passes(llvm::getInlineParams(2, 0), false);
  passes.getPM().addPass(llvm::PostOrderFunctionAttrsPass(true));
  passes.getPM().addPass(llvm::createCGSCCToFunctionPassAdaptor(simplification(), true, true));
  passes.getPM().addPass(llvm::PostOrderFunctionAttrsPass());
  // A group that is looked at again is simplified again only where something was inlined.
  using Simplified = llvm::ShouldNotRunFunctionPassesAnalysis;
  passes.getPM().addPass(
      llvm::createCGSCCToFunctionPassAdaptor(llvm::RequireAnalysisPass<Simplified, llvm::Function>()));
  passes.addLateModulePass(llvm::createModuleToFunctionPassAdaptor(llvm::InvalidateAnalysisPass<Simplified>()));
  return passes;
}

// Of all functions, when each is as simple as it gets.
llvm::FunctionPassManager vectorization(bool is_metered) {
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::LoopRotatePass()));
  passes.addPass(DropTrapPoints(true));
  if (is_metered) passes.addPass(SplitByFuel());
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::IndVarSimplifyPass()));
  passes.addPass(BoundedLoops());
  passes.addPass(hoist());
  passes.addPass(WhereChanged(over_functions(llvm::LoopVectorizePass(), llvm::LoopLoadEliminationPass()),
                              over_functions(llvm::InstCombinePass())));
  passes.addPass(llvm::SimplifyCFGPass(llvm::SimplifyCFGOptions()
                                           .forwardSwitchCondToPhi(true)
                                           .convertSwitchRangeToICmp(true)
                                           .convertSwitchToLookupTable(true)
                                           .needCanonicalLoops(false)
                                           .hoistCommonInsts(true)
                                           .sinkCommonInsts(true)));
  passes.addPass(llvm::VectorCombinePass());
  passes.addPass(WhereChanged(over_functions(llvm::LoopUnrollPass(llvm::LoopUnrollOptions(2))),
                              over_functions(llvm::InstCombinePass(), hoist())));
  passes.addPass(llvm::DivRemPairsPass());
  passes.addPass(
      llvm::SimplifyCFGPass(llvm::SimplifyCFGOptions().convertSwitchRangeToICmp(true).speculateUnpredictables(true)));
  return passes;
}

}  // namespace

llvm::ModulePassManager passes_over(ModuleBuilder& built, bool optimize) {
  llvm::ModulePassManager passes;
  passes.addPass(llvm::AlwaysInlinerPass());
  llvm::FunctionPassManager early;
  early.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  if (optimize) {
    early.addPass(llvm::EarlyCSEPass());
    early.addPass(simplify_flow(false));
    early.addPass(DropTrapPoints(false));
    early.addPass(SignedAddresses());
  }
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(std::move(early)));
  if (optimize) {
    passes.addPass(InlineRecursion());
    passes.addPass(inline_and_simplify());
    passes.addPass(llvm::GlobalDCEPass());
    if (built.is_metered()) passes.addPass(PassFuel(built));
    passes.addPass(llvm::createModuleToFunctionPassAdaptor(vectorization(built.is_metered())));
  }
  llvm::FunctionPassManager late;
  if (optimize) late.addPass(DropTrapPoints(false));
  if (built.is_metered()) late.addPass(SettleFuel(built));
  late.addPass(SettleTrapPoints());
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(std::move(late)));
  passes.addPass(InsertChecks(built));
  return passes;
}

}  // namespace tenon::jit
