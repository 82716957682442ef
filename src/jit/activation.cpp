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
using runtime::NativeActivation;
using runtime::NativeThunk;
using runtime::Outcome;
using runtime::Slot;
using runtime::Thread;

namespace {

struct Activation : NativeActivation {
  // `frame` is the one on the managed stack of the function that is entered.
  Activation(Thread& of, const Slot* frame) noexcept : thread(&of) {
    previous = of.activation;
    entered = frame;
    end = reinterpret_cast<const Slot*>(this);
  }
  void* registers[5];  // of __builtin_setjmp; on AArch64 the first, where tenon_enter has put them
  Thread* thread;
  Outcome outcome = Outcome::returned;
};

// Room that compiled code leaves on the native stack for what it calls and for the signal's handler.
constexpr std::size_t stack_reserve = std::size_t{256} << 10;
constexpr std::size_t fiber_bytes = std::size_t{1} << 20;

// The part that may be returned to twice: nothing in it lives across the call but what is in memory. It must be there
// still when that happens, so the call is not its last act.
#if defined(__aarch64__)
// The compiler has no __builtin_setjmp here. Calls the thunk with all registers that calls preserve kept on the stack,
// and the stack noted in *registers; tenon_leave returns from it a second time.
extern "C" void tenon_enter(void* context, const void* entry, Slot* frame, NativeThunk thunk, void** registers);
extern "C" [[noreturn]] void tenon_leave(void* registers);
asm(R"(
    .text
    .hidden tenon_enter
    .globl tenon_enter
    .type tenon_enter, @function
tenon_enter:
    stp x29, x30, [sp, #-160]!
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
    mov x16, sp
    str x16, [x4]
    blr x3
.Lleave:
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    ldp x29, x30, [sp], #160
    ret
    .size tenon_enter, .-tenon_enter

    .hidden tenon_leave
    .globl tenon_leave
    .type tenon_leave, @function
tenon_leave:
    mov sp, x0
    b .Lleave
    .size tenon_leave, .-tenon_leave
)");

Outcome enter(Activation& activation, const NativeEntry& entry, void* context, Slot* frame) {
  tenon_enter(context, entry.entry, frame, entry.thunk, activation.registers);
  return activation.outcome;
}
[[noreturn]] void go_back(Activation& activation) { tenon_leave(activation.registers[0]); }
#else
__attribute__((noinline)) Outcome enter(Activation& activation, const NativeEntry& entry, void* context, Slot* frame) {
  if (__builtin_setjmp(activation.registers) == 0) entry.thunk(context, entry.entry, frame);
  return activation.outcome;
}
[[noreturn]] void go_back(Activation& activation) { __builtin_longjmp(activation.registers, 1); }
#endif

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
  void* outer = std::exchange(detail::host_stack.activation, &activation);
  Slot* top = thread.top;
  if (thread.activation == nullptr) limit_native_stack(thread.store->control);
  thread.activation = &activation;
  const Outcome outcome = enter(activation, entry, &instance, frame);
  thread.activation = activation.previous;
  thread.pay_owed();
  os::native_stack().activation = outer;  // of the host thread that goes on, which may be another
  thread.top = top;
  return outcome;
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
  bool has_begun = false;
  bool has_ended = false;
  void* innermost = nullptr;  // while they wait: of the fiber's stack
  Waiting* next = nullptr;    // of those that are kept
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
  os::native_stack().activation = &activation;
  thread.activation = &activation;
  waiting.outcome = enter(activation, waiting.entry, waiting.instance, waiting.frame);
  thread.pay_owed();
  waiting.has_ended = true;
}

// Lets the fiber run until it waits or has ended.
Outcome go_on(Waiting& waiting) noexcept {
  Thread& thread = *waiting.thread;
  runtime::StoreControl& control = thread.store->control;
  const std::uintptr_t lowest = os::stack_limit(*waiting.fiber);
  const os::NativeStack outer = std::exchange(os::native_stack(), {.lowest = lowest, .activation = waiting.innermost});
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
  waiting.innermost = os::native_stack().activation;
  waiting.innermost_activation = thread.activation;
  waiting.resume = resume_waiting;
  os::leave_fiber(*waiting.fiber);
}

void leave(Thread& thread, Outcome outcome) noexcept {
  runtime::StoreControl& control = thread.store->control;
  if (thread.activation == &control.direct_activation) leave_direct_call(control, outcome);
  auto* activation = static_cast<Activation*>(thread.activation);
  activation->outcome = outcome;
  go_back(*activation);
}

namespace {

// Of the fault that is being left.
thread_local os::FaultPlace fault_place;

[[noreturn]] void leave_after_fault() noexcept {
  MachineFrame frame{.pc = fault_place.program_counter, .sp = fault_place.stack_pointer, .is_call = false};
  frame.saved[frame_pointer] = fault_place.frame_pointer;
#if defined(__aarch64__)
  frame.saved[link_register] = fault_place.link;
#endif
  Thread* direct = thread_of_direct_call(frame);
  Thread& thread = direct != nullptr ? *direct : *static_cast<Activation*>(os::native_stack().activation)->thread;
  keep_frames(thread, frame, nullptr);
  leave(thread, thread.trap(Trap::out_of_bounds_memory_access));
}

}  // namespace

void* go_on_after_fault(const os::FaultPlace& place) noexcept {
  fault_place = place;
  return reinterpret_cast<void*>(&leave_after_fault);
}

}  // namespace tenon::jit
