// Vectors and single lanes: numbers that become vectors and come out of them, and parts of vectors in memory.
#include <bit>

#include "jit/baseline/x86_64/vector_code.hpp"

namespace tenon::jit::baseline::x86_64 {

namespace {

// Instructions by the logarithm of the lanes' bytes.
constexpr Vex insert_codes[] = {
    {.code = 0x20, .map = 3}, {.code = 0xC4}, {.code = 0x22, .map = 3}, {.code = 0x22, .map = 3, .wide = true}};
constexpr Vex extract_codes[] = {{.code = 0x14, .map = 3},
                                 {.code = 0x15, .map = 3},
                                 {.code = 0x16, .map = 3},
                                 {.code = 0x16, .map = 3, .wide = true}};
constexpr Vex insert_f32 = {.code = 0x21, .map = 3};
constexpr Vex load_low_f64 = {.code = 0x10, .prefix = 3};
constexpr Vex unpack_low_i64 = {.code = 0x6C};
constexpr Vex unpack_high_i64 = {.code = 0x6D};
constexpr Vex duplicate_f32 = {.code = 0x18, .map = 2};  // of memory
constexpr Vex duplicate_f64 = {.code = 0x12, .prefix = 3};
constexpr Vex shuffle_bytes = {.code = 0x00, .map = 2};
constexpr Vex shuffle_low_i16 = {.code = 0x70, .prefix = 3};
constexpr Vex shuffle_i32 = {.code = 0x70};
constexpr Vex shuffle_f32 = {.code = 0xC6, .prefix = 0};
constexpr Vex test_bits = {.code = 0x17, .map = 2};
constexpr Vex pack_s16 = {.code = 0x63};

// The instruction that widens what v128.load8x8_s and its like read.
constexpr Vex extension_of(Op op) noexcept {
  switch (op) {
    case Op::v128_load8x8_s: return {.code = 0x20, .map = 2};
    case Op::v128_load8x8_u: return {.code = 0x30, .map = 2};
    case Op::v128_load16x4_s: return {.code = 0x23, .map = 2};
    case Op::v128_load16x4_u: return {.code = 0x33, .map = 2};
    case Op::v128_load32x2_s: return {.code = 0x25, .map = 2};
    default: return {.code = 0x35, .map = 2};
  }
}

constexpr std::uint8_t lane_field(unsigned lane, unsigned shift = 0) noexcept {
  return static_cast<std::uint8_t>(lane << shift);
}

}  // namespace

void VectorCode::put_count(Shift how, unsigned log) {
  if (log == 0 && how == Shift::sar) a_.alu(Alu::add, false, scratch, 8);
  a_.to_float_register(false, second, scratch);
}

void VectorCode::splat(unsigned log, FloatReg to, Reg number) {
  a_.to_float_register(log == 3, first, number);
  if (log == 0) {
    zero(second);
    return a_.vex(shuffle_bytes, to, first, second);
  }
  if (log == 1) a_.vex(shuffle_low_i16, first, none, first, 0);
  if (log == 3) return a_.vex(unpack_low_i64, to, first, first);
  a_.vex(shuffle_i32, to, none, first, 0);
}

void VectorCode::splat(unsigned log, FloatReg to, FloatReg number) {
  if (log == 3) return a_.vex(duplicate_f64, to, none, number);
  a_.vex(shuffle_f32, to, number, number, 0);
}

void VectorCode::replace(unsigned log, FloatReg to, FloatReg vector, const Value& number, unsigned lane) {
  if (number.in == Value::In::memory) {
    a_.vex(insert_codes[log], to, vector, slot_address(number.slot), lane_field(lane));
  } else {
    a_.vex(insert_codes[log], to, vector, number.reg, lane_field(lane));
  }
}

void VectorCode::replace(unsigned log, FloatReg to, FloatReg vector, FloatReg number, unsigned lane) {
  if (log == 2) return a_.vex(insert_f32, to, vector, number, lane_field(lane, 4));
  a_.vex(lane == 0 ? load_low_f64 : unpack_low_i64, to, vector, number);
}

void VectorCode::extract(unsigned log, bool is_signed, Reg to, FloatReg vector, unsigned lane) {
  // The extracted register is the operand in memory's place.
  a_.vex(extract_codes[log], vector, none, to, lane_field(lane));
  if (is_signed) a_.extend(log == 0 ? Extension::sign8 : Extension::sign16, false, to, to);
}

void VectorCode::extract(bool wide, FloatReg to, FloatReg vector, unsigned lane) {
  constexpr std::uint8_t others_zero = 0xE;
  if (!wide) {
    const auto selects = static_cast<std::uint8_t>(lane_field(lane, 6) | others_zero);
    a_.vex(insert_f32, to, vector, vector, selects);
  } else if (lane == 0) {
    a_.float_move(to, vector);
  } else {
    a_.vex(unpack_high_i64, to, vector, vector);
  }
}

void VectorCode::bitmask(unsigned log, Reg to, const Value& value) {
  FloatReg vector = in_register(value, first);
  if (log == 1) {
    zero(second);
    a_.vex(pack_s16, second, vector, second);
    vector = second;
  }
  const Vex code{.code = static_cast<std::uint8_t>(log >= 2 ? 0x50 : 0xD7),
                 .prefix = static_cast<std::uint8_t>(log == 2 ? 0 : 1)};
  a_.vex(code, to, none, vector);
}

void VectorCode::any_true(Reg to, const Value& value) {
  const FloatReg tested = in_register(value, first);
  a_.vex(test_bits, tested, none, tested);
  a_.set(Condition::not_equal, to);
}

void VectorCode::all_true(unsigned log, Reg to, const Value& value) {
  static constexpr Vex equal[] = {{.code = 0x74}, {.code = 0x75}, {.code = 0x76}, {.code = 0x29, .map = 2}};
  zero(second);
  op(equal[log], second, second, value);
  a_.vex(test_bits, second, none, second);
  a_.set(Condition::equal, to);
}

void VectorCode::prepare_load(Op op) {
  if (op == Op::v128_load8_splat || op == Op::v128_load16_splat) zero(second);
}

void VectorCode::load(Op op, FloatReg to, const Address& from) {
  switch (op) {
    case Op::v128_load: return a_.vector_load(to, from);
    case Op::v128_load32_zero: return a_.float_load(false, to, from);
    case Op::v128_load64_zero: return a_.float_load(true, to, from);
    case Op::v128_load32_splat: return a_.vex(duplicate_f32, to, none, from);
    case Op::v128_load64_splat: return a_.vex(duplicate_f64, to, none, from);
    case Op::v128_load8_splat:
      a_.vex(insert_codes[0], first, second, from, 0);
      return a_.vex(shuffle_bytes, to, first, second);
    case Op::v128_load16_splat:
      a_.vex(insert_codes[1], first, second, from, 0);
      a_.vex(shuffle_low_i16, first, none, first, 0);
      return a_.vex(shuffle_i32, to, none, first, 0);
    default: return a_.vex(extension_of(op), to, none, from);
  }
}

void VectorCode::load_lane(unsigned log, FloatReg to, FloatReg vector, const Address& from, unsigned lane) {
  a_.vex(insert_codes[log], to, vector, from, lane_field(lane));
}

void VectorCode::store_lane(unsigned log, const Address& to, FloatReg vector, unsigned lane) {
  a_.vex(extract_codes[log], vector, none, to, lane_field(lane));
}

}  // namespace tenon::jit::baseline::x86_64
