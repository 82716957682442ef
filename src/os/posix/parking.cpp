#include "os/parking.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

namespace tenon::os {

namespace {

struct Waiter {
  const void* address;
  bool woken = false;
  std::condition_variable wake;
};

// Waiters are spread over buckets by address; those of one address are in one bucket, in the order of their arrival.
struct Bucket {
  std::mutex mutex;
  std::list<Waiter*> waiters;
};

Bucket& bucket_of(const void* address) {
  static std::array<Bucket, 64> buckets;
  const auto hash = (std::bit_cast<std::uintptr_t>(address) >> 2) * 0x9E37'79B9'7F4A'7C15U;
  return buckets[hash >> 58];
}

}  // namespace

ParkResult park(const void* address, bool (*still_equal)(const void*), const void* context,
                std::int64_t timeout) noexcept {
  Bucket& bucket = bucket_of(address);
  std::unique_lock lock(bucket.mutex);
  if (!still_equal(context)) return ParkResult::not_equal;
  Waiter waiter{.address = address, .wake = {}};
  const auto place = bucket.waiters.insert(bucket.waiters.end(), &waiter);
  const auto is_woken = [&] { return waiter.woken; };
  // A century is as good as forever, and does not overflow the clock.
  constexpr std::int64_t longest = std::int64_t{100} * 365 * 24 * 3600 * 1'000'000'000;
  if (timeout < 0 || timeout > longest) {
    waiter.wake.wait(lock, is_woken);
  } else {
    waiter.wake.wait_for(lock, std::chrono::nanoseconds(timeout), is_woken);
  }
  if (waiter.woken) return ParkResult::woken;
  bucket.waiters.erase(place);
  return ParkResult::timed_out;
}

std::uint32_t unpark(const void* address, std::uint32_t count) noexcept {
  Bucket& bucket = bucket_of(address);
  const std::lock_guard lock(bucket.mutex);
  std::uint32_t woken = 0;
  for (auto it = bucket.waiters.begin(); it != bucket.waiters.end() && woken < count;) {
    Waiter& waiter = **it;
    if (waiter.address != address) {
      ++it;
      continue;
    }
    it = bucket.waiters.erase(it);
    waiter.woken = true;
    waiter.wake.notify_one();
    ++woken;
  }
  return woken;
}

}  // namespace tenon::os
