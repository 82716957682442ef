#include "jit/baseline/slot_registers.hpp"

#include <algorithm>

namespace tenon::jit::baseline {

namespace {

constexpr std::uint32_t most_slots = 4096;  // slots above are never candidates

std::int64_t weight_of(const Instruction& in) noexcept { return std::int64_t{1} << std::min(3 * in.depth, 24); }

struct Score {
  std::int64_t integer = 0;
  std::int64_t floating = 0;
  std::int64_t any = 0;
};

struct Scores {
  std::vector<Score>& scores;
  std::int64_t weight = 0;
  void add(std::uint32_t slot, Use use) {
    if (slot >= most_slots) return;
    if (slot >= scores.size()) scores.resize(slot + 1);
    Score& score = scores[slot];
    (use == Use::integer ? score.integer : use == Use::floating ? score.floating : score.any) += weight;
  }
  void read(std::uint32_t slot, Use use) { add(slot, use); }
  void write(std::uint32_t slot, Use use) { add(slot, use); }
  void jump(std::uint32_t) noexcept {}
};

}  // namespace

SlotRegisters::SlotRegisters(const Program& program, std::span<const Reg> registers,
                             std::span<const Xmm> float_registers)
    : program_(program) {
  choose_candidates();
  find_lifetimes();
  find_accumulators();
  drop_what_does_not_pay();
  find_interference();
  assign(registers, float_registers);
}

void SlotRegisters::choose_candidates() {
  std::vector<Score> scores;
  Scores visitor{scores};
  for (const Instruction& in : program_.instructions()) {
    visitor.weight = weight_of(in);
    visit(program_, in, visitor);
  }
  const auto& letters = program_.local_letters();
  struct Ranked {
    std::int64_t score;
    std::uint32_t slot;
  };
  std::vector<Ranked> ranked[2];
  for (std::uint32_t slot = 0; slot < scores.size(); ++slot) {
    const Score& score = scores[slot];
    const char letter = slot < letters.size() ? letters[slot] : 'l';
    bool is_float = score.floating > score.integer;
    if (slot < letters.size()) is_float = letter == 'f' || letter == 'd';
    const std::int64_t sum = score.integer + score.floating + score.any;
    if (sum > 0 && letter != 0) ranked[is_float ? 1 : 0].push_back({sum, slot});
  }
  place_.assign(scores.size(), none);
  for (unsigned kind = 0; kind < 2; ++kind) {
    auto& list = ranked[kind];
    const std::size_t count = std::min<std::size_t>(list.size(), 64);
    std::partial_sort(
        list.begin(), list.begin() + static_cast<std::ptrdiff_t>(count), list.end(),
        [](const Ranked& a, const Ranked& b) { return a.score != b.score ? a.score > b.score : a.slot < b.slot; });
    for (unsigned i = 0; i < count; ++i) {
      const unsigned c = kind * SlotSet::first_float + i;
      const std::uint32_t slot = list[i].slot;
      candidates_[c] = {.slot = slot, .is_float = kind == 1};
      candidates_[c].is_narrow = slot < letters.size() && letters[slot] == 'i';
      benefit_[c] = list[i].score;
      place_[slot] = static_cast<std::uint8_t>(c);
      considered_.add(c);
    }
  }
}

SlotSet SlotRegisters::frame_above(std::uint32_t slot, std::uint32_t end) const noexcept {
  SlotSet found;
  considered_.for_each([&](unsigned c) {
    if (candidates_[c].slot >= slot && candidates_[c].slot < end) found.add(c);
  });
  return found;
}

SlotSet SlotRegisters::read_by(std::uint32_t index) const {
  const Instruction& in = program_.instructions()[index];
  switch (in.shape->kind) {
    case Kind::other: return considered_;
    case Kind::plain: {
      if (program_.has_handlers()) return considered_;
      SlotSet found;
      for (unsigned i = 0; i < in.shape->count; ++i) {
        for (std::uint32_t part = 0; part < 2; ++part) {  // of a vector
          const std::uint8_t c = find(program_.slot(in, 4 * i) + part);
          if (c != none) found.add(c);
        }
      }
      return found;
    }
    case Kind::call:
    case Kind::call_indirect: {
      if (program_.has_handlers()) return considered_;
      const std::uint32_t frame = program_.callee_frame(in);
      const std::uint32_t slots = program_.callee(in).param_slots;
      SlotSet found = frame_above(frame, slots == 0xFFFF'FFFF ? slots : frame + slots);
      if (in.shape->kind == Kind::call_indirect && in.shape->left == Place::slot) {
        const std::uint8_t c = find(program_.slot(in, 0));
        if (c != none) found.add(c);
      }
      return found;
    }
    case Kind::return_void: return frame_above(0, program_.signature().result_slots);
    default: return {};
  }
}

SlotSet SlotRegisters::written_by(std::uint32_t index) const {
  const Instruction& in = program_.instructions()[index];
  switch (in.shape->kind) {
    case Kind::call:
    case Kind::call_indirect: return frame_above(program_.callee_frame(in) - runtime::frame_header_slots, 0xFFFF'FFFF);
    case Kind::enter: return frame_above(program_.signature().param_slots, 0xFFFF'FFFF);
    default: return {};
  }
}

// What is alive behind an instruction becomes what is alive in front of it. `reads` and `writes` are collected by
// visits.
struct SlotRegisters::Step {
  const SlotRegisters& registers;
  SlotSet reads{};
  SlotSet writes{};
  SlotSet jumps{};
  void read(std::uint32_t slot, Use) noexcept {
    if (const std::uint8_t c = registers.find(slot); c != none) reads.add(c);
  }
  void write(std::uint32_t slot, Use) noexcept {
    if (const std::uint8_t c = registers.find(slot); c != none) writes.add(c);
  }
  void jump(std::uint32_t target) noexcept { jumps |= registers.live_in_[target]; }
};

void SlotRegisters::transfer(std::uint32_t index, SlotSet& live) const {
  Step step{*this};
  const Instruction& in = program_.instructions()[index];
  visit(program_, in, step);
  if (leaves(in.shape->kind) || in.shape->kind == Kind::return_void || in.shape->kind == Kind::enter) {
    step.reads |= read_by(index);
    step.writes |= written_by(index);
  }
  live |= step.jumps;
  live = live.without(step.writes) | step.reads;
}

// A run of instructions from a label, or the beginning, to the next; true if what is alive at its begin has changed.
bool SlotRegisters::scan_run(std::uint32_t begin, std::uint32_t end) {
  const auto& instructions = program_.instructions();
  SlotSet live;
  if (end < instructions.size() && !ends_run(instructions[end - 1].shape->kind)) live = live_in_[end];
  for (std::uint32_t i = end; i > begin; --i) {
    if (ends_run(instructions[i - 1].shape->kind)) live = {};
    // What is alive where an instruction may jump to is in registers behind it too.
    Step step{*this};
    visit(program_, instructions[i - 1], step);
    live_after_[i - 1] = live | step.jumps;
    transfer(i - 1, live);
  }
  if (live == live_in_[begin]) return false;
  live_in_[begin] = live;
  return true;
}

void SlotRegisters::find_lifetimes() {
  const auto& instructions = program_.instructions();
  live_after_.resize(instructions.size());
  live_in_.resize(instructions.size());
  std::vector<std::uint32_t> begins;
  for (std::uint32_t i = 0; i < instructions.size(); ++i) {
    if (i == 0 || instructions[i].is_label) begins.push_back(i);
  }
  begins.push_back(static_cast<std::uint32_t>(instructions.size()));
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = begins.size() - 1; i > 0; --i) changed = scan_run(begins[i - 1], begins[i]) || changed;
  }
}

namespace {

constexpr std::uint8_t bit_of(Bank bank) noexcept {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(bank));
}
constexpr Bank bank_of_letter(char letter) noexcept {
  return letter == 'f' ? Bank::f32 : letter == 'd' ? Bank::f64 : Bank::integer;
}

struct AccumulatorUse {
  std::uint8_t reads = 0;
  std::uint8_t writes = 0;
};

AccumulatorUse accumulators_of_computation(const Shape& shape) noexcept {
  const std::string_view params = interp::params_of(shape.op);
  AccumulatorUse use;
  if (shape.kind == Kind::load || shape.kind == Kind::store) {
    if (interp::uses_acc(shape.form)) use.reads |= bit_of(Bank::integer);
    if (shape.kind == Kind::store && shape.left == Place::acc) use.reads |= bit_of(bank_of_letter(params[1]));
  } else {
    if (shape.left == Place::acc) use.reads |= bit_of(bank_of_letter(params[0]));
    if (shape.kind != Kind::unary && shape.right == Place::acc) use.reads |= bit_of(bank_of_letter(params[1]));
  }
  if (shape.kind != Kind::store && shape.kind != Kind::branch) {
    use.writes = bit_of(bank_of_letter(interp::results_of(shape.op)[0]));
  }
  return use;
}

AccumulatorUse accumulators_of(const Shape& shape) noexcept {
  const std::uint8_t integer = bit_of(Bank::integer);
  const std::uint8_t of_bank = bit_of(shape.bank);
  AccumulatorUse use;
  switch (shape.kind) {
    case Kind::binary:
    case Kind::unary:
    case Kind::branch:
    case Kind::load:
    case Kind::store: return accumulators_of_computation(shape);
    case Kind::shifted: return {shape.left == Place::acc ? integer : std::uint8_t{0}, integer};
    case Kind::add_branch: return {0, integer};
    case Kind::select:
      if (shape.condition == Place::acc) use.reads |= integer;
      if (shape.left == Place::acc || shape.right == Place::acc) use.reads |= of_bank;
      use.writes = of_bank;
      return use;
    case Kind::store_acc:
    case Kind::return_acc: return {of_bank, 0};
    case Kind::br_table: return {shape.left == Place::acc ? integer : std::uint8_t{0}, 0};
    case Kind::global_get: return {0, of_bank};
    case Kind::global_set: return {shape.left == Place::acc ? of_bank : std::uint8_t{0}, 0};
    case Kind::call: return {0, 7};
    case Kind::call_indirect: return {shape.left == Place::acc ? integer : std::uint8_t{0}, 7};
    case Kind::other:
    case Kind::plain: return {7, 0};
    default: return use;
  }
}

}  // namespace

// Where control joins, the accumulators hold nothing. They may hold something where a branch jumps over another one.
void SlotRegisters::find_accumulators() {
  const auto& instructions = program_.instructions();
  accumulators_.resize(instructions.size());
  std::vector<std::uint8_t> at_label(instructions.size());
  std::uint8_t live = 0;
  for (std::uint32_t i = static_cast<std::uint32_t>(instructions.size()); i-- > 0;) {
    const Shape& shape = *instructions[i].shape;
    if (ends_run(shape.kind)) live = 0;
    if (shape.kind == Kind::branch) live |= at_label[program_.target(instructions[i], shape.result_at)];
    accumulators_[i] = live;
    const AccumulatorUse use = accumulators_of(shape);
    live = static_cast<std::uint8_t>((live & ~use.writes) | use.reads);
    if (instructions[i].is_header) live = 0;
    at_label[i] = live;
  }
}

// Around what leaves native code, each slot that is alive is stored, perhaps, and loaded again.
void SlotRegisters::drop_what_does_not_pay() {
  const auto& instructions = program_.instructions();
  for (std::uint32_t i = 0; i < instructions.size(); ++i) {
    if (!leaves(instructions[i].shape->kind)) continue;
    const std::int64_t cost = 2 * weight_of(instructions[i]);
    live_after_[i].for_each([&](unsigned c) { benefit_[c] -= cost; });
  }
  considered_.for_each([&](unsigned c) {
    if (benefit_[c] <= 0) considered_.remove(c);
  });
}

void SlotRegisters::find_interference() {
  const auto& instructions = program_.instructions();
  const auto meet = [&](const SlotSet& written, const SlotSet& others) {
    written.for_each([&](unsigned c) { interference_[c] |= others; });
  };
  for (std::uint32_t i = 0; i < instructions.size(); ++i) {
    const Instruction& in = instructions[i];
    Step step{*this};
    visit(program_, in, step);
    if (leaves(in.shape->kind) || in.shape->kind == Kind::enter) step.writes |= live_after_[i];
    written_ |= step.writes;
    SlotSet others = live_after_[i] | step.writes;
    switch (in.shape->kind) {
      case Kind::binary:
      case Kind::unary:
      case Kind::load: break;
      case Kind::copy:
        if (in.shape->count == 1) {
          others = others.without(step.reads);  // they hold the same afterwards
          break;
        }
        [[fallthrough]];
      default: others |= step.reads;
    }
    meet(step.writes, others);
  }
  meet(live_in_[0], live_in_[0]);
  // It is mutual.
  for (unsigned c = 0; c < SlotSet::most; ++c) {
    interference_[c].for_each([&](unsigned other) { interference_[other].add(c); });
  }
}

void SlotRegisters::assign(std::span<const Reg> registers, std::span<const Xmm> float_registers) {
  std::vector<unsigned> order;
  considered_.for_each([&](unsigned c) { order.push_back(c); });
  std::ranges::sort(
      order, [&](unsigned a, unsigned b) { return benefit_[a] != benefit_[b] ? benefit_[a] > benefit_[b] : a < b; });
  for (const unsigned c : order) {
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
  for (std::uint8_t& place : place_) {
    if (place != none && !all_.has(place)) place = none;
  }
  written_ &= all_;
}

}  // namespace tenon::jit::baseline
