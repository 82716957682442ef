// The translation of loads and stores of memory 0, and of the sums that are their addresses.
//
// Compilers compute most addresses by an addition in front of the access, often long before a store. So an `i32.add` of
// a local and a constant, or of two locals, is not translated when it is met: it stands on the operand stack as what it
// is, and a load or store takes it as its address. Whoever else wants it has it computed then (`force`).
#include <cassert>

#include "binary/core/immediates.hpp"
#include "interp/access.hpp"
#include "interp/translator.hpp"

namespace tenon::interp {

namespace {
constexpr std::size_t add_row = numeric_places[static_cast<std::size_t>(Op::i32_add)].row;
// Deeper on the stack, sums are not worth being looked for.
constexpr std::size_t most_entries_with_sums = 64;
}  // namespace

// Makes a sum of the operands of an i32.add, if it is of a kind that may wait.
bool Translator::push_sum() {
  if (stack_.size() > most_entries_with_sums) return false;
  const Operand& right = stack_.back();
  const Operand& left = stack_[stack_.size() - 2];
  const bool left_is_local = left.kind == Operand::Kind::local;
  const Operand& first = left_is_local ? left : right;
  const Operand& second = left_is_local ? right : left;
  if (first.kind != Operand::Kind::local) return false;
  if (second.kind != Operand::Kind::local && second.kind != Operand::Kind::constant) return false;
  Operand sum = first;
  sum.kind = Operand::Kind::sum;
  sum.home = left.home;
  sum.bits = second.bits;
  if (second.kind == Operand::Kind::local) sum.other = second.local;
  pop();
  pop();
  ++sums_;
  ++locals_[sum.local].uses;
  if (sum.other != no_slot) ++locals_[sum.other].uses;
  push(sum);
  return true;
}

// Computes a sum after all: the entry is in the accumulator then.
void Translator::force(std::uint32_t index) {
  if (stack_[index].kind != Operand::Kind::sum) return;
  spill(Bank::integer);
  Operand& entry = stack_[index];
  const std::size_t pair = pair_index(Place::slot, entry.other != no_slot ? Place::slot : Place::imm);
  const ValueHandlers& row = numeric_[0]->values[add_row];
  code_.begin(row.variants[pair][0]);
  field_slot(entry.slot);
  if (entry.other != no_slot) {
    field_slot(locals_[entry.other].slot);
    --locals_[entry.other].uses;
  } else {
    code_.field32(static_cast<std::uint32_t>(entry.bits));
  }
  --locals_[entry.local].uses;
  --sums_;
  code_.end();
  CodeBuffer::Last& last = code_.last;
  last.kind = CodeBuffer::Last::Kind::value;
  last.bank = Bank::integer;
  last.with_slot = row.variants[pair][1];
  last.is_add = true;
  last.pair = static_cast<std::uint8_t>(pair);
  last.acc_slot = acc_slot_[0];
  entry.kind = Operand::Kind::acc;
  acc_entry_[0] = index;
  acc_slot_[0] = no_slot;
}

void Translator::force_top(std::size_t count) {
  for (std::size_t i = stack_.size() - count; i < stack_.size(); ++i) force(static_cast<std::uint32_t>(i));
}

void Translator::force_sums_of(std::uint32_t local) {
  for (std::size_t i = 0; i < stack_.size() && sums_ > 0; ++i) {
    const Operand& entry = stack_[i];
    if (entry.kind == Operand::Kind::sum && (entry.local == local || entry.other == local)) {
      force(static_cast<std::uint32_t>(i));
    }
  }
}

// Before an instruction: sums that it uses and cannot take as they are, or that may not wait any longer.
void Translator::settle_sums(Op op) {
  switch (op) {
    case Op::local_get:
    case Op::i32_const:
    case Op::i64_const:
    case Op::f32_const:
    case Op::f64_const:
    case Op::drop:
    case Op::nop: return;
    case Op::local_set:
    case Op::local_tee: return force_top(1);
    default: break;
  }
  switch (traits_of(op).kind) {
    case OperationTraits::Kind::unary: return force_top(1);
    case OperationTraits::Kind::binary: return force_top(2);
    case OperationTraits::Kind::load: return fast_memory_ ? void() : force_top(1);
    case OperationTraits::Kind::store: return force_top(fast_memory_ ? 1 : 2);
    case OperationTraits::Kind::other: break;
  }
  force_top(stack_.size());
}

// Takes an address off the stack. `acc_is_free`: the accumulator is not the value's.
Translator::Address Translator::take_address(bool acc_is_free) {
  const CodeBuffer::Last last = code_.last;
  const Operand entry = pop();
  const bool in_acc = acc_is_free && entry.kind != Operand::Kind::constant && place_of(entry) == Place::acc;
  if (entry.kind == Operand::Kind::sum) {
    const bool of_locals = entry.other != no_slot;
    const std::uint32_t second = of_locals ? locals_[entry.other].slot * 8 : static_cast<std::uint32_t>(entry.bits);
    if (in_acc) return {of_locals ? AddressForm::acc_slot : AddressForm::acc_imm, {second}};
    return {of_locals ? AddressForm::slot_slot : AddressForm::slot_imm, {entry.slot * 8, second}};
  }
  if (entry.kind == Operand::Kind::acc && last.kind == CodeBuffer::Last::Kind::value && last.is_add) {
    // The addition just made is taken back.
    const Pair operands = pairs[last.pair];
    Address address;
    address.fields[0] = code_.read32(last.start + 2);
    if (operands.left == Place::slot && operands.right != Place::acc) {
      address.form = operands.right == Place::slot ? AddressForm::slot_slot : AddressForm::slot_imm;
      address.fields[1] = code_.read32(last.start + 3);
    } else {
      address.form = operands.right == Place::imm ? AddressForm::acc_imm : AddressForm::acc_slot;
    }
    code_.truncate(last.start);
    acc_slot_[0] = last.acc_slot;
    return address;
  }
  switch (entry.kind == Operand::Kind::constant        ? Place::imm
          : in_acc || entry.kind == Operand::Kind::acc ? Place::acc
                                                       : Place::slot) {
    case Place::acc: return {AddressForm::acc, {}};
    case Place::imm: return {AddressForm::imm, {static_cast<std::uint32_t>(entry.bits)}};
    case Place::slot: return {AddressForm::slot, {entry.slot * 8}};
  }
  return {};
}

void Translator::field_address(const Address& address) {
  for (unsigned i = 0; i < address_bytes(address.form) / 4; ++i) code_.field32(address.fields[i]);
}

void Translator::load(Op op) {
  core::read_immediates<Immediates::mem_arg>(cursor_, instruction_, lists_, module_.features);
  const core::MemArg& arg = instruction_.mem;
  const std::uint64_t end = arg.offset + info(op).width;
  if (arg.memory.value != 0 || !fast_memory_ || end > 0xFFFF'FFFF) {
    force_top(1);
    return plain_by_signature(op, bulk_);
  }
  const Bank bank = bank_of(traits_of(op).result);
  const Address address = take_address(true);
  if (!uses_acc(address.form) || bank != Bank::integer) spill(bank);
  const auto& row = memory_.load[load_index(op)][static_cast<std::size_t>(address.form)];
  code_.begin(row[0]);
  field_address(address);
  code_.field32(static_cast<std::uint32_t>(end));
  value_done(bank, row[1]);
}

void Translator::store(Op op) {
  core::read_immediates<Immediates::mem_arg>(cursor_, instruction_, lists_, module_.features);
  const core::MemArg& arg = instruction_.mem;
  const std::uint64_t end = arg.offset + info(op).width;
  if (arg.memory.value != 0 || !fast_memory_ || end > 0xFFFF'FFFF) {
    force_top(2);
    return plain_by_signature(op, bulk_);
  }
  const Operand value = pop();
  const bool is_integer = value.bank == Bank::integer;
  const Address address = take_address(!is_integer || value.kind != Operand::Kind::acc);
  const Place value_place = place_of(value, !is_integer || !uses_acc(address.form));
  code_.begin(
      memory_.store[store_index(op)][static_cast<std::size_t>(address.form)][static_cast<std::size_t>(value_place)]);
  field_address(address);
  field_operand(value, value_place, traits_of(op).wide_immediate);
  code_.field32(static_cast<std::uint32_t>(end));
  code_.end();
}

}  // namespace tenon::interp
