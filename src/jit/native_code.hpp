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
  // Maps the image (never writable and executable at once) and makes the module's functions enter it. Nothing of the
  // module may run yet. Errors: exhausted.
  static Result<std::unique_ptr<NativeCode>> install(const Image& image, runtime::CodeModule& code, bool loop_dispatch);
  NativeCode(const NativeCode&) = delete;
  NativeCode& operator=(const NativeCode&) = delete;
  ~NativeCode();

 private:
  NativeCode() = default;
  struct State;
  State* state_ = nullptr;
};

}  // namespace tenon::jit
