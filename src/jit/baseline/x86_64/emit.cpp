// What x86-64 has its own way for: two operands of which the first is the result, shifts by rcx, division in rdx:rax,
// and floats that lack what the standard asks for.
#include "jit/baseline/emitter.hpp"

namespace tenon::jit::baseline {

// --- Whole numbers

void Emitter::compute(Alu op, bool wide, Reg to, const Value& left, const Value& right, bool commutes) {
  if (is_reg(right, to) && !is_reg(left, to)) {
    if (commutes) return compute_with(op, wide, to, left);
    move_to(scratch, left, wide);
    compute_with(op, wide, scratch, right);
    return a_.move(wide, to, scratch);
  }
  move_to(to, left, wide);
  compute_with(op, wide, to, right);
}

void Emitter::shift(Shift op, bool wide, Reg to, const Value& left, const Value& right) {
  if (right.in == Value::In::constant) {
    move_to(to, left, wide);
    const auto by = static_cast<std::uint8_t>(right.bits & (wide ? 63 : 31));
    if (by != 0) {
      a_.shift(op, wide, to, by);
    } else if (!wide) {
      a_.move(false, to, to);
    }
    return;
  }
  // The value must not be in rcx, nor the result be where the count is read from.
  move_to(scratch, left, wide);
  move_to(other, right, false);
  a_.shift_by_cl(op, wide, scratch);
  a_.move(wide, to, scratch);
}

void Emitter::divide(Op op, bool wide, Reg to, const Value& left, const Value& right) {
  const bool is_signed = op == Op::i32_div_s || op == Op::i32_rem_s;
  const bool is_quotient = op == Op::i32_div_s || op == Op::i32_div_u;
  const Label done = a_.make_label();
  move_to(other, right, wide);
  move_to(scratch, left, wide);
  const bool checks_zero = right.in != Value::In::constant || right.bits == 0;
  const bool checks_minus_one =
      is_signed && (right.in != Value::In::constant || static_cast<std::int32_t>(right.bits) == -1);
  if (checks_zero) {
    a_.test(wide, other, other);
    a_.jump(Condition::equal, exit_here());
  }
  if (checks_minus_one) {
    const Label ordinary = a_.make_label();
    a_.alu(Alu::cmp, wide, other, -1);
    a_.jump(Condition::not_equal, ordinary);
    if (is_quotient) {
      // The negated dividend, but for the one that has none: that traps.
      a_.move(wide, other, scratch);
      a_.negate(wide, other);
      a_.jump(Condition::overflow, exit_here());
      a_.move(wide, scratch, other);
    } else {
      a_.alu(Alu::xor_, false, acc, acc);
    }
    a_.jump(done);
    a_.bind(ordinary);
  }
  if (is_signed) {
    a_.sign_to_rdx(wide);
  } else {
    a_.alu(Alu::xor_, false, acc, acc);
  }
  a_.divide(is_signed, wide, other);
  a_.bind(done);
  const Reg result = is_quotient ? scratch : acc;
  if (to != result) a_.move(wide, to, result);
}

// --- Floating point

namespace {
constexpr std::uint64_t sign_of(bool wide) noexcept { return wide ? std::uint64_t{1} << 63 : std::uint64_t{1} << 31; }
}  // namespace

void Emitter::float_arithmetic(FloatOp op, bool wide, const Value& left, const Value& given_right) {
  const Value right = in_float(given_right, wide, other_float);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  const bool is_in_the_way = right.in == Value::In::float_reg && right.float_reg == target.float_reg &&
                             !(left.in == Value::In::float_reg && left.float_reg == target.float_reg);
  const FloatReg work = is_in_the_way ? scratch_float : target.float_reg;
  move_to(work, left, wide);
  if (right.in == Value::In::float_reg) {
    a_.float_op(op, wide, work, right.float_reg);
  } else {
    a_.float_op(op, wide, work, slot_address(right.slot));
  }
  if (work != target.float_reg) a_.float_move(target.float_reg, work);
  end_float_result(target, wide);
}

// Equal operands may be zeroes of different sign; a NaN comes from an addition.
void Emitter::min_max(bool is_min, bool wide, const Value& left, const Value& right) {
  const Label is_nan = a_.make_label();
  const Label is_equal = a_.make_label();
  const Label done = a_.make_label();
  const FloatReg second = in_float_register(right, wide, other_float);
  move_to(scratch_float, left, wide);
  a_.float_compare(wide, scratch_float, second);
  a_.jump(Condition::parity, is_nan);
  a_.jump(Condition::equal, is_equal);
  a_.sse_scalar(is_min ? 0x5D : 0x5F, wide, scratch_float, second);
  a_.jump(done);
  a_.bind(is_nan);
  a_.float_op(FloatOp::add, wide, scratch_float, second);
  a_.jump(done);
  a_.bind(is_equal);
  if (is_min) {
    a_.float_or(scratch_float, second);
  } else {
    a_.float_and(scratch_float, second);
  }
  a_.bind(done);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  a_.float_move(target.float_reg, scratch_float);
  end_float_result(target, wide);
}

void Emitter::copysign(bool wide, const Value& left, const Value& right) {
  move_to(scratch_float, right, wide);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  const FloatReg magnitude = in_float_register(left, wide, target.float_reg);
  a_.constant(scratch, sign_of(wide));
  a_.to_float_register(true, other_float, scratch);
  a_.float_and(scratch_float, other_float);
  a_.float_and_not(other_float, magnitude);
  a_.float_or(other_float, scratch_float);
  a_.float_move(target.float_reg, other_float);
  end_float_result(target, wide);
}

void Emitter::sign_bits(bool wide, bool negates, const Value& value) {
  const std::uint64_t sign = sign_of(wide);
  a_.constant(scratch, negates ? sign : sign - 1);
  a_.to_float_register(true, other_float, scratch);
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  move_to(target.float_reg, value, wide);
  if (negates) {
    a_.float_xor(target.float_reg, other_float);
  } else {
    a_.float_and(target.float_reg, other_float);
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
  move_to(scratch, in_integer(value, of_64, scratch), of_64);
  a_.float_xor(scratch_float, scratch_float);
  const auto convert = [&](bool from_64) {
    if (from_64) {
      a_.sse_wide(prefix, 0x0F2A, scratch_float, scratch);
    } else {
      a_.sse(prefix, 0x0F2A, scratch_float, scratch);
    }
  };
  if (is_signed || !of_64) {
    if (!is_signed) a_.move(false, scratch, scratch);
    convert(of_64 || !is_signed);
  } else {
    const Label large = a_.make_label();
    const Label done = a_.make_label();
    a_.test(true, scratch, scratch);
    a_.jump(Condition::sign, large);
    convert(true);
    a_.jump(done);
    a_.bind(large);
    a_.move(true, other, scratch);
    a_.shift(Shift::shr, true, other, 1);
    a_.alu(Alu::and_, false, scratch, 1);
    a_.alu(Alu::or_, true, scratch, other);
    convert(true);
    a_.float_op(FloatOp::add, wide, scratch_float, scratch_float);
    a_.bind(done);
  }
  const Target target = begin_float_result(in_->shape->result_at, wide);
  keep_accumulator(target.float_reg);
  a_.float_move(target.float_reg, scratch_float);
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
  const FloatReg from = in_float_register(value, from_wide, scratch_float);
  const auto convert = [&](bool wide) { a_.float_to_integer(prefix, wide, scratch, from); };
  if (is_signed) {
    convert(to_64);
    a_.alu(Alu::cmp, to_64, scratch, 1);
    a_.jump(Condition::overflow, exit);
  } else if (to_64) {
    convert(true);
    a_.test(true, scratch, scratch);
    a_.jump(Condition::sign, exit);
  } else {
    convert(true);
    a_.move(false, other, scratch);
    a_.alu(Alu::cmp, true, scratch, other);
    a_.jump(Condition::not_equal, exit);
  }
  const Target target = begin_result(in_->shape->result_at);
  a_.move(to_64, target.reg, scratch);
  end_result(target, !to_64);
}

}  // namespace tenon::jit::baseline
