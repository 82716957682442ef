#include "jit/enter.hpp"

#include <algorithm>

#include "interp/calls.hpp"
#include "runtime/store.hpp"

namespace tenon::jit {

using interp::Registers;
using interp::Step;
using runtime::Outcome;
using runtime::Slot;
using runtime::Thread;

Step run_compiled(Registers& r, core::FuncIdx index, const NativeEntry& entry, const runtime::Cell* position) {
  Thread& thread = *r.thread;
  const core::FuncType& type = *r.instance->module->validated->func_signatures[index];
  std::size_t params = 0;
  std::size_t results = 0;
  for (const core::ValType t : type.params) params += runtime::slots_of(t);
  for (const core::ValType t : type.results) results += runtime::slots_of(t);
  Slot* end = r.fp + std::max({params, results, std::size_t{1}});
  if (!thread.extend(end)) return r.trap(Trap::call_stack_exhausted);
  thread.ip = position;
  thread.frame = r.fp;
  thread.instance = r.instance;
  Slot* top = std::exchange(thread.top, end);
  r.outcome = run_native(thread, *r.instance, entry, r.fp);
  switch (r.outcome) {
    case Outcome::returned:
      thread.top = top;
      interp::accumulate_any(r, r.fp[0]);
      return interp::return_slowly(r);
    case Outcome::thrown:
      r.ip = std::bit_cast<const runtime::Cell*>(r.fp[runtime::header_return_ip]);
      if (r.ip == nullptr) return Step::leave;
      r.instance = std::bit_cast<runtime::Instance*>(r.fp[runtime::header_caller_instance]);
      r.fp = std::bit_cast<Slot*>(r.fp[runtime::header_caller_frame]);
      return interp::unwind(r);
    default: return Step::leave;
  }
}

}  // namespace tenon::jit
