#include "jit/baseline/program.hpp"

#include <algorithm>

#include "binary/core/instructions.hpp"

namespace tenon::jit::baseline {

namespace {

constexpr std::uint32_t no_instruction = 0xFFFF'FFFF;
constexpr std::ptrdiff_t most_cells = 1 << 18;  // of a function that is worth compiling at once

char letter_of(core::ValType type) noexcept {
  if (type == core::i32) return 'i';
  if (type == core::f32) return 'f';
  if (type == core::f64) return 'd';
  return type.is_vector() ? 'v' : 'l';
}

Signature signature_of(const core::FuncType& type) noexcept {
  Signature signature{.type = &type};
  for (const core::ValType param : type.params) signature.param_slots += runtime::slots_of(param);
  for (const core::ValType result : type.results) signature.result_slots += runtime::slots_of(result);
  if (type.results.size() == 1 && !type.results[0].is_vector()) signature.result = letter_of(type.results[0]);
  return signature;
}

}  // namespace

Signatures::Signatures(const core::ValidatedModule& module) : module_(*module.module) {
  for (std::uint32_t i = 0; i < module_.types.size(); ++i) {
    by_type_.push_back(signature_of(module_.types[core::TypeIdx(i)].func));
    if (i < module.canonical_types.size())
      by_canonical_.emplace_back(module.canonical_types[core::TypeIdx(i)].value, i);
  }
  std::ranges::sort(by_canonical_);
}

Signature Signatures::of_canonical(std::uint32_t number) const noexcept {
  const auto found = std::ranges::lower_bound(by_canonical_, std::pair(number, 0U));
  if (found == by_canonical_.end() || found->first != number) return {.param_slots = 0xFFFF'FFFF};
  return by_type_[found->second];
}

Program::Program(const interp::Code& code, const Cells& cells)
    : code_(code), cells_(cells), signatures_(*code.validated) {}

bool Program::read(const interp::FunctionCode& function) {
  function_ = &function;
  has_loops_ = has_vectors_ = false;
  if (function.end - function.begin > most_cells) return false;
  if (!read_instructions() || !mark_targets()) return false;
  if (has_loops_) mark_depths();
  read_locals();
  return true;
}

bool Program::read_instructions() {
  const auto all = static_cast<std::uint32_t>(function_->end - function_->begin);
  index_of_.assign(all + 1, no_instruction);
  instructions_.clear();
  jumps_.clear();
  tables_.clear();
  for (std::uint32_t cell = 0; cell < all;) {
    const Shape* shape = find_shape(function_->begin[cell].bits);
    if (shape == nullptr) shape = find_shape(original(function_->begin + cell));
    if (shape == nullptr) return false;
    const auto index = static_cast<std::uint32_t>(instructions_.size());
    index_of_[cell] = index;
    instructions_.push_back({shape, cell});
    std::uint32_t fields = shape->fields;
    if (shape->jump_at != Shape::no_jump) {
      jumps_.push_back(index);
    } else if (shape->kind == Kind::br_table) {
      fields += 4 * targets(instructions_.back()).count;
      tables_.push_back(index);
    } else if (is_vector(shape->kind)) {
      has_vectors_ = true;
      const bool is_access = shape->kind == Kind::vector_load || shape->kind == Kind::vector_store;
      if (is_access && !is_native_access(instructions_.back())) instructions_.back().shape = &interpreted(*shape);
    }
    cell += interp::cells_of(fields);
  }
  return !instructions_.empty() && instructions_[0].shape->kind == Kind::enter;
}

bool Program::mark_target(std::uint32_t from, std::int32_t distance) {
  const std::int64_t cell = std::int64_t{instructions_[from].cell} + distance / 8;
  if (cell < 0 || cell >= static_cast<std::int64_t>(index_of_.size())) return false;
  const std::uint32_t index = index_of_[static_cast<std::size_t>(cell)];
  if (index == no_instruction) return false;
  instructions_[index].is_label = true;
  if (index <= from) instructions_[index].is_header = has_loops_ = true;
  return true;
}

bool Program::mark_targets() {
  for (const std::uint32_t i : jumps_) {
    const Instruction& in = instructions_[i];
    if (!mark_target(i, field<std::int32_t>(in, in.shape->jump_at))) return false;
  }
  for (const std::uint32_t i : tables_) {
    const Targets list = targets(instructions_[i]);
    for (std::uint32_t k = 0; k < list.count; ++k) {
      if (!mark_target(i, field<std::int32_t>(instructions_[i], list.at + 4 * k))) return false;
    }
  }
  return true;
}

// Native accesses with vectors are of memory 0, by addresses and offsets of 32 bits.
bool Program::is_native_access(const Instruction& in) const noexcept {
  const core::Module& module = *code_.validated->module;
  const unsigned at = 4 * in.shape->count;
  if (field<std::uint32_t>(in, at) != 0 || module.memories[core::MemoryIdx(0U)].limits.is_64) return false;
  return field<std::uint64_t>(in, at + 4) + info(in.shape->op).width <= 0xFFFF'FFFF;
}

// A loop is what lies between a header and the last branch back to it.
void Program::mark_depths() {
  changes_.assign(instructions_.size() + 1, 0);
  last_.assign(instructions_.size(), 0);
  for (const auto* jumping : {&jumps_, &tables_}) {
    for (const std::uint32_t at : *jumping) {
      for_each_target(instructions_[at], [&](std::uint32_t target) {
        if (target <= at) last_[target] = std::max(last_[target], at);
      });
    }
  }
  for (std::uint32_t i = 0; i < last_.size(); ++i) {
    if (!instructions_[i].is_header) continue;
    ++changes_[i];
    --changes_[last_[i] + 1];
  }
  std::int32_t depth = 0;
  for (std::uint32_t i = 0; i < instructions_.size(); ++i) {
    depth += changes_[i];
    instructions_[i].depth = static_cast<std::uint8_t>(std::min(depth, 200));
  }
}

void Program::read_locals() {
  const core::Module& module = *code_.validated->module;
  const core::Func& func = module.funcs[function_->index];
  const core::FuncType& type = module.type_of(function_->index).func;
  signature_ = signatures_.of(function_->index);
  local_letters_.clear();
  constexpr std::size_t most_letters = 4096;
  const auto add = [&](core::ValType local, std::size_t count) {
    const char letter = letter_of(local);
    count = std::min(count * (letter == 'v' ? 2 : 1), most_letters - std::min(most_letters, local_letters_.size()));
    const std::size_t first = local_letters_.size();
    local_letters_.insert(local_letters_.end(), count, letter);
    if (letter != 'v') return;
    for (std::size_t i = first + 1; i < local_letters_.size(); i += 2) local_letters_[i] = 0;
  };
  for (const core::ValType param : type.params) add(param, 1);
  runs_.clear();
  Cursor cursor(func.body, func.offset);
  core::read_locals(cursor, runs_, static_cast<std::uint32_t>(type.params.size()), code_.validated->features);
  for (const core::LocalRun& run : runs_) add(run.type, run.count);
  // Results that no accumulator takes are put over the first locals, whatever the types of those.
  if (signature_.result != 0) return;
  for (std::size_t i = 0; i < std::min<std::size_t>(signature_.result_slots, local_letters_.size()); ++i) {
    local_letters_[i] = 0;
  }
}

std::uint32_t Program::callee_index(const Instruction& in) const noexcept {
  const auto entry = field<std::uint64_t>(in, 0);
  return static_cast<std::uint32_t>((entry - reinterpret_cast<std::uintptr_t>(code_.code)) / sizeof(*code_.code));
}

std::uint32_t Program::callee_frame(const Instruction& in) const noexcept {
  if (in.shape->kind == Kind::call) return slot(in, 8);
  return slot(in, in.shape->left == Place::slot ? 12 : 8);
}

Signature Program::callee(const Instruction& in) const noexcept {
  if (in.shape->kind == Kind::call) return signatures_.of(core::FuncIdx(callee_index(in)));
  return signatures_.of_canonical(field<std::uint32_t>(in, in.shape->left == Place::slot ? 8 : 4));
}

}  // namespace tenon::jit::baseline
