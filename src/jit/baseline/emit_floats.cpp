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

constexpr std::uint64_t sign_of(bool wide) noexcept { return wide ? std::uint64_t{1} << 63 : std::uint64_t{1} << 31; }
}  // namespace

void Emitter::float_binary(Op op, const Value& left, const Value& right) {
  const bool wide = is_float_wide(op);
  switch (op_of_f32(op)) {
    case Op::f32_add: return float_arithmetic(0x58, wide, left, right);
    case Op::f32_sub: return float_arithmetic(0x5C, wide, left, right);
    case Op::f32_mul: return float_arithmetic(0x59, wide, left, right);
    case Op::f32_div: return float_arithmetic(0x5E, wide, left, right);
    case Op::f32_min: return min_max(true, wide, left, right);
    case Op::f32_max: return min_max(false, wide, left, right);
    case Op::f32_copysign: return copysign(wide, left, right);
    default: return float_compare_value(op, left, right);
  }
}

void Emitter::float_arithmetic(unsigned code, bool wide, const Value& left, const Value& given_right) {
  const Value right = in_float(given_right, wide, other_float);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.xmm);
  const bool is_in_the_way =
      right.in == Value::In::xmm && right.xmm == target.xmm && !(left.in == Value::In::xmm && left.xmm == target.xmm);
  const Xmm work = is_in_the_way ? scratch_float : target.xmm;
  move_to(work, left, wide);
  if (right.in == Value::In::xmm) {
    a_.float_op(code, wide, work, right.xmm);
  } else {
    a_.float_op(code, wide, work, slot_address(right.slot));
  }
  if (work != target.xmm) a_.float_move(target.xmm, work);
  end_float_result(target, wide);
}

// Equal operands may be zeroes of different sign; a NaN comes from an addition.
void Emitter::min_max(bool is_min, bool wide, const Value& left, const Value& right) {
  const Label is_nan = a_.make_label();
  const Label is_equal = a_.make_label();
  const Label done = a_.make_label();
  const Xmm other = to_xmm(right, wide, other_float);
  move_to(scratch_float, left, wide);
  a_.float_compare(wide, scratch_float, other);
  a_.jump(Condition::parity, is_nan);
  a_.jump(Condition::equal, is_equal);
  a_.float_op(is_min ? 0x5D : 0x5F, wide, scratch_float, other);
  a_.jump(done);
  a_.bind(is_nan);
  a_.float_op(0x58, wide, scratch_float, other);
  a_.jump(done);
  a_.bind(is_equal);
  if (is_min) {
    a_.float_or(scratch_float, other);
  } else {
    a_.float_and(scratch_float, other);
  }
  a_.bind(done);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.xmm);
  a_.float_move(target.xmm, scratch_float);
  end_float_result(target, wide);
}

void Emitter::copysign(bool wide, const Value& left, const Value& right) {
  move_to(scratch_float, right, wide);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  const Xmm magnitude = to_xmm(left, wide, target.xmm);
  a_.constant(Reg::rax, sign_of(wide));
  a_.to_float_register(true, other_float, Reg::rax);
  a_.float_and(scratch_float, other_float);
  a_.float_and_not(other_float, magnitude);
  a_.float_or(other_float, scratch_float);
  keep_accumulator(target.xmm);
  a_.float_move(target.xmm, other_float);
  end_float_result(target, wide);
}

// Compares so that an unordered pair makes no condition true but `not_equal`, together with parity.
Condition Emitter::float_compare(Op op, const Value& left, const Value& right) {
  const bool wide = is_float_wide(op);
  const Op of = op_of_f32(op);
  const bool swaps = of == Op::f32_lt || of == Op::f32_le;
  const Xmm first = to_xmm(swaps ? right : left, wide, scratch_float);
  const Value second = in_float(swaps ? left : right, wide, other_float);
  if (second.in == Value::In::xmm) {
    a_.float_compare(wide, first, second.xmm);
  } else {
    a_.float_compare(wide, first, slot_address(second.slot));
  }
  switch (of) {
    case Op::f32_eq: return Condition::equal;
    case Op::f32_ne: return Condition::not_equal;
    case Op::f32_lt:
    case Op::f32_gt: return Condition::above;
    default: return Condition::above_equal;
  }
}

void Emitter::float_compare_value(Op op, const Value& left, const Value& right) {
  const Condition condition = float_compare(op, left, right);
  a_.set(condition, Reg::rax);
  if (condition == Condition::equal) {
    a_.set(Condition::no_parity, Reg::rcx);
    a_.alu(Alu::and_, false, Reg::rax, Reg::rcx);
  } else if (condition == Condition::not_equal) {
    a_.set(Condition::parity, Reg::rcx);
    a_.alu(Alu::or_, false, Reg::rax, Reg::rcx);
  }
  const Target target = begin_result(in_->shape->result_at);
  a_.extended(0x0FB6, false, target.reg, Reg::rax);
  end_result(target, true);
}

void Emitter::float_branch(Op op, const Value& left, const Value& right, bool negated, Label to) {
  const Condition condition = float_compare(op, left, right);
  const bool is_equality = condition == Condition::equal || condition == Condition::not_equal;
  if (!is_equality) return a_.jump(negated ? opposite(condition) : condition, to);
  if ((condition == Condition::equal) != negated) {
    const Label unordered = a_.make_label();
    a_.jump(Condition::parity, unordered);
    a_.jump(Condition::equal, to);
    return a_.bind(unordered);
  }
  a_.jump(Condition::not_equal, to);
  a_.jump(Condition::parity, to);
}

void Emitter::float_unary(const Value& value) {
  const Op op = in_->shape->op;
  const bool wide = is_float_wide(op);
  switch (op_of_f32(op)) {
    case Op::f32_abs: return sign_bits(wide, false, value);
    case Op::f32_neg: return sign_bits(wide, true, value);
    case Op::f32_ceil: return float_in_place(wide, value, 10);
    case Op::f32_floor: return float_in_place(wide, value, 9);
    case Op::f32_trunc: return float_in_place(wide, value, 11);
    case Op::f32_nearest: return float_in_place(wide, value, 8);
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

void Emitter::float_in_place(bool wide, const Value& value, std::uint8_t rounding) {
  if (!settings_.has_rounding) return a_.jump(exit_here());
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.xmm);
  move_to(target.xmm, value, wide);
  a_.round(wide, target.xmm, target.xmm, rounding);
  end_float_result(target, wide);
}

void Emitter::square_root(bool wide, const Value& value) {
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.xmm);
  move_to(target.xmm, value, wide);
  a_.float_op(0x51, wide, target.xmm, target.xmm);
  end_float_result(target, wide);
}

void Emitter::sign_bits(bool wide, bool negates, const Value& value) {
  const std::uint64_t sign = sign_of(wide);
  a_.constant(Reg::rax, negates ? sign : sign - 1);
  a_.to_float_register(true, other_float, Reg::rax);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.xmm);
  move_to(target.xmm, value, wide);
  if (negates) {
    a_.float_xor(target.xmm, other_float);
  } else {
    a_.float_and(target.xmm, other_float);
  }
  end_float_result(target, wide);
}

void Emitter::change_width(bool from_wide, const Value& value) {
  const Xmm from = to_xmm(value, from_wide, other_float);
  a_.float_xor(scratch_float, scratch_float);
  a_.float_op(0x5A, from_wide, scratch_float, from);
  const Target target = begin_float_result(in_->shape->result_at, !from_wide);
  keep_accumulator(target.xmm);
  a_.float_move(target.xmm, scratch_float);
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
  keep_accumulator(target.xmm);
  if (value.in == Value::In::reg) {
    a_.to_float_register(wide, target.xmm, value.reg);
  } else {
    move_to(target.xmm, value, wide);
  }
  end_float_result(target, wide);
}

// Unsigned numbers of 32 bits are signed ones of 64. Of those of 64 bits, the upper half is halved first, its lowest
// bit kept for rounding.
void Emitter::to_float(bool wide, const Value& value) {
  const Op op = in_->shape->op;
  const bool of_64 = interp::params_of(op)[0] == 'l';
  const bool is_signed = op == Op::f32_convert_i32_s || op == Op::f64_convert_i32_s || op == Op::f32_convert_i64_s ||
                         op == Op::f64_convert_i64_s;
  const std::uint8_t prefix = wide ? 0xF2 : 0xF3;
  move_to(Reg::rax, in_integer(value, of_64, Reg::rax), of_64);
  a_.float_xor(scratch_float, scratch_float);
  const auto convert = [&](bool from_64) {
    if (from_64) {
      a_.sse_wide(prefix, 0x0F2A, scratch_float, Reg::rax);
    } else {
      a_.sse(prefix, 0x0F2A, scratch_float, Reg::rax);
    }
  };
  if (is_signed || !of_64) {
    if (!is_signed) a_.move(false, Reg::rax, Reg::rax);
    convert(of_64 || !is_signed);
  } else {
    const Label large = a_.make_label();
    const Label done = a_.make_label();
    a_.test(true, Reg::rax, Reg::rax);
    a_.jump(Condition::sign, large);
    convert(true);
    a_.jump(done);
    a_.bind(large);
    a_.move(true, Reg::rcx, Reg::rax);
    a_.shift(Shift::shr, true, Reg::rcx, 1);
    a_.alu(Alu::and_, false, Reg::rax, 1);
    a_.alu(Alu::or_, true, Reg::rax, Reg::rcx);
    convert(true);
    a_.float_op(0x58, wide, scratch_float, scratch_float);
    a_.bind(done);
  }
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.xmm);
  a_.float_move(target.xmm, scratch_float);
  end_float_result(target, wide);
}

// To whole numbers. The machine gives the smallest number for what does not fit; that, and what is no number of an
// unsigned type, is the interpreter's, whether it traps or saturates.
void Emitter::truncate(bool from_wide, const Value& value) {
  const Op op = in_->shape->op;
  const bool to_64 = interp::results_of(op)[0] == 'l';
  const bool is_signed = op == Op::i32_trunc_f32_s || op == Op::i32_trunc_f64_s || op == Op::i64_trunc_f32_s ||
                         op == Op::i64_trunc_f64_s || op == Op::i32_trunc_sat_f32_s || op == Op::i32_trunc_sat_f64_s ||
                         op == Op::i64_trunc_sat_f32_s || op == Op::i64_trunc_sat_f64_s;
  const std::uint8_t prefix = from_wide ? 0xF2 : 0xF3;
  const Label exit = exit_here();
  const Xmm from = to_xmm(value, from_wide, scratch_float);
  const auto convert = [&](bool wide) { a_.float_to_integer(prefix, wide, Reg::rax, from); };
  if (is_signed) {
    convert(to_64);
    a_.alu(Alu::cmp, to_64, Reg::rax, 1);
    a_.jump(Condition::overflow, exit);
  } else if (to_64) {
    convert(true);
    a_.test(true, Reg::rax, Reg::rax);
    a_.jump(Condition::sign, exit);
  } else {
    convert(true);
    a_.move(false, Reg::rcx, Reg::rax);
    a_.alu(Alu::cmp, true, Reg::rax, Reg::rcx);
    a_.jump(Condition::not_equal, exit);
  }
  const Target target = begin_result(in_->shape->result_at);
  a_.move(to_64, target.reg, Reg::rax);
  end_result(target, !to_64);
}

}  // namespace tenon::jit::baseline
