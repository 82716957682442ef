// Shared libraries of Tenon's own that are opened when they are first needed.
#pragma once

namespace tenon::wasi::host {

// The address of `symbol` in the library of that file name, which is looked for beside the program, in the `lib` folder
// beside the program's own, and where the system looks; it stays open. nullptr: not found.
void* find_in_library(const char* file, const char* symbol) noexcept;

}  // namespace tenon::wasi::host
