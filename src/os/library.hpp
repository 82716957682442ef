// Shared libraries that are opened when they are first needed.
#pragma once

namespace tenon::os {

// The address of `symbol` in the library of that file name ("libtenon_optimizing.so"), which is looked for beside the
// program, in the `lib` folder beside the program's own, and where the system looks; it stays open. nullptr: not found.
void* find_in_library(const char* file, const char* symbol) noexcept;

}  // namespace tenon::os
