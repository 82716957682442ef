// Faults of the machine in compiled code, and what else compiled code needs of the system.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tenon::os {

// Decides about an invalid access made by the instruction at `pc`: where to go on instead, as if `pc` had jumped there
// with an aligned stack, or nullptr when the fault is not ours. Called in a signal handler.
using FaultHandler = void* (*)(const void* pc) noexcept;

// Installs the handler for the process, once; faults that it does not take go to whoever was there before.
void handle_faults(FaultHandler handler) noexcept;
// The same for code that goes on where it stands: nothing but `pc` changes. It is asked first.
void handle_faults_in_place(FaultHandler handler) noexcept;

// Makes pages executable and no longer writable, or readable only.
bool make_executable(void* address, std::size_t size) noexcept;
bool make_read_only(void* address, std::size_t size) noexcept;

// The native stack that the calling thread stands on: its own, or one that the embedder switches to.
struct NativeStack {
  std::uintptr_t lowest = 0;   // its lowest address; 0: the thread's own
  void* activation = nullptr;  // the innermost entry into compiled code on it
};
NativeStack& native_stack() noexcept;

// The lowest address that the calling thread's native stack may reach.
std::uintptr_t stack_limit() noexcept;

}  // namespace tenon::os
