// The scheduler of a store: which call is current, which threads may go on, and the memory of all of them.
//
// Threads that may be ready stand in one queue, in the order in which they became so; what a thread waits for puts it
// there (an event, a released lock), and whoever picks it checks. So a turn costs the same however many threads wait.
// With a seed, the pick is random among those that are ready: any such order is legal, and programs can be tested so.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#embedding-api
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory_resource>
#include <new>

#include "runtime/component/task.hpp"

namespace tenon::component {

struct CallObserver;

struct HostHandles;
struct Meter;

struct Scheduler {
  explicit Scheduler(runtime::Store& store, std::uint64_t seed = 0);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  runtime::Store* store;
  std::pmr::monotonic_buffer_resource places;  // of what `make` gives
  Activation* current = nullptr;               // but for calls that are pending: `innermost` knows those too
  runtime::Global pending =
      make_number(*store, 0);        // the innermost call of an adapter that has no activation yet (adapter.hpp)
  CallObserver* observer = nullptr;  // set before what it is to see is instantiated
  std::uint64_t observed_calls = 0;
  bool uses_adapters = true;            // of what is instantiated from now on
  Meter* meter = nullptr;               // set before the first instance that it is to measure is made (meter.hpp)
  Thread* switch_to = nullptr;          // the thread that one which just blocked gave the control to
  std::uint32_t nesting_depth = 0;      // of threads that run, on the native stack
  std::uint32_t sync_depth = 0;         // of synchronous calls there
  HostHandles* host_handles = nullptr;  // where calls of host functions lift to and lower from
  // Traps that the host asked for (`trap_later`): the next tick gives them.
  struct Failure {
    ComponentInstance* inst;
    Error error;
  };
  std::pmr::list<Failure> failures;

  // Queue of threads that may be ready; places count from 1 since the beginning, removed ones are nullptr.
  std::pmr::deque<Thread*> queue;
  std::uint64_t queue_begin = 1;
  std::uint64_t random = 0;  // state; 0: first come, first served

  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    static_assert(size_class<T> < size_classes && alignof(T) <= alignof(std::max_align_t));
    Place*& kept = free_places[size_class<T>];
    void* place = kept;
    if (place != nullptr) [[likely]] {
      kept = kept->next;
    } else {
      place = places.allocate(size_class<T> * size_step, alignof(std::max_align_t));
    }
    return ::new (place) T(std::forward<Arguments>(arguments)...);
  }
  template <class T>
  void destroy(T* object) noexcept {
    object->~T();
    Place*& kept = free_places[size_class<T>];
    kept = ::new (static_cast<void*>(object)) Place{kept};
  }

 private:
  // Three objects come and go with an asynchronous call. What was given up is kept for the next of about its size.
  struct Place {
    Place* next;
  };
  static constexpr std::size_t size_step = 64;
  static constexpr std::size_t size_classes = 16;
  template <class T>
  static constexpr std::size_t size_class = (sizeof(T) + size_step - 1) / size_step;
  Place* free_places[size_classes] = {};
};

// Lets one ready thread go on; false if none is ready. Errors: trap, of that thread; what it was in cannot be entered
// again. (`Store.tick`)
Result<bool> tick(Scheduler& scheduler);
// The instance traps at the next tick, wherever its threads are.
void trap_later(ComponentInstance& inst, Error error);

// Puts a waiting thread into the queue.
void notify(Thread& thread) noexcept;
void remove_from_queue(Thread& thread) noexcept;
// Into the instance's list of those that wait for a lock, and out of it.
void park(Thread& thread) noexcept;
void unpark(Thread& thread) noexcept;
// A ready thread of the instance that may run while a synchronous call of it is under way; nullptr: none.
Thread* take_ready_in(Scheduler& scheduler, const ComponentInstance& inst) noexcept;
bool is_any_ready_in(const Scheduler& scheduler, const ComponentInstance& inst) noexcept;
// Lets the next thread check that waits for backpressure, or the exclusive right to run, to end.
void wake_next(ComponentInstance& inst) noexcept;
// A number below `bound`: 0 without a seed.
std::uint64_t choose(Scheduler& scheduler, std::uint64_t bound) noexcept;

}  // namespace tenon::component
