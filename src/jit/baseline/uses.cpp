// Which slots and accumulators an instruction reads and writes, and where it jumps to: worked out once for each
// handler, so that whoever goes over a function only has to look at the fields that are named here.
#include <cassert>

#include "jit/baseline/shapes.hpp"

namespace tenon::jit::baseline {

namespace {

constexpr std::uint8_t bit_of(Bank bank) noexcept {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(bank));
}
constexpr Bank bank_of_letter(char letter) noexcept {
  return letter == 'f' ? Bank::f32 : letter == 'd' ? Bank::f64 : Bank::integer;
}

class Description {
 public:
  explicit Description(Shape& shape) noexcept : shape_(shape) {}
  void slots() noexcept;
  void accumulators() noexcept;

 private:
  void add(unsigned at, Use use, bool writes) noexcept {
    assert(shape_.use_count < shape_.named_slots.size());
    shape_.named_slots[shape_.use_count++] = {static_cast<std::uint8_t>(at), use, writes};
  }
  void read(unsigned at, Use use) noexcept { add(at, use, false); }
  void write(unsigned at, Use use) noexcept { add(at, use, true); }
  void jump(unsigned at) noexcept { shape_.jump_at = static_cast<std::uint8_t>(at); }
  void address() noexcept;
  void computation() noexcept;
  void memory() noexcept;
  void add_branch() noexcept;
  void shifted() noexcept;
  void select() noexcept;
  void copy() noexcept;
  void vector() noexcept;
  void vector_move() noexcept;
  void accumulators_of_computation() noexcept;

  Shape& shape_;
};

void Description::address() noexcept {
  switch (shape_.form) {
    case AddressForm::slot:
    case AddressForm::slot_imm:
    case AddressForm::acc_slot: return read(0, Use::integer);
    case AddressForm::slot_slot: read(0, Use::integer); return read(4, Use::integer);
    default: return;
  }
}

void Description::computation() noexcept {
  const std::string_view params = interp::params_of(shape_.op);
  if (shape_.left == Place::slot) read(0, use_of(params[0]));
  if (shape_.kind != Kind::unary && shape_.right == Place::slot) {
    read(operand_bytes(shape_.left, is_wide(params[0])), use_of(params[1]));
  }
  if (shape_.kind == Kind::branch) return jump(shape_.result_at);
  if (shape_.to_slot) write(shape_.result_at, use_of(interp::results_of(shape_.op)[0]));
}

void Description::memory() noexcept {
  address();
  if (shape_.kind == Kind::store) {
    if (shape_.left == Place::slot) {
      read(interp::address_bytes(shape_.form), use_of(interp::params_of(shape_.op)[1]));
    }
  } else if (shape_.to_slot) {
    write(shape_.result_at, use_of(interp::results_of(shape_.op)[0]));
  }
}

void Description::add_branch() noexcept {
  read(0, Use::integer);
  if (shape_.left == Place::slot) read(4, Use::integer);
  if (shape_.right == Place::slot) read(12, Use::integer);
  write(8, Use::integer);
  jump(16);
}

void Description::shifted() noexcept {
  const unsigned at = shape_.left == Place::slot ? 4 : 0;
  if (at != 0) read(0, Use::integer);
  read(at, Use::integer);
  if (shape_.to_slot) write(shape_.result_at, Use::integer);
}

void Description::select() noexcept {
  const bool wide = shape_.bank != Bank::f32;
  const unsigned first = operand_bytes(shape_.condition, false);
  if (shape_.condition == Place::slot) read(0, Use::integer);
  if (shape_.left == Place::slot) read(first, use_of(shape_.bank));
  if (shape_.right == Place::slot) read(first + operand_bytes(shape_.left, wide), use_of(shape_.bank));
  if (shape_.to_slot) write(shape_.result_at, use_of(shape_.bank));
}

void Description::copy() noexcept {
  for (unsigned i = 0; i < shape_.count; ++i) read(8 * i, Use::any);
  for (unsigned i = 0; i < shape_.count; ++i) write(8 * i + 4, Use::any);
}

// Operands' slots first, the result's last.
void Description::vector() noexcept {
  const std::string_view params = interp::params_of(shape_.op);
  for (unsigned i = 0; i < params.size(); ++i) read(4 * i, use_of(params[i] == 'a' ? 'i' : params[i]));
  if (interp::results_of(shape_.op) == "v") write(shape_.result_at, Use::vector);
}

void Description::vector_move() noexcept {
  if (shape_.kind == Kind::vector_global_set) return read(4, Use::vector);
  unsigned at = 0;
  if (shape_.kind == Kind::vector_select) read(at++, Use::integer);
  for (; at < shape_.count; ++at) read(4 * at, Use::vector);
  write(shape_.result_at, Use::vector);
}

void Description::slots() noexcept {
  switch (shape_.kind) {
    case Kind::binary:
    case Kind::unary:
    case Kind::branch: return computation();
    case Kind::shifted: return shifted();
    case Kind::add_branch: return add_branch();
    case Kind::select: return select();
    case Kind::load:
    case Kind::store: return memory();
    case Kind::copy: return copy();
    case Kind::store_acc: return write(0, use_of(shape_.bank));
    case Kind::constant: return write(shape_.result_at, Use::any);
    case Kind::jump: return jump(0);
    case Kind::return_slot: return read(0, Use::any);
    case Kind::global_get:
      if (shape_.to_slot) write(4, use_of(shape_.bank));
      return;
    case Kind::global_set:
      if (shape_.left == Place::slot) read(4, Use::any);
      return;
    case Kind::br_table:
    case Kind::call_indirect:
      if (shape_.left == Place::slot) read(0, Use::integer);
      return;
    case Kind::vector:
    case Kind::vector_load:
    case Kind::vector_store: return vector();
    case Kind::vector_copy:
    case Kind::vector_constant:
    case Kind::vector_select:
    case Kind::vector_global_get:
    case Kind::vector_global_set: return vector_move();
    default: return;
  }
}

void Description::accumulators_of_computation() noexcept {
  const std::string_view params = interp::params_of(shape_.op);
  const auto read = [&](std::size_t param) { shape_.acc_reads |= bit_of(bank_of_letter(params[param])); };
  if (shape_.kind == Kind::load || shape_.kind == Kind::store) {
    if (interp::uses_acc(shape_.form)) shape_.acc_reads |= bit_of(Bank::integer);
    if (shape_.kind == Kind::store && shape_.left == Place::acc) read(1);
  } else {
    if (shape_.left == Place::acc) read(0);
    if (shape_.kind != Kind::unary && shape_.right == Place::acc) read(1);
  }
  if (shape_.kind != Kind::store && shape_.kind != Kind::branch) {
    shape_.acc_writes = bit_of(bank_of_letter(interp::results_of(shape_.op)[0]));
  }
}

void Description::accumulators() noexcept {
  constexpr std::uint8_t all = 7;
  const std::uint8_t integer = bit_of(Bank::integer);
  const std::uint8_t of_bank = bit_of(shape_.bank);
  const bool takes_acc = shape_.left == Place::acc;
  switch (shape_.kind) {
    case Kind::binary:
    case Kind::unary:
    case Kind::branch:
    case Kind::load:
    case Kind::store: return accumulators_of_computation();
    case Kind::shifted:
      if (takes_acc) shape_.acc_reads = integer;
      shape_.acc_writes = integer;
      return;
    case Kind::add_branch: shape_.acc_writes = integer; return;
    case Kind::select:
      if (shape_.condition == Place::acc) shape_.acc_reads |= integer;
      if (takes_acc || shape_.right == Place::acc) shape_.acc_reads |= of_bank;
      shape_.acc_writes = of_bank;
      return;
    case Kind::store_acc:
    case Kind::return_acc: shape_.acc_reads = of_bank; return;
    case Kind::br_table:
      if (takes_acc) shape_.acc_reads = integer;
      return;
    case Kind::global_get: shape_.acc_writes = of_bank; return;
    case Kind::global_set:
      if (takes_acc) shape_.acc_reads = of_bank;
      return;
    case Kind::call: shape_.acc_writes = all; return;
    case Kind::call_indirect:
      if (takes_acc) shape_.acc_reads = integer;
      shape_.acc_writes = all;
      return;
    case Kind::other:
    case Kind::plain: shape_.acc_reads = all; return;
    case Kind::vector: {
      const char result = interp::results_of(shape_.op)[0];
      if (result != 'v') shape_.acc_writes = bit_of(bank_of_letter(result));
      return;
    }
    default: return;
  }
}

}  // namespace

void describe_uses(Shape& shape) noexcept {
  shape.use_count = 0;
  Description description(shape);
  description.slots();
  description.accumulators();
}

}  // namespace tenon::jit::baseline
