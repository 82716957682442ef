// The way in keeps the registers that the host wants to see again, and notes where they are. A trap goes back there
// from any depth, so nothing else has to be prepared for it. One thread of each store stays as such calls need it.
//
// The host's own frames are no compiled code: a walk ends at the way in.
//
// Compiled code has LLVM's convention `tailcc`. With arguments in registers only, it differs from C's in one thing:
// who is called takes eight bytes off the stack when it returns.
#include "jit/direct_call.hpp"

#include "jit/activation.hpp"
#include "os/faults.hpp"
#include "runtime/native.hpp"

namespace tenon {

using runtime::FuncHead;
using runtime::NativeActivation;
using runtime::StoreControl;

#if defined(__x86_64__)
extern "C" const char tenon_returned_to_host __attribute__((visibility("hidden")));

// Written for the assembler, for which these functions have no type: they are called with many.
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
    movl $0, 16(%rax)          # interrupt
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
static_assert(offsetof(FuncHead, host_entry) == 0 && offsetof(FuncHead, native_context) == 8 &&
              offsetof(FuncHead, control) == 24 && offsetof(FuncHead, host_code) == 40);
static_assert(offsetof(StoreControl, interrupt) == 16 && offsetof(StoreControl, native_caller) == 32 &&
              offsetof(StoreControl, current) == 40 && offsetof(StoreControl, direct_thread) == 48);
static_assert(offsetof(StoreControl, direct_activation) + offsetof(NativeActivation, end) == 72 &&
              offsetof(StoreControl, direct_activation) + offsetof(NativeActivation, left_at) == 80);
#else
// Nobody is allowed to (`detail::pass_in_registers`).
extern "C" {
void detail::tenon_call_compiled() { __builtin_trap(); }
void detail::tenon_call_host() { __builtin_trap(); }
}
#endif

namespace jit {

using runtime::Func;
using runtime::Outcome;
using runtime::Slot;
using runtime::Store;
using runtime::Thread;

#if defined(__x86_64__)

void leave_direct_call(StoreControl& control, Outcome outcome) noexcept {
  control.direct_outcome = static_cast<std::uint64_t>(outcome);
  asm volatile(
      "movq %[control], %%rbx\n\t"
      "jmp tenon_returned_to_host"
      :
      : [control] "r"(&control)
      : "memory");
  __builtin_unreachable();
}

Thread* thread_of_direct_call(MachineFrame frame) noexcept {
  for (const CodeMap* map = map_of(frame); map != nullptr; map = map_of(frame)) {
    if (!step_out(*map, frame)) return nullptr;
  }
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

#else

Outcome call_directly(Store&, const Func&, Slot*) noexcept { __builtin_trap(); }
void leave_direct_call(StoreControl&, Outcome) noexcept { __builtin_trap(); }
Thread* thread_of_direct_call(MachineFrame) noexcept { return nullptr; }
void allow_direct_calls(Store&, Func&) noexcept {}

#endif

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
