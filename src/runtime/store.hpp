// A store: everything that runs, its limits, and the operations on it.
// https://webassembly.github.io/spec/core/exec/modules.html
#pragma once

#include <atomic>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/arena.hpp"
#include "base/concat.hpp"
#include "runtime/entities.hpp"
#include "runtime/executor.hpp"
#include "runtime/heap.hpp"
#include "runtime/pool.hpp"
#include "runtime/thread.hpp"
#include "tenon/result.hpp"

namespace tenon::runtime {

struct DirectHost;

struct StoreLimits {
  std::uint64_t memory_bytes = std::uint64_t{1} << 40;  // of all memories together
  std::uint64_t table_elements = 100'000'000;           // of all tables together
  std::uint64_t gc_bytes = std::uint64_t{1} << 30;
  std::uint32_t instances = 1'000'000;
  std::size_t stack_bytes = std::size_t{1} << 20;  // of each thread's managed stack
};

// A value that an import can be satisfied with.
struct Extern {
  core::ExternKind kind = core::ExternKind::func;
  union {
    Func* func = nullptr;
    Table* table;
    Memory* memory;
    Global* global;
    Tag* tag;
  };
};

// A guest frame as a trap found it.
struct BacktraceFrame {
  Instance* instance = nullptr;
  Executor::Position position;
};

struct Store {
  // `pool` keeps what the store gives back; without one, that goes to the system. All of them must outlive the store.
  Store(Executor& executor, core::TypeRegistry& types, std::pmr::memory_resource& memory, const StoreLimits& limits,
        Pool* pool = nullptr);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  Executor* executor;
  core::TypeRegistry* types;
  std::pmr::memory_resource* resource;
  Pool* pool;
  StoreLimits limits;
  Arena arena;  // entities
  Heap heap;

  std::pmr::vector<Instance*> instances;
  std::pmr::vector<Memory*> memories;
  std::pmr::vector<Table*> tables;
  std::pmr::vector<Global*> globals;

  Thread* threads = nullptr;       // all, linked by `next`
  Thread* free_threads = nullptr;  // stacks kept for reuse
  StoreControl control;
  std::int64_t fuel = INT64_MAX;  // units that guest code may still use, where it is metered

  // The guest frames of the last trap, innermost first; of a deep stack the innermost ones.
  std::pmr::vector<BacktraceFrame> backtrace;

  // Appends ", file:line:column" to a line of a backtrace, where it is known; nullptr: it never is.
  void (*append_source_line)(const Instance& instance, const Executor::Position& position, TextBuffer& out) = nullptr;
  // Asked by the interpreter when guest code was interrupted: true lets it go on, with the flag cleared. nullptr: no.
  bool (*may_go_on)(Store& store) noexcept = nullptr;
  // Of the calling host thread; nullptr: threads keep their stacks.
  SpareStack& (*spare_stack)() noexcept = nullptr;
  const DirectHost* direct_host = nullptr;  // runtime/native.hpp; nullptr: nobody is called so
  Memory no_memory;                         // of size 0: memory 0 of instances that have none
  std::uint64_t memory_bytes_used = 0;
  std::uint64_t table_elements_used = 0;
};

// Entities made by the host. Errors: exhausted, invalid (a type that cannot be).
Result<Memory*> make_memory(Store& store, const core::MemoryType& type);
// Makes a shared memory, of whatever store, usable in this one, and keeps it.
void adopt_memory(Store& store, Memory& shared);
// One user more or less of a shared memory.
void retain_memory(Memory& shared) noexcept;
Result<Table*> make_table(Store& store, const core::TableType& type, Slot init);
Global* make_global(Store& store, const core::GlobalType& type, const Slot* value);
Tag* make_tag(Store& store, core::TypeIdx type);
Func* make_host_func(Store& store, core::TypeIdx type, HostCallback callback, void* data);

void release_memory(Memory& memory) noexcept;
void release_table(Table& table) noexcept;

// Grows by `delta` pages or elements; gives the old size, or -1 when a limit forbids it or the system refuses.
std::int64_t grow(Memory& memory, std::uint64_t delta) noexcept;
std::int64_t grow(Table& table, std::uint64_t delta, Slot init) noexcept;

// Instantiates: checks the imports (in the module's order) against their types, makes the instance, initializes its
// tables and memories, and runs the start function. Errors: unlinkable (names the import and both types), trap,
// exhausted.
Result<Instance*> instantiate(Store& store, CodeModule& code, std::span<const Extern> imports);

// What an export of the instance's module stands for.
Extern export_of(Instance& instance, const core::Export& item);
// Looks an export up; nullopt if there is none of that name.
std::optional<Extern> find_export(Instance& instance, std::string_view name);

// Calls a function from the host: `values` holds the parameters' slots and takes the results' (room for both). Nested
// calls from host functions use the same thread. Errors: trap (with a backtrace as context), exhausted.
Result<void> call(Store& store, const Func& func, std::span<Slot> values);
// The same on a thread of the caller's choice.
Result<void> call_on(Thread& thread, const Func& func, std::span<Slot> values);

// After `call_outermost` (outermost_call.hpp) did not return: makes the error of it and releases the thread.
Error end_of_outermost(Thread& thread, Outcome outcome);
// After an allocation failed in such a call: as it was before.
void abandon_outermost(Store& store) noexcept;

// A call that may be suspended, on a thread of its own from `acquire_thread`: runs until the guest has ended or waits.
// The results are then at `results_of`.
Outcome start(Thread& thread, const Func& func, std::span<const Slot> arguments);
// Goes on with a suspended guest, with the results of the host function that suspended it, or with an error.
Outcome resume(Thread& thread, std::span<const Slot> results);
Outcome resume(Thread& thread, Error error);
std::span<const Slot> results_of(const Thread& thread, const Func& func) noexcept;

// A thread with an empty managed stack, from the pool or new.
Result<Thread*> acquire_thread(Store& store);
// Gives a thread a stack of the pool, or a new one. False: there is no room.
bool find_stack(Thread& thread) noexcept;
// Gives a thread that has none a stack: that of the host thread, if it fits. False: there is no room.
inline bool give_stack(Thread& thread) noexcept {
  Store& store = *thread.store;
  if (store.spare_stack == nullptr) return find_stack(thread);
  SpareStack& spare = store.spare_stack();
  if (spare.base == nullptr || spare.bytes != thread.stack_bytes) return find_stack(thread);
  thread.set_stack(std::exchange(spare.base, nullptr), spare.limit);
  return true;
}
// nullptr: there is none, or no stack for it.
inline Thread* take_free_thread(Store& store) noexcept {
  Thread* thread = store.free_threads;
  if (thread == nullptr || (thread->stack_base == nullptr && !give_stack(*thread))) return nullptr;
  store.free_threads = thread->next_free;
  return thread;
}
// Leaves the stack of a thread that was released to the host thread, unless that has one, or a deep recursion has used
// more than is worth keeping there.
inline void leave_stack(Thread& thread) noexcept {
  constexpr std::ptrdiff_t most_kept = std::ptrdiff_t{8} * 1024;
  SpareStack& spare = thread.store->spare_stack();
  if (spare.base != nullptr || spare.is_closed || thread.stack_limit - thread.stack_base > most_kept) return;
  spare.base = thread.stack_base;
  spare.limit = thread.stack_limit;
  spare.bytes = thread.stack_bytes;
  thread.set_stack(nullptr, nullptr);
}
// Guest code runs on the thread now. Until the host has been told otherwise, it calls no compiled code directly.
inline void begin_call(Store& store, Thread& thread) noexcept {
  store.control.current = &thread;
  store.control.direct_stack = StoreControl::no_stack;
}
void forget_references(Thread& thread) noexcept;
inline void abandon_native(Thread& thread) noexcept {
  if (thread.native_wait != nullptr) thread.native_wait->abandon(thread);
}
inline void release_thread(Store& store, Thread& thread) noexcept {
  thread.top = thread.stack_base;
  thread.may_wait = false;
  if (thread.native_wait != nullptr) [[unlikely]]
    abandon_native(thread);
  if (store.heap.is_in_use()) forget_references(thread);
  if (store.spare_stack != nullptr) leave_stack(thread);
  thread.next_free = store.free_threads;
  store.free_threads = &thread;
}

// The error of a trap or of an uncaught exception, with the backtrace of `thread` as context.
Error error_of(Thread& thread, Outcome outcome);

// What a failed allocation must leave as it was. The memory resource of a store does not return then, but leaves for
// whoever called into the store (by an exception, or a jump), past frames that clean nothing up. A checkpoint made
// before the call puts the store's threads right again.
class Checkpoint {
 public:
  explicit Checkpoint(const Store& store) noexcept : current_(store.control.current) {
    if (current_ != nullptr) [[unlikely]]
      note(store);
  }
  void restore(Store& store) const noexcept;

 private:
  void note(const Store& store) noexcept;
  Thread* current_;
  Slot* top_ = nullptr;
  const Cell* ip_ = nullptr;
  Slot* frame_ = nullptr;
  Instance* instance_ = nullptr;
  void* host_call_ = nullptr;
  bool may_wait_ = false;
  NativeActivation* activation_ = nullptr;
  unsigned pauses_ = 0;
};

// Bulk operations shared by handlers, instantiation and the host; Trap::none when done.
Trap memory_init(Instance& instance, Memory& memory, core::DataIdx data, std::uint64_t to, std::uint64_t from,
                 std::uint64_t size) noexcept;
Trap memory_copy(Memory& to_memory, Memory& from_memory, std::uint64_t to, std::uint64_t from,
                 std::uint64_t size) noexcept;
Trap memory_fill(Memory& memory, std::uint64_t to, std::uint8_t value, std::uint64_t size) noexcept;
Trap table_init(Instance& instance, Table& table, core::ElemIdx elem, std::uint64_t to, std::uint64_t from,
                std::uint64_t size) noexcept;
Trap table_copy(Table& to_table, Table& from_table, std::uint64_t to, std::uint64_t from, std::uint64_t size) noexcept;
Trap table_fill(Table& table, std::uint64_t to, Slot value, std::uint64_t size) noexcept;

void drop_elem(Instance& instance, core::ElemIdx elem) noexcept;
// One item of an element segment that is not dropped; `item` is in range.
Slot elem_item(Instance& instance, core::ElemIdx elem, std::uint64_t item);

// Atomics' waiting: 0 woken, 1 the value differed, 2 timed out; `timeout` in nanoseconds, negative: forever.
struct WaitResult {
  Trap trap = Trap::none;
  std::uint32_t value = 0;
};
WaitResult atomic_wait32(Thread& thread, Memory& memory, std::uint64_t address, std::uint32_t expected,
                         std::int64_t timeout);
WaitResult atomic_wait64(Thread& thread, Memory& memory, std::uint64_t address, std::uint64_t expected,
                         std::int64_t timeout);
WaitResult atomic_notify(Memory& memory, std::uint64_t address, std::uint32_t count);

}  // namespace tenon::runtime
