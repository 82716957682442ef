// Computations with floating point, and conversions from and to whole numbers.
//
// A register that holds an f32 has zeroes beside it, so that whole slots can be stored. Operands keep the order that
// the standard gives them: which of two NaNs a result takes after depends on it. What is rare (a conversion out of
// range) is left to the interpreter.
#include "jit/baseline/emitter.hpp"

namespace tenon::jit::baseline {

namespace {
constexpr bool is_float_wide(Op op) noexcept { return interp::params_of(op)[0] == 'd'; }

// The operation of the same name on f32.
constexpr Op op_of_f32(Op op) noexcept {
  const auto by = [&](Op first, Op of_f32) {
    return static_cast<Op>(static_cast<std::size_t>(op) - static_cast<std::size_t>(first) +
                           static_cast<std::size_t>(of_f32));
  };
  if (op >= Op::f64_abs && op <= Op::f64_copysign) return by(Op::f64_abs, Op::f32_abs);
  if (op >= Op::f64_eq && op <= Op::f64_ge) return by(Op::f64_eq, Op::f32_eq);
  return op;
}
static_assert(op_of_f32(Op::f64_copysign) == Op::f32_copysign && op_of_f32(Op::f64_lt) == Op::f32_lt);
}  // namespace

void Emitter::float_binary(Op op, const Value& left, const Value& right) {
  const bool wide = is_float_wide(op);
  switch (op_of_f32(op)) {
    case Op::f32_add: return float_arithmetic(FloatOp::add, wide, left, right);
    case Op::f32_sub: return float_arithmetic(FloatOp::sub, wide, left, right);
    case Op::f32_mul: return float_arithmetic(FloatOp::mul, wide, left, right);
    case Op::f32_div: return float_arithmetic(FloatOp::div, wide, left, right);
    case Op::f32_min: return min_max(true, wide, left, right);
    case Op::f32_max: return min_max(false, wide, left, right);
    case Op::f32_copysign: return copysign(wide, left, right);
    default: return float_compare_value(op, left, right);
  }
}

// Compares so that an unordered pair makes no condition true but `not_equal`; for `float_set` and `float_jump`.
Condition Emitter::float_compare(Op op, const Value& left, const Value& right) {
  const bool wide = is_float_wide(op);
  const Op of = op_of_f32(op);
  const bool swaps = of == Op::f32_lt || of == Op::f32_le;
  const FloatReg first = in_float_register(swaps ? right : left, wide, scratch_float);
  const Value second = in_float(swaps ? left : right, wide, other_float);
  if (second.in == Value::In::float_reg) {
    a_.float_compare(wide, first, second.float_reg);
  } else {
    a_.float_compare(wide, first, slot_address(second.slot));
  }
  switch (of) {
    case Op::f32_eq: return Condition::equal;
    case Op::f32_ne: return Condition::not_equal;
    case Op::f32_lt:
    case Op::f32_gt: return Assembler::float_greater;
    default: return Assembler::float_greater_equal;
  }
}

void Emitter::float_compare_value(Op op, const Value& left, const Value& right) {
  const Condition condition = float_compare(op, left, right);
  const Target target = begin_result(in_->shape->result_at);
  a_.float_set(condition, target.reg);
  end_result(target, true);
}

void Emitter::float_branch(Op op, const Value& left, const Value& right, bool negated, Label to) {
  const Condition condition = float_compare(op, left, right);
  a_.float_jump(negated ? opposite(condition) : condition, to);
}

void Emitter::float_unary(const Value& value) {
  const Op op = in_->shape->op;
  const bool wide = is_float_wide(op);
  switch (op_of_f32(op)) {
    case Op::f32_abs: return sign_bits(wide, false, value);
    case Op::f32_neg: return sign_bits(wide, true, value);
    case Op::f32_ceil: return round(wide, value, Rounding::ceil);
    case Op::f32_floor: return round(wide, value, Rounding::floor);
    case Op::f32_trunc: return round(wide, value, Rounding::trunc);
    case Op::f32_nearest: return round(wide, value, Rounding::nearest);
    case Op::f32_sqrt: return square_root(wide, value);
    case Op::f32_demote_f64:
    case Op::f64_promote_f32: return change_width(wide, value);
    case Op::i32_reinterpret_f32:
    case Op::i64_reinterpret_f64:
    case Op::f32_reinterpret_i32:
    case Op::f64_reinterpret_i64: return reinterpret(value);
    default: break;
  }
  const char result = interp::results_of(op)[0];
  if (result == 'f' || result == 'd') return to_float(result == 'd', value);
  truncate(wide, value);
}

void Emitter::round(bool wide, const Value& value, Rounding how) {
  if (!settings_.has_rounding) return a_.jump(exit_here());
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  move_to(target.float_reg, value, wide);
  a_.round(how, wide, target.float_reg, target.float_reg);
  end_float_result(target, wide);
}

void Emitter::square_root(bool wide, const Value& value) {
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  move_to(target.float_reg, value, wide);
  a_.float_op(FloatOp::sqrt, wide, target.float_reg, target.float_reg);
  end_float_result(target, wide);
}

void Emitter::change_width(bool from_wide, const Value& value) {
  const FloatReg from = in_float_register(value, from_wide, other_float);
  a_.change_width(from_wide, scratch_float, from);
  const Target target = begin_float_result(in_->shape->result_at, !from_wide);
  keep_accumulator(target.float_reg);
  a_.float_move(target.float_reg, scratch_float);
  end_float_result(target, !from_wide);
}

void Emitter::reinterpret(const Value& value) {
  const Op op = in_->shape->op;
  const bool wide = op == Op::i64_reinterpret_f64 || op == Op::f64_reinterpret_i64;
  if (op == Op::i32_reinterpret_f32 || op == Op::i64_reinterpret_f64) {
    const Target target = begin_result(in_->shape->result_at);
    move_to(target.reg, value, wide);
    if (!wide && value.in == Value::In::reg && value.reg == target.reg) a_.move(false, target.reg, target.reg);
    return end_result(target, !wide);
  }
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  if (value.in == Value::In::reg) {
    a_.to_float_register(wide, target.float_reg, value.reg);
  } else {
    move_to(target.float_reg, value, wide);
  }
  end_float_result(target, wide);
}

}  // namespace tenon::jit::baseline
