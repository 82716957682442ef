#include "jit/heat.hpp"

#include "jit/enter.hpp"

namespace tenon::jit {

using interp::FunctionCode;
using interp::Registers;
using interp::Step;
using runtime::Cell;
using runtime::Slot;

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
      handler_(handler_cell<interp::OutOfLine<NoteCall>>(loop_dispatch)),
      rows_(std::make_unique<Row[]>(code.validated->module->funcs.size())) {}

void Heat::count(const FunctionCode& function, const Cell* ip, const Slot* frame) noexcept {
  constexpr int most_callers = 4;
  constexpr std::size_t large = 1 << 10;      // bytes of a body that take longer than the way there
  constexpr std::size_t too_large = 8 << 10;  // it may never be compiled
  const auto size_of = [&](const FunctionCode& code) { return code_.validated->module->funcs[code.index].body.size(); };
  const std::uint32_t weight = weight_.load(std::memory_order_relaxed);
  total_.fetch_add(weight, std::memory_order_relaxed);
  const FunctionCode* found = &function;
  bool is_at_entry = ip == function.begin;
  for (int i = 0; i < most_callers; ++i) {
    const FunctionCode* caller = nullptr;
    if (is_short(*found, is_at_entry) && size_of(*found) < large) {
      const auto* back = std::bit_cast<const Cell*>(frame[runtime::header_return_ip]);
      caller = back == nullptr ? nullptr : code_.find(back);
      if (caller != nullptr && size_of(*caller) > too_large) return count(*found, is_at_entry, false, weight);
      frame = std::bit_cast<const Slot*>(frame[runtime::header_caller_frame]);
    }
    const bool is_root = caller == nullptr || caller == found || i + 1 == most_callers;
    count(*found, is_at_entry, is_root, weight);
    if (is_root) return;
    found = caller;
    is_at_entry = false;
  }
}

// Guests answer at entries and at turns of loops: where many answers are at its entry, its calls have few turns.
bool Heat::is_short(const FunctionCode& function, bool is_at_entry) const noexcept {
  constexpr std::uint32_t few_turns = 16;
  const Row& row = rows_[function.index.value];
  return function.loops.empty() || is_at_entry ||
         row.entries.load(std::memory_order_relaxed) * few_turns > row.answers.load(std::memory_order_relaxed);
}

void Heat::count(const FunctionCode& function, bool is_at_entry, bool is_root, std::uint32_t weight) noexcept {
  Row& row = rows_[function.index.value];
  row.answers.fetch_add(1, std::memory_order_relaxed);
  if (is_at_entry) row.entries.fetch_add(1, std::memory_order_relaxed);
  if (is_root) row.is_root.store(true, std::memory_order_relaxed);
  if (row.count.fetch_add(weight, std::memory_order_relaxed) != 0) {
    // The call that it was found in at first may be the only one: that of a program's main function.
    if (is_at_entry) row.is_called.store(true, std::memory_order_relaxed);
    return;
  }
  // Whoever counted first fills in the gate, and nobody sees it before it is published.
  row.entry = &code_.code[function.index.value];
  row.bytecode = function.begin;
  row.gate = {handler_, Cell{std::bit_cast<std::uint64_t>(&row)}};
  const Cell* expected = function.begin;
  row.entry->compare_exchange_strong(expected, row.gate.data(), std::memory_order_release, std::memory_order_relaxed);
}

}  // namespace tenon::jit
