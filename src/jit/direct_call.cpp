// The way in keeps the registers that the host wants to see again, and notes where they are. A trap goes back there
// from any depth, so nothing else has to be prepared for it. One thread of each store stays as such calls need it.
//
// The host's own frames are no compiled code: a walk ends at the way in.
//
// Compiled code has LLVM's convention `tailcc`. With arguments in registers only, it differs from C's in one thing on
// x86-64: who is called takes eight bytes off the stack when it returns. On AArch64 it is C's.
#include "jit/direct_call.hpp"

#include "jit/activation.hpp"
#include "os/faults.hpp"
#include "runtime/native.hpp"

namespace tenon {

using runtime::FuncHead;
using runtime::NativeActivation;
using runtime::StoreControl;

extern "C" const char tenon_returned_to_host __attribute__((visibility("hidden")));

// Written for the assembler, for which these functions have no type: they are called with many.
#if defined(__x86_64__)
asm(R"(
    .text
    .globl tenon_call_compiled
    .type tenon_call_compiled, @function
tenon_call_compiled:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    movq 24(%rdi), %rax        # control
    movq 48(%rax), %r10        # direct_thread
    movq (%rdi), %r11          # host_entry
    movq 8(%rdi), %rdi         # native_context
    movq %r10, 40(%rax)        # current
    cmpw $0, 22(%rax)          # interrupt
    jne 2f
1:
    movq %rdi, 32(%rax)        # native_caller
    movq %rsp, 72(%rax)        # direct_activation.end
    movq %rax, (%rsp)
    movq %rax, %rbx
    callq *%r11
    .globl tenon_returned_to_host
    .hidden tenon_returned_to_host
tenon_returned_to_host:
    movq 72(%rbx), %rsp
    movq $0, 40(%rbx)
    movq $0, 80(%rbx)          # direct_activation.left_at
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    retq
2:
    movw $0, 22(%rax)
    jmp 1b
    .size tenon_call_compiled, .-tenon_call_compiled

    .globl tenon_call_host
    .type tenon_call_host, @function
tenon_call_host:
    pushq %rbp
    movq %rsp, %rbp
    callq *40(%rdi)            # host_code
    popq %rbp
    retq $8
    .size tenon_call_host, .-tenon_call_host
)");
#elif defined(__aarch64__)
asm(R"(
    .text
    .globl tenon_call_compiled
    .type tenon_call_compiled, @function
tenon_call_compiled:
    sub sp, sp, #176
    stp x29, x30, [sp, #16]
    stp x19, x20, [sp, #32]
    stp x21, x22, [sp, #48]
    stp x23, x24, [sp, #64]
    stp x25, x26, [sp, #80]
    stp x27, x28, [sp, #96]
    stp d8, d9, [sp, #112]
    stp d10, d11, [sp, #128]
    stp d12, d13, [sp, #144]
    stp d14, d15, [sp, #160]
    add x29, sp, #16
    ldr x19, [x0, #24]         // control
    ldr x9, [x19, #48]         // direct_thread
    ldr x10, [x0]              // host_entry
    ldr x0, [x0, #8]           // native_context
    mov x11, sp
    str x9, [x19, #40]         // current
    ldrh w12, [x19, #22]       // interrupt
    cbz w12, 1f
    strh wzr, [x19, #22]
1:
    str x0, [x19, #32]         // native_caller
    str x11, [x19, #72]        // direct_activation.end
    str x19, [sp]
    blr x10
    .globl tenon_returned_to_host
    .hidden tenon_returned_to_host
tenon_returned_to_host:
    ldr x9, [x19, #72]
    mov sp, x9
    str xzr, [x19, #40]
    str xzr, [x19, #80]        // direct_activation.left_at
    ldp x29, x30, [sp, #16]
    ldp x19, x20, [sp, #32]
    ldp x21, x22, [sp, #48]
    ldp x23, x24, [sp, #64]
    ldp x25, x26, [sp, #80]
    ldp x27, x28, [sp, #96]
    ldp d8, d9, [sp, #112]
    ldp d10, d11, [sp, #128]
    ldp d12, d13, [sp, #144]
    ldp d14, d15, [sp, #160]
    add sp, sp, #176
    ret
    .size tenon_call_compiled, .-tenon_call_compiled

    .globl tenon_call_host
    .type tenon_call_host, @function
tenon_call_host:
    stp x29, x30, [sp, #-16]!
    mov x29, sp
    ldr x9, [x0, #40]          // host_code
    blr x9
    ldp x29, x30, [sp], #16
    ret
    .size tenon_call_host, .-tenon_call_host
)");
#endif
static_assert(offsetof(FuncHead, host_entry) == 0 && offsetof(FuncHead, native_context) == 8 &&
              offsetof(FuncHead, control) == 24 && offsetof(FuncHead, host_code) == 40);
static_assert(offsetof(StoreControl, native_stack_limit) + offsetof(runtime::NativeStackLimit, interrupt) == 22 &&
              offsetof(StoreControl, native_caller) == 32 && offsetof(StoreControl, current) == 40 &&
              offsetof(StoreControl, direct_thread) == 48);
static_assert(offsetof(StoreControl, direct_activation) + offsetof(NativeActivation, end) == 72 &&
              offsetof(StoreControl, direct_activation) + offsetof(NativeActivation, left_at) == 80);

namespace jit {

using runtime::Func;
using runtime::Outcome;
using runtime::Slot;
using runtime::Store;
using runtime::Thread;

void leave_direct_call(StoreControl& control, Outcome outcome) noexcept {
  control.direct_outcome = static_cast<std::uint64_t>(outcome);
#if defined(__x86_64__)
  asm volatile(
      "movq %[control], %%rbx\n\t"
      "jmp tenon_returned_to_host"
      :
      : [control] "r"(&control)
      : "memory");
#elif defined(__aarch64__)
  asm volatile(
      "mov x19, %[control]\n\t"
      "b tenon_returned_to_host"
      :
      : [control] "r"(&control)
      : "memory");
#endif
  __builtin_unreachable();
}

Thread* thread_of_direct_call(const MachineFrame& frame) noexcept {
  if (frame.pc != reinterpret_cast<std::uintptr_t>(&tenon_returned_to_host)) return nullptr;
  return (*reinterpret_cast<StoreControl**>(frame.sp))->current;
}

void allow_direct_calls(Store& store, Func& func) noexcept {
  StoreControl& control = store.control;
  if (control.direct_thread == nullptr) {
    Thread* thread = take_free_thread(store);
    if (thread == nullptr) return;
    thread->ip = nullptr;
    thread->frame = frame_of_host();
    thread->instance = nullptr;
    thread->activation = &control.direct_activation;
    control.direct_activation.entered = thread->frame;
    control.direct_thread = thread;
  }
  func.host_entry = func.native_entry;
  limit_native_stack(control);
  control.direct_stack = os::native_stack().lowest;
}

Outcome call_directly(Store& store, const Func& func, Slot* values) noexcept {
  StoreControl& control = store.control;
  const runtime::NativeThunk thunk =
      func.instance->module->native->thunks[func.index.value].load(std::memory_order_relaxed);
  const FuncHead way{
      .host_entry = reinterpret_cast<const void*>(thunk), .native_context = func.native_context, .control = &control};
  const auto enter = reinterpret_cast<void (*)(const FuncHead*, const void*, Slot*)>(&detail::tenon_call_compiled);
  const std::uintptr_t stack = std::exchange(control.direct_stack, StoreControl::no_stack);
  enter(&way, func.host_entry, values);
  control.direct_stack = stack;
  return static_cast<Outcome>(control.direct_outcome & 0xFF);
}

Error end_direct_call(Store& store) {
  StoreControl& control = store.control;
  Thread& thread = *control.direct_thread;
  const auto outcome = static_cast<Outcome>(control.direct_outcome);
  control.direct_outcome = 0;
  Error error = error_of(thread, outcome);
  thread.ip = nullptr;
  thread.frame = frame_of_host();
  thread.instance = nullptr;
  thread.top = thread.stack_base;
  thread.may_wait = false;
  control.direct_activation.kept_at = nullptr;
  control.direct_activation.callee = nullptr;
  if (store.heap.is_in_use()) forget_references(thread);
  return error;
}

}  // namespace jit

namespace detail {

using jit::caller_of;
using runtime::Slot;
using runtime::Thread;

void call_with_registers_kept(StoreControl& control, void (*run)(void*), void* argument) {
  __builtin_unwind_init();
  NativeActivation& activation = *control.current->activation;
  const Slot* before = std::exchange(activation.kept_at, static_cast<const Slot*>(__builtin_frame_address(0)));
  run(argument);
  activation.kept_at = before;
}

void stop_guest(StoreControl& control) noexcept {
  Thread& thread = *control.current;
  const Trap reason =
      must_stop(control) && thread.pending_error.message().empty() ? Trap::deadline_exceeded : Trap::host_error;
  jit::keep_frames(thread, caller_of(thread.activation->left_at), nullptr);
  jit::leave(thread, thread.trap(reason));
}

}  // namespace detail

}  // namespace tenon
