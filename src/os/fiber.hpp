// Native stacks beside a host thread's own, for code that waits in the middle of native frames.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tenon::os {

// A stack, and what waits on it or runs on it. Made and ended by the functions below.
struct Fiber;

// nullptr where the system has no room.
Fiber* make_fiber(std::size_t stack_bytes) noexcept;
// Frames on it are given up; nothing of them runs again.
void destroy_fiber(Fiber* fiber) noexcept;

// Begins `run(argument)` on the fiber's stack, which nothing runs on; comes back when that leaves, or returns.
void start_fiber(Fiber& fiber, void (*run)(void*), void* argument) noexcept;
// Goes on where the fiber was left, on any host thread; comes back as `start_fiber` does.
void resume_fiber(Fiber& fiber) noexcept;
// On the fiber: goes back to who started or resumed it.
void leave_fiber(Fiber& fiber) noexcept;
// The lowest address that frames on it may reach.
std::uintptr_t stack_limit(const Fiber& fiber) noexcept;

}  // namespace tenon::os
