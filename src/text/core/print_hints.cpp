#include "text/core/print_hints.hpp"

#include <algorithm>
#include <vector>

#include "binary/core/custom.hpp"
#include "binary/core/immediates.hpp"

namespace tenon::core {
namespace {

// The only section of that name, if the code section follows it.
const Section* find_section(const Module& module) {
  const Section* found = nullptr;
  for (std::size_t i = 0; i < module.sections.size(); ++i) {
    const Section& section = module.sections[i];
    if (section.id != SectionId::custom || section.name != branch_hint_section_name) continue;
    if (found != nullptr) return nullptr;
    if (i + 1 == module.sections.size() || module.sections[i + 1].id != SectionId::code) return nullptr;
    found = &section;
  }
  return found;
}

bool ascend(std::span<const FuncBranchHints> functions) {
  const auto not_before = [](const auto& a, const auto& b) { return a.offset >= b.offset; };
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (i > 0 && functions[i - 1].func >= functions[i].func) return false;
    if (functions[i].hints.empty() ||
        std::ranges::adjacent_find(functions[i].hints, not_before) != functions[i].hints.end()) {
      return false;
    }
  }
  return true;
}

// Each hint is for an `if` or `br_if` of the body.
bool hints_fit(const Module& module, const FuncBranchHints& function, ImmediateLists& lists,
               std::pmr::vector<LocalRun>& runs) {
  if (!module.funcs.contains(function.func) || module.is_imported(function.func)) return false;
  Cursor in(module.funcs[function.func].body, 0);
  runs.clear();
  read_locals(in, runs, 0, Features::all());
  Instruction instruction;
  FunctionHints rest{function.hints};
  while (in.ok() && !in.at_end() && !rest.hints.empty()) {
    const std::uint64_t offset = in.offset();
    instruction.op = read_op(in);
    if (in.ok()) read_immediates(in, instruction, lists, Features::all());
    if (rest.take(offset) != nullptr && instruction.op != Op::if_ && instruction.op != Op::br_if) return false;
  }
  return rest.hints.empty();
}

}  // namespace

BranchHints::BranchHints(const Module& module, Arena& arena) {
  const Section* section = find_section(module);
  if (section == nullptr) return;
  const auto functions = read_branch_hints(*section, arena);
  if (!functions || functions->empty() || !ascend(*functions)) return;
  ByteWriter again(arena);
  write_branch_hints(again, *functions);
  if (!std::ranges::equal(again.view(), section->payload)) return;
  ImmediateLists lists(arena.upstream());
  std::pmr::vector<LocalRun> runs(&arena.upstream());
  for (const FuncBranchHints& function : *functions) {
    if (!hints_fit(module, function, lists, runs)) return;
  }
  section_ = section;
  functions_ = *functions;
}

FunctionHints BranchHints::take(FuncIdx function) noexcept {
  while (!functions_.empty() && functions_.front().func < function) functions_ = functions_.subspan(1);
  if (functions_.empty() || functions_.front().func != function) return {};
  return {functions_.front().hints};
}

}  // namespace tenon::core
