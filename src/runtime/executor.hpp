// What runs guest code, as the runtime sees it: the interpreter, and the tiers above it.
#pragma once

#include "base/bytes.hpp"
#include "runtime/entities.hpp"
#include "runtime/thread.hpp"
#include "tenon/result.hpp"
#include "validate/core/module.hpp"

namespace tenon::runtime {

struct NativeModule;  // runtime/native.hpp

// A validated module with its code; shared, immutable but for the code that is made at a function's first call, by
// whichever thread comes first. Owned by the engine's module; instances refer to it.
class CodeModule {
 public:
  const core::ValidatedModule* validated = nullptr;
  // Entry point of each function, imports included: at first a cell that translates, or calls the import.
  std::atomic<const Cell*>* code = nullptr;
  // The same for what is interpreted, even where `code` enters compiled code.
  std::atomic<const Cell*>* bytecode = nullptr;
  const NativeModule* native = nullptr;  // compiled code, if there is any
  // If code may rely on the guard regions of memory 0: told that an instance has come whose memory 0 has none. nullptr:
  // no code does.
  void (*give_up_guards)(CodeModule& code) noexcept = nullptr;

  static constexpr std::size_t gate_size = 2 * sizeof(std::uint64_t);
  const std::uint8_t* gates = nullptr;  // two cells for each function: what `bytecode` is before

  // Whether the function was called, and interpreted then.
  bool is_translated(core::FuncIdx index) const noexcept {
    const void* gate = gates + std::size_t{index.value} * gate_size;
    return bytecode[index.value].load(std::memory_order_relaxed) != gate;
  }

 protected:
  CodeModule() = default;
  ~CodeModule() = default;
};

struct CodeSettings {
  bool fuel = false;           // meter fuel
  bool loop_dispatch = false;  // the interpreter's dispatch loop instead of tail calls
  bool validate_lazily = false;
};

// One implementation an engine; thread-safe.
class Executor {
 public:
  // Code for a module that was validated; nothing is translated yet. Released with `release`.
  virtual CodeModule* make_code(const core::ValidatedModule& module, const CodeSettings& settings) = 0;
  virtual void release(CodeModule* code) noexcept = 0;

  // Runs `func` on `thread`. `frame` is in the thread's stack with frame_header_slots free below it; it holds the
  // parameters and takes the results. Returns when the function has returned, trapped, thrown or suspended.
  virtual Outcome call(Thread& thread, const Func& func, Slot* frame) = 0;
  // Goes on with a suspended thread: the results of the host function that suspended it are in `thread.frame[0]` on.
  virtual Outcome resume(Thread& thread) = 0;

  // The wasm position of a code address: used for backtraces only, may translate again to find out.
  struct Position {
    core::FuncIdx func;
    std::uint64_t offset = 0;  // of the instruction, in the outermost binary
  };
  virtual Position position(const CodeModule& code, const Cell* ip) = 0;

 protected:
  Executor() = default;
  ~Executor() = default;
};

}  // namespace tenon::runtime
