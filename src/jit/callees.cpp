#include "jit/callees.hpp"

#include "binary/core/instructions.hpp"

namespace tenon::jit {

namespace {

// Calls `take` for each instruction of the body, until it says no.
template <class Take>
void for_each_instruction(const core::ValidatedModule& source, const core::Func& func, Take take) {
  Cursor cursor(func.body, func.offset);
  std::pmr::vector<core::LocalRun> runs;
  core::read_locals(cursor, runs, 0, source.features);
  const std::uint64_t code_at = cursor.offset() - func.offset;
  core::InstructionReader reader(func.body.subspan(code_at), func.offset + code_at, source.features,
                                 *std::pmr::get_default_resource());
  core::Instruction in;
  while (reader.next(in) && take(in)) {
  }
}

}  // namespace

void add_callees(const core::ValidatedModule& source, core::FuncIdx function,
                 const std::function<bool(core::FuncIdx)>& takes, std::vector<bool>& found) {
  constexpr std::size_t most_bytes = 4 << 10;  // of bodies altogether
  const core::Module& module = *source.module;
  std::vector<core::FuncIdx> open{function};
  std::size_t bytes = 0;
  while (!open.empty()) {
    const core::Func& func = module.funcs[open.back()];
    open.pop_back();
    for_each_instruction(source, func, [&](const core::Instruction& in) {
      const core::FuncIdx callee(in.index);
      if (in.op != Op::call || module.is_imported(callee) || callee == function || found[in.index]) return true;
      const std::size_t size = module.funcs[callee].body.size();
      if (bytes + size > most_bytes || !takes(callee)) return true;
      found[in.index] = true;
      bytes += size;
      open.emplace_back(in.index);
      return true;
    });
  }
}

bool has_tail_call(const core::ValidatedModule& source, core::FuncIdx function) {
  bool found = false;
  for_each_instruction(source, source.module->funcs[function], [&](const core::Instruction& in) {
    found = in.op == Op::return_call || in.op == Op::return_call_indirect || in.op == Op::return_call_ref;
    return !found;
  });
  return found;
}

}  // namespace tenon::jit
