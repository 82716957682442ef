// Code for single loops, which guests go on in while they are in the loop already: on-stack replacement.
//
// A guest may spend its whole life in one call: what is compiled of that function meanwhile never gets its turn. Now
// and then such a guest is asked to look whether there is better code (`NativeStackLimit::interrupt`); bytecode then
// stands at a branch back to a loop, or at its header. If the loop has code, the guest goes on in two cells of bytecode
// that enter it with the frame that it has, and leave the function when that code returns. If not, the loop is noted as
// wanted, for whoever compiles.
//
// Only loops that begin with an empty operand stack take part (interp::LoopHeader), for all that they need is in the
// slots of locals; compilers make hardly any others. Fixed room: a module has that many loops which run for long at the
// most, and who looks must not allocate.
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <optional>

#include "interp/code.hpp"
#include "jit/optimizing/compiler.hpp"
#include "runtime/native.hpp"

namespace tenon::jit {

class LoopCode {
 public:
  // `compile`, for tests, is called on the guest's thread with each loop that is wanted first; it may be empty.
  LoopCode(bool loop_dispatch, std::function<void()> compile) noexcept;
  // Bytecode that goes on in the loop's code; nullptr: `ip`, in the function, is at no loop, or it has none yet.
  // `stays`: the guest has been in this call of the function for long, so that the loop may be wanted. From any thread.
  const runtime::Cell* find(interp::Code& code, const interp::FunctionCode& function, const runtime::Cell* ip,
                            bool stays) noexcept;
  // The loop that guests were found to stay in most often, of those that nobody took so far. `take` takes it.
  struct Wanted {
    LoopPlace place;
    std::uint32_t count;  // how often
  };
  std::optional<Wanted> wanted() noexcept;
  void take(const LoopPlace& place) noexcept;
  void add(const LoopPlace& place, runtime::NativeThunk entry) noexcept;

  struct Row {
    LoopPlace place;
    runtime::NativeThunk entry = nullptr;  // set once, before its bytecode is given to anybody
    std::uint32_t slots = 0;               // of its function's parameters or results
    std::uint32_t wanted = 0;
    bool is_taken = false;
    std::array<runtime::Cell, 2> bytecode;  // its handler, and this row
    const runtime::Cell* header = nullptr;  // where the interpreter has the loop
  };

 private:
  Row* row_of(const LoopPlace& place) noexcept;

  static constexpr std::size_t most_loops = 64;
  const std::function<void()> compile_;
  std::mutex mutex_;
  runtime::Cell handler_;
  std::size_t count_ = 0;
  std::array<Row, most_loops> rows_;
};

}  // namespace tenon::jit
