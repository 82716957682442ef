#include "os/pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace tenon::os {

std::size_t page_size() noexcept {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

void* reserve(std::size_t size) noexcept {
  void* address = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return address == MAP_FAILED ? nullptr : address;
}

bool commit(void* address, std::size_t size) noexcept {
  return size == 0 || ::mprotect(address, size, PROT_READ | PROT_WRITE) == 0;
}

bool discard(void* address, std::size_t size) noexcept {
  return size == 0 || ::madvise(address, size, MADV_DONTNEED) == 0;
}

bool hide(void* address, std::size_t size) noexcept { return size == 0 || ::mprotect(address, size, PROT_NONE) == 0; }

void release(void* address, std::size_t size) noexcept { ::munmap(address, size); }

void prefer_large_pages(void* address, std::size_t size) noexcept {
#ifdef MADV_HUGEPAGE
  // The advice is for whole pages, inside of the memory; it takes effect for a few megabytes or more.
  constexpr std::size_t worth_it = std::size_t{4} << 20;
  if (size < worth_it) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  const std::uintptr_t first = (begin + page_size() - 1) & ~(page_size() - 1);
  const std::uintptr_t last = (begin + size) & ~(page_size() - 1);
  (void)::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
  (void)address, (void)size;
#endif
}

bool has_virtual_memory() noexcept { return true; }

}  // namespace tenon::os
