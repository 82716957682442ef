// Entering and leaving functions, branches, calls, and what the interpreter executes.
#include <cstddef>

#include "jit/baseline/emitter.hpp"
#include "runtime/native.hpp"
#include "runtime/thread.hpp"

namespace tenon::jit::baseline {

using runtime::Func;
using runtime::Instance;
using runtime::Slot;
using runtime::Table;
using runtime::Thread;

namespace {
template <class T, class Class>
std::int32_t offset_of(T Class::* member) noexcept {
  return static_cast<std::int32_t>(runtime::place_of(member));
}

constexpr std::int32_t header_at(int slot) noexcept { return slot * static_cast<std::int32_t>(sizeof(Slot)); }
}  // namespace

void Emitter::check_interrupt(Label exit) {
  a_.load(true, scratch, {thread, offset_of(&Thread::interrupt)});
  a_.compare16_with_zero({scratch, 0});
  a_.jump(Condition::not_equal, exit);
}

// --- Fuel

// Where accesses need no size of the memory, its register has the fuel that is left, while native code runs.
void Emitter::take_fuel_register() {
  if (keeps_fuel_) a_.load(true, memory_size, {thread, offset_of(&Thread::fuel)});
}

void Emitter::give_up_fuel_register() {
  if (!keeps_fuel_) return;
  a_.store(true, {thread, offset_of(&Thread::fuel)}, memory_size);
  a_.load(true, memory_size, {instance, offset_of(&Instance::memory0)});
  a_.load(true, memory_size, {memory_size, static_cast<std::int32_t>(offsetof(runtime::Memory, size))});
}

// Pays the price in that field. Where there was not enough, the interpreter pays again, and traps.
void Emitter::pay(unsigned at, bool writes_back) {
  const auto price = field<std::uint32_t>(at);
  const Label exit = exit_here(writes_back);
  exits_.back().paid = price;
  take_fuel(price);
  a_.jump(Condition::sign, exit);
}

// Pays that price instead of another.
void Emitter::pay_instead(unsigned at, unsigned paid_at) {
  const auto price = field<std::uint32_t>(at);
  const Label exit = exit_here();
  exits_.back().paid = price;
  take_fuel(std::int64_t{price} - field<std::uint32_t>(paid_at));
  a_.jump(Condition::sign, exit);
}

// The flags are those of what is left.
void Emitter::take_fuel(std::int64_t units) {
  const bool is_short = units == static_cast<std::int32_t>(units);
  const Address left{thread, offset_of(&Thread::fuel)};
  const Reg fuel = keeps_fuel_ ? memory_size : scratch;
  if (is_short && !keeps_fuel_) return a_.subtract_from(left, static_cast<std::int32_t>(units), scratch);
  if (!keeps_fuel_) a_.load(true, fuel, left);
  if (is_short) {
    a_.alu(Alu::sub, true, fuel, static_cast<std::int32_t>(units));
  } else {
    a_.constant(other, static_cast<std::uint64_t>(units));
    a_.alu(Alu::sub, true, fuel, other);
  }
  if (!keeps_fuel_) a_.store(true, left, fuel);
}

void Emitter::enter() {
  enter_here(in_->cell);
  const Label exit = exit_here(false);
  a_.address(true, scratch, {frame, static_cast<std::int32_t>(field<std::uint32_t>(0))});
  a_.alu(Alu::cmp, true, scratch, Address{thread, offset_of(&Thread::stack_limit)});
  a_.jump(Condition::above, exit);
  check_interrupt(exit);
  if (in_->shape->metered) pay(12, false);
  const SlotSet live = registers_.live_after(index_);
  const std::uint32_t first_local = slot(4);
  live.for_each([&](unsigned c) {
    if (registers_[c].slot < first_local) load_candidate(c);
  });
  clear_locals();
}

void Emitter::clear_locals() {
  const std::uint32_t first = slot(4);
  const auto count = field<std::uint32_t>(8);
  const SlotSet live = registers_.live_after(index_);
  live.for_each([&](unsigned c) {
    const Candidate& candidate = registers_[c];
    if (candidate.slot < first) return;
    if (candidate.is_float) {
      a_.float_zero(static_cast<FloatReg>(candidate.reg));
    } else {
      a_.constant(static_cast<Reg>(candidate.reg), 0);
    }
    wrote(static_cast<std::uint8_t>(c));
  });
  constexpr std::uint32_t most_single = 128;
  if (count <= most_single) {
    for (std::uint32_t i = first; i < first + count; ++i) {
      if (registers_.find(i) == SlotRegisters::none) a_.store_constant(true, slot_address(i), 0);
    }
    return;
  }
  const Label again = a_.make_label();
  a_.address(true, scratch, slot_address(first));
  a_.constant(other, count);
  a_.bind(again);
  a_.store_constant(true, {scratch, 0}, 0);
  a_.alu(Alu::add, true, scratch, static_cast<std::int32_t>(sizeof(Slot)));
  a_.alu(Alu::sub, false, other, 1);
  a_.jump(Condition::not_equal, again);
}

// --- Branches

void Emitter::jump_if(Label to) {
  const Shape& shape = *in_->shape;
  const char letter = interp::params_of(shape.op)[0];
  const Value left = operand(shape.left, 0, letter);
  const Value right = operand(shape.right, operand_bytes(shape.left, is_wide(letter)), letter);
  if (letter == 'f' || letter == 'd') return float_branch(shape.op, left, right, shape.negated, to);
  const Condition condition = compare(shape.op, is_wide(letter), left, right);
  a_.jump(condition, to);
}

void Emitter::branch() {
  const Shape& shape = *in_->shape;
  if (shape.backward) check_interrupt(exit_here());
  if (!shape.backward) at_labels_[program_.target(*in_, shape.result_at)] = accumulators_;
  if (shape.metered) return metered_branch();
  jump_if(labels_[program_.target(*in_, shape.result_at)]);
}

void Emitter::metered_branch() {
  const Shape& shape = *in_->shape;
  const Label target = labels_[program_.target(*in_, shape.result_at)];
  if (!shape.backward) {
    jump_if(target);
    return pay(shape.result_at + 4);
  }
  // What more often happens is paid for: nothing has been done yet where that is too much.
  pay(shape.result_at + 8);
  jump_if(target);
  pay_instead(shape.result_at + 4, shape.result_at + 8);
}

void Emitter::increment() {
  const Value augend = in_integer(value_in(slot(0)), false, scratch);
  const Value addend = in_integer(operand(in_->shape->left, 4, 'i'), false, other);
  const Target target = begin_result(in_->shape->result_at);
  add(false, target.reg, augend, addend);
  end_result(target, true);
}

void Emitter::add_branch() {
  const Shape& shape = *in_->shape;
  const Label target = labels_[program_.target(*in_, 16)];
  check_interrupt(exit_here());
  if (shape.metered) pay(24);
  increment();
  const Value sum{.in = Value::In::reg, .reg = accumulators_.integer, .is_narrow = true};
  a_.jump(compare(shape.op, false, sum, operand(shape.right, 12, 'i')), target);
  if (!shape.metered) return;
  pay_instead(20, 24);
  // The interpreter adds again. So it gets nothing back, and traps there whatever it compares.
  exits_.back().paid = 0;
}

void Emitter::jump() {
  const Shape& shape = *in_->shape;
  const std::uint32_t target = program_.target(*in_, 0);
  if (shape.backward) check_interrupt(exit_here());
  if (shape.metered) pay(4);
  if (target != index_ + 1) a_.jump(labels_[target]);
}

void Emitter::branch_table() {
  const Program::Targets targets = program_.targets(*in_);
  bool is_backward = false;
  for (std::uint32_t i = 0; i < targets.count; ++i) is_backward |= field<std::int32_t>(targets.at + 4 * i) < 0;
  if (is_backward) check_interrupt(exit_here());
  move_to(scratch, operand(in_->shape->left, 0, 'i'), false);
  a_.constant(other, targets.count - 1);
  a_.alu(Alu::cmp, false, scratch, other);
  a_.move_if(Condition::above, false, scratch, other);
  const Label table = a_.make_label();
  a_.load_effective_of_label(other, table);
  a_.extend(Extension::sign32, true, scratch, Address{.base = other, .index = scratch, .scale = 2});
  a_.alu(Alu::add, true, scratch, other);
  a_.jump_to(scratch);
  a_.align(4);
  a_.bind(table);
  const std::uint32_t from = a_.position();
  for (std::uint32_t i = 0; i < targets.count; ++i) {
    if (i % 256 == 0) a_.make_room();
    a_.put_distance_from(from, labels_[program_.target(*in_, targets.at + 4 * i)]);
  }
}

// --- Returns

void Emitter::leave_to_caller() {
  const Label exit = exit_here();
  a_.load(true, scratch, {frame, header_at(runtime::header_return_ip)});
  a_.test(true, scratch, scratch);
  a_.jump(Condition::equal, exit);
  a_.alu_to(Alu::cmp, true, {frame, header_at(runtime::header_caller_instance)}, instance);
  a_.jump(Condition::not_equal, exit);
  a_.load(true, frame, {frame, header_at(runtime::header_caller_frame)});
  a_.move(true, ip, scratch);
  give_up_fuel_register();
  a_.jump_to(Address{ip, 0});
}

void Emitter::return_value(const Value& value) {
  switch (program_.signature().result) {
    case 'f': move_to(acc_f32, value, false); break;
    case 'd': move_to(acc_f64, value, true); break;
    default: move_to(acc, value, true); break;
  }
  accumulators_ = {};
}

void Emitter::return_() {
  switch (in_->shape->kind) {
    case Kind::return_void: spill(registers_.read_by(index_)); break;
    case Kind::return_acc: settle_accumulators(); break;
    case Kind::return_slot: return_value(value_in(slot(0))); break;
    default: return_value({.in = Value::In::constant, .bits = field<std::uint64_t>(0)}); break;
  }
  leave_to_caller();
}

// --- Calls

void Emitter::push_frame(std::uint32_t callee_frame) {
  const runtime::Cell* next = program_.begin() + in_->cell + interp::cells_of(in_->shape->fields);
  a_.address(true, scratch, slot_address(callee_frame));
  a_.constant(other, std::bit_cast<std::uint64_t>(next));
  a_.store(true, {scratch, header_at(runtime::header_return_ip)}, other);
  a_.store(true, {scratch, header_at(runtime::header_caller_frame)}, frame);
  a_.store(true, {scratch, header_at(runtime::header_caller_instance)}, instance);
  a_.move(true, frame, scratch);
}

// Behind what has left native code: the next instruction's cell is where it is entered again.
void Emitter::come_back() {
  accumulators_ = {};
  copied_ = 0;
  const auto& instructions = program_.instructions();
  if (index_ + 1 == instructions.size()) return;
  enter_here(instructions[index_ + 1].cell);
  reload(registers_.live_after(index_));
  clean_accumulator();
}

// What the interpreter and other functions leave beside an f32 may be anything.
void Emitter::clean_accumulator() {
  if (!registers_.accumulator_lives_after(index_, Bank::f32)) return;
  a_.float_clean(acc_f32, scratch_float);
}

void Emitter::call() {
  spill(registers_.live_after(index_).without(registers_.written_by(index_)) | registers_.read_by(index_));
  push_frame(program_.callee_frame(*in_));
  a_.load(true, scratch, {instance, offsetof(Instance, code)});
  a_.load(true, ip, {scratch, static_cast<std::int32_t>(program_.callee_index(*in_) * sizeof(void*))});
  give_up_fuel_register();
  a_.jump_to(Address{ip, 0});
  come_back();
}

void Emitter::call_indirect() {
  const unsigned at = in_->shape->left == Place::slot ? 4 : 0;
  spill(registers_.live_after(index_).without(registers_.written_by(index_)) | registers_.read_by(index_));
  const Label exit = exit_here();
  const Value element = in_integer(operand(in_->shape->left, 0, 'l'), true, scratch);
  move_to(scratch, element, true);
  a_.load(true, other, {instance, offsetof(Instance, tables)});
  a_.load(true, other, {other, static_cast<std::int32_t>(field<std::uint32_t>(at) * sizeof(void*))});
  a_.alu(Alu::cmp, true, scratch, Address{other, offsetof(Table, size)});
  a_.jump(Condition::above_equal, exit);
  a_.load(true, other, {other, offsetof(Table, elements)});
  a_.load(true, other, {.base = other, .index = scratch, .scale = 3});
  a_.test(true, other, other);
  a_.jump(Condition::equal, exit);
  a_.alu(Alu::cmp, false, Address{other, offset_of(&Func::type)},
         static_cast<std::int32_t>(field<std::uint32_t>(at + 4)));
  a_.jump(Condition::not_equal, exit);
  a_.alu_to(Alu::cmp, true, {other, offset_of(&Func::instance)}, instance);
  a_.jump(Condition::not_equal, exit);
  a_.load(false, acc, {other, offset_of(&Func::index)});
  push_frame(program_.callee_frame(*in_));
  a_.load(true, scratch, {instance, offsetof(Instance, code)});
  a_.load(true, ip, {.base = scratch, .index = acc, .scale = 3});
  give_up_fuel_register();
  a_.jump_to(Address{ip, 0});
  come_back();
}

// The interpreter's own handler executes the instruction, and dispatches to the next one's cell.
void Emitter::interpret() {
  const runtime::Cell* cell = program_.begin() + in_->cell;
  spill(registers_.live_after(index_).without(registers_.written_by(index_)) | registers_.read_by(index_));
  settle_accumulators();
  a_.constant(ip, std::bit_cast<std::uint64_t>(cell));
  a_.constant(scratch, program_.original(cell));
  give_up_fuel_register();
  a_.jump_to(scratch);
  come_back();
}

}  // namespace tenon::jit::baseline
