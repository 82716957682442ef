// The code of a module: bytecode by function, made at first calls, shared by all instances and host threads.
//
// `code[index]` is the entry of each function. At first it is a stub of two cells, which translates and goes on with the
// result, or calls the import. Translation happens under a lock of the module (a short spin: this library knows no
// operating system, and functions translate in microseconds); what it publishes is immutable, so running it takes no
// lock. Code lives as long as the module.
#pragma once

#include <atomic>
#include <memory_resource>
#include <vector>

#include "base/arena.hpp"
#include "interp/registers.hpp"
#include "runtime/executor.hpp"
#include "validate/core/module.hpp"

namespace tenon::interp {

// What catches: a clause of try_table, or of a legacy try.
enum class CatchAction : std::uint8_t {
  arguments,      // the tag matches: its arguments go to the slots
  arguments_ref,  // likewise, with the exception reference behind them
  all,            // any exception
  all_ref,        // any exception, its reference goes to the slot
  legacy,         // the tag matches: the exception reference goes to the slot, its arguments behind it
  delegate,       // go on searching outside of block `depth`
};

struct CatchClause {
  CatchAction action = CatchAction::all;
  core::TagIdx tag;
  std::uint32_t target = 0;  // cells from the function's first
  std::uint32_t slot = 0;    // where values go: slots from the frame pointer
  std::uint32_t depth = 0;   // delegate: the nesting depth of the block
};

// A protected range of code; ranges of a function are ordered from inner to outer.
struct TryRange {
  std::uint32_t begin = 0;  // cells from the function's first
  std::uint32_t end = 0;
  std::uint32_t depth = 0;  // nesting depth of the block
  std::uint32_t first_clause = 0;
  std::uint32_t clause_count = 0;
};

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
  ~Code() = default;

  // The entry of a function of the module's own, translated now if it was not. Errors: with CodeSettings::validate_lazily
  // what is wrong with the body.
  Result<const Cell*> translate(core::FuncIdx index);
  // The function whose code `ip` is in or just behind.
  const FunctionCode* find(const Cell* ip);
  // The wasm position of the instruction before `ip`.
  runtime::Executor::Position position(const Cell* ip);

  const runtime::CodeSettings settings;
  std::pmr::memory_resource& resource() const noexcept { return *resource_; }

 private:
  class Lock;
  void insert(const FunctionCode& code);

  std::pmr::memory_resource* resource_;
  Arena arena_;
  std::atomic_flag busy_;
  std::pmr::vector<FunctionCode> functions_;  // by address
};

inline Code& code_of(const Instance& instance) noexcept { return static_cast<Code&>(*instance.module); }

}  // namespace tenon::interp
