// Worlds: `include`, and the elaboration of imports and exports.
#pragma once

#include <unordered_map>
#include <vector>

#include "wit/state.hpp"

namespace tenon::wit {

// An ordered list of imports or exports, with its keys.
class ItemSet {
 public:
  const WorldItem* find(const WorldItem& item) const noexcept;
  bool has_interface(InterfaceIdx index) const noexcept { return interfaces_.contains(index.value); }
  // False when there is one of the same key.
  bool add(const WorldItem& item);
  std::vector<WorldItem>& items() noexcept { return items_; }
  const std::vector<WorldItem>& items() const noexcept { return items_; }

 private:
  std::vector<WorldItem> items_;
  NameMap<std::uint32_t> names_;
  std::unordered_map<std::uint32_t, std::uint32_t> interfaces_;
};

struct Include {
  WorldIdx world;
  ArenaVector<ast::RenamedId> names;
  Span span;
};

// Adds the items of the included world; inline interfaces and types of the world are copied.
void include_world(State& state, WorldIdx into, ItemSet& imports, ItemSet& exports, const Include& include);
// Every pair of names of a world's imports, or of its exports, is strongly unique.
void check_unique_items(State& state, const ItemSet& items, std::string_view what, Span world);
// Puts the world's imports and exports in order, with all that they need.
void elaborate_world(State& state, WorldIdx world, const ItemSet& imports, const ItemSet& exports);

}  // namespace tenon::wit
