// Function bodies, local declarations, and the code section. Instructions are left alone until a body is decoded.
#include "binary/core/instructions.hpp"
#include "binary/core/sections.hpp"
#include "spec/limits.hpp"

namespace tenon::core {

void read_locals(Cursor& in, std::pmr::vector<LocalRun>& runs, std::uint32_t params, Features features) {
  runs.clear();
  const std::uint32_t count = in.count(limits::max_locals, "runs of locals", 2);
  const std::uint64_t start = in.offset();
  std::uint64_t total = 0;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t run_start = in.offset();
    LocalRun run;
    run.count = in.u32();
    run.type = read_val_type(in, features);
    total += run.count;
    if (total > 0xFFFF'FFFF) in.fault(ErrorKind::malformed, run_start, "too many locals: more than 2^32 - 1");
    if (in.ok()) runs.push_back(run);
  }
  if (total + params > limits::max_locals) {
    in.fault(ErrorKind::exhausted, start, "too many locals: ", total + params,
             " with the parameters, and the limit is ", limits::max_locals);
  }
}

void write_locals(ByteWriter& out, std::span<const LocalRun> runs) {
  out.u32(static_cast<std::uint32_t>(runs.size()));
  for (const LocalRun& run : runs) {
    out.u32(run.count);
    write_val_type(out, run.type);
  }
}

template <>
void read_payload<SectionId::code>(Cursor& in, SectionReader& reader) {
  Module& module = reader.module;
  reader.bodies_offset = in.offset();
  reader.bodies = in.count(limits::max_functions, "functions");
  for (std::uint32_t i = 0; i < reader.bodies && in.ok(); ++i) {
    const std::uint64_t start = in.offset();
    const std::uint32_t size = in.length("a function body");
    if (size > limits::max_body_size) {
      in.fault(ErrorKind::exhausted, start, "function body too large: ", size, " bytes, and the limit is ",
               limits::max_body_size);
    }
    const std::uint64_t offset = in.offset();
    const Bytes body = in.bytes(size);
    if (!in.ok()) return;
    const std::size_t index = module.imported_funcs + std::size_t{i};
    if (index >= module.funcs.size()) continue;  // more bodies than functions: said when all sections are read
    module.funcs[FuncIdx(index)].body = body;
    module.funcs[FuncIdx(index)].offset = offset;
  }
}

template <>
void write_payload<SectionId::code>(const SectionWriter& writer) {
  const Module& module = writer.module;
  if (module.funcs.size() == module.imported_funcs) return;
  writer.out.u32(static_cast<std::uint32_t>(module.funcs.size() - module.imported_funcs));
  for (const Func& func : module.funcs.span().subspan(module.imported_funcs)) writer.out.sized(func.body);
}

}  // namespace tenon::core
