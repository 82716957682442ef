// The semantics functions by their `Op`, called with slots: so that tests can go through all of instructions.def.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "spec/instructions.hpp"
#include "spec/semantics.hpp"
#include "spec/semantics_memory.hpp"
#include "spec/semantics_simd.hpp"

namespace tenon {

// Found by unqualified look-up from namespace semantics where that has no function of the name.
struct Absent {};
#define TENON_INSTRUCTION(name, mnemonic, prefix, code, immediates, signature, width, feature, constant) \
  inline constexpr Absent name;
#include "spec/instructions.def"
#undef TENON_INSTRUCTION

namespace semantics::test {

inline constexpr std::size_t max_slots = 8;
using Slots = std::array<std::uint64_t, max_slots>;

struct Outcome {
  Trap trap = Trap::none;
  Slots results{};
  bool operator==(const Outcome&) const = default;
};

// A value in slots: numbers in one (their bits, zero-extended), vectors in two.
template <class T>
constexpr T take(const Slots& slots, std::size_t& next) {
  if constexpr (std::is_same_v<T, V128>) {
    const std::array<std::uint64_t, 2> halves{slots[next], slots[next + 1]};
    next += 2;
    return std::bit_cast<V128>(halves);
  } else if constexpr (std::is_floating_point_v<T>) {
    return std::bit_cast<T>(static_cast<detail::BitsOf<T>>(slots[next++]));
  } else {
    return static_cast<T>(slots[next++]);
  }
}

template <class T>
constexpr void put(Outcome& outcome, T value) {
  if constexpr (std::is_same_v<T, V128>) {
    const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(value);
    outcome.results[0] = halves[0];
    outcome.results[1] = halves[1];
  } else if constexpr (std::is_same_v<T, Wide>) {
    outcome.results[0] = value.low;
    outcome.results[1] = value.high;
  } else if constexpr (std::is_floating_point_v<T>) {
    outcome.results[0] = detail::bits(value);
  } else {
    outcome.results[0] = value;
  }
}
template <class T>
constexpr void put(Outcome& outcome, Trapping<T> result) {
  outcome.trap = result.trap;
  if (result.trap == Trap::none) put(outcome, result.value);
}

// Operands without NaN, for which no operator gives NaN or reads a lane out of range: constant expressions may hold
// none.
template <class T>
constexpr void append_sample(Slots& slots, std::size_t& next) {
  if constexpr (std::is_same_v<T, V128>) {
    slots[next] = next == 4 ? 0x1F0E'0D0C'0B0A'0908 : 0x3FC0'1234'4061'00FF - next;
    slots[next + 1] = next == 4 ? 0x0706'0504'0302'0100 : 0x4008'7F01'3F80'0000 + next;
    next += 2;
  } else if constexpr (std::is_floating_point_v<T>) {
    slots[next] = detail::bits(static_cast<T>(1.75 + static_cast<double>(next)));
    ++next;
  } else {
    slots[next] = static_cast<T>(0xFEDC'BA98'7654'3297) >> next;
    ++next;
  }
}
template <class... P>
constexpr Slots sample(bool last_is_lane) {
  Slots slots{};
  std::size_t next = 0;
  (append_sample<P>(slots, next), ...);
  if (last_is_lane) slots[next - 1] = 1;
  return slots;
}

template <auto function, bool last_is_lane>
struct Call;
template <class R, class... P, R (*function)(P...) noexcept, bool last_is_lane>
struct Call<function, last_is_lane> {
  static constexpr bool is_present = true;
  static constexpr Outcome call(const Slots& slots) {
    std::size_t next = 0;
    const std::tuple<P...> arguments{take<P>(slots, next)...};  // braces: from left to right
    Outcome outcome;
    if constexpr (std::is_void_v<R>) {
      std::apply(function, arguments);
    } else {
      put(outcome, std::apply(function, arguments));
    }
    return outcome;
  }
  static constexpr Slots arguments = sample<P...>(last_is_lane);
  static constexpr Outcome compiled = call(arguments);
};
template <Absent absent, bool last_is_lane>
struct Call<absent, last_is_lane> {
  static constexpr bool is_present = false;
  static constexpr Outcome call(const Slots&) { return {}; }
  static constexpr Slots arguments{};
  static constexpr Outcome compiled{};
};

struct Entry {
  bool is_present;
  Outcome (*call)(const Slots&);
  Slots arguments;   // a sample
  Outcome compiled;  // what the compiler computed for it
};

constexpr bool has_lane(Immediates immediates) {
  return immediates == Immediates::lane || immediates == Immediates::mem_arg_lane;
}

template <auto function, Immediates immediates>
constexpr Entry make_entry() {
  using C = Call<function, has_lane(immediates)>;
  return {C::is_present, C::call, C::arguments, C::compiled};
}

inline constexpr Entry table[] = {
#define TENON_INSTRUCTION(name, mnemonic, prefix, code, immediates, signature, width, feature, constant) \
  make_entry<name, Immediates::immediates>(),
#include "spec/instructions.def"
#undef TENON_INSTRUCTION
};

constexpr const Entry& entry(Op op) { return table[static_cast<std::size_t>(op)]; }

inline Op op_named(std::string_view mnemonic) {
  for (std::size_t i = 0; i < op_count; ++i) {
    if (instruction_infos[i].mnemonic == mnemonic) return static_cast<Op>(i);
  }
  return Op::invalid;
}

}  // namespace semantics::test
}  // namespace tenon
