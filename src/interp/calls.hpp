// Entering and leaving functions: what the handlers of calls, returns and imports share.
#pragma once

#include "interp/code.hpp"
#include "interp/registers.hpp"

namespace tenon::interp {

using runtime::Func;
using runtime::header_caller_frame;
using runtime::header_caller_instance;
using runtime::header_return_ip;

// Writes the header of the callee's frame; the callee returns to `return_ip`.
TENON_INLINE void push_frame(Registers& r, Slot* frame, const Cell* return_ip) noexcept {
  frame[header_return_ip] = std::bit_cast<Slot>(return_ip);
  frame[header_caller_frame] = std::bit_cast<Slot>(r.fp);
  frame[header_caller_instance] = std::bit_cast<Slot>(r.instance);
  r.fp = frame;
}

// Calls a function of the host whose frame and header are in place at fp, and whose slots the stack has room for. While
// the host runs, the thread stands at the call.
TENON_INLINE Outcome call_host(const Registers& r, const Func& func) {
  Thread& thread = *r.thread;
  thread.ip = std::bit_cast<const Cell*>(r.fp[header_return_ip]);
  thread.frame = std::bit_cast<Slot*>(r.fp[header_caller_frame]);
  thread.instance = std::bit_cast<Instance*>(r.fp[header_caller_instance]);
  thread.top = r.fp + func.value_slots;
  return func.callback(thread, func, r.fp);
}

// Goes back to the caller of the frame at fp, wherever it is: out of the interpreter, or in another instance. The
// results are in the frame.
TENON_INLINE Step return_with_results(Registers& r) noexcept {
  accumulate_any(r, r.fp[0]);
  const auto* ip = std::bit_cast<const Cell*>(r.fp[header_return_ip]);
  if (ip == nullptr) [[unlikely]] {
    r.outcome = Outcome::returned;
    return Step::leave;
  }
  r.ip = ip;
  r.instance = std::bit_cast<Instance*>(r.fp[header_caller_instance]);
  r.fp = std::bit_cast<Slot*>(r.fp[header_caller_frame]);
  r.reload_memory();
  return Step::taken;
}

// After a function of the host that has not returned.
Step leave_host(Registers& r, Outcome outcome);

// Goes on with a function of another instance, whose frame and header are in place at fp.
TENON_INLINE void enter_instance(Registers& r, const Func& func) noexcept {
  r.instance = func.instance;
  r.reload_memory();
  r.ip = func.instance->code[func.index.value].load(std::memory_order_acquire);
}

// Calls `func`, whose frame and header are in place at fp: a function of another instance, or of the host.
Step enter_function(Registers& r, const Func& func);

// The header of the frame at fp as the place where execution stands.
void save_caller(const Registers& r) noexcept;

// Goes on at the handler that catches `thread->pending_exception`, thrown by the code just before `r.ip` in the frame
// at fp; leaves if there is none.
Step unwind(Registers& r);

}  // namespace tenon::interp
