// Where errors keep their text. Programs with an operating system link `os/error_memory.cpp` (the heap); the embedded
// profile links its own definition over the region it was given. A link-time choice, so that there is no global state.
#pragma once

#include <cstddef>

namespace tenon {

// `size` bytes aligned for any object, or nullptr; the error is then one of kind `exhausted` that says just that.
void* error_allocate(std::size_t size) noexcept;
void error_free(void* memory) noexcept;

}  // namespace tenon
