// The machines that the optimizing tier makes code for: this one, and others ahead of time (`tenon compile --target`).
//
// What compiled code knows of its machine, and of what runs it, is here or follows from it. The layout of what code
// reads of the runtime is the same on all machines that have pointers of 64 bits; a file says what it was made with
// (`layout_fingerprint`), and one that does not fit is refused.
#pragma once

#include <span>
#include <string_view>

#include "os/processor.hpp"
#include "tenon/result.hpp"

namespace tenon::jit {

enum class MachineKind : std::uint8_t { x86_64, aarch64 };

struct Machine {
  MachineKind kind;
  std::string_view name;
  const char* triple;  // as LLVM names it
  // The largest page that systems for the machine have.
  std::size_t image_page;
  // The registers of a frame that its callees leave as they are: on x86-64 rbx, rbp, r12 to r15; on AArch64 x19 to x30,
  // of which the last is where a call leaves its return address, and d8 to d15. Which of them is the frame pointer; and
  // the bits that are enough for how far they lie from the caller's stack pointer, in words (image.hpp).
  unsigned saved_registers;
  unsigned frame_pointer;
  unsigned saved_bits;
  // Registers for arguments that are numbers or pointers, as its C ABI passes them.
  unsigned argument_registers;
};

inline constexpr Machine x86_64{.kind = MachineKind::x86_64,
                                .name = "x86_64-linux",
                                .triple = "x86_64-pc-linux-gnu",
                                .image_page = 4096,
                                .saved_registers = 6,
                                .frame_pointer = 1,
                                .saved_bits = 5,
                                .argument_registers = 6};
inline constexpr Machine aarch64{.kind = MachineKind::aarch64,
                                 .name = "aarch64-linux",
                                 .triple = "aarch64-unknown-linux-gnu",
                                 .image_page = 65536,
                                 .saved_registers = 20,
                                 .frame_pointer = 10,
                                 .saved_bits = 8,
                                 .argument_registers = 8};
// How those distances stand in words of 32 bits.
constexpr unsigned saved_in_word(const Machine& machine) noexcept { return 32 / machine.saved_bits; }
constexpr unsigned words_of_saved(const Machine& machine) noexcept {
  return (machine.saved_registers + saved_in_word(machine) - 1) / saved_in_word(machine);
}
constexpr unsigned saved_shift(const Machine& machine, unsigned i) noexcept {
  return machine.saved_bits * (i % saved_in_word(machine));
}

inline constexpr const Machine* machines[] = {&x86_64, &aarch64};

#if defined(__aarch64__)
inline constexpr const Machine& this_machine = aarch64;
#else
inline constexpr const Machine& this_machine = x86_64;
#endif

// A processor of a machine, by what code for it may use.
struct Target {
  std::string_view name;
  const Machine* machine;
  const char* cpu;               // as LLVM names it
  const char* features;          // beyond that
  os::ProcessorFeatures needed;  // what a processor must have
};

// All that have a name; of each machine, the first is what every processor of it has.
std::span<const Target> targets() noexcept;
// By the names of a machine and of a processor; an empty one means the machine's first. Errors: usage, with the names
// that there are.
Result<const Target*> find_target(std::string_view machine, std::string_view processor);

}  // namespace tenon::jit
