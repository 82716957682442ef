#include <chrono>
#include <thread>

#include "unit/engine/engine_support.hpp"

namespace tenon {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view spinning = R"((module (func (export "spin") (loop (br 0))) (func (export "ok"))))";

TEST(StoreLimits, BoundMemories) {
  const Engine engine;
  Store store(engine, Limits().memory(3 * 64_KiB));
  const Instance instance = instantiate(store, engine, R"((module
    (memory 2) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))");
  const auto grow = instance.func<std::int32_t(std::int32_t)>("grow").value();
  EXPECT_EQ(grow(2).value(), -1);
  EXPECT_EQ(grow(1).value(), 2);
  EXPECT_EQ(grow(1).value(), -1);
  EXPECT_EQ(error_of(Memory::make(store, {.limits = {.min = 1}})).kind(), ErrorKind::exhausted);
}

TEST(StoreLimits, BoundTables) {
  const Engine engine;
  Store store(engine, Limits().table(10));
  const Table table = Table::make(store, {ValType::funcref(), {.min = 8}}).value();
  EXPECT_EQ(error_of(table.grow(3, Val(ValType::funcref(), Ref()))).kind(), ErrorKind::exhausted);
  EXPECT_EQ(table.grow(2, Val(ValType::funcref(), Ref())).value(), 8U);
}

TEST(StoreLimits, BoundInstances) {
  const Engine engine;
  Store store(engine, Limits().instances(2));
  const Module module = compile(engine, "(module)");
  Instance::make(store, module, {}).value();
  Instance::make(store, module, {}).value();
  EXPECT_EQ(error_of(Instance::make(store, module, {})).kind(), ErrorKind::exhausted);
}

TEST(StoreLimits, BoundTheStack) {
  const Engine engine;
  Store store(engine, Limits().stack(64_KiB));
  const Instance instance = instantiate(store, engine, R"((module
    (func $f (export "f") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))))");
  const auto f = instance.func<std::int32_t(std::int32_t)>("f").value();
  EXPECT_EQ(f(100).value(), 100);
  const Error error = error_of(f(1'000'000));
  EXPECT_EQ(error.message(), "call stack exhausted");
  EXPECT_TRUE(contains(error.context(), " more"));
  EXPECT_EQ(f(100).value(), 100);
}

TEST(StoreLimits, BoundTheHeap) {
  const Engine engine;
  Store store(engine, Limits().gc_heap(4_MiB));
  const Instance instance = instantiate(store, engine, R"((module
    (type $list (struct (field (ref null $list)) (field i64 i64 i64 i64)))
    (global $head (mut (ref null $list)) (ref.null $list))
    (func (export "hoard") (loop
      (global.set $head (struct.new $list (global.get $head) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)))
      (br 0)))
    (func (export "waste") (param i32) (loop
      (drop (struct.new_default $list))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "forget") (global.set $head (ref.null $list)))))");
  EXPECT_TRUE(instance.func<void(std::int32_t)>("waste").value()(1'000'000));
  EXPECT_EQ(error_of(instance.func<void()>("hoard").value()()).message(), "garbage-collected heap exhausted");
  instance.func<void()>("forget").value()().value();
  // No guest runs: no word on a stack can look like a reference.
  EXPECT_LT(store.collect_garbage(), 64_KiB);
  EXPECT_TRUE(instance.func<void(std::int32_t)>("waste").value()(100'000));
}

TEST(StoreLimits, FuelIsExactAndDeterministic) {
  EngineOptions options;
  options.fuel = true;
  const Engine engine(options);
  Store store(engine);
  const Instance instance = instantiate(store, engine, R"((module
    (func (export "count") (param i32) (loop
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))");
  const auto count = instance.func<void(std::int32_t)>("count").value();
  const auto used = [&](std::int32_t times) {
    store.set_fuel(1'000'000);
    count(times).value();
    return 1'000'000 - store.fuel();
  };
  const std::uint64_t ten = used(10);
  EXPECT_GT(ten, 0U);
  EXPECT_EQ(used(10), ten);
  EXPECT_EQ(used(1'010) - ten, 100 * (used(20) - ten));
  store.set_fuel(ten - 1);
  EXPECT_EQ(error_of(count(10)).message(), "all fuel consumed");
  store.set_fuel(ten);
  count(10).value();
}

TEST(StoreLimits, DeadlineStopsASpinningGuest) {
  const Engine engine;
  Store store(engine, Limits().deadline(milliseconds(30)));
  const Instance instance = instantiate(store, engine, spinning);
  const auto begin = Clock::now();
  EXPECT_EQ(error_of(instance.func<void()>("spin").value()()).message(), "deadline exceeded");
  EXPECT_GE(Clock::now() - begin, milliseconds(30));
  instance.func<void()>("ok").value()().value();
}

TEST(StoreLimits, InterruptFromAnotherThreadStopsASpinningGuest) {
  const Engine engine;
  Store store(engine);
  const Instance instance = instantiate(store, engine, spinning);
  std::atomic<Clock::rep> interrupted = 0;
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(20));
    interrupted = Clock::now().time_since_epoch().count();
    store.interrupt();
  });
  EXPECT_EQ(error_of(instance.func<void()>("spin").value()()).message(), "deadline exceeded");
  const Clock::duration late(Clock::now().time_since_epoch().count() - interrupted.load());
  other.join();
  // 10 ms is the promise; a machine full of other work may take its time to go on with this thread.
  EXPECT_LT(late, milliseconds(500));
  instance.func<void()>("ok").value()().value();
}

}  // namespace
}  // namespace tenon
