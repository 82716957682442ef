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

bool decommit(void* address, std::size_t size) noexcept {
  return size == 0 || (::mprotect(address, size, PROT_NONE) == 0 && ::madvise(address, size, MADV_DONTNEED) == 0);
}

void release(void* address, std::size_t size) noexcept { ::munmap(address, size); }

bool has_virtual_memory() noexcept { return true; }

}  // namespace tenon::os
