// Branch hints for printing. https://webassembly.github.io/branch-hinting/core/appendix/custom.html
//
// The section names instructions by their offset in the body. It becomes annotations only if that loses nothing: it
// stands right before the code section, all its functions and offsets ascend and are there, and each offset is that of
// an `if` or `br_if`. Any other section of this name is printed as bytes, like all that are unknown.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "model/core/module.hpp"

namespace tenon::core {

inline constexpr std::string_view branch_hint_section = "metadata.code.branch_hint";

struct BranchHint {
  std::uint32_t function = 0;
  std::uint32_t offset = 0;  // of the instruction, from the start of the body
  bool is_likely = false;
};

// The hints of one function, and where the printer stands in them.
struct FunctionHints {
  std::span<const BranchHint> hints;
  // The hint for the instruction at `offset`, or nullptr; to be asked in ascending order.
  const BranchHint* take(std::uint64_t offset) noexcept {
    if (hints.empty() || hints.front().offset != offset) return nullptr;
    const BranchHint* hint = hints.data();
    hints = hints.subspan(1);
    return hint;
  }
};

class BranchHints {
 public:
  BranchHints(const Module& module, std::pmr::memory_resource& memory);
  // The section that became annotations, or nullptr.
  const Section* section() const noexcept { return section_; }
  // To be asked with ascending functions.
  FunctionHints take(FuncIdx function) noexcept;

 private:
  bool decode(const Section& section);
  bool all_found(const Module& module, std::pmr::memory_resource& memory) const;

  const Section* section_ = nullptr;
  std::pmr::vector<BranchHint> hints_;
  std::size_t next_ = 0;
};

}  // namespace tenon::core
