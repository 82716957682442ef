#include "tenon/interrupt.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

namespace tenon {
namespace {

// Nested loops, calls, a table of branches and both kinds of accumulators; `words` is what a compiler makes vectors of.
constexpr const char* source = R"((module
  (memory 1) (global $rounds (mut i32) (i32.const 4096)) (data (i32.const 77) "some bytes that are not zero")
  (func $words (param $x i32) (result i32) (local $at i32) (local $sum i32) (local $left i32)
    (local.set $left (global.get $rounds))
    (loop $more
      (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (local.get $x)))
      (local.set $sum (i32.add (i32.mul (local.get $x) (i32.load offset=16384 (local.get $at))) (local.get $sum)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (local.get $sum))
  (func (export "blocks") (param $n i32) (result i32) (local $sum i32)
    (loop $more
      (local.set $sum (i32.add (call $words (local.get $n)) (local.get $sum)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (local.get $sum) (i32.load (i32.const 80))))
  (func $step (param $x i32) (param $y f64) (result f64)
    (f64.add (local.get $y) (f64.convert_i32_u (i32.rem_u (local.get $x) (i32.const 7)))))
  (func (export "sum") (param $n i32) (result f64)
    (local $i i32) (local $sum f64) (local $j i32)
    (loop $outer
      (local.set $j (i32.const 0))
      (loop $inner
        (local.set $sum (call $step (i32.add (local.get $i) (local.get $j)) (local.get $sum)))
        (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 5))))
      (block $out
        (br_table $outer $out (i32.eq (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
    (local.get $sum))
  (func (export "forever") (loop $again (br $again))))
)";

enum class Kind { tail_dispatch, loop_dispatch, compiled };

class Interrupted : public testing::TestWithParam<Kind> {
 protected:
  static EngineOptions options() {
    EngineOptions options;
    options.loop_dispatch = GetParam() == Kind::loop_dispatch;
    if (GetParam() == Kind::compiled) options.tier = Tier::optimizing;
    return options;
  }
  Engine engine_{options()};
  Module module_ = Module::compile(engine_, source).value();
};

TEST_P(Interrupted, GuestsGoOnWhereTheyWere) {
  constexpr std::int32_t count = 20'000;
  Store calm(engine_);
  const auto expected =
      Linker(engine_).instantiate(calm, module_).value().func<double(std::int32_t)>("sum").value()(count).value();
  Store store(engine_);
  auto sum = Linker(engine_).instantiate(store, module_).value().func<double(std::int32_t)>("sum").value();
  int asked = 0;
  set_interrupt_handler(store, [&] {
    if (++asked < 100'000) store.interrupt();  // at the next chance again
    return true;
  });
  std::atomic<bool> is_over = false;
  std::thread other([&] {
    while (!is_over) store.interrupt();
  });
  // Until the other thread has begun in earnest.
  for (int i = 0; i < 10'000 && asked < 1'000; ++i) EXPECT_EQ(sum(count).value_or(-1), expected);
  is_over = true;
  other.join();
  EXPECT_GE(asked, 1'000);
}

TEST_P(Interrupted, LoopsOfVectorsGoOnWhereTheyWere) {
  Store calm(engine_);
  const auto expected = Linker(engine_)
                            .instantiate(calm, module_)
                            .value()
                            .func<std::int32_t(std::int32_t)>("blocks")
                            .value()(100)
                            .value();
  int asked = 0;
  // Until the other thread had its time.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (asked < 1'000 && std::chrono::steady_clock::now() < end) {
    Store store(engine_);
    auto blocks =
        Linker(engine_).instantiate(store, module_).value().func<std::int32_t(std::int32_t)>("blocks").value();
    set_interrupt_handler(store, [&] {
      // What compiled code may have had in registers is overwritten.
      volatile double numbers[64];
      for (int at = 0; at < 64; ++at) numbers[at] = asked + at;
      if (++asked % 100 != 0) store.interrupt();
      return true;
    });
    std::atomic<bool> is_over = false;
    std::thread other([&] {
      while (!is_over) store.interrupt();
    });
    EXPECT_EQ(blocks(100).value(), expected);
    is_over = true;
    other.join();
  }
  EXPECT_GE(asked, 1'000);
}

TEST_P(Interrupted, GuestsStopWhenTheHandlerSaysSo) {
  Store store(engine_);
  auto forever = Linker(engine_).instantiate(store, module_).value().func<void()>("forever").value();
  int asked = 0;
  set_interrupt_handler(store, [&] {
    store.interrupt();
    return ++asked < 10;
  });
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    store.interrupt();
  });
  const auto done = forever();
  other.join();
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message(), "deadline exceeded");
  EXPECT_EQ(asked, 10);
}

TEST_P(Interrupted, AHandlerCanBeTakenAway) {
  Store store(engine_, Limits().deadline(std::chrono::milliseconds(20)));
  auto forever = Linker(engine_).instantiate(store, module_).value().func<void()>("forever").value();
  set_interrupt_handler(store, [] { return true; });
  set_interrupt_handler(store, {});
  EXPECT_FALSE(forever().has_value());
}

std::string name_of(const testing::TestParamInfo<Kind>& info) {
  switch (info.param) {
    case Kind::tail_dispatch: return "TailDispatch";
    case Kind::loop_dispatch: return "LoopDispatch";
    default: return "Compiled";
  }
}
INSTANTIATE_TEST_SUITE_P(In, Interrupted, testing::Values(Kind::tail_dispatch, Kind::loop_dispatch, Kind::compiled),
                         name_of);

}  // namespace
}  // namespace tenon
