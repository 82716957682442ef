// Function bodies: local declarations, then instructions.
#include "binary/core/instructions.hpp"
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

}  // namespace tenon::core
