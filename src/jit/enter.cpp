#include "jit/enter.hpp"

#include "interp/calls.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

using interp::Registers;
using interp::Step;
using runtime::Outcome;
using runtime::Slot;
using runtime::Thread;

Step run_compiled(Registers& r, std::uint32_t slots, const NativeEntry& entry, const runtime::Cell* position) {
  Thread& thread = *r.thread;
  Slot* end = r.fp + slots;
  if (end > thread.stack_limit && !thread.extend(end)) return r.trap(Trap::call_stack_exhausted);
  note_position(r, position);
  Slot* top = std::exchange(thread.top, end);
  r.outcome = run_native(thread, *r.instance, entry, r.fp);
  switch (r.outcome) {
    case Outcome::returned: thread.top = top; return interp::return_with_results(r);
    case Outcome::thrown: return go_on_with_exception(r);
    default: return Step::leave;
  }
}

Step go_on_with_exception(Registers& r) {
  r.outcome = Outcome::thrown;
  r.ip = std::bit_cast<const runtime::Cell*>(r.fp[runtime::header_return_ip]);
  if (r.ip == nullptr) return Step::leave;
  r.instance = std::bit_cast<runtime::Instance*>(r.fp[runtime::header_caller_instance]);
  r.fp = std::bit_cast<Slot*>(r.fp[runtime::header_caller_frame]);
  return interp::unwind(r);
}

}  // namespace tenon::jit
