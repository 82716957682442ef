// The phases of the optimizing compiler.
//
// Loads whose value nobody needs must still trap when they are out of bounds, and LLVM would delete them. Making every
// load volatile costs a seventh of the speed; so only those from which no store, call, branch or result can be reached
// are made volatile, before anything is optimized. They are rare in what compilers write.
//
// What ends guest code that goes on for too long or too deep is added at the end (checks.hpp).
#include "jit/optimizing/compiler.hpp"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/SmallVectorMemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/Transforms/IPO/AlwaysInliner.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <mutex>

#include "base/concat.hpp"
#include "jit/optimizing/bounded_loops.hpp"
#include "jit/optimizing/builder.hpp"
#include "jit/optimizing/checks.hpp"
#include "jit/optimizing/link.hpp"
#include "jit/optimizing/recursion.hpp"
#include "jit/optimizing/signed_addresses.hpp"

extern "C" const char tenon_operations_bitcode[];
extern "C" const char tenon_operations_bitcode_end[];

namespace tenon::jit {

namespace {

std::unique_ptr<llvm::TargetMachine> make_target(const CompileOptions& options) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
  const std::string triple = llvm::sys::getProcessTriple();
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (target == nullptr) return nullptr;
  std::string features;
  std::string cpu = "x86-64-v2";
  if (options.host_cpu) {
    cpu = llvm::sys::getHostCPUName().str();
    for (const auto& [name, on] : llvm::sys::getHostCPUFeatures()) {
      features += (features.empty() ? "" : ",") + std::string(on ? "+" : "-") + name.str();
    }
  }
  const auto level = static_cast<llvm::CodeGenOptLevel>(std::min(options.level, 3U));
  llvm::TargetOptions details;
  details.EmitStackSizeSection = true;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, cpu, features, details, llvm::Reloc::PIC_, llvm::CodeModel::Small, level, true));
}

// The functions of operations.cpp become part of whoever calls them.
void prepare_operations(llvm::Module& module) {
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    function.setLinkage(llvm::GlobalValue::InternalLinkage);
    function.removeFnAttr(llvm::Attribute::NoInline);
    function.removeFnAttr(llvm::Attribute::OptimizeNone);
    function.addFnAttr(llvm::Attribute::AlwaysInline);
  }
}

void set_target(llvm::Module& module, const llvm::TargetMachine& target) {
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    function.addFnAttr("target-cpu", target.getTargetCPU());
    function.addFnAttr("target-features", target.getTargetFeatureString());
    function.removeFnAttr("tune-cpu");
    function.removeFnAttr("frame-pointer");
    function.removeFnAttr(llvm::Attribute::UWTable);
    function.removeFnAttr(llvm::Attribute::MustProgress);
  }
}

// What is needed: what has an effect, and what that uses. Loads that are not are made volatile.
struct KeepTraps : llvm::PassInfoMixin<KeepTraps> {
  static llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& /*analyses*/) {
    llvm::SmallPtrSet<llvm::Instruction*, 32> needed;
    std::vector<llvm::Instruction*> work;
    const auto need = [&](llvm::Instruction* instruction) {
      if (needed.insert(instruction).second) work.push_back(instruction);
    };
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
      if (instruction.isTerminator() || instruction.mayHaveSideEffects()) need(&instruction);
    }
    while (!work.empty()) {
      llvm::Instruction* instruction = work.back();
      work.pop_back();
      for (llvm::Use& use : instruction->operands()) {
        if (auto* operand = llvm::dyn_cast<llvm::Instruction>(use.get())) need(operand);
      }
    }
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
      auto* load = llvm::dyn_cast<llvm::LoadInst>(&instruction);
      if (load == nullptr || needed.contains(load)) continue;
      if (!load->hasMetadata(llvm::LLVMContext::MD_invariant_load)) load->setVolatile(true);
    }
    return llvm::PreservedAnalyses::none();
  }
};

// The checks that are added at the end need a function's instance, though nothing else in it may.
bool may_run(llvm::StringRef pass, const llvm::Any& /*on*/) { return pass != "DeadArgumentEliminationPass"; }

void optimize(ModuleBuilder& built, llvm::Module& module, llvm::TargetMachine& target, unsigned level) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager groups;
  llvm::ModuleAnalysisManager modules;
  llvm::PassInstrumentationCallbacks callbacks;
  callbacks.registerShouldRunOptionalPassCallback(may_run);
  llvm::PassBuilder builder(&target, llvm::PipelineTuningOptions(), std::nullopt, &callbacks);
  builder.registerVectorizerStartEPCallback(
      [&built](llvm::FunctionPassManager& passes, llvm::OptimizationLevel) { passes.addPass(BoundedLoops(built)); });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(groups);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, groups, modules);
  llvm::ModulePassManager passes;
  passes.addPass(llvm::AlwaysInlinerPass());
  llvm::FunctionPassManager early;
  early.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  early.addPass(KeepTraps());
  if (level > 0) early.addPass(SignedAddresses());
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(std::move(early)));
  if (level > 0) passes.addPass(InlineRecursion());
  static constexpr const llvm::OptimizationLevel* levels[] = {
      &llvm::OptimizationLevel::O0, &llvm::OptimizationLevel::O1, &llvm::OptimizationLevel::O2,
      &llvm::OptimizationLevel::O3};
  if (level > 0) passes.addPass(builder.buildPerModuleDefaultPipeline(*levels[std::min(level, 3U)]));
  passes.addPass(InsertChecks(built));
  passes.run(module, modules);
}

template <class Kind>
bool emit(llvm::Module& module, llvm::TargetMachine& target, llvm::SmallVectorImpl<char>& out, Kind kind) {
  llvm::raw_svector_ostream stream(out);
  llvm::legacy::PassManager passes;
  if (target.addPassesToEmitFile(passes, stream, nullptr, kind)) return false;
  passes.run(module);
  return true;
}

}  // namespace

namespace {

// Bodies to code, but for those of `left_out`. Gives the functions whose frames are too large beside the code, in
// order.
struct Attempt {
  Compiled compiled;
  std::vector<bool> too_large;
};

Result<Attempt> attempt(const core::ValidatedModule& source, const CompileOptions& options, llvm::TargetMachine& target,
                        const std::vector<bool>& left_out) {
  llvm::LLVMContext context;
  const llvm::StringRef bitcode(tenon_operations_bitcode,
                                static_cast<std::size_t>(tenon_operations_bitcode_end - tenon_operations_bitcode));
  auto parsed = llvm::parseBitcodeFile(llvm::MemoryBufferRef(bitcode, "operations"), context);
  if (!parsed) {
    llvm::consumeError(parsed.takeError());
    return fail(ErrorKind::usage, {}, "the bitcode of the operations cannot be read");
  }
  llvm::Module& module = **parsed;
  module.setTargetTriple(target.getTargetTriple().str());
  module.setDataLayout(target.createDataLayout());
  prepare_operations(module);

  ModuleBuilder builder(module, source);
  builder.build(left_out);
  set_target(module, target);
  std::string fault;
  llvm::raw_string_ostream fault_stream(fault);
  if (llvm::verifyModule(module, &fault_stream))
    return fail(ErrorKind::usage, {}, "the code made is not valid: ", fault);

  optimize(builder, module, target, options.level);

  Attempt made;
  const std::string_view wanted = options.emit == nullptr ? "" : options.emit;
  if (wanted == "ir") {
    llvm::raw_string_ostream(made.compiled.text) << module;
    return made;
  }
  llvm::SmallVector<char, 0> bytes;
  const auto kind = wanted == "asm" ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  if (!emit(module, target, bytes, kind)) return fail(ErrorKind::usage, {}, "no code can be written for this machine");
  if (wanted == "asm") {
    made.compiled.text.assign(bytes.begin(), bytes.end());
    return made;
  }
  std::vector<std::string> functions(source.module->funcs.size());
  std::vector<std::string> thunks(functions.size());
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (!builder.is_compiled(core::FuncIdx(i))) continue;
    functions[i] = builder.functions()[i]->getName().str();
    thunks[i] = builder.thunks()[i]->getName().str();
  }
  auto linked =
      link_image(llvm::MemoryBufferRef(llvm::StringRef(bytes.data(), bytes.size()), "code"), functions, thunks);
  if (!linked) return std::move(linked).error();
  made.compiled.image = std::move(linked->image);
  made.compiled.image.needs_guards = builder.needs_guards();
  for (const std::uint64_t size : linked->frame_sizes) made.too_large.push_back(size > largest_frame);
  return made;
}

}  // namespace

Result<Compiled> compile_optimizing(const core::ValidatedModule& source, const CompileOptions& options) {
  const std::unique_ptr<llvm::TargetMachine> target = make_target(options);
  if (target == nullptr) return fail(ErrorKind::usage, {}, "no code can be made for this machine");
  std::vector<bool> left_out(source.module->funcs.size());
  for (;;) {
    auto made = attempt(source, options, *target, left_out);
    if (!made) return std::move(made).error();
    if (std::ranges::find(made->too_large, true) == made->too_large.end()) return std::move(made->compiled);
    for (std::size_t i = 0; i < made->too_large.size(); ++i) left_out[i] = left_out[i] || made->too_large[i];
  }
}

}  // namespace tenon::jit

// A variable, since C has no functions that return such types.
extern "C" {
extern __attribute__((visibility("default"))) tenon::jit::CompileOptimizing* const tenon_compile_optimizing;
tenon::jit::CompileOptimizing* const tenon_compile_optimizing = &tenon::jit::compile_optimizing;
}
