// The abstract operand stack: where values are, and how they get elsewhere.
#include <algorithm>
#include <cassert>

#include "interp/translator.hpp"

namespace tenon::interp {

namespace {
// With more entries than this on the stack, `local.get` copies at once, so that looking for a local's entries is quick.
constexpr std::size_t most_lazy_entries = 256;
// More adjacent slots than this are moved at once. Vectors are better moved one by one: who compiles the code knows
// then what is moved.
constexpr std::uint32_t most_single_copies = 4;
constexpr std::uint32_t most_copies_of_vectors = 16;
}  // namespace

void Translator::push_local(std::uint32_t index) {
  Local& local = locals_[index];
  ++local.uses;
  Operand& entry = push_new();
  entry.kind = Operand::Kind::local;
  entry.bank = local.bank;
  entry.is_v128 = local.is_v128;
  entry.slot = local.slot;
  entry.local = index;
  touch(entry.home + entry.width());
  if (stack_.size() > most_lazy_entries) [[unlikely]]
    materialize(stack_.back());
}

void Translator::push_constant(Bank bank, std::uint64_t bits) {
  Operand& entry = push_new();
  entry.kind = Operand::Kind::constant;
  entry.bank = bank;
  entry.bits = bits;
}

void Translator::push_acc(Bank bank) {
  const auto b = static_cast<std::size_t>(bank);
  acc_entry_[b] = static_cast<std::uint32_t>(stack_.size());
  acc_slot_[b] = no_slot;
  Operand& entry = push_new();
  entry.kind = Operand::Kind::acc;
  entry.bank = bank;
}

// A value that is in `slot`, at or above its home.
void Translator::push_temp(core::ValType type, std::uint32_t slot) {
  push({.kind = Operand::Kind::temp, .bank = bank_of(type), .is_v128 = type.is_vector(), .home = slot, .slot = slot});
}

// The accumulators no longer agree with this slot.
void Translator::forget(std::uint32_t slot) noexcept {
  for (std::uint32_t& known : acc_slot_) {
    if (known == slot) known = no_slot;
  }
}

void Translator::forget_accumulators() noexcept {
  acc_slot_.fill(no_slot);
  code_.seal();
}

void Translator::emit_copy(std::uint32_t from, std::uint32_t to) {
  if (from == to) return;
  forget(to);
  CodeBuffer::Last& last = code_.last;
  if (last.kind == CodeBuffer::Last::Kind::copy && last.copies < 4) {
    code_.extend_copy(control_.copy[last.copies], from * 8, to * 8);
  } else {
    code_.begin(control_.copy[0]);
    field_slot(from);
    field_slot(to);
    code_.end();
    last.copies = 1;
  }
  last.kind = CodeBuffer::Last::Kind::copy;
}

void Translator::emit_copy_wide(std::uint32_t from, std::uint32_t to, std::uint32_t width) {
  if (width == 1) return emit_copy(from, to);
  if (from == to) return;
  forget(to);
  forget(to + 1);
  code_.begin(control_.copy_v128);
  field_slot(from);
  field_slot(to);
  code_.end();
}

// Slots of the temps from this entry on that lie next to each other.
std::uint32_t Translator::run_of_temps(std::size_t first) const noexcept {
  std::uint32_t slots = 0;
  for (std::size_t i = first; i < stack_.size(); ++i) {
    const Operand& entry = stack_[i];
    if (entry.kind != Operand::Kind::temp || entry.slot != stack_[first].slot + slots) break;
    slots += entry.width();
  }
  return slots;
}

void Translator::emit_copy_many(std::uint32_t from, std::uint32_t to, std::uint32_t count) {
  if (from == to) return;
  for (std::uint32_t& known : acc_slot_) {
    if (known - to < count) known = no_slot;
  }
  code_.begin(control_.copy_many);
  field_slot(from);
  field_slot(to);
  code_.field32(count);
  code_.end();
}

void Translator::emit_constant(std::uint64_t bits, std::uint32_t slot) {
  forget(slot);
  const bool narrow = bits <= 0xFFFF'FFFF;
  code_.begin(narrow ? control_.constant32 : control_.constant64);
  if (narrow) {
    code_.field32(static_cast<std::uint32_t>(bits));
  } else {
    code_.field64(bits);
  }
  field_slot(slot);
  code_.end();
}

// Puts the accumulator into a slot too: by the instruction that made the value if that was the last one.
void Translator::emit_store_acc(Bank bank, std::uint32_t slot) {
  forget(slot);
  if (code_.last.kind == CodeBuffer::Last::Kind::value && code_.last.bank == bank) {
    code_.add_slot(slot * 8);
  } else {
    code_.begin(control_.store_acc[static_cast<std::size_t>(bank)]);
    field_slot(slot);
    code_.end();
  }
  acc_slot_[static_cast<std::size_t>(bank)] = slot;
}

// Frees an accumulator: the entry that it holds, if any, goes to its home.
void Translator::spill(Bank bank) {
  const std::uint32_t index = acc_entry_[static_cast<std::size_t>(bank)];
  if (index != none) spill_entry(stack_[index], stack_[index].home);
}

void Translator::spill_entry(Operand& entry, std::uint32_t slot) {
  assert(entry.kind == Operand::Kind::acc);
  emit_store_acc(entry.bank, slot);
  acc_entry_[static_cast<std::size_t>(entry.bank)] = none;
  entry.kind = Operand::Kind::temp;
  entry.slot = slot;
}

// Gives an entry of the stack a slot of its own: its home.
void Translator::materialize(Operand& entry) {
  switch (entry.kind) {
    case Operand::Kind::temp: return;
    case Operand::Kind::acc: spill_entry(entry, entry.home); return;
    case Operand::Kind::constant: emit_constant(entry.bits, entry.home); break;
    case Operand::Kind::sum:
      force(static_cast<std::uint32_t>(&entry - stack_.data()));
      spill_entry(entry, entry.home);
      return;
    case Operand::Kind::local:
      emit_copy_wide(entry.slot, entry.home, entry.width());
      --locals_[entry.local].uses;
      break;
  }
  entry.kind = Operand::Kind::temp;
  entry.slot = entry.home;
}

// Before control joins: everything but constants, and but the top `above` entries, into slots of its own.
void Translator::flush(std::uint32_t above) {
  const auto end = static_cast<std::uint32_t>(stack_.size()) - above;
  for (const std::uint32_t index : acc_entry_) {
    if (index < end) spill_entry(stack_[index], stack_[index].home);
  }
  for (; flushed_ < end; ++flushed_) {
    if (stack_[flushed_].kind != Operand::Kind::constant) materialize(stack_[flushed_]);
  }
}

// Before a local changes: entries that stand for it keep its value.
void Translator::preserve_local(std::uint32_t index) {
  for (std::size_t i = stack_.size(); i > 0 && locals_[index].uses > 0; --i) {
    Operand& entry = stack_[i - 1];
    if (entry.kind == Operand::Kind::local && entry.local == index) materialize(entry);
  }
}

// Where an operand comes from when it is used now.
Place Translator::place_of(const Operand& entry, bool allow_acc) const noexcept {
  switch (entry.kind) {
    case Operand::Kind::acc: return Place::acc;
    case Operand::Kind::constant: return Place::imm;
    case Operand::Kind::local:
    case Operand::Kind::temp:
    case Operand::Kind::sum: break;
  }
  const bool in_acc = !entry.is_v128 && acc_slot_[static_cast<std::size_t>(entry.bank)] == entry.slot;
  return in_acc && allow_acc ? Place::acc : Place::slot;
}

void Translator::field_operand(const Operand& entry, Place place, bool wide_immediate) {
  switch (place) {
    case Place::acc: return;
    case Place::slot: field_slot(entry.slot); return;
    case Place::imm:
      if (wide_immediate) {
        code_.field64(entry.bits);
      } else {
        code_.field32(static_cast<std::uint32_t>(entry.bits));
      }
      return;
  }
}

// The slot of an operand that was popped, after putting it in its home if it has none.
std::uint32_t Translator::slot_of(Operand& entry) {
  if (entry.kind == Operand::Kind::constant) {
    emit_constant(entry.bits, entry.home);
  } else if (entry.kind == Operand::Kind::acc) {
    emit_store_acc(entry.bank, entry.home);
  } else {
    return entry.slot;
  }
  entry.kind = Operand::Kind::temp;
  entry.slot = entry.home;
  return entry.slot;
}

// Ends an instruction whose result is in the accumulator, and pushes that.
void Translator::value_done(Bank bank, Handler with_slot) {
  code_.end();
  code_.last.kind = CodeBuffer::Last::Kind::value;
  code_.last.bank = bank;
  code_.last.with_slot = with_slot;
  push_acc(bank);
}

// Ends an instruction whose last field is the slot of its result, a vector. A `local.set` behind it changes that field.
void Translator::end_in_slot(std::uint32_t slot) {
  forget(slot);
  forget(slot + 1);
  code_.last.slot_field = code_.position();
  field_slot(slot);
  code_.end();
  code_.last.kind = CodeBuffer::Last::Kind::in_slot;
}

// Copies an entry's value to a slot; the entry is not changed.
void Translator::move_to(const Operand& entry, std::uint32_t slot) {
  switch (entry.kind) {
    case Operand::Kind::acc: emit_store_acc(entry.bank, slot); return;
    case Operand::Kind::constant: emit_constant(entry.bits, slot); return;
    case Operand::Kind::local:
    case Operand::Kind::temp:
    case Operand::Kind::sum: emit_copy_wide(entry.slot, slot, entry.width()); return;
  }
}

// Whether moving these entries to adjacent slots from `slot` on moves temps upwards, downwards, or both.
Translator::Direction Translator::direction(std::uint32_t first, std::uint32_t slot) const noexcept {
  Direction result;
  for (std::size_t i = first; i < stack_.size(); ++i) {
    if (stack_[i].kind == Operand::Kind::temp) {
      result.up |= stack_[i].slot < slot;
      result.down |= stack_[i].slot > slot;
    }
    slot += stack_[i].width();
  }
  return result;
}

// Copies the entries from `first` to the top to adjacent slots from `slot` on. Temps among them may overlap with these
// slots if all move in one direction; locals may not.
void Translator::place_values(std::uint32_t first, std::uint32_t slot) {
  const auto entries = std::span(stack_).subspan(first);
  // Accumulators first: the instruction that made the value stores it in passing. Not where a temp waits to be moved.
  std::uint32_t end = slot;
  for (Operand& entry : entries) {
    const std::uint32_t target = end;
    end += entry.width();
    if (entry.kind != Operand::Kind::acc) continue;
    const bool in_use = std::ranges::any_of(entries, [&](const Operand& other) {
      return other.kind == Operand::Kind::temp && other.slot <= target && target < other.slot + other.width();
    });
    spill_entry(entry, in_use ? entry.home : target);
  }
  touch(end);
  if (!direction(first, slot).up) {
    for (std::size_t i = 0; i < entries.size();) {
      const std::uint32_t run = run_of_temps(first + i);
      std::uint32_t end_of_move = slot + entries[i].width();
      if (run > (entries[i].is_v128 ? most_copies_of_vectors : most_single_copies)) {
        emit_copy_many(entries[i].slot, slot, run);
        end_of_move = slot + run;
      } else {
        move_to(entries[i], slot);
      }
      for (; slot < end_of_move; ++i) slot += entries[i].width();
    }
    return;
  }
  for (std::size_t i = entries.size(); i > 0; --i) {
    end -= entries[i - 1].width();
    move_to(entries[i - 1], end);
  }
}

// Puts the top `count` entries into adjacent slots and takes them off the stack; gives the first slot.
std::uint32_t Translator::place_contiguous(std::uint32_t count) {
  const auto first = static_cast<std::uint32_t>(stack_.size() - count);
  const std::uint32_t slot = count == 0 ? next_home() : stack_[first].home;
  place_values(first, slot);
  for (std::uint32_t i = 0; i < count; ++i) pop();
  return slot;
}

// Puts the top `count` entries where a callee's frame begins, takes them off the stack, and spills what is below.
std::uint32_t Translator::place_arguments(std::uint32_t count) {
  const auto first = static_cast<std::uint32_t>(stack_.size() - count);
  for (const std::uint32_t index : acc_entry_) {
    if (index < first) spill_entry(stack_[index], stack_[index].home);
  }
  std::uint32_t frame = operands_begin_;
  if (first > 0) frame = stack_[first - 1].home + stack_[first - 1].width() + runtime::frame_header_slots;
  const Direction moves = direction(first, frame);
  if (moves.up && moves.down) frame = next_home() + runtime::frame_header_slots;
  place_values(first, frame);
  for (std::uint32_t i = 0; i < count; ++i) pop();
  return frame;
}

}  // namespace tenon::interp
