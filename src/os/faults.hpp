// Faults of the machine in compiled code, and what else compiled code needs of the system.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tenon/direct_call.hpp"

namespace tenon::os {

// The machine as an invalid access found it.
struct FaultPlace {
  std::uintptr_t program_counter = 0;
  std::uintptr_t stack_pointer = 0;
  std::uintptr_t frame_pointer = 0;
  std::uintptr_t link = 0;  // the register that calls leave their return address in, where there is one
};

// Decides about an invalid access: where to go on instead, as if its instruction had jumped there with an aligned
// stack, or nullptr when the fault is not ours. Called in a signal handler.
using FaultHandler = void* (*)(const FaultPlace& place) noexcept;

// Installs the handler for the process, once; faults that it does not take go to whoever was there before.
void handle_faults(FaultHandler handler) noexcept;
// The same for code that goes on where it stands: nothing but `pc` changes. It is asked first.
void handle_faults_in_place(FaultHandler handler) noexcept;

// Makes pages executable and no longer writable, or readable only.
bool make_executable(void* address, std::size_t size) noexcept;
bool make_read_only(void* address, std::size_t size) noexcept;

// Maps `size` bytes of a file, which begin at a page of it: `code` bytes to be run, the rest to be read. Nothing is
// copied: the file may be removed, but who writes into it changes what runs. nullptr: the system refuses. Ended by
// `release`.
void* map_code(int file, std::uint64_t offset, std::size_t size, std::size_t code) noexcept;

// The native stack that the calling thread stands on: its own, or one that the embedder switches to.
using NativeStack = detail::HostStack;
// Never inline: who waits on a fiber may come back on another thread, which compilers do not expect.
NativeStack& native_stack() noexcept;

// Notes the calling thread's own stack as the one that it stands on.
void find_native_stack() noexcept;
// The lowest address that the stack may reach, which is the calling thread's.
inline std::uintptr_t stack_limit(const NativeStack& stack = native_stack()) noexcept {
  if (stack.lowest == 0) [[unlikely]]
    find_native_stack();
  return stack.lowest;
}

}  // namespace tenon::os
