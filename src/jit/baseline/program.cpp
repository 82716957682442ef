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
  Signature signature;
  for (const core::ValType param : type.params) signature.param_slots += runtime::slots_of(param);
  for (const core::ValType result : type.results) signature.result_slots += runtime::slots_of(result);
  if (type.results.size() == 1 && !type.results[0].is_vector()) signature.result = letter_of(type.results[0]);
  return signature;
}

}  // namespace

Program::Program(const interp::Code& code, const interp::FunctionCode& function, const Cells& cells)
    : code_(code), function_(function), cells_(cells) {}

bool Program::read() {
  if (function_.end - function_.begin > most_cells) return false;
  if (!read_instructions() || !mark_targets()) return false;
  mark_depths();
  read_locals();
  return true;
}

bool Program::read_instructions() {
  const auto all = static_cast<std::uint32_t>(function_.end - function_.begin);
  index_of_.assign(all + 1, no_instruction);
  for (std::uint32_t cell = 0; cell < all;) {
    const Shape* shape = find_shape(function_.begin[cell].bits);
    if (shape == nullptr) shape = find_shape(original(function_.begin + cell));
    if (shape == nullptr) return false;
    index_of_[cell] = static_cast<std::uint32_t>(instructions_.size());
    instructions_.push_back({shape, cell});
    std::uint32_t fields = shape->fields;
    if (shape->kind == Kind::br_table) fields += 4 * targets(instructions_.back()).count;
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
  if (index <= from) instructions_[index].is_header = true;
  return true;
}

bool Program::mark_targets() {
  for (std::uint32_t i = 0; i < instructions_.size(); ++i) {
    const Instruction& in = instructions_[i];
    bool good = true;
    switch (in.shape->kind) {
      case Kind::jump: good = mark_target(i, field<std::int32_t>(in, 0)); break;
      case Kind::branch: good = mark_target(i, field<std::int32_t>(in, in.shape->result_at)); break;
      case Kind::add_branch: good = mark_target(i, field<std::int32_t>(in, 16)); break;
      case Kind::br_table: {
        const Targets list = targets(in);
        for (std::uint32_t k = 0; k < list.count; ++k) {
          good = good && mark_target(i, field<std::int32_t>(in, list.at + 4 * k));
        }
        break;
      }
      default: break;
    }
    if (!good) return false;
  }
  return true;
}

// A loop is what lies between a header and the last branch back to it.
void Program::mark_depths() {
  std::vector<std::int32_t> changes(instructions_.size() + 1);
  std::vector<std::uint32_t> last(instructions_.size(), no_instruction);
  struct Jumps {
    std::vector<std::uint32_t>& last;
    std::uint32_t at = 0;
    void read(std::uint32_t, Use) noexcept {}
    void write(std::uint32_t, Use) noexcept {}
    void jump(std::uint32_t target) noexcept {
      if (target <= at) last[target] = at;
    }
  } jumps{last};
  for (; jumps.at < instructions_.size(); ++jumps.at) visit(*this, instructions_[jumps.at], jumps);
  for (std::uint32_t i = 0; i < last.size(); ++i) {
    if (last[i] == no_instruction) continue;
    ++changes[i];
    --changes[last[i] + 1];
  }
  std::int32_t depth = 0;
  for (std::uint32_t i = 0; i < instructions_.size(); ++i) {
    depth += changes[i];
    instructions_[i].depth = static_cast<std::uint8_t>(std::min(depth, 200));
  }
}

void Program::read_locals() {
  const core::Module& module = *code_.validated->module;
  const core::Func& func = module.funcs[function_.index];
  const core::FuncType& type = module.type_of(function_.index).func;
  signature_ = signature_of(type);
  constexpr std::size_t most_letters = 4096;
  const auto add = [&](core::ValType local, std::size_t count) {
    const char letter = letter_of(local);
    count = std::min(count * (letter == 'v' ? 2 : 1), most_letters - std::min(most_letters, local_letters_.size()));
    local_letters_.insert(local_letters_.end(), count, letter == 'v' ? '\0' : letter);
  };
  for (const core::ValType param : type.params) add(param, 1);
  std::pmr::vector<core::LocalRun> runs;
  Cursor cursor(func.body, func.offset);
  core::read_locals(cursor, runs, static_cast<std::uint32_t>(type.params.size()), code_.validated->features);
  for (const core::LocalRun& run : runs) add(run.type, run.count);
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
  const core::Module& module = *code_.validated->module;
  if (in.shape->kind == Kind::call) return signature_of(module.type_of(core::FuncIdx(callee_index(in))).func);
  const auto wanted = field<std::uint32_t>(in, in.shape->left == Place::slot ? 8 : 4);
  const auto& canonical = code_.validated->canonical_types;
  for (std::uint32_t i = 0; i < canonical.size(); ++i) {
    if (canonical[core::TypeIdx(i)].value == wanted) return signature_of(module.types[core::TypeIdx(i)].func);
  }
  return {.param_slots = 0xFFFF'FFFF};
}

}  // namespace tenon::jit::baseline
