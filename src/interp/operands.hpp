// Where an instruction's operands come from, and the layout of its fields that follows from it.
#pragma once

#include <cstddef>

#include "interp/registers.hpp"

namespace tenon::interp {

enum class Place : std::uint8_t { acc, slot, imm };

// Bytes of fields that an operand takes.
template <class T>
constexpr unsigned field_bytes(Place place) noexcept {
  switch (place) {
    case Place::acc: return 0;
    case Place::slot: return 4;
    case Place::imm: return sizeof(T) < 4 ? 4 : sizeof(T);
  }
  return 0;
}

template <class T, Place place, unsigned at>
TENON_INLINE T operand(const Registers& r) noexcept {
  if constexpr (place == Place::acc) {
    return read_accumulator<T>(r);
  } else if constexpr (place == Place::slot) {
    return read_slot<T>(slot_at(r, at));
  } else {
    return field<T>(r, at);
  }
}

// Stores a result in the accumulator, and in the slot that the field at `at` names if `to_slot_too`.
template <class T, bool to_slot_too, unsigned at>
TENON_INLINE void result(Registers& r, T value) noexcept {
  if constexpr (to_slot_too) *slot_at(r, at) = to_slot(value);
  write_accumulator(r, value);
}

// The variants of instructions with two operands, in the order of the handlers' tables.
struct Pair {
  Place left;
  Place right;
};
inline constexpr Pair pairs[] = {{Place::acc, Place::slot},
                                 {Place::acc, Place::imm},
                                 {Place::slot, Place::acc},
                                 {Place::slot, Place::slot},
                                 {Place::slot, Place::imm}};
inline constexpr std::size_t pair_count = std::size(pairs);
// The row of `pairs`, or `pair_count` if there is none.
inline constexpr std::uint8_t pair_rows[3][3] = {{pair_count, 0, 1}, {2, 3, 4}, {pair_count, pair_count, pair_count}};
constexpr std::size_t pair_index(Place left, Place right) noexcept {
  return pair_rows[static_cast<std::size_t>(left)][static_cast<std::size_t>(right)];
}
static_assert(pairs[pair_index(Place::slot, Place::imm)].right == Place::imm);

// Where the address of a load or store comes from: one operand, or a 32-bit sum that is not an instruction of its own.
enum class AddressForm : std::uint8_t { acc, slot, imm, acc_imm, slot_imm, acc_slot, slot_slot };
inline constexpr std::size_t address_form_count = 7;

constexpr unsigned address_bytes(AddressForm form) noexcept {
  switch (form) {
    case AddressForm::acc: return 0;
    case AddressForm::slot_imm:
    case AddressForm::slot_slot: return 8;
    default: return 4;
  }
}
constexpr bool uses_acc(AddressForm form) noexcept {
  return form == AddressForm::acc || form == AddressForm::acc_imm || form == AddressForm::acc_slot;
}

// The address, from the first fields of the instruction.
template <AddressForm form>
TENON_INLINE std::uint32_t address_of(const Registers& r) noexcept {
  using u32 = std::uint32_t;
  switch (form) {
    case AddressForm::acc: return operand<u32, Place::acc, 0>(r);
    case AddressForm::slot: return operand<u32, Place::slot, 0>(r);
    case AddressForm::imm: return operand<u32, Place::imm, 0>(r);
    case AddressForm::acc_imm: return operand<u32, Place::acc, 0>(r) + operand<u32, Place::imm, 0>(r);
    case AddressForm::slot_imm: return operand<u32, Place::slot, 0>(r) + operand<u32, Place::imm, 4>(r);
    case AddressForm::acc_slot: return operand<u32, Place::acc, 0>(r) + operand<u32, Place::slot, 0>(r);
    case AddressForm::slot_slot: return operand<u32, Place::slot, 0>(r) + operand<u32, Place::slot, 4>(r);
  }
}

}  // namespace tenon::interp
