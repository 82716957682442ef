#include "jit/baseline/slot_registers.hpp"

#include <algorithm>

namespace tenon::jit::baseline {

namespace {

constexpr std::uint32_t most_slots = 4096;  // slots above are never candidates
// Rounds of the analysis of lifetimes, after which everything counts as alive at the headers of loops. Loops in each
// other could take as many rounds as there are loops.
constexpr int most_rounds = 8;
// Registers that no slot gets where there are not enough: for what the emitter keeps of vectors in memory.
constexpr std::size_t kept_for_copies = 2;

std::int64_t weight_of(const Instruction& in) noexcept { return std::int64_t{1} << std::min(3 * in.depth, 24); }

}  // namespace

void SlotRegisters::choose(std::span<const Reg> registers, std::span<const FloatReg> float_registers) {
  score_slots();
  rank_slots();
  choose_candidates();
  if (program_.has_vectors() && reads_unnamed_slots()) keep_to_locals();
  find_effects();
  find_lifetimes();
  find_accumulators();
  drop_what_does_not_pay();
  assign(registers, float_registers);
}

void SlotRegisters::score_slots() {
  scores_.clear();
  vector_scores_.clear();
  named_.clear();
  for (const Instruction& in : program_.instructions()) {
    const std::int64_t weight = weight_of(in);
    for (const SlotUse& use : in.shape->uses()) {
      const std::uint32_t slot = program_.slot(in, use.at);
      named_.push_back(slot);
      if (slot >= most_slots) continue;
      if (use.use == Use::vector) {
        if (slot >= vector_scores_.size()) vector_scores_.resize(slot + 1);
        vector_scores_[slot] += weight;
        continue;
      }
      if (slot >= scores_.size()) scores_.resize(slot + 1);
      Score& score = scores_[slot];
      (use.use == Use::integer ? score.integer : use.use == Use::floating ? score.floating : score.any) += weight;
    }
  }
}

void SlotRegisters::rank_slots() {
  ranked_.clear();
  const auto& letters = program_.local_letters();
  for (std::uint32_t slot = 0; slot < scores_.size(); ++slot) {
    const std::int64_t sum = scores_[slot].sum();
    const bool is_number = slot >= letters.size() || (letters[slot] != 0 && letters[slot] != 'v');
    if (sum > 0 && is_number) ranked_.push_back({sum, slot, false});
  }
  for (std::uint32_t slot = 0; slot < vector_scores_.size(); ++slot) {
    const bool is_vector = slot >= letters.size() || letters[slot] == 'v';
    if (vector_scores_[slot] > 0 && is_vector) ranked_.push_back({vector_scores_[slot], slot, true});
  }
  if (ranked_.size() > SlotSet::most) {
    std::ranges::nth_element(ranked_, ranked_.begin() + SlotSet::most, [](const Ranked& a, const Ranked& b) {
      return a.score != b.score ? a.score > b.score : a.slot < b.slot;
    });
    ranked_.resize(SlotSet::most);
    std::ranges::sort(ranked_, {}, &Ranked::slot);
  }
}

void SlotRegisters::choose_candidates() {
  const auto& letters = program_.local_letters();
  considered_ = floats_ = all_ = written_ = shared_ = {};
  place_.assign(scores_.size(), none);
  vector_place_.assign(vector_scores_.size(), none);
  for (unsigned c = 0; c < ranked_.size(); ++c) {
    const std::uint32_t slot = ranked_[c].slot;
    const bool is_local = slot < letters.size();
    const bool is_vector = ranked_[c].is_vector;
    bool is_float = is_vector;
    if (is_local) {
      is_float |= letters[slot] == 'f' || letters[slot] == 'd';
    } else if (!is_vector) {
      is_float = scores_[slot].floating > scores_[slot].integer;
    }
    candidates_[c] = {.slot = slot, .is_float = is_float, .is_vector = is_vector};
    candidates_[c].is_narrow = is_local && letters[slot] == 'i';
    benefit_[c] = ranked_[c].score;
    (is_vector ? vector_place_ : place_)[slot] = static_cast<std::uint8_t>(c);
    considered_.add(c);
    if (is_float) floats_.add(c);
    if (!is_local && program_.has_vectors()) shared_.add(c);
  }
  above_.resize(std::max(scores_.size(), vector_scores_.size()));
  SlotSet above;
  for (auto slot = static_cast<std::uint32_t>(above_.size()); slot-- > 0;) {
    if (const std::uint8_t c = find(slot); c != none) above.add(c);
    if (const std::uint8_t c = find_vector(slot); c != none) above.add(c);
    above_[slot] = above;
  }
}

void SlotRegisters::keep_to_locals() {
  considered_ = considered_.without(shared_);
  shared_ = {};
}

// Whether an instruction may read slots of the operand stack of which nothing says what they hold.
bool SlotRegisters::reads_unnamed_slots() const noexcept {
  if (program_.has_handlers()) return true;
  return std::ranges::any_of(program_.instructions(), [&](const Instruction& in) {
    const Kind kind = in.shape->kind;
    const bool is_call = kind == Kind::call || kind == Kind::call_indirect;
    return kind == Kind::other || (is_call && program_.callee(in).type == nullptr);
  });
}

// Candidates in adjacent slots of these types.
SlotSet SlotRegisters::slots_of(std::span<const core::ValType> types, std::uint32_t slot) const noexcept {
  SlotSet set;
  for (const core::ValType type : types) {
    const std::uint8_t c = type.is_vector() ? find_vector(slot) : find(slot);
    if (c != none) set.add(c);
    slot += runtime::slots_of(type);
  }
  return set & considered_;
}

// Operands' slots are an operation's first fields, those of results in slots its last.
void SlotRegisters::add_plain(const Instruction& in, Effects& effects) const {
  const Shape& shape = *in.shape;
  if (!program_.has_vectors()) {
    for (unsigned i = 0; i < shape.count; ++i) {
      effects.reads |= slots_between(program_.slot(in, 4 * i), 2);  // both parts of a vector
    }
    return;
  }
  const auto candidate = [&](char letter, unsigned at) {
    const std::uint32_t slot = program_.slot(in, at);
    const std::uint8_t c = letter == 'v' ? find_vector(slot) : find(slot);
    return c == none ? SlotSet{} : SlotSet{std::uint64_t{1} << c};
  };
  const std::string_view params = interp::params_of(shape.op);
  const std::string_view results = interp::results_of(shape.op);
  for (unsigned i = 0; i < params.size(); ++i) effects.reads |= candidate(params[i], 4 * i);
  if (results.size() == 1 && results[0] != 'v') return;
  const auto first = shape.fields - 4 * static_cast<unsigned>(results.size());
  for (unsigned i = 0; i < results.size(); ++i) effects.writes |= candidate(results[i], first + 4 * i);
}

// What an instruction reads and writes without naming it.
void SlotRegisters::add_unnamed(const Instruction& in, Effects& effects) const {
  const bool is_call = in.shape->kind == Kind::call || in.shape->kind == Kind::call_indirect;
  if (is_call) {
    const std::uint32_t frame = program_.callee_frame(in);
    effects.writes |= frame_above(frame - runtime::frame_header_slots);
    const Signature& callee = program_.callee(in);
    if (program_.has_handlers()) {  // everything is read, below
    } else if (program_.has_vectors() && callee.type != nullptr) {
      effects.reads |= slots_of(callee.type->params, frame);
    } else {
      effects.reads |= slots_between(frame, callee.param_slots);
    }
  }
  switch (in.shape->kind) {
    case Kind::enter: effects.writes |= frame_above(program_.signature().param_slots); break;
    case Kind::return_void:
      if (program_.has_vectors()) {
        effects.reads |= slots_of(program_.signature().type->results, 0);
      } else {
        effects.reads |= slots_between(0, program_.signature().result_slots);
      }
      break;
    case Kind::other: effects.reads |= considered_; break;
    case Kind::plain: add_plain(in, effects); break;
    default: break;
  }
  // Whoever handles an exception finds all slots in memory.
  if (program_.has_handlers() && leaves(in.shape->kind)) effects.reads |= considered_;
}

void SlotRegisters::find_effects() {
  const auto& instructions = program_.instructions();
  effects_.resize(instructions.size());
  leaving_.clear();
  const std::uint32_t* named = named_.data();
  for (std::uint32_t i = 0; i < instructions.size(); ++i) {
    const Shape& shape = *instructions[i].shape;
    Effects effects;
    for (const SlotUse& use : shape.uses()) {
      const std::uint32_t slot = *named++;
      const std::uint8_t c = use.use == Use::vector ? find_vector(slot) : find(slot);
      if (c != none) (use.writes ? effects.writes : effects.reads).add(c);
    }
    if (leaves(shape.kind)) {
      leaving_.push_back(i);
      add_unnamed(instructions[i], effects);
    } else if (shape.kind == Kind::enter || shape.kind == Kind::return_void) {
      add_unnamed(instructions[i], effects);
    }
    written_ |= effects.writes;
    effects_[i] = effects;
  }
}

// Once over all instructions, backwards; true if more is alive at the header of a loop than was thought.
bool SlotRegisters::scan() {
  const auto& instructions = program_.instructions();
  bool has_changed = false;
  SlotSet live;
  for (auto i = static_cast<std::uint32_t>(instructions.size()); i-- > 0;) {
    const Instruction& in = instructions[i];
    if (ends_run(in.shape->kind)) live = {};
    // What is alive where an instruction may jump to is in registers behind it too.
    program_.for_each_target(in, [&](std::uint32_t target) { live |= live_in_[target]; });
    live_after_[i] = live;
    live = live.without(effects_[i].writes) | effects_[i].reads;
    if (in.is_label) {
      live |= live_in_[i];
      if (in.is_header && live != live_in_[i]) has_changed = true;
      live_in_[i] = live;
    }
  }
  live_in_[0] = live;
  return has_changed;
}

void SlotRegisters::find_lifetimes() {
  const auto& instructions = program_.instructions();
  live_after_.resize(instructions.size());
  live_in_.assign(instructions.size(), {});
  for (int round = 0; round < most_rounds; ++round) {
    if (!scan()) return;
  }
  if (program_.has_vectors()) keep_to_locals();
  for (std::uint32_t i = 0; i < instructions.size(); ++i) {
    if (instructions[i].is_header) live_in_[i] = considered_;
  }
  scan();
}

// Where control joins, the accumulators hold nothing. They may hold something where a branch jumps over another one.
void SlotRegisters::find_accumulators() {
  const auto& instructions = program_.instructions();
  accumulators_.resize(instructions.size());
  at_label_.assign(instructions.size(), 0);
  std::uint8_t live = 0;
  for (auto i = static_cast<std::uint32_t>(instructions.size()); i-- > 0;) {
    const Shape& shape = *instructions[i].shape;
    if (ends_run(shape.kind)) live = 0;
    if (shape.kind == Kind::branch) live |= at_label_[program_.target(instructions[i], shape.jump_at)];
    accumulators_[i] = live;
    live = static_cast<std::uint8_t>((live & ~shape.acc_writes) | shape.acc_reads);
    if (instructions[i].is_header) live = 0;
    at_label_[i] = live;
  }
}

// Around what leaves native code, each slot that is alive is stored, perhaps, and loaded again.
void SlotRegisters::drop_what_does_not_pay() {
  for (const std::uint32_t i : leaving_) {
    const std::int64_t cost = 2 * weight_of(program_.instructions()[i]);
    live_after_[i].for_each([&](unsigned c) { benefit_[c] -= cost; });
  }
  considered_.for_each([&](unsigned c) {
    if (benefit_[c] <= 0) considered_.remove(c);
  });
}

void SlotRegisters::find_interference() {
  const auto& instructions = program_.instructions();
  interference_.fill({});
  const auto meet = [&](SlotSet written, SlotSet others) {
    (written & considered_).for_each([&](unsigned c) { interference_[c] |= others; });
  };
  for (std::uint32_t i = 0; i < instructions.size(); ++i) {
    const Shape& shape = *instructions[i].shape;
    const Effects& effects = effects_[i];
    SlotSet written = effects.writes;
    if (leaves(shape.kind) || shape.kind == Kind::enter) written |= live_after_[i];
    if (written.is_empty()) continue;
    SlotSet others = live_after_[i] | written;
    switch (shape.kind) {
      case Kind::binary:
      case Kind::unary:
      case Kind::load:
      case Kind::vector:
      case Kind::vector_load:
      case Kind::vector_select: break;
      case Kind::copy:
      case Kind::vector_copy:
        if (shape.count == 1) {
          others = others.without(effects.reads);  // they hold the same afterwards
          break;
        }
        [[fallthrough]];
      default:
        if (!leaves(shape.kind)) others |= effects.reads;
    }
    meet(written, others);
  }
  meet(live_in_[0], live_in_[0]);
  // It is mutual.
  considered_.for_each(
      [&](unsigned c) { interference_[c].for_each([&](unsigned other) { interference_[other].add(c); }); });
}

void SlotRegisters::assign(std::span<const Reg> registers, std::span<const FloatReg> float_registers) {
  const SlotSet floats = considered_ & floats_;
  const bool has_enough =
      floats.size() <= float_registers.size() && considered_.without(floats).size() <= registers.size();
  if (has_enough) {  // each has its own
    interference_.fill(considered_);
  } else {
    find_interference();
    if (program_.has_vectors() && !float_registers.empty())
      float_registers = float_registers.first(float_registers.size() - kept_for_copies);
  }
  std::array<std::uint8_t, SlotSet::most> order;
  std::size_t count = 0;
  considered_.for_each([&](unsigned c) { order[count++] = static_cast<std::uint8_t>(c); });
  std::ranges::sort(std::span(order).first(count), [&](unsigned a, unsigned b) {
    return benefit_[a] != benefit_[b] ? benefit_[a] > benefit_[b] : candidates_[a].slot < candidates_[b].slot;
  });
  for (const unsigned c : std::span(order).first(count)) {
    Candidate& candidate = candidates_[c];
    std::uint32_t taken = 0;
    (interference_[c] & all_).for_each([&](unsigned other) {
      if (other != c && candidates_[other].is_float == candidate.is_float) taken |= 1U << candidates_[other].reg;
    });
    const auto pick = [&](auto from) {
      for (const auto reg : from) {
        if ((taken >> static_cast<unsigned>(reg) & 1) != 0) continue;
        candidate.reg = static_cast<std::uint8_t>(reg);
        all_.add(c);
        return;
      }
    };
    if (candidate.is_float) {
      pick(float_registers);
    } else {
      pick(registers);
    }
  }
  for (unsigned c = 0; c < ranked_.size(); ++c) {
    if (all_.has(c)) continue;
    (candidates_[c].is_vector ? vector_place_ : place_)[candidates_[c].slot] = none;
  }
  shared_ &= all_;
  written_ &= all_;
}

}  // namespace tenon::jit::baseline
