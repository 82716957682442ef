// The calling convention of the interpreter's handlers is the compiler's own, and may change from one version to the
// next. So before any native code is trusted, a piece of machine code is called as a handler with known values, and
// says whether each is in the register in which the emitter takes it to be.
#include "jit/baseline/machine.hpp"

#include "os/code_memory.hpp"
#include "os/pages.hpp"

namespace tenon::jit::baseline {

namespace {

using machine::acc;
using machine::acc_f32;
using machine::acc_f64;
using machine::frame;
using machine::instance;
using machine::ip;
using machine::memory;
using machine::memory_size;
using machine::other;
using machine::scratch;
using machine::thread;
using runtime::Outcome;

#if defined(__x86_64__) || defined(__aarch64__)
constexpr bool is_known_kind = true;
#else
constexpr bool is_known_kind = false;
#endif

constexpr std::uint64_t expected_value(unsigned i) noexcept { return 0x0123'4567'89AB'CDE0 + i; }
constexpr Reg expected_registers[] = {ip, frame, memory, memory_size, instance, thread, acc};

// Returns 1 if all registers are as expected, else 0.
void emit_probe(Assembler& a) {
  const Label differs = a.make_label();
  a.make_room();
  for (unsigned i = 0; i < std::size(expected_registers); ++i) {
    a.constant(scratch, expected_value(i));
    a.alu(Alu::cmp, true, scratch, expected_registers[i]);
    a.jump(Condition::not_equal, differs);
  }
  a.from_float_register(true, scratch, acc_f64);
  a.constant(other, std::bit_cast<std::uint64_t>(2.5));
  a.alu(Alu::cmp, true, scratch, other);
  a.jump(Condition::not_equal, differs);
  a.from_float_register(false, scratch, acc_f32);
  a.alu(Alu::cmp, false, scratch, std::bit_cast<std::int32_t>(1.5F));
  a.jump(Condition::not_equal, differs);
  a.constant(scratch, 1);
  a.return_();
  a.bind(differs);
  a.constant(scratch, 0);
  a.return_();
  a.finish();
}

bool probe() noexcept {
  if (!is_known_kind) return false;
  Assembler a;
  emit_probe(a);
  const os::CodeMemory code = os::make_code_memory(os::page_size());
  if (code.executable == nullptr) return false;
  constexpr std::size_t front = 64;  // a sanitizer looks in front of what is called
  std::memcpy(code.writable + front, a.bytes().data(), a.bytes().size());
  os::publish_code(code.executable + front, a.bytes().size());
  auto* handler = std::bit_cast<interp::TailHandler*>(code.executable + front);
  const Outcome outcome =
      handler(std::bit_cast<const runtime::Cell*>(expected_value(0)), std::bit_cast<runtime::Slot*>(expected_value(1)),
              std::bit_cast<std::uint8_t*>(expected_value(2)), expected_value(3),
              std::bit_cast<runtime::Instance*>(expected_value(4)), std::bit_cast<runtime::Thread*>(expected_value(5)),
              expected_value(6), 1.5F, 2.5);
  os::release_code_memory(code);
  return static_cast<unsigned>(outcome) == 1;
}

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
  settings.has_vectors = __builtin_cpu_supports("avx") != 0;
#else
  settings.has_rounding = true;
  settings.has_bit_counts = true;
  settings.has_vectors = true;
#endif
  return settings;
}

}  // namespace tenon::jit::baseline
