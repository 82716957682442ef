#include "model/core/names.hpp"

#include <algorithm>

namespace tenon::core {

std::string_view find_name(const NameMap& map, std::uint32_t index) noexcept {
  const auto* found = std::ranges::lower_bound(map, index, {}, &NameAssoc::index);
  return found != map.end() && found->index == index ? found->name : std::string_view{};
}

const NameMap* find_names(const IndirectNameMap& map, std::uint32_t index) noexcept {
  const auto* found = std::ranges::lower_bound(map, index, {}, &IndirectNameAssoc::index);
  return found != map.end() && found->index == index ? &found->names : nullptr;
}

}  // namespace tenon::core
