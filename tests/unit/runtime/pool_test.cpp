#include "runtime/pool.hpp"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>

#include "os/pages.hpp"

namespace tenon::runtime {
namespace {

constexpr std::size_t kib = 1024;

Span make(std::size_t accessible) {
  Span span{.reserved = std::size_t{1} << 24, .accessible = accessible};
  span.address = static_cast<std::uint8_t*>(os::reserve(span.reserved));
  EXPECT_TRUE(os::commit(span.address, accessible));
  return span;
}

bool is_zero(const Span& span) {
  return std::all_of(span.address, span.address + span.accessible, [](std::uint8_t byte) { return byte == 0; });
}

struct Use {
  const char* what;
  std::size_t size;
  std::size_t step;  // between bytes that are written; 0: every byte
  bool is_kept;
};

constexpr Use uses[] = {
    {"little", 64 * kib, 0, true},
    {"few pages", 192 * kib, 60 * kib, true},
    {"every page", 192 * kib, 4 * kib, true},
    {"every byte", 256 * kib, 0, true},
    {"more pages than are told", 1024 * kib, 8 * kib, true},
    {"more than is written", 1024 * kib, 0, true},
    {"few pages of many", 8192 * kib, 2000 * kib, true},
    {"much of many", 8192 * kib, 0, false},
};

TEST(Pool, GivesZerosWhateverWasWritten) {
  for (const Use& use : uses) {
    Pool pool;
    Span span = make(use.size);
    for (int turn = 0; turn < 3; ++turn) {
      if (use.step == 0) std::memset(span.address, 0xA5, use.size);
      for (std::size_t at = turn; use.step != 0 && at < use.size; at += use.step) span.address[at] = 0xA5;
      pool.give(span, use.size, use.size);
      span = pool.take(span.reserved, use.size);
      // Where the system does not say what was used, large spans are not kept.
      if (span.address == nullptr && use.size > 1024 * kib) break;
      ASSERT_NE(span.address, nullptr) << use.what;
      EXPECT_TRUE(use.is_kept) << use.what;
      EXPECT_TRUE(is_zero(span)) << use.what << ", turn " << turn;
    }
    if (span.address != nullptr) os::release(span.address, span.reserved);
  }
}

TEST(Pool, HidesWhatIsNotWanted) {
  Pool pool;
  const Span span = make(256 * kib);
  std::memset(span.address, 0xA5, 256 * kib);
  pool.give(span, 256 * kib, 128 * kib);
  EXPECT_EQ(pool.take(span.reserved, 256 * kib).address, nullptr);
  Span kept = pool.take(span.reserved, 128 * kib);
  ASSERT_NE(kept.address, nullptr);
  EXPECT_EQ(kept.accessible, 128 * kib);
  EXPECT_DEATH_IF_SUPPORTED(kept.address[128 * kib] = 1, "");
  ASSERT_TRUE(os::commit(kept.address + 128 * kib, 128 * kib));
  kept.accessible = 256 * kib;
  EXPECT_TRUE(is_zero(kept));
  os::release(kept.address, kept.reserved);
}

}  // namespace
}  // namespace tenon::runtime
