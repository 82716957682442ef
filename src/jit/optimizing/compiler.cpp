// The phases of the optimizing compiler.
//
// Accesses trap exactly where the program says: trap_points.hpp says how.
//
// What ends guest code that goes on for too long or too deep is added at the end (checks.hpp).
#include "jit/optimizing/compiler.hpp"

#include <algorithm>
#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/SmallVectorMemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/concat.hpp"
#include "jit/optimizing/builder.hpp"
#include "jit/optimizing/checks.hpp"
#include "jit/optimizing/link.hpp"
#include "jit/optimizing/pass_gate.hpp"
#include "jit/optimizing/pipeline.hpp"

extern "C" const char tenon_operations_x86_64[];
extern "C" const char tenon_operations_x86_64_end[];
extern "C" const char tenon_operations_aarch64[];
extern "C" const char tenon_operations_aarch64_end[];

namespace tenon::jit {

namespace {

// An option for the whole of LLVM. False if there is none.
bool set_option(llvm::StringRef name, bool value) {
  const auto& known = llvm::cl::getRegisteredOptions();
  const auto found = known.find(name);
  if (found == known.end()) return false;
  static_cast<llvm::cl::opt<bool>*>(found->second)->setValue(value);
  return true;
}

// For x86, LLVM makes a branch of a conditional move from memory, and reads only where that is taken, even what is
// volatile. And it looks for values that could live in mask registers, for up to a twelfth of a program's time, and in
// vain. False if it cannot be told not to.
bool set_options() {
  set_option("disable-x86-domain-reassignment", true);
  return set_option("x86-cmov-converter-force-mem-operand", false);
}

// What the processor has; without vectors of unknown length, for frames with such could not be walked.
std::string features_of(const CompileOptions& options) {
  std::string features;
  const auto add = [&](llvm::StringRef feature) { features += (features.empty() ? "" : ",") + feature.str(); };
  if (options.target != nullptr) {
    if (*options.target->features != '\0') add(options.target->features);
  } else {
    for (const auto& [name, on] : llvm::sys::getHostCPUFeatures()) {
      if (name.starts_with("sve") || name.starts_with("sme")) continue;
      add((on ? "+" : "-") + name.str());
    }
  }
  if (options.machine().kind == MachineKind::aarch64) add("-sve,-sme");
  return features;
}

std::unique_ptr<llvm::TargetMachine> make_target(const CompileOptions& options) {
  static const bool is_ready = [] {
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    return set_options();
  }();
  if (!is_ready) return nullptr;
  const std::string triple = options.machine().triple;
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (target == nullptr) return nullptr;
  const std::string features = features_of(options);
  const std::string cpu = options.target == nullptr ? llvm::sys::getHostCPUName().str() : options.target->cpu;
  const auto level = static_cast<llvm::CodeGenOptLevel>(std::min(options.level, 3U));
  llvm::TargetOptions details;
  details.EmitStackSizeSection = true;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, cpu, features, details, llvm::Reloc::PIC_, llvm::CodeModel::Small, level, true));
}

// The calling thread's, for as long as it lives: what LLVM works out for a processor takes longer than a small
// function.
llvm::TargetMachine* target_for(const CompileOptions& options) {
  struct Kept {
    const Target* processor;
    unsigned level;
    std::unique_ptr<llvm::TargetMachine> target;
  };
  thread_local std::vector<Kept> kept;
  for (const Kept& known : kept) {
    if (known.processor == options.target && known.level == options.level) return known.target.get();
  }
  std::unique_ptr<llvm::TargetMachine> target = make_target(options);
  if (target == nullptr) return nullptr;
  return kept.emplace_back(options.target, options.level, std::move(target)).target.get();
}

// The bitcode of operations.cpp; empty where the build had no headers for the machine.
llvm::StringRef operations_for(const Machine& machine) {
  const char* begin = machine.kind == MachineKind::aarch64 ? tenon_operations_aarch64 : tenon_operations_x86_64;
  const char* end = machine.kind == MachineKind::aarch64 ? tenon_operations_aarch64_end : tenon_operations_x86_64_end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Guest code is for this machine; the functions of operations.cpp become part of whoever calls them.
void prepare(llvm::Module& module, const ModuleBuilder& built, const llvm::TargetMachine& target) {
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    if (!built.is_own(function)) {
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
      function.setComdat(nullptr);
      function.removeFnAttr(llvm::Attribute::NoInline);
      function.removeFnAttr(llvm::Attribute::OptimizeNone);
      function.addFnAttr(llvm::Attribute::AlwaysInline);
    }
    function.addFnAttr("target-cpu", target.getTargetCPU());
    function.addFnAttr("target-features", target.getTargetFeatureString());
    function.removeFnAttr("tune-cpu");
    function.removeFnAttr("frame-pointer");
    // Where a function that was called finds its caller's stack pointer is not said by its own frame pointer; so the
    // caller's frame is found by the caller's.
    if (target.getTargetTriple().isAArch64()) function.addFnAttr("frame-pointer", "non-leaf");
    function.setUWTableKind(llvm::UWTableKind::Async);  // how to leave its frames: tables.hpp
    function.removeFnAttr(llvm::Attribute::MustProgress);
  }
}

void optimize(ModuleBuilder& built, llvm::Module& module, llvm::TargetMachine& target, unsigned level,
              const PassGate& gate) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager groups;
  llvm::ModuleAnalysisManager modules;
  llvm::PassInstrumentationCallbacks callbacks;
  callbacks.registerShouldRunOptionalPassCallback(
      [&gate](llvm::StringRef pass, const llvm::Any& on) { return gate.may_run(pass, on); });
  llvm::PassBuilder builder(&target, llvm::PipelineTuningOptions(), std::nullopt, &callbacks);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(groups);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, groups, modules);
  passes_over(built, level > 0).run(module, modules);
}

// LLVM has loop strength reduction among a code generator's passes or not by an option of the whole process, which it
// reads when it lists them. So it is set for as long as that takes.
class PassesWithoutStrengthReduction {
 public:
  explicit PassesWithoutStrengthReduction(bool without) : listing_(mutex()) { set_option(option, without); }
  ~PassesWithoutStrengthReduction() { set_option(option, false); }
  PassesWithoutStrengthReduction(const PassesWithoutStrengthReduction&) = delete;
  PassesWithoutStrengthReduction& operator=(const PassesWithoutStrengthReduction&) = delete;

 private:
  static constexpr llvm::StringLiteral option = "disable-lsr";
  static std::mutex& mutex() {
    static std::mutex all;
    return all;
  }
  const std::lock_guard<std::mutex> listing_;
};

// As `addPassesToEmitFile` does, but for some passes: one follows variables of the source language, of which there are
// none, through all of a function. For x86, instructions are not ordered again once they have registers, and addresses
// in loops stay what they are: that took a fifth of the code generator's time, and made no code faster (decision 35).
// False: the machine has no such passes.
bool emit(llvm::Module& module, llvm::TargetMachine& target, llvm::SmallVectorImpl<char>& out,
          llvm::CodeGenFileType kind) {
  const bool is_x86 = target.getTargetTriple().isX86();
  auto& machine = static_cast<llvm::LLVMTargetMachine&>(target);
  llvm::raw_svector_ostream stream(out);
  llvm::legacy::PassManager passes;
  llvm::TargetPassConfig* config = machine.createPassConfig(passes);
  config->setDisableVerify(true);
  config->disablePass(&llvm::LiveDebugValuesID);
  if (is_x86) config->disablePass(&llvm::PostRASchedulerID);
  passes.add(config);
  auto* functions = new llvm::MachineModuleInfoWrapperPass(&machine);
  passes.add(functions);
  {
    const PassesWithoutStrengthReduction listing(is_x86);
    if (config->addISelPasses()) return false;
  }
  config->addMachinePasses();
  config->setInitialized();
  if (machine.addAsmPrinter(passes, stream, nullptr, kind, functions->getMMI().getContext())) return false;
  passes.add(llvm::createFreeMachineFunctionPass());
  passes.run(module);
  return true;
}

}  // namespace

namespace {

bool is_in(const std::vector<bool>* functions, std::size_t index) {
  return functions != nullptr && (*functions)[index];
}

Error stopped() { return fail(ErrorKind::usage, {}, "nobody waits for the code any more"); }

// One LLVM module on its way, with everything of its own, so that several can be under way at once.
class Part {
 public:
  Result<void> make(const core::ValidatedModule& source, const CompileOptions& options, std::vector<Place> places,
                    unsigned number) {
    llvm::TargetMachine* const target = target_for(options);
    if (target == nullptr) return fail(ErrorKind::usage, {}, "no code can be made for this machine");
    PassGate gate(options.stop);
    llvm::LLVMContext context;
    context.setOptPassGate(gate);
    const llvm::StringRef bitcode = operations_for(options.machine());
    if (bitcode.empty()) {
      return fail(ErrorKind::usage, {}, "this Tenon was built without the operations for ", options.machine().name);
    }
    auto parsed = llvm::getLazyBitcodeModule(llvm::MemoryBufferRef(bitcode, "operations"), context);
    if (!parsed || (*parsed)->materializeMetadata()) {
      return fail(ErrorKind::usage, {}, "the bitcode of the operations cannot be read");
    }
    llvm::Module& module = **parsed;
    module.setTargetTriple(target->getTargetTriple().str());
    module.setDataLayout(target->createDataLayout());

    ModuleBuilder builder(module, source, places, std::to_string(number), options);
    builder.build();
    prepare(module, builder, *target);
    std::string fault;
    llvm::raw_string_ostream fault_stream(fault);
    if (llvm::verifyModule(module, &fault_stream))
      return fail(ErrorKind::usage, {}, "the code made is not valid: ", std::string_view(fault));

    optimize(builder, module, *target, options.level, gate);
    if (gate.has_stopped()) return stopped();
    gate.note_large_functions(module);

    const std::string_view wanted = options.emit == nullptr ? "" : options.emit;
    if (wanted == "ir") {
      llvm::raw_svector_ostream(bytes) << module;
      return {};
    }
    const auto kind = wanted == "asm" ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
    if (!emit(module, *target, bytes, kind))
      return fail(ErrorKind::usage, {}, "no code can be written for this machine");
    if (gate.has_stopped()) return stopped();
    for (std::size_t i = 0; i < places.size(); ++i) {
      const bool is_entered = !is_in(options.callees, i) || is_in(options.wanted, i);
      functions.push_back(builder.symbol(core::FuncIdx(i)).str());
      thunks.push_back(is_entered ? builder.thunk_symbol(core::FuncIdx(i)).str() : "");
    }
    loop = builder.loop_symbol().str();
    return {};
  }

  llvm::SmallVector<char, 0> bytes;
  std::vector<std::string> functions;
  std::vector<std::string> thunks;
  std::string loop;
};

// Fewer bytes of bodies than this are not worth a thread of their own.
constexpr std::size_t least_part = 8 << 10;

// The functions in runs of neighbours, which call each other more than others, of about the same size of code.
std::vector<std::vector<Place>> divide(const core::Module& module, const std::vector<bool>& left_out,
                                       unsigned threads) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < left_out.size(); ++i) {
    if (!left_out[i]) total += module.funcs[core::FuncIdx(i)].body.size();
  }
  const std::size_t count = std::clamp<std::size_t>(total / least_part, 1, std::max(threads, 1U));
  std::vector<Place> elsewhere(left_out.size(), Place::nowhere);
  for (std::size_t i = 0; i < left_out.size(); ++i) {
    if (!left_out[i]) elsewhere[i] = Place::elsewhere;
  }
  std::vector<std::vector<Place>> parts(count, elsewhere);
  std::size_t size = 0;
  for (std::size_t i = 0; i < left_out.size(); ++i) {
    if (left_out[i]) continue;
    parts[std::min(size * count / std::max<std::size_t>(total, 1), count - 1)][i] = Place::here;
    size += module.funcs[core::FuncIdx(i)].body.size();
  }
  return parts;
}

Result<std::vector<Part>> make_parts(const core::ValidatedModule& source, const CompileOptions& options,
                                     const std::vector<bool>& left_out) {
  const auto places = divide(*source.module, left_out, options.threads);
  std::vector<Part> parts(places.size());
  std::vector<std::optional<Error>> errors(places.size());
  const auto make = [&](std::size_t i) {
    auto made = parts[i].make(source, options, places[i], static_cast<unsigned>(i));
    if (!made) errors[i] = std::move(made).error();
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < parts.size(); ++i) threads.emplace_back(make, i);
  make(0);
  for (std::thread& thread : threads) thread.join();
  for (std::optional<Error>& error : errors) {
    if (error) return std::move(*error);
  }
  return parts;
}

Result<Linked> link(const std::vector<Part>& parts, const CompileOptions& options) {
  std::vector<llvm::MemoryBufferRef> objects;
  std::vector<std::string> functions = parts.front().functions;
  std::vector<std::string> thunks = parts.front().thunks;
  for (const Part& part : parts) {
    objects.emplace_back(llvm::StringRef(part.bytes.data(), part.bytes.size()), "code");
    for (std::size_t i = 0; i < functions.size(); ++i) {
      if (part.functions[i].empty()) continue;
      functions[i] = part.functions[i];
      thunks[i] = part.thunks[i];
    }
  }
  auto linked = link_image(options.machine(), objects, functions, thunks, parts.front().loop);
  if (!linked) return linked;
  ImageLayout& layout = linked->image.layout;
  layout.is_metered = options.fuel ? 1 : 0;
  if (options.loop != nullptr) {
    layout.loop_function = options.loop->function.value;
    layout.loop_offset = options.loop->offset;
  }
  return linked;
}

}  // namespace

Result<Compiled> compile_optimizing(const core::ValidatedModule& source, const CompileOptions& options) {
  std::vector<bool> left_out(source.module->funcs.size());
  const bool takes_all = options.wanted == nullptr && options.loop == nullptr;
  CompileOptions now = options;
  for (std::size_t i = 0; i < left_out.size(); ++i) {
    const bool is_wanted = takes_all || is_in(options.wanted, i) || is_in(options.callees, i);
    left_out[i] = i < source.module->imported_funcs || !is_wanted;
  }
  for (;;) {
    auto parts = make_parts(source, now, left_out);
    if (!parts) return std::move(parts).error();
    Compiled compiled;
    if (options.emit != nullptr) {
      for (const Part& part : *parts) compiled.text.append(part.bytes.data(), part.bytes.size());
      return compiled;
    }
    auto linked = link(*parts, options);
    if (!linked) return std::move(linked).error();
    // What is linked is not left out by itself.
    bool fits = linked->other_frame_size <= largest_frame || std::exchange(now.linkage, nullptr) == nullptr;
    for (std::size_t i = 0; i < left_out.size(); ++i) {
      if (linked->frame_sizes[i] <= largest_frame) continue;
      left_out[i] = true;
      fits = false;
    }
    if (linked->loop_frame_size > largest_frame) linked->image.layout.loop_entry = not_compiled;
    compiled.image = std::move(linked->image);
    if (fits) return compiled;
  }
}

}  // namespace tenon::jit

// A variable, since C has no functions that return such types.
extern "C" {
extern __attribute__((visibility("default"))) tenon::jit::CompileOptimizing* const tenon_compile_optimizing;
tenon::jit::CompileOptimizing* const tenon_compile_optimizing = &tenon::jit::compile_optimizing;
}
