// Shared libraries that are opened when they are first needed.
#pragma once

#include <cstdint>

namespace tenon::os {

// The address of `symbol` in the library of that file name ("libtenon_optimizing.so"), which is looked for beside the
// program, in the `lib` folder beside the program's own, and where the system looks; it stays open. nullptr: not found.
void* find_in_library(const char* file, const char* symbol) noexcept;

// A number that changes when the library does; 0: there is none. It is not opened for that.
std::uint64_t stamp_of_library(const char* file) noexcept;

}  // namespace tenon::os
