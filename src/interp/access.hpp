// Loads and stores: the types that an access has in memory and as an operand.
#pragma once

#include "interp/operation.hpp"

namespace tenon::interp {

template <unsigned width>
struct StoredType;
template <>
struct StoredType<1> {
  using type = std::uint8_t;
};
template <>
struct StoredType<2> {
  using type = std::uint16_t;
};
template <>
struct StoredType<4> {
  using type = std::uint32_t;
};
template <>
struct StoredType<8> {
  using type = std::uint64_t;
};
template <>
struct StoredType<16> {
  using type = V128;
};
// What the access reads or writes.
template <Op op>
using Stored = typename StoredType<info(op).width>::type;

constexpr bool is_scalar_load(Op op) noexcept { return op >= Op::i32_load && op <= Op::i64_load32_u; }
constexpr bool is_scalar_store(Op op) noexcept { return op >= Op::i32_store && op <= Op::i64_store32; }
constexpr std::size_t load_index(Op op) noexcept {
  return static_cast<std::size_t>(op) - static_cast<std::size_t>(Op::i32_load);
}
constexpr std::size_t store_index(Op op) noexcept {
  return static_cast<std::size_t>(op) - static_cast<std::size_t>(Op::i32_store);
}

}  // namespace tenon::interp
