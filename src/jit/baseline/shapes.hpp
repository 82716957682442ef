// What a cell of bytecode means: which instruction the interpreter's handler at an address executes, where its operands
// come from, and how long it is.
//
// The interpreter's tables say which handler belongs to what; here they are read the other way round, once. So bytecode
// needs no second form for being compiled, and no list of instructions is kept in step by hand.
#pragma once

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
};

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
};

// nullptr: not the address of a handler that may stand in code.
const Shape* find_shape(std::uint64_t handler) noexcept;

}  // namespace tenon::jit::baseline
