// Machine code under construction, and the words in which it is asked for.
//
// The emitter (emitter.hpp) is one text for all machines. Each machine has an `Assembler` of the same vocabulary, over
// registers of its own; what one instruction of the machine cannot do (a constant that does not fit, an operand in
// memory) it makes of several, with registers that only it knows of. What machines do in different ways (shifts,
// division, conversions) is in `emit.cpp` of the machine's folder.
//
// Code is position-independent until it is placed: jumps inside of a function go to labels, and what lies outside is
// reached by 64-bit addresses.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "spec/v128.hpp"

namespace tenon::jit::baseline {

// Places in the code that are jumped to, by number.
struct Label {
  std::uint32_t id = 0xFFFF'FFFF;
};

// In pairs of opposites, by the numbers that x86 gives them.
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
  parity,  // after comparing floats: they are unordered
  no_parity,
  less,
  greater_equal,
  less_equal,
  greater,
};
constexpr Condition opposite(Condition condition) noexcept {
  return static_cast<Condition>(static_cast<std::uint8_t>(condition) ^ 1);
}

// By their numbers on x86.
enum class Alu : std::uint8_t { add = 0, or_ = 1, and_ = 4, sub = 5, xor_ = 6, cmp = 7 };
enum class Shift : std::uint8_t { rol = 0, ror = 1, shl = 4, shr = 5, sar = 7 };
enum class Extension : std::uint8_t { zero8, sign8, zero16, sign16, zero32, sign32 };
enum class BitCount : std::uint8_t { leading_zeros, trailing_zeros, ones };
enum class FloatOp : std::uint8_t { add, sub, mul, div, sqrt };
enum class Rounding : std::uint8_t { nearest, floor, ceil, trunc };

class LabelledCode {
 public:
  std::uint32_t position() const noexcept { return size_; }
  std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size_}; }
  void clear() noexcept {
    size_ = 0;
    labels_.clear();
    fixups_.clear();
    constants_.clear();
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
  // The distance to a label from `from`, as data.
  void put_distance_from(std::uint32_t from, Label to) {
    fixups_.push_back({size_, to.id, from});
    put32(0);
  }

  // Sixteen bytes behind the code, which `put_constants` puts there.
  Label constant_label(const V128& value) {
    const std::size_t first = constants_.size() < most_compared ? 0 : constants_.size() - most_compared;
    for (std::size_t i = first; i < constants_.size(); ++i) {
      if (constants_[i].value == value) return constants_[i].label;
    }
    constants_.push_back({value, make_label()});
    return constants_.back().label;
  }
  void put_constants() {
    while (!constants_.empty() && size_ % sizeof(V128) != 0) put8(0);
    for (const Constant& constant : constants_) {
      make_room();
      bind(constant.label);
      for (const std::uint8_t byte : constant.value.bytes) put8(byte);
    }
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
  static constexpr std::size_t most_compared = 32;  // of the constants that there are already
  struct Constant {
    V128 value;
    Label label;
  };
  std::vector<Constant> constants_;

 protected:
  static constexpr std::uint32_t unbound = 0xFFFF'FFFF;
  // Where the distance from `from` to a label is filled in. The forms but the first are the machine's.
  struct Fixup {
    std::uint32_t at;
    std::uint32_t label;
    std::uint32_t from;
    std::uint8_t form = 0;
  };

  std::vector<std::uint8_t> bytes_;
  std::uint32_t size_ = 0;
  std::vector<std::uint32_t> labels_;
  std::vector<Fixup> fixups_;
};

}  // namespace tenon::jit::baseline
