// Computations with whole numbers.
#include "jit/baseline/emitter.hpp"

namespace tenon::jit::baseline {

namespace {

constexpr bool is_wide_op(Op op) noexcept { return is_wide(interp::params_of(op)[0]); }

// Comparisons stand in one order for both widths (interp/translate.cpp).
constexpr Condition integer_condition(Op op) noexcept {
  constexpr Condition conditions[] = {Condition::equal,      Condition::not_equal,   Condition::less,
                                      Condition::below,      Condition::greater,     Condition::above,
                                      Condition::less_equal, Condition::below_equal, Condition::greater_equal,
                                      Condition::above_equal};
  const Op first = op >= Op::i64_eq ? Op::i64_eq : Op::i32_eq;
  return conditions[static_cast<std::size_t>(op) - static_cast<std::size_t>(first)];
}
static_assert(integer_condition(Op::i32_ge_u) == Condition::above_equal);
static_assert(integer_condition(Op::i64_lt_s) == Condition::less);

// The operation of the same name on 32 bits.
constexpr Op narrow_op(Op op) noexcept {
  if (op < Op::i64_clz || op > Op::i64_rotr) return op;
  return static_cast<Op>(static_cast<std::size_t>(op) - static_cast<std::size_t>(Op::i64_clz) +
                         static_cast<std::size_t>(Op::i32_clz));
}
static_assert(narrow_op(Op::i64_rotr) == Op::i32_rotr && narrow_op(Op::i64_add) == Op::i32_add);

constexpr Shift shift_of(Op op) noexcept {
  switch (op) {
    case Op::i32_shl: return Shift::shl;
    case Op::i32_shr_s: return Shift::sar;
    case Op::i32_shr_u: return Shift::shr;
    case Op::i32_rotl: return Shift::rol;
    default: return Shift::ror;
  }
}

}  // namespace

void Emitter::binary() {
  const Shape& shape = *in_->shape;
  const std::string_view params = interp::params_of(shape.op);
  const Value left = operand(shape.left, 0, params[0]);
  const Value right = operand(shape.right, operand_bytes(shape.left, is_wide(params[0])), params[1]);
  if (params[0] == 'f' || params[0] == 'd') return float_binary(shape.op, left, right);
  const bool wide = is_wide(params[0]);
  if (interp::is_comparison(shape.op)) {
    const Condition condition = compare(shape.op, wide, left, right);
    const Target target = begin_result(shape.result_at);
    a_.set(condition, target.reg);
    return end_result(target, true);
  }
  integer_binary(shape.op, left, right);
}

void Emitter::integer_binary(Op op, const Value& given_left, const Value& given_right) {
  const bool wide = is_wide_op(op);
  const Value left = in_integer(given_left, wide, scratch);
  const Value right = in_integer(given_right, wide, other);
  const Target target = begin_result(in_->shape->result_at);
  const Reg to = target.reg;
  switch (narrow_op(op)) {
    case Op::i32_add: add(wide, to, left, right); break;
    case Op::i32_sub: compute(Alu::sub, wide, to, left, right, false); break;
    case Op::i32_and: compute(Alu::and_, wide, to, left, right, true); break;
    case Op::i32_or: compute(Alu::or_, wide, to, left, right, true); break;
    case Op::i32_xor: compute(Alu::xor_, wide, to, left, right, true); break;
    case Op::i32_mul: multiply(wide, to, left, right); break;
    case Op::i32_shl:
    case Op::i32_shr_s:
    case Op::i32_shr_u:
    case Op::i32_rotl:
    case Op::i32_rotr: shift(shift_of(narrow_op(op)), wide, to, left, right); break;
    default: divide(narrow_op(op), wide, to, left, right); break;
  }
  end_result(target, !wide);
}

void Emitter::compute_with(Alu op, bool wide, Reg to, const Value& right) {
  switch (right.in) {
    case Value::In::reg: return a_.alu(op, wide, to, right.reg);
    case Value::In::memory: return a_.alu(op, wide, to, slot_address(right.slot));
    default: return a_.alu(op, wide, to, static_cast<std::int32_t>(right.bits));
  }
}

void Emitter::add(bool wide, Reg to, const Value& left, const Value& right) {
  const bool in_place = is_reg(left, to) || is_reg(right, to);
  if (in_place || left.in != Value::In::reg || right.in == Value::In::memory) {
    return compute(Alu::add, wide, to, left, right, true);
  }
  if (right.in == Value::In::constant) {
    return a_.address(wide, to, {left.reg, static_cast<std::int32_t>(right.bits)});
  }
  a_.address(wide, to, {.base = left.reg, .index = right.reg});
}

void Emitter::multiply(bool wide, Reg to, const Value& left, const Value& right) {
  if (right.in == Value::In::constant) {
    const auto by = static_cast<std::int32_t>(right.bits);
    if (left.in == Value::In::reg) return a_.multiply(wide, to, left.reg, by);
    return a_.multiply(wide, to, slot_address(left.slot), by);
  }
  const bool swaps = is_reg(right, to) && !is_reg(left, to);
  const Value& first = swaps ? right : left;
  const Value& second = swaps ? left : right;
  move_to(to, first, wide);
  if (second.in == Value::In::reg) return a_.multiply(wide, to, second.reg);
  a_.multiply(wide, to, slot_address(second.slot));
}

Condition Emitter::compare(Op op, bool wide, const Value& given_left, const Value& given_right) {
  const Value left = in_integer(given_left, wide, scratch);
  const Value right = in_integer(given_right, wide, other);
  const Condition condition = integer_condition(op);
  if (right.in == Value::In::constant) {
    const auto constant = static_cast<std::int32_t>(right.bits);
    if (left.in == Value::In::memory) {
      a_.alu(Alu::cmp, wide, slot_address(left.slot), constant);
    } else if (constant == 0) {
      a_.test(wide, left.reg, left.reg);
    } else {
      a_.alu(Alu::cmp, wide, left.reg, constant);
    }
    return condition;
  }
  if (left.in == Value::In::memory && right.in == Value::In::reg) {
    a_.alu_to(Alu::cmp, wide, slot_address(left.slot), right.reg);
    return condition;
  }
  compute_with(Alu::cmp, wide, to_register(left, wide, scratch), right);
  return condition;
}

void Emitter::shifted() {
  const Shape& shape = *in_->shape;
  const unsigned at = operand_bytes(shape.left, false);
  const Value left = in_integer(operand(shape.left, 0, 'i'), false, other);
  const Value value = in_integer(value_in(slot(at)), false, scratch);
  const auto by = static_cast<std::uint8_t>(field<std::uint32_t>(at + 4) & 31);
  const Target target = begin_result(shape.result_at);
  Alu op = Alu::add;
  if (shape.op == Op::i32_and) op = Alu::and_;
  if (shape.op == Op::i32_or) op = Alu::or_;
  if (shape.op == Op::i32_xor) op = Alu::xor_;
  if (op == Alu::add && shape.shift == Op::i32_shl && by <= 3 && value.in == Value::In::reg &&
      left.in == Value::In::reg) {
    a_.address(false, target.reg, {.base = left.reg, .index = value.reg, .scale = by});
    return end_result(target, true);
  }
  const Reg work = is_reg(left, target.reg) ? scratch : target.reg;
  move_to(work, value, false);
  if (by != 0) a_.shift(shift_of(shape.shift), false, work, by);
  if (work == target.reg) {
    compute_with(op, false, work, left);
  } else {
    a_.alu(op, false, target.reg, work);
  }
  end_result(target, true);
}

void Emitter::unary() {
  const Shape& shape = *in_->shape;
  const char letter = interp::params_of(shape.op)[0];
  const Value value = operand(shape.left, 0, letter);
  const char result = interp::results_of(shape.op)[0];
  if (letter == 'f' || letter == 'd' || result == 'f' || result == 'd') return float_unary(value);
  integer_unary(in_integer(value, is_wide(letter), scratch));
}

void Emitter::integer_unary(const Value& value) {
  const Op op = in_->shape->op;
  const bool wide = is_wide_op(op);
  const auto extend = [&](Extension what, bool to_wide) {
    const Target target = begin_result(in_->shape->result_at);
    if (value.in == Value::In::memory) {
      a_.extend(what, to_wide, target.reg, slot_address(value.slot));
    } else {
      a_.extend(what, to_wide, target.reg, value.reg);
    }
    end_result(target, !to_wide);
  };
  switch (op) {
    case Op::i32_extend8_s: return extend(Extension::sign8, false);
    case Op::i64_extend8_s: return extend(Extension::sign8, true);
    case Op::i32_extend16_s: return extend(Extension::sign16, false);
    case Op::i64_extend16_s: return extend(Extension::sign16, true);
    case Op::i64_extend32_s:
    case Op::i64_extend_i32_s: return extend(Extension::sign32, true);
    case Op::i32_wrap_i64:
    case Op::i64_extend_i32_u: return extend(Extension::zero32, false);
    default: break;
  }
  if (!settings_.has_bit_counts) return a_.jump(exit_here());
  const BitCount what = narrow_op(op) == Op::i32_clz   ? BitCount::leading_zeros
                        : narrow_op(op) == Op::i32_ctz ? BitCount::trailing_zeros
                                                       : BitCount::ones;
  const Target target = begin_result(in_->shape->result_at);
  if (value.in == Value::In::memory) {
    a_.count_bits(what, wide, target.reg, slot_address(value.slot));
  } else {
    a_.count_bits(what, wide, target.reg, value.reg);
  }
  end_result(target, true);
}

}  // namespace tenon::jit::baseline
