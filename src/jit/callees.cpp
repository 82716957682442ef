#include "jit/callees.hpp"

#include "binary/core/instructions.hpp"

namespace tenon::jit {

void add_small_callees(const core::ValidatedModule& source, core::FuncIdx function, std::vector<bool>& found) {
  constexpr std::size_t most_bytes = 16 << 10;  // of bodies altogether
  constexpr std::size_t small = 1 << 10;        // of one
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
      if (in.op != Op::call || module.is_imported(core::FuncIdx(in.index)) || in.index == function.value) continue;
      const std::size_t size = module.funcs[core::FuncIdx(in.index)].body.size();
      if (found[in.index] || size > small || bytes + size > most_bytes) continue;
      found[in.index] = true;
      bytes += size;
      open.emplace_back(in.index);
    }
  }
}

}  // namespace tenon::jit
