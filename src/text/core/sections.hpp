// What the sections of a module hold, for those who list and print them.
#pragma once

#include <cstdint>
#include <optional>

#include "model/core/module.hpp"

namespace tenon::core {

// How many entries the section has, by the module's lists; nothing for sections that are no list: start, data count,
// custom.
std::optional<std::size_t> section_count(const Module& module, SectionId id) noexcept;

}  // namespace tenon::core
