// From bytecode to compiled code and back.
#pragma once

#include "interp/registers.hpp"
#include "jit/activation.hpp"

namespace tenon::jit {

// What a cell holds whose instruction is `Body`, which is not the interpreter's own.
template <class Body>
runtime::Cell handler_cell(bool loop_dispatch) noexcept {
  return {std::bit_cast<std::uint64_t>(loop_dispatch ? interp::LoopDispatch::handler<interp::OutOfLine<Body>>()
                                                     : interp::TailDispatch::handler<interp::OutOfLine<Body>>())};
}

// Runs compiled code with the frame at fp, which is then that of a function which has ended, and goes on with what that
// came to. `slots`: of its parameters or results. `position`: behind a cell of bytecode that stands for it in
// backtraces.
interp::Step run_compiled(interp::Registers& r, std::uint32_t slots, const NativeEntry& entry,
                          const runtime::Cell* position);

}  // namespace tenon::jit
