// AArch64 machine code under construction: the instructions that the baseline tier uses, and nothing else.
//
// Operations take operands in memory and constants of any size, as on x86-64. What the machine cannot do at once goes
// through x17, and through x16 where two things do; addresses of accesses that may fault are in x16 until they are used
// (`reachable`). Comparisons, and subtractions, set the flags; nothing else does.
#pragma once

#include <bit>
#include <cassert>
#include <type_traits>

#include "jit/baseline/labelled_code.hpp"

namespace tenon::jit::baseline::aarch64 {

enum class Reg : std::uint8_t {
  x0,
  x1,
  x2,
  x3,
  x4,
  x5,
  x6,
  x7,
  x8,
  x9,
  x10,
  x11,
  x12,
  x13,
  x14,
  x15,
  x16,
  x17,
  x18,
  x19,
  x20,
  x21,
  x22,
  x23,
  x24,
  x25,
  x26,
  x27,
  x28,
  x29,
  x30,
  none
};
enum class FloatReg : std::uint8_t {
  v0,
  v1,
  v2,
  v3,
  v4,
  v5,
  v6,
  v7,
  v8,
  v9,
  v10,
  v11,
  v12,
  v13,
  v14,
  v15,
  v16,
  v17,
  v18,
  v19,
  v20,
  v21,
  v22,
  v23,
  v24,
  v25,
  v26,
  v27,
  v28,
  v29,
  v30,
  v31
};

// Memory at base + index * scale + displacement.
struct Address {
  Reg base = Reg::x0;
  std::int32_t displacement = 0;
  Reg index = Reg::none;
  std::uint8_t scale = 0;  // log2
};

// The registers that the interpreter's handlers have their state in, as preserve_none gives them out.
inline constexpr Reg ip = Reg::x20;  // free inside of native code
inline constexpr Reg frame = Reg::x21;
inline constexpr Reg memory = Reg::x22;
inline constexpr Reg memory_size = Reg::x23;
inline constexpr Reg instance = Reg::x24;
inline constexpr Reg thread = Reg::x25;
inline constexpr Reg acc = Reg::x26;
inline constexpr FloatReg acc_f32 = FloatReg::v0;
inline constexpr FloatReg acc_f64 = FloatReg::v1;
// For the emitter. A function's result is in the first.
inline constexpr Reg scratch = Reg::x0;
inline constexpr Reg other = Reg::x1;
inline constexpr FloatReg scratch_float = FloatReg::v2;
inline constexpr FloatReg other_float = FloatReg::v3;
inline constexpr FloatReg third_float = FloatReg::v31;
// For slots. Handlers return to who called the interpreter: x29 and x30 stay as they are, and x18 is the system's.
inline constexpr Reg free_registers[] = {Reg::x2,  Reg::x3,  Reg::x4,  Reg::x5,  Reg::x6,  Reg::x7,
                                         Reg::x8,  Reg::x9,  Reg::x10, Reg::x11, Reg::x12, Reg::x13,
                                         Reg::x14, Reg::x15, Reg::x19, Reg::x27, Reg::x28, Reg::x20};
inline constexpr FloatReg free_float_registers[] = {
    FloatReg::v4,  FloatReg::v5,  FloatReg::v6,  FloatReg::v7,  FloatReg::v8,  FloatReg::v9,  FloatReg::v10,
    FloatReg::v11, FloatReg::v12, FloatReg::v13, FloatReg::v14, FloatReg::v15, FloatReg::v16, FloatReg::v17,
    FloatReg::v18, FloatReg::v19, FloatReg::v20, FloatReg::v21, FloatReg::v22, FloatReg::v23, FloatReg::v24,
    FloatReg::v25, FloatReg::v26, FloatReg::v27, FloatReg::v28, FloatReg::v29, FloatReg::v30};

// A constant as the machine's operations on bits can have it: a run of ones, turned around and repeated. The 13 bits of
// the instruction that say so, or -1.
constexpr std::int32_t bits_immediate(bool wide, std::uint64_t value) noexcept {
  if (!wide) value = (value & 0xFFFF'FFFF) | value << 32;
  if (value == 0 || value == ~std::uint64_t{0}) return -1;
  unsigned size = 64;
  for (; size > 2; size /= 2) {
    const std::uint64_t half = (std::uint64_t{1} << (size / 2)) - 1;
    if ((value & half) != (value >> (size / 2) & half)) break;
  }
  const std::uint64_t mask = size == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << size) - 1;
  const std::uint64_t element = value & mask;
  const auto ones = static_cast<unsigned>(std::popcount(element));
  const std::uint64_t run = (std::uint64_t{1} << ones) - 1;
  for (unsigned turn = 0; turn < size; ++turn) {
    const std::uint64_t turned = turn == 0 ? run : (run >> turn | run << (size - turn)) & mask;
    if (turned != element) continue;
    const unsigned sizes = ~(size * 2 - 1) & 0x3F;  // the size as leading ones and a zero
    return static_cast<std::int32_t>((size == 64 ? 1U : 0U) << 12 | turn << 6 | sizes | (ones - 1));
  }
  return -1;
}

class Assembler : public LabelledCode {
 public:
  void jump(Label to) { put_branch(0x1400'0000, to, near26); }
  // Reaches a megabyte; `set_far` makes it a branch over a jump.
  void jump(Condition condition, Label to) {
    if (is_far_) {
      put32(0x5400'0040 | code(opposite(condition)));
      return jump(to);
    }
    put_branch(0x5400'0000 | code(condition), to, near19);
  }
  void set_far(bool is_far) noexcept { is_far_ = is_far; }
  // Fills in the distances; all labels are bound. False if one is too long.
  bool finish() noexcept {
    for (const Fixup& fixup : fixups_) {
      const auto distance = static_cast<std::int32_t>(labels_[fixup.label] - fixup.from);
      std::uint32_t word = 0;
      std::memcpy(&word, &bytes_[fixup.at], 4);
      switch (fixup.form) {
        case near26:
          if (!fits(distance, 28)) return false;
          word |= static_cast<std::uint32_t>(distance >> 2) & 0x03FF'FFFF;
          break;
        case near19:
          if (!fits(distance, 21)) return false;
          word |= (static_cast<std::uint32_t>(distance >> 2) & 0x7'FFFF) << 5;
          break;
        case byte21:
          if (!fits(distance, 21)) return false;
          word |= (static_cast<std::uint32_t>(distance) & 3) << 29 |
                  (static_cast<std::uint32_t>(distance >> 2) & 0x7'FFFF) << 5;
          break;
        default: word = static_cast<std::uint32_t>(distance); break;
      }
      std::memcpy(&bytes_[fixup.at], &word, 4);
    }
    return true;
  }
  void align(std::uint32_t to) {
    while ((size_ & (to - 1)) != 0) put32(0xD503'201F);
  }

  // --- Whole numbers. `wide`: 64 bits; else 32, and the upper half of the result is zero.
  void move(bool wide, Reg to, Reg from) { put3(0x2A00'0000, wide, to, Reg::none, from); }
  void load(bool wide, Reg to, const Address& from) { access(wide ? load64 : load32, number(to), from, temporary); }
  void store(bool wide, const Address& to, Reg from) { access(wide ? store64 : store32, number(from), to, temporary); }
  void store8(const Address& to, Reg from) { access({0x3900'0000, 0}, number(from), to, temporary); }
  void store16(const Address& to, Reg from) { access({0x7900'0000, 1}, number(from), to, temporary); }
  void store_constant(bool wide, const Address& to, std::int32_t value) { store(wide, to, made(value)); }
  void store_constant8(const Address& to, std::uint8_t value) { store8(to, made(value)); }
  void store_constant16(const Address& to, std::uint16_t value) { store16(to, made(value)); }
  void address(bool wide, Reg to, const Address& of) {
    if (of.index == Reg::none) return add(wide, to, of.base, of.displacement);
    put3(0x0B00'0000 | std::uint32_t{of.scale} << 10, wide, to, of.base, of.index);
    if (of.displacement != 0) add(wide, to, to, of.displacement);
  }
  void constant(Reg to, std::uint64_t value) {
    const std::uint64_t inverse = ~value;
    unsigned zeros = 0;
    unsigned ones = 0;
    for (unsigned i = 0; i < 64; i += 16) {
      if ((value >> i & 0xFFFF) == 0) ++zeros;
      if ((inverse >> i & 0xFFFF) == 0) ++ones;
    }
    if (const std::int32_t bits = bits_immediate(true, value); zeros < 3 && ones < 3 && bits >= 0) {
      return put32(0xB200'0000 | static_cast<std::uint32_t>(bits) << 10 | 31U << 5 | number(to));  // orr to, xzr, #bits
    }
    const bool is_inverse = ones > zeros;
    const std::uint64_t pieces = is_inverse ? inverse : value;
    bool is_first = true;
    for (unsigned i = 0; i < 4; ++i) {
      const auto piece = static_cast<std::uint32_t>(pieces >> (16 * i) & 0xFFFF);
      if (piece == 0 && !(i == 3 && is_first)) continue;
      const std::uint32_t bits = is_first ? piece : static_cast<std::uint32_t>(value >> (16 * i) & 0xFFFF);
      const std::uint32_t form = is_first ? is_inverse ? 0x9280'0000 : 0xD280'0000 : 0xF280'0000;
      put32(form | i << 21 | bits << 5 | number(to));
      is_first = false;
    }
  }
  void constant_keeping_flags(Reg to, std::uint64_t value) { constant(to, value); }
  void alu(Alu op, bool wide, Reg to, Reg from) { put_alu(op, wide, to, to, from); }
  void alu(Alu op, bool wide, Reg to, const Address& from) {
    load(wide, temporary, from);
    put_alu(op, wide, to, to, temporary);
  }
  void alu(Alu op, bool wide, Reg to, std::int32_t value) { put_alu(op, wide, to, to, value); }
  void alu(Alu op, bool wide, const Address& with, std::int32_t value) {
    assert(op == Alu::cmp);
    load(wide, temporary, with);
    put_alu(op, wide, temporary, temporary, value, Reg::x16);
  }
  void compare16_with_zero(const Address& with) {
    access({0x7940'0000, 1}, number(temporary), with, temporary);
    put_alu(Alu::cmp, false, temporary, temporary, 0);
  }
  // From 64 bits in memory; the flags are those of the difference. The register may change.
  void subtract_from(const Address& from, std::int32_t value, Reg through) {
    load(true, through, from);
    put_alu(Alu::sub, true, through, through, value);
    store(true, from, through);
  }
  void alu_to(Alu op, bool wide, const Address& with, Reg from) {
    assert(op == Alu::cmp);
    load(wide, temporary, with);
    put_alu(op, wide, temporary, temporary, from);
  }
  // With the result in a register of its own.
  void put_alu(Alu op, bool wide, Reg to, Reg left, Reg right) {
    static constexpr std::uint32_t codes[] = {0x0B00'0000, 0x2A00'0000, 0,           0,
                                              0x0A00'0000, 0x6B00'0000, 0x4A00'0000, 0x6B00'0000};
    put3(codes[number(op)], wide, op == Alu::cmp ? Reg::none : to, left, right);
  }
  void put_alu(Alu op, bool wide, Reg to, Reg left, std::int32_t value, Reg through = temporary) {
    const std::uint32_t size = wide ? 1U << 31 : 0;
    const bool adds = op == Alu::add || op == Alu::sub || op == Alu::cmp;
    if (adds) {
      // The flags of a subtraction are those of the addition of the opposite.
      const std::uint32_t flags = op == Alu::add ? 0 : 1U << 29;
      const std::int64_t amount = op == Alu::add ? value : -std::int64_t{value};
      const auto least = static_cast<std::uint64_t>(amount < 0 ? -amount : amount);
      const bool is_sub = amount < 0 || (amount == 0 && op != Alu::add);
      const std::uint32_t form = size | flags | (is_sub ? 0x5100'0000 : 0x1100'0000);
      const std::uint32_t registers = number(left) << 5 | (op == Alu::cmp ? 31U : number(to));
      if (least < 4096) return put32(form | static_cast<std::uint32_t>(least) << 10 | registers);
      if ((least & 0xFFF) == 0 && least < 1U << 24) {
        return put32(form | 1U << 22 | static_cast<std::uint32_t>(least >> 12) << 10 | registers);
      }
    } else if (const std::int32_t bits = bits_immediate(wide, static_cast<std::uint64_t>(std::int64_t{value}));
               bits >= 0) {
      const std::uint32_t form = op == Alu::and_ ? 0x1200'0000 : op == Alu::or_ ? 0x3200'0000 : 0x5200'0000;
      return put32(size | form | static_cast<std::uint32_t>(bits) << 10 | number(left) << 5 | number(to));
    }
    constant(through, static_cast<std::uint64_t>(std::int64_t{value}));
    put_alu(op, wide, to, left, through);
  }
  // Of a register with itself: compares it with zero.
  void test(bool wide, Reg a, [[maybe_unused]] Reg b) {
    assert(a == b);
    put_alu(Alu::cmp, wide, a, a, 0);
  }
  void multiply(bool wide, Reg to, Reg from) { put3(0x1B00'7C00, wide, to, to, from); }
  void multiply(bool wide, Reg to, const Address& from) {
    load(wide, temporary, from);
    multiply(wide, to, temporary);
  }
  void multiply(bool wide, Reg to, Reg from, std::int32_t by) {
    constant(temporary, static_cast<std::uint64_t>(std::int64_t{by}));
    put3(0x1B00'7C00, wide, to, from, temporary);
  }
  void multiply(bool wide, Reg to, const Address& from, std::int32_t by) {
    load(wide, Reg::x16, from);
    multiply(wide, to, Reg::x16, by);
  }
  // to = of - left * right.
  void multiply_subtract(bool wide, Reg to, Reg left, Reg right, Reg of) {
    put3(0x1B00'8000 | number(of) << 10, wide, to, left, right);
  }
  void divide(bool is_signed, bool wide, Reg to, Reg left, Reg right) {
    put3(is_signed ? 0x1AC0'0C00 : 0x1AC0'0800, wide, to, left, right);
  }
  void shift(Shift op, bool wide, Reg value, std::uint8_t by) { shift(op, wide, value, value, by); }
  void shift(Shift op, bool wide, Reg to, Reg from, unsigned by) {
    const unsigned bits = wide ? 64 : 32;
    const std::uint32_t form = wide ? 0x8040'0000 : 0;
    const std::uint32_t registers = number(from) << 5 | number(to);
    const unsigned turn = op == Shift::rol ? (bits - by) % bits : by;
    switch (op) {
      case Shift::rol:
      case Shift::ror: return put32(form | 0x1380'0000 | number(from) << 16 | turn << 10 | registers);
      case Shift::shl: return put32(form | 0x5300'0000 | (bits - by) % bits << 16 | (bits - 1 - by) << 10 | registers);
      case Shift::shr: return put32(form | 0x5300'0000 | by << 16 | (bits - 1) << 10 | registers);
      default: return put32(form | 0x1300'0000 | by << 16 | (bits - 1) << 10 | registers);
    }
  }
  // By what a register says; not to the left around.
  void shift(Shift op, bool wide, Reg to, Reg from, Reg by) {
    const std::uint32_t form = op == Shift::shl   ? 0x1AC0'2000
                               : op == Shift::shr ? 0x1AC0'2400
                               : op == Shift::sar ? 0x1AC0'2800
                                                  : 0x1AC0'2C00;
    put3(form, wide, to, from, by);
  }
  void negate(bool wide, Reg to, Reg from) { put3(0x4B00'0000, wide, to, Reg::none, from); }
  void extend(Extension what, bool wide, Reg to, Reg from) {
    const std::uint32_t registers = number(from) << 5 | number(to);
    const std::uint32_t form = wide ? 0x9340'0000 : 0x1300'0000;
    switch (what) {
      case Extension::zero8: return put32(0x5300'1C00 | registers);
      case Extension::zero16: return put32(0x5300'3C00 | registers);
      case Extension::zero32: return move(false, to, from);
      case Extension::sign8: return put32(form | 0x1C00 | registers);
      case Extension::sign16: return put32(form | 0x3C00 | registers);
      default: return put32(0x9340'7C00 | registers);
    }
  }
  void extend(Extension what, bool wide, Reg to, const Address& from) {
    const std::uint32_t sign = wide ? 0x0080'0000 : 0x00C0'0000;
    switch (what) {
      case Extension::zero8: return access({0x3940'0000, 0}, number(to), from, temporary);
      case Extension::zero16: return access({0x7940'0000, 1}, number(to), from, temporary);
      case Extension::zero32: return access(load32, number(to), from, temporary);
      case Extension::sign8: return access({0x3900'0000 | sign, 0}, number(to), from, temporary);
      case Extension::sign16: return access({0x7900'0000 | sign, 1}, number(to), from, temporary);
      default: return access({0xB980'0000, 2}, number(to), from, temporary);
    }
  }
  // Ones are counted by a unit for vectors, through the scratch register for floats.
  void count_bits(BitCount what, bool wide, Reg to, Reg from) {
    const std::uint32_t form = wide ? 0x8000'0000 : 0;
    switch (what) {
      case BitCount::leading_zeros: return put32(form | 0x5AC0'1000 | number(from) << 5 | number(to));
      case BitCount::trailing_zeros:
        put32(form | 0x5AC0'0000 | number(from) << 5 | number(to));  // rbit
        return put32(form | 0x5AC0'1000 | number(to) << 5 | number(to));
      default: {
        const unsigned v = number(scratch_float);
        to_float_register(wide, scratch_float, from);
        put32(0x0E20'5800 | v << 5 | v);  // cnt v.8b, v.8b
        put32(0x0E31'B800 | v << 5 | v);  // addv b, v.8b
        return from_float_register(false, to, scratch_float);
      }
    }
  }
  void count_bits(BitCount what, bool wide, Reg to, const Address& from) {
    load(wide, temporary, from);
    count_bits(what, wide, to, temporary);
  }
  void set(Condition condition, Reg to) { put32(0x1A9F'07E0 | code(opposite(condition)) << 12 | number(to)); }
  void move_if(Condition condition, bool wide, Reg to, Reg from) {
    put3(0x1A80'0000 | code(condition) << 12, wide, to, from, to);
  }
  void jump_to(Reg target) { put32(0xD61F'0000 | number(target) << 5); }
  void jump_to(const Address& target) {
    load(true, temporary, target);
    jump_to(temporary);
  }
  void return_() { put32(0xD65F'03C0); }
  void load_effective_of_label(Reg to, Label label) { put_branch(0x1000'0000 | number(to), label, byte21); }

  // --- Floating point. `wide`: f64, else f32. What is written as an f32 has zeroes beside it.
  void float_op(FloatOp op, bool wide, FloatReg to, FloatReg from) { float_op(op, wide, to, to, from); }
  void float_op(FloatOp op, bool wide, FloatReg to, FloatReg left, FloatReg right) {
    if (op == FloatOp::sqrt) return put_float2(0x1E21'C000, wide, to, right);
    static constexpr std::uint32_t codes[] = {0x1E20'2800, 0x1E20'3800, 0x1E20'0800, 0x1E20'1800};
    put_float3(codes[number(op)], wide, to, left, right);
  }
  void float_min_max(bool is_min, bool wide, FloatReg to, FloatReg left, FloatReg right) {
    put_float3(is_min ? 0x1E20'5800 : 0x1E20'4800, wide, to, left, right);
  }
  void float_abs(bool wide, FloatReg to, FloatReg from) { put_float2(0x1E20'C000, wide, to, from); }
  void float_negate(bool wide, FloatReg to, FloatReg from) { put_float2(0x1E21'4000, wide, to, from); }
  void float_move(FloatReg to, FloatReg from) { put_float2(0x1E20'4000, true, to, from); }
  void float_zero(FloatReg to) { put32(0x2F00'E400 | number(to)); }
  void float_clean(FloatReg value, FloatReg /*through*/) { put_float2(0x1E20'4000, false, value, value); }
  void change_width(bool from_wide, FloatReg to, FloatReg from) {
    put32((from_wide ? 0x1E62'4000 : 0x1E22'C000) | number(from) << 5 | number(to));
  }
  void float_load(bool wide, FloatReg to, const Address& from) {
    access(wide ? Access{0xFD40'0000, 3} : Access{0xBD40'0000, 2}, number(to), from, temporary);
  }
  void float_store(bool wide, const Address& to, FloatReg from) {
    access(wide ? Access{0xFD00'0000, 3} : Access{0xBD00'0000, 2}, number(from), to, temporary);
  }
  void float_compare(bool wide, FloatReg a, FloatReg b) {
    put32(0x1E20'2000 | (wide ? 1U << 22 : 0) | number(b) << 16 | number(a) << 5);
  }
  void float_compare(bool wide, FloatReg a, const Address& b) {
    float_load(wide, other_float, b);
    float_compare(wide, a, other_float);
  }
  void float_compare_zero(bool wide, FloatReg a) { put32(0x1E20'2008 | (wide ? 1U << 22 : 0) | number(a) << 5); }
  // Of two floats that were compared.
  void float_set(Condition condition, Reg to) { set(condition, to); }
  void float_jump(Condition condition, Label to) { jump(condition, to); }
  void to_float_register(bool wide, FloatReg to, Reg from) {
    put32((wide ? 0x9E67'0000 : 0x1E27'0000) | number(from) << 5 | number(to));
  }
  void from_float_register(bool wide, Reg to, FloatReg from) {
    put32((wide ? 0x9E66'0000 : 0x1E26'0000) | number(from) << 5 | number(to));
  }
  void round(Rounding how, bool wide, FloatReg to, FloatReg from) {
    static constexpr std::uint32_t codes[] = {0x1E24'4000, 0x1E25'4000, 0x1E24'C000, 0x1E25'C000};
    put_float2(codes[number(how)], wide, to, from);
  }
  void to_integer(bool is_signed, bool from_wide, bool wide, Reg to, FloatReg from) {
    put32((is_signed ? 0x1E38'0000 : 0x1E39'0000) | (wide ? 1U << 31 : 0) | (from_wide ? 1U << 22 : 0) |
          number(from) << 5 | number(to));
  }
  void from_integer(bool is_signed, bool of_wide, bool wide, FloatReg to, Reg from) {
    put32((is_signed ? 0x1E22'0000 : 0x1E23'0000) | (of_wide ? 1U << 31 : 0) | (wide ? 1U << 22 : 0) |
          number(from) << 5 | number(to));
  }
  // The bits of `from` that `mask` has, into `to`, which is the mask before: bsl.
  void select_bits(FloatReg to, FloatReg if_set, FloatReg if_clear) {
    put32(0x2E60'1C00 | number(if_clear) << 16 | number(if_set) << 5 | number(to));
  }

  // --- Vectors: instructions by their fixed bits (vector_instructions.hpp), with registers of either kind.
  void vector_move(FloatReg to, FloatReg from) { vector_op(0x4EA0'1C00, to, from, from); }
  void vector_load(FloatReg to, const Address& from) { access(load128, number(to), from, temporary); }
  void vector_store(const Address& to, FloatReg from) { access(store128, number(from), to, temporary); }
  // The lowest 1 << log bytes; the others become zero.
  void part_load(unsigned log, FloatReg to, const Address& from) {
    access({log << 30 | 0x3D40'0000, log}, number(to), from, temporary);
  }
  void part_store(unsigned log, const Address& to, FloatReg from) {
    access({log << 30 | 0x3D00'0000, log}, number(from), to, temporary);
  }
  template <class To, class From>
  void vector_op(std::uint32_t form, To to, From from) {
    put32(form | number(from) << 5 | number(to));
  }
  void vector_op(std::uint32_t form, FloatReg to, FloatReg left, FloatReg right) {
    put32(form | number(right) << 16 | number(left) << 5 | number(to));
  }
  // Behind the code, or in pieces of instructions where that may be too far away.
  void vector_constant(FloatReg to, const V128& value) {
    if (!is_far_) return put_branch(0x9C00'0000 | number(to), constant_label(value), near19);
    std::uint64_t halves[2];
    std::memcpy(halves, value.bytes, sizeof halves);
    constant(temporary, halves[0]);
    to_float_register(true, to, temporary);
    constant(temporary, halves[1]);
    put32(0x4E18'1C00 | number(temporary) << 5 | number(to));  // ins to.d[1], temporary
  }

  // The same place, so that one instruction reaches it.
  Address reachable(const Address& address, unsigned width) {
    if (is_one_instruction(address, static_cast<unsigned>(std::countr_zero(width)))) return address;
    Address made{.base = Reg::x16, .displacement = address.displacement};
    if (address.index == Reg::none) {
      made.base = address.base;
    } else {
      put3(0x0B00'0000 | std::uint32_t{address.scale} << 10, true, Reg::x16, address.base, address.index);
    }
    if (is_one_instruction(made, static_cast<unsigned>(std::countr_zero(width)))) return made;
    add(true, Reg::x16, made.base, made.displacement);
    return {.base = Reg::x16};
  }
  // Whether storing the constant is one instruction.
  static bool stores_at_once(std::int32_t value) noexcept { return value == 0; }
  // Faults where a store would that may have written a part by then: reads the whole place. What a store leaves in a
  // page that it may write, when it faults in the next, the architecture does not say. One instruction, or none.
  void touch(unsigned width, const Address& to) {
    if (width == 1) return;
    if (width == 16) return vector_load(third_float, to);
    access(width == 2 ? Access{0x7940'0000, 1} : width == 4 ? load32 : load64, number(Reg::none), to, temporary);
  }
  // What a comparison of floats makes true where the first is greater.
  static constexpr Condition float_greater = Condition::greater;
  static constexpr Condition float_greater_equal = Condition::greater_equal;

 private:
  static constexpr Reg temporary = Reg::x17;
  // How a fixup is filled in: 26 or 19 bits in units of instructions, 21 in bytes.
  static constexpr std::uint8_t near26 = 1;
  static constexpr std::uint8_t near19 = 2;
  static constexpr std::uint8_t byte21 = 3;

  // An instruction that loads or stores, in its form with a displacement in units of the access, whose log2 is `unit`.
  struct Access {
    std::uint32_t form;
    unsigned unit;
  };
  static constexpr Access load32{0xB940'0000, 2};
  static constexpr Access load64{0xF940'0000, 3};
  static constexpr Access store32{0xB900'0000, 2};
  static constexpr Access store64{0xF900'0000, 3};
  static constexpr Access load128{0x3DC0'0000, 4};
  static constexpr Access store128{0x3D80'0000, 4};

  template <class E>
  static constexpr unsigned number(E value) noexcept {
    return static_cast<unsigned>(value);
  }
  static constexpr std::uint32_t code(Condition condition) noexcept {
    constexpr std::uint8_t codes[] = {6, 7, 3, 2, 0, 1, 9, 8, 4, 5, 6, 7, 11, 10, 13, 12};
    return codes[number(condition)];
  }
  static constexpr bool fits(std::int64_t distance, unsigned bits) noexcept {
    return distance >= -(std::int64_t{1} << (bits - 1)) && distance < std::int64_t{1} << (bits - 1);
  }

  // A register with the constant.
  Reg made(std::int32_t value) {
    if (value == 0) return Reg::none;
    constant(Reg::x16, static_cast<std::uint64_t>(std::int64_t{value}));
    return Reg::x16;
  }
  void put_branch(std::uint32_t form, Label to, std::uint8_t kind) {
    fixups_.push_back({size_, to.id, size_, kind});
    put32(form);
  }
  void put3(std::uint32_t form, bool wide, Reg to, Reg left, Reg right) noexcept {
    put32(form | (wide ? 1U << 31 : 0) | number(right) << 16 | number(left) << 5 | number(to));
  }
  void put_float3(std::uint32_t form, bool wide, FloatReg to, FloatReg left, FloatReg right) noexcept {
    put32(form | (wide ? 1U << 22 : 0) | number(right) << 16 | number(left) << 5 | number(to));
  }
  void put_float2(std::uint32_t form, bool wide, FloatReg to, FloatReg from) noexcept {
    put32(form | (wide ? 1U << 22 : 0) | number(from) << 5 | number(to));
  }
  void add(bool wide, Reg to, Reg from, std::int32_t value) { put_alu(Alu::add, wide, to, from, value); }

  static bool is_scaled(std::int32_t displacement, unsigned unit) noexcept {
    return displacement >= 0 && (displacement & ((1 << unit) - 1)) == 0 && displacement >> unit < 4096;
  }
  static bool is_short(std::int32_t displacement) noexcept { return displacement >= -256 && displacement < 256; }
  static bool is_one_instruction(const Address& address, unsigned unit) noexcept {
    if (address.index != Reg::none) return address.displacement == 0 && (address.scale == 0 || address.scale == unit);
    return is_scaled(address.displacement, unit) || is_short(address.displacement);
  }
  void access(Access what, unsigned value, Address at, Reg through) {
    if (!is_one_instruction(at, what.unit)) {
      if (at.index != Reg::none) {
        put3(0x0B00'0000 | std::uint32_t{at.scale} << 10, true, through, at.base, at.index);
        at = {.base = through, .displacement = at.displacement};
      }
      if (!is_one_instruction(at, what.unit)) {
        if (at.base == through) {
          put_alu(Alu::add, true, through, through, at.displacement, Reg::x16);
          at.displacement = 0;
        } else {
          constant(through, static_cast<std::uint64_t>(std::int64_t{at.displacement}));
          at = {.base = at.base, .index = through};
        }
      }
    }
    const std::uint32_t registers = number(at.base) << 5 | value;
    constexpr std::uint32_t unsigned_offset = 1U << 24;
    const std::uint32_t form = what.form & ~unsigned_offset;
    if (at.index != Reg::none) {
      const std::uint32_t scaled = at.scale == 0 ? 0 : 1U << 12;
      return put32(form | 0x0020'6800 | scaled | number(at.index) << 16 | registers);
    }
    if (is_scaled(at.displacement, what.unit)) {
      return put32(what.form | static_cast<std::uint32_t>(at.displacement >> what.unit) << 10 | registers);
    }
    put32(form | (static_cast<std::uint32_t>(at.displacement) & 0x1FF) << 12 | registers);
  }

  bool is_far_ = false;
};

}  // namespace tenon::jit::baseline::aarch64
