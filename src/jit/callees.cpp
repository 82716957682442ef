#include "jit/callees.hpp"

#include "binary/core/instructions.hpp"

namespace tenon::jit {

void add_callees(const core::ValidatedModule& source, core::FuncIdx function,
                 const std::function<bool(core::FuncIdx)>& takes, std::vector<bool>& found) {
  constexpr std::size_t most_bytes = 4 << 10;  // of bodies altogether
  const core::Module& module = *source.module;
  std::vector<core::FuncIdx> open{function};
  std::size_t bytes = 0;
  while (!open.empty()) {
    const core::Func& func = module.funcs[open.back()];
    open.pop_back();
    Cursor cursor(func.body, func.offset);
    std::pmr::vector<core::LocalRun> runs;
    core::read_locals(cursor, runs, 0, source.features);
    const std::uint64_t code_at = cursor.offset() - func.offset;
    core::InstructionReader reader(func.body.subspan(code_at), func.offset + code_at, source.features,
                                   *std::pmr::get_default_resource());
    core::Instruction in;
    while (reader.next(in)) {
      const core::FuncIdx callee(in.index);
      if (in.op != Op::call || module.is_imported(callee) || callee == function || found[in.index]) continue;
      const std::size_t size = module.funcs[callee].body.size();
      if (bytes + size > most_bytes || !takes(callee)) continue;
      found[in.index] = true;
      bytes += size;
      open.emplace_back(in.index);
    }
  }
}

}  // namespace tenon::jit
