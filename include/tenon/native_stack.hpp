// Guests on native stacks that the host switches between (fibers, coroutines with stacks).
//
// What Tenon knows of the native stack that a thread stands on: how far compiled code may use it. A host that switches
// stacks while guests are under way (in a host function that waits, say) tells so at each switch, on the thread that
// switches:
//
//   tenon::NativeStack outer = tenon::exchange_native_stack(fiber.native_stack);   // enters the fiber
//   switch_to(fiber);
//   fiber.native_stack = tenon::exchange_native_stack(outer);                      // it has suspended or ended
//
// A guest must go on, on the stack that it waits on, on the thread where it began.
#pragma once

#include <cstdint>

namespace tenon {

struct NativeStack {
  std::uintptr_t lowest = 0;  // the lowest address that may be used; 0: the thread's own stack
};

// Makes `next` the stack that this thread stands on, and gives what it was before.
NativeStack exchange_native_stack(const NativeStack& next) noexcept;

}  // namespace tenon
