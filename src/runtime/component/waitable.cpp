#include "runtime/component/waitable.hpp"

#include <cassert>

#include "base/concat.hpp"
#include "runtime/component/scheduler.hpp"
#include "runtime/component/stream.hpp"
#include "runtime/component/subtask.hpp"

namespace tenon::component {

void WaitableList::append(Waitable& waitable) noexcept {
  waitable.previous = last;
  waitable.next = nullptr;
  (last != nullptr ? last->next : first) = &waitable;
  last = &waitable;
}

void WaitableList::remove(Waitable& waitable) noexcept {
  (waitable.previous != nullptr ? waitable.previous->next : first) = waitable.next;
  (waitable.next != nullptr ? waitable.next->previous : last) = waitable.previous;
}

void set_pending_event(Scheduler& scheduler, Waitable& waitable) noexcept {
  if (waitable.waiter != nullptr) notify(*waitable.waiter);
  if (std::exchange(waitable.has_pending_event, true)) return;
  WaitableSet* set = waitable.wset;
  if (set == nullptr) return;
  set->quiet.remove(waitable);
  set->pending.append(waitable);
  notify_waiters(*set);
  (void)scheduler;
}

void notify_waiters(WaitableSet& set) noexcept {
  for (Thread* thread = set.first_waiter; thread != nullptr; thread = thread->next_waiter) notify(*thread);
}

Event get_pending_event(Waitable& waitable) {
  assert(waitable.has_pending_event);
  waitable.has_pending_event = false;
  if (waitable.wset != nullptr) {
    waitable.wset->pending.remove(waitable);
    waitable.wset->quiet.append(waitable);
  }
  if (waitable.kind == HandleKind::subtask) return take_event(static_cast<Subtask&>(waitable));
  return take_event(static_cast<CopyEnd&>(waitable));
}

void join(Scheduler& scheduler, Waitable& waitable, WaitableSet* set) noexcept {
  assert(!waitable.has_sync_waiter);
  (void)scheduler;
  if (WaitableSet* old = waitable.wset) {
    (waitable.has_pending_event ? old->pending : old->quiet).remove(waitable);
  }
  waitable.wset = set;
  if (set == nullptr) return;
  (waitable.has_pending_event ? set->pending : set->quiet).append(waitable);
  if (waitable.has_pending_event) notify_waiters(*set);
}

Event get_pending_event(Scheduler& scheduler, WaitableSet& set) {
  assert(set.has_pending_event());
  constexpr std::uint64_t most_looked_at = 16;
  std::uint64_t count = 0;
  for (Waitable* member = set.pending.first; member != nullptr && count < most_looked_at; member = member->next)
    ++count;
  Waitable* chosen = set.pending.first;
  for (std::uint64_t skip = choose(scheduler, count); skip > 0; --skip) chosen = chosen->next;
  return get_pending_event(*chosen);
}

Result<void> check_drop(const WaitableSet& set) {
  if (!set.quiet.is_empty() || !set.pending.is_empty()) {
    return fail(ErrorKind::trap, {}, "cannot drop waitable set with waitables in it");
  }
  if (set.num_waiting > 0) return fail(ErrorKind::trap, {}, "cannot drop waitable set with waiters");
  return {};
}

}  // namespace tenon::component
