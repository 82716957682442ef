// The state of a component instance that the canonical ABI's rules work on, and the calls under way in it.
//
// A call of a component function makes, says the definition, a task with an implicit thread. Most calls are over before
// anybody could see either: they enter, run and leave on their caller's stack. So a call is first only an `Activation`,
// a struct on the stack of whoever makes the call; `current_thread` (task.hpp) makes the task and the thread of it when
// something asks. What every call needs lies in the activation itself: thread-local storage and the count of borrows.
//
// Files and who writes them:
//   handles, state, waitable, task, stream, scheduler (.hpp, .cpp)   state machines; canon_*.cpp but
//   canon_resource.cpp:
//                                                                    built-ins; async_call: async lift and lower
//   instance.hpp/.cpp, canon_resource.cpp, sync_call                 instantiation from plans, synchronous lift and
//                                                                    lower, resources
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#component-instances
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "base/concat.hpp"
#include "model/component/signatures.hpp"
#include "runtime/component/handles.hpp"
#include "runtime/store.hpp"
#include "spec/component_limits.hpp"

namespace tenon::component {

struct Scheduler;
struct Task;

// The options of a canonical definition, with indices resolved.
struct CanonicalOptions {
  StringEncoding string_encoding = StringEncoding::utf8;
  bool async = false;
  runtime::Memory* memory = nullptr;
  runtime::Func* realloc = nullptr;
  runtime::Func* post_return = nullptr;
  runtime::Func* callback = nullptr;
  bool is_memory64() const noexcept { return memory != nullptr && memory->type.limits.is_64; }
};

// What one component instance may take.
struct ComponentLimits {
  static constexpr std::uint64_t unlimited = ~std::uint64_t{0};
  std::uint32_t handles = HandleTable::max_length;        // at one time
  std::uint32_t tasks = 1U << 28;                         // asynchronous calls of it under way
  std::uint64_t lifted_bytes = limits::max_lifted_bytes;  // of host memory, by the values of one call
  std::uint32_t nested_calls = limits::max_nested_calls;  // on the native stack, when it is called
  // Beside the store's limits (meter.hpp): bytes of all its memories, units in all, and nanoseconds of one turn.
  std::uint64_t memory = unlimited;
  std::uint64_t fuel = unlimited;
  std::uint64_t time = unlimited;
};

// A number of 64 bits that adapters (adapter.hpp) share with the runtime.
inline runtime::Global make_number(runtime::Store& store, runtime::Slot value, bool is_mutable = true) noexcept {
  runtime::Global global;
  global.value[0] = value;
  global.type = {.value = core::i64, .is_mutable = is_mutable};
  global.store = &store;
  return global;
}

struct ComponentInstance {
  ComponentInstance(Scheduler& scheduler, ComponentInstance* parent, std::pmr::memory_resource& memory);
  ComponentInstance(const ComponentInstance&) = delete;
  ComponentInstance& operator=(const ComponentInstance&) = delete;

  Scheduler* scheduler;
  ComponentInstance* parent;
  HandleTable handles;
  ThreadTable threads;
  // Numbers that adapters read and write too. `entered`: 0 when the instance may be entered; 1, or for a call that has
  // no activation yet the address of its `AdaptedFunc`, when it may not.
  runtime::Global entered;
  runtime::Global may_not_leave;
  std::uint32_t backpressure = 0;
  std::uint32_t num_waiting_to_enter = 0;
  Thread* exclusive_thread = nullptr;
  Thread* first_parked = nullptr;  // threads that wait for backpressure or exclusive_thread to let them go on
  Thread* last_parked = nullptr;

  // What the resource types of the component's signatures stand for here, by ResourceId.
  std::span<const RuntimeResourceType* const> resources;
  std::string_view name;    // in the component that instantiated it; may be empty
  std::uint32_t index = 0;  // among the instances of its root
  void* host = nullptr;     // of whoever instantiated it
  ComponentLimits limits;
  std::uint32_t num_tasks = 0;

  // Of its own limits (meter.hpp). `most`: what the memory could have without them.
  struct OwnedMemory {
    runtime::Memory* memory;
    std::uint64_t most;
  };
  std::pmr::vector<OwnedMemory> memories;  // where there is a limit
  std::int64_t fuel_left = 0;
  std::uint64_t time_left = 0;
  std::uint64_t time_turn = 0;

  bool may_enter() const noexcept { return entered.value[0] == 0; }
  // Another instance of the component that has made this one: most calls are from such, and enter this one only.
  bool is_beside(const ComponentInstance* caller) const noexcept {
    return caller != nullptr && caller != this && caller->parent == parent;
  }
  bool may_leave() const noexcept { return may_not_leave.value[0] == 0; }
  void set_may_leave(bool may) noexcept { may_not_leave.value[0] = may ? 0 : 1; }
  const RuntimeResourceType* resource(ResourceId id) const noexcept { return resources[id.value]; }

  // The instances that a call from `caller` (nullptr: the host) enters: this one and its ancestors, without those that
  // the caller is in already. A trap leaves them entered for ever: nothing gets in again.
  bool may_enter_from(const ComponentInstance* caller) const noexcept;
  // The same for calls of functions: an instance may not call those around it or inside of it.
  bool may_be_called_from(const ComponentInstance* caller) const noexcept;
  void enter_from(const ComponentInstance* caller) noexcept;
  void leave_to(const ComponentInstance* caller) noexcept;
};

// A component function made by `canon lift`.
struct LiftedFunc {
  ComponentInstance* inst = nullptr;
  const FuncSignature* type = nullptr;  // in the resource ids of `inst`
  CanonicalOptions opts;
  runtime::Func* callee = nullptr;
  std::string_view name;
};

// One call of a component function under way: on the stack of whoever makes it, or inside of a `Thread`.
struct Activation {
  ComponentInstance* inst = nullptr;
  const LiftedFunc* func = nullptr;  // nullptr: core code that instantiation runs
  Activation* caller = nullptr;      // the one that was current before
  Thread* thread = nullptr;          // made when asked for
  std::uint64_t storage[2] = {0, 0};
  BorrowScope borrows;
  bool is_adapters = false;  // of an adapter's call (adapter.hpp)
};

// Makes `activation` the current one of its instance's scheduler and the other way; for calls of functions whose type
// is synchronous. The caller has checked and set may_enter (`enter_from`).
void push_activation(Activation& activation) noexcept;
// Errors: trap (handles borrowed by the call are still there; threads it made are still running and it has not
// returned, which cannot be).
Result<void> pop_activation(Activation& activation);
// After a trap: the same without checks.
void abandon_activation(Activation& activation) noexcept;

// Of a trap, before the calls that it ends are abandoned: the same with the component that passed a limit, and with the
// function whose post-return it was in.
Error name_place(const Scheduler& scheduler, Error error) noexcept;

// The innermost call under way; never nullptr while guest code runs.
Activation& current_activation(Scheduler& scheduler) noexcept;
// The instance of that call.
ComponentInstance& current_instance(Scheduler& scheduler) noexcept;

// A trap for passing a limit, which names the component. `inst` may be nullptr.
Error beyond_limit(const ComponentInstance* inst, std::string_view what);
// "outer.inner", from the names of the instances from the root's child down; "#2" where one has none. Of a root
// nothing.
void append_path(TextBuffer& out, const ComponentInstance& inst) noexcept;

// What every built-in begins with. Errors: trap "cannot leave component instance".
Error cannot_leave();
inline Result<void> check_may_leave(const ComponentInstance& inst) {
  if (inst.may_leave()) [[likely]]
    return {};
  return cannot_leave();
}

}  // namespace tenon::component
