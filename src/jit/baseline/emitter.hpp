// From a function's bytecode to machine code: one pass, one instruction after the other.
//
// Registers are those of the interpreter's handlers (preserve_none), so that the two pass control to one another by a
// jump: the instruction (free inside of native code), the frame, memory 0 and its size, the instance, the thread, and
// the accumulators. Of each kind two are scratch; the others hold slots (slot_registers.hpp). Which they are, the
// machine's assembler says.
//
// Where an accumulator is said to be is tracked from one instruction to the next: a result that goes to a slot with a
// register of its own is computed there, and the accumulator is that register.
//
// Native code leaves in two ways. What it expects to leave at (calls, returns, instructions that the interpreter
// executes) stores what is alive and stale, in line. Everything else (traps, interrupts, faults, calls of other
// instances) goes through a cold exit, before the instruction has changed anything: all registers are written back, and
// the interpreter executes the same instruction, so that what is rare has one meaning and one implementation. Writing a
// register to a slot that is not alive does no harm.
//
// Native code is entered through an address in a cell of the bytecode: at the function's entry, at the headers of
// loops, and behind what leaves. There, the slots that are alive are loaded.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "jit/baseline/assembler.hpp"
#include "jit/baseline/program.hpp"
#include "jit/baseline/slot_registers.hpp"

namespace tenon::jit::baseline {

struct Settings {
  bool guarded_memory = false;  // accesses of memory 0 fault where they are out of bounds
  bool has_rounding = false;    // on x86-64: SSE4.1
  bool has_bit_counts = false;  // LZCNT, TZCNT, POPCNT
  bool has_vectors = false;     // on x86-64: AVX
  bool uses_registers = true;   // for slots; off for measuring what they are worth
};

// Machine code of a function, not yet placed.
struct Emitted {
  std::span<const std::uint8_t> bytes;
  struct Entry {
    std::uint32_t cell;
    std::uint32_t position;
  };
  std::vector<Entry> entries;  // cells whose handler is replaced
  struct Access {
    std::uint32_t position;  // of an instruction that may fault
    std::uint32_t exit;      // where it goes on then
  };
  std::vector<Access> accesses;  // by position
};

// Where an operand is.
struct Value {
  enum class In : std::uint8_t { reg, float_reg, memory, constant };
  In in = In::memory;
  Reg reg = {};
  FloatReg float_reg = {};
  bool is_narrow = false;  // an integer whose register has a zero upper half
  std::uint32_t slot = 0;
  std::uint64_t bits = 0;
};
inline Address slot_address(std::uint32_t slot) noexcept {
  return {machine::frame, static_cast<std::int32_t>(slot * sizeof(runtime::Slot))};
}
inline bool is_reg(const Value& value, Reg reg) noexcept { return value.in == Value::In::reg && value.reg == reg; }

class Emitter {
 public:
  Emitter(const Program& program, const SlotRegisters& registers, const Settings& settings, Assembler& assembler);
  // Empty if the machine's instructions do not reach as far as the code would be long.
  Emitted emit();

 private:
  static constexpr Reg ip = machine::ip;
  static constexpr Reg frame = machine::frame;
  static constexpr Reg memory = machine::memory;
  static constexpr Reg memory_size = machine::memory_size;
  static constexpr Reg instance = machine::instance;
  static constexpr Reg thread = machine::thread;
  static constexpr Reg acc = machine::acc;
  static constexpr FloatReg acc_f32 = machine::acc_f32;
  static constexpr FloatReg acc_f64 = machine::acc_f64;
  static constexpr Reg scratch = machine::scratch;
  static constexpr Reg other = machine::other;
  static constexpr FloatReg scratch_float = machine::scratch_float;
  static constexpr FloatReg other_float = machine::other_float;

  // What the accumulators hold, and where that is.
  struct Accumulators {
    Reg integer = acc;
    bool is_narrow = false;
    FloatReg f32 = acc_f32;
    FloatReg f64 = acc_f64;
  };
  struct Exit {
    Label label;
    std::uint32_t index;  // of the instruction
    Accumulators accumulators;
    bool writes_back;
    std::uint32_t paid;  // fuel that the interpreter pays again
  };
  // A result under way: where it is computed.
  struct Target {
    Reg reg = acc;
    FloatReg float_reg = acc_f64;
    std::uint8_t candidate = SlotRegisters::none;
    std::uint32_t slot = 0;
    bool to_memory = false;
  };

  // Operands and results (emitter.cpp).
  Value value_in(std::uint32_t slot) const noexcept;
  Value operand(Place place, unsigned at, char letter) const noexcept;
  Value in_integer(Value value, bool wide, Reg through);
  Value in_float(Value value, bool wide, FloatReg through);
  Reg to_register(const Value& value, bool wide, Reg through);
  FloatReg in_float_register(const Value& value, bool wide, FloatReg through);
  void move_to(Reg to, const Value& value, bool wide);
  void move_to(FloatReg to, const Value& value, bool wide);
  Target begin_result(unsigned result_at);
  void end_result(const Target& target, bool is_narrow);
  Target begin_float_result(unsigned result_at, bool wide);
  void end_float_result(const Target& target, bool wide);
  void keep_accumulator(Reg reg);
  void keep_accumulator(FloatReg reg);
  void settle_accumulators();
  void clean_accumulator();
  void wrote(std::uint8_t candidate) noexcept { dirty_.add(candidate); }
  void write_slot(std::uint32_t slot, const Value& value);
  void write_candidate(std::uint8_t c, const Value& value);
  Label exit_here(bool writes_back = true);
  void record_access(Label exit);
  void record_store(Label exit, unsigned width, const Address& to);
  void store_candidate(unsigned c);
  void load_candidate(unsigned c);
  void spill(const SlotSet& set);
  void reload(const SlotSet& set);
  void enter_here(std::uint32_t cell);
  void emit_exits();
  void emit_entries();

  // By kind of instruction.
  void instruction();
  void copy();
  void constant();
  void store_acc();
  void global_get();
  void global_set();
  void select();
  void test_condition(unsigned at);
  void select_float(const Value& first, const Value& second);
  // emit_integers.cpp
  void binary();
  void unary();
  void integer_binary(Op op, const Value& left, const Value& right);
  void integer_unary(const Value& value);
  void compute(Alu op, bool wide, Reg to, const Value& left, const Value& right, bool commutes);
  void compute_with(Alu op, bool wide, Reg to, const Value& right);
  void add(bool wide, Reg to, const Value& left, const Value& right);
  void multiply(bool wide, Reg to, const Value& left, const Value& right);
  void shift(Shift op, bool wide, Reg to, const Value& left, const Value& right);
  void divide(Op op, bool wide, Reg to, const Value& left, const Value& right);
  Condition compare(Op op, bool wide, const Value& left, const Value& right);
  void shifted();
  // emit_floats.cpp
  void float_binary(Op op, const Value& left, const Value& right);
  void float_arithmetic(FloatOp op, bool wide, const Value& left, const Value& right);
  void min_max(bool is_min, bool wide, const Value& left, const Value& right);
  void copysign(bool wide, const Value& left, const Value& right);
  Condition float_compare(Op op, const Value& left, const Value& right);
  void float_compare_value(Op op, const Value& left, const Value& right);
  void float_branch(Op op, const Value& left, const Value& right, bool negated, Label to);
  void float_unary(const Value& value);
  void round(bool wide, const Value& value, Rounding how);
  void square_root(bool wide, const Value& value);
  void sign_bits(bool wide, bool negates, const Value& value);
  void change_width(bool from_wide, const Value& value);
  void reinterpret(const Value& value);
  void to_float(bool wide, const Value& value);
  void truncate(bool from_wide, const Value& value);
  // emit_memory.cpp
  void load();
  void store();
  Reg sum_of_address(const Shape& shape);
  Address access(const Shape& shape, unsigned offset_at, unsigned width, Label exit);
  Address access(Reg index, std::uint64_t end, unsigned width, Label exit);
  Reg index_register(const Value& value, Reg scratch);
  void load_integer(Op op, const Target& target, const Address& from);
  void store_integer(Op op, const Value& value, const Address& to);
  // emit_vectors.cpp
  void store_vector(const Candidate& candidate);
  void load_vector(const Candidate& candidate);
  Value vector_in(std::uint32_t slot) const noexcept;
  std::uint32_t registers_in_use() const noexcept;
  FloatReg register_for_copy() noexcept;
  FloatReg in_vector_register(const Value& value, FloatReg through);
  Target begin_vector_result(unsigned result_at);
  void end_vector_result(const Target& target);
  void vector_instruction();
  void vector();
  void vector_to_number();
  void number_to_vector(const Target& target);
  void extract_float(const Value& value, bool wide);
  void test_vector(const Value& value);
  void vector_shift(const Target& target, Shift how);
  std::optional<std::uint32_t> constant_in(std::uint32_t slot) const noexcept;
  Address vector_access(Label exit);
  void vector_load();
  void vector_store();
  void vector_copy();
  void vector_constant();
  void vector_select();
  Address vector_global();
  void vector_global_get();
  void vector_global_set();
  // emit_control.cpp
  void enter();
  void clear_locals();
  void check_interrupt(Label exit);
  void pay(unsigned at, bool writes_back = true);
  void pay_instead(unsigned at, unsigned paid_at);
  void take_fuel(std::int64_t units);
  void take_fuel_register();
  void give_up_fuel_register();
  void branch();
  void metered_branch();
  void jump_if(Label to);
  void add_branch();
  void increment();
  void jump();
  void branch_table();
  void leave_to_caller();
  void return_();
  void return_value(const Value& value);
  void call();
  void call_indirect();
  void push_frame(std::uint32_t callee_frame);
  void interpret();
  void come_back();

  template <class T>
  T field(unsigned at) const noexcept {
    return program_.field<T>(*in_, at);
  }
  std::uint32_t slot(unsigned at) const noexcept { return program_.slot(*in_, at); }

  const Program& program_;
  const SlotRegisters& registers_;
  const Settings settings_;
  Assembler& a_;
  const Instruction* in_ = nullptr;
  std::uint32_t index_ = 0;
  bool keeps_fuel_ = false;  // in a register
  Accumulators accumulators_;
  SlotSet dirty_;  // registers that their slots do not agree with
  // Vectors in memory that a register without another use holds too, by register. Until control joins, or leaves.
  std::array<std::uint32_t, 32> copies_{};
  std::uint32_t copied_ = 0;  // registers with copies
  std::uint32_t next_copy_ = 0;
  std::vector<Label> labels_;
  std::vector<Accumulators> at_labels_;  // where a branch forward leaves them
  std::vector<Exit> exits_;
  struct PendingAccess {
    std::uint32_t position;
    Label exit;
  };
  std::vector<PendingAccess> accesses_;
  std::vector<std::uint64_t> is_entry_;  // cells whose handlers are replaced, as bits
  Emitted emitted_;
};

}  // namespace tenon::jit::baseline
