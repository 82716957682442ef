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

// False: nothing was done, for too much was used, or the system does not say what.
bool Pool::write_touched(Span& span, std::size_t used) noexcept {
  std::array<os::PageRange, 32> parts;
  const auto count = os::find_touched(span.address, used, parts);
  if (!count) return false;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < *count; ++i) bytes += parts[i].end - parts[i].begin;
  if (bytes > most_written) return false;
  for (std::size_t i = 0; i < *count; ++i) {
    std::memset(span.address + parts[i].begin, 0, parts[i].end - parts[i].begin);
  }
  span.is_resident = bytes > used / 4 * 3;
  return true;
}

// False: it is to be released.
bool Pool::clean(Span& span, std::size_t used, std::size_t wanted) noexcept {
  if (used >= least_asked && !span.is_resident && write_touched(span, used)) return true;
  if (used <= most_written) {
    std::memset(span.address, 0, used);
    return true;
  }
  span.is_resident = false;
  return wanted <= most_discarded && os::discard(span.address, span.accessible);
}

void Pool::give(Span span, std::size_t used, std::size_t wanted) noexcept {
  bool is_kept = clean(span, used, wanted);
  if (is_kept && span.accessible > wanted) {
    is_kept = os::hide(span.address + wanted, span.accessible - wanted);
    span.accessible = wanted;
  }
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
