// A lock that is held for a few instructions at a time, and never across a call of the system: one atomic instruction
// where nobody else wants it.
#pragma once

#include <atomic>

#include "base/give_way.hpp"

namespace tenon {

class BriefLock {
 public:
  // Has the lock while it lives.
  class Hold {
   public:
    explicit Hold(BriefLock& lock) noexcept : lock_(lock) {
      for (unsigned turns = 0; lock_.busy_.test_and_set(std::memory_order_acquire);) give_way(++turns);
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() { lock_.busy_.clear(std::memory_order_release); }

   private:
    BriefLock& lock_;
  };

 private:
  std::atomic_flag busy_;
};

}  // namespace tenon
