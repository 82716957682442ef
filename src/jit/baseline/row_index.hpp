// Finding an operation's row in a table that has a row for some of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "spec/instructions.hpp"

namespace tenon::jit::baseline {

inline constexpr std::uint8_t no_row = 0xFF;
using RowIndex = std::array<std::uint8_t, op_count>;

// For each operation the number of its row, or `no_row`. Rows say in `op` whose they are.
template <class Row, std::size_t count>
constexpr RowIndex index_of(const Row (&rows)[count]) noexcept {
  static_assert(count < no_row);
  RowIndex index;
  index.fill(no_row);
  for (std::size_t i = 0; i < count; ++i) index[static_cast<std::size_t>(rows[i].op)] = static_cast<std::uint8_t>(i);
  return index;
}

// nullptr: the operation has no row.
template <class Row, std::size_t count>
constexpr const Row* find_row(const Row (&rows)[count], const RowIndex& index, Op op) noexcept {
  const std::uint8_t row = index[static_cast<std::size_t>(op)];
  return row == no_row ? nullptr : &rows[row];
}

}  // namespace tenon::jit::baseline
