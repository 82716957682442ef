// Bytecode under construction, in units of four bytes.
//
// The instruction written last can still be changed: given a slot for its result, taken back to be fused with what
// follows, or extended. `Last` says what it is and allows. Whoever makes a position a jump target calls `seal`, for
// then nothing before it may change any more.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <vector>

#include "interp/tables.hpp"

namespace tenon::interp {

class CodeBuffer {
 public:
  static constexpr std::uint32_t none = 0xFFFF'FFFF;
  struct Last {
    enum class Kind : std::uint8_t {
      none,
      value,    // left its result in an accumulator; `with_slot` stores it as well
      in_slot,  // stored its result in the slot that the field at `slot_field` names
      copy,     // copies `copies` slots
    };
    Kind kind = Kind::none;
    Bank bank = Bank::integer;  // of a value
    std::uint8_t copies = 0;
    std::uint8_t pair = 0;   // comparisons: the operands' variant
    Op op = Op::invalid;     // comparisons, and eqz of an accumulator
    bool is_add = false;     // an i32.add
    Op shift = Op::invalid;  // a shift of a slot by a constant
    Op inner = Op::invalid;  // the comparison whose result an eqz turns around
    std::uint8_t inner_pair = 0;
    std::uint32_t inner_start = 0;
    std::uint32_t inner_fields_end = 0;
    std::uint32_t acc_slot = 0;      // comparisons and additions: the slot that the accumulator agreed with before
    std::uint32_t increment = none;  // comparisons: start of the increment before them, of the same accumulator
    std::uint32_t slot_field = 0;
    std::uint32_t start = 0;
    std::uint32_t fields_end = 0;  // without the filling
    Handler with_slot = {};
  };

  explicit CodeBuffer(std::pmr::memory_resource& memory) : units_(&memory) {}

  void clear() noexcept {
    size_ = 0;
    increment_end_ = none;
    last = {};
  }
  // Position of the next unit; instructions start at even ones.
  std::uint32_t position() const noexcept { return size_; }
  std::uint32_t start() const noexcept { return start_; }
  std::span<const std::uint32_t> units() const noexcept { return {units_.data(), size_}; }

  void begin(Handler handler) {
    if (units_.size() < size_ + most_fields) units_.resize(std::size_t{size_} * 2 + std::size_t{4} * most_fields);
    start_ = size_;
    last.kind = Last::Kind::none;
    last.op = Op::invalid;
    last.inner = Op::invalid;
    last.is_add = false;
    last.shift = Op::invalid;
    last.increment = none;
    write(size_, handler);
    size_ += 2;
  }
  void field32(std::uint32_t value) noexcept { units_[size_++] = value; }
  void field64(std::uint64_t value) noexcept {
    std::memcpy(&units_[size_], &value, sizeof(value));
    size_ += 2;
  }
  // For lists: makes room for `count` more fields.
  void reserve(std::size_t count) {
    if (units_.size() < size_ + count + most_fields) units_.resize((size_ + count) * 2 + most_fields);
  }
  void end() noexcept {
    last.start = start_;
    last.fields_end = size_;
    if (size_ % 2 != 0) units_[size_++] = 0;
  }
  void seal() noexcept {
    increment_end_ = none;
    last.kind = Last::Kind::none;
    last.op = Op::invalid;
    last.inner = Op::invalid;
    last.is_add = false;
    last.shift = Op::invalid;
    last.increment = none;
  }

  // Changes the last instruction, of kind `value`, to store its result in the slot with this byte offset as well.
  void add_slot(std::uint32_t slot_offset) noexcept {
    const bool is_increment = last.is_add && last.fields_end == last.start + 4;
    write(last.start, last.with_slot);
    size_ = last.fields_end;
    field32(slot_offset);
    if (size_ % 2 != 0) units_[size_++] = 0;
    seal();
    if (is_increment) increment_end_ = size_;
  }
  // The start of the instruction just written if it is an i32.add of two fields into a slot, or `none`.
  std::uint32_t increment() const noexcept { return increment_end_ == size_ ? last.start : none; }
  // Makes the last instruction, of kind `value`, another comparison of the same operands.
  void replace_last(Handler handler, Handler with_slot, Op op) noexcept {
    write(last.start, handler);
    last.with_slot = with_slot;
    last.op = op;
  }
  // Takes instructions back, down to `position`.
  void truncate(std::uint32_t position) noexcept {
    size_ = position;
    seal();
  }
  // Extends the last instruction, of kind `copy`.
  void extend_copy(Handler handler, std::uint32_t from, std::uint32_t to) {
    write(last.start, handler);
    start_ = last.start;
    size_ = last.fields_end;
    field32(from);
    field32(to);
    ++last.copies;
    end();
  }
  std::uint32_t read32(std::uint32_t at) const noexcept { return units_[at]; }
  bool is_handler(std::uint32_t at, Handler handler) const noexcept {
    return std::memcmp(&units_[at], &handler, sizeof(handler)) == 0;
  }
  void patch32(std::uint32_t at, std::uint32_t value) noexcept { units_[at] = value; }

  Last last;

 private:
  static constexpr std::size_t most_fields = 32;
  void write(std::uint32_t at, Handler handler) noexcept { std::memcpy(&units_[at], &handler, sizeof(handler)); }

  std::pmr::vector<std::uint32_t> units_;
  std::uint32_t size_ = 0;
  std::uint32_t increment_end_ = none;
  std::uint32_t start_ = 0;
};

}  // namespace tenon::interp
