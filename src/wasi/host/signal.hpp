// What becomes ready without the operating system's knowing: bytes in a pipe between a connection and a guest, the
// response to a request. And who waits for it.
//
// A signal is a level, not an event: it says whether its owner is ready now. To wake only marks whoever waits; they run
// when the reactor comes to them, so that setting a signal never runs anything else's code. All on one thread.
#pragma once

#include <algorithm>
#include <vector>

namespace tenon::wasi::host {

// Somebody who waits. Being woken without a reason does no harm: they look again.
class Waiter {
 public:
  virtual void wake() noexcept = 0;

 protected:
  ~Waiter() = default;
};

class Signal {
 public:
  Signal() = default;
  explicit Signal(bool is_set) : is_set_(is_set) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  bool is_set() const noexcept { return is_set_; }
  void set(bool ready = true) {
    is_set_ = ready;
    if (!ready) return;
    for (Waiter* waiter : waiters_) waiter->wake();
  }

  // Who was added is woken at each `set`, until it is removed; it must be before it goes.
  void add(Waiter& waiter) { waiters_.push_back(&waiter); }
  void remove(Waiter& waiter) { std::erase(waiters_, &waiter); }

 private:
  bool is_set_ = false;
  std::vector<Waiter*> waiters_;
};

}  // namespace tenon::wasi::host
