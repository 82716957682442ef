#include "os/pages.hpp"

#include <cstring>

#include "os/region/region.hpp"

namespace tenon::os {

// Small, for all of a reservation is memory that nobody else can have.
std::size_t page_size() noexcept { return 1024; }

void* reserve(std::size_t size) noexcept { return take_from_region(size, page_size()); }

bool commit(void* address, std::size_t size) noexcept {
  std::memset(address, 0, size);
  return true;
}
bool discard(void* address, std::size_t size) noexcept {
  std::memset(address, 0, size);
  return true;
}
bool hide(void*, std::size_t) noexcept { return true; }  // what lies behind a memory is never accessed

std::optional<std::size_t> find_touched(const void*, std::size_t, std::span<PageRange>) noexcept {
  return std::nullopt;
}

void release(void* address, std::size_t size) noexcept { return_to_region(address, size); }

void prefer_large_pages(void*, std::size_t) noexcept {}

bool has_virtual_memory() noexcept { return false; }

}  // namespace tenon::os
