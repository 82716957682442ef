// Compiled code as the runtime sees it, whatever compiled it.
//
// A compiled function has the machine's address as its entry and takes a context (its instance; for functions that are
// not compiled, the `Func` that a bridge calls) and its parameters in registers. Functions that are compiled and ones
// that are not call each other: bytecode enters compiled code through a gate in the module's table of entries, and
// compiled code enters everything else through a bridge that puts the arguments into slots.
//
// Compiled frames lie on the native stack. A trap leaves them all at once, back to the innermost activation.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "runtime/entities.hpp"
#include "runtime/handle_rows.hpp"
#include "runtime/heap.hpp"
#include "runtime/store.hpp"
#include "runtime/thread.hpp"

namespace tenon::runtime {

// What compiled code calls, by its place in `NativeModule::helpers`. Those that don't return leave to the activation.
enum class NativeHelper : std::uint8_t {
  trap,             // (Instance*, u32 reason): does not return
  call_func,        // (Func*, Slot*): arguments in, results out; 0, or the exception that came instead
  prepare_func,     // (Func*, void* bridge): gives the function an entry
  resolve_callee,   // (Instance*, Func*, u64 element, u32 type): traps, or the callee's type is a subtype
  own_func,         // (Instance*, u32 index): its Func*
  memory_grow,      // (Instance*, u32 memory, u64 pages): old pages, or -1
  copy_bytes,       // (Instance*, u32 to_memory, u32 from_memory, u64 to, u64 from, u64 size)
  fill_bytes,       // (Instance*, u32 memory, u64 to, u32 byte, u64 size)
  init_bytes,       // (Instance*, u32 memory, u32 data, u64 to, u64 from, u64 size)
  data_drop,        // (Instance*, u32 data)
  make_exception,   // (Instance*, u32 tag, const Slot*, u32 slots): its reference
  raise,            // (Instance*, Slot exception): goes on at who catches it; does not return
  interrupted,      // (Instance*): traps, or the guest may go on
  table_grow,       // (Instance*, u32 table, u64 elements, Slot init): old size, or -1
  table_fill,       // (Instance*, u32 table, u64 to, Slot value, u64 size)
  table_copy,       // (Instance*, u32 to_table, u32 from_table, u64 to, u64 from, u64 size)
  table_init,       // (Instance*, u32 table, u32 elem, u64 to, u64 from, u64 size)
  elem_drop,        // (Instance*, u32 elem)
  struct_new,       // (Instance*, u32 type, const Slot* fields): nullptr for their defaults
  array_new,        // (Instance*, u32 type, const Slot* value, u32 length): likewise
  array_new_fixed,  // (Instance*, u32 type, const Slot* values, u32 length)
  array_new_data,   // (Instance*, u32 type, u32 data, u32 from, u32 length)
  array_new_elem,   // (Instance*, u32 type, u32 elem, u32 from, u32 length)
  array_fill,       // (Instance*, Slot array, u32 at, const Slot* value, u32 length)
  array_copy,       // (Instance*, Slot to_array, u32 to, Slot from_array, u32 from, u32 length)
  array_init_data,  // (Instance*, Slot array, u32 at, u32 data, u32 from, u32 length)
  array_init_elem,  // (Instance*, Slot array, u32 at, u32 elem, u32 from, u32 length)
  ref_test,         // (Instance*, Slot ref, u32 heap type): 1 if the reference, not null, has it
  count,
};

// A heap type as `ref_test` has it: an abstract one, or the index of one of the module's types with this bit.
inline constexpr std::uint32_t native_type_index = 0x8000'0000;

// The words below a frame in which the registers are that compiled code uses, once they were put there.
inline constexpr unsigned kept_registers = 16;

// What a `NativeWait` is.
struct NativeWaiting : NativeWait {
  NativeActivation* innermost_activation = nullptr;  // while it waits
};

// Compiled frames that a trap found, and left: all those of one activation.
struct NativeFrames {
  const Slot* callee = nullptr;   // the frame on the managed stack that their innermost one called; nullptr: none
  const Slot* entered = nullptr;  // the frame on the managed stack through which they were entered
  std::size_t first = 0;          // in `NativeBacktrace::positions`
  std::size_t count = 0;          // of those kept
  std::size_t left_out = 0;       // and of those that are not
};
struct NativeBacktrace {
  const Store* store = nullptr;  // whose they are
  std::vector<NativeFrames> frames;
  std::vector<BacktraceFrame> positions;
  void clear() noexcept {
    frames.clear();
    positions.clear();
  }
};

// The layout of what compiled code reads beyond the beginnings of structures.
inline constexpr std::size_t array_length_at = sizeof(Object);
inline constexpr std::size_t exception_tag_at = sizeof(Object) + 8;
// Functions and threads are no plain data, so `offsetof` is not for them; but a pointer to a member is its offset, and
// the compiler knows it (Itanium C++ ABI, 2.3.1).
template <class T, class Class>
std::size_t place_of(T Class::* member) noexcept {
  return static_cast<std::size_t>(std::bit_cast<std::ptrdiff_t>(member));
}

using NativeThunk = void (*)(void* context, const void* entry, Slot* frame);

// The compiled code of a module. Compiled code knows the layout of the first fields.
struct NativeModule {
  const void* const* helpers = nullptr;     // by NativeHelper
  const std::uint32_t* type_ids = nullptr;  // the canonical type of each of the module's types
  // Of each function of the module, imports included; null: not compiled, or not yet, for code may come while others
  // run.
  std::span<std::atomic<const void*>> entries;
  // From slots to registers, set before the entry; null: only compiled code enters it.
  std::span<std::atomic<NativeThunk>> thunks;
  std::span<const Cell> gates;  // two cells for each function: bytecode that enters compiled code
  bool needs_guards = false;    // memories must have their guard regions
  // The host's call of a compiled function of an instance of the module: what the thread has under way is the host's to
  // keep. `values` has the arguments, and gets the results.
  Outcome (*call)(Thread& thread, const Func& func, Slot* values) noexcept = nullptr;
  // Begins a call of a compiled function that may be suspended, on an empty thread, with its arguments in the frame.
  Outcome (*start)(Thread& thread, const Func& func, Slot* frame) noexcept = nullptr;
  // Bytecode of the instance stands at `ip`, where it looked up, with the frame at `frame`. Gives bytecode that goes on
  // from there in better code; nullptr: there is none yet. May be nullptr itself.
  const Cell* (*look)(const NativeModule& native, const Instance& instance, const Cell* ip,
                      const Slot* frame) noexcept = nullptr;
  void* owner = nullptr;  // of whoever set it
  // Of the calling host thread: the frames that were kept for the backtrace to come.
  NativeBacktrace& (*kept_frames)() noexcept = nullptr;
};

// How compiled code calls functions of the host that have a `Func::host_code`, with numbers in registers. What these
// call instead where they cannot go on by themselves gets the frame of the `host_code`.
struct DirectHost {
  const void* entry = nullptr;  // for `Func::native_entry`; `native_context` is the function
  // The function's callback, as compiled code calls functions without a `host_code`: it may call guests and wait. Comes
  // back with the results in `slots`, or not at all.
  void (*call)(const Func& func, Slot* slots, const void* frame) noexcept = nullptr;
  // Does not return: the guest goes no further, as `outcome` and the thread say: that of a callback that was called as
  // it is, which may not do any of that.
  void (*leave)(Thread& thread, Outcome outcome, const void* frame) noexcept = nullptr;
};

// The `host_code` of a function whose callback calls no guest, never waits and makes no objects: the callback. Its
// arguments are numbers of core code; `Result` is one, or void.
template <HostCallback callback, class Result, class... Args>
Result call_back(const FuncHead* head, Args... arguments) noexcept {
  const auto& func = *static_cast<const Func*>(head);
  Thread& thread = *func.control->current;
  Slot slots[sizeof...(Args) + 1] = {Slot{arguments}...};
  const Outcome outcome = callback(thread, func, slots);
  if (outcome != Outcome::returned) [[unlikely]] {
    func.store->direct_host->leave(thread, outcome, __builtin_frame_address(0));
  }
  if constexpr (!std::is_void_v<Result>) return static_cast<Result>(slots[0]);
}

// Has compiled code call the function by `code`, where the store's compiled code can.
template <class Result, class... Args>
void call_directly(Func& func, Result (*code)(const FuncHead*, Args...) noexcept) noexcept {
  if (func.store->direct_host == nullptr) return;
  func.host_code = reinterpret_cast<const void*>(code);
  func.native_entry = func.store->direct_host->entry;
  func.native_context = &func;
}

// True if the function is compiled code that its instance may run, and that the host may enter; others may be too,
// until they were called once.
inline bool is_compiled(const Func& func) noexcept {
  return func.native_entry != nullptr && func.native_context == func.instance &&
         func.instance->module->native->thunks[func.index.value].load(std::memory_order_relaxed) != nullptr;
}

// True if the instance's memories allow the module's compiled code, which there is.
inline bool can_run_native(const Instance& instance) noexcept {
  return instance.has_guards || !instance.module->native->needs_guards;
}

}  // namespace tenon::runtime
