// The fixed bits of AArch64's instructions for vectors, by the fields that the manual's tables name them with. All are
// of whole vectors, but for what reads or writes lower halves; `upper` makes that the upper ones.
#pragma once

#include <cstdint>

namespace tenon::jit::baseline::aarch64 {

// Three registers alike.
constexpr std::uint32_t same(unsigned u, unsigned size, unsigned code) noexcept {
  return 0x4E20'0400U | u << 29 | size << 22 | code << 11;
}
// Two registers.
constexpr std::uint32_t two(unsigned u, unsigned size, unsigned code) noexcept {
  return 0x4E20'0800U | u << 29 | size << 22 | code << 12;
}
// Two registers, of which one has halves of the other's lanes, in its lower half.
constexpr std::uint32_t two_widths(unsigned u, unsigned size, unsigned code) noexcept {
  return 0x0E20'0800U | u << 29 | size << 22 | code << 12;
}
// Three registers: products with twice the width of the factors, of the lower halves.
constexpr std::uint32_t widening(unsigned u, unsigned size, unsigned code) noexcept {
  return 0x0E20'0000U | u << 29 | size << 22 | code << 12;
}
// All lanes to one number.
constexpr std::uint32_t across(unsigned u, unsigned size, unsigned code) noexcept {
  return 0x4E30'0800U | u << 29 | size << 22 | code << 12;
}
// Lanes of two registers in another order.
constexpr std::uint32_t permutation(unsigned size, unsigned code) noexcept {
  return 0x4E00'0800U | size << 22 | code << 12;
}
// Shifts by a constant: to the left by less than a lane's bits, to the right by at least one.
constexpr std::uint32_t left_by(unsigned log, unsigned by) noexcept { return 0x4F00'5400U | ((8U << log) + by) << 16; }
constexpr std::uint32_t right_by(unsigned u, unsigned log, unsigned by) noexcept {
  return 0x4F00'0400U | u << 29 | ((16U << log) - by) << 16;
}
// Lanes to twice their width: a shift to the left by none.
constexpr std::uint32_t extension(unsigned u, unsigned log) noexcept {
  return 0x0F00'A400U | u << 29 | 8U << log << 16;
}
// A lane's number, with the width of lanes.
constexpr std::uint32_t lane_bits(unsigned log, unsigned lane) noexcept { return (2 * lane + 1) << log << 16; }

constexpr std::uint32_t upper = 1U << 30;

constexpr std::uint32_t all_not = two(1, 0, 0x05);
constexpr std::uint32_t all_and = same(0, 0, 0x03);
constexpr std::uint32_t duplicate_lane = 0x4E00'0400;    // to all lanes
constexpr std::uint32_t duplicate_one = 0x5E00'0400;     // to the lowest; the others become zero
constexpr std::uint32_t duplicate_number = 0x4E00'0C00;  // of a register for whole numbers
constexpr std::uint32_t insert_number = 0x4E00'1C00;
constexpr std::uint32_t insert_first = 0x6E00'0400;  // the lowest lane of another vector
constexpr std::uint32_t number_of_lane = 0x0E00'3C00;
constexpr std::uint32_t signed_number_of_lane = 0x0E00'2C00;
constexpr std::uint32_t table_of_one = 0x4E00'0000;
constexpr std::uint32_t table_of_two = 0x4E00'2000;   // this register and the next
constexpr std::uint32_t concatenation = 0x6E00'0000;  // from a byte on

}  // namespace tenon::jit::baseline::aarch64
