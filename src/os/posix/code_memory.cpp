#include "os/code_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#if defined(__aarch64__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#endif

namespace tenon::os {

CodeMemory make_code_memory(std::size_t size) noexcept {
  const int file = ::memfd_create("tenon-code", MFD_CLOEXEC);
  if (file < 0) return {};
  CodeMemory memory{.size = size};
  if (::ftruncate(file, static_cast<off_t>(size)) == 0) {
    void* writable = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    void* executable = ::mmap(nullptr, size, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    if (writable != MAP_FAILED && executable != MAP_FAILED) {
      memory.writable = static_cast<std::uint8_t*>(writable);
      memory.executable = static_cast<const std::uint8_t*>(executable);
    } else {
      if (writable != MAP_FAILED) ::munmap(writable, size);
      if (executable != MAP_FAILED) ::munmap(executable, size);
    }
  }
  ::close(file);
  return memory;
}

void release_code_memory(const CodeMemory& memory) noexcept {
  if (memory.executable == nullptr) return;
  ::munmap(memory.writable, memory.size);
  ::munmap(const_cast<std::uint8_t*>(memory.executable), memory.size);
}

#if defined(__aarch64__)

namespace {

long membarrier(int command) noexcept { return ::syscall(SYS_membarrier, command, 0, 0); }

}  // namespace

// The caches of all processors forget what was there; but each may have fetched instructions ahead, so all that run
// threads of this process are made to begin anew. Where the system does not offer that, it is old enough for its ways
// into and out of the kernel to do.
void publish_code(const void* code, std::size_t size) noexcept {
  auto* begin = static_cast<char*>(const_cast<void*>(code));
  __builtin___clear_cache(begin, begin + size);
  static const bool is_registered = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE) == 0;
  if (is_registered) membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE);
}

#else

void publish_code(const void* /*code*/, std::size_t /*size*/) noexcept {}

#endif

}  // namespace tenon::os
