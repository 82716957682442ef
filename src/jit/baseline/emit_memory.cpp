// Loads and stores of memory 0.
//
// With guard regions an access needs no check: a 32-bit address and a 32-bit offset cannot reach beyond them, and the
// fault leads to the access's cold exit, where the interpreter traps. For that the upper half of the address's register
// must be zero, which holds for locals of type i32 and for what was computed here; anything else is moved through 32
// bits first. Without guards the end of the access is compared with the memory's size, as in the interpreter.
#include "interp/access.hpp"
#include "jit/baseline/emitter.hpp"

namespace tenon::jit::baseline {

// A register with the address, zero-extended to 64 bits.
Reg Emitter::index_register(const Value& value, Reg scratch) {
  if (value.in == Value::In::reg && value.is_narrow) return value.reg;
  move_to(scratch, value, false);
  return scratch;
}

// The address that the first fields say, in a register: the first scratch register, and the second too if it adds.
Reg Emitter::sum_of_address(const Shape& shape) {
  switch (shape.form) {
    case AddressForm::acc: return index_register(operand(Place::acc, 0, 'i'), scratch);
    case AddressForm::slot: return index_register(value_in(slot(0)), scratch);
    case AddressForm::imm: a_.constant(scratch, field<std::uint32_t>(0)); break;
    case AddressForm::acc_imm:
    case AddressForm::slot_imm: {
      const bool of_acc = shape.form == AddressForm::acc_imm;
      const Value base = of_acc ? operand(Place::acc, 0, 'i') : value_in(slot(0));
      add(false, scratch, in_integer(base, false, scratch),
          {.in = Value::In::constant, .bits = field<std::uint32_t>(of_acc ? 0 : 4)});
      break;
    }
    case AddressForm::acc_slot:
      add(false, scratch, operand(Place::acc, 0, 'i'), in_integer(value_in(slot(0)), false, scratch));
      break;
    case AddressForm::slot_slot:
      add(false, scratch, in_integer(value_in(slot(0)), false, scratch), in_integer(value_in(slot(4)), false, other));
      break;
  }
  return scratch;
}

Address Emitter::access(const Shape& shape, unsigned offset_at, unsigned width, Label exit) {
  return access(sum_of_address(shape), field<std::uint32_t>(offset_at), width, exit);
}

// The machine's address of an access that ends `end` bytes behind an address, which one instruction reaches. May use
// the second scratch register.
Address Emitter::access(Reg index, std::uint64_t end, unsigned width, Label exit) {
  const std::uint64_t offset = end - width;
  if (settings_.guarded_memory) {
    if (offset <= 0x7FFF'FFFF) {
      return a_.reachable({.base = memory, .displacement = static_cast<std::int32_t>(offset), .index = index}, width);
    }
    a_.constant(other, offset);
    a_.alu(Alu::add, true, other, index);
    return {.base = memory, .index = other};
  }
  if (end <= 0x7FFF'FFFF) {
    a_.address(true, other, {index, static_cast<std::int32_t>(end)});
  } else {
    a_.constant(other, end);
    a_.alu(Alu::add, true, other, index);
  }
  a_.alu(Alu::cmp, true, other, memory_size);
  a_.jump(Condition::above, exit);
  return a_.reachable({.base = memory, .displacement = -static_cast<std::int32_t>(width), .index = other}, width);
}

void Emitter::load_integer(Op op, const Target& target, const Address& from) {
  switch (op) {
    case Op::i32_load:
    case Op::i64_load32_u: return a_.load(false, target.reg, from);
    case Op::i64_load: return a_.load(true, target.reg, from);
    case Op::i32_load8_s: return a_.extend(Extension::sign8, false, target.reg, from);
    case Op::i64_load8_s: return a_.extend(Extension::sign8, true, target.reg, from);
    case Op::i32_load8_u:
    case Op::i64_load8_u: return a_.extend(Extension::zero8, false, target.reg, from);
    case Op::i32_load16_s: return a_.extend(Extension::sign16, false, target.reg, from);
    case Op::i64_load16_s: return a_.extend(Extension::sign16, true, target.reg, from);
    case Op::i32_load16_u:
    case Op::i64_load16_u: return a_.extend(Extension::zero16, false, target.reg, from);
    default: return a_.extend(Extension::sign32, true, target.reg, from);  // i64.load32_s
  }
}

void Emitter::load() {
  const Shape& shape = *in_->shape;
  const Label exit = exit_here();
  const Address from = access(shape, interp::address_bytes(shape.form), info(shape.op).width, exit);
  const char letter = interp::results_of(shape.op)[0];
  if (letter == 'f' || letter == 'd') {
    const Target target = begin_float_result(shape.result_at, letter == 'd');
    keep_accumulator(target.float_reg);
    record_access(exit);
    a_.float_load(letter == 'd', target.float_reg, from);
    return end_float_result(target, letter == 'd');
  }
  const Target target = begin_result(shape.result_at);
  record_access(exit);
  load_integer(shape.op, target, from);
  const bool is_signed = shape.op == Op::i64_load8_s || shape.op == Op::i64_load16_s || shape.op == Op::i64_load32_s;
  end_result(target, !is_signed && shape.op != Op::i64_load);
}

void Emitter::store_integer(Op op, const Value& value, const Address& to) {
  const unsigned width = info(op).width;
  if (value.in == Value::In::constant) {
    const auto constant = static_cast<std::int32_t>(value.bits);
    if (width == 1) return a_.store_constant8(to, static_cast<std::uint8_t>(constant));
    if (width == 2) return a_.store_constant16(to, static_cast<std::uint16_t>(constant));
    return a_.store_constant(width == 8, to, constant);
  }
  if (width == 1) return a_.store8(to, value.reg);
  if (width == 2) return a_.store16(to, value.reg);
  a_.store(width == 8, to, value.reg);
}

// The next instruction may fault, before a byte is written.
void Emitter::record_store(Label exit, unsigned width, const Address& to) {
  record_access(exit);
  if (settings_.guarded_memory) a_.touch(width, to);
}

void Emitter::store() {
  const Shape& shape = *in_->shape;
  const unsigned value_at = interp::address_bytes(shape.form);
  const char letter = interp::params_of(shape.op)[1];
  const unsigned offset_at = value_at + operand_bytes(shape.left, is_wide(letter));
  const Label exit = exit_here();
  const unsigned width = info(shape.op).width;
  const Value value = operand(shape.left, value_at, letter);
  if (letter == 'f' || letter == 'd') {
    if (value.in == Value::In::float_reg) {
      const Address to = access(shape, offset_at, width, exit);
      record_store(exit, width, to);
      return a_.float_store(letter == 'd', to, value.float_reg);
    }
  }
  const bool wide = is_wide(letter);
  const bool is_small =
      value.in == Value::In::constant && Assembler::stores_at_once(static_cast<std::int32_t>(value.bits)) &&
      (!wide || width < 8 || static_cast<std::int64_t>(value.bits) == static_cast<std::int32_t>(value.bits));
  if (value.in == Value::In::reg || is_small) {
    const Address to = access(shape, offset_at, width, exit);
    record_store(exit, width, to);
    return store_integer(shape.op, value, to);
  }
  // The value goes through a register; so the address, if that is there, becomes one register.
  Address to = access(shape, offset_at, width, exit);
  if (to.index == other) {
    a_.address(true, scratch, {other, to.displacement});
    to = {.base = memory, .index = scratch};
  }
  move_to(other, value, wide);
  record_store(exit, width, to);
  store_integer(shape.op, {.in = Value::In::reg, .reg = other}, to);
}

}  // namespace tenon::jit::baseline
