// Vectors and single lanes: numbers that become vectors and come out of them, and parts of vectors in memory.
#include <bit>

#include "jit/baseline/aarch64/vector_code.hpp"
#include "jit/baseline/aarch64/vector_instructions.hpp"

namespace tenon::jit::baseline::aarch64 {

namespace {

constexpr std::uint32_t greatest_word = across(1, 2, 0x0A);

// The smallest lane, of at most 32 bits.
constexpr std::uint32_t least_lane(unsigned log) noexcept { return across(1, log, 0x1A); }
constexpr std::uint32_t sum_of_lanes(unsigned log) noexcept { return across(0, log, 0x1B); }

// One bit in each lane, by its place; of bytes, from the beginning again in the upper half.
constexpr V128 bits_of_lanes(unsigned log) noexcept {
  V128 bits;
  const unsigned count = log == 0 ? 8 : 16 >> log;
  for (unsigned i = 0; i < 16 >> log; ++i) bits.bytes[i << log] = static_cast<std::uint8_t>(1U << (i % count));
  return bits;
}

constexpr unsigned log_of_width(Op op) noexcept { return std::countr_zero(unsigned{info(op).width}); }

}  // namespace

void VectorCode::splat(unsigned log, FloatReg to, Reg number) {
  a_.vector_op(duplicate_number | lane_bits(log, 0), to, number);
}
void VectorCode::splat(unsigned log, FloatReg to, FloatReg number) {
  a_.vector_op(duplicate_lane | lane_bits(log, 0), to, number);
}

void VectorCode::replace(unsigned log, FloatReg to, FloatReg vector, const Value& number, unsigned lane) {
  if (number.in == Value::In::memory) a_.load(log == 3, scratch, slot_address(number.slot));
  if (to != vector) a_.vector_move(to, vector);
  a_.vector_op(insert_number | lane_bits(log, lane), to, number.in == Value::In::memory ? scratch : number.reg);
}
void VectorCode::replace(unsigned log, FloatReg to, FloatReg vector, FloatReg number, unsigned lane) {
  const FloatReg made = to == number ? third : to;
  if (made != vector) a_.vector_move(made, vector);
  a_.vector_op(insert_first | lane_bits(log, lane), made, number);
  if (made != to) a_.vector_move(to, made);
}

void VectorCode::extract(unsigned log, bool is_signed, Reg to, FloatReg vector, unsigned lane) {
  const std::uint32_t form = is_signed ? signed_number_of_lane : log == 3 ? upper | number_of_lane : number_of_lane;
  a_.vector_op(form | lane_bits(log, lane), to, vector);
}
void VectorCode::extract(bool wide, FloatReg to, FloatReg vector, unsigned lane) {
  a_.vector_op(duplicate_one | lane_bits(wide ? 3 : 2, lane), to, vector);
}

// Each lane's sign, as the bit of its place; and all of them together.
void VectorCode::bitmask(unsigned log, Reg to, const Value& value) {
  constexpr std::uint32_t add_both = 0x5EF1'B800;  // 64 bits each
  constexpr std::uint32_t in_turn = permutation(0, 3);
  a_.vector_op(right_by(0, log, (8U << log) - 1), third, in_register(value, first));
  constant(second, bits_of_lanes(log));
  a_.vector_op(all_and, third, third, second);
  if (log == 0) {  // the bytes of both halves, side by side
    a_.vector_op(concatenation | 8U << 11, second, third, third);
    a_.vector_op(in_turn, third, third, second);
  }
  a_.vector_op(log == 3 ? add_both : sum_of_lanes(log == 0 ? 1 : log), third, third);
  a_.from_float_register(false, to, third);
}

void VectorCode::any_true(Reg to, const Value& value) {
  a_.vector_op(greatest_word, third, in_register(value, first));
  a_.from_float_register(false, to, third);
  a_.test(false, to, to);
  a_.set(Condition::not_equal, to);
}

void VectorCode::all_true(unsigned log, Reg to, const Value& value) {
  const FloatReg vector = in_register(value, first);
  if (log == 3) {
    constexpr std::uint32_t is_zero = two(0, 3, 0x09);
    a_.vector_op(is_zero, third, vector);
    a_.vector_op(greatest_word, third, third);
  } else {
    a_.vector_op(least_lane(log), third, vector);
  }
  a_.from_float_register(false, to, third);
  a_.test(false, to, to);
  a_.set(log == 3 ? Condition::equal : Condition::not_equal, to);
}

void VectorCode::load(Op op, FloatReg to, const Address& from) {
  const unsigned log = log_of_width(op);
  switch (op) {
    case Op::v128_load: return a_.vector_load(to, from);
    case Op::v128_load32_zero:
    case Op::v128_load64_zero: return a_.part_load(log, to, from);
    case Op::v128_load8_splat:
    case Op::v128_load16_splat:
    case Op::v128_load32_splat:
    case Op::v128_load64_splat: a_.part_load(log, third, from); return splat(log, to, third);
    default: break;
  }
  // Eight bytes, as lanes of twice the width.
  const bool is_signed = info(op).mnemonic.ends_with("_s");
  const unsigned lanes = op == Op::v128_load8x8_s || op == Op::v128_load8x8_u     ? 0
                         : op == Op::v128_load16x4_s || op == Op::v128_load16x4_u ? 1
                                                                                  : 2;
  a_.part_load(3, third, from);
  a_.vector_op(extension(is_signed ? 0 : 1, lanes), to, third);
}

void VectorCode::load_lane(unsigned log, FloatReg to, FloatReg vector, const Address& from, unsigned lane) {
  a_.part_load(log, third, from);
  replace(log, to, vector, third, lane);
}

FloatReg VectorCode::prepare_store_lane(unsigned log, FloatReg vector, unsigned lane) {
  if (lane == 0) return vector;
  a_.vector_op(duplicate_one | lane_bits(log, lane), third, vector);
  return third;
}
void VectorCode::store_lane(unsigned log, const Address& to, FloatReg vector, unsigned /*lane*/) {
  a_.part_store(log, to, vector);
}

}  // namespace tenon::jit::baseline::aarch64
