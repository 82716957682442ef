// Memory for machine code that grows while other threads execute what is there: the same pages twice, writable at one
// address and executable at the other. No page is both at any address.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tenon::os {

struct CodeMemory {
  std::uint8_t* writable = nullptr;
  const std::uint8_t* executable = nullptr;
  std::size_t size = 0;
};

// `size` is a multiple of the page size. `executable` is null when the system refuses.
CodeMemory make_code_memory(std::size_t size) noexcept;
void release_code_memory(const CodeMemory& memory) noexcept;

// After machine code was written, before anybody may jump to it: processors that keep instructions in a cache of their
// own read these anew. `code` is where it is run from.
void publish_code(const void* code, std::size_t size) noexcept;

}  // namespace tenon::os
