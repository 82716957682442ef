// The cells of bytecode whose handlers are replaced by native code, and what they had before.
//
// Threads that run the bytecode meanwhile see the one or the other: a cell is one word.
#pragma once

#include <mutex>
#include <unordered_map>

#include "interp/registers.hpp"

namespace tenon::jit::baseline {

class Cells {
 public:
  // Whoever dispatches to the cell from now on goes to `handler`, with the same registers.
  void replace(const runtime::Cell* cell, std::uint64_t handler) {
    const std::lock_guard lock(mutex_);
    originals_.try_emplace(cell, cell->bits);
    store(cell, handler);
  }
  // The handler that the translator gave the cell.
  std::uint64_t original(const runtime::Cell* cell) const {
    const std::lock_guard lock(mutex_);
    const auto found = originals_.find(cell);
    return found == originals_.end() ? cell->bits : found->second;
  }
  void restore_all() {
    const std::lock_guard lock(mutex_);
    for (const auto& [cell, handler] : originals_) store(cell, handler);
  }

 private:
  static void store(const runtime::Cell* cell, std::uint64_t handler) noexcept {
    __atomic_store_n(&const_cast<runtime::Cell*>(cell)->bits, handler, __ATOMIC_RELEASE);
  }
  mutable std::mutex mutex_;
  std::unordered_map<const runtime::Cell*, std::uint64_t> originals_;
};

}  // namespace tenon::jit::baseline
