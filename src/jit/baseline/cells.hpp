// The cells of bytecode whose handlers are replaced by native code, and what they had before.
//
// Threads that run the bytecode meanwhile see the one or the other: a cell is one word.
#pragma once

#include <mutex>
#include <span>
#include <vector>

#include "interp/registers.hpp"

namespace tenon::jit::baseline {

class Cells {
 public:
  struct Replacement {
    const runtime::Cell* cell;
    std::uint64_t handler;
  };
  // Whoever dispatches to the cell from now on goes to `handler`, with the same registers.
  void replace(std::span<const Replacement> replacements) {
    const std::lock_guard lock(mutex_);
    while (2 * (count_ + replacements.size()) > rows_.size()) grow();
    for (const Replacement& one : replacements) {
      Row& row = rows_[place_of(one.cell)];
      if (row.cell == nullptr) {
        row = {one.cell, one.cell->bits};
        ++count_;
      }
      store(one.cell, one.handler);
    }
  }
  // The handler that the translator gave the cell.
  std::uint64_t original(const runtime::Cell* cell) const {
    const std::lock_guard lock(mutex_);
    const Row& found = rows_[place_of(cell)];
    return found.cell == nullptr ? cell->bits : found.original;
  }
  void restore_all() {
    const std::lock_guard lock(mutex_);
    for (const Row& row : rows_) {
      if (row.cell != nullptr) store(row.cell, row.original);
    }
  }

 private:
  // Open addressing; nothing is ever removed.
  struct Row {
    const runtime::Cell* cell = nullptr;
    std::uint64_t original = 0;
  };
  // The row of that cell, or the empty one where it belongs.
  std::size_t place_of(const runtime::Cell* cell) const noexcept {
    const std::uint64_t hash = reinterpret_cast<std::uintptr_t>(cell) / sizeof(*cell) * 0x9E37'79B9'7F4A'7C15;
    for (std::size_t i = (hash >> 32) & (rows_.size() - 1);; i = (i + 1) & (rows_.size() - 1)) {
      if (rows_[i].cell == cell || rows_[i].cell == nullptr) return i;
    }
  }
  void grow() {
    std::vector<Row> old(2 * rows_.size());
    old.swap(rows_);
    for (const Row& row : old) {
      if (row.cell != nullptr) rows_[place_of(row.cell)] = row;
    }
  }
  static void store(const runtime::Cell* cell, std::uint64_t handler) noexcept {
    __atomic_store_n(&const_cast<runtime::Cell*>(cell)->bits, handler, __ATOMIC_RELEASE);
  }

  mutable std::mutex mutex_;
  std::vector<Row> rows_ = std::vector<Row>(64);  // a power of two, at most half of them in use
  std::size_t count_ = 0;
};

}  // namespace tenon::jit::baseline
