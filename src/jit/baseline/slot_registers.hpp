// Which slots live in machine registers, and where.
//
// The bytecode names slots of the frame: locals, and operands that outlived an accumulator. A slot that pays is given
// one register for the whole function; slots that are never alive at the same time may share one. Paying means: more
// reads and writes, weighted by the depth in loops, than the stores and loads around calls and interpreted instructions
// would cost. Between native instructions such a slot's own memory is stale; whatever leaves native code writes it
// back.
//
// Lifetimes come from the usual backward analysis over the labels, registers from colouring in the order of what pays
// most. Only the 64 slots of each kind that promise most are looked at, so that every set is two words. Rejected:
// splitting of lifetimes, which finds better places and takes several times as long.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "jit/baseline/assembler.hpp"
#include "jit/baseline/program.hpp"

namespace tenon::jit::baseline {

// A set of candidates: integers first, then floats.
struct SlotSet {
  std::uint64_t words[2] = {0, 0};
  static constexpr unsigned most = 128;
  static constexpr unsigned first_float = 64;

  bool has(unsigned i) const noexcept { return (words[i / 64] >> (i % 64) & 1) != 0; }
  void add(unsigned i) noexcept { words[i / 64] |= std::uint64_t{1} << (i % 64); }
  void remove(unsigned i) noexcept { words[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }
  bool is_empty() const noexcept { return (words[0] | words[1]) == 0; }
  SlotSet& operator|=(const SlotSet& other) noexcept {
    words[0] |= other.words[0];
    words[1] |= other.words[1];
    return *this;
  }
  SlotSet& operator&=(const SlotSet& other) noexcept {
    words[0] &= other.words[0];
    words[1] &= other.words[1];
    return *this;
  }
  friend SlotSet operator|(SlotSet a, const SlotSet& b) noexcept { return a |= b; }
  friend SlotSet operator&(SlotSet a, const SlotSet& b) noexcept { return a &= b; }
  SlotSet without(const SlotSet& other) const noexcept {
    return {{words[0] & ~other.words[0], words[1] & ~other.words[1]}};
  }
  bool operator==(const SlotSet&) const noexcept = default;
  template <class F>
  void for_each(F&& f) const {
    for (unsigned w = 0; w < 2; ++w) {
      for (std::uint64_t left = words[w]; left != 0; left &= left - 1) {
        f(w * 64 + static_cast<unsigned>(std::countr_zero(left)));
      }
    }
  }
};

struct Candidate {
  std::uint32_t slot = 0;
  bool is_float = false;
  bool is_narrow = false;  // a local of type i32: the upper half of its register is zero
  std::uint8_t reg = 0;    // of its kind
};

class SlotRegisters {
 public:
  static constexpr std::uint8_t none = 0xFF;

  SlotRegisters(const Program& program, std::span<const Reg> registers, std::span<const Xmm> float_registers);

  // The candidate that the slot is, if it has a register; or `none`.
  std::uint8_t find(std::uint32_t slot) const noexcept { return slot < place_.size() ? place_[slot] : none; }
  const Candidate& operator[](unsigned i) const noexcept { return candidates_[i]; }
  // All with registers.
  const SlotSet& all() const noexcept { return all_; }
  // Those that the function ever writes.
  const SlotSet& written() const noexcept { return written_; }
  // Alive behind the instruction, and in front of one that is a label.
  SlotSet live_after(std::uint32_t index) const noexcept { return live_after_[index] & all_; }
  SlotSet live_at_label(std::uint32_t index) const noexcept { return live_in_[index] & all_; }
  // What an instruction that leaves native code finds in memory: what it reads, and what outlives it.
  SlotSet read_by(std::uint32_t index) const;
  // What a call writes: its frame.
  SlotSet written_by(std::uint32_t index) const;
  bool accumulator_lives_after(std::uint32_t index, Bank bank) const noexcept {
    return (accumulators_[index] >> static_cast<unsigned>(bank) & 1) != 0;
  }

 private:
  struct Step;
  void choose_candidates();
  void find_lifetimes();
  bool scan_run(std::uint32_t begin, std::uint32_t end);
  void find_accumulators();
  void find_interference();
  void drop_what_does_not_pay();
  void assign(std::span<const Reg> registers, std::span<const Xmm> float_registers);
  SlotSet frame_above(std::uint32_t slot, std::uint32_t end) const noexcept;
  void transfer(std::uint32_t index, SlotSet& live) const;

  const Program& program_;
  std::vector<std::uint8_t> place_;  // by slot
  std::array<Candidate, SlotSet::most> candidates_;
  std::array<std::int64_t, SlotSet::most> benefit_{};
  std::array<SlotSet, SlotSet::most> interference_{};
  SlotSet considered_;
  SlotSet all_;
  SlotSet written_;
  std::vector<SlotSet> live_after_;
  std::vector<SlotSet> live_in_;  // of labels
  std::vector<std::uint8_t> accumulators_;
};

}  // namespace tenon::jit::baseline
