#include "os/code_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

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

}  // namespace tenon::os
