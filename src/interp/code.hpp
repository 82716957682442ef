// The code of a module: bytecode by function, made at first calls, shared by all instances and host threads.
//
// `code[index]` is the entry of each function. At first it is a gate of two cells, which translates and goes on with
// the result, or calls the import. Each host thread translates with a translator of its own; should two translate the
// same function at once, the first to be ready wins. Only publishing takes a lock of the module (a short spin: this
// library knows no operating system), under which nothing is allocated, so that an allocation that fails leaves no lock
// behind. What is published is immutable, and running it takes no lock. Code lives as long as the module.
#pragma once

#include <atomic>
#include <memory_resource>

#include "base/arena.hpp"
#include "interp/registers.hpp"
#include "interp/translator.hpp"
#include "runtime/executor.hpp"
#include "validate/core/module.hpp"

namespace tenon::interp {

struct FunctionCode {
  std::size_t bytes = 0;  // of the block that holds all of it, this header in front
  const Cell* begin = nullptr;
  const Cell* end = nullptr;
  core::FuncIdx index;
  std::span<const TryRange> ranges;
  std::span<const CatchClause> clauses;
  std::span<const LoopHeader> loops;  // by header
};

class Code;

// What makes machine code of bytecode, if anything does (jit/baseline). It belongs to the `Code` that it is given to.
struct CodeCompiler {
  void* context = nullptr;
  // A function was translated, and may be running already; from any thread.
  void (*translated)(void* context, const FunctionCode& function) noexcept = nullptr;
  // What the translator gave a cell, which may have another handler now.
  std::uint64_t (*original)(void* context, const Cell* cell) = nullptr;
  void (*destroy)(void* context) noexcept = nullptr;
};

class Code final : public runtime::CodeModule {
 public:
  Code(const core::ValidatedModule& module, const runtime::CodeSettings& settings, std::pmr::memory_resource& memory);
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  ~Code();

  // The entry of a function of the module's own, translated now if it was not. Errors: with
  // CodeSettings::validate_lazily what is wrong with the body.
  Result<const Cell*> translate(core::FuncIdx index);
  // The function whose code `ip` is in or just behind; nullptr if there is none.
  const FunctionCode* find(const Cell* ip);
  // The wasm position of the instruction before `ip`.
  runtime::Executor::Position position(const Cell* ip);

  // Before anything is translated.
  void compile_with(const CodeCompiler& compiler) noexcept { compiler_ = compiler; }
  const CodeCompiler& compiler() const noexcept { return compiler_; }

  const runtime::CodeSettings settings;
  std::pmr::memory_resource& resource() const noexcept { return *resource_; }

 private:
  class Lock;
  class Workplace;
  FunctionCode* make_code(core::FuncIdx index, const Translation& translation);
  bool publish(FunctionCode& code, const Cell* gate);
  void reserve_functions();

  std::pmr::memory_resource* resource_;
  Arena arena_;
  std::span<const Cell> gates_;  // two cells for each function
  std::atomic<Workplace*> workplaces_ = nullptr;
  std::atomic<FunctionCode**> functions_ = nullptr;  // by address; room for all, made at the first translation
  std::atomic_flag busy_;                            // for what follows, and the contents of `functions_`
  std::size_t function_count_ = 0;
  CodeCompiler compiler_;
};

inline Code& code_of(const Instance& instance) noexcept { return static_cast<Code&>(*instance.module); }

}  // namespace tenon::interp
