// The bytecode of one function as the baseline tier reads it: where its instructions are, which of them are jumped to,
// how deep in loops they lie, and which slots they read and write.
#pragma once

#include <memory_resource>
#include <utility>
#include <vector>

#include "interp/code.hpp"
#include "jit/baseline/cells.hpp"
#include "jit/baseline/shapes.hpp"

namespace tenon::jit::baseline {

struct Instruction {
  const Shape* shape;
  std::uint32_t cell;  // from the function's first
  std::uint8_t depth = 0;
  bool is_label = false;   // a branch goes here
  bool is_header = false;  // a branch goes back to here
};

// What the slots of a signature are.
struct Signature {
  const core::FuncType* type = nullptr;
  std::uint32_t param_slots = 0;
  std::uint32_t result_slots = 0;
  char result = 0;  // letter of the only result, if it is a number or a reference
};

// The signatures of a module's functions.
class Signatures {
 public:
  explicit Signatures(const core::ValidatedModule& module);
  const Signature& of(core::FuncIdx func) const noexcept { return by_type_[module_.funcs[func].type.value]; }
  // Of any type with that canonical number.
  Signature of_canonical(std::uint32_t number) const noexcept;

 private:
  const core::Module& module_;
  std::vector<Signature> by_type_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> by_canonical_;  // sorted; the type
};

// Keeps its storage from one function to the next.
class Program {
 public:
  Program(const interp::Code& code, const Cells& cells);

  // False if the code cannot be read or is too large; then it stays interpreted.
  bool read(const interp::FunctionCode& function);

  const runtime::Cell* begin() const noexcept { return function_->begin; }
  const std::vector<Instruction>& instructions() const noexcept { return instructions_; }
  std::uint64_t original(const runtime::Cell* cell) const { return cells_.original(cell); }
  bool has_handlers() const noexcept { return !function_->ranges.empty(); }
  std::uint32_t index_at(std::uint32_t cell) const noexcept { return index_of_[cell]; }
  template <class T>
  T field(const Instruction& instruction, unsigned at) const noexcept {
    return load_le<T>(reinterpret_cast<const std::uint8_t*>(function_->begin + instruction.cell + 1) + at);
  }
  std::uint32_t slot(const Instruction& instruction, unsigned at) const noexcept {
    return field<std::uint32_t>(instruction, at) / 8;
  }
  // The instruction that the distance in that field leads to.
  std::uint32_t target(const Instruction& instruction, unsigned at) const noexcept {
    return index_of_[instruction.cell + static_cast<std::uint32_t>(field<std::int32_t>(instruction, at) / 8)];
  }
  // Tells of each instruction that this one may jump to, but as it goes on.
  template <class F>
  void for_each_target(const Instruction& instruction, F&& told) const {
    if (instruction.shape->jump_at != Shape::no_jump) return told(target(instruction, instruction.shape->jump_at));
    if (instruction.shape->kind != Kind::br_table) return;
    const Targets list = targets(instruction);
    for (std::uint32_t i = 0; i < list.count; ++i) told(target(instruction, list.at + 4 * i));
  }
  // Of a br_table: the number of its distances, and where they are.
  struct Targets {
    std::uint32_t count;
    unsigned at;
  };
  Targets targets(const Instruction& instruction) const noexcept {
    const unsigned count_at = instruction.shape->left == Place::slot ? 4 : 0;
    return {field<std::uint32_t>(instruction, count_at) + 1, count_at + 4};
  }
  // Whether anything jumps back.
  bool has_loops() const noexcept { return has_loops_; }
  // The type of the function that a call calls.
  Signature callee(const Instruction& instruction) const noexcept;
  std::uint32_t callee_index(const Instruction& instruction) const noexcept;
  std::uint32_t callee_frame(const Instruction& instruction) const noexcept;
  // Whether there are native instructions of vectors.
  bool has_vectors() const noexcept { return has_vectors_; }
  // Declared types of parameters and locals by slot: 'i', 'l', 'f', 'd', 'v' (then 0 for its second slot), or 0 for
  // what is used in several ways.
  const std::vector<char>& local_letters() const noexcept { return local_letters_; }
  const Signature& signature() const noexcept { return signature_; }
  const interp::Code& code() const noexcept { return code_; }
  const interp::FunctionCode& function() const noexcept { return *function_; }

 private:
  bool read_instructions();
  bool is_native_access(const Instruction& in) const noexcept;
  bool mark_target(std::uint32_t from, std::int32_t distance);
  bool mark_targets();
  void mark_depths();
  void read_locals();

  const interp::Code& code_;
  const Cells& cells_;
  const Signatures signatures_;
  const interp::FunctionCode* function_ = nullptr;
  Signature signature_;
  bool has_loops_ = false;
  bool has_vectors_ = false;
  std::vector<Instruction> instructions_;
  std::vector<std::uint32_t> index_of_;  // by cell
  std::vector<std::uint32_t> jumps_;     // instructions that jump, but for br_table
  std::vector<std::uint32_t> tables_;    // br_table
  std::vector<std::uint32_t> last_;      // by instruction: the last that jumps back to it
  std::vector<std::int32_t> changes_;    // of the depth
  std::vector<char> local_letters_;
  std::pmr::vector<core::LocalRun> runs_;
};

}  // namespace tenon::jit::baseline
