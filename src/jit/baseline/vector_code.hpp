// The machine's computations with vectors. Each machine's `VectorCode` has the same words for what emit_vectors.cpp
// asks for; what its rows say, and by which sequences, is its own.
#pragma once

#if defined(__aarch64__)
#include "jit/baseline/aarch64/vector_code.hpp"
#else
#include "jit/baseline/x86_64/vector_code.hpp"
#endif

namespace tenon::jit::baseline {

using machine::VectorCode;

}  // namespace tenon::jit::baseline
