// The code of a module: bytecode by function, made at first calls, shared by all instances and host threads.
//
// `code[index]` is the entry of each function. At first it is a stub of two cells, which translates and goes on with
// the result, or calls the import. Translation happens under a lock of the module (a short spin: this library knows no
// operating system, and functions translate in microseconds); what it publishes is immutable, so running it takes no
// lock. Code lives as long as the module.
#pragma once

#include <atomic>
#include <memory_resource>
#include <optional>
#include <vector>

#include "base/arena.hpp"
#include "interp/registers.hpp"
#include "interp/translator.hpp"
#include "runtime/executor.hpp"
#include "validate/core/module.hpp"

namespace tenon::interp {

struct FunctionCode {
  const Cell* begin = nullptr;
  const Cell* end = nullptr;
  core::FuncIdx index;
  std::span<const TryRange> ranges;
  std::span<const CatchClause> clauses;
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
  // The function whose code `ip` is in or just behind; begin is nullptr if there is none.
  FunctionCode find(const Cell* ip);
  // The wasm position of the instruction before `ip`.
  runtime::Executor::Position position(const Cell* ip);

  const runtime::CodeSettings settings;
  std::pmr::memory_resource& resource() const noexcept { return *resource_; }

 private:
  class Lock;
  void insert(const FunctionCode& code);

  std::pmr::memory_resource* resource_;
  Arena arena_;
  std::span<const Cell> stubs_;  // two cells for each function
  std::atomic_flag busy_;
  std::pmr::vector<FunctionCode> functions_;  // by address
  std::optional<Translator> translator_;      // its storage is reused from one function to the next
};

inline Code& code_of(const Instance& instance) noexcept { return static_cast<Code&>(*instance.module); }

}  // namespace tenon::interp
