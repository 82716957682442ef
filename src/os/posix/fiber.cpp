#include "os/fiber.hpp"

#include <new>

#include "os/pages.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define TENON_TELL_SANITIZER 1
#endif
#endif

namespace tenon::os {

struct Fiber {
  std::uint8_t* stack = nullptr;  // its first page is inaccessible
  std::size_t size = 0;
  void* inside = nullptr;   // stack pointer of what waits on it
  void* outside = nullptr;  // of who entered it
  void (*run)(void*) = nullptr;
  void* argument = nullptr;
  const void* outer_stack = nullptr;  // for the address sanitizer
  std::size_t outer_size = 0;
};

#if defined(__x86_64__)

// Saves what a call preserves on the stack in use, notes that stack in *save, and goes on with another one.
extern "C" void tenon_switch_stacks(void** save, void* to) noexcept;
asm(R"(
    .text
    .globl tenon_switch_stacks
    .hidden tenon_switch_stacks
    .type tenon_switch_stacks, @function
tenon_switch_stacks:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    retq
    .size tenon_switch_stacks, .-tenon_switch_stacks

    .globl tenon_begin_fiber
    .hidden tenon_begin_fiber
    .type tenon_begin_fiber, @function
tenon_begin_fiber:
    movq %r12, %rdi
    callq *%r13
    ud2
    .size tenon_begin_fiber, .-tenon_begin_fiber
)");
extern "C" void tenon_begin_fiber() noexcept;

namespace {

void before_switch([[maybe_unused]] void** kept, [[maybe_unused]] const void* stack,
                   [[maybe_unused]] std::size_t size) {
#if defined(TENON_TELL_SANITIZER)
  __sanitizer_start_switch_fiber(kept, stack, size);
#endif
}
void after_switch([[maybe_unused]] void* kept, [[maybe_unused]] const void** stack,
                  [[maybe_unused]] std::size_t* size) {
#if defined(TENON_TELL_SANITIZER)
  __sanitizer_finish_switch_fiber(kept, stack, size);
#endif
}

void enter(Fiber& fiber) noexcept {
  void* kept = nullptr;
  before_switch(&kept, fiber.stack, fiber.size);
  tenon_switch_stacks(&fiber.outside, fiber.inside);
  after_switch(kept, nullptr, nullptr);
}

void begin(Fiber* fiber) noexcept {
  after_switch(nullptr, &fiber->outer_stack, &fiber->outer_size);
  fiber->run(fiber->argument);
  leave_fiber(*fiber);
}

}  // namespace

Fiber* make_fiber(std::size_t stack_bytes) noexcept {
  const std::size_t page = page_size();
  const std::size_t size = ((stack_bytes + page - 1) & ~(page - 1)) + page;
  void* stack = reserve(size);
  if (stack == nullptr) return nullptr;
  auto* fiber = new (std::nothrow) Fiber;
  if (fiber != nullptr && commit(static_cast<std::uint8_t*>(stack) + page, size - page)) {
    fiber->stack = static_cast<std::uint8_t*>(stack);
    fiber->size = size;
    return fiber;
  }
  delete fiber;
  release(stack, size);
  return nullptr;
}

void destroy_fiber(Fiber* fiber) noexcept {
  release(fiber->stack, fiber->size);
  delete fiber;
}

void start_fiber(Fiber& fiber, void (*run)(void*), void* argument) noexcept {
#if defined(TENON_TELL_SANITIZER)
  __asan_unpoison_memory_region(fiber.stack + page_size(), fiber.size - page_size());
#endif
  fiber.run = run;
  fiber.argument = argument;
  auto* top = reinterpret_cast<std::uint64_t*>(fiber.stack + fiber.size) - 2;
  *--top = reinterpret_cast<std::uint64_t>(&tenon_begin_fiber);
  *--top = 0;                                        // rbp
  *--top = 0;                                        // rbx
  *--top = reinterpret_cast<std::uint64_t>(&fiber);  // r12
  *--top = reinterpret_cast<std::uint64_t>(&begin);  // r13
  *--top = 0;                                        // r14
  *--top = 0;                                        // r15
  *--top = (std::uint64_t{0x037F} << 32) | 0x1F80;   // the floating-point units as every function expects them
  fiber.inside = top;
  enter(fiber);
}

void resume_fiber(Fiber& fiber) noexcept { enter(fiber); }

void leave_fiber(Fiber& fiber) noexcept {
  void* kept = nullptr;
  before_switch(&kept, fiber.outer_stack, fiber.outer_size);
  tenon_switch_stacks(&fiber.inside, fiber.outside);
  after_switch(kept, &fiber.outer_stack, &fiber.outer_size);
}

#else

Fiber* make_fiber(std::size_t /*stack_bytes*/) noexcept { return nullptr; }
void destroy_fiber(Fiber* /*fiber*/) noexcept {}
void start_fiber(Fiber& /*fiber*/, void (* /*run*/)(void*), void* /*argument*/) noexcept {}
void resume_fiber(Fiber& /*fiber*/) noexcept {}
void leave_fiber(Fiber& /*fiber*/) noexcept {}

#endif

std::uintptr_t stack_limit(const Fiber& fiber) noexcept {
  return reinterpret_cast<std::uintptr_t>(fiber.stack) + page_size();
}

}  // namespace tenon::os
