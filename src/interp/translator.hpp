// From a validated body to bytecode, in one pass.
//
// The translator runs the body over an abstract operand stack whose entries say where each value is, not what it is:
//
//   local     in a local's slot: `local.get` emits nothing
//   constant  nowhere: constants are immediates of what uses them
//   temp      in a slot of the frame above the locals
//   acc       in the accumulator of its bank, and nowhere else
//   sum       not yet: an i32.add of a local and a constant or another local, in the hope of a load or store that adds
//
// An instruction takes its operands wherever they are (the handlers have variants) and leaves its result in the
// accumulator of its type. If that accumulator still holds an entry of the stack, the entry is first stored in its home
// slot; usually the instruction that made it was the last one, and is changed to store it in passing. `local.set` does
// the same with the local's slot, so that it is rarely an instruction. The translator remembers which slot each
// accumulator agrees with, and prefers the register when that slot is read.
//
// Before a local changes, entries that stand for its old value are copied to their homes. At every point where control
// joins (labels, loop headers) all entries are in slots, and the accumulators hold nothing: values that a branch
// carries are moved to the home slots of its label first. Behind a call all slots of the frame hold what they held, and
// a single result is in its accumulator.
//
// A frame: parameters and locals, three slots for the header of a callee that takes its arguments from the bottom of
// the operand stack, then the homes of operands. Arguments are put where the callee's frame begins; with operands below
// them that is three slots further up.
//
// Comparisons are fused with the branch behind them by taking the comparison back and writing one instruction for both;
// `i32.eqz` in between turns it around. A branch on any other value compares it with zero.
//
// Code that cannot be reached is skipped without being translated.
//
// Rejected: an intermediate representation with register allocation. It would save some dispatches, and cost most of
// the translation speed.
#pragma once

#include <array>
#include <cassert>
#include <memory_resource>
#include <span>
#include <vector>

#include "binary/core/instructions.hpp"
#include "interp/code_buffer.hpp"
#include "interp/tables.hpp"
#include "runtime/executor.hpp"
#include "validate/core/module.hpp"

namespace tenon::interp {

inline constexpr std::uint32_t no_slot = 0xFFFF'FFFF;

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

// A loop whose turns begin with nothing on the operand stack: all that they go on with are the locals, in their slots.
struct LoopHeader {
  std::uint32_t header = 0;  // cells from the function's first
  std::uint32_t offset = 0;  // of the `loop` in the body
};

struct Operand {
  enum class Kind : std::uint8_t { local, constant, temp, acc, sum };
  Kind kind = Kind::temp;
  Bank bank = Bank::integer;
  bool is_v128 = false;
  std::uint32_t home = 0;         // its slot if it must have one
  std::uint32_t slot = 0;         // local, temp: where it is
  std::uint32_t local = 0;        // local: which
  std::uint32_t other = no_slot;  // sum: the other local, if it is not a constant
  std::uint64_t bits = 0;         // constant, sum
  std::uint32_t width() const noexcept { return is_v128 ? 2 : 1; }
};

// What the translation of a body gives, in the translator's storage.
struct Translation {
  bool too_large = false;  // nothing was translated
  std::span<const std::uint32_t> units;
  std::span<const TryRange> ranges;
  std::span<const CatchClause> clauses;
  std::span<const LoopHeader> loops;
};

// Where each instruction's bytecode begins: recorded on demand for backtraces.
struct SourcePosition {
  std::uint32_t unit = 0;
  std::uint32_t offset = 0;  // in the body
};

class Translator {
 public:
  Translator(const core::ValidatedModule& module, const runtime::CodeSettings& settings,
             std::atomic<const Cell*>* entries, std::pmr::memory_resource& memory);

  // Translates one function of the module's own. The result is valid until the next call.
  Translation translate(core::FuncIdx index, std::pmr::vector<SourcePosition>* positions = nullptr);

 private:
  enum class BlockKind : std::uint8_t { function, block, loop, if_, else_, try_table, legacy_try, legacy_catch };
  static constexpr std::uint32_t none = 0xFFFF'FFFF;
  // A function whose operand stack is deeper than any frame can be is not worth translating.
  static constexpr std::size_t most_operands = 4'000'000;

  struct Block {
    BlockKind kind = BlockKind::block;
    bool reached = false;              // a branch goes to its end
    std::uint32_t height = 0;          // entries below its parameters
    std::uint32_t home = 0;            // first slot of what its label takes and of its results
    std::uint32_t header = 0;          // loop: position of its header
    std::uint32_t paid_header = 0;     // loop, metered: of what is behind the payment
    std::uint32_t price_field = none;  // loop, metered: of the payment
    std::uint32_t fixups = none;       // branches to its end
    std::uint32_t else_fixup = none;
    std::uint32_t try_begin = 0;  // protected range
    std::uint32_t first_clause = 0;
    std::uint32_t clause_count = 0;
    std::uint32_t exception_slot = 0;  // legacy_catch
    std::uint32_t range = none;        // legacy_catch: its row in the ranges
    std::span<const core::ValType> params;
    std::span<const core::ValType> results;
    core::ValType single;  // storage of `results` where the block's type is a value type
    bool has_single = false;
    std::span<const core::ValType> result_types() const noexcept {
      return has_single ? std::span<const core::ValType>(&single, 1) : results;
    }
  };
  struct Fixup {
    std::uint32_t field = 0;  // unit to be patched
    std::uint32_t start = 0;  // unit where its instruction begins
    std::uint32_t next = none;
  };
  struct Local {
    std::uint32_t slot = 0;
    std::uint32_t uses = 0;  // entries of the operand stack that stand for it
    Bank bank = Bank::integer;
    bool is_v128 = false;
  };
  struct LegacyClause {
    std::uint32_t range = 0;
    CatchClause clause;
    std::uint32_t order = 0;  // among all
  };
  // Where a load or store finds its address.
  struct Address {
    AddressForm form = AddressForm::acc;
    std::uint32_t fields[2] = {};
  };
  // A branch condition that was taken off the stack.
  struct Condition {
    Op op = Op::i32_ne;
    bool negated = false;
    std::uint8_t pair = 0;
    std::uint8_t count = 0;          // units of operand fields
    std::uint32_t increment = none;  // start of the increment of the left operand, if that was the last instruction
    std::uint32_t fields[8] = {};    // operands
  };

  // Operands (translate_operands.cpp).
  std::uint32_t next_home() const noexcept {
    return stack_.empty() ? operands_begin_ : stack_.back().home + stack_.back().width();
  }
  Operand& push_new() {
    if (stack_.size() >= most_operands) [[unlikely]]
      too_large_ = done_ = true;
    const std::uint32_t home = next_home();
    touch(home + 1);
    Operand& entry = stack_.emplace_back();
    entry.home = home;
    return entry;
  }
  void push(const Operand& entry) {
    push_new() = entry;
    touch(entry.home + entry.width());
  }
  void push_local(std::uint32_t index);
  void push_constant(Bank bank, std::uint64_t bits);
  void push_acc(Bank bank);
  void push_temp(core::ValType type, std::uint32_t slot);
  Operand pop() {
    assert(!stack_.empty());
    const Operand entry = stack_.back();
    stack_.pop_back();
    if (entry.kind == Operand::Kind::local) --locals_[entry.local].uses;
    if (entry.kind == Operand::Kind::acc) acc_entry_[static_cast<std::size_t>(entry.bank)] = none;
    if (entry.kind == Operand::Kind::sum) [[unlikely]] {
      --sums_;
      --locals_[entry.local].uses;
      if (entry.other != no_slot) --locals_[entry.other].uses;
    }
    if (flushed_ > stack_.size()) flushed_ = static_cast<std::uint32_t>(stack_.size());
    return entry;
  }
  void spill(Bank bank);
  void spill_entry(Operand& entry, std::uint32_t slot);
  void materialize(Operand& entry);
  void end_in_slot(std::uint32_t slot);
  void move_to(const Operand& entry, std::uint32_t slot);
  void flush(std::uint32_t above);
  std::uint32_t run_of_temps(std::size_t first) const noexcept;
  void emit_copy_many(std::uint32_t from, std::uint32_t to, std::uint32_t count);
  Place place_of(const Operand& entry, bool allow_acc = true) const noexcept;
  void emit_copy(std::uint32_t from, std::uint32_t to);
  void emit_copy_wide(std::uint32_t from, std::uint32_t to, std::uint32_t width);
  void emit_constant(std::uint64_t bits, std::uint32_t slot);
  void emit_store_acc(Bank bank, std::uint32_t slot);
  void forget(std::uint32_t slot) noexcept;
  void forget_accumulators() noexcept;
  struct Direction {
    bool up = false;
    bool down = false;
  };
  Direction direction(std::uint32_t first, std::uint32_t slot) const noexcept;
  void place_values(std::uint32_t first, std::uint32_t slot);
  std::uint32_t place_contiguous(std::uint32_t count);
  std::uint32_t place_arguments(std::uint32_t count);
  void field_operand(const Operand& entry, Place place, bool wide_immediate);
  void field_slot(std::uint32_t slot) { code_.field32(slot * 8); }
  void touch(std::uint32_t end) noexcept {
    if (end > frame_slots_) frame_slots_ = end;
  }
  std::uint32_t slot_of(Operand& entry);
  void value_done(Bank bank, Handler with_slot);
  void preserve_local(std::uint32_t index);
  bool push_sum();
  bool fuse_shift(Op op);
  void force(std::uint32_t index);
  void force_top(std::size_t count);
  void force_sums_of(std::uint32_t local);
  void settle_sums(Op op);
  Address take_address(bool acc_is_free);
  void field_address(const Address& address);
  bool fuse_increment(const Condition& condition, Block& target);

  // Instructions (translate.cpp, translate_plain.cpp).
  void instruction(Op op);
  void local_get();
  void local_set(bool tee);
  void unary(Op op);
  void binary(Op op);
  void eqz(Op op);
  void load(Op op);
  void store(Op op);
  void global_get();
  void global_set();
  void select();
  void plain(Op op);
  void plain_by_signature(Op op, const PlainTable& table);
  void plain_immediates(Op op);
  void constant_vector();
  void reference(Op op);
  void object_new(Op op);
  void object_get(Op op);
  void object_set(Op op);
  void array_bulk(Op op);
  void cast(Op op);
  void field_heap_type(core::HeapType type);
  void field_top() { field_slot(frame_slots_); }
  // Takes the top `count` operands off the stack; gives their slots, in order.
  template <std::size_t count>
  std::array<std::uint32_t, count> pop_slots() {
    std::array<std::uint32_t, count> slots;
    std::array<Operand, count> operands;
    for (std::size_t i = count; i > 0; --i) operands[i - 1] = pop();
    for (std::size_t i = count; i > 0; --i) slots[i - 1] = slot_of(operands[i - 1]);
    return slots;
  }
  void begin_plain(Op op, const PlainTable& table, Bank result_bank);

  // Control (translate_control.cpp).
  void begin_function(const core::FuncType& type);
  void end_function();
  void charge() noexcept { ++fuel_; }
  void begin_charge();
  void end_charge();
  void begin_paid();
  void price_field();
  void control(Op op);
  Block make_block(BlockKind kind, const core::BlockType& type) const;
  void push_block(Block block);
  void begin_block(BlockKind kind);
  void begin_if();
  void begin_else();
  void end_block();
  void settle(std::size_t count, std::uint32_t slot);
  void push_temps(std::span<const core::ValType> types, std::uint32_t slot);
  void pop_to(std::size_t height);
  void bind_label(std::uint32_t& fixups);
  void branch(std::uint32_t depth);
  void branch_if(std::uint32_t depth, bool sense);
  void branch_over(const Condition& condition, std::uint32_t depth);
  void branch_table();
  void branch_on_null(bool on_null);
  void branch_on_cast(Op op);
  void emit_jump(Block& target);
  void emit_branch(const Condition& condition, Block& target, bool metered);
  void finish_branch(Block& target, bool metered);
  std::uint32_t emit_branch_forward(const Condition& condition, bool metered);
  void emit_target(Block& target, bool pays);
  void loop_price(const Block& loop);
  bool moves_needed(const Block& target, std::size_t above) const noexcept;
  void move_to_label(const Block& target);
  void hold_values(std::size_t count, std::size_t above, bool returns);
  std::span<const core::ValType> label_types(const Block& block) const noexcept;
  Condition take_condition(bool sense);
  void emit_return();
  void unreachable();
  void skip();

  // Calls (translate_calls.cpp).
  void call();
  void call_indirect();
  void call_ref();
  void return_call();
  void return_call_indirect();
  void return_call_ref();
  void push_results(const core::FuncType& type, std::uint32_t slot);
  struct Arguments {
    Place place = Place::slot;  // of what names the callee
    std::uint32_t callee = 0;   // its slot
    std::uint32_t frame = 0;    // the callee's
  };
  Arguments place_callee_and_arguments(const core::FuncType& type);
  void finish_tail_call(const core::FuncType& type, std::uint32_t frame);

  // Exceptions (translate_exceptions.cpp).
  void throw_();
  void throw_ref();
  void begin_try_table();
  void begin_legacy_try();
  void begin_legacy_catch(bool all);
  void delegate();
  void rethrow();
  void end_protected(Block& block);
  void collect_legacy_clauses();
  CatchClause landing_pad(const core::Catch& clause);

  const core::FuncType& func_type(std::uint32_t type_index) const noexcept;
  Block& block_at(std::uint32_t depth) noexcept { return blocks_[blocks_.size() - 1 - depth]; }
  std::uint32_t index() noexcept { return cursor_.u32(); }
  core::Instruction& immediates(Op op);

  const core::ValidatedModule& module_;
  const core::Module& model_;
  const runtime::CodeSettings settings_;
  std::atomic<const Cell*>* entries_;
  const NumericTable* numeric_[4];
  const MeteredTable& metered_;
  const MemoryTable& memory_;
  const ControlTable& control_;
  const LoopTable& loops_;
  const ShiftTable& shifts_;
  const PlainTable& vectors_;
  const PlainTable& atomics_;
  const PlainTable& references_;
  const PlainTable& bulk_;
  bool fast_memory_ = false;  // memory 0 has 32-bit addresses

  Cursor cursor_;
  const std::uint8_t* body_ = nullptr;  // where the function's begins
  core::ImmediateLists lists_;
  core::Instruction instruction_;
  CodeBuffer code_;
  std::pmr::vector<Operand> stack_;
  std::pmr::vector<Block> blocks_;
  std::pmr::vector<Fixup> fixups_;
  std::pmr::vector<Local> locals_;
  std::pmr::vector<core::LocalRun> runs_;
  std::pmr::vector<TryRange> ranges_;
  std::pmr::vector<CatchClause> clauses_;
  std::pmr::vector<LoopHeader> loops_found_;
  std::pmr::vector<std::uint32_t> labels_;
  std::pmr::vector<LegacyClause> legacy_clauses_;
  std::span<const core::ValType> results_;
  std::array<std::uint32_t, bank_count> acc_entry_ = {none, none, none};          // the entry it holds
  std::array<std::uint32_t, bank_count> acc_slot_ = {no_slot, no_slot, no_slot};  // the slot it agrees with
  std::uint32_t sums_ = 0;                                                        // entries that are sums
  std::uint32_t flushed_ = 0;  // entries below are temps or constants
  std::uint32_t params_slots_ = 0;
  std::uint32_t operands_begin_ = 0;
  std::uint32_t frame_slots_ = 0;
  std::uint32_t frame_field_ = 0;     // unit of `enter` that takes the frame's size
  std::uint32_t fuel_field_ = none;   // of the price of the run under way
  std::uint32_t price_field_ = none;  // written last
  std::uint32_t fuel_ = 0;
  bool reachable_ = true;
  bool done_ = false;
  bool too_large_ = false;
};

constexpr Bank bank_of(core::ValType type) noexcept {
  if (type == core::f32) return Bank::f32;
  if (type == core::f64) return Bank::f64;
  return Bank::integer;
}
constexpr Bank bank_of(char letter) noexcept {
  return letter == 'f' ? Bank::f32 : letter == 'd' ? Bank::f64 : Bank::integer;
}
constexpr std::uint32_t slots_of(std::span<const core::ValType> types) noexcept {
  std::uint32_t slots = 0;
  for (const core::ValType type : types) slots += runtime::slots_of(type);
  return slots;
}

}  // namespace tenon::interp
