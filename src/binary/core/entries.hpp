// Where the entries of a section stand. Most entities keep no place of their own, for only the errors of validation
// ask.
#pragma once

#include <cstdint>

#include "model/core/module.hpp"
#include "spec/sections.hpp"

namespace tenon::core {

// The offset of an entry in the outermost input; ErrorPlace::no_offset when the module was not read from a binary, or
// the section was changed since. In the type section, entries are recursion groups.
std::uint64_t entry_offset(const Module& module, SectionId section, std::uint32_t entry);

// The same by an index of the index space that the section defines, imports (which stand in their own section) and
// types included.
std::uint64_t definition_offset(const Module& module, SectionId section, std::uint32_t index);

}  // namespace tenon::core
