// Compiled code as the runtime sees it, whatever compiled it.
//
// A compiled function has the machine's address as its entry and takes a context (its instance; for functions that are
// not compiled, the `Func` that a bridge calls) and its parameters in registers. Functions that are compiled and ones
// that are not call each other: bytecode enters compiled code through a gate in the module's table of entries, and
// compiled code enters everything else through a bridge that puts the arguments into slots.
//
// Compiled frames lie on the native stack. A trap leaves them all at once, back to the innermost activation.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/entities.hpp"
#include "runtime/thread.hpp"

namespace tenon::runtime {

// What compiled code calls, by its place in `NativeModule::helpers`. Those that don't return leave to the activation.
enum class NativeHelper : std::uint8_t {
  trap,             // (Instance*, u32 reason): does not return
  call_func,        // (Func*, Slot*): arguments in, results out
  prepare_func,     // (Func*, void* bridge): gives the function an entry
  resolve_callee,   // (Instance*, Func*, u64 element, u32 type): traps, or the callee's type is a subtype
  own_func,         // (Instance*, u32 index): its Func*
  memory_grow,      // (Instance*, u32 memory, u64 pages): old pages, or -1
  copy_bytes,       // (Instance*, u32 to_memory, u32 from_memory, u64 to, u64 from, u64 size)
  fill_bytes,       // (Instance*, u32 memory, u64 to, u32 byte, u64 size)
  init_bytes,       // (Instance*, u32 memory, u32 data, u64 to, u64 from, u64 size)
  data_drop,        // (Instance*, u32 data)
  throw_exception,  // (Instance*, u32 tag, Slot*, u32 slots): does not return
  interrupted,      // (Instance*): traps, or the guest may go on
  count,
};

using NativeThunk = void (*)(const void* entry, void* context, Slot* frame);

// The compiled code of a module. Compiled code knows the layout of the first fields.
struct NativeModule {
  const void* const* helpers = nullptr;     // by NativeHelper
  const std::uint32_t* type_ids = nullptr;  // the canonical type of each of the module's types
  // Of each function of the module, imports included; null: not compiled, or not yet, for code may come while others
  // run.
  std::span<std::atomic<const void*>> entries;
  std::span<std::atomic<NativeThunk>> thunks;  // from slots to registers; set before the entry
  std::span<const Cell> gates;                 // two cells for each function: bytecode that enters compiled code
  bool needs_guards = false;                   // memories must have their guard regions
};

// True if the instance's memories allow the module's compiled code.
bool can_run_native(const Instance& instance) noexcept;

}  // namespace tenon::runtime
