#include "text/core/print_hints.hpp"

#include <algorithm>

#include "binary/core/cursor.hpp"
#include "binary/core/immediates.hpp"

namespace tenon::core {
namespace {

// The only section of that name, if the code section follows it.
const Section* find_section(const Module& module) {
  const Section* found = nullptr;
  for (std::size_t i = 0; i < module.sections.size(); ++i) {
    const Section& section = module.sections[i];
    if (section.id != SectionId::custom || section.name != branch_hint_section) continue;
    if (found != nullptr) return nullptr;
    if (i + 1 == module.sections.size() || module.sections[i + 1].id != SectionId::code) return nullptr;
    found = &section;
  }
  return found;
}

}  // namespace

BranchHints::BranchHints(const Module& module, std::pmr::memory_resource& memory) : hints_(&memory) {
  const Section* section = find_section(module);
  if (section == nullptr) return;
  if (decode(*section) && !hints_.empty() && all_found(module, memory)) {
    section_ = section;
  } else {
    hints_.clear();
  }
}

bool BranchHints::decode(const Section& section) {
  Cursor in(section.payload, section.offset);
  std::uint32_t functions = in.u32();
  for (bool is_first = true; in.ok() && functions > 0; --functions, is_first = false) {
    const std::uint32_t function = in.u32();
    if (!is_first && function <= hints_.back().function) return false;
    std::uint32_t count = in.u32();
    if (count == 0) return false;
    for (bool starts = true; in.ok() && count > 0; --count, starts = false) {
      const std::uint32_t offset = in.u32();
      const std::uint32_t size = in.u32();
      const std::uint8_t value = in.u8();
      if (size != 1 || value > 1 || (!starts && offset <= hints_.back().offset)) return false;
      hints_.push_back({function, offset, value == 1});
    }
  }
  return in.ok() && in.at_end();
}

bool BranchHints::all_found(const Module& module, std::pmr::memory_resource& memory) const {
  ImmediateLists lists(memory);
  std::pmr::vector<LocalRun> runs(&memory);
  Instruction instruction;
  for (std::size_t i = 0; i < hints_.size();) {
    const FuncIdx function(hints_[i].function);
    if (!module.funcs.contains(function) || module.is_imported(function)) return false;
    Cursor in(module.funcs[function].body, 0);
    runs.clear();
    read_locals(in, runs, 0, Features::all());
    while (in.ok() && !in.at_end() && i < hints_.size() && hints_[i].function == function.value) {
      const std::uint64_t offset = in.offset();
      if (offset > hints_[i].offset) return false;
      instruction.op = read_op(in);
      if (in.ok()) read_immediates(in, instruction, lists, Features::all());
      if (offset != hints_[i].offset) continue;
      if (instruction.op != Op::if_ && instruction.op != Op::br_if) return false;
      ++i;
    }
    if (!in.ok() || (i < hints_.size() && hints_[i].function == function.value)) return false;
  }
  return true;
}

FunctionHints BranchHints::take(FuncIdx function) noexcept {
  while (next_ < hints_.size() && hints_[next_].function < function.value) ++next_;
  const std::size_t first = next_;
  while (next_ < hints_.size() && hints_[next_].function == function.value) ++next_;
  return {std::span(hints_).subspan(first, next_ - first)};
}

}  // namespace tenon::core
