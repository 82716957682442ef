// The translation of structured control: blocks, branches and functions.
//
// A branch forward is written with an empty distance and remembered in a list of its label; binding the label fills the
// distances in. The label's values are moved to its home slots first; a conditional branch that would have to move
// something is turned around and jumps over the moves.
#include <algorithm>
#include <cassert>

#include "binary/core/immediates.hpp"
#include "interp/translator.hpp"

namespace tenon::interp {

namespace {
constexpr std::size_t add_row = numeric_places[static_cast<std::size_t>(Op::i32_add)].row;
}  // namespace

void Translator::begin_function(const core::FuncType& type) {
  code_.clear();
  stack_.clear();
  blocks_.clear();
  fixups_.clear();
  locals_.clear();
  ranges_.clear();
  clauses_.clear();
  loops_found_.clear();
  legacy_clauses_.clear();
  acc_entry_.fill(none);
  acc_slot_.fill(no_slot);
  too_large_ = false;
  flushed_ = 0;
  sums_ = 0;
  reachable_ = true;
  done_ = false;
  fuel_field_ = none;
  std::uint32_t slot = 0;
  const auto add_local = [&](core::ValType local) {
    locals_.push_back({.slot = slot, .bank = bank_of(local), .is_v128 = local.is_vector()});
    slot += runtime::slots_of(local);
  };
  for (const core::ValType param : type.params) add_local(param);
  params_slots_ = slot;
  Cursor detour = cursor_.detour();
  core::read_locals(detour, runs_, static_cast<std::uint32_t>(type.params.size()), module_.features);
  cursor_.rejoin(std::move(detour));
  for (const core::LocalRun& run : runs_) {
    for (std::uint32_t i = 0; i < run.count; ++i) add_local(run.type);
  }
  const std::uint32_t cleared = slot - params_slots_;
  operands_begin_ = std::max(slot, slots_of(type.results)) + runtime::frame_header_slots;
  frame_slots_ = operands_begin_;
  code_.begin(control_.enter[std::min<std::size_t>(cleared, std::size(control_.enter) - 1)][settings_.fuel]);
  frame_field_ = code_.position();
  code_.field32(0);
  field_slot(params_slots_);
  code_.field32(cleared);
  price_field();
  code_.end();
  begin_paid();
  Block body;
  body.kind = BlockKind::function;
  body.home = operands_begin_;
  body.results = type.results;
  blocks_.push_back(body);
}

// Metered code pays for each straight run of instructions when it enters it: one unit for every instruction that the
// binary format has there (block markers, `end` and `else` included), whether the run is finished or left by a trap.
// What leads there pays if nothing else leads there, and what jumps back to a loop: an instruction of its own does
// where several ways meet, and where a loop is entered.
void Translator::begin_charge() {
  if (!settings_.fuel) return;
  end_charge();
  if (done_) return;
  code_.begin(control_.fuel);
  price_field();
  code_.end();
  begin_paid();
}

// Fills in the price of the run that ends here.
void Translator::end_charge() {
  if (fuel_field_ != none) code_.patch32(fuel_field_, fuel_);
  fuel_ = 0;
  fuel_field_ = none;
}

// Writes a field for the price of the run that begins behind the instruction.
void Translator::price_field() {
  if (!settings_.fuel) return;
  price_field_ = code_.position();
  code_.field32(0);
}

// Begins a run that the instruction before pays for.
void Translator::begin_paid() {
  if (!settings_.fuel) return;
  end_charge();
  fuel_field_ = price_field_;
}

// Writes the price of a loop that is jumped back to.
void Translator::loop_price(const Block& loop) {
  if (fuel_field_ == loop.price_field) code_.patch32(fuel_field_, fuel_);
  code_.field32(code_.read32(loop.price_field));
}

const core::FuncType& Translator::func_type(std::uint32_t type_index) const noexcept {
  return model_.types[core::TypeIdx(type_index)].func;
}

Translator::Block Translator::make_block(BlockKind kind, const core::BlockType& type) const {
  Block block;
  block.kind = kind;
  if (type.kind == core::BlockType::Kind::value) {
    block.single = type.value;
    block.has_single = true;
  } else if (type.kind == core::BlockType::Kind::type) {
    block.params = func_type(type.type.value).params;
    block.results = func_type(type.type.value).results;
  }
  return block;
}

// Puts the top `count` entries into adjacent slots from `slot` on for good.
void Translator::settle(std::size_t count, std::uint32_t slot) {
  const std::size_t first = stack_.size() - count;
  place_values(static_cast<std::uint32_t>(first), slot);
  for (std::size_t i = first; i < stack_.size(); ++i) {
    Operand& entry = stack_[i];
    if (entry.kind == Operand::Kind::local) --locals_[entry.local].uses;
    entry.kind = Operand::Kind::temp;
    entry.home = entry.slot = slot;
    slot += entry.width();
  }
}

void Translator::push_temps(std::span<const core::ValType> types, std::uint32_t slot) {
  for (const core::ValType type : types) {
    push_temp(type, slot);
    slot += runtime::slots_of(type);
  }
}

void Translator::pop_to(std::size_t height) {
  while (stack_.size() > height) pop();
}

// Opens a block whose parameters are on top of the stack, flushed.
void Translator::push_block(Block block) {
  block.height = static_cast<std::uint32_t>(stack_.size() - block.params.size());
  block.home = block.height < stack_.size() ? stack_[block.height].home : next_home();
  touch(block.home + std::max(slots_of(block.params), slots_of(block.result_types())));
  blocks_.push_back(block);
}

void Translator::begin_block(BlockKind kind) {
  const std::uint8_t* behind_op = cursor_.position();
  const core::BlockType type = immediates(kind == BlockKind::loop ? Op::loop : Op::block).block;
  flush(0);
  push_block(make_block(kind, type));
  if (kind != BlockKind::loop) return;
  settle(blocks_.back().params.size(), blocks_.back().home);
  forget_accumulators();
  Block& loop = blocks_.back();
  loop.header = loop.paid_header = code_.position();
  if (stack_.empty() && (loops_found_.empty() || loops_found_.back().header != loop.header / 2)) {
    loops_found_.push_back({loop.header / 2, static_cast<std::uint32_t>(behind_op - body_) - 1});
  }
  if (!settings_.fuel) return;
  begin_charge();
  loop.price_field = fuel_field_;
  loop.paid_header = code_.position();
  code_.seal();
}

void Translator::begin_if() {
  const core::BlockType type = immediates(Op::if_).block;
  const Block block = make_block(BlockKind::if_, type);
  flush(1);
  if (!block.params.empty()) {
    // Both branches find the parameters in the same slots. The condition gets out of the way.
    Operand condition = pop();
    slot_of(condition);
    settle(block.params.size(), stack_[stack_.size() - block.params.size()].home);
    condition.home = std::max(condition.home, next_home());
    push(condition);
  }
  const std::uint32_t fixup = emit_branch_forward(take_condition(false), settings_.fuel);
  push_block(block);
  blocks_.back().else_fixup = fixup;
  begin_paid();
}

void Translator::begin_else() {
  Block& block = blocks_.back();
  if (reachable_) {
    move_to_label(block);
    emit_jump(block);
  }
  pop_to(block.height);
  bind_label(block.else_fixup);
  forget_accumulators();
  block.kind = BlockKind::else_;
  push_temps(block.params, block.home);
  reachable_ = true;
  begin_charge();
}

void Translator::end_block() {
  if (blocks_.back().kind == BlockKind::function) return end_function();
  Block block = blocks_.back();
  const bool joins = block.reached || block.else_fixup != none;
  if (reachable_ && joins) move_to_label(block);
  if (block.kind == BlockKind::try_table) end_protected(block);
  blocks_.pop_back();
  if (!joins) {
    if (!reachable_) pop_to(block.height);
    return;
  }
  pop_to(block.height);
  bind_label(block.fixups);
  bind_label(block.else_fixup);
  forget_accumulators();
  push_temps(block.result_types(), block.home);
  reachable_ = true;
  begin_charge();
}

void Translator::end_function() {
  if (reachable_) emit_return();
  done_ = true;
  begin_charge();
  collect_legacy_clauses();
  code_.patch32(frame_field_, frame_slots_ * 8);
}

// Writes a conditional branch forward; gives its fixup.
std::uint32_t Translator::emit_branch_forward(const Condition& condition, bool metered) {
  Block target;
  emit_branch(condition, target, metered);
  return target.fixups;
}

// Writes the distance to a block's label, now or when it is bound. `pays`: to where a loop is paid for.
void Translator::emit_target(Block& target, bool pays) {
  if (target.kind == BlockKind::loop) {
    code_.field32(((pays ? target.paid_header : target.header) - code_.start()) * 4);
    return;
  }
  fixups_.push_back({.field = code_.position(), .start = code_.start(), .next = target.fixups});
  target.fixups = static_cast<std::uint32_t>(fixups_.size() - 1);
  target.reached = true;
  code_.field32(0);
}

// Metered: the branch pays for what follows, and for a loop that it jumps back to.
void Translator::emit_branch(const Condition& condition, Block& target, bool metered) {
  const NumericPlace numeric = numeric_places[static_cast<std::size_t>(condition.op)];
  const bool backward = target.kind == BlockKind::loop;
  if (backward && fuse_increment(condition, target)) return;
  const BranchHandlers* rows = metered ? metered_.branches[numeric.family] : numeric_[numeric.family]->branches;
  code_.begin(rows[numeric.row].variants[condition.pair][condition.negated][backward]);
  for (std::uint32_t i = 0; i < condition.count; ++i) code_.field32(condition.fields[i]);
  finish_branch(target, metered);
}

void Translator::finish_branch(Block& target, bool metered) {
  emit_target(target, metered);
  if (metered) {
    price_field();
    if (target.kind == BlockKind::loop) loop_price(target);
  }
  code_.end();
}

// Writes an increment, a comparison with the sum and a branch back as one instruction, if that is what there is.
bool Translator::fuse_increment(const Condition& condition, Block& target) {
  if (condition.increment == none || condition.op < Op::i32_eq || condition.op > Op::i32_ge_u) return false;
  const Pair operands = pairs[condition.pair];
  if (operands.left != Place::acc || operands.right == Place::acc) return false;
  const std::uint32_t start = condition.increment;
  const std::uint32_t augend = code_.read32(start + 2);
  const std::uint32_t addend = code_.read32(start + 3);
  const std::uint32_t sum = code_.read32(start + 4);
  const bool adds_slot =
      code_.is_handler(start, numeric_[0]->values[add_row].variants[pair_index(Place::slot, Place::slot)][1]);
  const auto row = static_cast<std::size_t>(condition.op) - static_cast<std::size_t>(Op::i32_eq);
  code_.truncate(start);
  code_.begin(loops_.add_branch[row][adds_slot][operands.right == Place::slot]);
  for (const std::uint32_t value : {augend, addend, sum, condition.fields[0]}) code_.field32(value);
  finish_branch(target, settings_.fuel);
  return true;
}

void Translator::emit_jump(Block& target) {
  const bool backward = target.kind == BlockKind::loop;
  const bool pays = backward && settings_.fuel;
  code_.begin(pays ? control_.jump_metered : control_.jump[backward]);
  emit_target(target, pays);
  if (pays) loop_price(target);
  code_.end();
}

// Makes the current position the target of a list of branches.
void Translator::bind_label(std::uint32_t& fixups) {
  for (std::uint32_t i = fixups; i != none; i = fixups_[i].next) {
    code_.patch32(fixups_[i].field, (code_.position() - fixups_[i].start) * 4);
  }
  fixups = none;
  code_.seal();
}

std::span<const core::ValType> Translator::label_types(const Block& block) const noexcept {
  return block.kind == BlockKind::loop ? block.params : block.result_types();
}

// Whether a jump to the label, with `above` entries on top of its values, would have to move any of them.
bool Translator::moves_needed(const Block& target, std::size_t above) const noexcept {
  std::uint32_t slot = target.home;
  const std::size_t count = label_types(target).size();
  for (std::size_t i = stack_.size() - above - count; i < stack_.size() - above; ++i) {
    const Operand& entry = stack_[i];
    if (entry.kind != Operand::Kind::temp || entry.slot != slot) return true;
    slot += entry.width();
  }
  return false;
}

void Translator::move_to_label(const Block& target) {
  place_values(static_cast<std::uint32_t>(stack_.size() - label_types(target).size()), target.home);
}

// Before a branch that may not be taken: its moves must not change where the values are found afterwards. Many values
// get slots, so that repeated branches move them all at once.
void Translator::hold_values(std::size_t count, std::size_t above, bool returns) {
  constexpr std::size_t many = 8;
  for (std::size_t i = stack_.size() - above - count; i < stack_.size() - above; ++i) {
    Operand& entry = stack_[i];
    if (entry.kind == Operand::Kind::acc || count > many || (returns && (count > 1 || entry.is_v128))) {
      materialize(entry);
    }
  }
}

void Translator::branch(std::uint32_t depth) {
  Block& target = block_at(depth);
  if (target.kind == BlockKind::function) {
    emit_return();
  } else {
    move_to_label(target);
    emit_jump(target);
  }
}

void Translator::unreachable() {
  pop_to(blocks_.back().height);
  reachable_ = false;
}

void Translator::branch_if(std::uint32_t depth, bool sense) {
  Block& target = block_at(depth);
  const bool returns = target.kind == BlockKind::function;
  if (!returns && !moves_needed(target, 1)) {
    emit_branch(take_condition(sense), target, settings_.fuel);
    begin_paid();
  } else {
    hold_values(label_types(target).size(), 1, returns);
    branch_over(take_condition(!sense), depth);
    begin_charge();
  }
}

// Jumps to a label unless the condition holds.
void Translator::branch_over(const Condition& condition, std::uint32_t depth) {
  std::uint32_t fixup = emit_branch_forward(condition, false);
  const std::array<std::uint32_t, bank_count> known = acc_slot_;
  branch(depth);
  acc_slot_ = known;
  bind_label(fixup);
}

void Translator::branch_table() {
  const std::span<const std::uint32_t> labels = immediates(Op::br_table).labels;
  Operand selector = pop();
  const std::size_t count = label_types(block_at(labels.back())).size();
  bool returns = false;
  for (const std::uint32_t depth : labels) returns |= block_at(depth).kind == BlockKind::function;
  push(selector);
  if (selector.kind == Operand::Kind::acc) acc_entry_[0] = static_cast<std::uint32_t>(stack_.size() - 1);
  if (selector.kind == Operand::Kind::local) ++locals_[selector.local].uses;
  hold_values(count, 1, returns);
  selector = pop();
  if (selector.kind == Operand::Kind::constant) slot_of(selector);
  const Place place = place_of(selector);
  code_.begin(control_.br_table[place == Place::slot]);
  code_.reserve(labels.size());
  field_operand(selector, place, false);
  code_.field32(static_cast<std::uint32_t>(labels.size() - 1));
  // Labels that need moves, or return, get a landing of their own behind the table, one for each depth.
  labels_.assign(blocks_.size(), none);
  for (const std::uint32_t depth : labels) {
    Block& target = block_at(depth);
    if (target.kind != BlockKind::function && !moves_needed(target, 0)) {
      emit_target(target, false);
      continue;
    }
    fixups_.push_back({.field = code_.position(), .start = code_.start(), .next = labels_[depth]});
    labels_[depth] = static_cast<std::uint32_t>(fixups_.size() - 1);
    code_.field32(0);
  }
  code_.end();
  for (std::uint32_t depth = 0; depth < labels_.size(); ++depth) {
    if (labels_[depth] == none) continue;
    bind_label(labels_[depth]);
    forget_accumulators();
    branch(depth);
  }
  unreachable();
}

// br_on_null and br_on_non_null: the reference stays on the stack where it is not null.
void Translator::branch_on_null(bool on_null) {
  const std::uint32_t depth = index();
  Operand& reference = stack_.back();
  materialize(reference);
  Block& target = block_at(depth);
  const bool returns = target.kind == BlockKind::function;
  const std::size_t above = on_null ? 1 : 0;
  hold_values(label_types(target).size(), above, returns);
  const auto condition = [&](bool null) {
    Condition result{.op = null ? Op::i64_eq : Op::i64_ne,
                     .pair = static_cast<std::uint8_t>(pair_index(Place::slot, Place::imm)),
                     .count = 3};
    result.fields[0] = stack_.back().slot * 8;
    return result;
  };
  const bool direct = !returns && !moves_needed(target, above);
  const Condition taken = condition(on_null == direct);
  const Operand top = stack_.back();
  if (on_null) pop();
  if (direct) {
    emit_branch(taken, target, settings_.fuel);
    begin_paid();
  } else {
    branch_over(taken, depth);
    begin_charge();
  }
  if (on_null) {
    push(top);
  } else {
    pop();
  }
}

// Writes a return. The entries stay on the stack.
void Translator::emit_return() {
  if (results_.empty()) {
    code_.begin(control_.return_void);
    code_.end();
    return;
  }
  const Operand& top = stack_.back();
  if (results_.size() == 1 && !top.is_v128) {
    const Place place = place_of(top);
    const Handler by_place[] = {control_.return_acc[static_cast<std::size_t>(top.bank)], control_.return_slot,
                                control_.return_constant};
    code_.begin(by_place[static_cast<std::size_t>(place)]);
    field_operand(top, place, true);
    code_.end();
    return;
  }
  // Results go to the frame's first slots, where locals are that may be results themselves.
  for (std::size_t i = stack_.size() - results_.size(); i < stack_.size(); ++i) {
    if (stack_[i].kind == Operand::Kind::local) materialize(stack_[i]);
  }
  place_values(static_cast<std::uint32_t>(stack_.size() - results_.size()), 0);
  code_.begin(control_.return_void);
  code_.end();
}

// Code that cannot be reached is read over, up to where its block goes on or ends.
void Translator::skip() {
  for (std::uint32_t depth = 0;;) {
    const Op op = core::read_op(cursor_);
    if (depth == 0 &&
        (op == Op::end || op == Op::else_ || op == Op::catch_ || op == Op::catch_all || op == Op::delegate)) {
      return control(op);
    }
    immediates(op);
    if (op == Op::block || op == Op::loop || op == Op::if_ || op == Op::try_ || op == Op::try_table) ++depth;
    if (op == Op::end || op == Op::delegate) --depth;
  }
}

void Translator::control(Op op) {
  switch (op) {
    case Op::unreachable:
      code_.begin(control_.unreachable);
      code_.end();
      return unreachable();
    case Op::block: return begin_block(BlockKind::block);
    case Op::loop: return begin_block(BlockKind::loop);
    case Op::if_: return begin_if();
    case Op::else_: return begin_else();
    case Op::end: return end_block();
    case Op::br: branch(index()); return unreachable();
    case Op::br_if: return branch_if(index(), true);
    case Op::br_table: return branch_table();
    case Op::return_: emit_return(); return unreachable();
    case Op::call: return call();
    case Op::call_indirect: return call_indirect();
    case Op::call_ref: return call_ref();
    case Op::return_call: return return_call();
    case Op::return_call_indirect: return return_call_indirect();
    case Op::return_call_ref: return return_call_ref();
    case Op::br_on_null: return branch_on_null(true);
    case Op::br_on_non_null: return branch_on_null(false);
    case Op::br_on_cast:
    case Op::br_on_cast_fail: return branch_on_cast(op);
    case Op::throw_: return throw_();
    case Op::throw_ref: return throw_ref();
    case Op::try_table: return begin_try_table();
    case Op::try_: return begin_legacy_try();
    case Op::catch_: return begin_legacy_catch(false);
    case Op::catch_all: return begin_legacy_catch(true);
    case Op::delegate: return delegate();
    case Op::rethrow: return rethrow();
    default: assert(false);
  }
}

}  // namespace tenon::interp
