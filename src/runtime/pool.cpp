#include "runtime/pool.hpp"

#include <cstring>
#include <utility>

#include "os/pages.hpp"

namespace tenon::runtime {

Pool::~Pool() { clear(); }

bool Pool::clear() noexcept {
  std::array<Span, capacity> gone;
  std::size_t count = 0;
  {
    const BriefLock::Hold hold(lock_);
    gone = kept_;
    count = std::exchange(count_, 0);
  }
  for (std::size_t i = 0; i < count; ++i) os::release(gone[i].address, gone[i].reserved);
  return count != 0;
}

Span Pool::take(std::size_t reserved, std::size_t accessible) noexcept {
  const BriefLock::Hold hold(lock_);
  for (std::size_t i = count_; i-- > 0;) {  // what was used last is in the caches
    if (kept_[i].reserved != reserved || kept_[i].accessible != accessible) continue;
    const Span found = kept_[i];
    kept_[i] = kept_[--count_];
    return found;
  }
  return {};
}

void Pool::give(Span span, std::size_t used) noexcept {
  // Up to here, writing zeros is quicker than new pages.
  constexpr std::size_t worth_keeping_resident = 256 * 1024;
  const bool is_kept = span.accessible <= most_accessible && [&] {
    if (used > worth_keeping_resident) return os::discard(span.address, span.accessible);
    std::memset(span.address, 0, used);
    return true;
  }();
  if (is_kept) {
    const BriefLock::Hold hold(lock_);
    if (count_ < capacity) {
      kept_[count_++] = span;
      return;
    }
    std::swap(kept_[next_to_go_++ % capacity], span);
  }
  os::release(span.address, span.reserved);
}

}  // namespace tenon::runtime
