// Where guests spend their time: which functions are worth an optimizing compiler, and which of them first.
//
// Guests are asked now and then where they are (`NativeStackLimit::interrupt`), and say so at their next call or turn
// of a loop; that is counted by function. Nothing is counted where code runs, so it costs nothing there.
//
// Functions that are called again and again need code of their own; one that runs on and on in a single call needs code
// for the loop that it is in (loop_code.hpp). So from its first count on, bytecode that notes the next call stands in
// place of the function's entry, once.
//
// A function without loops, or whose loops have few turns, is over soon: if bytecode calls compiled code for it, the
// way there takes longer than it does, unless it is large. So its callers are counted too, up to one that takes longer,
// and that is what is compiled, with its small callees.
// Only when its caller is compiled, such a function gets code of its own.
//
// Rejected: counters in bytecode or in the baseline's code: a load, an addition and a store at each call, and loops
// have to be counted as well.
#pragma once

#include <memory>

#include "interp/code.hpp"

namespace tenon::jit {

class Heat {
 public:
  // For a module, which lives longer. Nothing was found anywhere yet.
  Heat(interp::Code& code, bool loop_dispatch);

  // Milliseconds that each answer from now on stands for: those since guests were asked before.
  void set_weight(std::uint32_t milliseconds) noexcept { weight_.store(milliseconds, std::memory_order_relaxed); }
  // A guest was found at `ip` in the function, whose frame is at `frame`. From any thread; allocates nothing.
  void count(const interp::FunctionCode& function, const runtime::Cell* ip, const runtime::Slot* frame) noexcept;

  // Milliseconds that guests spent in the function, and in any, as far as their answers say.
  std::uint32_t of(core::FuncIdx function) const noexcept {
    return rows_[function.value].count.load(std::memory_order_relaxed);
  }
  std::uint32_t total() const noexcept { return total_.load(std::memory_order_relaxed); }
  // Whether it is worth code of its own, and not only as a part of its callers.
  bool is_root(core::FuncIdx function) const noexcept {
    return rows_[function.value].is_root.load(std::memory_order_relaxed);
  }
  // Whether it was called after a guest had been found in it.
  bool is_called(core::FuncIdx function) const noexcept {
    return rows_[function.value].is_called.load(std::memory_order_relaxed);
  }

  struct Row {
    std::atomic<std::uint32_t> count = 0;
    std::atomic<std::uint32_t> answers = 0;  // of guests that were found in it, and of those at its entry
    std::atomic<std::uint32_t> entries = 0;
    std::atomic<bool> is_called = false;
    std::atomic<bool> is_root = false;
    std::array<runtime::Cell, 2> gate{};  // bytecode that notes a call: its handler, and this row
    std::atomic<const runtime::Cell*>* entry = nullptr;
    const runtime::Cell* bytecode = nullptr;
  };

 private:
  bool is_short(const interp::FunctionCode& function, bool is_at_entry) const noexcept;
  void count(const interp::FunctionCode& function, bool is_at_entry, bool is_root, std::uint32_t weight) noexcept;

  interp::Code& code_;
  runtime::Cell handler_;
  std::unique_ptr<Row[]> rows_;  // by function
  std::atomic<std::uint32_t> total_ = 0;
  std::atomic<std::uint32_t> weight_ = 1;
};

}  // namespace tenon::jit
