#include "jit/activation.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "jit/direct_call.hpp"
#include "jit/unwind.hpp"
#include "os/faults.hpp"
#include "os/fiber.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

using runtime::Instance;
using runtime::NativeThunk;
using runtime::Outcome;
using runtime::Slot;
using runtime::Thread;

namespace {

constexpr std::size_t fiber_bytes = std::size_t{1} << 20;

}  // namespace

// Calls the thunk with all registers that calls preserve kept on the stack, and the activation below them, where a
// fault finds it. `tenon_leave` returns from it a second time.
extern "C" [[noreturn]] void tenon_leave(void* stack);
extern "C" void tenon_returned_to_bytecode();
static_assert(offsetof(EntryNote, stack) == 0);
#if defined(__x86_64__)
constexpr std::size_t note_at = 0;  // in the frame of `tenon_enter`
asm(R"(
    .text
    .globl tenon_enter
    .hidden tenon_enter
    .type tenon_enter, @function
tenon_enter:
    pushq %rbp
    movq %rsp, %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %r8
    movq %rsp, (%r8)           # stack
    callq *%rcx
    .globl tenon_returned_to_bytecode
    .hidden tenon_returned_to_bytecode
tenon_returned_to_bytecode:
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    retq
    .size tenon_enter, .-tenon_enter

    .globl tenon_leave
    .hidden tenon_leave
    .type tenon_leave, @function
tenon_leave:
    movq %rdi, %rsp
    jmp tenon_returned_to_bytecode
    .size tenon_leave, .-tenon_leave
)");
#elif defined(__aarch64__)
constexpr std::size_t note_at = 160;
asm(R"(
    .text
    .globl tenon_enter
    .hidden tenon_enter
    .type tenon_enter, @function
tenon_enter:
    stp x29, x30, [sp, #-176]!
    mov x29, sp
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    str x4, [sp, #160]
    mov x16, sp
    str x16, [x4]              // stack
    blr x3
    .globl tenon_returned_to_bytecode
    .hidden tenon_returned_to_bytecode
tenon_returned_to_bytecode:
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    ldp x29, x30, [sp], #176
    ret
    .size tenon_enter, .-tenon_enter

    .globl tenon_leave
    .hidden tenon_leave
    .type tenon_leave, @function
tenon_leave:
    mov sp, x0
    b tenon_returned_to_bytecode
    .size tenon_leave, .-tenon_leave
)");
#endif

namespace {

void set_limit(runtime::StoreControl& control, std::uintptr_t address) noexcept {
  runtime::NativeStackLimit& limit = control.native_stack_limit;
  if (limit.address() == address) return;
  // Systems give out no stack above what these bits say, unless they are asked for one; its frames would not be
  // checked.
  if (address >> 48 != 0) std::abort();
  limit.low = static_cast<std::uint32_t>(address);
  limit.middle = static_cast<std::uint16_t>(address >> 32);
}

// `entered` is the frame on the managed stack, which says who called; `frame` has the arguments, and gets the results.
Outcome run_here(Thread& thread, Instance& instance, const NativeEntry& entry, const Slot* entered, Slot* frame) {
  Activation activation(thread, entered);
  Slot* top = thread.top;
  if (thread.activation == nullptr) limit_native_stack(thread.store->control);
  activation.run(instance, entry, frame);
  thread.top = top;
  return activation.outcome;
}

}  // namespace

void limit_native_stack(runtime::StoreControl& control) noexcept {
  set_limit(control, os::stack_limit() + stack_reserve);
}

Slot* frame_of_host() noexcept {
  static constexpr Slot frame[runtime::frame_header_slots + 1] = {};
  return const_cast<Slot*>(frame) + runtime::frame_header_slots;
}

Outcome call_compiled(Thread& thread, const runtime::Func& func, Slot* values) noexcept {
  Slot* entered = frame_of_host();
  thread.ip = nullptr;
  thread.frame = entered;
  thread.instance = func.instance;
  const NativeThunk thunk = func.instance->module->native->thunks[func.index.value].load(std::memory_order_relaxed);
  return run_here(thread, *func.instance, {.entry = func.native_entry, .thunk = thunk}, entered, values);
}

namespace {

// --- Fibers

// Compiled frames on a stack of their own.
struct Waiting final : runtime::NativeWaiting {
  os::Fiber* fiber = nullptr;
  Thread* thread = nullptr;
  // What runs on it, and what that came to.
  Instance* instance = nullptr;
  NativeEntry entry;
  Slot* frame = nullptr;
  Slot* top = nullptr;
  Outcome outcome = Outcome::returned;
  bool has_ended = false;
  Waiting* next = nullptr;  // of those that are kept
};

// Stacks that nothing is on; a few are kept, for making one costs more than a short call.
class Fibers {
 public:
  Fibers() = default;
  Fibers(const Fibers&) = delete;
  Fibers& operator=(const Fibers&) = delete;
  ~Fibers() {
    while (kept_ != nullptr) destroy(std::exchange(kept_, kept_->next));
  }
  // As new; nullptr: there is no room for one.
  Waiting* take() noexcept {
    Waiting* waiting = kept_;
    if (waiting == nullptr) [[unlikely]]
      return make();
    kept_ = waiting->next;
    --count_;
    os::Fiber* fiber = waiting->fiber;
    *waiting = Waiting();
    waiting->fiber = fiber;
    return waiting;
  }
  void give(Waiting* waiting) noexcept {
    if (count_ == most_kept) return destroy(waiting);
    ++count_;
    waiting->next = std::exchange(kept_, waiting);
  }

 private:
  static Waiting* make() noexcept {
    os::Fiber* fiber = os::make_fiber(fiber_bytes);
    if (fiber == nullptr) return nullptr;
    auto* waiting = new Waiting;
    waiting->fiber = fiber;
    return waiting;
  }
  static void destroy(Waiting* waiting) noexcept {
    os::destroy_fiber(waiting->fiber);
    delete waiting;
  }
  static constexpr std::size_t most_kept = 8;
  Waiting* kept_ = nullptr;
  std::size_t count_ = 0;
};
Fibers& fibers() noexcept {
  thread_local Fibers kept;
  return kept;
}

void end(Thread& thread) noexcept { fibers().give(static_cast<Waiting*>(std::exchange(thread.native_wait, nullptr))); }

// `run_here` at a fiber's bottom: the rest is for who enters the fiber, and done there (`go_on`).
void run_on_fiber(void* argument) {
  auto& waiting = *static_cast<Waiting*>(argument);
  Thread& thread = *waiting.thread;
  Activation activation(thread, waiting.frame);
  activation.run(*waiting.instance, waiting.entry, waiting.frame);
  waiting.outcome = activation.outcome;
  waiting.has_ended = true;
}

// Lets the fiber run until it waits or has ended.
Outcome go_on(Waiting& waiting) noexcept {
  Thread& thread = *waiting.thread;
  runtime::StoreControl& control = thread.store->control;
  const std::uintptr_t lowest = os::stack_limit(*waiting.fiber);
  const os::NativeStack outer = std::exchange(os::native_stack(), {.lowest = lowest});
  const std::uintptr_t limit = control.native_stack_limit.address();
  set_limit(control, lowest + stack_reserve);
  thread.activation = std::exchange(waiting.innermost_activation, nullptr);
  waiting.resume = nullptr;
  if (std::exchange(waiting.has_begun, true)) {
    os::resume_fiber(*waiting.fiber);
  } else {
    os::start_fiber(*waiting.fiber, run_on_fiber, &waiting);
  }
  thread.activation = nullptr;
  set_limit(control, limit);
  os::native_stack() = outer;  // of this host thread, which may be another than when the fiber began
  if (!waiting.has_ended) return Outcome::suspended;
  const Outcome outcome = waiting.outcome;
  thread.top = waiting.top;
  if (outcome == Outcome::returned || outcome == Outcome::thrown) thread.frame = waiting.frame;
  end(thread);
  return outcome;
}

Outcome resume_waiting(Thread& thread) noexcept { return go_on(static_cast<Waiting&>(*thread.native_wait)); }

}  // namespace

bool take_stack(Thread& thread) noexcept {
  Waiting* waiting = fibers().take();
  if (waiting == nullptr) return false;
  waiting->resume = nullptr;
  waiting->abandon = end;
  waiting->thread = &thread;
  thread.native_wait = waiting;
  return true;
}

Outcome run_native(Thread& thread, Instance& instance, const NativeEntry& entry, Slot* frame) {
  auto* waiting = static_cast<Waiting*>(thread.native_wait);
  if (!thread.may_wait || waiting->has_begun) return run_here(thread, instance, entry, frame, frame);
  waiting->instance = &instance;
  waiting->entry = entry;
  waiting->frame = frame;
  waiting->top = thread.top;
  return go_on(*waiting);
}

Outcome start_compiled(Thread& thread, const runtime::Func& func, Slot* frame) noexcept {
  if (!prepare_to_wait(thread)) return thread.store->executor->call(thread, func, frame);
  std::fill(frame - runtime::frame_header_slots, frame, 0);  // nobody has called it
  thread.ip = nullptr;
  thread.frame = frame;
  thread.instance = func.instance;
  const NativeThunk thunk = func.instance->module->native->thunks[func.index.value].load(std::memory_order_relaxed);
  return run_native(thread, *func.instance, {.entry = func.native_entry, .thunk = thunk}, frame);
}

bool can_suspend(const Thread& thread) noexcept { return thread.may_wait && thread.native_wait != nullptr; }

void suspend(Thread& thread) noexcept {
  auto& waiting = static_cast<Waiting&>(*thread.native_wait);
  waiting.innermost_activation = thread.activation;
  waiting.resume = resume_waiting;
  os::leave_fiber(*waiting.fiber);
}

void leave(Thread& thread, Outcome outcome) noexcept {
  runtime::StoreControl& control = thread.store->control;
  if (thread.activation == &control.direct_activation) leave_direct_call(control, outcome);
  auto* activation = static_cast<Activation*>(thread.activation);
  activation->outcome = outcome;
  tenon_leave(activation->note.stack);
}

namespace {

// Of the fault that is being left.
thread_local os::FaultPlace fault_place;

// Whose guest compiled code runs for, from the outermost frame of its entry: the host's direct call, or an activation.
Thread& thread_of_entry(MachineFrame frame) noexcept {
  for (const CodeMap* map = map_of(frame); map != nullptr; map = map_of(frame)) {
    if (!step_out(*map, frame)) std::abort();  // the compiler says of all its code how to leave its frames
  }
  if (Thread* direct = thread_of_direct_call(frame)) return *direct;
  if (frame.pc != reinterpret_cast<std::uintptr_t>(&tenon_returned_to_bytecode)) std::abort();
  return *(*reinterpret_cast<EntryNote* const*>(frame.sp + note_at))->thread;
}

[[noreturn]] void leave_after_fault() noexcept {
  MachineFrame frame{.pc = fault_place.program_counter, .sp = fault_place.stack_pointer, .is_call = false};
  frame.saved[frame_pointer] = fault_place.frame_pointer;
#if defined(__aarch64__)
  frame.saved[link_register] = fault_place.link;
#endif
  Thread& thread = thread_of_entry(frame);
  keep_frames(thread, frame, nullptr);
  leave(thread, thread.trap(Trap::out_of_bounds_memory_access));
}

}  // namespace

void* go_on_after_fault(const os::FaultPlace& place) noexcept {
  fault_place = place;
  return reinterpret_cast<void*>(&leave_after_fault);
}

}  // namespace tenon::jit
