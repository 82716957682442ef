// The bytecode of one function as the baseline tier reads it: where its instructions are, which of them are jumped to,
// how deep in loops they lie, and which slots they read and write.
#pragma once

#include <memory_resource>
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
  std::uint32_t param_slots = 0;
  std::uint32_t result_slots = 0;
  char result = 0;  // letter of the only result, if it is a number or a reference
};

class Program {
 public:
  Program(const interp::Code& code, const interp::FunctionCode& function, const Cells& cells);

  // False if the code cannot be read or is too large; then it stays interpreted.
  bool read();

  const runtime::Cell* begin() const noexcept { return function_.begin; }
  const std::vector<Instruction>& instructions() const noexcept { return instructions_; }
  std::uint64_t original(const runtime::Cell* cell) const { return cells_.original(cell); }
  bool has_handlers() const noexcept { return !function_.ranges.empty(); }
  std::uint32_t index_at(std::uint32_t cell) const noexcept { return index_of_[cell]; }
  template <class T>
  T field(const Instruction& instruction, unsigned at) const noexcept {
    return load_le<T>(reinterpret_cast<const std::uint8_t*>(function_.begin + instruction.cell + 1) + at);
  }
  std::uint32_t slot(const Instruction& instruction, unsigned at) const noexcept {
    return field<std::uint32_t>(instruction, at) / 8;
  }
  // The instruction that the distance in that field leads to.
  std::uint32_t target(const Instruction& instruction, unsigned at) const noexcept {
    return index_of_[instruction.cell + static_cast<std::uint32_t>(field<std::int32_t>(instruction, at) / 8)];
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
  // The type of the function that a call calls.
  Signature callee(const Instruction& instruction) const noexcept;
  std::uint32_t callee_index(const Instruction& instruction) const noexcept;
  std::uint32_t callee_frame(const Instruction& instruction) const noexcept;
  // Declared types of parameters and locals by slot: 'i', 'l', 'f', 'd', or 0 for vectors.
  const std::vector<char>& local_letters() const noexcept { return local_letters_; }
  const Signature& signature() const noexcept { return signature_; }
  const interp::Code& code() const noexcept { return code_; }
  const interp::FunctionCode& function() const noexcept { return function_; }

 private:
  bool read_instructions();
  bool mark_target(std::uint32_t from, std::int32_t distance);
  bool mark_targets();
  void mark_depths();
  void read_locals();

  const interp::Code& code_;
  const interp::FunctionCode& function_;
  const Cells& cells_;
  Signature signature_;
  std::vector<Instruction> instructions_;
  std::vector<std::uint32_t> index_of_;  // by cell
  std::vector<char> local_letters_;
};

// How an instruction uses a slot.
enum class Use : std::uint8_t {
  integer,
  floating,
  any,  // all of its bits are moved
};

// Tells `visitor` of the slots that an instruction names: `read(slot, Use)`, `write(slot, Use)`, reads first. What the
// interpreter executes, and calls, are the visitor's to know. Branches read, then `jump(target index)`.
template <class Visitor>
void visit(const Program& program, const Instruction& in, Visitor& visitor);

constexpr Use use_of(char letter) noexcept { return letter == 'f' || letter == 'd' ? Use::floating : Use::integer; }
constexpr Use use_of(Bank bank) noexcept { return bank == Bank::integer ? Use::integer : Use::floating; }
constexpr unsigned operand_bytes(Place place, bool wide) noexcept {
  return place == Place::acc ? 0 : place == Place::imm && wide ? 8 : 4;
}
constexpr bool is_wide(char letter) noexcept { return letter == 'l' || letter == 'd'; }

template <class Visitor>
void visit_address(const Program& program, const Instruction& in, Visitor& visitor) {
  switch (in.shape->form) {
    case AddressForm::slot:
    case AddressForm::slot_imm:
    case AddressForm::acc_slot: visitor.read(program.slot(in, 0), Use::integer); break;
    case AddressForm::slot_slot:
      visitor.read(program.slot(in, 0), Use::integer);
      visitor.read(program.slot(in, 4), Use::integer);
      break;
    default: break;
  }
}

template <class Visitor>
void visit_computation(const Program& program, const Instruction& in, Visitor& visitor) {
  const Shape& shape = *in.shape;
  const std::string_view params = interp::params_of(shape.op);
  const bool wide = is_wide(params[0]);
  if (shape.left == Place::slot) visitor.read(program.slot(in, 0), use_of(params[0]));
  if (shape.kind != Kind::unary && shape.right == Place::slot) {
    visitor.read(program.slot(in, operand_bytes(shape.left, wide)), use_of(params[1]));
  }
  if (shape.kind == Kind::branch) return visitor.jump(program.target(in, shape.result_at));
  if (shape.to_slot) visitor.write(program.slot(in, shape.result_at), use_of(interp::results_of(shape.op)[0]));
}

template <class Visitor>
void visit_fused(const Program& program, const Instruction& in, Visitor& visitor) {
  const Shape& shape = *in.shape;
  if (shape.kind == Kind::add_branch) {
    visitor.read(program.slot(in, 0), Use::integer);
    if (shape.left == Place::slot) visitor.read(program.slot(in, 4), Use::integer);
    if (shape.right == Place::slot) visitor.read(program.slot(in, 12), Use::integer);
    visitor.write(program.slot(in, 8), Use::integer);
    return visitor.jump(program.target(in, 16));
  }
  const unsigned at = shape.left == Place::slot ? 4 : 0;
  if (at != 0) visitor.read(program.slot(in, 0), Use::integer);
  visitor.read(program.slot(in, at), Use::integer);
  if (shape.to_slot) visitor.write(program.slot(in, shape.result_at), Use::integer);
}

template <class Visitor>
void visit_select(const Program& program, const Instruction& in, Visitor& visitor) {
  const Shape& shape = *in.shape;
  const bool wide = shape.bank != Bank::f32;
  const unsigned first = operand_bytes(shape.condition, false);
  const unsigned second = first + operand_bytes(shape.left, wide);
  if (shape.condition == Place::slot) visitor.read(program.slot(in, 0), Use::integer);
  if (shape.left == Place::slot) visitor.read(program.slot(in, first), use_of(shape.bank));
  if (shape.right == Place::slot) visitor.read(program.slot(in, second), use_of(shape.bank));
  if (shape.to_slot) visitor.write(program.slot(in, shape.result_at), use_of(shape.bank));
}

template <class Visitor>
void visit_table(const Program& program, const Instruction& in, Visitor& visitor) {
  if (in.shape->left == Place::slot) visitor.read(program.slot(in, 0), Use::integer);
  const Program::Targets targets = program.targets(in);
  for (std::uint32_t i = 0; i < targets.count; ++i) visitor.jump(program.target(in, targets.at + 4 * i));
}

template <class Visitor>
void visit(const Program& program, const Instruction& in, Visitor& visitor) {
  const Shape& shape = *in.shape;
  switch (shape.kind) {
    case Kind::binary:
    case Kind::unary:
    case Kind::branch: return visit_computation(program, in, visitor);
    case Kind::shifted:
    case Kind::add_branch: return visit_fused(program, in, visitor);
    case Kind::select: return visit_select(program, in, visitor);
    case Kind::br_table: return visit_table(program, in, visitor);
    case Kind::load:
      visit_address(program, in, visitor);
      if (shape.to_slot) visitor.write(program.slot(in, shape.result_at), use_of(interp::results_of(shape.op)[0]));
      return;
    case Kind::store:
      visit_address(program, in, visitor);
      if (shape.left == Place::slot) {
        visitor.read(program.slot(in, interp::address_bytes(shape.form)), use_of(interp::params_of(shape.op)[1]));
      }
      return;
    case Kind::copy:
      for (unsigned i = 0; i < shape.count; ++i) visitor.read(program.slot(in, 8 * i), Use::any);
      for (unsigned i = 0; i < shape.count; ++i) visitor.write(program.slot(in, 8 * i + 4), Use::any);
      return;
    case Kind::store_acc: return visitor.write(program.slot(in, 0), use_of(shape.bank));
    case Kind::constant: return visitor.write(program.slot(in, shape.result_at), Use::any);
    case Kind::jump: return visitor.jump(program.target(in, 0));
    case Kind::return_slot: return visitor.read(program.slot(in, 0), Use::any);
    case Kind::global_get:
      if (shape.to_slot) visitor.write(program.slot(in, 4), use_of(shape.bank));
      return;
    case Kind::global_set:
      if (shape.left == Place::slot) visitor.read(program.slot(in, 4), Use::any);
      return;
    case Kind::call_indirect:
      if (shape.left == Place::slot) visitor.read(program.slot(in, 0), Use::integer);
      return;
    default: return;
  }
}

// Whether control never goes on with the next instruction.
constexpr bool ends_run(Kind kind) noexcept {
  switch (kind) {
    case Kind::jump:
    case Kind::br_table:
    case Kind::return_void:
    case Kind::return_acc:
    case Kind::return_slot:
    case Kind::return_constant:
    case Kind::unreachable: return true;
    default: return false;
  }
}
// Whether nothing is left in registers behind it: the interpreter, or another function, has run.
constexpr bool leaves(Kind kind) noexcept {
  return kind == Kind::other || kind == Kind::plain || kind == Kind::call || kind == Kind::call_indirect;
}

}  // namespace tenon::jit::baseline
