// How the host calls compiled code without a detour, and compiled code the host.
//
// A function that is compiled, and whose values pass in registers, is called through a few instructions
// (`tenon_call_compiled`, jit/direct_call.cpp) that keep what a trap needs to come back. Whether that may be done now
// is said by one word: `StoreControl::direct_stack` is the native stack on which it may, and no stack while anything is
// under way, or when a time limit, a meter or another host thread asks for more. Who finds it different takes the long
// way, which makes the store ready for the next call.
//
// A host function of such values, the other way round, is called by compiled code as it is, with its arguments in
// registers; it notes where the guest's frames end, and that is all.
//
// Nothing here is for use: tenon.hpp uses it, and what it knows of the runtime's structures is here so that they have
// one definition.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "tenon/result.hpp"

namespace tenon::component {
struct Activation;
struct Thread;
}  // namespace tenon::component

namespace tenon::runtime {

struct Instance;
struct Thread;

// One entry into compiled code: `Thread::activation`.
struct NativeActivation {
  NativeActivation* previous = nullptr;    // of the same thread
  const std::uint64_t* entered = nullptr;  // the frame on the managed stack of the function that was entered
  const std::uint64_t* end = nullptr;      // the upper end, on the native stack, of the frames that it made
  // Where compiled code called something that may collect, or look who called: the frame of what was called. Two words
  // of it are known, the caller's frame pointer and where it goes on; above them are compiled frames. nullptr before.
  const std::uint64_t* left_at = nullptr;
  // From where on the native stack there may be references: with the registers that compiled code uses, which were put
  // below. nullptr: as `left_at`.
  const std::uint64_t* kept_at = nullptr;
  const std::uint64_t* callee = nullptr;  // the frame on the managed stack of what was called; nullptr: it has none
};

// The beginning of a thread.
struct ThreadHead {
  NativeActivation* activation = nullptr;  // the innermost entry into compiled code
  Instance* instance = nullptr;            // whose code calls the host; with `Thread::ip`, where the thread stopped
};

// Why guest code looks up at its next call or loop, and may end there: bits, of which 1 says that it shall.
using InterruptFlags = std::atomic<std::uint16_t>;

// How far compiled frames may reach down, and the interrupt, side by side: compiled code compares its stack pointer
// with both as one number of 64 bits. No stack lies as high as that number is while the guest is interrupted.
struct alignas(8) NativeStackLimit {
  std::uint32_t low = 0;
  std::uint16_t middle = 0;
  InterruptFlags interrupt = 0;

  std::uintptr_t address() const noexcept { return std::uintptr_t{middle} << 32 | low; }
  // Parts are written only where they change: who reads all of it at once waits for what was written just before.
  void clear_interrupt() noexcept {
    if (interrupt.load(std::memory_order_relaxed) != 0) interrupt.store(0, std::memory_order_relaxed);
  }
};

// What compiled code and the host's calls of it read and write of a store.
struct StoreControl {
  static constexpr std::uintptr_t no_stack = 1;
  std::uintptr_t direct_stack = no_stack;  // where the host may call compiled code directly
  std::uint64_t direct_outcome = 0;        // not 0: what such a call came to that did not return
  NativeStackLimit native_stack_limit;
  bool has_objects = false;            // registers may hold references
  bool watches_components = false;     // calls at their borders are observed or metered
  Instance* native_caller = nullptr;   // the instance whose compiled code calls a function that may be the host's
  Thread* current = nullptr;           // the thread whose guest code runs or called the host
  Thread* direct_thread = nullptr;     // the one for direct calls; nullptr: there was none yet
  NativeActivation direct_activation;  // its
  void* host = nullptr;                // of whoever made the store
};

// The bits of an interrupt that ask for something else than that the guest ends.
inline constexpr std::uint16_t sample_wanted = 2;  // by a profiler, which the store's owner knows
inline constexpr std::uint16_t look_wanted = 4;    // is there better code for the loop by now?

// The beginning of a function.
struct FuncHead {
  const void* host_entry = nullptr;    // compiled code that the host may call directly; nullptr: none, or not yet
  void* native_context = nullptr;      // what compiled code gets first, from whoever calls it
  const void* native_entry = nullptr;  // where compiled code calls the function; nullptr until somebody did
  StoreControl* control = nullptr;     // the store's
  void* data = nullptr;                // of a host function: its own
  const void* host_code = nullptr;     // and what takes its arguments as they are, if it can
};

// What the host's direct call of a component's function notes beside that of the core function: that the instance and
// those around it are entered, and that this is the innermost call. Its activation is the function's own, for it is
// under way once at a time.
struct ComponentEntry {
  static constexpr unsigned most_entered = 4;
  const FuncHead* callee = nullptr;             // the core function
  component::Activation* activation = nullptr;  // of the call
  component::Activation** current = nullptr;    // the innermost call of the store
  component::Thread** thread = nullptr;         // the activation's, made when something asks for it
  std::uint64_t* storage = nullptr;             // and its two words
  std::uint32_t* depth = nullptr;               // of synchronous calls
  std::uint64_t* entered[most_entered] = {};    // not 0: the instance may not be entered
  unsigned entered_count = 0;

  bool may_enter() const noexcept {
    std::uint64_t taken = 0;
    for (unsigned i = 0; i < entered_count; ++i) taken |= *entered[i];
    return taken == 0 && callee->host_entry != nullptr;
  }
  void enter() const noexcept {
    for (unsigned i = 0; i < entered_count; ++i) *entered[i] = 1;
    storage[0] = storage[1] = 0;
    *current = activation;
    ++*depth;
  }
  // False: more is to be done than this, and nothing was.
  bool leave() const noexcept {
    if (*thread != nullptr) return false;
    --*depth;
    *current = nullptr;
    for (unsigned i = 0; i < entered_count; ++i) *entered[i] = 0;
    return true;
  }
};

// The beginnings of a component's function as the host has it, and as another component calls it.
struct LiftedFuncHead {
  mutable ComponentEntry* entry = nullptr;  // nullptr: no direct calls, or not yet
};
struct LoweredFuncHead {
  void* host_function = nullptr;                 // whose `direct` is the function's `host_code`
  const std::uint64_t* may_not_leave = nullptr;  // not 0: the caller may call nothing now
};

}  // namespace tenon::runtime

namespace tenon::detail {

// The native stack that the calling host thread stands on.
struct HostStack {
  std::uintptr_t lowest = 0;  // its lowest address; 0: the thread's own, and nobody has asked yet
};
extern constinit thread_local HostStack host_stack;

// What handles know of their store, while it is there and after.
struct DirectCalls {
  runtime::StoreControl* control;  // of a store that has ended: one that allows nothing
  unsigned depth = 0;              // of calls from the host under way
};

// Numbers, and so few that they and the context pass in registers.
template <class T>
inline constexpr bool is_number =
    std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::uint32_t> || std::is_same_v<T, std::int64_t> ||
    std::is_same_v<T, std::uint64_t> || std::is_same_v<T, float> || std::is_same_v<T, double>;
#if defined(__x86_64__)
inline constexpr int most_integers = 5;
inline constexpr int most_floats = 8;
#elif defined(__aarch64__)
inline constexpr int most_integers = 7;
inline constexpr int most_floats = 8;
#endif
template <class R, class... Args>
inline constexpr bool pass_in_registers = (std::is_void_v<R> || is_number<R>) && (is_number<Args> && ...) &&
                                          (int{std::is_integral_v<Args>} + ... + 0) <= most_integers &&
                                          (int{std::is_floating_point_v<Args>} + ... + 0) <= most_floats;

// What a direct call came to that did not return.
Error end_of_direct_call(runtime::StoreControl& control) noexcept;
// The end of a direct call of a component's function that did not return, or after which more is to be done than
// `ComponentEntry::leave` does.
Result<void> end_of_component_call(runtime::StoreControl& control, const runtime::ComponentEntry& entry) noexcept;

// Called as a function that takes a `FuncHead*` and its arguments, and gives its result.
extern "C" void tenon_call_compiled();
// The way of compiled code to a host function: calls its `host_code`. The frame is that of what it calls.
extern "C" void tenon_call_host();

// A call of a host function by compiled code: where the guest's frames end, and whose code calls. `frame` is the
// function's own.
class CallByGuest {
 public:
  CallByGuest(runtime::StoreControl& control, const void* frame) noexcept
      : thread_(*reinterpret_cast<runtime::ThreadHead*>(control.current)), instance_(thread_.instance) {
    thread_.activation->left_at = *static_cast<const std::uint64_t* const*>(frame);
    thread_.instance = control.native_caller;
  }
  void go_on() const noexcept { thread_.instance = instance_; }

 private:
  runtime::ThreadHead& thread_;
  runtime::Instance* instance_;
};
inline bool must_stop(const runtime::StoreControl& control) noexcept {
  return (control.native_stack_limit.interrupt.load(std::memory_order_relaxed) &
          ~(runtime::sample_wanted | runtime::look_wanted)) != 0;
}
// Runs it with the registers of compiled code where the collector sees them.
void call_with_registers_kept(runtime::StoreControl& control, void (*run)(void*), void* argument);
// Notes why the guest is stopped: what was thrown (for a `catch`), or an error that the host function gave.
void note_thrown(runtime::StoreControl& control) noexcept;
void note_error(runtime::StoreControl& control, Error&& error) noexcept;
// A host function that a component calls directly, in the way that other callers take: by slots.
Result<void> call_by_slots(const runtime::FuncHead& func, std::uint64_t* slots) noexcept;
// A component goes no further: because of what was noted, or because its store has ended.
[[noreturn]] void stop_component(runtime::StoreControl& control) noexcept;
// The guest goes no further: because of what was noted, or because it was interrupted. Leaves its frames.
[[noreturn]] void stop_guest(runtime::StoreControl& control) noexcept;

}  // namespace tenon::detail
