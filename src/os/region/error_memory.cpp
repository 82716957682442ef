#include "base/error_memory.hpp"

#include "os/region/region.hpp"
#include "tenon/result.hpp"

namespace tenon {

namespace {

// In front of each block, whose size `error_free` is not told.
struct alignas(16) Size {
  std::size_t bytes;
};

}  // namespace

void* error_allocate(std::size_t size) noexcept {
  const std::size_t bytes = sizeof(Size) + size;
  auto* block = static_cast<Size*>(os::take_from_region(bytes, alignof(Size)));
  if (block == nullptr) return nullptr;
  block->bytes = bytes;
  return block + 1;
}

void error_free(void* memory) noexcept {
  if (memory == nullptr) return;
  Size* block = static_cast<Size*>(memory) - 1;
  os::return_to_region(block, block->bytes);
}

void detail::bad_result_access(const Error&) noexcept { __builtin_trap(); }

}  // namespace tenon
