// Loops that count towards a bound look for interrupts only now and then. They make the rounds that they should,
// whatever they count, and those that never end are stopped.
#include <atomic>
#include <gtest/gtest.h>
#include <string>
#include <thread>

#include "tenon/interrupt.hpp"
#include "unit/jit/guest.hpp"

namespace tenon {
namespace {

using Loop = std::int32_t(std::int32_t, std::int32_t, std::int32_t);

// (start, step, bound): the number of rounds, which are counted in memory.
std::string loop_of(std::string_view goes_on, std::string_view step) {
  return R"((module (memory 1)
    (func (export "run") (param $i i32) (param $step i32) (param $bound i32) (result i32)
      (i32.store (i32.const 0) (i32.const 0))
      (loop $next
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (i32.store8 (i32.and (local.get $i) (i32.const 0xFFF0)) (i32.const 0))
        (local.set $i (i32.add (local.get $i) )" +
         std::string(step) + R"())
        (br_if $next ()" +
         std::string(goes_on) + R"( (local.get $i) (local.get $bound))))
      (i32.load (i32.const 0)))))";
}

constexpr const char* kinds[] = {"i32.ne", "i32.lt_u", "i32.lt_s", "i32.gt_u", "i32.gt_s", "i32.le_u", "i32.ge_s"};
constexpr std::int32_t steps[] = {1, -1, 2, -3, 16, -16, 1000, -1000};
constexpr std::int32_t starts[] = {0, 1, -1, 7, 1000, -1000, INT32_MAX, INT32_MIN, INT32_MAX - 5000};
constexpr std::int32_t bounds[] = {0, 1, -1, 5, 3000, -3000, 123'456, -123'456, INT32_MAX, INT32_MIN, INT32_MIN + 9};

// How many rounds there are, if they are few.
std::optional<std::int32_t> rounds_of(std::string_view goes_on, std::int32_t start, std::int32_t step,
                                      std::int32_t bound) {
  auto i = static_cast<std::uint32_t>(start);
  const auto u = static_cast<std::uint32_t>(bound);
  for (std::int32_t rounds = 1; rounds < 6'000; ++rounds) {
    i += static_cast<std::uint32_t>(step);
    const auto s = static_cast<std::int32_t>(i);
    const bool on = goes_on == "i32.ne"     ? i != u
                    : goes_on == "i32.lt_u" ? i < u
                    : goes_on == "i32.lt_s" ? s < bound
                    : goes_on == "i32.gt_u" ? i > u
                    : goes_on == "i32.gt_s" ? s > bound
                    : goes_on == "i32.le_u" ? i <= u
                                            : s >= bound;
    if (!on) return rounds;
  }
  return std::nullopt;
}

// The first bytes of memory hold the count, so nothing else may be written there.
bool keeps_count(std::int32_t start, std::int32_t step, std::int32_t rounds) {
  auto i = static_cast<std::uint32_t>(start);
  for (std::int32_t k = 0; k < rounds; ++k, i += static_cast<std::uint32_t>(step)) {
    if ((i & 0xFFF0) == 0) return false;
  }
  return true;
}

void expect_rounds(const char* kind, std::int32_t step, bool is_constant) {
  CompiledGuest guest(loop_of(kind, is_constant ? "(i32.const " + std::to_string(step) + ")" : "(local.get $step)"));
  guest.start();
  const auto run = guest.func<Loop>("run");
  for (const std::int32_t start : starts) {
    for (const std::int32_t bound : bounds) {
      const auto rounds = rounds_of(kind, start, step, bound);
      if (!rounds || !keeps_count(start, step, *rounds)) continue;
      EXPECT_EQ(run(start, step, bound).value(), *rounds) << kind << " " << start << " " << step << " " << bound;
    }
  }
}

TEST(CountingLoops, MakeTheRoundsThatTheyShould) {
  for (const char* kind : kinds) {
    for (const std::int32_t step : steps) {
      expect_rounds(kind, step, true);
      expect_rounds(kind, step, false);
    }
  }
}

struct Endless {
  const char* kind;
  std::int32_t start;
  std::int32_t step;
  std::int32_t bound;
};

TEST(CountingLoops, AreStoppedWhereTheyNeverEnd) {
  constexpr Endless loops[] = {
      {"i32.lt_u", 0, 16, -1},        // begins again from zero, time after time
      {"i32.ne", 0, 2, 5},            // passes its bound by
      {"i32.ne", 10, 3, 10},          // and meets it after billions of rounds only
      {"i32.lt_s", 0, 4, INT32_MAX},  // from the least number
      {"i32.gt_u", 8, -16, 5},       {"i32.gt_s", 1, -2, INT32_MIN}, {"i32.lt_u", 1, 0, 2},
      {"i32.le_u", 0, 1, -1},        {"i32.lt_s", -5, -1, 2},        {"i32.ne", 1, 0, 2},
  };
  for (const Endless& loop : loops) {
    for (const bool is_constant : {true, false}) {
      CompiledGuest guest(
          loop_of(loop.kind, is_constant ? "(i32.const " + std::to_string(loop.step) + ")" : "(local.get $step)"));
      guest.start(Limits().deadline(std::chrono::milliseconds(10)));
      const auto ended = guest.func<Loop>("run")(loop.start, loop.step, loop.bound);
      ASSERT_FALSE(ended) << loop.kind << " " << loop.start << " " << loop.step << " " << loop.bound;
      EXPECT_EQ(ended.error().message(), "deadline exceeded");
    }
  }
}

// Loops that have no look of their own, for each round has one in an inner loop or in a callee; and those that must
// have one, for some rounds go past it.
TEST(CountingLoops, AreStoppedWhereOthersLookForThem) {
  constexpr const char* bodies[] = {
      // An inner loop over bytes, as long as the data says.
      R"((local.set $at (i32.const 8))
         (loop $byte
           (br_if $byte (i32.load8_u (local.tee $at (i32.add (local.get $at) (i32.const 1)))))))",
      // The same, but entered never.
      R"((if (i32.load8_u (i32.const 4096)) (then
           (loop $byte
             (br_if $byte (i32.load8_u (local.tee $at (i32.add (local.get $at) (i32.const 1)))))))))",
      "(drop (call $deep (i32.load8_u (i32.const 8))))",
      "(if (i32.load8_u (i32.const 4096)) (then (drop (call $deep (i32.const 3)))))",
      // Left by its callee in one round of two.
      R"((local.set $at (i32.add (local.get $at) (i32.const 1)))
         (br_if $next (i32.and (local.get $at) (i32.load8_u (i32.const 8))))
         (drop (call $deep (i32.const 2))))",
  };
  for (const char* body : bodies) {
    CompiledGuest guest(std::string(R"((module (memory 1) (data (i32.const 8) "\01\02\03\04")
      (func $deep (param $n i32) (result i32)
        (if (result i32) (local.get $n)
          (then (i32.add (call $deep (i32.sub (local.get $n) (i32.const 1)))
                         (call $deep (i32.shr_u (local.get $n) (i32.const 1)))))
          (else (i32.load (i32.const 64)))))
      (func (export "run") (local $at i32) (loop $next )") +
                        body + " (br $next))))");
    guest.start(Limits().deadline(std::chrono::milliseconds(10)));
    const auto ended = guest.func<void()>("run")();
    ASSERT_FALSE(ended) << body;
    EXPECT_EQ(ended.error().message(), "deadline exceeded") << body;
  }
}

// One comparison finds both at a function's entry: that it has no room, and that the guest is interrupted.
TEST(CountingLoops, EntriesTellNoRoomFromInterrupts) {
  CompiledGuest guest(R"((module (memory 1)
    (func $down (export "run") (param $n i32) (result i32)
      (if (result i32) (local.get $n)
        (then (i32.add (i32.const 1) (call $down (i32.sub (local.get $n) (i32.load (i32.const 0))))))
        (else (i32.const 0))))
    (data (i32.const 0) "\01")))");
  guest.start();
  const auto run = guest.func<std::int32_t(std::int32_t)>("run");
  int asked = 0;
  set_interrupt_handler(*guest.store, [&] { return ++asked, true; });
  std::atomic<bool> is_over = false;
  std::thread others([&] {
    while (!is_over) guest.store->interrupt();
  });
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(run(1000).value(), 1000);
    const auto ended = run(-1);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().message(), "call stack exhausted");
  }
  is_over = true;
  others.join();
  EXPECT_GT(asked, 0);
}

// Functions that are inlined everywhere go while LLVM optimizes, and what asks whether the guest may go on is made
// after that, maybe at the address of one of them. It must not be taken for it.
TEST(CountingLoops, GoOnWhenTheyWereInterrupted) {
  std::string text = R"((module (memory 1)
    (func (export "run") (param $n i32) (result i32)
      (loop $next)";
  for (int i = 0; i < 40; ++i) text += "(call $f" + std::to_string(i) + " (local.get $n))";
  text += R"(
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.load (i32.const 0))))";
  for (int i = 0; i < 40; ++i) {
    const std::string place = "(i32.const " + std::to_string(8 * i) + ")";
    text += "(func $f" + std::to_string(i) + " (param $x i32) (i32.store " + place +
            " (i32.mul (i32.const 3) (i32.xor (i32.load " + place + ") (local.get $x)))))";
  }
  for (int copy = 0; copy < 4; ++copy) {
    CompiledGuest guest(text + std::string(static_cast<std::size_t>(copy), ' ') + ")");
    guest.start();
    std::atomic<int> asked = 0;
    set_interrupt_handler(*guest.store, [&] { return ++asked, true; });
    std::atomic<bool> is_over = false;
    std::thread other([&] {
      while (!is_over) {
        guest.store->interrupt();
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
    });
    // Until the other thread has had its turn.
    const auto run = guest.func<std::int32_t(std::int32_t)>("run");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    auto done = run(3'000'000);
    while (done && asked == 0 && std::chrono::steady_clock::now() < end) done = run(3'000'000);
    is_over = true;
    other.join();
    EXPECT_TRUE(done) << done.error().message();
    EXPECT_GT(asked, 0);
  }
}

}  // namespace
}  // namespace tenon
