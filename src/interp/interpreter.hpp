// The interpreter as the runtime's executor.
#pragma once

#include <memory_resource>

#include "runtime/executor.hpp"

namespace tenon::interp {

class Interpreter final : public runtime::Executor {
 public:
  // Code takes its memory from `memory`, which must outlive the interpreter.
  explicit Interpreter(std::pmr::memory_resource& memory) noexcept : memory_(&memory) {}

  runtime::CodeModule* make_code(const core::ValidatedModule& module, const runtime::CodeSettings& settings) override;
  void release(runtime::CodeModule* code) noexcept override;
  runtime::Outcome call(runtime::Thread& thread, const runtime::Func& func, runtime::Slot* frame) override;
  runtime::Outcome resume(runtime::Thread& thread) override;
  Position position(const runtime::CodeModule& code, const runtime::Cell* ip) override;

 private:
  std::pmr::memory_resource* memory_;
};

}  // namespace tenon::interp
