#include "jit/heat.hpp"

#include "interp/operation.hpp"

namespace tenon::jit {

using interp::FunctionCode;
using interp::Registers;
using interp::Step;
using runtime::Cell;

namespace {

// Field: the row. Stands in place of the function's entry until it is called.
struct NoteCall {
  static Step run(Registers& r) noexcept {
    auto& row = *std::bit_cast<Heat::Row*>(r.ip[1].bits);
    row.is_called.store(true, std::memory_order_relaxed);
    // Compiled code may have come meanwhile, whose entry stays.
    const Cell* gate = row.gate.data();
    row.entry->compare_exchange_strong(gate, row.bytecode, std::memory_order_release, std::memory_order_relaxed);
    r.ip = row.bytecode;
    return Step::next;
  }
};

}  // namespace

Heat::Heat(interp::Code& code, bool loop_dispatch)
    : code_(code),
      handler_{std::bit_cast<std::uint64_t>(loop_dispatch
                                                ? interp::LoopDispatch::handler<interp::OutOfLine<NoteCall>>()
                                                : interp::TailDispatch::handler<interp::OutOfLine<NoteCall>>())},
      rows_(std::make_unique<Row[]>(code.validated->module->funcs.size())) {}

void Heat::count(const FunctionCode& function, const Cell* ip) noexcept {
  Row& row = rows_[function.index.value];
  const std::uint32_t weight = weight_.load(std::memory_order_relaxed);
  total_.fetch_add(weight, std::memory_order_relaxed);
  if (ip == function.begin) row.is_called.store(true, std::memory_order_relaxed);
  if (row.count.fetch_add(weight, std::memory_order_relaxed) != 0 || row.is_called.load(std::memory_order_relaxed))
    return;
  // Whoever counted first fills in the gate, and nobody sees it before it is published.
  row.entry = &code_.code[function.index.value];
  row.bytecode = function.begin;
  row.gate = {handler_, Cell{std::bit_cast<std::uint64_t>(&row)}};
  const Cell* expected = function.begin;
  row.entry->compare_exchange_strong(expected, row.gate.data(), std::memory_order_release, std::memory_order_relaxed);
}

}  // namespace tenon::jit
