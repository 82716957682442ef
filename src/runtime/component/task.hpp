// Tasks and their threads, and how a thread waits.
//
// The definition suspends threads with continuations. Here guest code stands on a managed stack (`runtime::Thread`),
// which a built-in suspends by returning `Outcome::suspended`; what is left to do when the thread goes on is a function
// pointer and a few words, `Wait`. So a thread that waits costs its own size and, when guest frames are on it, a
// managed stack; a task that waits in its callback loop has no frames and holds no stack.
//
// A thread of a call whose function type is synchronous may not be suspended: its caller waits on the native stack.
// When it blocks, the loop that the definition has in `canon_lift` runs inside the built-in that blocks: other threads
// of the instance go on until this one is ready, and if none can, that is the trap. (Such a thread is `is_native`.)
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#tasks
#pragma once

#include <cstdint>
#include <span>

#include "runtime/component/observer.hpp"
#include "runtime/component/state.hpp"
#include "runtime/component/waitable.hpp"

namespace tenon::component {

struct Call;

enum class Cancelled : std::uint8_t { no = 0, yes = 1 };

// What a thread waits for, and how it goes on.
struct Wait {
  // What wakes it. `none`: it is suspended, until some thread resumes it; `turn`: nothing but its turn.
  enum class For : std::uint8_t { none, turn, waitable, set, entry };
  For what = For::none;
  bool cancellable = false;
  bool is_step = false;    // no guest frames are suspended: `finish` goes on with the call, and `results` is not used
  bool exclusive = false;  // goes on only when no thread runs exclusively in the instance
  std::uint8_t result_slots = 0;
  Waitable* waitable = nullptr;
  WaitableSet* set = nullptr;
  // Completes the built-in that waited: gives its results, in slots from `results[0]` on.
  Result<void> (*finish)(Thread& thread, Cancelled cancelled, runtime::Slot* results) = nullptr;
  const void* built_in = nullptr;  // of `finish`
  std::uint64_t argument = 0;
};

struct Thread {
  enum class State : std::uint8_t { running, suspended, waiting };

  Thread() = default;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  Task* task = nullptr;
  State state = State::suspended;
  bool is_native = false;       // see above
  bool is_switched_to = false;  // native threads: another thread gave them the control
  bool is_parked = false;       // its instance's list of waiters has it
  std::uint32_t index = 0;      // in the instance's threads; 0: none yet
  Wait wait;
  runtime::Thread* core = nullptr;         // its managed stack; nullptr: it has no frames
  const runtime::Func* running = nullptr;  // what was called at the stack's bottom
  Activation* activation = nullptr;        // `own`, or the one on the native stack that it was made for
  Activation own;
  // A thread that was made by thread.new-indirect begins with this.
  const runtime::Func* start_func = nullptr;
  runtime::Slot start_argument = 0;

  std::uint64_t queue_place = 0;  // in the scheduler's queue of those that may be ready; 0: not in it
  Thread* next_waiter = nullptr;  // of the same set
  Thread* previous_waiter = nullptr;
  Thread* next_parked = nullptr;  // of the same instance
  Thread* previous_parked = nullptr;
  Thread* next_in_task = nullptr;

  bool is_ready() const noexcept;
};

struct Task {
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task();

  enum class State : std::uint8_t { initial, started, pending_cancel, cancel_delivered, resolved };

  const LiftedFunc* func = nullptr;  // ft, opts; nullptr: core code that instantiation runs
  ComponentInstance* inst = nullptr;
  Call* call = nullptr;       // on_start, on_resolve; nullptr for synchronous calls, and once resolved
  Call* host_call = nullptr;  // of a call from the host, until the end
  State state = State::initial;
  Thread* implicit_thread = nullptr;
  Thread* first_thread = nullptr;  // registered ones
  std::uint32_t num_threads = 0;
  BorrowScope* borrows = &own_borrows;
  BorrowScope own_borrows;
  ObservedCall observed;
  bool counts = false;  // against its instance's limit

  bool is_async_type() const noexcept { return func != nullptr && func->type->is_async; }
  // Only one call of these at a time may run in an instance.
  bool needs_exclusive() const noexcept { return !func->opts.async || func->opts.callback != nullptr; }
};

// The thread of the innermost call under way, made if nothing asked before. Errors: trap (limits).
Result<Thread*> current_thread(Scheduler& scheduler);

// Blocks the current thread: gives what the built-in's callback returns. `frame` is the built-in's, and takes the
// results when the thread goes on at once. `switch_to` (may be nullptr) is a suspended thread that goes on instead.
runtime::Outcome block(runtime::Thread& core, Thread& thread, runtime::Slot* frame, const Wait& wait,
                       Thread* switch_to = nullptr);
// `wait_until`: the same, but goes on at once when a cancellation is pending, or there is nothing to wait for.
runtime::Outcome wait_until(runtime::Thread& core, Thread& thread, runtime::Slot* frame, const Wait& wait);
inline constexpr std::string_view cannot_block = "cannot block a synchronous task before returning";
// Whether a thread of this call may wait: its function is asynchronous, or there are others that can go on meanwhile.
bool may_wait(const Activation& activation) noexcept;
// What a built-in's callback returns when it fails.
runtime::Outcome failed(runtime::Thread& core, Error error) noexcept;

// Runs a thread that is suspended or waiting until it blocks or ends, and those that it switches to. Errors: trap.
Result<void> resume(Thread& thread, Cancelled cancelled = Cancelled::no);
// Makes a suspended thread ready.
void resume_later(Thread& thread) noexcept;
void start_waiting(Thread& thread) noexcept;
void stop_waiting(Thread& thread) noexcept;

// A task with its implicit thread, which has not begun; and a further thread of a task. Errors: trap (limits).
Result<Task*> make_task(const LiftedFunc& func, Call& call);
Result<Thread*> make_thread(Task& task, const runtime::Func& start_func, runtime::Slot argument);
// The call of a thread that was made for an activation has returned: its task is resolved.
Result<void> end_synchronous_thread(Thread& thread);

bool deliver_pending_cancel(Task& task, bool cancellable) noexcept;
Result<void> request_cancellation(Task& task, const ComponentInstance* caller);
// Whether the task may give its result now (`return_`, `cancel`). Errors: trap.
Result<void> check_resolve(const Task& task);
// The result was given to `task.call`.
void mark_resolved(Task& task) noexcept;

}  // namespace tenon::component
