// What a cell of bytecode means: which instruction the interpreter's handler at an address executes, where its operands
// come from, and how long it is.
//
// The interpreter's tables say which handler belongs to what; here they are read the other way round, once. So bytecode
// needs no second form for being compiled, and no list of instructions is kept in step by hand.
#pragma once

#include <array>
#include <span>

#include "interp/tables.hpp"

namespace tenon::jit::baseline {

using interp::AddressForm;
using interp::Bank;
using interp::Place;

enum class Kind : std::uint8_t {
  other,  // nothing is known but its length: the interpreter executes it, and it may use any slot
  plain,  // the same, but goes on with the next instruction, and its first `count` fields are the slots that it reads
  binary,
  unary,
  branch,
  shifted,
  add_branch,
  load,
  store,
  enter,
  copy,
  store_acc,
  constant,
  jump,
  br_table,
  select,
  return_void,
  return_acc,
  return_slot,
  return_constant,
  call,
  call_indirect,
  global_get,
  global_set,
  fuel,
  unreachable,
  // Of vectors, where the machine computes with them. All operands are in slots, vectors in pairs of them.
  vector,  // a computation
  vector_load,
  vector_store,
  vector_copy,
  vector_constant,
  vector_select,
  vector_global_get,
  vector_global_set,
};

// How an instruction uses a slot.
enum class Use : std::uint8_t {
  integer,
  floating,
  any,     // all of its bits are moved
  vector,  // with the slot behind it
};

// A slot that an instruction names: by which field, and what for.
struct SlotUse {
  std::uint8_t at = 0;
  Use use = Use::any;
  bool writes = false;
};

constexpr Use use_of(char letter) noexcept {
  if (letter == 'v') return Use::vector;
  return letter == 'f' || letter == 'd' ? Use::floating : Use::integer;
}
constexpr Use use_of(Bank bank) noexcept { return bank == Bank::integer ? Use::integer : Use::floating; }
constexpr unsigned operand_bytes(Place place, bool wide) noexcept {
  return place == Place::acc ? 0 : place == Place::imm && wide ? 8 : 4;
}
constexpr bool is_wide(char letter) noexcept { return letter == 'l' || letter == 'd'; }

// Whether control never goes on with the next instruction.
constexpr bool ends_run(Kind kind) noexcept {
  switch (kind) {
    case Kind::jump:
    case Kind::br_table:
    case Kind::return_void:
    case Kind::return_acc:
    case Kind::return_slot:
    case Kind::return_constant:
    case Kind::unreachable: return true;
    default: return false;
  }
}
// Whether nothing is left in registers behind it: the interpreter, or another function, has run.
constexpr bool leaves(Kind kind) noexcept {
  return kind == Kind::other || kind == Kind::plain || kind == Kind::call || kind == Kind::call_indirect;
}

constexpr bool is_vector(Kind kind) noexcept { return kind >= Kind::vector; }

struct Shape {
  Kind kind = Kind::other;
  Op op = Op::invalid;        // the operation; of branches the comparison
  Op shift = Op::invalid;     // shifted: that of the right operand
  Place left = Place::slot;   // operands; of stores the value, of select the first
  Place right = Place::slot;  // of select the second
  Place condition = Place::slot;
  AddressForm form = AddressForm::acc;
  Bank bank = Bank::integer;  // of store_acc, return_acc, globals, select
  bool to_slot = false;       // the result goes to a slot too
  bool negated = false;
  bool backward = false;
  bool metered = false;
  bool wide = false;            // constant: 64 bits
  std::uint8_t count = 0;       // copy: how many
  std::uint16_t fields = 0;     // bytes of fields, without the list of a br_table
  std::uint16_t result_at = 0;  // where the slot of the result is named
  // What follows from the above (uses.cpp).
  static constexpr std::uint8_t no_jump = 0xFF;
  std::uint8_t jump_at = no_jump;  // the field of the distance, if there is one; not of br_table
  std::uint8_t acc_reads = 0;      // accumulators, as bits by bank
  std::uint8_t acc_writes = 0;
  std::uint8_t use_count = 0;
  std::array<SlotUse, 8> named_slots{};  // reads first
  std::span<const SlotUse> uses() const noexcept { return {named_slots.data(), use_count}; }
};
// Fills in what follows from the rest. What the interpreter executes, and calls, use more than what they name.
void describe_uses(Shape& shape) noexcept;

// The same instruction, executed by the interpreter: of native accesses with vectors.
inline const Shape& interpreted(const Shape& access) noexcept { return *(&access + 1); }

// nullptr: not the address of a handler that may stand in code.
const Shape* find_shape(std::uint64_t handler) noexcept;

}  // namespace tenon::jit::baseline
