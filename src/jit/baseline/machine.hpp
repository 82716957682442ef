// What the machine can do, and whether it is one that the baseline tier makes code for.
#pragma once

#include "jit/baseline/emitter.hpp"

namespace tenon::jit::baseline {

// x86-64 or AArch64, with the interpreter's registers where the emitter expects them: that was tried, once.
bool machine_is_known() noexcept;
Settings settings_of_machine() noexcept;
// Whether the emitter has code for an operation of vectors, where the settings say that it has any.
bool computes_vectors(Op op) noexcept;

}  // namespace tenon::jit::baseline
