// What lives in a store: functions, memories, tables, globals, tags, instances. Plain structs whose layout the handlers
// and compiled code know; their owner is the store, and they live as long as it does.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/core/module.hpp"
#include "runtime/value.hpp"
#include "spec/traps.hpp"
#include "tenon/direct_call.hpp"

namespace tenon::runtime {

struct Store;
struct Thread;
struct Instance;
struct Func;
class CodeModule;
struct Cell;  // one word of executable bytecode (interp/)

// What a host function, or a run of guest code, came to.
enum class Outcome : std::uint8_t {
  returned,   // results are in place
  trapped,    // Thread::pending_trap, and pending_error where the host gave one
  thrown,     // an exception is under way: Thread::pending_exception
  suspended,  // the guest waits; Thread::resume goes on later
};

// A host function's body. `frame` holds the parameters and takes the results, in slots from `frame[0]` on.
using HostCallback = Outcome (*)(Thread& thread, const Func& func, Slot* frame) noexcept;

// Clears the wish to look for better code. True: nothing else was asked for.
inline bool is_only_look(StoreControl& control) noexcept {
  if ((control.native_stack_limit.interrupt.load(std::memory_order_relaxed) & look_wanted) == 0) return false;
  return control.native_stack_limit.interrupt.fetch_and(~look_wanted, std::memory_order_relaxed) == look_wanted;
}

// Where compiled code calls it, and with what context: runtime/native.hpp.
struct Func : FuncHead {
  core::TypeIdx type;  // canonical
  std::uint32_t param_slots = 0;
  std::uint32_t result_slots = 0;
  std::uint32_t value_slots = 1;  // the larger of the two, and one at least
  core::FuncIdx index;            // in the module; none for host functions
  Instance* instance = nullptr;   // where it was defined; nullptr for host functions
  Store* store = nullptr;
  HostCallback callback = nullptr;  // host functions
  // `instance`, when that may run compiled code: then callers may have the function's code in their own.
  Instance* native_instance = nullptr;
  bool is_host() const noexcept { return callback != nullptr; }
};

// A linear memory. `base` never moves. `size` changes by growing only; of a shared memory by any thread.
struct Memory {
  std::uint8_t* base = nullptr;
  std::atomic<std::uint64_t> size = 0;   // accessible bytes, a multiple of the page size
  core::MemoryType type;                 // limits as declared, in pages
  std::uint64_t max_size = 0;            // bytes: of the type, and of what the store's limits and the reservation allow
  std::uint64_t reserved = 0;            // bytes of address space, guard included
  Store* store = nullptr;                // the owner; nullptr for a shared memory, which belongs to all its users
  std::atomic<std::uint32_t> users = 1;  // of a shared memory: stores and handles; the last one releases it
  bool is_resident = false;              // `Span::is_resident`
  std::uint64_t pages() const noexcept { return size.load(std::memory_order_relaxed) >> type.page_size_log2; }
};

struct Table {
  Slot* elements = nullptr;
  std::uint64_t size = 0;
  std::uint64_t capacity = 0;
  std::uint64_t max_size = 0;  // of the type, and of what the store's limits allow
  core::TableType type;        // canonical element type, limits as declared
  Store* store = nullptr;
};

struct Global {
  alignas(16) Slot value[2] = {0, 0};
  core::GlobalType type;  // canonical
  Store* store = nullptr;
};

struct Tag {
  core::TypeIdx type;  // canonical function type
  Store* store = nullptr;
};

// An instance of a module. The arrays are indexed by the module's index spaces, imports first.
struct Instance {
  // Hot: handlers read these.
  Memory* memory0 = nullptr;  // memory 0, or a memory of size 0
  Func** funcs = nullptr;     // made when first asked for (func_ref); imports are set from the start
  Global** globals = nullptr;
  Table** tables = nullptr;
  Memory** memories = nullptr;
  std::atomic<const Cell*>* code = nullptr;  // the module's code table: entry point by own function, imports included
  Store* store = nullptr;
  StoreControl* control = nullptr;  // the store's
  CodeModule* module = nullptr;
  bool has_guards = false;  // its memories of 32 bits with the usual pages have their guard regions
  // Cold.
  Tag** tags = nullptr;
  bool* dropped_elems = nullptr;
  bool* dropped_datas = nullptr;
  std::span<Slot>* elem_values = nullptr;  // evaluated items of each element segment; empty once dropped
  void* host_data = nullptr;

  const core::Module& model() const noexcept;
};

// `Instance::has_guards`, of one whose memories are there.
bool have_guards(const Instance& instance) noexcept;

// The function object of `index`, made if there is none yet.
Func* func_ref(Instance& instance, core::FuncIdx index);

}  // namespace tenon::runtime
