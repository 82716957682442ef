// The calling convention of the interpreter's handlers is the compiler's own, and may change from one version to the
// next. So before any native code is trusted, a piece of machine code is called as a handler with known values, and
// says whether each is in the register in which the emitter takes it to be.
#include "jit/baseline/machine.hpp"

#include "os/code_memory.hpp"
#include "os/pages.hpp"

namespace tenon::jit::baseline {

namespace {

using runtime::Outcome;

#if defined(__x86_64__)
constexpr std::uint64_t expected_value(unsigned i) noexcept { return 0x0123'4567'89AB'CDE0 + i; }
constexpr Reg expected_registers[] = {Reg::r12, Reg::r13, Reg::r14, Reg::r15, Reg::rdi, Reg::rsi, Reg::rdx};

// Returns 1 if all registers are as expected, else 0.
void emit_probe(Assembler& a) {
  const Label differs = a.make_label();
  a.make_room();
  for (unsigned i = 0; i < std::size(expected_registers); ++i) {
    a.constant(Reg::rax, expected_value(i));
    a.alu(Alu::cmp, true, Reg::rax, expected_registers[i]);
    a.jump(Condition::not_equal, differs);
  }
  a.from_float_register(true, Reg::rax, Xmm::x1);
  a.constant(Reg::rcx, std::bit_cast<std::uint64_t>(2.5));
  a.alu(Alu::cmp, true, Reg::rax, Reg::rcx);
  a.jump(Condition::not_equal, differs);
  a.from_float_register(false, Reg::rax, Xmm::x0);
  a.alu(Alu::cmp, false, Reg::rax, std::bit_cast<std::int32_t>(1.5F));
  a.jump(Condition::not_equal, differs);
  a.constant(Reg::rax, 1);
  a.put8(0xC3);
  a.bind(differs);
  a.constant(Reg::rax, 0);
  a.put8(0xC3);
  a.finish();
}

bool probe() noexcept {
  Assembler a;
  emit_probe(a);
  const os::CodeMemory memory = os::make_code_memory(os::page_size());
  if (memory.executable == nullptr) return false;
  constexpr std::size_t front = 64;  // a sanitizer looks in front of what is called
  std::memcpy(memory.writable + front, a.bytes().data(), a.bytes().size());
  auto* handler = std::bit_cast<interp::TailHandler*>(memory.executable + front);
  const Outcome outcome =
      handler(std::bit_cast<const runtime::Cell*>(expected_value(0)), std::bit_cast<runtime::Slot*>(expected_value(1)),
              std::bit_cast<std::uint8_t*>(expected_value(2)), expected_value(3),
              std::bit_cast<runtime::Instance*>(expected_value(4)), std::bit_cast<runtime::Thread*>(expected_value(5)),
              expected_value(6), 1.5F, 2.5);
  os::release_code_memory(memory);
  return static_cast<unsigned>(outcome) == 1;
}
#else
bool probe() noexcept { return false; }
#endif

}  // namespace

bool machine_is_known() noexcept {
  static const bool is_known = probe();
  return is_known;
}

Settings settings_of_machine() noexcept {
  Settings settings;
#if defined(__x86_64__)
  settings.has_rounding = __builtin_cpu_supports("sse4.1") != 0;
  settings.has_bit_counts = __builtin_cpu_supports("popcnt") != 0 && __builtin_cpu_supports("bmi") != 0 &&
                            __builtin_cpu_supports("lzcnt") != 0;
  settings.has_shifts = __builtin_cpu_supports("bmi2") != 0;
#endif
  return settings;
}

}  // namespace tenon::jit::baseline
