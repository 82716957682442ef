// Indices of core types after others were put before them.
//
// A component that gets a core type in its midst moves all core types behind it by one, and every definition that names
// one of those must follow: core types that mention others, types of module imports and exports, canonical definitions,
// and whatever in components, types and module types inside reaches out with an outer alias. Only the outermost
// component's index space moves, so inside nothing but those aliases changes. What names no moved type is left as it
// is, with its bytes; sections that hold something changed are marked.
#pragma once

#include <cstdint>
#include <vector>

#include "model/component/component.hpp"

namespace tenon::compose {

class CoreTypeShift {
 public:
  explicit CoreTypeShift(Arena& arena) : arena_(arena) {}

  // A core type was put where `before` others of the original component stood before it; calls come in that order.
  void insert(std::uint32_t before) { inserted_.push_back(before); }
  // Where the core type `index` of the original component stands now, given all that was inserted.
  std::uint32_t moved(std::uint32_t index) const;

  // Changes a definition of the outermost component; tells whether it had to. Recursion follows the nesting of
  // components and types.
  bool apply(component::Definition& definition) const { return apply(definition, 0); }

 private:
  using Definition = component::Definition;

  bool apply(Definition& definition, std::uint32_t depth) const;
  bool apply(std::span<const Definition>& declarations, std::uint32_t depth) const;
  bool apply(component::CoreType& type, std::uint32_t depth) const;
  bool apply(component::ComponentBody& body, std::uint32_t depth) const;
  bool apply(component::ExternType& type) const;
  bool apply(std::span<const core::SubType>& group) const;
  bool apply(core::SubType& type) const;
  bool apply(core::ValType& type) const;
  bool apply(std::span<const core::ValType>& types) const;
  bool apply(std::uint32_t& index) const;

  Arena& arena_;
  std::vector<std::uint32_t> inserted_;
};

}  // namespace tenon::compose
