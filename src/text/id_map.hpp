// Identifiers to numbers. One map serves an index space, the locals of a function, or its labels.
//
// Open addressing over a list of entries: clearing costs what was put in, not what the table could hold, since the maps
// of locals and labels are cleared for every function. `scope` keeps apart the names of things that live in things (the
// fields of types), which then share one map.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace tenon {

class IdMap {
 public:
  static constexpr std::uint32_t none = 0xFFFF'FFFF;
  explicit IdMap(std::pmr::memory_resource& memory) : entries_(&memory), slots_(&memory) {}

  // The value bound to the name, or `none`.
  std::uint32_t find(std::string_view name, std::uint32_t scope = 0) const noexcept {
    if (entries_.empty()) return none;
    const std::uint32_t entry = slots_[find_slot(name, scope)];
    return entry == 0 ? none : entries_[entry - 1].value;
  }
  // Binds a name; false (and no change) when it is bound already.
  bool insert(std::string_view name, std::uint32_t value, std::uint32_t scope = 0) {
    return bind(name, value, scope, false) == none;
  }
  // Binds a name anew; returns the value that it had.
  std::uint32_t exchange(std::string_view name, std::uint32_t value) { return bind(name, value, 0, true); }
  // Calls `visit` with each name, in the order of binding.
  template <class F>
  void each_name(const F& visit) const {
    for (const Entry& entry : entries_) visit(entry.name);
  }
  void clear() noexcept {
    for (const Entry& entry : entries_) slots_[entry.slot] = 0;
    entries_.clear();
  }

 private:
  struct Entry {
    std::string_view name;
    std::uint32_t scope;
    std::uint32_t value;
    std::uint32_t slot;
  };

  std::size_t find_slot(std::string_view name, std::uint32_t scope) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = (std::hash<std::string_view>()(name) + scope * std::size_t{0x9E37'79B9}) & mask;
    for (;; slot = (slot + 1) & mask) {
      if (slots_[slot] == 0) return slot;
      const Entry& entry = entries_[slots_[slot] - 1];
      if (entry.scope == scope && entry.name == name) return slot;
    }
  }
  std::uint32_t bind(std::string_view name, std::uint32_t value, std::uint32_t scope, bool overwrite) {
    if (entries_.size() * 2 >= slots_.size()) grow();
    const std::size_t slot = find_slot(name, scope);
    if (slots_[slot] != 0) {
      Entry& entry = entries_[slots_[slot] - 1];
      const std::uint32_t before = entry.value;
      if (overwrite) entry.value = value;
      return before;
    }
    entries_.push_back({name, scope, value, static_cast<std::uint32_t>(slot)});
    slots_[slot] = static_cast<std::uint32_t>(entries_.size());
    return none;
  }
  void grow() {
    slots_.assign(std::max<std::size_t>(16, slots_.size() * 4), 0);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const std::size_t slot = find_slot(entries_[i].name, entries_[i].scope);
      slots_[slot] = static_cast<std::uint32_t>(i + 1);
      entries_[i].slot = static_cast<std::uint32_t>(slot);
    }
  }

  std::pmr::vector<Entry> entries_;
  std::pmr::vector<std::uint32_t> slots_;  // 1 + index in entries_; 0: free
};

}  // namespace tenon
