// A module's machine code in memory, and the way in and out of it.
#pragma once

#include <memory>

#include "jit/image.hpp"
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

  // Maps the image (never writable and executable at once), and makes calls of its functions enter it from now on,
  // whatever runs on other threads meanwhile. One call at a time. Errors: exhausted, malformed (an image of another
  // module).
  Result<void> add(const Image& image);

 private:
  struct State;
  State* state_;
};

}  // namespace tenon::jit
