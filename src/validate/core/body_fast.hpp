// The handlers that check what real code consists of; internal to validate/core. See body_fast.cpp.
#pragma once

#include <array>
#include <cstdint>

#include "model/core/types.hpp"
#include "spec/features.hpp"

namespace tenon::core {

class Body;

// `next` is where the byte after the opcode stands, `top` the end of the operands. Each handler ends by calling the
// next.
using FastHandler = const std::uint8_t*(const std::uint8_t* next, ValType* top, Body& body) [[clang::preserve_none]];

struct FastHandlers {
  std::array<FastHandler*, 256> one_byte;
  std::array<FastHandler*, 256> simd;  // operations of the prefix 0xFD with codes below 256
};

// Operations whose feature is off have no handler of their own, so those that are on pay nothing for the question.
FastHandlers make_fast_handlers(Features features) noexcept;

// Validates from `first` to the end of the function; gives where the code ended, or nullptr with the error in `body`.
const std::uint8_t* run_fast(Body& body, const std::uint8_t* first);

}  // namespace tenon::core
