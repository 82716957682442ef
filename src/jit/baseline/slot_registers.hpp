// Which slots live in machine registers, and where.
//
// The bytecode names slots of the frame: locals, and operands that outlived an accumulator. A slot that pays is given
// one register for the whole function; slots that are never alive at the same time may share one. Paying means: more
// reads and writes, weighted by the depth in loops, than the stores and loads around calls and interpreted instructions
// would cost. Between native instructions such a slot's own memory is stale; whatever leaves native code writes it
// back.
//
// Lifetimes come from the usual backward analysis over the labels, registers from colouring in the order of what pays
// most. Only the 64 slots that promise most are looked at, so that a set of them is one word. The fields of each
// instruction are looked at once; everything after that works with sets. Rejected: splitting of lifetimes, which finds
// better places and takes several times as long.
//
// A vector is in two slots. Those of locals hold nothing else; but a slot of the operand stack may hold a number at one
// time, and half of a vector at another. So there, in functions with vectors, a number and a vector in the same slots
// are two candidates, of which never both are alive: what reads one of them comes after what wrote it as that. A dead
// one must not be written back then, for it would go over the other. Where that cannot be avoided, because instructions
// read slots that they do not name, only locals are candidates.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "jit/baseline/assembler.hpp"
#include "jit/baseline/program.hpp"

namespace tenon::jit::baseline {

// A set of candidates.
struct SlotSet {
  std::uint64_t word = 0;
  static constexpr unsigned most = 64;

  bool has(unsigned i) const noexcept { return (word >> i & 1) != 0; }
  void add(unsigned i) noexcept { word |= std::uint64_t{1} << i; }
  void remove(unsigned i) noexcept { word &= ~(std::uint64_t{1} << i); }
  bool is_empty() const noexcept { return word == 0; }
  unsigned size() const noexcept { return static_cast<unsigned>(std::popcount(word)); }
  SlotSet& operator|=(SlotSet other) noexcept {
    word |= other.word;
    return *this;
  }
  SlotSet& operator&=(SlotSet other) noexcept {
    word &= other.word;
    return *this;
  }
  friend SlotSet operator|(SlotSet a, SlotSet b) noexcept { return a |= b; }
  friend SlotSet operator&(SlotSet a, SlotSet b) noexcept { return a &= b; }
  SlotSet without(SlotSet other) const noexcept { return {word & ~other.word}; }
  bool operator==(const SlotSet&) const noexcept = default;
  template <class F>
  void for_each(F&& f) const {
    for (std::uint64_t left = word; left != 0; left &= left - 1) f(static_cast<unsigned>(std::countr_zero(left)));
  }
};

struct Candidate {
  std::uint32_t slot = 0;
  bool is_float = false;   // of the registers of floats, where vectors are too
  bool is_vector = false;  // with the slot behind it
  bool is_narrow = false;  // a local of type i32: the upper half of its register is zero
  std::uint8_t reg = 0;    // of its kind
};

// Keeps its storage from one function to the next.
class SlotRegisters {
 public:
  static constexpr std::uint8_t none = 0xFF;

  explicit SlotRegisters(const Program& program) : program_(program) {}
  // Chooses for the function that the program has read now.
  void choose(std::span<const Reg> registers, std::span<const FloatReg> float_registers);

  // The candidate that the slot is, if it has a register; or `none`.
  std::uint8_t find(std::uint32_t slot) const noexcept { return slot < place_.size() ? place_[slot] : none; }
  std::uint8_t find_vector(std::uint32_t slot) const noexcept {
    return slot < vector_place_.size() ? vector_place_[slot] : none;
  }
  const Candidate& operator[](unsigned i) const noexcept { return candidates_[i]; }
  // All with registers.
  SlotSet all() const noexcept { return all_; }
  // Those that may be written back while they are not alive.
  SlotSet unshared() const noexcept { return all_.without(shared_); }
  // Those that the function ever writes.
  SlotSet written() const noexcept { return written_; }
  // Alive in front of the instruction, behind it, and in front of one that is a label.
  SlotSet live_before(std::uint32_t index) const noexcept {
    return (live_after_[index].without(effects_[index].writes) | effects_[index].reads) & all_;
  }
  SlotSet live_after(std::uint32_t index) const noexcept { return live_after_[index] & all_; }
  SlotSet live_at_label(std::uint32_t index) const noexcept { return live_in_[index] & all_; }
  // What an instruction that leaves native code finds in memory: what it reads, and what outlives it.
  SlotSet read_by(std::uint32_t index) const noexcept { return effects_[index].reads & all_; }
  // What an instruction that leaves native code writes: a call its frame.
  SlotSet written_by(std::uint32_t index) const noexcept { return effects_[index].writes & all_; }
  bool accumulator_lives_after(std::uint32_t index, Bank bank) const noexcept {
    return (accumulators_[index] >> static_cast<unsigned>(bank) & 1) != 0;
  }

 private:
  struct Effects {
    SlotSet reads;
    SlotSet writes;
  };
  struct Score {
    std::int64_t integer = 0;
    std::int64_t floating = 0;
    std::int64_t any = 0;
    std::int64_t sum() const noexcept { return integer + floating + any; }
  };
  struct Ranked {
    std::int64_t score;
    std::uint32_t slot;
    bool is_vector;
  };
  void score_slots();
  void rank_slots();
  void keep_to_locals();
  void choose_candidates();
  void find_effects();
  void add_unnamed(const Instruction& in, Effects& effects) const;
  void add_plain(const Instruction& in, Effects& effects) const;
  bool reads_unnamed_slots() const noexcept;
  SlotSet slots_of(std::span<const core::ValType> types, std::uint32_t slot) const noexcept;
  void find_lifetimes();
  bool scan();
  void find_accumulators();
  void find_interference();
  void drop_what_does_not_pay();
  void assign(std::span<const Reg> registers, std::span<const FloatReg> float_registers);
  SlotSet frame_above(std::uint32_t slot) const noexcept {
    return slot < above_.size() ? above_[slot] & considered_ : SlotSet{};
  }
  SlotSet slots_between(std::uint32_t begin, std::uint32_t count) const noexcept {
    const SlotSet above = frame_above(begin);
    return count > 0xFFFF ? above : above.without(frame_above(begin + count));
  }

  const Program& program_;
  std::vector<std::uint8_t> place_;         // by slot
  std::vector<std::uint8_t> vector_place_;  // by slot, of vectors
  std::vector<SlotSet> above_;              // by slot: the candidates that are this one or above
  std::array<Candidate, SlotSet::most> candidates_;
  std::array<std::int64_t, SlotSet::most> benefit_{};
  std::array<SlotSet, SlotSet::most> interference_{};
  SlotSet considered_;
  SlotSet floats_;
  SlotSet all_;
  SlotSet written_;
  SlotSet shared_;                           // of slots that hold numbers and vectors
  std::vector<Score> scores_;                // by slot
  std::vector<std::int64_t> vector_scores_;  // by slot
  std::vector<Ranked> ranked_;
  std::vector<std::uint32_t> named_;    // the slots that instructions name, one instruction after the other
  std::vector<Effects> effects_;        // by instruction
  std::vector<std::uint32_t> leaving_;  // instructions that leave native code
  std::vector<SlotSet> live_after_;
  std::vector<SlotSet> live_in_;  // of labels
  std::vector<std::uint8_t> accumulators_;
  std::vector<std::uint8_t> at_label_;  // accumulators that live there
};

}  // namespace tenon::jit::baseline
