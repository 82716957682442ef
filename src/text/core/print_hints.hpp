// Branch hints for printing. https://webassembly.github.io/branch-hinting/core/appendix/custom.html
//
// The section names instructions by their offset in the body. It becomes annotations only if that loses nothing: it
// stands right before the code section, all its functions and offsets ascend and are there, and each offset is that of
// an `if` or `br_if`. Any other section of this name is printed as bytes, like all that are unknown.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>

#include "base/arena.hpp"
#include "model/core/custom.hpp"
#include "model/core/module.hpp"

namespace tenon::core {

// The hints of one function, and where the printer stands in them.
struct FunctionHints {
  std::span<const BranchHint> hints;
  // The hint for the instruction at `offset` from the start of the body, or nullptr; to be asked in ascending order.
  const BranchHint* take(std::uint64_t offset) noexcept {
    if (hints.empty() || hints.front().offset != offset) return nullptr;
    const BranchHint* hint = hints.data();
    hints = hints.subspan(1);
    return hint;
  }
};

class BranchHints {
 public:
  // What is decoded lives in `arena`.
  BranchHints(const Module& module, Arena& arena);
  // The section that became annotations, or nullptr.
  const Section* section() const noexcept { return section_; }
  // To be asked with ascending functions.
  FunctionHints take(FuncIdx function) noexcept;

 private:
  const Section* section_ = nullptr;
  std::span<const FuncBranchHints> functions_;
};

}  // namespace tenon::core
