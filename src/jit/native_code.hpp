// A module's machine code in memory, and the way in and out of it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "jit/heat.hpp"
#include "jit/image.hpp"
#include "jit/loop_code.hpp"
#include "jit/optimizing/compiler.hpp"
#include "runtime/executor.hpp"
#include "runtime/native.hpp"
#include "tenon/result.hpp"

namespace tenon::jit {

class NativeCode {
 public:
  // Of a module nothing of which has run yet. At first it has no compiled code.
  NativeCode(runtime::CodeModule& code, bool loop_dispatch);
  NativeCode(const NativeCode&) = delete;
  NativeCode& operator=(const NativeCode&) = delete;
  ~NativeCode();

  // The modules that images name, the code's own first; at first it alone. Before the first image.
  void link(std::vector<const runtime::CodeModule*> modules);

  // Maps the image (never writable and executable at once), and makes calls of its functions enter it from now on,
  // whatever runs on other threads meanwhile. One call at a time. Gives where it is mapped; nullptr: nothing was
  // compiled. Errors: exhausted, malformed (an image of another module).
  Result<const std::uint8_t*> add(const Image& image);

  // From now on guests that are asked to look say where they are, and, with `loops`, go on in the code of loops, where
  // there is any. Before anything runs. `compile`: as of `LoopCode`.
  void look(bool loop_dispatch, bool loops, std::function<void()> compile);
  // From now on it is counted where they are.
  void begin_counting();
  // nullptr: nothing is counted.
  Heat* heat() noexcept;
  // As of `LoopCode`.
  std::optional<LoopCode::Wanted> wanted_loop() noexcept;
  void take_loop(const LoopPlace& place) noexcept;

 private:
  struct State;
  State* state_;
};

}  // namespace tenon::jit
