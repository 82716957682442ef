// The standard's instructions as C++ types: what instructions.def and the semantics say, at compile time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "model/core/instruction.hpp"
#include "spec/instructions.hpp"
#include "spec/semantics_memory.hpp"

namespace tenon::interp {

namespace operations {
using namespace tenon::semantics;

// `Operation<op>::apply` is the function of that name in the semantics. Instructions without one have no `apply` that
// could be called.
template <Op op>
struct Operation;
#define TENON_INSTRUCTION(name, mnemonic, prefix, code, immediates, signature, width, feature, constant) \
  template <>                                                                                            \
  struct Operation<Op::name> {                                                                           \
    template <class... T>                                                                                \
    [[gnu::always_inline]] static constexpr auto apply(T... operands) noexcept                           \
      requires requires { name(operands...); }                                                           \
    {                                                                                                    \
      return name(operands...);                                                                          \
    }                                                                                                    \
  };
#include "spec/instructions.def"
#undef TENON_INSTRUCTION
}  // namespace operations
using operations::Operation;

template <char letter>
struct LetterType;
template <>
struct LetterType<'i'> {
  using type = std::uint32_t;
};
template <>
struct LetterType<'l'> {
  using type = std::uint64_t;
};
template <>
struct LetterType<'f'> {
  using type = float;
};
template <>
struct LetterType<'d'> {
  using type = double;
};
template <>
struct LetterType<'v'> {
  using type = V128;
};

constexpr std::string_view params_of(Op op) noexcept {
  const std::string_view signature = info(op).signature;
  return signature.substr(0, signature.find(':'));
}
constexpr std::string_view results_of(Op op) noexcept {
  const std::string_view signature = info(op).signature;
  return signature.substr(signature.find(':') + 1);
}

// The type of an operand of `op`, or of its result.
template <Op op, std::size_t i>
using Param = typename LetterType<params_of(op)[i]>::type;
template <Op op>
using Result1 = typename LetterType<results_of(op)[0]>::type;

// Plain computations on numbers: operands from the stack, one result, nothing else.
constexpr bool is_numeric(Op op) noexcept {
  const InstructionInfo& i = info(op);
  if (i.signature == "*" || i.immediates != Immediates::none || i.width != 0) return false;
  if (i.prefix != 0 && i.prefix != misc_prefix) return false;
  const std::string_view numbers = "ilfd";
  for (const char letter : params_of(op)) {
    if (numbers.find(letter) == std::string_view::npos) return false;
  }
  return (params_of(op).size() == 1 || params_of(op).size() == 2) && results_of(op).size() == 1;
}
// The comparisons, which can be fused with a branch:
// https://webassembly.github.io/spec/core/appendix/index-instructions.html
constexpr bool is_comparison(Op op) noexcept {
  const InstructionInfo& i = info(op);
  return i.prefix == 0 && i.code >= 0x45 && i.code <= 0x66 && params_of(op).size() == 2;
}

// Where the handlers of a numeric operation stand: the tables are by the type of the first operand.
struct NumericPlace {
  std::uint8_t family = 0;  // index in "ilfd"
  std::uint8_t row = 0xFF;
  constexpr bool valid() const noexcept { return row != 0xFF; }
};
inline constexpr std::string_view numeric_letters = "ilfd";

constexpr std::array<NumericPlace, op_count> place_numeric() {
  std::array<NumericPlace, op_count> places{};
  std::uint8_t rows[4] = {};
  for (std::size_t i = 0; i < op_count; ++i) {
    const Op op = static_cast<Op>(i);
    if (!is_numeric(op)) continue;
    const auto family = static_cast<std::uint8_t>(numeric_letters.find(params_of(op)[0]));
    places[i] = {family, rows[family]++};
  }
  return places;
}
inline constexpr auto numeric_places = place_numeric();

// What the translator asks of an operation at every turn, taken from its signature once.
struct OperationTraits {
  enum class Kind : std::uint8_t { other, unary, binary, load, store };
  Kind kind = Kind::other;
  NumericPlace numeric;
  char result = 0;              // letter of the only result, or 0
  bool wide_immediate = false;  // constants as operands take 64 bits (of a store: as the value)
  bool is_comparison = false;
  bool is_commutative = false;
};

constexpr bool is_commutative(Op op) noexcept {
  switch (op) {
    case Op::i32_add:
    case Op::i32_mul:
    case Op::i32_and:
    case Op::i32_or:
    case Op::i32_xor:
    case Op::i64_add:
    case Op::i64_mul:
    case Op::i64_and:
    case Op::i64_or:
    case Op::i64_xor: return true;
    default: return false;
  }
}

constexpr std::array<OperationTraits, op_count> make_traits() {
  std::array<OperationTraits, op_count> all{};
  for (std::size_t i = 0; i < op_count; ++i) {
    const Op op = static_cast<Op>(i);
    OperationTraits& traits = all[i];
    traits.numeric = numeric_places[i];
    if (info(op).signature == "*") continue;
    const std::string_view params = params_of(op);
    if (results_of(op).size() == 1) traits.result = results_of(op)[0];
    if (traits.numeric.valid()) {
      traits.kind = params.size() == 1 ? OperationTraits::Kind::unary : OperationTraits::Kind::binary;
      traits.wide_immediate = params[0] == 'l' || params[0] == 'd';
      traits.is_comparison = is_comparison(op);
      traits.is_commutative = is_commutative(op);
    }
    if (op >= Op::i32_load && op <= Op::i64_load32_u) traits.kind = OperationTraits::Kind::load;
    if (op >= Op::i32_store && op <= Op::i64_store32) {
      traits.kind = OperationTraits::Kind::store;
      traits.wide_immediate = params[1] == 'l' || params[1] == 'd';
    }
  }
  return all;
}
inline constexpr auto operation_traits = make_traits();
constexpr const OperationTraits& traits_of(Op op) noexcept { return operation_traits[static_cast<std::size_t>(op)]; }

template <std::size_t family>
constexpr std::size_t count_numeric() {
  std::size_t count = 0;
  for (const NumericPlace& place : numeric_places) count += place.row != 0xFF && place.family == family ? 1 : 0;
  return count;
}
template <std::size_t family>
constexpr std::array<Op, count_numeric<family>()> numeric_ops() {
  std::array<Op, count_numeric<family>()> ops{};
  for (std::size_t i = 0; i < op_count; ++i) {
    if (numeric_places[i].row != 0xFF && numeric_places[i].family == family) {
      ops[numeric_places[i].row] = static_cast<Op>(i);
    }
  }
  return ops;
}

}  // namespace tenon::interp
