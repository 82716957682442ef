// When functions are compiled, and how their code comes into use.
//
// A function that is not compiled at once is watched: the cells of its entry and of its loops' headers hold a handler
// that counts, and goes on with the instruction's own. When the count is up, the function is compiled on the spot, and
// the very next dispatch there enters native code: a loop under way changes its tier between two turns.
#include "jit/baseline/baseline.hpp"

#include <atomic>
#include <mutex>
#include <unordered_map>

#include "jit/baseline/code_regions.hpp"
#include "jit/baseline/emitter.hpp"
#include "jit/baseline/machine.hpp"
#include "os/pages.hpp"

namespace tenon::jit {

namespace {

using baseline::Cells;
using interp::Code;
using interp::FunctionCode;
using runtime::Cell;
using runtime::Instance;
using runtime::Outcome;
using runtime::Slot;
using runtime::Thread;

class Baseline {
 public:
  Baseline(Code& code, const BaselineOptions& options);
  void translated(const FunctionCode& function);
  // The handler to go on with, at a cell that counts.
  std::uint64_t count(const Cell* cell);
  void give_up_guards();
  std::uint64_t original(const Cell* cell) const { return cells_.original(cell); }

 private:
  struct Watched {
    const FunctionCode* function = nullptr;
    std::uint32_t calls_left = 0;
    std::uint32_t turns_left = 0;
  };
  void watch(const FunctionCode& function);
  void compile(const FunctionCode& function);
  std::uint32_t choose(std::uint32_t most) noexcept;

  Code& code_;
  const BaselineOptions options_;
  baseline::Settings settings_;
  Cells cells_;
  std::mutex mutex_;  // for what follows
  bool has_given_up_ = false;
  std::uint64_t random_ = 0;
  baseline::Program program_;
  baseline::SlotRegisters registers_;
  baseline::Assembler assembler_;
  baseline::CodeRegions regions_;
  std::vector<Cells::Replacement> replacements_;
  std::unordered_map<const Cell*, Watched> watched_;  // by the function's first cell
};

Baseline& baseline_of(const runtime::Instance& instance) noexcept {
  return *static_cast<Baseline*>(interp::code_of(instance).compiler().context);
}

std::uint64_t count_here(const runtime::Instance* instance, const Cell* ip) noexcept {
  return baseline_of(*instance).count(ip);
}

TENON_TAIL Outcome count_and_go_on(TENON_REGISTER_PARAMETERS) {
  auto* next = std::bit_cast<interp::TailHandler*>(count_here(instance, ip));
  [[clang::musttail]] return next(ip, fp, memory, memory_size, instance, thread, acc, acc_f32, acc_f64);
}
const auto counting_handler = std::bit_cast<std::uint64_t>(&count_and_go_on);

Baseline::Baseline(Code& code, const BaselineOptions& options)
    : code_(code),
      options_(options),
      settings_(baseline::settings_of_machine()),
      random_(options.seed),
      program_(code, cells_),
      registers_(program_) {
  const core::Module& module = *code.validated->module;
  settings_.uses_registers = options.uses_registers;
  if (module.memories.empty()) return;
  const core::MemoryType& memory = module.memories[core::MemoryIdx(0U)];
  settings_.guarded_memory =
      os::has_virtual_memory() && !memory.limits.is_64 && memory.page_size_log2 == limits::default_page_size_log2;
}

// xorshift64*
std::uint32_t Baseline::choose(std::uint32_t most) noexcept {
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  return static_cast<std::uint32_t>((random_ * 0x2545'F491'4F6C'DD1D) >> 33) % most;
}

void Baseline::translated(const FunctionCode& function) {
  const std::lock_guard lock(mutex_);
  if (has_given_up_) return;
  if (options_.seed == 0 && options_.calls == 0) return compile(function);
  watch(function);
}

void Baseline::watch(const FunctionCode& function) {
  if (!program_.read(function)) return;
  Watched watched{.function = &function, .calls_left = options_.calls, .turns_left = options_.turns};
  if (options_.seed != 0) {
    watched.calls_left = 1 + choose(4);
    watched.turns_left = 1 + choose(20);
  }
  watched_.emplace(function.begin, watched);
  replacements_.assign(1, {function.begin, counting_handler});
  for (const baseline::Instruction& in : program_.instructions()) {
    if (in.is_header && in.cell != 0) replacements_.push_back({function.begin + in.cell, counting_handler});
  }
  cells_.replace(replacements_);
}

std::uint64_t Baseline::count(const Cell* cell) {
  const std::uint64_t original = cells_.original(cell);
  const FunctionCode* function = code_.find(cell + 1);
  if (function == nullptr) return original;
  const std::lock_guard lock(mutex_);
  const auto found = watched_.find(function->begin);
  if (found == watched_.end()) return original;
  std::uint32_t& left = cell == function->begin ? found->second.calls_left : found->second.turns_left;
  if (left > 0) --left;
  if (left > 0) return original;
  watched_.erase(found);
  compile(*function);
  const std::uint64_t handler = __atomic_load_n(&cell->bits, __ATOMIC_ACQUIRE);
  return handler == counting_handler ? original : handler;
}

void Baseline::compile(const FunctionCode& function) {
  if (!program_.read(function)) return;
  const auto none = settings_.uses_registers ? std::size_t{64} : std::size_t{0};
  const std::span<const baseline::Reg> registers = baseline::machine::free_registers;
  std::span<const baseline::FloatReg> float_registers = baseline::machine::free_float_registers;
  if (program_.has_vectors() && float_registers.back() == baseline::machine::third_float) {
    float_registers = float_registers.first(float_registers.size() - 1);
  }
  registers_.choose(registers.first(std::min(none, registers.size())),
                    float_registers.first(std::min(none, float_registers.size())));
  baseline::Emitter emitter(program_, registers_, settings_, assembler_);
  const baseline::Emitted emitted = emitter.emit();
  if (emitted.bytes.empty()) return;
  const std::uint8_t* address = regions_.place(emitted);
  if (address == nullptr) return;
  replacements_.clear();
  for (const baseline::Emitted::Entry& entry : emitted.entries) {
    replacements_.push_back({function.begin + entry.cell, std::bit_cast<std::uint64_t>(address + entry.position)});
  }
  cells_.replace(replacements_);
  if (options_.tell) options_.tell(function.index, address, emitted.bytes.size());
}

// Native code goes out of use: the instance that has come may not enter it. Those that are in it may stay.
void Baseline::give_up_guards() {
  if (!settings_.guarded_memory) return;
  const std::lock_guard lock(mutex_);
  has_given_up_ = true;
  cells_.restore_all();
  watched_.clear();
}

void give_up_guards(runtime::CodeModule& code) noexcept {
  static_cast<Baseline*>(static_cast<Code&>(code).compiler().context)->give_up_guards();
}

}  // namespace

bool has_baseline() noexcept { return baseline::machine_is_known(); }

void add_baseline(Code& code, const BaselineOptions& options) {
  if (code.settings.loop_dispatch || !has_baseline()) return;
  code.compile_with(
      {.context = new Baseline(code, options),
       .translated =
           [](void* context, const FunctionCode& function) noexcept {
             static_cast<Baseline*>(context)->translated(function);
           },
       .original = [](void* context,
                      const runtime::Cell* cell) { return static_cast<Baseline*>(context)->original(cell); },
       .destroy = [](void* context) noexcept { delete static_cast<Baseline*>(context); }});
  code.give_up_guards = &give_up_guards;
}

}  // namespace tenon::jit
