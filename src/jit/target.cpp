#include "jit/target.hpp"

#include <iterator>
#include <string>

#include "base/concat.hpp"

namespace tenon::jit {

namespace {

// Bits as the processors say them (os/posix/processor.cpp has the words).
constexpr unsigned bits(std::initializer_list<unsigned> numbers) noexcept {
  unsigned all = 0;
  for (const unsigned number : numbers) all |= 1U << number;
  return all;
}

// x86-64: of leaf 1, ecx, what the second, third and fourth level have; of leaf 7, ebx; and of the extended leaf, ecx.
// The last word has the state that the system keeps of each thread.
constexpr unsigned level2 = bits({0, 9, 13, 19, 20, 23});         // sse3, ssse3, cmpxchg16b, sse4.1, sse4.2, popcnt
constexpr unsigned level3 = level2 | bits({12, 22, 27, 28, 29});  // fma, movbe, osxsave, avx, f16c
constexpr unsigned more_level3 = bits({3, 5, 8});                 // bmi, avx2, bmi2
constexpr unsigned more_level4 = more_level3 | bits({16, 17, 28, 30, 31});  // avx512: f, dq, cd, bw, vl
constexpr unsigned extended_level2 = bits({0});                             // lahf
constexpr unsigned extended_level3 = extended_level2 | bits({5});           // lzcnt
constexpr unsigned state_level3 = bits({1, 2});
constexpr unsigned state_level4 = state_level3 | bits({5, 6, 7});

// AArch64: what the system says of the first word: fp, asimd; aes to atomics, asimdrdm; and further half floats, rcpc
// and products of bytes.
constexpr unsigned armv8_0 = bits({0, 1});
constexpr unsigned armv8_1 = armv8_0 | bits({7, 8, 12});
constexpr unsigned neoverse_n1 = armv8_1 | bits({3, 4, 5, 6, 9, 10, 15, 20});

constexpr Target all[] = {
    {"x86-64-v2", &x86_64, "x86-64-v2", "", {level2, 0, 0, 0, 0, 0, 0, extended_level2}},
    {"x86-64-v3",
     &x86_64,
     "x86-64-v3",
     "",
     {level3, 0, more_level3, 0, 0, 0, 0, extended_level3, 0, 0, 0, state_level3}},
    {"x86-64-v4",
     &x86_64,
     "x86-64-v4",
     "",
     {level3, 0, more_level4, 0, 0, 0, 0, extended_level3, 0, 0, 0, state_level4}},
    {"armv8-a", &aarch64, "generic", "", {armv8_0}},
    {"armv8.1-a", &aarch64, "generic", "+v8.1a", {armv8_1}},
    {"neoverse-n1", &aarch64, "neoverse-n1", "", {neoverse_n1}},
};

}  // namespace

std::span<const Target> targets() noexcept { return all; }

Result<const Target*> find_target(std::string_view machine, std::string_view processor) {
  std::string known;
  bool is_machine = false;
  for (const Target& target : all) {
    if (target.machine->name != machine) continue;
    is_machine = true;
    if (processor.empty() || target.name == processor) return &target;
    known += (known.empty() ? "" : ", ") + std::string(target.name);
  }
  if (is_machine) {
    return fail(ErrorKind::usage, {}, "expected a processor of ", machine, " (", std::string_view(known), "), found ",
                processor);
  }
  for (const Machine* one : machines) known += (known.empty() ? "" : ", ") + std::string(one->name);
  return fail(ErrorKind::usage, {}, "expected a machine to compile for (", std::string_view(known), "), found ",
              machine);
}

}  // namespace tenon::jit
