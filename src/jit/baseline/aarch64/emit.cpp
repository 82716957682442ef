// What AArch64 has its own way for: results in registers of their own, division that never traps, conversions that give
// the nearest number, and floats that are as the standard asks.
#include "jit/baseline/emitter.hpp"

namespace tenon::jit::baseline {

// --- Whole numbers

void Emitter::compute(Alu op, bool wide, Reg to, const Value& given_left, const Value& given_right, bool commutes) {
  const bool swaps = commutes && given_left.in == Value::In::constant;
  const Value& left = swaps ? given_right : given_left;
  const Value& right = swaps ? given_left : given_right;
  const Reg first = to_register(left, wide, swaps ? other : scratch);
  if (right.in == Value::In::constant) {
    return a_.put_alu(op, wide, to, first, static_cast<std::int32_t>(right.bits));
  }
  a_.put_alu(op, wide, to, first, to_register(right, wide, swaps ? scratch : other));
}

void Emitter::shift(Shift op, bool wide, Reg to, const Value& left, const Value& right) {
  const Reg from = to_register(left, wide, scratch);
  if (right.in == Value::In::constant) {
    const auto by = static_cast<unsigned>(right.bits & (wide ? 63 : 31));
    return by == 0 ? a_.move(wide, to, from) : a_.shift(op, wide, to, from, by);
  }
  Reg by = to_register(right, false, other);
  if (op == Shift::rol) {
    a_.negate(false, other, by);
    by = other;
    op = Shift::ror;
  }
  a_.shift(op, wide, to, from, by);
}

void Emitter::divide(Op op, bool wide, Reg to, const Value& left, const Value& right) {
  const bool is_signed = op == Op::i32_div_s || op == Op::i32_rem_s;
  const bool is_quotient = op == Op::i32_div_s || op == Op::i32_div_u;
  const Reg dividend = to_register(left, wide, scratch);
  const Reg divisor = to_register(right, wide, other);
  if (right.in != Value::In::constant || right.bits == 0) {
    a_.test(wide, divisor, divisor);
    a_.jump(Condition::equal, exit_here());
  }
  const bool may_be_minus_one = right.in != Value::In::constant || static_cast<std::int32_t>(right.bits) == -1;
  if (is_signed && is_quotient && may_be_minus_one) {
    // The smallest number has no opposite: that traps.
    const Label ordinary = a_.make_label();
    a_.alu(Alu::cmp, wide, divisor, -1);
    a_.jump(Condition::not_equal, ordinary);
    a_.alu(Alu::cmp, wide, dividend, 1);
    a_.jump(Condition::overflow, exit_here());
    a_.bind(ordinary);
  }
  if (is_quotient) return a_.divide(is_signed, wide, to, dividend, divisor);
  constexpr Reg quotient = Reg::x16;
  a_.divide(is_signed, wide, quotient, dividend, divisor);
  a_.multiply_subtract(wide, to, quotient, divisor, dividend);
}

// --- Floating point

void Emitter::float_arithmetic(FloatOp op, bool wide, const Value& left, const Value& right) {
  const FloatReg first = in_float_register(left, wide, scratch_float);
  const FloatReg second = in_float_register(right, wide, other_float);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  a_.float_op(op, wide, target.float_reg, first, second);
  end_float_result(target, wide);
}

void Emitter::min_max(bool is_min, bool wide, const Value& left, const Value& right) {
  const FloatReg first = in_float_register(left, wide, scratch_float);
  const FloatReg second = in_float_register(right, wide, other_float);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  a_.float_min_max(is_min, wide, target.float_reg, first, second);
  end_float_result(target, wide);
}

void Emitter::copysign(bool wide, const Value& left, const Value& right) {
  const FloatReg magnitude = in_float_register(left, wide, scratch_float);
  const FloatReg sign = in_float_register(right, wide, other_float);
  a_.constant(scratch, std::uint64_t{1} << (wide ? 63 : 31));
  a_.to_float_register(true, machine::third_float, scratch);
  a_.select_bits(machine::third_float, sign, magnitude);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  a_.float_move(target.float_reg, machine::third_float);
  end_float_result(target, wide);
}

void Emitter::sign_bits(bool wide, bool negates, const Value& value) {
  const FloatReg from = in_float_register(value, wide, scratch_float);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  if (negates) {
    a_.float_negate(wide, target.float_reg, from);
  } else {
    a_.float_abs(wide, target.float_reg, from);
  }
  end_float_result(target, wide);
}

void Emitter::to_float(bool wide, const Value& value) {
  const Op op = in_->shape->op;
  const bool of_64 = interp::params_of(op)[0] == 'l';
  const bool is_signed = op == Op::f32_convert_i32_s || op == Op::f64_convert_i32_s || op == Op::f32_convert_i64_s ||
                         op == Op::f64_convert_i64_s;
  const Reg from = to_register(in_integer(value, of_64, scratch), of_64, scratch);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  a_.from_integer(is_signed, of_64, wide, target.float_reg, from);
  end_float_result(target, wide);
}

namespace {

struct Truncation {
  bool is_signed;
  bool is_saturating;
};
constexpr Truncation truncation_of(Op op) noexcept {
  switch (op) {
    case Op::i32_trunc_f32_s:
    case Op::i32_trunc_f64_s:
    case Op::i64_trunc_f32_s:
    case Op::i64_trunc_f64_s: return {true, false};
    case Op::i32_trunc_sat_f32_s:
    case Op::i32_trunc_sat_f64_s:
    case Op::i64_trunc_sat_f32_s:
    case Op::i64_trunc_sat_f64_s: return {true, true};
    case Op::i32_trunc_sat_f32_u:
    case Op::i32_trunc_sat_f64_u:
    case Op::i64_trunc_sat_f32_u:
    case Op::i64_trunc_sat_f64_u: return {false, true};
    default: return {false, false};
  }
}

}  // namespace

// To whole numbers. The machine gives the nearest one, and zero for what is none, as saturating conversions do. Where
// others may trap, near the bounds and below zero without a sign, the interpreter looks closer.
void Emitter::truncate(bool from_wide, const Value& value) {
  const Op op = in_->shape->op;
  const bool to_64 = interp::results_of(op)[0] == 'l';
  const auto [is_signed, is_saturating] = truncation_of(op);
  const FloatReg from = in_float_register(value, from_wide, scratch_float);
  if (is_saturating) {
    const Target target = begin_result(in_->shape->result_at);
    a_.to_integer(is_signed, from_wide, to_64, target.reg, from);
    return end_result(target, !to_64);
  }
  const Label exit = exit_here();
  a_.float_compare_zero(from_wide, from);
  a_.jump(is_signed ? Condition::parity : Condition::less, exit);  // unordered is less
  a_.to_integer(is_signed, from_wide, true, scratch, from);
  if (!to_64) {
    a_.extend(is_signed ? Extension::sign32 : Extension::zero32, true, other, scratch);
    a_.alu(Alu::cmp, true, scratch, other);
    a_.jump(Condition::not_equal, exit);
  } else if (is_signed) {  // the largest and the smallest number differ from their sign in all bits
    a_.shift(Shift::sar, true, other, scratch, 63);
    a_.alu(Alu::xor_, true, other, scratch);
    a_.alu(Alu::cmp, true, other, -1);
    a_.jump(Condition::overflow, exit);
  } else {
    a_.alu(Alu::cmp, true, scratch, -1);
    a_.jump(Condition::equal, exit);
  }
  const Target target = begin_result(in_->shape->result_at);
  a_.move(to_64, target.reg, scratch);
  end_result(target, !to_64);
}

}  // namespace tenon::jit::baseline
