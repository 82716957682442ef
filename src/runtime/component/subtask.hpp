// A call of an import as its guest caller sees it: the other half of a task.
//
// The subtask is the `Call` that the callee gets (on_start, on_resolve), and holds where arguments come from and
// results go. Of a call with the synchronous option it never gets into a handle table.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#subtask-state
#pragma once

#include <optional>
#include <vector>

#include "runtime/component/call.hpp"
#include "runtime/component/guest_context.hpp"
#include "runtime/component/observer.hpp"
#include "runtime/component/waitable.hpp"

namespace tenon::component {

struct Subtask final : Waitable, Call {
  enum class State : std::uint8_t {
    starting = 0,
    started = 1,
    returned = 2,
    cancelled_before_started = 3,
    cancelled_before_returned = 4,
  };

  Subtask(const LoweredFunc& lowered, std::span<const runtime::Slot> arguments);

  const LoweredFunc* func;
  State state = State::starting;
  bool cancellation_requested = false;
  bool resolve_delivered = false;    // lenders is None
  bool is_progress_visible = false;  // it has a handle: changes of state are events
  Task* task = nullptr;              // of a guest callee
  void* host_call = nullptr;         // of a host callee
  Lenders lenders;
  runtime::Slot flat_args[17];
  std::uint32_t flat_arg_count;
  runtime::Slot flat_result = 0;
  ObservedCall observed;  // of the host

  bool resolved() const noexcept { return state >= State::returned; }
  void deliver_resolve() noexcept;

  // For a host callee with C++ types: the flat arguments, of which there are at most `max_flat_params`; then, unless
  // there is none, where a result goes that is not `max_flat_results` core values; and that it is there.
  std::span<const runtime::Slot> take_arguments() noexcept;
  void return_flat(runtime::Slot result) noexcept;
  unsigned max_flat_params() const noexcept;
  unsigned max_flat_results() const noexcept;
  std::optional<std::uint64_t> out_pointer() const noexcept;

  Result<void> start(const LiftedFunc& callee, BorrowScope& borrows, runtime::Slot* flat) override;
  Result<std::vector<Val>> start() override;
  Result<void> resolve(const LiftedFunc& callee, std::span<const runtime::Slot> flat, unsigned max_flat) override;
  Result<void> resolve(std::span<const Val> results) override;
  Result<void> resolve_cancelled() override;

 private:
  void begin() noexcept;
  bool return_number(const FuncSignature& type, runtime::Slot result) noexcept;
  void make_progress() noexcept;
  void finish(State end) noexcept;
};

// The event of a subtask that has one pending.
Event take_event(Subtask& subtask) noexcept;

}  // namespace tenon::component
