#include "jit/baseline/emitter.hpp"

#include <algorithm>

#include "interp/calls.hpp"

namespace tenon::jit::baseline {

Emitter::Emitter(const Program& program, const SlotRegisters& registers, const Settings& settings, Assembler& assembler)
    : program_(program), registers_(registers), settings_(settings), a_(assembler) {}

Emitted Emitter::emit() {
  a_.clear();
  const auto& instructions = program_.instructions();
  labels_.resize(instructions.size());
  at_labels_.resize(instructions.size());
  for (std::uint32_t i = 0; i < instructions.size(); ++i) {
    if (instructions[i].is_label) labels_[i] = a_.make_label();
  }
  keeps_fuel_ = settings_.guarded_memory && instructions.front().shape->metered;
  const auto cells = static_cast<std::size_t>(program_.function().end - program_.begin());
  is_entry_.assign(cells / 64 + 1, 0);
  constexpr std::size_t near = 16384;  // cells whose code jumps of a megabyte span
  a_.set_far(cells > near);
  // Which cells will have other handlers, a cold exit must know.
  const auto mark = [&](std::uint32_t cell) { is_entry_[cell / 64] |= std::uint64_t{1} << (cell % 64); };
  for (std::uint32_t i = 0; i < instructions.size(); ++i) {
    if (i == 0 || instructions[i].is_header) mark(instructions[i].cell);
    if (leaves(instructions[i].shape->kind) && i + 1 < instructions.size()) mark(instructions[i + 1].cell);
  }
  for (index_ = 0; index_ < instructions.size(); ++index_) {
    in_ = &instructions[index_];
    a_.make_room();
    if (in_->is_label) {
      if (in_->is_header) a_.align(16);
      a_.bind(labels_[index_]);
      // A branch over a jump is the only way to what follows, and leaves the accumulators as they are.
      const bool only_by_branch = index_ > 0 && ends_run(instructions[index_ - 1].shape->kind);
      accumulators_ = only_by_branch ? at_labels_[index_] : Accumulators{};
      dirty_ = registers_.written();
      copied_ = 0;
    }
    instruction();
  }
  emit_entries();
  emit_exits();
  a_.put_constants();
  if (!a_.finish()) return {};
  emitted_.bytes = a_.bytes();
  for (const PendingAccess& access : accesses_) {
    emitted_.accesses.push_back({access.position, a_.position_of(access.exit)});
  }
  return std::move(emitted_);
}

// --- Operands

Value Emitter::value_in(std::uint32_t slot) const noexcept {
  Value value{.slot = slot};
  const std::uint8_t c = registers_.find(slot);
  if (c == SlotRegisters::none) return value;
  const Candidate& candidate = registers_[c];
  value.in = candidate.is_float ? Value::In::float_reg : Value::In::reg;
  if (candidate.is_float) {
    value.float_reg = static_cast<FloatReg>(candidate.reg);
  } else {
    value.reg = static_cast<Reg>(candidate.reg);
  }
  value.is_narrow = candidate.is_narrow;
  return value;
}

Value Emitter::operand(Place place, unsigned at, char letter) const noexcept {
  switch (place) {
    case Place::slot: return value_in(slot(at));
    case Place::imm:
      return {.in = Value::In::constant,
              .is_narrow = true,
              .bits = is_wide(letter) ? field<std::uint64_t>(at) : field<std::uint32_t>(at)};
    case Place::acc: break;
  }
  if (letter == 'f') return {.in = Value::In::float_reg, .float_reg = accumulators_.f32};
  if (letter == 'd') return {.in = Value::In::float_reg, .float_reg = accumulators_.f64};
  return {.in = Value::In::reg, .reg = accumulators_.integer, .is_narrow = accumulators_.is_narrow};
}

// The same value where an integer operation can use it: in a register, in memory, or a constant of 32 bits.
Value Emitter::in_integer(Value value, bool wide, Reg through) {
  if (value.in == Value::In::float_reg) {
    a_.from_float_register(wide, through, value.float_reg);
    return {.in = Value::In::reg, .reg = through, .is_narrow = !wide};
  }
  if (value.in == Value::In::constant && wide &&
      static_cast<std::int64_t>(value.bits) != static_cast<std::int32_t>(value.bits)) {
    a_.constant_keeping_flags(through, value.bits);
    return {.in = Value::In::reg, .reg = through};
  }
  return value;
}

Value Emitter::in_float(Value value, bool wide, FloatReg through) {
  if (value.in == Value::In::float_reg || value.in == Value::In::memory) return value;
  if (value.in == Value::In::reg) {
    a_.to_float_register(wide, through, value.reg);
  } else if (value.bits == 0) {
    a_.float_zero(through);
  } else {
    a_.constant_keeping_flags(scratch, value.bits);
    a_.to_float_register(wide, through, scratch);
  }
  return {.in = Value::In::float_reg, .float_reg = through};
}

Reg Emitter::to_register(const Value& value, bool wide, Reg through) {
  if (value.in == Value::In::reg) return value.reg;
  move_to(through, value, wide);
  return through;
}

FloatReg Emitter::in_float_register(const Value& value, bool wide, FloatReg through) {
  const Value from = in_float(value, wide, through);
  if (from.in == Value::In::float_reg) return from.float_reg;
  a_.float_load(wide, through, slot_address(from.slot));
  return through;
}

// Keeps the flags.
void Emitter::move_to(Reg to, const Value& value, bool wide) {
  switch (value.in) {
    case Value::In::reg:
      if (value.reg != to) a_.move(wide, to, value.reg);
      return;
    case Value::In::float_reg: return a_.from_float_register(wide, to, value.float_reg);
    case Value::In::memory: return a_.load(wide, to, slot_address(value.slot));
    case Value::In::constant: return a_.constant_keeping_flags(to, wide ? value.bits : value.bits & 0xFFFF'FFFF);
  }
}

void Emitter::move_to(FloatReg to, const Value& value, bool wide) {
  const Value from = in_float(value, wide, to);
  if (from.in == Value::In::memory) return a_.float_load(wide, to, slot_address(from.slot));
  if (from.float_reg != to) a_.float_move(to, from.float_reg);
}

// --- Results

// Before a register changes: an accumulator that is there, and still needed behind this instruction, moves away.
void Emitter::keep_accumulator(Reg reg) {
  if (accumulators_.integer != reg || reg == acc || !registers_.accumulator_lives_after(index_, Bank::integer)) return;
  a_.move(true, acc, reg);
  accumulators_.integer = acc;
}
void Emitter::keep_accumulator(FloatReg reg) {
  copied_ &= ~(1U << static_cast<unsigned>(reg));
  if (accumulators_.f32 == reg && reg != acc_f32 && registers_.accumulator_lives_after(index_, Bank::f32)) {
    a_.float_move(acc_f32, reg);
    accumulators_.f32 = acc_f32;
  }
  if (accumulators_.f64 == reg && reg != acc_f64 && registers_.accumulator_lives_after(index_, Bank::f64)) {
    a_.float_move(acc_f64, reg);
    accumulators_.f64 = acc_f64;
  }
}

// Puts the accumulators where the interpreter expects them.
void Emitter::settle_accumulators() {
  if (accumulators_.integer != acc) a_.move(true, acc, accumulators_.integer);
  if (accumulators_.f32 != acc_f32) a_.float_move(acc_f32, accumulators_.f32);
  if (accumulators_.f64 != acc_f64) a_.float_move(acc_f64, accumulators_.f64);
  accumulators_ = {};
}

Emitter::Target Emitter::begin_result(unsigned result_at) {
  Target target;
  if (!in_->shape->to_slot) return target;
  target.slot = slot(result_at);
  target.candidate = registers_.find(target.slot);
  if (target.candidate == SlotRegisters::none) {
    target.to_memory = true;
  } else if (!registers_[target.candidate].is_float) {
    target.reg = static_cast<Reg>(registers_[target.candidate].reg);
  }
  return target;
}

void Emitter::end_result(const Target& target, bool is_narrow) {
  accumulators_.integer = target.reg;
  accumulators_.is_narrow = is_narrow;
  if (target.to_memory) return a_.store(true, slot_address(target.slot), target.reg);
  if (target.candidate == SlotRegisters::none) return;
  const Candidate& candidate = registers_[target.candidate];
  if (candidate.is_float) {
    keep_accumulator(static_cast<FloatReg>(candidate.reg));
    a_.to_float_register(true, static_cast<FloatReg>(candidate.reg), target.reg);
  }
  wrote(target.candidate);
}

Emitter::Target Emitter::begin_float_result(unsigned result_at, bool wide) {
  Target target;
  target.float_reg = wide ? acc_f64 : acc_f32;
  if (!in_->shape->to_slot) return target;
  target.slot = slot(result_at);
  target.candidate = registers_.find(target.slot);
  if (target.candidate == SlotRegisters::none) {
    target.to_memory = true;
  } else if (registers_[target.candidate].is_float) {
    target.float_reg = static_cast<FloatReg>(registers_[target.candidate].reg);
  }
  return target;
}

void Emitter::end_float_result(const Target& target, bool wide) {
  (wide ? accumulators_.f64 : accumulators_.f32) = target.float_reg;
  if (target.to_memory) {
    a_.float_store(true, slot_address(target.slot), target.float_reg);
    return;
  }
  if (target.candidate == SlotRegisters::none) return;
  const Candidate& candidate = registers_[target.candidate];
  if (!candidate.is_float) {
    keep_accumulator(static_cast<Reg>(candidate.reg));
    a_.from_float_register(wide, static_cast<Reg>(candidate.reg), target.float_reg);
  }
  wrote(target.candidate);
}

void Emitter::write_candidate(std::uint8_t c, const Value& value) {
  const Candidate& candidate = registers_[c];
  if (candidate.is_float) {
    const auto to = static_cast<FloatReg>(candidate.reg);
    if (value.in != Value::In::float_reg || value.float_reg != to) {
      keep_accumulator(to);
      move_to(to, value, true);
    }
  } else {
    const auto to = static_cast<Reg>(candidate.reg);
    if (value.in != Value::In::reg || value.reg != to || (candidate.is_narrow && !value.is_narrow)) {
      keep_accumulator(to);
      if (value.in == Value::In::reg && value.reg == to) {
        a_.move(false, to, to);
      } else {
        move_to(to, value, !candidate.is_narrow);
      }
    }
  }
  wrote(c);
}

// A whole slot.
void Emitter::write_slot(std::uint32_t slot, const Value& value) {
  if (const std::uint8_t c = registers_.find(slot); c != SlotRegisters::none) return write_candidate(c, value);
  if (value.in == Value::In::float_reg) return a_.float_store(true, slot_address(slot), value.float_reg);
  if (value.in == Value::In::constant &&
      static_cast<std::int64_t>(value.bits) == static_cast<std::int32_t>(value.bits)) {
    return a_.store_constant(true, slot_address(slot), static_cast<std::int32_t>(value.bits));
  }
  a_.store(true, slot_address(slot), to_register(value, true, scratch));
}

// --- Leaving and entering

void Emitter::store_candidate(unsigned c) {
  const Candidate& candidate = registers_[c];
  if (candidate.is_vector) {
    store_vector(candidate);
  } else if (candidate.is_float) {
    a_.float_store(true, slot_address(candidate.slot), static_cast<FloatReg>(candidate.reg));
  } else {
    a_.store(true, slot_address(candidate.slot), static_cast<Reg>(candidate.reg));
  }
}

void Emitter::load_candidate(unsigned c) {
  const Candidate& candidate = registers_[c];
  if (candidate.is_vector) {
    load_vector(candidate);
  } else if (candidate.is_float) {
    a_.float_load(true, static_cast<FloatReg>(candidate.reg), slot_address(candidate.slot));
  } else {
    a_.load(!candidate.is_narrow, static_cast<Reg>(candidate.reg), slot_address(candidate.slot));
  }
}

void Emitter::spill(const SlotSet& set) {
  (set & dirty_).for_each([&](unsigned c) { store_candidate(c); });
  dirty_ = dirty_.without(set);
}

void Emitter::reload(const SlotSet& set) {
  set.for_each([&](unsigned c) { load_candidate(c); });
  dirty_ = dirty_.without(set);
}

// Where the interpreter executes this instruction instead. Nothing of it has been done.
Label Emitter::exit_here(bool writes_back) {
  exits_.push_back({a_.make_label(), index_, accumulators_, writes_back, 0});
  return exits_.back().label;
}

void Emitter::record_access(Label exit) { accesses_.push_back({a_.position(), exit}); }

// Native code that is entered by a dispatch to that cell begins here.
void Emitter::enter_here(std::uint32_t cell) {
  emitted_.entries.push_back({cell, a_.position()});
  take_fuel_register();
}

// Headers of loops are entered by code that was interpreted so far.
void Emitter::emit_entries() {
  const auto& instructions = program_.instructions();
  for (std::uint32_t i = 1; i < instructions.size(); ++i) {
    // Behind what leaves there is an entry already.
    if (!instructions[i].is_header || leaves(instructions[i - 1].shape->kind)) continue;
    a_.make_room();
    enter_here(instructions[i].cell);
    registers_.live_at_label(i).for_each([&](unsigned c) { load_candidate(c); });
    a_.jump(labels_[i]);
  }
}

void Emitter::emit_exits() {
  if (exits_.empty()) return;
  a_.make_room();
  const Label write_back = a_.make_label();
  const Label with_handler = a_.make_label();
  const Label done = a_.make_label();
  const SlotSet unshared = registers_.unshared();
  const bool has_shared = unshared != registers_.all();
  for (const Exit& exit : exits_) {
    a_.make_room();
    a_.bind(exit.label);
    if (exit.paid != 0) take_fuel(-std::int64_t{exit.paid});
    const Accumulators& accumulators = exit.accumulators;
    if (accumulators.integer != acc) a_.move(true, acc, accumulators.integer);
    if (accumulators.f32 != acc_f32) a_.float_move(acc_f32, accumulators.f32);
    if (accumulators.f64 != acc_f64) a_.float_move(acc_f64, accumulators.f64);
    if (has_shared && exit.writes_back) {
      registers_.live_before(exit.index).without(unshared).for_each([&](unsigned c) { store_candidate(c); });
    }
    const std::uint32_t cell = program_.instructions()[exit.index].cell;
    a_.constant(other, std::uint64_t{cell} * sizeof(runtime::Cell));
    const bool is_replaced = (is_entry_[cell / 64] >> (cell % 64) & 1) != 0;
    if (is_replaced || !exit.writes_back) a_.constant(scratch, program_.original(program_.begin() + cell));
    a_.jump(!exit.writes_back ? done : is_replaced ? with_handler : write_back);
  }
  a_.make_room();
  a_.bind(write_back);
  a_.constant(scratch, std::bit_cast<std::uint64_t>(program_.begin()));
  a_.load(true, scratch, {.base = scratch, .index = other});
  a_.bind(with_handler);
  unshared.for_each([&](unsigned c) { store_candidate(c); });
  a_.bind(done);
  give_up_fuel_register();
  a_.constant(ip, std::bit_cast<std::uint64_t>(program_.begin()));
  a_.alu(Alu::add, true, ip, other);
  a_.jump_to(scratch);
}

// --- Instructions

void Emitter::instruction() {
  switch (in_->shape->kind) {
    case Kind::other:
    case Kind::plain: return interpret();
    case Kind::binary: return binary();
    case Kind::unary: return unary();
    case Kind::branch: return branch();
    case Kind::shifted: return shifted();
    case Kind::add_branch: return add_branch();
    case Kind::load: return load();
    case Kind::store: return store();
    case Kind::enter: return enter();
    case Kind::copy: return copy();
    case Kind::store_acc: return store_acc();
    case Kind::constant: return constant();
    case Kind::jump: return jump();
    case Kind::br_table: return branch_table();
    case Kind::select: return select();
    case Kind::return_void:
    case Kind::return_acc:
    case Kind::return_slot:
    case Kind::return_constant: return return_();
    case Kind::call: return call();
    case Kind::call_indirect: return call_indirect();
    case Kind::global_get: return global_get();
    case Kind::global_set: return global_set();
    case Kind::fuel: return pay(0);
    case Kind::unreachable: return a_.jump(exit_here());
    default: return vector_instruction();
  }
}

void Emitter::copy() {
  for (unsigned i = 0; i < in_->shape->count; ++i) write_slot(slot(8 * i + 4), value_in(slot(8 * i)));
}

void Emitter::constant() {
  const std::uint64_t bits = in_->shape->wide ? field<std::uint64_t>(0) : field<std::uint32_t>(0);
  write_slot(slot(in_->shape->result_at), {.in = Value::In::constant, .is_narrow = bits <= 0xFFFF'FFFF, .bits = bits});
}

void Emitter::store_acc() {
  const Bank bank = in_->shape->bank;
  write_slot(slot(0), operand(Place::acc, 0, bank == Bank::f32 ? 'f' : bank == Bank::f64 ? 'd' : 'l'));
}

void Emitter::global_get() {
  const Bank bank = in_->shape->bank;
  a_.load(true, scratch, {instance, offsetof(runtime::Instance, globals)});
  a_.load(true, scratch, {scratch, static_cast<std::int32_t>(field<std::uint32_t>(0) * sizeof(void*))});
  const Address from{scratch, offsetof(runtime::Global, value)};
  if (bank == Bank::integer) {
    const Target target = begin_result(4);
    a_.load(true, target.reg, from);
    return end_result(target, false);
  }
  const Target target = begin_float_result(4, bank == Bank::f64);
  keep_accumulator(target.float_reg);
  a_.float_load(bank == Bank::f64, target.float_reg, from);
  end_float_result(target, bank == Bank::f64);
}

void Emitter::global_set() {
  const Shape& shape = *in_->shape;
  const char letter = shape.bank == Bank::f32 ? 'f' : shape.bank == Bank::f64 ? 'd' : 'l';
  const Value value = operand(shape.left, 4, letter);
  a_.load(true, scratch, {instance, offsetof(runtime::Instance, globals)});
  a_.load(true, scratch, {scratch, static_cast<std::int32_t>(field<std::uint32_t>(0) * sizeof(void*))});
  const Address to{scratch, offsetof(runtime::Global, value)};
  if (value.in == Value::In::float_reg) return a_.float_store(true, to, value.float_reg);
  if (value.in == Value::In::constant &&
      static_cast<std::int64_t>(value.bits) == static_cast<std::int32_t>(value.bits)) {
    return a_.store_constant(true, to, static_cast<std::int32_t>(value.bits));
  }
  a_.store(true, to, to_register(value, true, other));
}

// What a value that is not zero sets the flags for: everything up to the jump or move leaves them alone.
void Emitter::test_condition(unsigned at) {
  const Value condition = in_integer(operand(in_->shape->condition, at, 'i'), false, other);
  if (condition.in == Value::In::memory) return a_.alu(Alu::cmp, false, slot_address(condition.slot), 0);
  a_.test(false, condition.reg, condition.reg);
}

void Emitter::select() {
  const Shape& shape = *in_->shape;
  const char letter = shape.bank == Bank::f32 ? 'f' : shape.bank == Bank::f64 ? 'd' : 'l';
  const unsigned first_at = operand_bytes(shape.condition, false);
  const unsigned second_at = first_at + operand_bytes(shape.left, is_wide(letter));
  const Value first = operand(shape.left, first_at, letter);
  const Value second = operand(shape.right, second_at, letter);
  test_condition(0);
  if (shape.bank != Bank::integer) return select_float(first, second);
  const Target target = begin_result(shape.result_at);
  const Reg chosen = to_register(first, true, other);
  if (chosen == target.reg) {
    a_.move_if(Condition::equal, true, target.reg, to_register(second, true, scratch));
  } else {
    move_to(target.reg, second, true);
    a_.move_if(Condition::not_equal, true, target.reg, chosen);
  }
  end_result(target, first.is_narrow && second.is_narrow);
}

void Emitter::select_float(const Value& first, const Value& second) {
  const bool wide = in_->shape->bank == Bank::f64;
  const Label done = a_.make_label();
  move_to(scratch_float, first, wide);
  a_.jump(Condition::not_equal, done);
  move_to(scratch_float, second, wide);
  a_.bind(done);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  a_.float_move(target.float_reg, scratch_float);
  end_float_result(target, wide);
}

}  // namespace tenon::jit::baseline
