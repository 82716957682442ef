// What the files of built-ins (canon_*.cpp) share.
#pragma once

#include "abi/traps.hpp"
#include "runtime/component/canon.hpp"
#include "runtime/component/scheduler.hpp"
#include "runtime/component/task.hpp"

namespace tenon::component {

// A core argument that is an i32.
inline std::uint32_t u32(runtime::Slot slot) noexcept { return static_cast<std::uint32_t>(slot); }

// A built-in that never waits: takes its arguments from the frame and puts its result there.
using PlainBuiltIn = Result<void> (*)(const BuiltIn& built_in, runtime::Slot* frame);
template <PlainBuiltIn function>
runtime::Outcome plain(runtime::Thread& core, const runtime::Func& func, runtime::Slot* frame) noexcept {
  const auto& built_in = *static_cast<const BuiltIn*>(func.data);
  auto done = function(built_in, frame);
  return done ? runtime::Outcome::returned : trap_in(built_in, core, std::move(done).error());
}
// The same, where nothing may be called while the instance may not be left.
template <PlainBuiltIn function>
runtime::Outcome leaving(runtime::Thread& core, const runtime::Func& func, runtime::Slot* frame) noexcept {
  const auto& built_in = *static_cast<const BuiltIn*>(func.data);
  auto done = check_may_leave(*built_in.inst);
  if (done) done = function(built_in, frame);
  return done ? runtime::Outcome::returned : trap_in(built_in, core, std::move(done).error());
}

// Whether the built-in waits until it has a result.
bool is_blocking(const BuiltIn& built_in) noexcept;

// A built-in that may wait: it has the thread that calls it.
using WaitingBuiltIn = Result<runtime::Outcome> (*)(const BuiltIn& built_in, runtime::Thread& core, Thread& thread,
                                                    runtime::Slot* frame);
template <WaitingBuiltIn function>
runtime::Outcome waiting(runtime::Thread& core, const runtime::Func& func, runtime::Slot* frame) noexcept {
  const auto& built_in = *static_cast<const BuiltIn*>(func.data);
  if (auto allowed = check_may_leave(*built_in.inst); !allowed)
    return trap_in(built_in, core, std::move(allowed).error());
  auto thread = current_thread(*built_in.inst->scheduler);
  if (!thread) return trap_in(built_in, core, std::move(thread).error());
  auto outcome = function(built_in, core, **thread, frame);
  if (outcome) return *outcome;
  // That it could not wait in any case is the better reason.
  if (is_blocking(built_in) && !may_wait(*(*thread)->activation)) {
    return trap_in(built_in, core, trapped(cannot_block, ": ", outcome.error().message()));
  }
  return trap_in(built_in, core, std::move(outcome).error());
}

inline constexpr std::uint32_t blocked = 0xFFFF'FFFF;

// Callbacks by file.
runtime::HostCallback task_built_in(CanonOp op) noexcept;
runtime::HostCallback waitable_built_in(CanonOp op) noexcept;
runtime::HostCallback stream_built_in(CanonOp op) noexcept;
runtime::HostCallback thread_built_in(CanonOp op) noexcept;
runtime::HostCallback error_context_built_in(CanonOp op) noexcept;

}  // namespace tenon::component
