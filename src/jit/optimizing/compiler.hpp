// The optimizing tier's interface: a validated module in, an image out. It lies in a library of its own, which is
// opened when it is first needed, for LLVM costs more to load than most programs take to run.
#pragma once

#include <atomic>
#include <vector>

#include "jit/image.hpp"
#include "jit/linkage.hpp"
#include "jit/target.hpp"
#include "tenon/result.hpp"
#include "validate/core/module.hpp"

namespace tenon::jit {

// A loop of a function of the module's own.
struct LoopPlace {
  core::FuncIdx function;
  std::uint32_t offset = 0;  // of the `loop` in the body
  bool operator==(const LoopPlace&) const = default;
};

struct CompileOptions {
  unsigned level = 2;                         // 0 to 3, as compilers mean it
  const Target* target = nullptr;             // nullptr: this processor, with all that it has
  const char* emit = nullptr;                 // "ir" or "asm": `text` instead of an image
  const std::vector<bool>* wanted = nullptr;  // by function index: those to compile; nullptr: all, or only the loop
  // And those that only compiled code is to enter: bytecode takes longer to enter them than they take.
  const std::vector<bool>* callees = nullptr;
  unsigned threads = 1;
  const LoopPlace* loop = nullptr;          // its code as well
  bool fuel = false;                        // the code pays with fuel, as metered bytecode does
  const std::atomic<bool>* stop = nullptr;  // set when nobody waits for the code any more: it ends soon, with an error
  const Linkage* linkage = nullptr;         // what imports are known to be given; nullptr: nothing

  const Machine& machine() const noexcept { return target == nullptr ? this_machine : *target->machine; }
};

struct Compiled {
  Image image;
  std::string text;
};

// Compiles the functions that it can; the others stay with the interpreter. Errors: exhausted, usage.
Result<Compiled> compile_optimizing(const core::ValidatedModule& module, const CompileOptions& options);

using CompileOptimizing = Result<Compiled>(const core::ValidatedModule& module, const CompileOptions& options);
// The name under which the library gives it: a variable of type `CompileOptimizing* const`.
inline constexpr const char* optimizing_library = "libtenon_optimizing.so";
inline constexpr const char* compile_optimizing_symbol = "tenon_compile_optimizing";

}  // namespace tenon::jit
