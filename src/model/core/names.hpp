// The name section as data. https://webassembly.github.io/spec/core/appendix/custom.html#name-section
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.hpp"
#include "model/core/types.hpp"

namespace tenon::core {

struct NameAssoc {
  std::uint32_t index = 0;
  std::string_view name;
};
// Sorted by index, each index once.
using NameMap = ArenaVector<NameAssoc>;

struct IndirectNameAssoc {
  std::uint32_t index = 0;
  NameMap names;
};
using IndirectNameMap = ArenaVector<IndirectNameAssoc>;

// Views into the module's bytes or arena.
struct Names {
  std::optional<std::string_view> module;
  NameMap functions;
  IndirectNameMap locals;  // by function
  IndirectNameMap labels;  // by function; the n-th label in the order of the blocks' opening
  NameMap types;
  NameMap tables;
  NameMap memories;
  NameMap globals;
  NameMap elems;
  NameMap datas;
  IndirectNameMap fields;  // by type
  NameMap tags;
};

// The name of `index`, or an empty view; binary search.
std::string_view find_name(const NameMap& map, std::uint32_t index) noexcept;
const NameMap* find_names(const IndirectNameMap& map, std::uint32_t index) noexcept;

}  // namespace tenon::core
