#include "jit/baseline/aarch64/vector_code.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "jit/baseline/aarch64/vector_instructions.hpp"

namespace tenon::jit::baseline::aarch64 {

namespace {

constexpr std::uint32_t exchange_words = two(0, 2, 0x00);  // of each 64 bits
constexpr std::uint32_t select_bits = same(1, 1, 0x03);    // by what is in the result's place
constexpr std::uint32_t put_if_set = same(1, 2, 0x03);     // over what is there, where the second operand has ones
constexpr std::uint32_t put_if_clear = same(1, 3, 0x03);

bool is_same(const Value& left, const Value& right) noexcept {
  return left.in == right.in && left.slot == right.slot && left.float_reg == right.float_reg;
}

}  // namespace

// --- Operands

FloatReg VectorCode::in_register(const Value& value, FloatReg through) {
  if (value.in == Value::In::float_reg) return value.float_reg;
  a_.vector_load(through, slot_address(value.slot));
  return through;
}

void VectorCode::constant(FloatReg to, const V128& value) {
  const std::uint32_t byte = value.bytes[0];
  if (!std::ranges::all_of(value.bytes, [&](std::uint8_t other) { return other == byte; })) {
    return a_.vector_constant(to, value);
  }
  a_.put32(0x4F00'E400 | byte >> 5 << 16 | (byte & 31) << 5 | static_cast<unsigned>(to));  // movi to.16b, #byte
}

// --- Most operations

void VectorCode::unary(FloatReg to, const Row& row, const Value* in) {
  a_.vector_op(row.code, to, in_register(in[0], first));
}
void VectorCode::unary_then(FloatReg to, const Row& row, const Value* in) {
  unary(to, row, in);
  a_.vector_op(row.then, to, to);
}
void VectorCode::binary(FloatReg to, const Row& row, const Value* in) {
  const FloatReg left = in_register(in[0], first);
  a_.vector_op(row.code, to, left, in_register(in[1], second));
}
void VectorCode::swapped(FloatReg to, const Row& row, const Value* in) {
  const FloatReg left = in_register(in[0], first);
  a_.vector_op(row.code, to, in_register(in[1], second), left);
}
void VectorCode::not_binary(FloatReg to, const Row& row, const Value* in) {
  binary(to, row, in);
  a_.vector_op(all_not, to, to);
}

// The instruction reads its mask, or one of the vectors, where it writes.
void VectorCode::select(FloatReg to, FloatReg mask, FloatReg if_set, FloatReg if_clear) {
  if (to == if_set) return a_.vector_op(put_if_clear, to, if_clear, mask);
  if (to == if_clear) return a_.vector_op(put_if_set, to, if_set, mask);
  if (to != mask) a_.vector_move(to, mask);
  a_.vector_op(select_bits, to, if_set, if_clear);
}
void VectorCode::bitselect(FloatReg to, const Row& /*row*/, const Value* in) {
  const FloatReg if_set = in_register(in[0], first);
  const FloatReg if_clear = in_register(in[1], second);
  select(to, in_register(in[2], third), if_set, if_clear);
}
void VectorCode::select_right(FloatReg to, const Row& row, const Value* in) {
  const FloatReg left = in_register(in[0], first);
  const FloatReg right = in_register(in[1], second);
  a_.vector_op(row.code, third, left, right);
  select(to, third, right, left);
}
void VectorCode::select_right_swapped(FloatReg to, const Row& row, const Value* in) {
  const FloatReg left = in_register(in[0], first);
  const FloatReg right = in_register(in[1], second);
  a_.vector_op(row.code, third, right, left);
  select(to, third, right, left);
}

void VectorCode::narrow(FloatReg to, const Row& row, const Value* in) {
  const FloatReg left = in_register(in[0], first);
  const FloatReg right = in_register(in[1], second);
  const FloatReg made = to == right ? third : to;
  a_.vector_op(row.code, made, left);
  a_.vector_op(upper | row.code, made, right);
  if (made != to) a_.vector_move(to, made);
}

// Both are rounded.
void VectorCode::multiply_then(FloatReg to, const Row& row, const Value* in) {
  const FloatReg left = in_register(in[0], first);
  a_.vector_op(row.code, third, left, in_register(in[1], second));
  a_.vector_op(row.then, to, in_register(in[2], first), third);
}

// --- Products of whole numbers

// The product of the low halves, and above it the sum of both that a low and a high half make.
void VectorCode::multiply_i64(FloatReg to, const Row& /*row*/, const Value* in) {
  constexpr std::uint32_t multiply_words = same(0, 2, 0x13);
  constexpr std::uint32_t add_pairs = two(1, 2, 0x02);
  constexpr std::uint32_t low_words = two_widths(0, 2, 0x12);
  constexpr std::uint32_t add_products = widening(1, 2, 0x08);
  const FloatReg left = in_register(in[0], first);
  const FloatReg right = in_register(in[1], second);
  a_.vector_op(exchange_words, third, right);
  a_.vector_op(multiply_words, third, third, left);
  a_.vector_op(add_pairs, third, third);
  a_.vector_op(left_by(3, 32), third, third);
  a_.vector_op(low_words, first, left);
  a_.vector_op(low_words, second, right);
  a_.vector_op(add_products, third, first, second);
  a_.vector_move(to, third);
}

void VectorCode::dot_i16(FloatReg to, const Row& /*row*/, const Value* in) {
  constexpr std::uint32_t product = widening(0, 1, 0x0C);
  constexpr std::uint32_t add_neighbours = same(0, 2, 0x17);
  const FloatReg left = in_register(in[0], first);
  const FloatReg right = in_register(in[1], second);
  a_.vector_op(product, third, left, right);
  a_.vector_op(upper | product, second, left, right);
  a_.vector_op(add_neighbours, to, third, second);
}

// Sums that saturate, of neighbouring products.
void VectorCode::dot_i8(FloatReg to, const Row& /*row*/, const Value* in) {
  constexpr std::uint32_t product = widening(0, 0, 0x0C);
  constexpr std::uint32_t even_lanes = permutation(1, 1);
  constexpr std::uint32_t odd_lanes = permutation(1, 5);
  constexpr std::uint32_t add_sat = same(0, 1, 0x01);
  const FloatReg left = in_register(in[0], first);
  const FloatReg right = in_register(in[1], second);
  a_.vector_op(product, third, left, right);
  a_.vector_op(upper | product, second, left, right);
  a_.vector_op(even_lanes, first, third, second);
  a_.vector_op(odd_lanes, third, third, second);
  a_.vector_op(add_sat, to, first, third);
}
void VectorCode::dot_i8_add(FloatReg to, const Row& row, const Value* in) {
  constexpr std::uint32_t add_pairs = two(0, 1, 0x02);
  constexpr std::uint32_t add_words = same(0, 2, 0x10);
  dot_i8(third, row, in);
  a_.vector_op(add_pairs, third, third);
  a_.vector_op(add_words, to, third, in_register(in[2], first));
}

// --- Shifts

void VectorCode::shift(Shift how, unsigned log, FloatReg to, FloatReg from, std::uint8_t by) {
  if (by == 0) return a_.vector_move(to, from);
  a_.vector_op(how == Shift::shl ? left_by(log, by) : right_by(how == Shift::shr ? 1 : 0, log, by), to, from);
}

// The machine shifts to the left, and to the right by less than zero.
void VectorCode::put_count(Shift how, unsigned log) {
  if (how != Shift::shl) a_.negate(false, scratch, scratch);
  if (log == 3) a_.extend(Extension::sign32, true, scratch, scratch);
  a_.vector_op(duplicate_number | lane_bits(log, 0), second, scratch);
}
void VectorCode::shift(Shift how, unsigned log, FloatReg to, FloatReg from) {
  a_.vector_op(same(how == Shift::sar ? 0 : 1, log, 0x08), to, from, second);
}

// --- Shuffles

namespace {

// Whether each of the lanes is `f` of its place, as far as `mask` says.
template <class F>
constexpr bool are_lanes(const V128& lanes, unsigned mask, F&& f) noexcept {
  for (unsigned i = 0; i < 16; ++i) {
    if (lanes.bytes[i] != (f(i) & mask)) return false;
  }
  return true;
}

// Permutations of lanes of both operands, by the machine's numbers: from which lane of both in a row, of `count` each,
// the result's lane i comes.
struct Permutation {
  unsigned code;
  unsigned (*from)(unsigned i, unsigned count);
};
constexpr Permutation permutations[] = {
    {1, [](unsigned i, unsigned /*count*/) { return 2 * i; }},
    {5, [](unsigned i, unsigned /*count*/) { return 2 * i + 1; }},
    {2, [](unsigned i, unsigned count) { return i % 2 == 0 ? i : count + i - 1; }},
    {6, [](unsigned i, unsigned count) { return i % 2 == 0 ? i + 1 : count + i; }},
    {3, [](unsigned i, unsigned count) { return i / 2 + i % 2 * count; }},
    {7, [](unsigned i, unsigned count) { return i / 2 + count / 2 + i % 2 * count; }},
};

}  // namespace

// If one instruction does it. `mask`: 31, or 15 where both operands are one.
bool VectorCode::shuffle_at_once(FloatReg to, FloatReg left, FloatReg right, const V128& lanes, unsigned mask) {
  for (const Permutation& one : permutations) {
    for (unsigned log = 0; log < 4; ++log) {
      const auto byte = [&](unsigned i) { return (one.from(i >> log, 16 >> log) << log) + i % (1U << log); };
      const bool is_turned = mask == 31 && are_lanes(lanes, mask, [&](unsigned i) { return byte(i) ^ 16; });
      if (!is_turned && !are_lanes(lanes, mask, byte)) continue;
      a_.vector_op(permutation(log, one.code), to, is_turned ? right : left, is_turned ? left : right);
      return true;
    }
  }
  const std::uint32_t begin = lanes.bytes[0];
  if (!are_lanes(lanes, mask, [&](unsigned i) { return i + begin; })) return false;
  const bool is_turned = begin >= 16;
  a_.vector_op(concatenation | (begin & 15) << 11, to, is_turned ? right : left, is_turned ? left : right);
  return true;
}

void VectorCode::shuffle_one(FloatReg to, FloatReg from, const V128& lanes) {
  if (are_lanes(lanes, 15, [](unsigned i) { return i; })) return a_.vector_move(to, from);
  for (unsigned log = 0; log < 4; ++log) {
    const unsigned lane = lanes.bytes[0] >> log;
    if (!are_lanes(lanes, 15, [&](unsigned i) { return (lane << log) + i % (1U << log); })) continue;
    return a_.vector_op(duplicate_lane | lane_bits(log, lane), to, from);
  }
  // Lanes in reverse order, within 16, 32 or 64 bits.
  for (unsigned group = 1; group < 4; ++group) {
    for (unsigned log = 0; log < group; ++log) {
      const unsigned turned = (1U << group) - (1U << log);
      if (!are_lanes(lanes, 15, [&](unsigned i) { return i ^ turned; })) continue;
      return a_.vector_op(two(group == 2 ? 1 : 0, log, group == 1 ? 0x01 : 0x00), to, from);
    }
  }
  if (shuffle_at_once(to, from, from, lanes, 15)) return;
  constant(third, lanes);
  a_.vector_op(table_of_one, to, from, third);
}

void VectorCode::shuffle(FloatReg to, const Value& left, const Value& right, V128 lanes) {
  const bool is_one = is_same(left, right);
  bool uses_left = false;
  bool uses_right = false;
  for (std::uint8_t& lane : lanes.bytes) {
    if (is_one) lane &= 15;
    (lane < 16 ? uses_left : uses_right) = true;
  }
  if (!uses_right) return shuffle_one(to, in_register(left, first), lanes);
  if (!uses_left) {
    for (std::uint8_t& lane : lanes.bytes) lane &= 15;
    return shuffle_one(to, in_register(right, first), lanes);
  }
  const FloatReg a = in_register(left, first);
  const FloatReg b = in_register(right, second);
  if (shuffle_at_once(to, a, b, lanes, 31)) return;
  if (a != first) a_.vector_move(first, a);
  if (b != second) a_.vector_move(second, b);
  constant(third, lanes);
  a_.vector_op(table_of_two, to, first, third);
}

}  // namespace tenon::jit::baseline::aarch64
