// Calls of compiled code by the host, and of the host by compiled code, in which values stay in registers: what
// tenon/direct_call.hpp declares.
#pragma once

#include "jit/unwind.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

// After a call from the host with nothing under way, of a function that is compiled (runtime/native.hpp): the next one
// may be direct.
void allow_direct_calls(runtime::Store& store, runtime::Func& func) noexcept;

// Whether one may be made now.
inline bool may_call_directly(const runtime::Store& store, const runtime::Func& func) noexcept {
  return store.control.direct_stack == detail::host_stack.lowest && func.host_entry != nullptr;
}
// One with slots, for who has its values there. `values` has the arguments, and gets the results. What did not return
// is left to `end_direct_call`.
runtime::Outcome call_directly(runtime::Store& store, const runtime::Func& func, runtime::Slot* values) noexcept;

// After a direct call that did not return: its error, and the store is ready for the next.
Error end_direct_call(runtime::Store& store);

// Leaves the compiled frames of a direct call.
[[noreturn]] void leave_direct_call(runtime::StoreControl& control, runtime::Outcome outcome) noexcept;

// The thread of the direct call whose frame it is; nullptr: it is another's.
runtime::Thread* thread_of_direct_call(const MachineFrame& frame) noexcept;

}  // namespace tenon::jit
