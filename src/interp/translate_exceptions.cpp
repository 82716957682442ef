// The translation of exception handling.
//
// Nothing is executed on entering a protected block but a jump over its landing pads: for each catch clause a pad,
// where the unwinder puts the exception's values into the next free slots and goes on, branches to the clause's label
// like any other code. The unwinder finds clauses through the function's table of protected ranges.
//
// Legacy try blocks use the same table: their catch bodies are the pads. A catch body keeps the exception reference in
// a slot below its values, for `rethrow`. `delegate` is a clause that makes the search go on outside of a block.
#include <algorithm>

#include "binary/core/immediates.hpp"
#include "interp/translator.hpp"

namespace tenon::interp {

namespace {
constexpr CatchAction action_of(core::CatchKind kind) noexcept {
  switch (kind) {
    case core::CatchKind::catch_: return CatchAction::arguments;
    case core::CatchKind::catch_ref: return CatchAction::arguments_ref;
    case core::CatchKind::catch_all: return CatchAction::all;
    case core::CatchKind::catch_all_ref: return CatchAction::all_ref;
  }
  return CatchAction::all;
}
}  // namespace

void Translator::throw_() {
  const std::uint32_t tag = index();
  const auto params = func_type(model_.tags[core::TagIdx(tag)].type.value).params;
  const std::uint32_t slot = place_contiguous(static_cast<std::uint32_t>(params.size()));
  code_.begin(references_[static_cast<std::size_t>(Op::throw_)]);
  field_slot(slot);
  code_.field32(tag);
  code_.field32(slots_of(params));
  field_top();
  code_.end();
  unreachable();
}

void Translator::throw_ref() {
  Operand exception = pop();
  const std::uint32_t slot = slot_of(exception);
  code_.begin(references_[static_cast<std::size_t>(Op::throw_ref)]);
  field_slot(slot);
  code_.end();
  unreachable();
}

// Where an exception that the clause catches goes on: its values are in the next free slots.
CatchClause Translator::landing_pad(const core::Catch& clause) {
  forget_accumulators();
  CatchClause result{
      .action = action_of(clause.kind), .tag = clause.tag, .target = code_.position() / 2, .slot = next_home()};
  const std::size_t height = stack_.size();
  if (!clause.tag.is_none()) push_temps(func_type(model_.tags[clause.tag].type.value).params, result.slot);
  if (clause.kind == core::CatchKind::catch_ref || clause.kind == core::CatchKind::catch_all_ref) {
    push_temp(core::exnref, next_home());
  }
  branch(clause.label.value);
  pop_to(height);
  return result;
}

void Translator::begin_try_table() {
  const core::Instruction& instruction = immediates(Op::try_table);
  Block block = make_block(BlockKind::try_table, instruction.block);
  flush(0);
  block.first_clause = static_cast<std::uint32_t>(clauses_.size());
  block.clause_count = static_cast<std::uint32_t>(instruction.catches.size());
  if (block.clause_count > 0) {
    Block body;
    emit_jump(body);
    for (const core::Catch& clause : instruction.catches) clauses_.push_back(landing_pad(clause));
    bind_label(body.fixups);
    forget_accumulators();
  }
  block.try_begin = code_.position() / 2;
  push_block(block);
  begin_charge();
}

// The end of a protected body: its range, now that all inner ranges are in the table.
void Translator::end_protected(Block& block) {
  if (block.clause_count == 0) return;
  code_.seal();
  ranges_.push_back({.begin = block.try_begin,
                     .end = code_.position() / 2,
                     .depth = static_cast<std::uint32_t>(blocks_.size() - 1),
                     .first_clause = block.first_clause,
                     .clause_count = block.clause_count});
}

void Translator::begin_legacy_try() {
  const core::BlockType type = immediates(Op::try_).block;
  flush(0);
  forget_accumulators();
  push_block(make_block(BlockKind::legacy_try, type));
  blocks_.back().try_begin = code_.position() / 2;
  blocks_.back().range = none;
}

void Translator::begin_legacy_catch(bool all) {
  const core::TagIdx tag = all ? core::TagIdx::none() : core::TagIdx(index());
  Block& block = blocks_.back();
  if (reachable_) {
    move_to_label(block);
    emit_jump(block);
  }
  pop_to(block.height);
  forget_accumulators();
  if (block.kind == BlockKind::legacy_try) {
    block.kind = BlockKind::legacy_catch;
    block.range = static_cast<std::uint32_t>(ranges_.size());
    ranges_.push_back({.begin = block.try_begin,
                       .end = code_.position() / 2,
                       .depth = static_cast<std::uint32_t>(blocks_.size() - 1)});
  }
  legacy_clauses_.push_back({block.range,
                             {.action = all ? CatchAction::all_ref : CatchAction::legacy,
                              .tag = tag,
                              .target = code_.position() / 2,
                              .slot = block.home}});
  // The exception itself is below the values of the clause, out of reach of the code.
  block.exception_slot = block.home;
  push_temp(core::exnref, block.home);
  if (!all) push_temps(func_type(model_.tags[tag].type.value).params, block.home + 1);
  reachable_ = true;
  begin_charge();
}

void Translator::delegate() {
  const std::uint32_t depth = index();
  Block& block = blocks_.back();
  const auto here = static_cast<std::uint32_t>(blocks_.size() - 1);
  code_.seal();
  const auto range = static_cast<std::uint32_t>(ranges_.size());
  ranges_.push_back({.begin = block.try_begin, .end = code_.position() / 2, .depth = here});
  // The label counts from outside of this try.
  CatchClause clause;
  clause.action = CatchAction::delegate;
  clause.depth = here - 1 - depth;
  legacy_clauses_.push_back({range, clause, 0});
  block.kind = BlockKind::block;
  end_block();
}

void Translator::rethrow() {
  const std::uint32_t slot = block_at(index()).exception_slot;
  code_.begin(references_[static_cast<std::size_t>(Op::throw_ref)]);
  field_slot(slot);
  code_.end();
  unreachable();
}

// Clauses of a legacy try are met after those of the blocks inside it: sorted by range they are adjacent.
void Translator::collect_legacy_clauses() {
  for (std::size_t i = 0; i < legacy_clauses_.size(); ++i) legacy_clauses_[i].order = static_cast<std::uint32_t>(i);
  std::ranges::sort(legacy_clauses_, {}, [](const LegacyClause& c) { return std::pair(c.range, c.order); });
  for (const LegacyClause& clause : legacy_clauses_) {
    TryRange& range = ranges_[clause.range];
    if (range.clause_count == 0) range.first_clause = static_cast<std::uint32_t>(clauses_.size());
    ++range.clause_count;
    clauses_.push_back(clause.clause);
  }
}

}  // namespace tenon::interp
