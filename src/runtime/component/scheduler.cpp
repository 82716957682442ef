#include "runtime/component/scheduler.hpp"

#include <algorithm>
#include <cassert>

#include "base/concat.hpp"

namespace tenon::component {

Scheduler::Scheduler(runtime::Store& owner, std::uint64_t seed)
    : store(&owner), places(owner.resource), failures(owner.resource), queue(owner.resource), random(seed) {}

std::uint64_t choose(Scheduler& scheduler, std::uint64_t bound) noexcept {
  if (scheduler.random == 0 || bound < 2) return 0;
  // xorshift64*: https://en.wikipedia.org/wiki/Xorshift
  std::uint64_t& x = scheduler.random;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  return (x * 0x2545'F491'4F6C'DD1DU >> 33) % bound;
}

void notify(Thread& thread) noexcept {
  if (thread.queue_place != 0 || thread.is_parked) return;
  Scheduler& scheduler = *thread.task->inst->scheduler;
  scheduler.queue.push_back(&thread);
  thread.queue_place = scheduler.queue_begin + scheduler.queue.size() - 1;
}

void remove_from_queue(Thread& thread) noexcept {
  if (thread.queue_place == 0) return;
  Scheduler& scheduler = *thread.task->inst->scheduler;
  scheduler.queue[thread.queue_place - scheduler.queue_begin] = nullptr;
  thread.queue_place = 0;
}

void park(Thread& thread) noexcept {
  ComponentInstance& inst = *thread.task->inst;
  thread.is_parked = true;
  thread.next_parked = nullptr;
  thread.previous_parked = inst.last_parked;
  (inst.last_parked != nullptr ? inst.last_parked->next_parked : inst.first_parked) = &thread;
  inst.last_parked = &thread;
}

void unpark(Thread& thread) noexcept {
  ComponentInstance& inst = *thread.task->inst;
  thread.is_parked = false;
  (thread.previous_parked != nullptr ? thread.previous_parked->next_parked : inst.first_parked) = thread.next_parked;
  (thread.next_parked != nullptr ? thread.next_parked->previous_parked : inst.last_parked) = thread.previous_parked;
}

void wake_next(ComponentInstance& inst) noexcept {
  for (Thread* thread = inst.first_parked; thread != nullptr; thread = thread->next_parked) {
    if (!thread->is_ready()) continue;
    unpark(*thread);
    notify(*thread);
    return;
  }
}

namespace {

// Those at the front that are gone make room.
void trim(Scheduler& scheduler) noexcept {
  while (!scheduler.queue.empty() && scheduler.queue.front() == nullptr) {
    scheduler.queue.pop_front();
    ++scheduler.queue_begin;
  }
}

// Takes the thread out of the queue; nullptr if it is not ready after all. What waits for a lock is parked at the lock.
Thread* take(Thread& thread) noexcept {
  remove_from_queue(thread);
  if (thread.is_ready()) return &thread;
  if (thread.wait.exclusive || thread.wait.what == Wait::For::entry) park(thread);
  return nullptr;
}

// A ready thread of any instance that may be entered.
Thread* take_ready(Scheduler& scheduler) noexcept {
  for (trim(scheduler); !scheduler.queue.empty(); trim(scheduler)) {
    std::size_t place = static_cast<std::size_t>(choose(scheduler, scheduler.queue.size()));
    while (scheduler.queue[place] == nullptr) place = (place + 1) % scheduler.queue.size();
    Thread& thread = *scheduler.queue[place];
    // What trapped can't be entered again, and what waits in it waits for ever.
    if (!thread.task->inst->may_enter_from(nullptr)) {
      remove_from_queue(thread);
      continue;
    }
    if (Thread* ready = take(thread)) return ready;
  }
  return nullptr;
}

}  // namespace

namespace {

// Whether a thread may run while a synchronous call of the instance is under way: it may not need the stack to itself.
bool may_barge_in(const Thread* thread, const ComponentInstance& inst) noexcept {
  if (thread == nullptr || thread->task->inst != &inst || thread->index == 0) return false;
  if (thread == inst.exclusive_thread || thread->wait.exclusive) return false;
  return !thread->is_native || thread->activation == inst.scheduler->current;
}

}  // namespace

Thread* take_ready_in(Scheduler& scheduler, const ComponentInstance& inst) noexcept {
  trim(scheduler);
  const std::size_t size = scheduler.queue.size();
  const auto start = static_cast<std::size_t>(choose(scheduler, size));
  for (std::size_t i = 0; i < size; ++i) {
    Thread* thread = scheduler.queue[(start + i) % size];
    if (!may_barge_in(thread, inst)) continue;
    if (Thread* ready = take(*thread)) return ready;
  }
  return nullptr;
}

bool is_any_ready_in(const Scheduler& scheduler, const ComponentInstance& inst) noexcept {
  return std::ranges::any_of(scheduler.queue,
                             [&](const Thread* thread) { return may_barge_in(thread, inst) && thread->is_ready(); });
}

void trap_later(ComponentInstance& inst, Error error) { inst.scheduler->failures.push_back({&inst, std::move(error)}); }

Result<bool> tick(Scheduler& scheduler) {
  assert(scheduler.nesting_depth == 0);
  if (!scheduler.failures.empty()) [[unlikely]] {
    Scheduler::Failure failure = std::move(scheduler.failures.front());
    scheduler.failures.pop_front();
    if (failure.inst->may_enter_from(nullptr)) failure.inst->enter_from(nullptr);
    return std::move(failure.error);
  }
  Thread* thread = take_ready(scheduler);
  if (thread == nullptr) return false;
  ComponentInstance& inst = *thread->task->inst;
  inst.enter_from(nullptr);
  if (auto resumed = resume(*thread); !resumed) return std::move(resumed).error();
  inst.leave_to(nullptr);
  return true;
}

}  // namespace tenon::component
