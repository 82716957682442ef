// Instructions of vectors: operands and results, moves, and accesses of memory. The computations are those of the
// machine's folder (vector_code.hpp).
//
// A vector is in a register of its own or in its two slots of the frame; there is no accumulator for them. A result
// that has no register of its own is computed in one that nothing else needs at that place, and stored: whoever reads
// it soon finds it in both places. Without that, code with more vectors than registers (hashes of several blocks at
// once) waits most of the time for what it has just stored.
#include <bit>
#include <cstddef>

#include "interp/access.hpp"
#include "jit/baseline/emitter.hpp"
#include "jit/baseline/machine.hpp"
#include "jit/baseline/vector_code.hpp"

namespace tenon::jit::baseline {

namespace {

// Logarithm of the bytes of an operation's lanes, by its name.
constexpr unsigned log_of_lanes(Op op) noexcept {
  switch (info(op).mnemonic[1]) {
    case '8': return 0;
    case '1': return 1;
    case '3': return 2;
    default: return 3;
  }
}
static_assert(log_of_lanes(Op::i8x16_splat) == 0 && log_of_lanes(Op::i16x8_splat) == 1);
static_assert(log_of_lanes(Op::f32x4_splat) == 2 && log_of_lanes(Op::i64x2_splat) == 3);

struct ShiftRow {
  Op op;
  Shift how;
};
constexpr ShiftRow shift_rows[] = {
    {Op::i8x16_shl, Shift::shl}, {Op::i8x16_shr_s, Shift::sar}, {Op::i8x16_shr_u, Shift::shr},
    {Op::i16x8_shl, Shift::shl}, {Op::i16x8_shr_s, Shift::sar}, {Op::i16x8_shr_u, Shift::shr},
    {Op::i32x4_shl, Shift::shl}, {Op::i32x4_shr_s, Shift::sar}, {Op::i32x4_shr_u, Shift::shr},
    {Op::i64x2_shl, Shift::shl}, {Op::i64x2_shr_s, Shift::sar}, {Op::i64x2_shr_u, Shift::shr}};
constexpr const ShiftRow* find_shift(Op op) noexcept {
  for (const ShiftRow& row : shift_rows) {
    if (row.op == op) return &row;
  }
  return nullptr;
}

}  // namespace

// All but the operations of vectors alone are this file's.
bool computes_vectors(Op op) noexcept {
  const std::string_view signature = info(op).signature;
  const bool is_of_vectors = signature == "v:v" || signature == "vv:v" || signature == "vvv:v";
  return !is_of_vectors || op == Op::i8x16_shuffle || VectorCode::find(op) != nullptr;
}

// --- Operands and results

Value Emitter::vector_in(std::uint32_t slot) const noexcept {
  const std::uint8_t c = registers_.find_vector(slot);
  if (c != SlotRegisters::none) {
    return {.in = Value::In::float_reg, .float_reg = static_cast<FloatReg>(registers_[c].reg), .slot = slot};
  }
  for (std::uint32_t left = copied_; left != 0; left &= left - 1) {
    const int reg = std::countr_zero(left);
    if (copies_[reg] != slot) continue;
    return {.in = Value::In::float_reg, .float_reg = static_cast<FloatReg>(reg), .slot = slot};
  }
  return {.slot = slot};
}

// Of floats and vectors, those that hold something alive in front of this instruction or behind it.
std::uint32_t Emitter::registers_in_use() const noexcept {
  std::uint32_t used = 1U << static_cast<unsigned>(accumulators_.f32) | 1U << static_cast<unsigned>(accumulators_.f64);
  (registers_.live_before(index_) | registers_.live_after(index_)).for_each([&](unsigned c) {
    if (registers_[c].is_float) used |= 1U << registers_[c].reg;
  });
  return used;
}

// A register for a result that is stored: one without a copy, or that with the oldest, or the first scratch register.
FloatReg Emitter::register_for_copy() noexcept {
  std::uint32_t free = 0;
  for (const FloatReg reg : machine::free_float_registers) free |= 1U << static_cast<unsigned>(reg);
  free &= ~(registers_in_use() | 1U << static_cast<unsigned>(machine::third_float));
  if (!settings_.uses_registers || free == 0) return scratch_float;
  const std::uint32_t empty = free & ~copied_;
  const std::uint32_t from = empty != 0 ? empty : free;
  const std::uint32_t later = from & ~((2U << next_copy_) - 1);
  next_copy_ = static_cast<std::uint32_t>(std::countr_zero(later != 0 ? later : from));
  return static_cast<FloatReg>(next_copy_);
}

void Emitter::store_vector(const Candidate& candidate) {
  a_.vector_store(slot_address(candidate.slot), static_cast<FloatReg>(candidate.reg));
}
void Emitter::load_vector(const Candidate& candidate) {
  a_.vector_load(static_cast<FloatReg>(candidate.reg), slot_address(candidate.slot));
}

FloatReg Emitter::in_vector_register(const Value& value, FloatReg through) {
  return VectorCode(a_).in_register(value, through);
}

Emitter::Target Emitter::begin_vector_result(unsigned result_at) {
  Target target{.slot = slot(result_at)};
  target.candidate = registers_.find_vector(target.slot);
  if (target.candidate == SlotRegisters::none) {
    target.to_memory = true;
    target.float_reg = register_for_copy();
  } else {
    target.float_reg = static_cast<FloatReg>(registers_[target.candidate].reg);
    keep_accumulator(target.float_reg);
  }
  return target;
}

void Emitter::end_vector_result(const Target& target) {
  if (!target.to_memory) return wrote(target.candidate);
  a_.vector_store(slot_address(target.slot), target.float_reg);
  for (std::uint32_t left = copied_; left != 0; left &= left - 1) {
    const int reg = std::countr_zero(left);
    if (copies_[reg] == target.slot) copied_ &= ~(1U << reg);
  }
  const auto reg = static_cast<unsigned>(target.float_reg);
  copied_ &= ~(1U << reg);
  if (target.float_reg == scratch_float) return;
  copies_[reg] = target.slot;
  copied_ |= 1U << reg;
}

// The number that the instruction just before puts into this slot, if it does.
std::optional<std::uint32_t> Emitter::constant_in(std::uint32_t slot) const noexcept {
  if (index_ == 0 || in_->is_label) return {};
  const Instruction& before = program_.instructions()[index_ - 1];
  if (before.shape->kind != Kind::constant || program_.slot(before, before.shape->result_at) != slot) return {};
  return program_.field<std::uint32_t>(before, 0);
}

// --- Computations

void Emitter::vector_instruction() {
  switch (in_->shape->kind) {
    case Kind::vector: return vector();
    case Kind::vector_load: return vector_load();
    case Kind::vector_store: return vector_store();
    case Kind::vector_copy: return vector_copy();
    case Kind::vector_constant: return vector_constant();
    case Kind::vector_select: return vector_select();
    case Kind::vector_global_get: return vector_global_get();
    default: return vector_global_set();
  }
}

void Emitter::vector() {
  const Shape& shape = *in_->shape;
  if (interp::results_of(shape.op) != "v") return vector_to_number();
  const Target target = begin_vector_result(shape.result_at);
  if (const VectorCode::Row* row = VectorCode::find(shape.op)) {
    Value operands[3];
    for (unsigned i = 0; i < shape.count; ++i) operands[i] = vector_in(slot(4 * i));
    VectorCode code(a_);
    (code.*row->sequence)(target.float_reg, *row, operands);
  } else if (const ShiftRow* shift = find_shift(shape.op)) {
    vector_shift(target, shift->how);
  } else if (shape.op == Op::i8x16_shuffle) {
    VectorCode(a_).shuffle(target.float_reg, vector_in(slot(0)), vector_in(slot(4)), field<V128>(8));
  } else {
    number_to_vector(target);
  }
  end_vector_result(target);
}

void Emitter::vector_shift(const Target& target, Shift how) {
  const unsigned log = log_of_lanes(in_->shape->op);
  const std::uint32_t most = (8U << log) - 1;
  VectorCode code(a_);
  if (const auto count = constant_in(slot(4))) {
    const FloatReg value = in_vector_register(vector_in(slot(0)), scratch_float);
    return code.shift(how, log, target.float_reg, value, static_cast<std::uint8_t>(*count & most));
  }
  move_to(scratch, in_integer(value_in(slot(4)), false, scratch), false);
  a_.alu(Alu::and_, false, scratch, static_cast<std::int32_t>(most));
  code.put_count(how, log);
  code.shift(how, log, target.float_reg, in_vector_register(vector_in(slot(0)), scratch_float));
}

// Splats and replaced lanes.
void Emitter::number_to_vector(const Target& target) {
  const Op op = in_->shape->op;
  const unsigned log = log_of_lanes(op);
  const bool is_splat = in_->shape->count == 1;
  const std::uint32_t from = slot(is_splat ? 0 : 4);
  const char letter = interp::params_of(op)[is_splat ? 0 : 1];
  VectorCode code(a_);
  if (letter == 'f' || letter == 'd') {
    const FloatReg number = in_float_register(value_in(from), letter == 'd', other_float);
    if (is_splat) return code.splat(log, target.float_reg, number);
    const FloatReg vector = in_vector_register(vector_in(slot(0)), scratch_float);
    return code.replace(log, target.float_reg, vector, number, field<std::uint32_t>(8));
  }
  const Value number = in_integer(value_in(from), letter == 'l', scratch);
  if (is_splat) return code.splat(log, target.float_reg, to_register(number, letter == 'l', scratch));
  const FloatReg vector = in_vector_register(vector_in(slot(0)), scratch_float);
  code.replace(log, target.float_reg, vector, number, field<std::uint32_t>(8));
}

void Emitter::vector_to_number() {
  const Op op = in_->shape->op;
  const Value value = vector_in(slot(0));
  const char letter = interp::results_of(op)[0];
  if (info(op).immediates != Immediates::lane) return test_vector(value);
  if (letter == 'f' || letter == 'd') return extract_float(value, letter == 'd');
  const auto lane = field<std::uint32_t>(4);
  const unsigned log = log_of_lanes(op);
  const bool is_signed = op == Op::i8x16_extract_lane_s || op == Op::i16x8_extract_lane_s;
  const Target target = begin_result(in_->shape->result_at);
  if (value.in == Value::In::float_reg) {
    VectorCode(a_).extract(log, is_signed, target.reg, value.float_reg, lane);
  } else {
    Address at = slot_address(value.slot);
    at.displacement += static_cast<std::int32_t>(lane << log);
    static constexpr Extension extensions[2][2] = {{Extension::zero8, Extension::sign8},
                                                   {Extension::zero16, Extension::sign16}};
    if (log < 2) {
      a_.extend(extensions[log][is_signed ? 1 : 0], false, target.reg, at);
    } else {
      a_.load(log == 3, target.reg, at);
    }
  }
  end_result(target, log < 3);
}

void Emitter::extract_float(const Value& value, bool wide) {
  const auto lane = field<std::uint32_t>(4);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  if (value.in == Value::In::memory) {
    Address at = slot_address(value.slot);
    at.displacement += static_cast<std::int32_t>(lane << (wide ? 3 : 2));
    a_.float_load(wide, target.float_reg, at);
  } else {
    VectorCode(a_).extract(wide, target.float_reg, value.float_reg, lane);
  }
  end_float_result(target, wide);
}

// any_true, all_true, bitmask.
void Emitter::test_vector(const Value& value) {
  const Op op = in_->shape->op;
  const unsigned log = log_of_lanes(op);
  const Target target = begin_result(in_->shape->result_at);
  VectorCode code(a_);
  if (info(op).mnemonic.ends_with("bitmask")) {
    code.bitmask(log, target.reg, value);
  } else if (op == Op::v128_any_true) {
    code.any_true(target.reg, value);
  } else {
    code.all_true(log, target.reg, value);
  }
  end_result(target, true);
}

// --- Memory

// Fields: address, a vector of some, memory, offset.
Address Emitter::vector_access(Label exit) {
  const Shape& shape = *in_->shape;
  const unsigned width = info(shape.op).width;
  Value address = value_in(slot(0));
  // Often it was computed just before, as a number of 32 bits.
  address.is_narrow |= is_reg(address, accumulators_.integer) && accumulators_.is_narrow;
  const Reg index = index_register(address, scratch);
  return access(index, field<std::uint64_t>(4U * shape.count + 4) + width, width, exit);
}

void Emitter::vector_load() {
  const Shape& shape = *in_->shape;
  const Op op = shape.op;
  const Label exit = exit_here();
  const Address from = vector_access(exit);
  const bool is_lane = shape.count == 2;
  VectorCode code(a_);
  const FloatReg vector = is_lane ? in_vector_register(vector_in(slot(4)), scratch_float) : scratch_float;
  if (!is_lane) code.prepare_load(op);
  const Target target = begin_vector_result(shape.result_at);
  record_access(exit);
  if (is_lane) {
    const unsigned log = std::countr_zero(unsigned{info(op).width});
    code.load_lane(log, target.float_reg, vector, from, field<std::uint32_t>(20));
  } else {
    code.load(op, target.float_reg, from);
  }
  end_vector_result(target);
}

void Emitter::vector_store() {
  const Op op = in_->shape->op;
  const unsigned width = info(op).width;
  const Label exit = exit_here();
  const Address to = vector_access(exit);
  const FloatReg vector = in_vector_register(vector_in(slot(4)), scratch_float);
  if (op == Op::v128_store) {
    record_store(exit, width, to);
    return a_.vector_store(to, vector);
  }
  const unsigned log = std::countr_zero(width);
  const auto lane = field<std::uint32_t>(20);
  VectorCode code(a_);
  const FloatReg from = code.prepare_store_lane(log, vector, lane);
  record_store(exit, width, to);
  code.store_lane(log, to, from, lane);
}

// --- Moves

void Emitter::vector_copy() {
  const Value from = vector_in(slot(0));
  const Target target = begin_vector_result(in_->shape->result_at);
  if (from.in == Value::In::memory) {
    a_.vector_load(target.float_reg, slot_address(from.slot));
    return end_vector_result(target);
  }
  if (from.float_reg != target.float_reg) a_.vector_move(target.float_reg, from.float_reg);
  end_vector_result(target);
}

void Emitter::vector_constant() {
  const Target target = begin_vector_result(in_->shape->result_at);
  VectorCode(a_).constant(target.float_reg, field<V128>(0));
  end_vector_result(target);
}

void Emitter::vector_select() {
  const Label done = a_.make_label();
  const Value condition = in_integer(value_in(slot(0)), false, other);
  if (condition.in == Value::In::memory) {
    a_.alu(Alu::cmp, false, slot_address(condition.slot), 0);
  } else {
    a_.test(false, condition.reg, condition.reg);
  }
  const auto take = [&](const Value& value) {
    if (value.in == Value::In::memory) return a_.vector_load(scratch_float, slot_address(value.slot));
    a_.vector_move(scratch_float, value.float_reg);
  };
  take(vector_in(slot(4)));
  a_.jump(Condition::not_equal, done);
  take(vector_in(slot(8)));
  a_.bind(done);
  const Target target = begin_vector_result(in_->shape->result_at);
  if (target.float_reg != scratch_float) a_.vector_move(target.float_reg, scratch_float);
  end_vector_result(target);
}

Address Emitter::vector_global() {
  a_.load(true, scratch, {instance, offsetof(runtime::Instance, globals)});
  a_.load(true, scratch, {scratch, static_cast<std::int32_t>(field<std::uint32_t>(0) * sizeof(void*))});
  return {scratch, offsetof(runtime::Global, value)};
}

void Emitter::vector_global_get() {
  const Address from = vector_global();
  const Target target = begin_vector_result(in_->shape->result_at);
  a_.vector_load(target.float_reg, from);
  end_vector_result(target);
}

void Emitter::vector_global_set() {
  const FloatReg value = in_vector_register(vector_in(slot(4)), scratch_float);
  a_.vector_store(vector_global(), value);
}

}  // namespace tenon::jit::baseline
