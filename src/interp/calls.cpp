// The slow half of calls and returns: other instances, the host, and exceptions.
#include "interp/calls.hpp"

#include <algorithm>

#include "runtime/heap.hpp"
#include "runtime/store.hpp"

namespace tenon::interp {

Step leave_host(Registers& r, Outcome outcome) {
  Thread& thread = *r.thread;
  r.outcome = outcome;
  if (outcome == Outcome::suspended) thread.frame = r.fp;
  if (outcome != Outcome::thrown || thread.ip == nullptr) return Step::leave;
  // Searched for from the call on.
  r.ip = thread.ip;
  r.fp = thread.frame;
  r.instance = thread.instance;
  return unwind(r);
}

namespace {

Step make_room_and_call(Registers& r, const Func& func) {
  Thread& thread = *r.thread;
  const Slot* end = r.fp + func.value_slots;
  if (end > thread.stack_limit && !thread.extend(end)) [[unlikely]]
    return r.trap(Trap::call_stack_exhausted);
  const Outcome outcome = call_host(r, func);
  return outcome == Outcome::returned ? return_with_results(r) : leave_host(r, outcome);
}

}  // namespace

Step enter_function(Registers& r, const Func& func) {
  if (func.is_host()) return make_room_and_call(r, func);
  enter_instance(r, func);
  return Step::next;
}

namespace {

struct Found {
  const Cell* code = nullptr;  // the function's first cell
  const CatchClause* clause = nullptr;
};

// The clause of this frame that catches the exception; `ip` is just behind the throw or the call.
Found find_clause(const Instance& instance, const Cell* ip, const runtime::Exception& exception) {
  const FunctionCode* found = code_of(instance).find(ip);
  if (found == nullptr) return {};
  const FunctionCode& code = *found;
  const auto at = static_cast<std::uint32_t>(ip - code.begin) - 1;
  std::uint32_t most_depth = 0xFFFF'FFFF;  // a delegate goes on outside of a block
  for (const TryRange& range : code.ranges) {
    if (at < range.begin || at >= range.end || range.depth > most_depth) continue;
    for (const CatchClause& clause : code.clauses.subspan(range.first_clause, range.clause_count)) {
      if (clause.action == CatchAction::delegate) {
        most_depth = clause.depth;
        break;
      }
      const bool any = clause.action == CatchAction::all || clause.action == CatchAction::all_ref;
      if (any || instance.tags[clause.tag.value] == exception.tag) return {code.begin, &clause};
    }
  }
  return {};
}

void deliver(Slot* to, const CatchClause& clause, const runtime::Exception& exception) noexcept {
  const Slot ref = runtime::as_ref(&exception);
  if (clause.action == CatchAction::all_ref || clause.action == CatchAction::legacy) *to++ = ref;
  if (clause.action == CatchAction::all || clause.action == CatchAction::all_ref) return;
  const Slot* arguments = const_cast<runtime::Exception&>(exception).arguments();
  to = std::copy_n(arguments, exception.slot_count, to);
  if (clause.action == CatchAction::arguments_ref) *to = ref;
}

}  // namespace

Step unwind(Registers& r) {
  Thread& thread = *r.thread;
  const auto& exception = static_cast<const runtime::Exception&>(*runtime::as_object(thread.pending_exception));
  const Cell* ip = r.ip;
  Slot* frame = r.fp;
  Instance* instance = r.instance;
  while (ip != nullptr) {
    const Found found = find_clause(*instance, ip, exception);
    if (found.clause != nullptr) {
      deliver(frame + found.clause->slot, *found.clause, exception);
      thread.pending_exception = runtime::null_ref;
      r.fp = frame;
      r.instance = instance;
      r.reload_memory();
      r.ip = found.code + found.clause->target;
      return Step::next;
    }
    ip = std::bit_cast<const Cell*>(frame[header_return_ip]);
    instance = std::bit_cast<Instance*>(frame[header_caller_instance]);
    frame = std::bit_cast<Slot*>(frame[header_caller_frame]);
  }
  // Uncaught: the thread stands where it was thrown.
  thread.ip = r.ip;
  thread.frame = r.fp;
  thread.instance = r.instance;
  r.outcome = Outcome::thrown;
  return Step::leave;
}

}  // namespace tenon::interp
