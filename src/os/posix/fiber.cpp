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
  void* inside = nullptr;         // stack pointer of what waits on it, or has; nullptr: nothing has waited yet
  void* outside = nullptr;        // of who entered it
  std::uint8_t* stack = nullptr;  // its first page is inaccessible
  std::size_t size = 0;
  void (*run)(void*) = nullptr;
  void* argument = nullptr;
  const void* outer_stack = nullptr;  // for the address sanitizer
  std::size_t outer_size = 0;
};

static_assert(offsetof(Fiber, inside) == 0 && offsetof(Fiber, outside) == 8);

// Saves what a call preserves on the stack in use, notes that stack in *save, and goes on with another one. The modes
// of the floating-point units are slow to set, and nearly always as they were.
extern "C" void tenon_switch_stacks(void** save, void* to) noexcept;
// Saves the same on the stack in use, notes that stack in `fiber.outside`, and calls `begin` on the fiber's, which ends
// at `top`. Returns to where the fiber was entered last, once that has returned. A fiber that runs to its end without
// waiting so costs a call and a return, which the processor foresees.
extern "C" void tenon_start_fiber(Fiber* fiber, void* top, void (*begin)(Fiber*)) noexcept;

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

    .globl tenon_start_fiber
    .hidden tenon_start_fiber
    .type tenon_start_fiber, @function
tenon_start_fiber:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movq %rsp, 8(%rdi)         # outside
    movq %rdi, %r12
    movq %rsi, %rsp
    xorl %ebp, %ebp
    callq *%rdx
    movq 8(%r12), %rsp
    cmpq $0, (%r12)            # inside: it has waited, and was entered from elsewhere
    je 1f
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
1:
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    retq
    .size tenon_start_fiber, .-tenon_start_fiber
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

    .globl tenon_start_fiber
    .hidden tenon_start_fiber
    .type tenon_start_fiber, @function
tenon_start_fiber:
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
    mrs x9, fpcr
    str x9, [sp, #160]
    mov x9, sp
    str x9, [x0, #8]           // outside
    mov x19, x0
    mov sp, x1
    mov x29, xzr
    blr x2
    ldr x9, [x19, #8]
    ldr x10, [x19]             // inside: it has waited, and was entered from elsewhere
    mov sp, x9
    cbz x10, 1f
    ldr x9, [sp, #160]
    msr fpcr, x9
1:
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
    .size tenon_start_fiber, .-tenon_start_fiber
)");
#endif

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

void begin(Fiber* fiber) noexcept {
  after_switch(nullptr, &fiber->outer_stack, &fiber->outer_size);
  fiber->run(fiber->argument);
  before_switch(nullptr, fiber->outer_stack, fiber->outer_size);
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
  fiber.inside = nullptr;
  void* kept = nullptr;
  before_switch(&kept, fiber.stack, fiber.size);
  tenon_start_fiber(&fiber, fiber.stack + fiber.size, &begin);
  after_switch(kept, nullptr, nullptr);
}

void resume_fiber(Fiber& fiber) noexcept {
  void* kept = nullptr;
  before_switch(&kept, fiber.stack, fiber.size);
  tenon_switch_stacks(&fiber.outside, fiber.inside);
  after_switch(kept, nullptr, nullptr);
}

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
