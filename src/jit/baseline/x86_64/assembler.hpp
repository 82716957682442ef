// x86-64 machine code under construction: the instructions that the baseline tier uses, and nothing else.
#pragma once

#include <bit>
#include <cassert>
#include <type_traits>

#include "jit/baseline/labelled_code.hpp"

namespace tenon::jit::baseline::x86_64 {

enum class Reg : std::uint8_t { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 };
enum class FloatReg : std::uint8_t { x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15 };

// Memory at base + index * scale + displacement.
struct Address {
  Reg base = Reg::rax;
  std::int32_t displacement = 0;
  Reg index = Reg::rsp;    // rsp: none
  std::uint8_t scale = 0;  // log2
};

// An instruction with three operands in AVX's encoding: its code, the prefix that belongs to it, and where codes of
// this length stand. With vectors of 16 bytes throughout.
struct Vex {
  std::uint8_t code = 0;
  std::uint8_t prefix = 1;  // none, 66, F3, F2
  std::uint8_t map = 1;     // 0F, 0F 38, 0F 3A
  bool wide = false;
};

// The registers that the interpreter's handlers have their state in, as preserve_none gives them out.
inline constexpr Reg ip = Reg::r12;  // free inside of native code
inline constexpr Reg frame = Reg::r13;
inline constexpr Reg memory = Reg::r14;
inline constexpr Reg memory_size = Reg::r15;
inline constexpr Reg instance = Reg::rdi;
inline constexpr Reg thread = Reg::rsi;
inline constexpr Reg acc = Reg::rdx;
inline constexpr FloatReg acc_f32 = FloatReg::x0;
inline constexpr FloatReg acc_f64 = FloatReg::x1;
// For the emitter. A function's result is in the first.
inline constexpr Reg scratch = Reg::rax;
inline constexpr Reg other = Reg::rcx;
inline constexpr FloatReg scratch_float = FloatReg::x2;
inline constexpr FloatReg other_float = FloatReg::x3;
// The last of those for slots, in functions with vectors.
inline constexpr FloatReg third_float = FloatReg::x15;
// For slots.
inline constexpr Reg free_registers[] = {Reg::rbx, Reg::r8, Reg::r9, Reg::r10, Reg::r11, Reg::r12};
inline constexpr FloatReg free_float_registers[] = {FloatReg::x4,  FloatReg::x5,  FloatReg::x6,  FloatReg::x7,
                                                    FloatReg::x8,  FloatReg::x9,  FloatReg::x10, FloatReg::x11,
                                                    FloatReg::x12, FloatReg::x13, FloatReg::x14, FloatReg::x15};

class Assembler : public LabelledCode {
 public:
  void jump(Label to) {
    put8(0xE9);
    put_distance(to);
  }
  void jump(Condition condition, Label to) {
    put8(0x0F);
    put8(0x80 + static_cast<unsigned>(condition));
    put_distance(to);
  }
  static void set_far(bool /*is_far*/) noexcept {}  // jumps reach everywhere
  // Fills in the distances; all labels are bound.
  bool finish() noexcept {
    for (const Fixup& fixup : fixups_) {
      const std::uint32_t distance = labels_[fixup.label] - fixup.from;
      std::memcpy(&bytes_[fixup.at], &distance, 4);
    }
    return true;
  }
  void align(std::uint32_t to) {
    static constexpr std::uint8_t fillings[9][9] = {{0x90},
                                                    {0x66, 0x90},
                                                    {0x0F, 0x1F, 0x00},
                                                    {0x0F, 0x1F, 0x40, 0x00},
                                                    {0x0F, 0x1F, 0x44, 0x00, 0x00},
                                                    {0x66, 0x0F, 0x1F, 0x44, 0x00, 0x00},
                                                    {0x0F, 0x1F, 0x80, 0x00, 0x00, 0x00, 0x00},
                                                    {0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
                                                    {0x66, 0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00}};
    for (std::uint32_t left = (0U - size_) & (to - 1); left > 0;) {
      const std::uint32_t length = left < 9 ? left : 9;
      for (std::uint32_t i = 0; i < length; ++i) put8(fillings[length - 1][i]);
      left -= length;
    }
  }

  // --- Whole numbers. `wide`: 64 bits; else 32, and the upper half of the result is zero.
  void move(bool wide, Reg to, Reg from) { encode(0, wide, 0x8B, number(to), from); }
  void load(bool wide, Reg to, const Address& from) { encode(0, wide, 0x8B, number(to), from); }
  void store(bool wide, const Address& to, Reg from) { encode(0, wide, 0x89, number(from), to); }
  void store8(const Address& to, Reg from) { encode(0, false, 0x88, number(from), to, number(from) >= 4); }
  void store16(const Address& to, Reg from) { encode(0x66, false, 0x89, number(from), to); }
  void store_constant(bool wide, const Address& to, std::int32_t value) {
    encode(0, wide, 0xC7, 0, to);
    put32(static_cast<std::uint32_t>(value));
  }
  void store_constant8(const Address& to, std::uint8_t value) {
    encode(0, false, 0xC6, 0, to);
    put8(value);
  }
  void store_constant16(const Address& to, std::uint16_t value) {
    encode(0x66, false, 0xC7, 0, to);
    put8(value & 0xFF);
    put8(value >> 8);
  }
  void address(bool wide, Reg to, const Address& of) { encode(0, wide, 0x8D, number(to), of); }
  void constant(Reg to, std::uint64_t value) {
    if (value == 0) return alu(Alu::xor_, false, to, to);
    constant_keeping_flags(to, value);
  }
  void constant_keeping_flags(Reg to, std::uint64_t value) {
    const auto n = number(to);
    if (value <= 0xFFFF'FFFF) {
      if (n >= 8) put8(0x41);
      put8(0xB8 + (n & 7));
      put32(static_cast<std::uint32_t>(value));
    } else if (static_cast<std::int64_t>(value) == static_cast<std::int32_t>(value)) {
      encode(0, true, 0xC7, 0, to);
      put32(static_cast<std::uint32_t>(value));
    } else {
      put8(n >= 8 ? 0x49 : 0x48);
      put8(0xB8 + (n & 7));
      put64(value);
    }
  }
  void alu(Alu op, bool wide, Reg to, Reg from) { encode(0, wide, number(op) * 8 + 3, number(to), from); }
  void alu(Alu op, bool wide, Reg to, const Address& from) { encode(0, wide, number(op) * 8 + 3, number(to), from); }
  void alu_to(Alu op, bool wide, const Address& to, Reg from) { encode(0, wide, number(op) * 8 + 1, number(from), to); }
  template <class To>
  void alu(Alu op, bool wide, const To& to, std::int32_t value) {
    const bool is_short = value >= -128 && value < 128;
    encode(0, wide, is_short ? 0x83 : 0x81, number(op), to);
    if (is_short) {
      put8(static_cast<std::uint8_t>(value));
    } else {
      put32(static_cast<std::uint32_t>(value));
    }
  }
  // From 64 bits in memory; the flags are those of the difference. The register may change.
  void subtract_from(const Address& from, std::int32_t value, Reg /*through*/) { alu(Alu::sub, true, from, value); }
  void compare16_with_zero(const Address& with) {
    encode(0x66, false, 0x83, 7, with);
    put8(0);
  }
  void test(bool wide, Reg a, Reg b) { encode(0, wide, 0x85, number(b), a); }
  template <class From>
  void multiply(bool wide, Reg to, const From& from) {
    encode(0, wide, 0x0FAF, number(to), from);
  }
  template <class From>
  void multiply(bool wide, Reg to, const From& from, std::int32_t by) {
    const bool is_short = by >= -128 && by < 128;
    encode(0, wide, is_short ? 0x6B : 0x69, number(to), from);
    if (is_short) {
      put8(static_cast<std::uint8_t>(by));
    } else {
      put32(static_cast<std::uint32_t>(by));
    }
  }
  void shift(Shift op, bool wide, Reg value, std::uint8_t by) {
    encode(0, wide, 0xC1, number(op), value);
    put8(by);
  }
  void shift_by_cl(Shift op, bool wide, Reg value) { encode(0, wide, 0xD3, number(op), value); }
  // rdx:rax by `by`: the quotient to rax, the remainder to rdx.
  void divide(bool is_signed, bool wide, Reg by) { encode(0, wide, 0xF7, is_signed ? 7 : 6, by); }
  void sign_to_rdx(bool wide) {
    if (wide) put8(0x48);
    put8(0x99);
  }
  void negate(bool wide, Reg value) { encode(0, wide, 0xF7, 3, value); }
  template <class From>
  void extend(Extension what, bool wide, Reg to, const From& from) {
    static constexpr unsigned codes[] = {0x0FB6, 0x0FBE, 0x0FB7, 0x0FBF, 0x8B, 0x63};  // in the enumeration's order
    extended(codes[number(what)], wide, to, from);
  }
  template <class From>
  void count_bits(BitCount what, bool wide, Reg to, const From& from) {
    static constexpr unsigned codes[] = {0x0FBD, 0x0FBC, 0x0FB8};
    extended(codes[number(what)], wide, to, from, 0xF3);
  }
  // 0 or 1, through the scratch register.
  void set(Condition condition, Reg to) {
    set8(condition, scratch);
    extend(Extension::zero8, false, to, scratch);
  }
  // Operations with the form `op reg, reg-or-memory`, by their code.
  template <class From>
  void extended(unsigned code, bool wide, Reg to, const From& from, std::uint8_t prefix = 0) {
    encode(prefix, wide, code, number(to), from, needs_rex(code, from));
  }
  void set8(Condition condition, Reg to) { encode(0, false, 0x0F90 + number(condition), 0, to, number(to) >= 4); }
  void move_if(Condition condition, bool wide, Reg to, Reg from) {
    encode(0, wide, 0x0F40 + number(condition), number(to), from);
  }
  template <class To>
  void jump_to(const To& target) {
    encode(0, false, 0xFF, 4, target);
  }
  void return_() { put8(0xC3); }
  void load_effective_of_label(Reg to, Label label) {
    put8(number(to) >= 8 ? 0x4C : 0x48);
    put8(0x8D);
    put8((number(to) & 7) << 3 | 5);
    put_distance(label);
  }

  // --- Floating point. `wide`: f64, else f32.
  template <class From>
  void sse(std::uint8_t prefix, unsigned code, FloatReg to, const From& from) {
    encode(prefix, false, code, number(to), from);
  }
  template <class From>
  void sse_wide(std::uint8_t prefix, unsigned code, FloatReg to, const From& from) {
    encode(prefix, true, code, number(to), from);
  }
  template <class From>
  void float_op(FloatOp op, bool wide, FloatReg to, const From& from) {
    static constexpr unsigned codes[] = {0x58, 0x5C, 0x59, 0x5E, 0x51};  // in the enumeration's order
    sse_scalar(codes[number(op)], wide, to, from);
  }
  template <class From>
  void sse_scalar(unsigned code, bool wide, FloatReg to, const From& from) {
    sse(wide ? 0xF2 : 0xF3, 0x0F00 | code, to, from);
  }
  void float_to_integer(std::uint8_t prefix, bool wide, Reg to, FloatReg from) {
    encode(prefix, wide, 0x0F2C, number(to), from);
  }
  void float_move(FloatReg to, FloatReg from) { sse(0, 0x0F28, to, from); }
  void float_load(bool wide, FloatReg to, const Address& from) { sse_scalar(0x10, wide, to, from); }
  void float_store(bool wide, const Address& to, FloatReg from) {
    encode(wide ? 0xF2 : 0xF3, false, 0x0F11, number(from), to);
  }
  template <class From>
  void float_compare(bool wide, FloatReg a, const From& b) {
    sse(wide ? 0x66 : 0, 0x0F2E, a, b);
  }
  // Of two floats that were compared: an unordered pair is `equal` to the machine, together with `parity`.
  void float_set(Condition condition, Reg to) {
    set8(condition, scratch);
    if (condition == Condition::equal) {
      set8(Condition::no_parity, other);
      alu(Alu::and_, false, scratch, other);
    } else if (condition == Condition::not_equal) {
      set8(Condition::parity, other);
      alu(Alu::or_, false, scratch, other);
    }
    extend(Extension::zero8, false, to, scratch);
  }
  void float_jump(Condition condition, Label to) {
    if (condition == Condition::equal) {
      const Label unordered = make_label();
      jump(Condition::parity, unordered);
      jump(Condition::equal, to);
      return bind(unordered);
    }
    jump(condition, to);
    if (condition == Condition::not_equal) jump(Condition::parity, to);
  }
  void float_xor(FloatReg to, FloatReg from) { sse(0, 0x0F57, to, from); }
  void float_and(FloatReg to, FloatReg from) { sse(0, 0x0F54, to, from); }
  void float_and_not(FloatReg to, FloatReg from) { sse(0, 0x0F55, to, from); }
  void float_or(FloatReg to, FloatReg from) { sse(0, 0x0F56, to, from); }
  void float_zero(FloatReg to) { float_xor(to, to); }
  // What lies beside an f32 becomes zero.
  void float_clean(FloatReg value, FloatReg through) {
    float_zero(through);
    sse_scalar(0x10, false, through, value);
    float_move(value, through);
  }
  // From f32 to f64, or back.
  void change_width(bool from_wide, FloatReg to, FloatReg from) {
    float_zero(to);
    sse_scalar(0x5A, from_wide, to, from);
  }
  void to_float_register(bool wide, FloatReg to, Reg from) { encode(0x66, wide, 0x0F6E, number(to), from); }
  void from_float_register(bool wide, Reg to, FloatReg from) { encode(0x66, wide, 0x0F7E, number(from), to); }
  void round(Rounding how, bool wide, FloatReg to, FloatReg from) {
    encode(0x66, false, wide ? 0x0F3A0B : 0x0F3A0A, number(to), from);
    put8(8 + number(how));
  }

  // --- Vectors. Operands in memory may have any alignment.
  void vector_move(FloatReg to, FloatReg from) { float_move(to, from); }
  void vector_load(FloatReg to, const Address& from) { sse(0, 0x0F10, to, from); }
  void vector_store(const Address& to, FloatReg from) { encode(0, false, 0x0F11, number(from), to); }
  // `to` = first op second. What has only one operand has it as the second; x0 stands for the first then.
  template <class To, class Second>
  void vex(Vex op, To to, FloatReg first, const Second& second) {
    vex_with(op, number(to), number(first), second, 0);
  }
  template <class To, class Second>
  void vex(Vex op, To to, FloatReg first, const Second& second, std::uint8_t immediate) {
    vex_with(op, number(to), number(first), second, 1);
    put8(immediate);
  }
  // With a number in place of `to` that belongs to the code.
  void vex_shift(Vex op, unsigned kind, FloatReg to, FloatReg from, std::uint8_t by) {
    vex_with(op, kind, number(to), from, 1);
    put8(by);
  }

  // The same place, so that one instruction reaches it.
  static Address reachable(const Address& address, unsigned /*width*/) noexcept { return address; }
  // Whether storing the constant is one instruction.
  static bool stores_at_once(std::int32_t /*value*/) noexcept { return true; }
  // Faults where a store would that may have written a part by then: none does.
  static void touch(unsigned /*width*/, const Address& /*to*/) noexcept {}
  // What a comparison of floats makes true where the first is greater.
  static constexpr Condition float_greater = Condition::above;
  static constexpr Condition float_greater_equal = Condition::above_equal;

 private:
  template <class E>
  static constexpr unsigned number(E value) noexcept {
    return static_cast<unsigned>(value);
  }
  // Byte registers 4 to 7 need a prefix, without which they are others.
  static bool needs_rex(unsigned code, Reg from) noexcept {
    return (code == 0x0FB6 || code == 0x0FBE) && number(from) >= 4;
  }
  static bool needs_rex(unsigned, const Address&) noexcept { return false; }

  void put_distance(Label to) {
    fixups_.push_back({size_, to.id, size_ + 4});
    put32(0);
  }
  void put_vex(Vex op, unsigned reg, unsigned first, unsigned index, unsigned base) noexcept {
    const unsigned low = (~first & 15) << 3 | op.prefix;
    const unsigned not_reg = (~reg & 8) << 4;
    if (index < 8 && base < 8 && !op.wide && op.map == 1) {
      put8(0xC5);
      put8(not_reg | low);
    } else {
      put8(0xC4);
      put8(not_reg | (~index & 8) << 3 | (~base & 8) << 2 | op.map);
      put8((op.wide ? 0x80U : 0) | low);
    }
    put8(op.code);
  }
  template <class R>
    requires(std::is_same_v<R, Reg> || std::is_same_v<R, FloatReg>)
  void vex_with(Vex op, unsigned reg, unsigned first, R rm, unsigned /*bytes_behind*/) noexcept {
    put_vex(op, reg, first, 0, number(rm));
    put8(0xC0 | (reg & 7) << 3 | (number(rm) & 7));
  }
  void vex_with(Vex op, unsigned reg, unsigned first, const Address& rm, unsigned /*bytes_behind*/) noexcept {
    // rsp as the index stands for none.
    put_vex(op, reg, first, number(rm.index), number(rm.base));
    put_operand(reg, rm);
  }
  void vex_with(Vex op, unsigned reg, unsigned first, Label label, unsigned bytes_behind) {
    put_vex(op, reg, first, 0, 0);
    put8((reg & 7) << 3 | 5);
    fixups_.push_back({size_, label.id, size_ + 4 + bytes_behind});
    put32(0);
  }
  void put_code(std::uint8_t prefix, unsigned rex, unsigned code) noexcept {
    if (prefix != 0) put8(prefix);
    if (rex != 0) put8(rex);
    if (code > 0xFFFF) put8(code >> 16);
    if (code > 0xFF) put8(code >> 8 & 0xFF);
    put8(code & 0xFF);
  }
  template <class R>
    requires(std::is_same_v<R, Reg> || std::is_same_v<R, FloatReg>)
  void encode(std::uint8_t prefix, bool wide, unsigned code, unsigned reg, R rm, bool force_rex = false) noexcept {
    unsigned rex = (wide ? 8U : 0U) | (reg >> 3) << 2 | number(rm) >> 3;
    if (rex != 0 || force_rex) rex |= 0x40;
    put_code(prefix, rex, code);
    put8(0xC0 | (reg & 7) << 3 | (number(rm) & 7));
  }
  void encode(std::uint8_t prefix, bool wide, unsigned code, unsigned reg, const Address& rm,
              bool force_rex = false) noexcept {
    const unsigned base = number(rm.base);
    const unsigned index = number(rm.index);
    unsigned rex = (wide ? 8U : 0U) | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
    if (rex != 0 || force_rex) rex |= 0x40;
    put_code(prefix, rex, code);
    put_operand(reg, rm);
  }
  void put_operand(unsigned reg, const Address& rm) noexcept {
    const unsigned base = number(rm.base);
    const unsigned index = number(rm.index);
    const bool has_sib = index != number(Reg::rsp) || (base & 7) == 4;
    const bool is_short = rm.displacement >= -128 && rm.displacement < 128;
    const unsigned mode = rm.displacement == 0 && (base & 7) != 5 ? 0 : is_short ? 1 : 2;
    put8(mode << 6 | (reg & 7) << 3 | (has_sib ? 4 : base & 7));
    if (has_sib) put8(static_cast<unsigned>(rm.scale) << 6 | (index & 7) << 3 | (base & 7));
    if (mode == 1) put8(static_cast<std::uint8_t>(rm.displacement));
    if (mode == 2) put32(static_cast<std::uint32_t>(rm.displacement));
  }
};

}  // namespace tenon::jit::baseline::x86_64
