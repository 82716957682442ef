// Reasons for traps, from traps.def. `Trap::none` is zero, so that a status can be tested in one instruction.
#pragma once

#include <cstdint>
#include <string_view>

namespace tenon {

enum class Trap : std::uint8_t {
  none = 0,
#define TENON_TRAP(name, message) name,
#include "spec/traps.def"
#undef TENON_TRAP
};

constexpr std::string_view message(Trap trap) noexcept {
  switch (trap) {
    case Trap::none: return "no trap";
#define TENON_TRAP(name, message) \
  case Trap::name: return message;
#include "spec/traps.def"
#undef TENON_TRAP
  }
  return "unknown trap";
}

}  // namespace tenon
