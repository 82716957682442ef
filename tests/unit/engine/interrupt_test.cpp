#include "tenon/interrupt.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

namespace tenon {
namespace {

// Nested loops, calls, a table of branches and both kinds of accumulators.
constexpr const char* source = R"((module
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

class Interrupted : public testing::TestWithParam<bool> {
 protected:
  static EngineOptions options() {
    EngineOptions options;
    options.loop_dispatch = GetParam();
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

INSTANTIATE_TEST_SUITE_P(In, Interrupted, testing::Bool(),
                         [](const auto& info) { return info.param ? "LoopDispatch" : "TailDispatch"; });

}  // namespace
}  // namespace tenon
