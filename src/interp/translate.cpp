// The translation of instructions that compute, and the dispatch over all of them.
#include <algorithm>
#include <cassert>

#include "binary/core/immediates.hpp"
#include "interp/access.hpp"
#include "interp/translator.hpp"

namespace tenon::interp {

namespace {

// The comparisons of a type stand in the order of the standard: for integers eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s
// ge_u, for floats eq ne lt gt le ge.
struct ComparisonGroup {
  Op first;
  bool is_float;
};
constexpr ComparisonGroup group_of(Op op) noexcept {
  if (op >= Op::f64_eq) return {Op::f64_eq, true};
  if (op >= Op::f32_eq) return {Op::f32_eq, true};
  return {op >= Op::i64_eq ? Op::i64_eq : Op::i32_eq, false};
}
constexpr Op in_group(Op op, const std::uint8_t (&order)[10]) noexcept {
  const auto first = static_cast<std::size_t>(group_of(op).first);
  return static_cast<Op>(first + order[static_cast<std::size_t>(op) - first]);
}
constexpr std::uint8_t swapped_integers[10] = {0, 1, 4, 5, 2, 3, 8, 9, 6, 7};
constexpr std::uint8_t swapped_floats[10] = {0, 1, 3, 2, 5, 4};
constexpr std::uint8_t opposite_integers[10] = {1, 0, 8, 9, 6, 7, 4, 5, 2, 3};

// The comparison with its operands exchanged.
constexpr Op swapped(Op op) noexcept { return in_group(op, group_of(op).is_float ? swapped_floats : swapped_integers); }
// The comparison that holds exactly when this one, of integers, does not.
constexpr Op opposite(Op op) noexcept { return in_group(op, opposite_integers); }
static_assert(swapped(Op::i32_lt_u) == Op::i32_gt_u && swapped(Op::f64_le) == Op::f64_ge);
static_assert(opposite(Op::i64_le_s) == Op::i64_gt_s && opposite(Op::i32_eq) == Op::i32_ne);

constexpr std::size_t index_of(Place place) noexcept { return static_cast<std::size_t>(place); }

}  // namespace

Translator::Translator(const core::ValidatedModule& module, const runtime::CodeSettings& settings,
                       std::atomic<const Cell*>* entries, std::pmr::memory_resource& memory)
    : module_(module),
      model_(*module.module),
      settings_(settings),
      entries_(entries),
      numeric_{&numeric_i32[settings.loop_dispatch], &numeric_i64[settings.loop_dispatch],
               &numeric_f32[settings.loop_dispatch], &numeric_f64[settings.loop_dispatch]},
      metered_(metered_handlers[settings.loop_dispatch]),
      memory_(memory_handlers[settings.loop_dispatch]),
      control_(control_handlers[settings.loop_dispatch]),
      loops_((settings.fuel ? metered_loop_handlers : loop_handlers)[settings.loop_dispatch]),
      shifts_(shift_handlers[settings.loop_dispatch]),
      vectors_(vector_handlers[settings.loop_dispatch]),
      atomics_(atomic_handlers[settings.loop_dispatch]),
      references_(reference_handlers[settings.loop_dispatch]),
      bulk_(bulk_handlers[settings.loop_dispatch]),
      fast_memory_(!model_.memories.empty() && !model_.memories[core::MemoryIdx(0U)].limits.is_64),
      cursor_({}, 0),
      lists_(memory),
      code_(memory),
      stack_(&memory),
      blocks_(&memory),
      fixups_(&memory),
      locals_(&memory),
      runs_(&memory),
      ranges_(&memory),
      clauses_(&memory),
      loops_found_(&memory),
      labels_(&memory),
      legacy_clauses_(&memory) {}

Translation Translator::translate(core::FuncIdx index, std::pmr::vector<SourcePosition>* positions) {
  const core::Func& func = model_.funcs[index];
  cursor_ = Cursor(func.body, func.offset);
  body_ = func.body.data();
  const core::FuncType& type = model_.type_of(index).func;
  results_ = type.results;
  begin_function(type);
  while (!done_) {
    if (positions != nullptr) {
      positions->push_back({code_.position(), static_cast<std::uint32_t>(cursor_.position() - func.body.data())});
    }
    if (reachable_) {
      // Nearly all opcodes are one byte, and the body is known to be well-formed.
      const std::uint8_t* at = cursor_.position();
      Op op = one_byte_ops[*at];
      if (op != Op::invalid) [[likely]] {
        cursor_.set_position(at + 1);
      } else {
        op = core::read_op(cursor_);
      }
      instruction(op);
    } else {
      skip();
    }
  }
  return {too_large_, code_.units(), ranges_, clauses_, loops_found_};
}

core::Instruction& Translator::immediates(Op op) {
  instruction_.op = op;
  core::with_shape(info(op).immediates, [&]<Immediates shape>() {
    core::read_immediates<shape>(cursor_, instruction_, lists_, module_.features);
  });
  return instruction_;
}

void Translator::instruction(Op op) {
  charge();
  if (sums_ > 0) settle_sums(op);
  switch (op) {
    case Op::local_get: push_local(index()); return;
    case Op::local_set: local_set(false); return;
    case Op::local_tee: local_set(true); return;
    case Op::i32_const: push_constant(Bank::integer, static_cast<std::uint32_t>(cursor_.s32())); return;
    case Op::i64_const: push_constant(Bank::integer, static_cast<std::uint64_t>(cursor_.s64())); return;
    case Op::f32_const: push_constant(Bank::f32, cursor_.fixed<std::uint32_t>()); return;
    case Op::f64_const: push_constant(Bank::f64, cursor_.fixed<std::uint64_t>()); return;
    case Op::drop: pop(); return;
    case Op::nop: return;
    case Op::select: select(); return;
    case Op::select_typed:
      immediates(op);
      select();
      return;
    case Op::global_get: global_get(); return;
    case Op::global_set: global_set(); return;
    case Op::i32_eqz:
    case Op::i64_eqz: eqz(op); return;
    default: break;
  }
  switch (traits_of(op).kind) {
    case OperationTraits::Kind::unary: return unary(op);
    case OperationTraits::Kind::binary: return binary(op);
    case OperationTraits::Kind::load: return load(op);
    case OperationTraits::Kind::store: return store(op);
    case OperationTraits::Kind::other: break;
  }
  if (op < Op::drop) return control(op);
  plain(op);
}

void Translator::unary(Op op) {
  const OperationTraits& traits = traits_of(op);
  const ValueHandlers& row = numeric_[traits.numeric.family]->values[traits.numeric.row];
  const Bank bank = bank_of(traits.result);
  Operand operand = pop();
  spill(bank);
  if (place_of(operand) == Place::imm) slot_of(operand);
  const Place place = place_of(operand);
  const std::size_t variant = place == Place::acc ? unary_acc : unary_slot;
  code_.begin(row.variants[variant][0]);
  field_operand(operand, place, false);
  value_done(bank, row.variants[variant][1]);
}

// Makes one instruction of a shift by a constant, just written, and an operation with its result.
bool Translator::fuse_shift(Op op) {
  const auto* row = std::ranges::find(shifted_ops, op);
  const CodeBuffer::Last last = code_.last;
  if (row == std::end(shifted_ops) || last.kind != CodeBuffer::Last::Kind::value) return false;
  const Operand& right = stack_.back();
  const Operand& left = stack_[stack_.size() - 2];
  const Operand& other = right.kind == Operand::Kind::acc ? left : right;
  if (right.kind != Operand::Kind::acc && left.kind != Operand::Kind::acc) return false;
  if (other.kind != Operand::Kind::local && other.kind != Operand::Kind::temp) return false;
  const std::uint32_t other_slot = other.slot * 8;
  const std::uint32_t shifted = code_.read32(last.start + 2);
  const std::uint32_t count = code_.read32(last.start + 3);
  pop();
  pop();
  code_.truncate(last.start);
  const bool in_acc = last.acc_slot != no_slot && last.acc_slot * 8 == other_slot;
  const auto shift = static_cast<std::size_t>(std::ranges::find(shift_ops, last.shift) - std::begin(shift_ops));
  const auto& handlers = shifts_.handlers[row - std::begin(shifted_ops)][shift][in_acc ? 0 : 1];
  code_.begin(handlers[0]);
  if (!in_acc) code_.field32(other_slot);
  code_.field32(shifted);
  code_.field32(count);
  value_done(Bank::integer, handlers[1]);
  return true;
}

void Translator::binary(Op op) {
  if (op == Op::i32_add && push_sum()) return;
  if (code_.last.shift != Op::invalid && fuse_shift(op)) return;
  Operand right = pop();
  Operand left = pop();
  const OperationTraits traits = traits_of(op);
  const Bank bank = bank_of(traits.result);
  spill(bank);
  if (left.kind == Operand::Kind::constant) {
    if (right.kind != Operand::Kind::constant && (traits.is_commutative || traits.is_comparison)) {
      std::swap(left, right);
      if (traits.is_comparison) op = swapped(op);
    } else {
      slot_of(left);
    }
  }
  Place left_place = place_of(left, right.kind != Operand::Kind::acc);
  Place right_place = place_of(right, left_place != Place::acc);
  if (traits.is_comparison && right_place == Place::acc) {
    std::swap(left, right);
    std::swap(left_place, right_place);
    op = swapped(op);
  }
  const std::size_t pair = pair_index(left_place, right_place);
  const NumericPlace numeric = traits_of(op).numeric;  // of the exchanged comparison, perhaps
  const ValueHandlers& row = numeric_[numeric.family]->values[numeric.row];
  const std::uint32_t acc_slot = acc_slot_[static_cast<std::size_t>(bank)];
  const std::uint32_t increment = code_.increment();
  code_.begin(row.variants[pair][0]);
  field_operand(left, left_place, traits.wide_immediate);
  field_operand(right, right_place, traits.wide_immediate);
  value_done(bank, row.variants[pair][1]);
  code_.last.pair = static_cast<std::uint8_t>(pair);
  code_.last.acc_slot = acc_slot;
  code_.last.is_add = op == Op::i32_add;
  if (left_place == Place::slot && right_place == Place::imm &&
      std::ranges::find(shift_ops, op) != std::end(shift_ops)) {
    code_.last.shift = op;
  }
  if (traits.is_comparison) {
    code_.last.op = op;
    if (left_place == Place::acc) code_.last.increment = increment;
  }
}

// A comparison with zero. Of the comparison just made it is the opposite: for integers that replaces it; of floats it
// is remembered, so that a branch can take both back.
void Translator::eqz(Op op) {
  CodeBuffer::Last& last = code_.last;
  const bool of_comparison =
      stack_.back().kind == Operand::Kind::acc && last.kind == CodeBuffer::Last::Kind::value && last.op != Op::invalid;
  const CodeBuffer::Last before = last;
  push_constant(Bank::integer, 0);
  if (!of_comparison || before.inner != Op::invalid) return binary(op == Op::i32_eqz ? Op::i32_eq : Op::i64_eq);
  if (group_of(before.op).is_float) {
    binary(Op::i32_eq);
    last.inner = before.op;
    last.inner_pair = before.pair;
    last.inner_start = before.start;
    last.inner_fields_end = before.fields_end;
    last.acc_slot = before.acc_slot;
    return;
  }
  pop();
  const NumericPlace numeric = numeric_places[static_cast<std::size_t>(opposite(before.op))];
  const ValueHandlers& row = numeric_[numeric.family]->values[numeric.row];
  code_.replace_last(row.variants[before.pair][0], row.variants[before.pair][1], opposite(before.op));
}

// Takes the top of the stack as a branch condition: true if it is not zero (or, with `sense` false, if it is).
Translator::Condition Translator::take_condition(bool sense) {
  const CodeBuffer::Last last = code_.last;
  Condition condition;
  if (stack_.back().kind == Operand::Kind::acc && last.kind == CodeBuffer::Last::Kind::value &&
      last.op != Op::invalid) {
    pop();
    const bool has_inner = last.inner != Op::invalid;
    condition.op = has_inner ? last.inner : last.op;
    condition.pair = has_inner ? last.inner_pair : last.pair;
    const std::uint32_t start = has_inner ? last.inner_start : last.start;
    const std::uint32_t end = has_inner ? last.inner_fields_end : last.fields_end;
    for (std::uint32_t i = start + 2; i < end; ++i) condition.fields[condition.count++] = code_.read32(i);
    code_.truncate(start);
    acc_slot_[0] = last.acc_slot;
    condition.increment = last.increment;
    if (has_inner) sense = !sense;
  } else {
    Operand value = pop();
    if (value.kind == Operand::Kind::constant) slot_of(value);
    const Place place = place_of(value);
    condition.pair = static_cast<std::uint8_t>(pair_index(place, Place::imm));
    if (place == Place::acc) condition.increment = code_.increment();
    if (place == Place::slot) condition.fields[condition.count++] = value.slot * 8;
    condition.fields[condition.count++] = 0;
  }
  if (!sense && group_of(condition.op).is_float) {
    condition.negated = true;
  } else if (!sense) {
    condition.op = opposite(condition.op);
  }
  return condition;
}

void Translator::local_set(bool tee) {
  const std::uint32_t local = index();
  if (sums_ > 0) force_sums_of(local);
  const Operand value = pop();
  if (value.kind == Operand::Kind::local && value.local == local) {
    if (tee) push_local(local);
    return;
  }
  preserve_local(local);
  const std::uint32_t slot = locals_[local].slot;
  if (value.kind == Operand::Kind::temp && code_.last.kind == CodeBuffer::Last::Kind::in_slot &&
      code_.read32(code_.last.slot_field) == value.slot * 8) {
    code_.patch32(code_.last.slot_field, slot * 8);
    code_.seal();
    forget(slot);
  } else {
    const bool in_acc = value.kind != Operand::Kind::constant && place_of(value) == Place::acc;
    if (in_acc) {
      emit_store_acc(value.bank, slot);
    } else {
      move_to(value, slot);
    }
  }
  if (tee) push_local(local);
}

void Translator::global_get() {
  const std::uint32_t global = index();
  const core::ValType type = module_.global_types[core::GlobalIdx(global)].value;
  if (type.is_vector()) {
    const std::uint32_t slot = next_home();
    code_.begin(control_.global_get_v128);
    code_.field32(global);
    end_in_slot(slot);
    push_temp(type, slot);
    return;
  }
  const Bank bank = bank_of(type);
  spill(bank);
  const auto& row = control_.global_get[static_cast<std::size_t>(bank)];
  code_.begin(row[0]);
  code_.field32(global);
  value_done(bank, row[1]);
}

void Translator::global_set() {
  const std::uint32_t global = index();
  const Operand value = pop();
  const Place place = value.is_v128 ? Place::slot : place_of(value);
  const Handler by_place[] = {control_.global_set[static_cast<std::size_t>(value.bank)], control_.global_set_slot,
                              control_.global_set_constant};
  code_.begin(value.is_v128 ? control_.global_set_v128 : by_place[index_of(place)]);
  code_.field32(global);
  field_operand(value, place, true);
  code_.end();
}

void Translator::select() {
  Operand condition = pop();
  Operand second = pop();
  Operand first = pop();
  if (first.is_v128) {
    const std::uint32_t condition_slot = slot_of(condition);
    const std::uint32_t slot = first.home;
    code_.begin(control_.select_v128);
    for (const std::uint32_t operand : {condition_slot, first.slot, second.slot}) field_slot(operand);
    end_in_slot(slot);
    push_temp(core::v128, slot);
    return;
  }
  const Bank bank = first.bank;
  spill(bank);
  if (condition.kind == Operand::Kind::constant) slot_of(condition);
  const bool one_bank = bank == Bank::integer;
  const bool value_is_acc = first.kind == Operand::Kind::acc || second.kind == Operand::Kind::acc;
  const Place condition_place = place_of(condition, !one_bank || !value_is_acc);
  const bool free = !one_bank || condition_place != Place::acc;
  const Place first_place = place_of(first, free && second.kind != Operand::Kind::acc);
  const Place second_place = place_of(second, free && first_place != Place::acc);
  const bool wide = bank != Bank::f32;
  const auto& row = control_.select[static_cast<std::size_t>(bank)][index_of(condition_place)][index_of(first_place)]
                                   [index_of(second_place)];
  code_.begin(row[0]);
  field_operand(condition, condition_place, false);
  field_operand(first, first_place, wide);
  field_operand(second, second_place, wide);
  value_done(bank, row[1]);
}

}  // namespace tenon::interp
