#include "text/core/print_identifiers.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <string>

#include "base/concat.hpp"
#include "text/core/print_strings.hpp"

namespace tenon::core {

std::string_view identifier_text(std::string_view name, Arena& arena) {
  if (name.empty() || name.size() > max_identifier_size) return {};
  if (is_plain_id(name)) return name;
  std::string quoted;
  {
    TextOutput out(quoted);
    put_name_string(out, name);
  }
  return arena.copy(quoted);
}

void Identifiers::assign(const NameMap& names, std::uint32_t count, Arena& arena) {
  entries_.clear();
  if (names.empty() || count == 0) return;
  entries_.resize(count);
  const std::size_t named = std::min<std::size_t>(names.size(), count);
  slots_.assign(std::bit_ceil(named * 2 + 2), 0);
  for (const NameAssoc& name : names) {
    if (name.index >= count) break;
    Entry& entry = entries_[name.index];
    entry.name = name.name;
    entry.content = name.name;
    entry.is_annotated = name.name.empty() || name.name.size() > max_identifier_size;
    if (entry.is_annotated) continue;
    if (!claim(name.index) && !make_unique(name.index, arena)) {
      entry.is_annotated = true;
      continue;
    }
    entry.text = identifier_text(entry.content, arena);
  }
}

bool Identifiers::make_unique(std::uint32_t index, Arena& arena) {
  Entry& entry = entries_[index];
  entry.is_annotated = true;
  for (;;) {
    TextBuffer longer;
    append_text(longer, entry.content);
    append_text(longer, '#');
    append_text(longer, index);
    if (longer.view().size() >= max_identifier_size) return false;
    entry.content = arena.copy(longer.view());
    if (claim(index)) return true;
  }
}

bool Identifiers::claim(std::uint32_t index) {
  const std::string_view content = entries_[index].content;
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>{}(content)&mask;
  // A bound, for names can be made to collide.
  for (int probes = 0; probes < 100; ++probes, slot = (slot + 1) & mask) {
    const std::uint32_t holder = slots_[slot];
    if (holder == 0) {
      slots_[slot] = index + 1;
      return true;
    }
    if (entries_[holder - 1].content == content) return false;
  }
  return false;
}

}  // namespace tenon::core
