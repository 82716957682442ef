// The baseline tier of a module: machine code made of bytecode, quickly, function by function (docs/decisions 17).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "interp/code.hpp"

namespace tenon::jit {

struct BaselineOptions {
  // Calls of a function, and turns of all its loops, before it is compiled. 0 calls: at once.
  std::uint32_t calls = 0;
  std::uint32_t turns = 0;
  // Not 0: numbers of this one's choice instead.
  std::uint64_t seed = 0;
  // Slots in registers; off for measuring what that is worth.
  bool uses_registers = true;
  // Told of each function's code, on the thread that compiles it; may be empty.
  std::function<void(core::FuncIdx, const std::uint8_t* begin, std::size_t size)> tell;
};

// Whether there is such code for this machine.
bool has_baseline() noexcept;

// Makes the code compile its functions as they are translated; it must be new, and not of loop dispatch. Nothing
// changes where there is no baseline tier.
void add_baseline(interp::Code& code, const BaselineOptions& options);

}  // namespace tenon::jit
