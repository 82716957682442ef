// What compiled code calls in the runtime: everything that is no matter of a few instructions.
//
// Before something may collect, or run other guests, the activation notes where its frames end (`left_at`), and the
// registers of the machine that compiled code may hold references in are put below that (`away`). A trap keeps a
// description of the frames for the backtrace, and then leaves them all.
#include "jit/helpers.hpp"

#include <algorithm>
#include <array>

#include "base/concat.hpp"
#include "interp/calls.hpp"
#include "jit/activation.hpp"
#include "jit/unwind.hpp"
#include "runtime/heap.hpp"
#include "runtime/objects.hpp"
#include "runtime/outermost_call.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

using runtime::Array;
using runtime::Cell;
using runtime::Func;
using runtime::Instance;
using runtime::Made;
using runtime::NativeHelper;
using runtime::NativeModule;
using runtime::Outcome;
using runtime::Slot;
using runtime::Store;
using runtime::Thread;

namespace {

Thread& thread_of(const Instance& instance) noexcept { return *instance.store->control.current; }

const Slot* as_frame(void* frame_address) noexcept { return static_cast<const Slot*>(frame_address); }

// The frame of the helper that compiled code called.
#define TENON_FRAME as_frame(__builtin_frame_address(0))

// Calls something that may collect, with the machine's registers where the collector sees them. No tail call: its frame
// has to be there until that is done.
template <class F>
__attribute__((noinline, disable_tail_calls)) auto away(Thread& thread, F call) {
  __builtin_unwind_init();
  thread.activation->left_at = TENON_FRAME;
  return call();
}

[[noreturn]] void trap_at(Thread& thread, const Slot* frame, Trap reason) {
  keep_frames(thread, caller_of(frame), nullptr);
  leave(thread, thread.trap(reason));
}

[[noreturn]] void trap(Instance* instance, std::uint32_t reason) {
  trap_at(thread_of(*instance), TENON_FRAME, static_cast<Trap>(reason));
}

// --- Calls

// The compiled code of a function, if there is any by now that its instance may run.
const void* compiled_entry(const Func& func) noexcept {
  if (func.is_host()) return nullptr;
  const NativeModule* native = func.instance->module->native;
  if (native == nullptr || !can_run_native(*func.instance)) return nullptr;
  return native->entries[func.index.value].load(std::memory_order_acquire);
}

// Runs a function of a guest that is not compiled, with its arguments at `frame`.
Outcome run_to_its_end(Thread& thread, Func& func, Slot* frame) {
  Store& store = *func.store;
  Outcome outcome = store.executor->call(thread, func, frame);
  while (outcome == Outcome::suspended && can_suspend(thread)) {
    suspend(thread);
    outcome = store.executor->resume(thread);
  }
  return outcome;
}

// A function of the host has made the guest wait: others have their turn until its results are there, which come to the
// managed stack. There is room (`call_host`).
void wait_for_host(Thread& thread, const Func& func, Slot* slots) {
  Slot* top = thread.top;
  Slot* frame = top + runtime::frame_header_slots;
  std::fill(top, frame + func.value_slots, 0);
  std::copy_n(slots, func.param_slots, frame);
  thread.top = frame + func.value_slots;
  thread.frame = frame;
  runtime::NativeActivation& activation = *thread.activation;
  activation.callee = frame;
  suspend(thread);
  std::copy_n(frame, func.result_slots, slots);
  thread.top = top;
}

// Calls a function of the host: its arguments can stay where they are.
Slot call_host(Thread& thread, const Func& func, Slot* slots, const Slot* here) {
  thread.pay_owed();
  if (thread.may_wait && !runtime::has_room(thread, runtime::frame_header_slots + func.value_slots)) {
    trap_at(thread, here, Trap::call_stack_exhausted);
  }
  const Cell* ip = thread.ip;
  Slot* outer_frame = thread.frame;
  Instance* instance = thread.instance;
  thread.instance = thread.store->control.native_caller;
  runtime::NativeActivation& activation = *thread.activation;
  activation.left_at = here;
  activation.callee = slots;
  const auto call = [&] {
    const Outcome outcome = func.callback(thread, func, slots);
    if (outcome != Outcome::suspended || !can_suspend(thread)) [[likely]]
      return outcome;
    wait_for_host(thread, func, slots);
    return Outcome::returned;
  };
  const Outcome outcome = thread.store->heap.is_in_use() ? away(thread, call) : call();
  activation.callee = nullptr;
  if (outcome == Outcome::returned || outcome == Outcome::thrown) [[likely]] {
    thread.ip = ip;
    thread.frame = outer_frame;
    thread.instance = instance;
    return outcome == Outcome::returned ? 0 : thread.pending_exception;
  }
  keep_frames(thread, caller_of(here), nullptr);
  leave(thread, outcome);
}

// The frame of who called a function's `host_code`: compiled code called it (`tenon_call_host`).
const Slot* caller_of_host_code(const void* frame) noexcept { return *static_cast<const Slot* const*>(frame); }

void call_from_host_code(const Func& func, Slot* slots, const void* frame) noexcept {
  Thread& thread = *func.control->current;
  const Slot* here = caller_of_host_code(frame);
  if (call_host(thread, func, slots, here) == 0) [[likely]]
    return;
  keep_frames(thread, caller_of(here), nullptr);
  leave(thread, Outcome::thrown);
}

[[noreturn]] void leave_host_code(Thread& thread, Outcome outcome, const void* frame) noexcept {
  keep_frames(thread, caller_of(caller_of_host_code(frame)), nullptr);
  leave(thread, outcome);
}

Slot call_func(Func* func, Slot* slots) {
  Store& store = *func->store;
  if (func->is_host()) return call_host(*store.control.current, *func, slots, TENON_FRAME);
  if (const void* entry = compiled_entry(*func)) {  // the next call goes there directly
    func->native_context = func->instance;
    func->native_entry = entry;
  }
  Thread& thread = *store.control.current;
  thread.pay_owed();
  const std::size_t needed = runtime::frame_header_slots + func->value_slots;
  if (!thread.extend(thread.top + needed)) trap_at(thread, TENON_FRAME, Trap::call_stack_exhausted);
  Slot* frame = thread.top + runtime::frame_header_slots;
  std::copy_n(slots, func->param_slots, frame);
  Slot* top = thread.top;
  const Cell* ip = thread.ip;
  Slot* outer_frame = thread.frame;
  Instance* instance = thread.instance;
  thread.top += needed;
  thread.instance = store.control.native_caller;
  runtime::NativeActivation& activation = *thread.activation;
  activation.left_at = TENON_FRAME;
  activation.callee = frame;
  // Without objects there are no references to them in registers.
  const Outcome outcome = store.heap.is_in_use() ? away(thread, [&] { return run_to_its_end(thread, *func, frame); })
                                                 : run_to_its_end(thread, *func, frame);
  thread.top = top;
  activation.callee = nullptr;
  if (outcome == Outcome::returned) [[likely]] {
    thread.ip = ip;
    thread.frame = outer_frame;
    thread.instance = instance;
    std::copy_n(frame, func->result_slots, slots);
    return 0;
  }
  if (outcome == Outcome::thrown) {
    thread.ip = ip;
    thread.frame = outer_frame;
    thread.instance = instance;
    return thread.pending_exception;
  }
  if (outcome == Outcome::suspended) {
    thread.pending_error =
        Error(ErrorKind::usage, "the guest was suspended in a call from compiled code, which cannot wait");
    trap_at(thread, TENON_FRAME, Trap::host_error);
  }
  keep_frames(thread, caller_of(TENON_FRAME), frame);
  leave(thread, outcome);
}

void prepare_func(Func* func, void* bridge) {
  const void* entry = compiled_entry(*func);
  func->native_context = entry == nullptr ? static_cast<void*>(func) : func->instance;
  func->native_entry = entry == nullptr ? bridge : entry;
}

void resolve_callee(Instance* instance, Func* func, std::uint64_t element, std::uint32_t type) {
  Thread& thread = thread_of(*instance);
  if (func == nullptr) {
    constexpr Trap reason = Trap::uninitialized_element;
    thread.pending_error =
        fail(ErrorKind::trap, {}, message(reason), " ", element).with_code(static_cast<std::uint32_t>(reason));
    trap_at(thread, TENON_FRAME, reason);
  }
  const core::TypeIdx expected(instance->module->native->type_ids[type]);
  if (!instance->store->types->is_subtype(func->type, expected)) {
    trap_at(thread, TENON_FRAME, Trap::indirect_call_type_mismatch);
  }
}

Func* own_func(Instance* instance, std::uint32_t index) { return func_ref(*instance, core::FuncIdx(index)); }

// --- Memories and tables

#define TENON_TRAP_IF(reason)                                        \
  if (const Trap found = (reason); found != Trap::none) [[unlikely]] \
  trap_at(thread_of(*instance), TENON_FRAME, found)

std::int64_t memory_grow(Instance* instance, std::uint32_t memory, std::uint64_t pages) {
  return grow(*instance->memories[memory], pages);
}
void memory_copy(Instance* instance, std::uint32_t to_memory, std::uint32_t from_memory, std::uint64_t to,
                 std::uint64_t from, std::uint64_t size) {
  TENON_TRAP_IF(runtime::memory_copy(*instance->memories[to_memory], *instance->memories[from_memory], to, from, size));
}
void memory_fill(Instance* instance, std::uint32_t memory, std::uint64_t to, std::uint32_t byte, std::uint64_t size) {
  TENON_TRAP_IF(runtime::memory_fill(*instance->memories[memory], to, static_cast<std::uint8_t>(byte), size));
}
void memory_init(Instance* instance, std::uint32_t memory, std::uint32_t data, std::uint64_t to, std::uint64_t from,
                 std::uint64_t size) {
  TENON_TRAP_IF(runtime::memory_init(*instance, *instance->memories[memory], core::DataIdx(data), to, from, size));
}
void data_drop(Instance* instance, std::uint32_t data) { instance->dropped_datas[data] = true; }

std::int64_t table_grow(Instance* instance, std::uint32_t table, std::uint64_t elements, Slot init) {
  return grow(*instance->tables[table], elements, init);
}
void table_fill(Instance* instance, std::uint32_t table, std::uint64_t to, Slot value, std::uint64_t size) {
  TENON_TRAP_IF(runtime::table_fill(*instance->tables[table], to, value, size));
}
void table_copy(Instance* instance, std::uint32_t to_table, std::uint32_t from_table, std::uint64_t to,
                std::uint64_t from, std::uint64_t size) {
  TENON_TRAP_IF(runtime::table_copy(*instance->tables[to_table], *instance->tables[from_table], to, from, size));
}
void table_init(Instance* instance, std::uint32_t table, std::uint32_t elem, std::uint64_t to, std::uint64_t from,
                std::uint64_t size) {
  TENON_TRAP_IF(runtime::table_init(*instance, *instance->tables[table], core::ElemIdx(elem), to, from, size));
}
void elem_drop(Instance* instance, std::uint32_t elem) { runtime::drop_elem(*instance, core::ElemIdx(elem)); }

// --- Objects

core::TypeIdx canonical(const Instance& instance, std::uint32_t type) noexcept {
  return core::TypeIdx(instance.module->native->type_ids[type]);
}
Array* as_array(Slot ref) noexcept { return static_cast<Array*>(runtime::as_object(ref)); }

#define TENON_MAKE(call)                                  \
  Thread& thread = thread_of(*instance);                  \
  const Made made = away(thread, [&] { return (call); }); \
  if (made.object == nullptr) [[unlikely]]                \
    trap_at(thread, TENON_FRAME, made.trap);              \
  return runtime::as_ref(made.object)

Slot struct_new(Instance* instance, std::uint32_t type, const Slot* fields) {
  TENON_MAKE(runtime::struct_new(*instance->store, canonical(*instance, type), fields));
}
Slot array_new(Instance* instance, std::uint32_t type, const Slot* value, std::uint32_t length) {
  TENON_MAKE(runtime::array_new(*instance->store, canonical(*instance, type), value, length));
}
Slot array_new_fixed(Instance* instance, std::uint32_t type, const Slot* values, std::uint32_t length) {
  TENON_MAKE(runtime::array_new_fixed(*instance->store, canonical(*instance, type), values, length));
}
Slot array_new_data(Instance* instance, std::uint32_t type, std::uint32_t data, std::uint32_t from,
                    std::uint32_t length) {
  TENON_MAKE(runtime::array_new_data(*instance, canonical(*instance, type), core::DataIdx(data), from, length));
}
Slot array_new_elem(Instance* instance, std::uint32_t type, std::uint32_t elem, std::uint32_t from,
                    std::uint32_t length) {
  TENON_MAKE(runtime::array_new_elem(*instance, canonical(*instance, type), core::ElemIdx(elem), from, length));
}
void array_fill(Instance* instance, Slot array, std::uint32_t at, const Slot* value, std::uint32_t length) {
  TENON_TRAP_IF(runtime::array_fill(as_array(array), at, value, length));
}
void array_copy(Instance* instance, Slot to_array, std::uint32_t to, Slot from_array, std::uint32_t from,
                std::uint32_t length) {
  TENON_TRAP_IF(runtime::array_copy(as_array(to_array), to, as_array(from_array), from, length));
}
void array_init_data(Instance* instance, Slot array, std::uint32_t at, std::uint32_t data, std::uint32_t from,
                     std::uint32_t length) {
  TENON_TRAP_IF(runtime::array_init_data(*instance, as_array(array), at, core::DataIdx(data), from, length));
}
void array_init_elem(Instance* instance, Slot array, std::uint32_t at, std::uint32_t elem, std::uint32_t from,
                     std::uint32_t length) {
  TENON_TRAP_IF(runtime::array_init_elem(*instance, as_array(array), at, core::ElemIdx(elem), from, length));
}
std::uint32_t ref_test(Instance* instance, Slot ref, std::uint32_t heap_type) {
  const core::HeapType type = (heap_type & runtime::native_type_index) != 0
                                  ? core::HeapType(canonical(*instance, heap_type & ~runtime::native_type_index))
                                  : core::HeapType(static_cast<core::AbstractHeapType>(heap_type));
  return runtime::ref_matches(ref, type, *instance->store->types) ? 1 : 0;
}

// --- Exceptions

Slot make_exception(Instance* instance, std::uint32_t tag, const Slot* arguments, std::uint32_t slots) {
  TENON_MAKE(([&]() -> Made {
    runtime::Exception* exception = instance->store->heap.allocate_exception(*instance->tags[tag], slots);
    if (exception == nullptr) return {};
    std::copy_n(arguments, slots, exception->arguments());
    return {exception, Trap::none};
  }()));
}

// What `raise` found when it was called, in the order in which it put it onto the stack, and the frame that it was
// called from.
#if defined(__x86_64__)
struct Raised {
  std::uintptr_t r15, r14, r13, r12, rbp, rbx;
  std::uintptr_t return_address;
};
MachineFrame frame_of(const Raised& r) noexcept {
  return {.pc = r.return_address,
          .sp = reinterpret_cast<std::uintptr_t>(&r + 1),
          .saved = {r.rbx, r.rbp, r.r12, r.r13, r.r14, r.r15}};
}
#elif defined(__aarch64__)
struct Raised {
  std::uintptr_t saved[saved_registers];
};
MachineFrame frame_of(const Raised& r) noexcept {
  MachineFrame frame{.pc = r.saved[link_register], .sp = reinterpret_cast<std::uintptr_t>(&r + 1)};
  std::ranges::copy(r.saved, frame.saved);
  return frame;
}
#endif

extern "C" [[noreturn]] __attribute__((used, visibility("hidden"))) void tenon_raise(Instance* instance, Slot exception,
                                                                                     const Raised* raised) {
  Thread& thread = thread_of(*instance);
  const MachineFrame frame = frame_of(*raised);
  if (exception == runtime::null_ref) {
    keep_frames(thread, frame, nullptr);
    leave(thread, thread.trap(Trap::null_exception_reference));
  }
  thread.pending_exception = runtime::null_ref;
  go_to_landing_pad(frame, exception);
  thread.pending_exception = exception;
  keep_frames(thread, frame, nullptr);
  leave(thread, Outcome::thrown);
}

#if defined(__x86_64__)
asm(R"(
    .text
    .hidden tenon_raise_from
    .globl tenon_raise_from
    .type tenon_raise_from, @function
tenon_raise_from:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, %rdx
    andq $-16, %rsp
    callq tenon_raise
    ud2
    .size tenon_raise_from, .-tenon_raise_from
)");
#elif defined(__aarch64__)
asm(R"(
    .text
    .hidden tenon_raise_from
    .globl tenon_raise_from
    .type tenon_raise_from, @function
tenon_raise_from:
    sub sp, sp, #160
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
    mov x2, sp
    bl tenon_raise
    brk #1
    .size tenon_raise_from, .-tenon_raise_from
)");
#endif
extern "C" void tenon_raise_from(Instance* instance, Slot exception);

// --- Interrupts

// Others may have had their turn meanwhile, on another native stack.
void interrupted(Instance* instance) {
  Store& store = *instance->store;
  if (runtime::is_only_look(store.control)) return;  // this code is the best there is
  const auto ask = [&] { return store.may_go_on != nullptr && store.may_go_on(store); };
  Thread& thread = thread_of(*instance);
  const std::int64_t fuel = thread.fuel;
  if (!away(thread, ask)) trap_at(thread, TENON_FRAME, Trap::deadline_exceeded);
  thread.owed_fuel += fuel - std::exchange(thread.fuel, fuel);
}

constexpr std::size_t helper_count = static_cast<std::size_t>(NativeHelper::count);
const std::array<const void*, helper_count> helpers = [] {
  std::array<const void*, helper_count> table{};
  const auto set = [&](NativeHelper which, auto* function) {
    table[static_cast<std::size_t>(which)] = reinterpret_cast<const void*>(function);
  };
  set(NativeHelper::trap, &trap);
  set(NativeHelper::call_func, &call_func);
  set(NativeHelper::prepare_func, &prepare_func);
  set(NativeHelper::resolve_callee, &resolve_callee);
  set(NativeHelper::own_func, &own_func);
  set(NativeHelper::memory_grow, &memory_grow);
  set(NativeHelper::copy_bytes, &memory_copy);
  set(NativeHelper::fill_bytes, &memory_fill);
  set(NativeHelper::init_bytes, &memory_init);
  set(NativeHelper::data_drop, &data_drop);
  set(NativeHelper::make_exception, &make_exception);
  set(NativeHelper::raise, &tenon_raise_from);
  set(NativeHelper::interrupted, &interrupted);
  set(NativeHelper::table_grow, &table_grow);
  set(NativeHelper::table_fill, &table_fill);
  set(NativeHelper::table_copy, &table_copy);
  set(NativeHelper::table_init, &table_init);
  set(NativeHelper::elem_drop, &elem_drop);
  set(NativeHelper::struct_new, &struct_new);
  set(NativeHelper::array_new, &array_new);
  set(NativeHelper::array_new_fixed, &array_new_fixed);
  set(NativeHelper::array_new_data, &array_new_data);
  set(NativeHelper::array_new_elem, &array_new_elem);
  set(NativeHelper::array_fill, &array_fill);
  set(NativeHelper::array_copy, &array_copy);
  set(NativeHelper::array_init_data, &array_init_data);
  set(NativeHelper::array_init_elem, &array_init_elem);
  set(NativeHelper::ref_test, &ref_test);
  return table;
}();

}  // namespace

const void* const* native_helpers() noexcept { return helpers.data(); }

const runtime::DirectHost& direct_host() noexcept {
  static const runtime::DirectHost host{.entry = reinterpret_cast<const void*>(&detail::tenon_call_host),
                                        .call = call_from_host_code,
                                        .leave = leave_host_code};
  return host;
}

}  // namespace tenon::jit
