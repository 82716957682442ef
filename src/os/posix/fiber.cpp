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

// Saves what a call preserves on the stack in use, notes that stack in *save, and goes on with another one. The modes
// of the floating-point units are slow to set, and nearly always as they were.
extern "C" void tenon_switch_stacks(void** save, void* to) noexcept;
// Where a fiber begins, with the registers that `first_frame` has put onto its stack.
extern "C" void tenon_begin_fiber() noexcept;

#if defined(__x86_64__)
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
    movl (%rsp), %eax
    movzwl 4(%rsp), %ecx
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    cmpl (%rsp), %eax
    jne 1f
    cmpw 4(%rsp), %cx
    jne 1f
2:
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    retq
1:
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    jmp 2b
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
#elif defined(__aarch64__)
asm(R"(
    .text
    .globl tenon_switch_stacks
    .hidden tenon_switch_stacks
    .type tenon_switch_stacks, @function
tenon_switch_stacks:
    sub sp, sp, #176
    stp x19, x20, [sp]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mrs x2, fpcr
    str x2, [sp, #160]
    mov x2, sp
    str x2, [x0]
    mov sp, x1
    ldr x2, [sp, #160]
    msr fpcr, x2
    ldp x19, x20, [sp]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #176
    ret
    .size tenon_switch_stacks, .-tenon_switch_stacks

    .globl tenon_begin_fiber
    .hidden tenon_begin_fiber
    .type tenon_begin_fiber, @function
tenon_begin_fiber:
    mov x0, x19
    blr x20
    brk #1
    .size tenon_begin_fiber, .-tenon_begin_fiber
)");
#endif

namespace {

// What tenon_switch_stacks finds on a stack that nothing has run on: at its begin it goes on at tenon_begin_fiber,
// which calls `run` with the argument.
void* first_frame(std::uint64_t* top, void (*run)(Fiber*), Fiber* argument) noexcept {
#if defined(__x86_64__)
  *--top = reinterpret_cast<std::uint64_t>(&tenon_begin_fiber);
  *--top = 0;                                          // rbp
  *--top = 0;                                          // rbx
  *--top = reinterpret_cast<std::uint64_t>(argument);  // r12
  *--top = reinterpret_cast<std::uint64_t>(run);       // r13
  *--top = 0;                                          // r14
  *--top = 0;                                          // r15
  *--top = (std::uint64_t{0x037F} << 32) | 0x1F80;     // the floating-point units as every function expects them
#elif defined(__aarch64__)
  constexpr std::size_t words = 22;
  top -= words;
  for (std::size_t i = 0; i < words; ++i) top[i] = 0;  // FPCR too: as every function expects it
  top[0] = reinterpret_cast<std::uint64_t>(argument);  // x19
  top[1] = reinterpret_cast<std::uint64_t>(run);       // x20
  top[11] = reinterpret_cast<std::uint64_t>(&tenon_begin_fiber);
#endif
  return top;
}

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
  fiber.inside = first_frame(reinterpret_cast<std::uint64_t*>(fiber.stack + fiber.size) - 2, &begin, &fiber);
  enter(fiber);
}

void resume_fiber(Fiber& fiber) noexcept { enter(fiber); }

void leave_fiber(Fiber& fiber) noexcept {
  void* kept = nullptr;
  before_switch(&kept, fiber.outer_stack, fiber.outer_size);
  tenon_switch_stacks(&fiber.inside, fiber.outside);
  after_switch(kept, &fiber.outer_stack, &fiber.outer_size);
}

std::uintptr_t stack_limit(const Fiber& fiber) noexcept {
  return reinterpret_cast<std::uintptr_t>(fiber.stack) + page_size();
}

}  // namespace tenon::os
