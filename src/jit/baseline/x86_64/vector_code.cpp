#include "jit/baseline/x86_64/vector_code.hpp"

#include <array>
#include <bit>

namespace tenon::jit::baseline::x86_64 {

namespace {

// Instructions that sequences name.
constexpr Vex load_vector = {.code = 0x10, .prefix = 0};
constexpr Vex equal_i16 = {.code = 0x75};
constexpr Vex equal_i32 = {.code = 0x76};
constexpr Vex greater_i64 = {.code = 0x37, .map = 2};
constexpr Vex and_bits = {.code = 0xDB};
constexpr Vex not_first_and = {.code = 0xDF};
constexpr Vex or_bits = {.code = 0xEB};
constexpr Vex xor_bits = {.code = 0xEF};
constexpr Vex add_i8 = {.code = 0xFC};
constexpr Vex add_sat_u8 = {.code = 0xDC};
constexpr Vex add_sat_s16 = {.code = 0xED};
constexpr Vex add_i32 = {.code = 0xFE};
constexpr Vex add_i64 = {.code = 0xD4};
constexpr Vex sub_i32 = {.code = 0xFA};
constexpr Vex sub_i64 = {.code = 0xFB};
constexpr Vex max_s32 = {.code = 0x3D, .map = 2};
constexpr Vex multiply_i16 = {.code = 0xD5};
constexpr Vex multiply_i32 = {.code = 0x40, .map = 2};
constexpr Vex multiply_u32_to_64 = {.code = 0xF4};
constexpr Vex multiply_add_i16 = {.code = 0xF5};
constexpr Vex multiply_add_i8 = {.code = 0x04, .map = 2};  // unsigned by signed bytes
constexpr Vex shuffle_bytes = {.code = 0x00, .map = 2};
constexpr Vex shuffle_i32 = {.code = 0x70};
constexpr Vex shuffle_f32 = {.code = 0xC6, .prefix = 0};
constexpr Vex concatenate = {.code = 0x0F, .map = 3};
constexpr Vex blend_i16 = {.code = 0x0E, .map = 3};
constexpr Vex unpack_low_i8 = {.code = 0x60};
constexpr Vex unpack_low_f32 = {.code = 0x14, .prefix = 0};
constexpr Vex unpack_high_i8 = {.code = 0x68};
constexpr Vex unpack_high_i64 = {.code = 0x6D};
constexpr Vex pack_s16 = {.code = 0x63};
constexpr Vex round_f64 = {.code = 0x09, .map = 3};
constexpr std::uint8_t to_zero = 11;
constexpr std::uint8_t ordered = 7;
constexpr std::uint8_t unordered = 3;
constexpr std::uint8_t greater_equal = 0x1D;

constexpr Vex of_floats(std::uint8_t code, bool wide) noexcept {
  return {.code = code, .prefix = static_cast<std::uint8_t>(wide ? 1 : 0)};
}
constexpr bool is_f64(const Vex& code) noexcept { return code.prefix == 1; }

template <class T>
constexpr V128 all_lanes(T value) noexcept {
  std::array<T, 16 / sizeof(T)> lanes;
  lanes.fill(value);
  return std::bit_cast<V128>(lanes);
}

// The machine's codes of shifts: by another vector, and by a constant.
constexpr unsigned by_vector(Shift how) noexcept { return how == Shift::shl ? 0xF0 : how == Shift::sar ? 0xE0 : 0xD0; }
constexpr unsigned by_constant(Shift how) noexcept { return how == Shift::shl ? 6 : how == Shift::sar ? 4 : 2; }
constexpr Vex shift_code(Shift how, unsigned log) noexcept {
  return {.code = static_cast<std::uint8_t>(by_vector(how) + log)};
}

}  // namespace

// --- Operands

void VectorCode::op(Vex code, FloatReg to, FloatReg left, const Value& right) {
  if (right.in == Value::In::float_reg) return a_.vex(code, to, left, right.float_reg);
  a_.vex(code, to, left, slot_address(right.slot));
}
void VectorCode::op(Vex code, FloatReg to, FloatReg left, const V128& right) {
  a_.vex(code, to, left, a_.constant_label(right));
}
FloatReg VectorCode::in_register(const Value& value, FloatReg through) {
  if (value.in == Value::In::float_reg) return value.float_reg;
  a_.vector_load(through, slot_address(value.slot));
  return through;
}
void VectorCode::ones(FloatReg to) { a_.vex(equal_i32, to, to, to); }
void VectorCode::constant(FloatReg to, const V128& value) {
  if (value == V128{}) return zero(to);
  if (value == all_lanes<std::uint8_t>(0xFF)) return ones(to);
  op(load_vector, to, none, value);
}
void VectorCode::invert(FloatReg value) {
  ones(third);
  a_.vex(xor_bits, value, value, third);
}

// --- Most operations

void VectorCode::binary(FloatReg to, const Row& row, const Value* in) {
  op(row.code, to, in_register(in[0], first), in[1]);
}
void VectorCode::commutative(FloatReg to, const Row& row, const Value* in) {
  if (in[0].in == Value::In::memory) return swapped(to, row, in);
  binary(to, row, in);
}
void VectorCode::swapped(FloatReg to, const Row& row, const Value* in) {
  op(row.code, to, in_register(in[1], second), in[0]);
}
void VectorCode::comparison(FloatReg to, const Row& row, const Value* in) {
  const FloatReg left = in_register(in[0], first);
  a_.vex(row.code, to, left, in_register(in[1], second), row.immediate);
}
void VectorCode::not_binary(FloatReg to, const Row& row, const Value* in) {
  binary(to, row, in);
  invert(to);
}
void VectorCode::not_swapped(FloatReg to, const Row& row, const Value* in) {
  swapped(to, row, in);
  invert(to);
}
// Whether the left operand is the minimum, or maximum, of both.
void VectorCode::is_extreme(FloatReg to, const Row& row, const Value* in) {
  const FloatReg left = in_register(in[0], first);
  op(row.code, third, left, in[1]);
  a_.vex(row.then, to, third, left);
}
void VectorCode::is_not_extreme(FloatReg to, const Row& row, const Value* in) {
  is_extreme(to, row, in);
  invert(to);
}
void VectorCode::unary(FloatReg to, const Row& row, const Value* in) { op(row.code, to, none, in[0]); }
void VectorCode::unary_immediate(FloatReg to, const Row& row, const Value* in) {
  a_.vex(row.code, to, none, in_register(in[0], first), row.immediate);
}
void VectorCode::complement(FloatReg to, const Row& /*row*/, const Value* in) {
  ones(third);
  op(xor_bits, to, third, in[0]);
}
void VectorCode::of_high(FloatReg to, const Row& row, const Value* in) {
  if (in[0].in == Value::In::memory) return a_.vex(row.code, to, none, slot_address(in[0].slot + 1));
  a_.vex(unpack_high_i64, third, in[0].float_reg, in[0].float_reg);
  a_.vex(row.code, to, none, third);
}
void VectorCode::from_zero(FloatReg to, const Row& row, const Value* in) {
  zero(third);
  op(row.code, to, third, in[0]);
}
void VectorCode::bitselect(FloatReg to, const Row& /*row*/, const Value* in) {
  const FloatReg mask = in_register(in[2], third);
  const FloatReg left = in_register(in[0], first);
  a_.vex(and_bits, first, left, mask);
  op(not_first_and, second, mask, in[1]);
  a_.vex(or_bits, to, first, second);
}

// --- Whole numbers

void VectorCode::abs_i64(FloatReg to, const Row& /*row*/, const Value* in) {
  const FloatReg value = in_register(in[0], first);
  zero(third);
  a_.vex(greater_i64, third, third, value);
  a_.vex(xor_bits, second, value, third);
  a_.vex(sub_i64, to, second, third);
}

// The product of the low halves, and above it the sum of both that a low and a high half make.
void VectorCode::multiply_i64(FloatReg to, const Row& /*row*/, const Value* in) {
  constexpr std::uint8_t halves_exchanged = 0xB1;
  const FloatReg left = in_register(in[0], first);
  const FloatReg right = in_register(in[1], second);
  a_.vex(shuffle_i32, third, none, right, halves_exchanged);
  a_.vex(multiply_i32, third, third, left);
  a_.vex(multiply_u32_to_64, second, left, right);
  shift(Shift::shr, 3, first, third, 32);
  a_.vex(add_i32, third, third, first);
  shift(Shift::shl, 3, third, third, 32);
  a_.vex(add_i64, to, second, third);
}

// By a table of what four bits have.
void VectorCode::popcnt(FloatReg to, const Row& /*row*/, const Value* in) {
  constexpr V128 counts = {{0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4}};
  constexpr V128 low_halves = all_lanes<std::uint8_t>(0x0F);
  const FloatReg value = in_register(in[0], first);
  shift(Shift::shr, 1, second, value, 4);
  op(and_bits, third, value, low_halves);
  op(and_bits, second, second, low_halves);
  constant(first, counts);
  a_.vex(shuffle_bytes, third, first, third);
  a_.vex(shuffle_bytes, second, first, second);
  a_.vex(add_i8, to, second, third);
}

void VectorCode::extmul_low_i8(FloatReg to, const Row& row, const Value* in) {
  unary(third, row, in);
  unary(second, row, in + 1);
  a_.vex(multiply_i16, to, third, second);
}
void VectorCode::extmul_high_i8(FloatReg to, const Row& row, const Value* in) {
  of_high(first, row, in);
  of_high(second, row, in + 1);
  a_.vex(multiply_i16, to, first, second);
}
void VectorCode::extmul_i16(FloatReg to, const Row& row, const Value* in) {
  const FloatReg left = in_register(in[0], first);
  const FloatReg right = in_register(in[1], second);
  a_.vex(multiply_i16, third, left, right);
  a_.vex(row.code, second, left, right);
  a_.vex(row.then, to, third, second);
}
void VectorCode::extmul_i32(FloatReg to, const Row& row, const Value* in) {
  const FloatReg left = in_register(in[0], first);
  a_.vex(row.code, first, left, left);
  const FloatReg right = in_register(in[1], second);
  a_.vex(row.code, second, right, right);
  a_.vex(row.then, to, first, second);
}
void VectorCode::extadd_i8_s(FloatReg to, const Row& /*row*/, const Value* in) {
  constant(third, all_lanes<std::uint8_t>(1));
  op(multiply_add_i8, to, third, in[0]);
}
void VectorCode::extadd_i8_u(FloatReg to, const Row& /*row*/, const Value* in) {
  op(multiply_add_i8, to, in_register(in[0], first), all_lanes<std::uint8_t>(1));
}
void VectorCode::extadd_i16_s(FloatReg to, const Row& /*row*/, const Value* in) {
  op(multiply_add_i16, to, in_register(in[0], first), all_lanes<std::uint16_t>(1));
}
void VectorCode::extadd_i16_u(FloatReg to, const Row& /*row*/, const Value* in) {
  constexpr std::uint8_t odd_words = 0xAA;
  const FloatReg value = in_register(in[0], first);
  shift(Shift::shr, 2, third, value, 16);
  zero(second);
  a_.vex(blend_i16, second, value, second, odd_words);
  a_.vex(add_i32, to, second, third);
}

// The machine's product of -1 and -1 is -1.
void VectorCode::q15mulr(FloatReg to, const Row& row, const Value* in) {
  op(row.code, third, in_register(in[0], first), in[1]);
  op(equal_i16, first, third, all_lanes<std::uint16_t>(0x8000));
  a_.vex(xor_bits, to, third, first);
}

// Words with the odd bytes, and with the even ones; their products; the sums, which saturate.
void VectorCode::dot_bytes(FloatReg to, const Value& left, const Value& right) {
  const FloatReg a = in_register(left, first);
  shift(Shift::sar, 1, third, a, 8);
  shift(Shift::shl, 1, first, a, 8);
  shift(Shift::sar, 1, first, first, 8);
  shift(Shift::sar, 1, second, in_register(right, second), 8);
  a_.vex(multiply_i16, third, third, second);
  shift(Shift::shl, 1, second, in_register(right, second), 8);
  shift(Shift::sar, 1, second, second, 8);
  a_.vex(multiply_i16, first, first, second);
  a_.vex(add_sat_s16, to, first, third);
}
void VectorCode::dot_i8(FloatReg to, const Row& /*row*/, const Value* in) { dot_bytes(to, in[0], in[1]); }
void VectorCode::dot_i8_add(FloatReg to, const Row& /*row*/, const Value* in) {
  dot_bytes(third, in[0], in[1]);
  op(multiply_add_i16, third, third, all_lanes<std::uint16_t>(1));
  op(add_i32, to, third, in[2]);
}

// --- Shifts

void VectorCode::shift(Shift how, unsigned log, FloatReg to, FloatReg from, std::uint8_t by) {
  if (log == 0 && how == Shift::sar) {
    // Each byte to the upper half of a word.
    a_.vex(unpack_high_i8, third, from, from);
    a_.vex(unpack_low_i8, first, from, from);
    shift(how, 1, third, third, static_cast<std::uint8_t>(by + 8));
    shift(how, 1, first, first, static_cast<std::uint8_t>(by + 8));
    return a_.vex(pack_s16, to, first, third);
  }
  if (log == 0) {
    shift(how, 1, third, from, by);
    const unsigned kept = how == Shift::shl ? 0xFFU << by : 0xFFU >> by;
    return op(and_bits, to, third, all_lanes(static_cast<std::uint8_t>(kept)));
  }
  if (log == 3 && how == Shift::sar) {
    const V128 sign = all_lanes(std::uint64_t{1} << 63 >> by);
    shift(Shift::shr, log, third, from, by);
    op(xor_bits, third, third, sign);
    return op(sub_i64, to, third, sign);
  }
  a_.vex_shift({.code = static_cast<std::uint8_t>(0x70 + log)}, by_constant(how), to, from, by);
}

void VectorCode::shift(Shift how, unsigned log, FloatReg to, FloatReg from) {
  if (log == 0 && how == Shift::sar) {
    a_.vex(unpack_high_i8, third, from, from);
    a_.vex(unpack_low_i8, first, from, from);
    a_.vex(shift_code(how, 1), third, third, second);
    a_.vex(shift_code(how, 1), first, first, second);
    return a_.vex(pack_s16, to, first, third);
  }
  if (log == 0) {
    // Words, and then of each byte what came from itself.
    a_.vex(shift_code(how, 1), third, from, second);
    ones(first);
    a_.vex(shift_code(how, 1), first, first, second);
    if (how == Shift::shr) shift(how, 1, first, first, 8);
    zero(second);
    a_.vex(shuffle_bytes, first, first, second);
    return a_.vex(and_bits, to, third, first);
  }
  if (log == 3 && how == Shift::sar) {
    a_.vex(shift_code(Shift::shr, log), third, from, second);
    constant(first, all_lanes(std::uint64_t{1} << 63));
    a_.vex(shift_code(Shift::shr, log), first, first, second);
    a_.vex(xor_bits, third, third, first);
    return a_.vex(sub_i64, to, third, first);
  }
  a_.vex(shift_code(how, log), to, from, second);
}

// --- Shuffles

namespace {

// Whether each of the lanes is `f` of its place.
template <class F>
constexpr bool are_lanes(const V128& lanes, F&& f) noexcept {
  for (unsigned i = 0; i < 16; ++i) {
    if (lanes.bytes[i] != f(i)) return false;
  }
  return true;
}
// If 32-bit lanes move as wholes, where from: four numbers below 8.
constexpr bool moves_words(const V128& lanes, std::uint8_t (&from)[4]) noexcept {
  for (std::size_t i = 0; i < 4; ++i) from[i] = lanes.bytes[4 * i] / 4;
  return are_lanes(lanes, [&](unsigned i) { return 4U * from[i / 4] + i % 4; });
}
constexpr std::uint8_t four(unsigned a, unsigned b, unsigned c, unsigned d) noexcept {
  return static_cast<std::uint8_t>((a & 3) | (b & 3) << 2 | (c & 3) << 4 | (d & 3) << 6);
}
// For `shuffle_bytes`: those of the lanes that are `from` to `from + 15`, and zero elsewhere.
constexpr V128 selector(const V128& lanes, unsigned from) noexcept {
  V128 result;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned lane = lanes.bytes[i] - from;
    result.bytes[i] = static_cast<std::uint8_t>(lane < 16 ? lane : 0x80);
  }
  return result;
}

}  // namespace

void VectorCode::swizzle(FloatReg to, const Row& /*row*/, const Value* in) {
  // What is beyond the last lane gets its top bit set, which gives zero.
  op(add_sat_u8, third, in_register(in[1], second), all_lanes<std::uint8_t>(0x70));
  a_.vex(shuffle_bytes, to, in_register(in[0], first), third);
}

void VectorCode::shuffle_one(FloatReg to, const Value& from, const V128& lanes) {
  const FloatReg value = in_register(from, first);
  std::uint8_t words[4];
  if (are_lanes(lanes, [](unsigned i) { return i; })) return a_.float_move(to, value);
  if (moves_words(lanes, words)) {
    return a_.vex(shuffle_i32, to, none, value, four(words[0], words[1], words[2], words[3]));
  }
  if (are_lanes(lanes, [&](unsigned i) { return (i + lanes.bytes[0]) & 15; })) {
    return a_.vex(concatenate, to, value, value, lanes.bytes[0]);
  }
  op(shuffle_bytes, to, value, lanes);
}

// Of two different operands, if one instruction does it.
bool VectorCode::shuffle_at_once(FloatReg to, const Value& left, const Value& right, const V128& lanes) {
  // Lanes of 1, 2, 4 or 8 bytes in turn from both, of the lower or the upper halves.
  for (unsigned log = 0; log < 4; ++log) {
    static constexpr std::uint8_t codes[2][4] = {{0x60, 0x61, 0x62, 0x6C}, {0x68, 0x69, 0x6A, 0x6D}};
    for (unsigned high = 0; high < 2; ++high) {
      const auto lane = [&](unsigned i) { return (i >> (log + 1) << log) + (i & ((1U << log) - 1)) + 8 * high; };
      const auto other_one = [&](unsigned i) { return 16 * (i >> log & 1); };
      const Vex unpack{.code = codes[high][log]};
      if (are_lanes(lanes, [&](unsigned i) { return lane(i) + other_one(i); })) {
        op(unpack, to, in_register(left, first), right);
        return true;
      }
      if (are_lanes(lanes, [&](unsigned i) { return lane(i) + (16 ^ other_one(i)); })) {
        op(unpack, to, in_register(right, second), left);
        return true;
      }
    }
  }
  const FloatReg a = in_register(left, first);
  const FloatReg b = in_register(right, second);
  const std::uint8_t begin = lanes.bytes[0];
  if (are_lanes(lanes, [&](unsigned i) { return (i + begin) & 31; })) {
    a_.vex(concatenate, to, begin < 16 ? b : a, begin < 16 ? a : b, begin & 15);
    return true;
  }
  if (are_lanes(lanes, [&](unsigned i) { return i + (lanes.bytes[i & ~1U] & 16); })) {
    unsigned from_right = 0;
    for (std::size_t i = 0; i < 8; ++i) from_right |= (lanes.bytes[2 * i] >> 4 & 1U) << i;
    a_.vex(blend_i16, to, a, b, static_cast<std::uint8_t>(from_right));
    return true;
  }
  std::uint8_t words[4];
  if (!moves_words(lanes, words)) return false;
  if (words[0] / 4 != words[1] / 4 || words[2] / 4 != words[3] / 4) return false;
  a_.vex(shuffle_f32, to, words[0] < 4 ? a : b, words[2] < 4 ? a : b, four(words[0], words[1], words[2], words[3]));
  return true;
}

void VectorCode::shuffle(FloatReg to, const Value& left, const Value& right, V128 lanes) {
  const bool is_same = left.in == right.in && left.slot == right.slot && left.float_reg == right.float_reg;
  bool uses_left = false;
  bool uses_right = false;
  for (std::uint8_t& lane : lanes.bytes) {
    if (is_same) lane &= 15;
    (lane < 16 ? uses_left : uses_right) = true;
  }
  if (!uses_right) return shuffle_one(to, left, lanes);
  if (!uses_left) {
    for (std::uint8_t& lane : lanes.bytes) lane &= 15;
    return shuffle_one(to, right, lanes);
  }
  if (shuffle_at_once(to, left, right, lanes)) return;
  op(shuffle_bytes, third, in_register(left, first), selector(lanes, 0));
  op(shuffle_bytes, second, in_register(right, second), selector(lanes, 16));
  a_.vex(or_bits, to, second, third);
}

// --- Floating point

// Clears or turns the signs: `immediate` says whether all other bits are the mask.
void VectorCode::sign_bits_f32(FloatReg to, const Row& row, const Value* in) {
  op(row.code, to, in_register(in[0], first), all_lanes(row.immediate != 0 ? 0x7FFF'FFFFU : 0x8000'0000U));
}
void VectorCode::sign_bits_f64(FloatReg to, const Row& row, const Value* in) {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  op(row.code, to, in_register(in[0], first), all_lanes(row.immediate != 0 ? sign - 1 : sign));
}

// Where the value is NaN, it becomes a quiet one: all ones but for what lies behind the bit that says so.
void VectorCode::fix_nan(bool wide, FloatReg to, FloatReg value, FloatReg mask) {
  a_.vex(of_floats(0xC2, wide), mask, value, value, unordered);
  a_.vex(or_bits, value, value, mask);
  shift(Shift::shr, wide ? 3 : 2, mask, mask, wide ? 13 : 10);
  a_.vex(not_first_and, to, mask, value);
}

// The machine's minimum gives the second operand if one is NaN, or if both are zeroes. So both orders together have all
// bits that matter: those of -0, and those of a NaN.
void VectorCode::min_float(FloatReg to, const Row& row, const Value* in) {
  const FloatReg a = in_register(in[0], first);
  const FloatReg b = in_register(in[1], second);
  a_.vex(row.code, third, a, b);
  a_.vex(row.code, first, b, a);
  a_.vex(or_bits, third, third, first);
  fix_nan(is_f64(row.code), to, third, first);
}
// Of different zeroes, the difference is the sign: -0 less -0 is 0.
void VectorCode::max_float(FloatReg to, const Row& row, const Value* in) {
  const bool wide = is_f64(row.code);
  const FloatReg a = in_register(in[0], first);
  const FloatReg b = in_register(in[1], second);
  a_.vex(row.code, third, a, b);
  a_.vex(row.code, first, b, a);
  a_.vex(xor_bits, first, first, third);
  a_.vex(or_bits, third, third, first);
  a_.vex(of_floats(0x5C, wide), third, third, first);
  fix_nan(wide, to, third, first);
}

void VectorCode::multiply_add(FloatReg to, const Row& row, const Value* in) {
  binary(third, row, in);
  op(row.then, to, third, in[2]);
}
void VectorCode::multiply_subtract(FloatReg to, const Row& row, const Value* in) {
  binary(third, row, in);
  a_.vex(row.then, to, in_register(in[2], first), third);
}

// --- Conversions. The machine gives the smallest number for what does not fit.

void VectorCode::trunc_f32_s(FloatReg to, const Row& /*row*/, const Value* in) {
  constexpr Vex convert = {.code = 0x5B, .prefix = 2};
  const FloatReg value = in_register(in[0], first);
  a_.vex(of_floats(0xC2, false), third, value, value, ordered);
  a_.vex(and_bits, third, third, value);
  constant(second, all_lanes(0x1p31F));
  a_.vex(of_floats(0xC2, false), second, third, second, greater_equal);
  a_.vex(convert, third, none, third);
  a_.vex(xor_bits, to, third, second);
}

// The sum of two: of the number itself, which gives 2^31 from there on, and of what it is more than that.
void VectorCode::trunc_f32_u(FloatReg to, const Row& /*row*/, const Value* in) {
  constexpr Vex convert = {.code = 0x5B, .prefix = 2};
  const FloatReg value = in_register(in[0], first);
  zero(second);
  a_.vex(of_floats(0x5F, false), third, value, second);
  constant(second, all_lanes(0x1p31F));
  a_.vex(of_floats(0x5C, false), first, third, second);
  a_.vex(convert, third, none, third);
  a_.vex(of_floats(0xC2, false), second, first, second, greater_equal);
  a_.vex(convert, first, none, first);
  a_.vex(xor_bits, first, first, second);
  zero(second);
  a_.vex(max_s32, first, first, second);
  a_.vex(add_i32, to, first, third);
}

void VectorCode::trunc_f64_s(FloatReg to, const Row& /*row*/, const Value* in) {
  constexpr Vex convert = {.code = 0xE6};
  const FloatReg value = in_register(in[0], first);
  a_.vex(of_floats(0xC2, true), third, value, value, ordered);
  op(and_bits, third, third, all_lanes(2147483647.0));
  a_.vex(of_floats(0x5D, true), third, value, third);
  a_.vex(convert, to, none, third);
}

// The low half of a number's bits is the number, once 2^52 is added.
void VectorCode::trunc_f64_u(FloatReg to, const Row& /*row*/, const Value* in) {
  zero(second);
  a_.vex(of_floats(0x5F, true), third, in_register(in[0], first), second);
  op(of_floats(0x5D, true), third, third, all_lanes(4294967295.0));
  a_.vex(round_f64, third, none, third, to_zero);
  op(of_floats(0x58, true), third, third, all_lanes(0x1p52));
  a_.vex(shuffle_f32, to, third, second, four(0, 2, 0, 2));
}

// The lower and the upper sixteen bits, which are exact each; the upper ones halved, for they may look negative.
void VectorCode::convert_f32_u(FloatReg to, const Row& /*row*/, const Value* in) {
  constexpr Vex convert = {.code = 0x5B, .prefix = 0};
  constexpr std::uint8_t even_words = 0x55;
  const FloatReg value = in_register(in[0], first);
  zero(third);
  a_.vex(blend_i16, third, third, value, even_words);
  a_.vex(sub_i32, second, value, third);
  a_.vex(convert, third, none, third);
  shift(Shift::shr, 2, second, second, 1);
  a_.vex(convert, second, none, second);
  a_.vex(of_floats(0x58, false), second, second, second);
  a_.vex(of_floats(0x58, false), to, second, third);
}

// 2^52 and the number, by its bits.
void VectorCode::convert_f64_u(FloatReg to, const Row& /*row*/, const Value* in) {
  op(unpack_low_f32, third, in_register(in[0], first), all_lanes(0x4330'0000U));
  op(of_floats(0x5C, true), to, third, all_lanes(0x1p52));
}

}  // namespace tenon::jit::baseline::x86_64
