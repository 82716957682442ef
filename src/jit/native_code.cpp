// Code in memory, the bytecode that enters it, and what it calls.
//
// A fault in compiled code can only be an access behind the end of a memory; the signal's handler looks whether the
// program counter is in compiled code, and goes on in `leave_after_fault`.
#include "jit/native_code.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <vector>

#include "base/concat.hpp"
#include "interp/calls.hpp"
#include "jit/activation.hpp"
#include "os/faults.hpp"
#include "os/pages.hpp"
#include "runtime/heap.hpp"
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

void* on_fault(const void* pc) noexcept {
  return is_in_activation() && is_compiled_code(pc) ? reinterpret_cast<void*>(&leave_after_fault) : nullptr;
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

// The compiled code of a function, if there is any by now that its instance may run.
const void* compiled_entry(const Func& func) noexcept {
  if (func.is_host()) return nullptr;
  const NativeModule* native = func.instance->module->native;
  if (native == nullptr || !can_run_native(*func.instance)) return nullptr;
  return native->entries[func.index.value].load(std::memory_order_acquire);
}

void call_func(Func* func, Slot* slots) {
  Store& store = *func->store;
  if (const void* entry = compiled_entry(*func)) {  // the next call goes there directly
    func->native_context = func->instance;
    func->native_entry = entry;
  }
  Thread& thread = *store.current;
  const std::size_t needed = runtime::frame_header_slots + func->value_slots;
  if (!thread.extend(thread.top + needed)) {
    leave(thread, thread.trap(Trap::call_stack_exhausted));
  }
  Slot* frame = thread.top + runtime::frame_header_slots;
  std::copy_n(slots, func->param_slots, frame);
  Slot* top = thread.top;
  const Cell* ip = thread.ip;
  Slot* outer_frame = thread.frame;
  Instance* instance = thread.instance;
  thread.top += needed;
  thread.instance = store.control.native_caller;
  Outcome outcome = store.executor->call(thread, *func, frame);
  while (outcome == Outcome::suspended && can_suspend(thread)) {
    if (func->is_host()) thread.frame = frame;  // where its results will be
    suspend(thread);
    outcome = func->is_host() ? Outcome::returned : store.executor->resume(thread);
  }
  thread.top = top;
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

[[noreturn]] void throw_exception(Instance* instance, std::uint32_t tag, const Slot* arguments, std::uint32_t slots) {
  Thread& thread = thread_of(*instance);
  runtime::Exception* exception = instance->store->heap.allocate_exception(*instance->tags[tag], slots);
  if (exception == nullptr) leave(thread, thread.trap(Trap::heap_exhausted));
  std::copy_n(arguments, slots, exception->arguments());
  thread.pending_exception = runtime::as_ref(exception);
  leave(thread, Outcome::thrown);
}

// Others may have had their turn meanwhile, on another native stack.
void interrupted(Instance* instance) {
  Store& store = *instance->store;
  if (store.may_go_on == nullptr || !store.may_go_on(store)) {
    trap(instance, static_cast<std::uint32_t>(Trap::deadline_exceeded));
  }
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
  set(NativeHelper::throw_exception, &throw_exception);
  set(NativeHelper::interrupted, &interrupted);
  return table;
}();

// --- Bytecode that enters compiled code

// Field: the function's index. The frame at fp holds the arguments, as for any function. Where the memories have no
// guard regions, or there is no stack for a guest that may be suspended, bytecode goes on.
struct EnterNative {
  static Step run(Registers& r) {
    Thread& thread = *r.thread;
    const core::FuncIdx index(interp::field<std::uint32_t>(r, 0));
    if (!can_run_native(*r.instance) || !prepare_to_wait(thread)) {
      r.ip = r.instance->module->bytecode[index.value].load(std::memory_order_acquire);
      return Step::next;
    }
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
  explicit State(std::size_t count) : entries(count), thunks(count), gates(2 * count) {}
  runtime::CodeModule* code = nullptr;
  NativeModule native;
  std::vector<std::uint32_t> type_ids;
  std::vector<std::atomic<const void*>> entries;
  std::vector<std::atomic<NativeThunk>> thunks;
  std::vector<Cell> gates;
  struct Mapping {
    std::uint8_t* base;
    std::size_t size;
    CodeRange* range;
  };
  std::vector<Mapping> mappings;
};

NativeCode::~NativeCode() {
  for (const State::Mapping& mapping : state_->mappings) {
    remove_range(mapping.range);
    os::release(mapping.base, mapping.size);
  }
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

NativeCode::NativeCode(runtime::CodeModule& code, bool loop_dispatch)
    : state_(new State(code.validated->module->funcs.size())) {
  const core::ValidatedModule& validated = *code.validated;
  state_->code = &code;
  for (const core::TypeIdx type : validated.canonical_types) state_->type_ids.push_back(type.value);
  const interp::Handler handler = loop_dispatch ? interp::LoopDispatch::handler<OutOfLine<EnterNative>>()
                                                : interp::TailDispatch::handler<OutOfLine<EnterNative>>();
  for (std::size_t i = 0; i < state_->entries.size(); ++i) {
    state_->gates[2 * i].bits = std::bit_cast<std::uint64_t>(handler);
    state_->gates[2 * i + 1].bits = i;
  }
  NativeModule& native = state_->native;
  native.helpers = helpers.data();
  native.type_ids = state_->type_ids.data();
  native.entries = state_->entries;
  native.thunks = state_->thunks;
  native.gates = state_->gates;
  for (const core::MemoryType& memory : validated.module->memories) {
    if (!memory.limits.is_64 && memory.page_size_log2 == limits::default_page_size_log2) native.needs_guards = true;
  }
  code.native = &native;
}

Result<void> NativeCode::add(const Image& image) {
  State& state = *state_;
  if (image.functions.size() != state.entries.size()) {
    return fail(ErrorKind::malformed, {}, "expected code for ", state.entries.size(), " functions, found it for ",
                image.functions.size());
  }
  if (image.bytes.empty()) return {};  // nothing was compiled
  std::size_t size = 0;
  std::uint8_t* base = map(image, size);
  if (base == nullptr) return fail(ErrorKind::exhausted, {}, "the system has no room for compiled code");
  state.mappings.push_back({base, size, add_range(base, base + image.constants)});
  os::handle_faults(&on_fault);
  for (std::size_t i = 0; i < image.functions.size(); ++i) {
    if (image.functions[i] == not_compiled) continue;
    const auto thunk = reinterpret_cast<NativeThunk>(base + image.thunks[i]);
    state.thunks[i].store(thunk, std::memory_order_relaxed);
    state.entries[i].store(base + image.functions[i], std::memory_order_release);
    state.code->code[i].store(&state.gates[2 * i], std::memory_order_release);
  }
  return {};
}

}  // namespace tenon::jit
