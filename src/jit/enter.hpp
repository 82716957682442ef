// From bytecode to compiled code and back.
#pragma once

#include "interp/registers.hpp"
#include "jit/activation.hpp"

namespace tenon::jit {

// What a cell holds whose instruction is `Body`, which is not the interpreter's own.
template <class Body>
runtime::Cell handler_cell(bool loop_dispatch) noexcept {
  return {std::bit_cast<std::uint64_t>(loop_dispatch ? interp::LoopDispatch::handler<Body>()
                                                     : interp::TailDispatch::handler<Body>())};
}

// Where the thread stands while compiled code runs: in the frame at fp, behind a cell that stands for it in backtraces.
TENON_INLINE void note_position(const interp::Registers& r, const runtime::Cell* position) noexcept {
  r.thread->ip = position;
  r.thread->frame = r.fp;
  r.thread->instance = r.instance;
}

// Runs compiled code with the frame at fp, which is then that of a function which has ended, and goes on with what that
// came to. `slots`: of its parameters or results. `position`: behind a cell of bytecode that stands for it in
// backtraces.
interp::Step run_compiled(interp::Registers& r, std::uint32_t slots, const NativeEntry& entry,
                          const runtime::Cell* position);

// Goes on in the caller of the frame at fp, with the exception that left it.
interp::Step go_on_with_exception(interp::Registers& r);

}  // namespace tenon::jit
