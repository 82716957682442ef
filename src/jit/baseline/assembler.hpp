// The assembler of the machine that this is built for.
#pragma once

#if defined(__aarch64__)
#include "jit/baseline/aarch64/assembler.hpp"
#else
#include "jit/baseline/x86_64/assembler.hpp"
#endif

namespace tenon::jit::baseline {

#if defined(__aarch64__)
namespace machine = aarch64;
#else
namespace machine = x86_64;
#endif

using machine::Address;
using machine::Assembler;
using machine::FloatReg;
using machine::Reg;

}  // namespace tenon::jit::baseline
