// Entering compiled code, leaving it, and what it calls.
//
// An activation is one entry from bytecode or the host into compiled code: it keeps where to go back to when a trap (or
// an exception, on its way outwards) leaves all compiled frames at once. Compiled frames hold nothing that would need
// to be cleaned up. A fault in compiled code can only be an access behind the end of a memory; the signal's handler
// looks whether the program counter is in compiled code, and goes on in `leave_after_fault`.
//
// Rejected: unwinding frame by frame. Nothing in compiled frames catches; functions that do stay with the interpreter,
// and their handlers are found on the managed stack as ever.
#include "jit/native_code.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <vector>

#include "base/concat.hpp"
#include "interp/calls.hpp"
#include "os/faults.hpp"
#include "os/pages.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

using interp::OutOfLine;
using interp::Registers;
using interp::Step;
using runtime::Cell;
using runtime::Func;
using runtime::Instance;
using runtime::Memory;
using runtime::NativeHelper;
using runtime::NativeModule;
using runtime::NativeThunk;
using runtime::Outcome;
using runtime::Slot;
using runtime::Store;
using runtime::Thread;

namespace {

// --- Where compiled code is: read by the signal's handler, so without locks.

struct CodeRange {
  std::atomic<const std::uint8_t*> begin = nullptr;
  std::atomic<const std::uint8_t*> end = nullptr;
  CodeRange* next = nullptr;
};
std::atomic<CodeRange*> code_ranges;

// Rows are reused, never freed: the handler may look at any time.
CodeRange* add_range(const std::uint8_t* begin, const std::uint8_t* end) {
  for (CodeRange* range = code_ranges.load(std::memory_order_acquire); range != nullptr; range = range->next) {
    const std::uint8_t* unused = nullptr;
    if (range->begin.compare_exchange_strong(unused, begin, std::memory_order_acq_rel)) {
      range->end.store(end, std::memory_order_release);
      return range;
    }
  }
  auto* range = new CodeRange;
  range->begin = begin;
  range->end = end;
  range->next = code_ranges.load(std::memory_order_relaxed);
  while (!code_ranges.compare_exchange_weak(range->next, range, std::memory_order_acq_rel)) {
  }
  return range;
}

void remove_range(CodeRange* range) noexcept {
  range->end.store(nullptr, std::memory_order_release);
  range->begin.store(nullptr, std::memory_order_release);
}

bool is_compiled_code(const void* pc) noexcept {
  for (const CodeRange* range = code_ranges.load(std::memory_order_acquire); range != nullptr; range = range->next) {
    if (pc >= range->begin.load(std::memory_order_acquire) && pc < range->end.load(std::memory_order_acquire))
      return true;
  }
  return false;
}

// --- Activations

struct Activation {
  void* registers[5] = {};  // of __builtin_setjmp
  Activation* previous = nullptr;
  Thread* thread = nullptr;
  Outcome outcome = Outcome::returned;
};

// The innermost one of this native stack: what the signal's handler leaves to.
Activation* innermost() noexcept { return static_cast<Activation*>(os::native_stack().activation); }

// Room that compiled code leaves on the native stack for what it calls and for the signal's handler.
constexpr std::size_t stack_reserve = std::size_t{256} << 10;

[[noreturn]] void leave(Thread& thread, Outcome outcome) noexcept {
  auto* activation = static_cast<Activation*>(thread.activation);
  activation->outcome = outcome;
  __builtin_longjmp(activation->registers, 1);
}

[[noreturn]] void leave_after_fault() noexcept {
  Thread& thread = *innermost()->thread;
  leave(thread, thread.trap(Trap::out_of_bounds_memory_access));
}

void* on_fault(const void* pc) noexcept {
  return innermost() != nullptr && is_compiled_code(pc) ? reinterpret_cast<void*>(&leave_after_fault) : nullptr;
}

// The part that may be returned to twice: nothing in it lives across the call but what is in memory.
__attribute__((noinline)) Outcome enter(Activation& activation, NativeThunk thunk, const void* entry, void* context,
                                        Slot* frame) {
  if (__builtin_setjmp(activation.registers) == 0) thunk(entry, context, frame);
  return activation.outcome;
}

Outcome run_native(Thread& thread, Instance& instance, const NativeModule& native, core::FuncIdx index, Slot* frame) {
  Store& store = *thread.store;
  Activation activation;
  activation.thread = &thread;
  activation.previous = static_cast<Activation*>(thread.activation);
  Activation* outer = innermost();
  Slot* top = thread.top;
  if (thread.activation == nullptr) store.control.native_stack_limit = os::stack_limit() + stack_reserve;
  thread.activation = os::native_stack().activation = &activation;
  const Outcome outcome = enter(activation, native.thunks[index.value], native.entries[index.value], &instance, frame);
  thread.activation = activation.previous;
  os::native_stack().activation = outer;
  thread.top = top;
  return outcome;
}

// --- What compiled code calls

Thread& thread_of(const Instance& instance) noexcept { return *instance.store->current; }

[[noreturn]] void trap(Instance* instance, std::uint32_t reason) {
  Thread& thread = thread_of(*instance);
  leave(thread, thread.trap(static_cast<Trap>(reason)));
}

void trap_if(Instance* instance, Trap reason) {
  if (reason != Trap::none) trap(instance, static_cast<std::uint32_t>(reason));
}

void call_func(Func* func, Slot* slots) {
  Store& store = *func->store;
  Thread& thread = *store.current;
  const std::size_t needed = runtime::frame_header_slots + std::max({func->param_slots, func->result_slots, 1U});
  if (!thread.extend(thread.top + needed)) {
    leave(thread, thread.trap(Trap::call_stack_exhausted));
  }
  Slot* frame = thread.top + runtime::frame_header_slots;
  std::copy_n(slots, func->param_slots, frame);
  Slot* top = thread.top;
  const Cell* ip = thread.ip;
  Slot* outer_frame = thread.frame;
  Instance* instance = thread.instance;
  void* host_call = std::exchange(thread.host_call, nullptr);  // what is called from compiled code may not wait
  thread.top += needed;
  thread.instance = store.control.native_caller;
  const Outcome outcome = store.executor->call(thread, *func, frame);
  thread.top = top;
  thread.host_call = host_call;
  if (outcome == Outcome::returned) {
    thread.ip = ip;
    thread.frame = outer_frame;
    thread.instance = instance;
    std::copy_n(frame, func->result_slots, slots);
    return;
  }
  if (outcome == Outcome::suspended) {
    thread.pending_error =
        Error(ErrorKind::usage, "the guest was suspended in a call from compiled code, which cannot wait");
    leave(thread, thread.trap(Trap::host_error));
  }
  leave(thread, outcome);
}

void prepare_func(Func* func, void* bridge) {
  if (!func->is_host()) {
    const NativeModule* native = func->instance->module->native;
    if (native != nullptr && native->entries[func->index.value] != nullptr && can_run_native(*func->instance)) {
      func->native_context = func->instance;
      func->native_entry = native->entries[func->index.value];
      return;
    }
  }
  func->native_context = func;
  func->native_entry = bridge;
}

void resolve_callee(Instance* instance, Func* func, std::uint64_t element, std::uint32_t type) {
  Thread& thread = thread_of(*instance);
  if (func == nullptr) {
    constexpr Trap reason = Trap::uninitialized_element;
    thread.pending_error =
        fail(ErrorKind::trap, {}, message(reason), " ", element).with_code(static_cast<std::uint32_t>(reason));
    leave(thread, thread.trap(reason));
  }
  const core::TypeIdx expected(instance->module->native->type_ids[type]);
  if (!instance->store->types->is_subtype(func->type, expected)) trap_if(instance, Trap::indirect_call_type_mismatch);
}

Func* own_func(Instance* instance, std::uint32_t index) { return func_ref(*instance, core::FuncIdx(index)); }

std::int64_t memory_grow(Instance* instance, std::uint32_t memory, std::uint64_t pages) {
  return grow(*instance->memories[memory], pages);
}
void memory_copy(Instance* instance, std::uint32_t to_memory, std::uint32_t from_memory, std::uint64_t to,
                 std::uint64_t from, std::uint64_t size) {
  trap_if(instance,
          runtime::memory_copy(*instance->memories[to_memory], *instance->memories[from_memory], to, from, size));
}
void memory_fill(Instance* instance, std::uint32_t memory, std::uint64_t to, std::uint32_t byte, std::uint64_t size) {
  trap_if(instance, runtime::memory_fill(*instance->memories[memory], to, static_cast<std::uint8_t>(byte), size));
}
void memory_init(Instance* instance, std::uint32_t memory, std::uint32_t data, std::uint64_t to, std::uint64_t from,
                 std::uint64_t size) {
  trap_if(instance, runtime::memory_init(*instance, *instance->memories[memory], core::DataIdx(data), to, from, size));
}
void data_drop(Instance* instance, std::uint32_t data) { instance->dropped_datas[data] = true; }

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
  return table;
}();

// --- Bytecode that enters compiled code

// Field: the function's index. The frame at fp holds the arguments, as for any function.
struct EnterNative {
  static Step run(Registers& r) {
    Thread& thread = *r.thread;
    const core::FuncIdx index(interp::field<std::uint32_t>(r, 0));
    const core::FuncType& type = *r.instance->module->validated->func_signatures[index];
    std::size_t params = 0;
    std::size_t results = 0;
    for (const core::ValType t : type.params) params += runtime::slots_of(t);
    for (const core::ValType t : type.results) results += runtime::slots_of(t);
    Slot* end = r.fp + std::max({params, results, std::size_t{1}});
    if (!thread.extend(end)) return r.trap(Trap::call_stack_exhausted);
    thread.ip = r.ip + 1;
    thread.frame = r.fp;
    thread.instance = r.instance;
    Slot* top = std::exchange(thread.top, end);
    r.outcome = run_native(thread, *r.instance, *r.instance->module->native, index, r.fp);
    switch (r.outcome) {
      case Outcome::returned:
        thread.top = top;
        interp::accumulate_any(r, r.fp[0]);
        return interp::return_slowly(r);
      case Outcome::thrown:
        r.ip = std::bit_cast<const Cell*>(r.fp[runtime::header_return_ip]);
        if (r.ip == nullptr) return Step::leave;
        r.instance = std::bit_cast<Instance*>(r.fp[runtime::header_caller_instance]);
        r.fp = std::bit_cast<Slot*>(r.fp[runtime::header_caller_frame]);
        return interp::unwind(r);
      default: return Step::leave;
    }
  }
};

}  // namespace

struct NativeCode::State {
  NativeModule native;
  std::uint8_t* base = nullptr;
  std::size_t size = 0;
  CodeRange* range = nullptr;
  std::vector<std::uint32_t> type_ids;
  std::vector<const void*> entries;
  std::vector<NativeThunk> thunks;
  std::vector<Cell> gates;
};

NativeCode::~NativeCode() {
  if (state_ == nullptr) return;
  if (state_->range != nullptr) remove_range(state_->range);
  if (state_->base != nullptr) os::release(state_->base, state_->size);
  delete state_;
}

namespace {

// The image's bytes, mapped: instructions executable, constants readable.
std::uint8_t* map(const Image& image, std::size_t& size) {
  size = (image.bytes.size() + os::page_size() - 1) & ~(os::page_size() - 1);
  auto* base = static_cast<std::uint8_t*>(os::reserve(size));
  if (base == nullptr) return nullptr;
  const bool done = os::commit(base, size) && (std::memcpy(base, image.bytes.data(), image.bytes.size()), true) &&
                    os::make_executable(base, image.constants) &&
                    os::make_read_only(base + image.constants, size - image.constants);
  if (done) return base;
  os::release(base, size);
  return nullptr;
}

}  // namespace

Result<std::unique_ptr<NativeCode>> NativeCode::install(const Image& image, runtime::CodeModule& code,
                                                        bool loop_dispatch) {
  std::unique_ptr<NativeCode> installed(new NativeCode);
  installed->state_ = new State;
  State& state = *installed->state_;
  if (image.bytes.empty()) return installed;  // nothing was compiled
  state.base = map(image, state.size);
  if (state.base == nullptr) return fail(ErrorKind::exhausted, {}, "the system has no room for compiled code");
  state.range = add_range(state.base, state.base + image.constants);
  os::handle_faults(&on_fault);

  const core::ValidatedModule& validated = *code.validated;
  for (const core::TypeIdx type : validated.canonical_types) state.type_ids.push_back(type.value);
  const interp::Handler handler = loop_dispatch ? interp::LoopDispatch::handler<OutOfLine<EnterNative>>()
                                                : interp::TailDispatch::handler<OutOfLine<EnterNative>>();
  const std::size_t count = image.functions.size();
  state.entries.resize(count);
  state.thunks.resize(count);
  state.gates.resize(2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    if (image.functions[i] == not_compiled) continue;
    state.entries[i] = state.base + image.functions[i];
    state.thunks[i] = reinterpret_cast<NativeThunk>(state.base + image.thunks[i]);
    state.gates[2 * i].bits = std::bit_cast<std::uint64_t>(handler);
    state.gates[2 * i + 1].bits = i;
  }
  state.native.helpers = helpers.data();
  state.native.type_ids = state.type_ids.data();
  state.native.entries = state.entries;
  state.native.thunks = state.thunks;
  state.native.gates = state.gates;
  state.native.needs_guards = image.needs_guards;
  code.native = &state.native;
  for (std::size_t i = 0; i < count; ++i) {
    if (state.entries[i] != nullptr) code.code[i].store(&state.gates[2 * i], std::memory_order_release);
  }
  return installed;
}

}  // namespace tenon::jit
