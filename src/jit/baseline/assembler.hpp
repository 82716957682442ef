// x86-64 machine code under construction: the instructions that the baseline tier uses, and nothing else.
//
// Code is position-independent until it is placed: jumps inside of a function go to labels, and what lies outside is
// reached by 64-bit addresses.
#pragma once

#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace tenon::jit::baseline {

enum class Reg : std::uint8_t { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 };
enum class Xmm : std::uint8_t { x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15 };

// Memory at base + index * scale + displacement.
struct Address {
  Reg base = Reg::rax;
  std::int32_t displacement = 0;
  Reg index = Reg::rsp;    // rsp: none
  std::uint8_t scale = 0;  // log2
};

// Places in the code that are jumped to, by number.
struct Label {
  std::uint32_t id = 0xFFFF'FFFF;
};

enum class Condition : std::uint8_t {
  overflow,
  no_overflow,
  below,
  above_equal,
  equal,
  not_equal,
  below_equal,
  above,
  sign,
  no_sign,
  parity,
  no_parity,
  less,
  greater_equal,
  less_equal,
  greater,
};
constexpr Condition opposite(Condition condition) noexcept {
  return static_cast<Condition>(static_cast<std::uint8_t>(condition) ^ 1);
}

// Operations with the machine's common form, by their number in it.
enum class Alu : std::uint8_t { add = 0, or_ = 1, and_ = 4, sub = 5, xor_ = 6, cmp = 7 };
enum class Shift : std::uint8_t { rol = 0, ror = 1, shl = 4, shr = 5, sar = 7 };

class Assembler {
 public:
  std::uint32_t position() const noexcept { return size_; }
  std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size_}; }
  void clear() noexcept {
    size_ = 0;
    labels_.clear();
    fixups_.clear();
  }
  // Before each piece of at most `most_bytes`.
  void make_room() {
    if (bytes_.size() < size_ + most_bytes) bytes_.resize(bytes_.size() * 2 + 2 * most_bytes);
  }
  static constexpr std::size_t most_bytes = 4096;

  Label make_label() {
    labels_.push_back(unbound);
    return {static_cast<std::uint32_t>(labels_.size() - 1)};
  }
  void bind(Label label) noexcept { labels_[label.id] = size_; }
  bool is_bound(Label label) const noexcept { return labels_[label.id] != unbound; }
  std::uint32_t position_of(Label label) const noexcept { return labels_[label.id]; }
  void jump(Label to) {
    put8(0xE9);
    put_distance(to);
  }
  void jump(Condition condition, Label to) {
    put8(0x0F);
    put8(0x80 + static_cast<unsigned>(condition));
    put_distance(to);
  }
  // The distance to a label from `from`, as data.
  void put_distance_from(std::uint32_t from, Label to) {
    fixups_.push_back({size_, to.id, from});
    put32(0);
  }
  // Fills in the distances; all labels are bound.
  void finish() noexcept {
    for (const Fixup& fixup : fixups_) {
      const std::uint32_t distance = labels_[fixup.label] - fixup.from;
      std::memcpy(&bytes_[fixup.at], &distance, 4);
    }
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
  // Two-byte operations with the form `op reg, reg-or-memory`, by their code.
  template <class From>
  void extended(unsigned code, bool wide, Reg to, const From& from, std::uint8_t prefix = 0) {
    encode(prefix, wide, code, number(to), from, needs_rex(code, from));
  }
  void set(Condition condition, Reg to) { encode(0, false, 0x0F90 + number(condition), 0, to, number(to) >= 4); }
  void move_if(Condition condition, bool wide, Reg to, Reg from) {
    encode(0, wide, 0x0F40 + number(condition), number(to), from);
  }
  template <class To>
  void jump_to(const To& target) {
    encode(0, false, 0xFF, 4, target);
  }
  void nop() { put8(0x90); }
  void load_effective_of_label(Reg to, Label label) {
    put8(number(to) >= 8 ? 0x4C : 0x48);
    put8(0x8D);
    put8((number(to) & 7) << 3 | 5);
    put_distance(label);
  }

  // --- Floating point. `wide`: f64, else f32.
  template <class From>
  void sse(std::uint8_t prefix, unsigned code, Xmm to, const From& from) {
    encode(prefix, false, code, number(to), from);
  }
  template <class From>
  void sse_wide(std::uint8_t prefix, unsigned code, Xmm to, const From& from) {
    encode(prefix, true, code, number(to), from);
  }
  template <class From>
  void float_op(unsigned code, bool wide, Xmm to, const From& from) {
    sse(wide ? 0xF2 : 0xF3, 0x0F00 | code, to, from);
  }
  void float_to_integer(std::uint8_t prefix, bool wide, Reg to, Xmm from) {
    encode(prefix, wide, 0x0F2C, number(to), from);
  }
  void float_move(Xmm to, Xmm from) { sse(0, 0x0F28, to, from); }
  void float_load(bool wide, Xmm to, const Address& from) { float_op(0x10, wide, to, from); }
  void float_store(bool wide, const Address& to, Xmm from) {
    encode(wide ? 0xF2 : 0xF3, false, 0x0F11, number(from), to);
  }
  template <class From>
  void float_compare(bool wide, Xmm a, const From& b) {
    sse(wide ? 0x66 : 0, 0x0F2E, a, b);
  }
  void float_xor(Xmm to, Xmm from) { sse(0, 0x0F57, to, from); }
  void float_and(Xmm to, Xmm from) { sse(0, 0x0F54, to, from); }
  void float_and_not(Xmm to, Xmm from) { sse(0, 0x0F55, to, from); }
  void float_or(Xmm to, Xmm from) { sse(0, 0x0F56, to, from); }
  void to_float_register(bool wide, Xmm to, Reg from) { encode(0x66, wide, 0x0F6E, number(to), from); }
  void from_float_register(bool wide, Reg to, Xmm from) { encode(0x66, wide, 0x0F7E, number(from), to); }
  void round(bool wide, Xmm to, Xmm from, std::uint8_t mode) {
    encode(0x66, false, wide ? 0x0F3A0B : 0x0F3A0A, number(to), from);
    put8(mode);
  }

  void put8(unsigned value) noexcept { bytes_[size_++] = static_cast<std::uint8_t>(value); }
  void put32(std::uint32_t value) noexcept {
    std::memcpy(&bytes_[size_], &value, 4);
    size_ += 4;
  }
  void put64(std::uint64_t value) noexcept {
    std::memcpy(&bytes_[size_], &value, 8);
    size_ += 8;
  }

 private:
  static constexpr std::uint32_t unbound = 0xFFFF'FFFF;
  struct Fixup {
    std::uint32_t at;
    std::uint32_t label;
    std::uint32_t from;
  };

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
  void put_code(std::uint8_t prefix, unsigned rex, unsigned code) noexcept {
    if (prefix != 0) put8(prefix);
    if (rex != 0) put8(rex);
    if (code > 0xFFFF) put8(code >> 16);
    if (code > 0xFF) put8(code >> 8 & 0xFF);
    put8(code & 0xFF);
  }
  template <class R>
    requires(std::is_same_v<R, Reg> || std::is_same_v<R, Xmm>)
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
    const bool has_sib = index != number(Reg::rsp) || (base & 7) == 4;
    const bool is_short = rm.displacement >= -128 && rm.displacement < 128;
    const unsigned mode = rm.displacement == 0 && (base & 7) != 5 ? 0 : is_short ? 1 : 2;
    put8(mode << 6 | (reg & 7) << 3 | (has_sib ? 4 : base & 7));
    if (has_sib) put8(static_cast<unsigned>(rm.scale) << 6 | (index & 7) << 3 | (base & 7));
    if (mode == 1) put8(static_cast<std::uint8_t>(rm.displacement));
    if (mode == 2) put32(static_cast<std::uint32_t>(rm.displacement));
  }

  std::vector<std::uint8_t> bytes_;
  std::uint32_t size_ = 0;
  std::vector<std::uint32_t> labels_;
  std::vector<Fixup> fixups_;
};

}  // namespace tenon::jit::baseline
