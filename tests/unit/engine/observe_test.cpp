// Limits of single component instances, and observers of calls.
#include "tenon/observe.hpp"

#include <string>
#include <vector>

#include "engine_support.hpp"
#include "spec/features.hpp"
#include "tenon/component.hpp"

namespace tenon {
namespace {

// `inner` makes handles; `outer` calls it, and a function of the host.
constexpr std::string_view component_text = R"((component
  (import "log" (func $log (param "line" string)))
  (component $inner
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "fill") (param i32) (result i32) (local i32)
        (loop
          (local.set 1 (call $new (i32.const 1)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "fill") (param "count" u32) (result u32) (canon lift (core func $i "fill"))))
  (instance $inner (instantiate $inner))
  (component $outer
    (import "inner" (instance $inner (export "fill" (func (param "count" u32) (result u32)))))
    (import "log" (func $log (param "line" string)))
    (core module $memory (memory (export "memory") 1) (data (i32.const 0) "hello"))
    (core instance $mem (instantiate $memory))
    (core func $fill (canon lower (func $inner "fill")))
    (core func $log (canon lower (func $log) (memory $mem "memory")))
    (core module $m
      (import "" "fill" (func $fill (param i32) (result i32)))
      (import "" "log" (func $log (param i32 i32)))
      (func (export "run") (param i32) (result i32)
        (call $log (i32.const 0) (i32.const 5))
        (call $fill (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance (export "fill" (func $fill)) (export "log" (func $log))))))
    (func (export "run") (param "count" u32) (result u32) (canon lift (core func $i "run"))))
  (instance $outer (instantiate $outer (with "inner" (instance $inner)) (with "log" (func $log))))
  (export "outer" (instance $outer))))";

struct ObserveTest : testing::Test {
  Result<std::uint32_t> run(std::uint32_t count) {
    Linker linker(engine);
    linker.define("", "log", [](std::string_view) {}).value();
    auto instance = linker.instantiate(store, Component::compile(engine, component_text).value()).value();
    return instance.func<std::uint32_t(std::uint32_t)>("outer", "run").value()(count);
  }
  Engine engine{EngineOptions{.features = Features::all().bits()}};
  Store store{engine};
};

TEST_F(ObserveTest, LimitOfHandlesNamesTheInstance) {
  limit_components(store, {.handles = 10}).value();
  EXPECT_EQ(run(10).value(), 10U);
  EXPECT_TRUE(contains(error_of(run(11)).message(),
                       "handle table is full: at most 10 handles were expected, in the component `inner`"));
}

TEST_F(ObserveTest, LimitHoldsForTheInstanceThatItNames) {
  limit_components(store, {.handles = 10}, "outer").value();
  EXPECT_EQ(run(1'000).value(), 1'000U);
  limit_components(store, {.handles = 10}, "inner").value();
  EXPECT_FALSE(run(1'000));
}

TEST_F(ObserveTest, ObserverSeesCallsAndValuesBothWays) {
  std::vector<std::string> lines;
  observe_calls(store, [&](const ComponentCallEvent& event) {
    const char* what[] = {" -> ", " <- ", " !! "};
    lines.push_back(std::to_string(event.call) + " " + std::string(event.caller) +
                    what[static_cast<std::size_t>(event.what)] + std::string(event.callee) + " " +
                    std::string(event.function) + " " + std::string(event.values));
  }).value();
  EXPECT_EQ(run(3).value(), 3U);
  const std::vector<std::string> expected = {
      "1 host -> outer run (3)",   "2 outer -> host log (\"hello\")", "2 outer <- host log ",
      "3 outer -> inner fill (3)", "3 outer <- inner fill 3",         "1 host <- outer run 3",
  };
  EXPECT_EQ(lines, expected);
}

TEST_F(ObserveTest, ObserverSeesTraps) {
  std::vector<std::string> traps;
  limit_components(store, {.handles = 1}).value();
  observe_calls(store, [&](const ComponentCallEvent& event) {
    if (event.what == ComponentCallEvent::What::trapped) traps.emplace_back(event.callee);
  }).value();
  EXPECT_FALSE(run(2));
  EXPECT_EQ(traps, (std::vector<std::string>{"inner", "outer"}));
}

TEST_F(ObserveTest, RemovedObserverSeesNothing) {
  int events = 0;
  observe_calls(store, [&](const ComponentCallEvent&) { ++events; }).value();
  observe_calls(store, {}).value();
  EXPECT_EQ(run(3).value(), 3U);
  EXPECT_EQ(events, 0);
}

// Each of many components calls the next, through the host's own frames: all the same the host's stack suffices.
TEST_F(ObserveTest, NestedCallsHaveALimit) {
  limit_components(store, {.nested_calls = 1}).value();
  observe_calls(store, [](const ComponentCallEvent&) {}).value();
  EXPECT_TRUE(contains(error_of(run(1)).message(), "call stack exhausted"));
}

// --- Memory, fuel and time -----------------------------------------------------------------------------------------

// `outer` calls `inner`, which works for as many rounds as it is told, and then works itself; both have a memory.
constexpr std::string_view workers = R"((component
  (component $worker
    (core module $m
      (memory (export "memory") 1)
      (memory $second 1)
      (func (export "work") (param $rounds i32) (result i32) (local $done i32)
        (loop
          (local.set $done (i32.add (local.get $done) (i32.const 1)))
          (br_if 0 (i32.lt_u (local.get $done) (local.get $rounds))))
        (local.get $done))
      (func (export "grow") (param i32) (result i32) (memory.grow 0 (local.get 0)))
      (func (export "grow-second") (param i32) (result i32) (memory.grow $second (local.get 0))))
    (core instance $i (instantiate $m))
    (func (export "work") (param "rounds" u32) (result u32) (canon lift (core func $i "work")))
    (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $i "grow")))
    (func (export "grow-second") (param "pages" u32) (result s32) (canon lift (core func $i "grow-second"))))
  (instance $inner (instantiate $worker))
  (component $caller
    (import "inner" (instance $inner (export "work" (func (param "rounds" u32) (result u32)))))
    (core func $inner-work (canon lower (func $inner "work")))
    (core module $m
      (import "" "inner" (func $inner (param i32) (result i32)))
      (func (export "work") (param $inner-rounds i32) (param $rounds i32) (result i32) (local $done i32)
        (drop (call $inner (local.get $inner-rounds)))
        (loop
          (local.set $done (i32.add (local.get $done) (i32.const 1)))
          (br_if 0 (i32.lt_u (local.get $done) (local.get $rounds))))
        (local.get $done)))
    (core instance $i (instantiate $m (with "" (instance (export "inner" (func $inner-work))))))
    (func (export "work") (param "inner" u32) (param "rounds" u32) (result u32) (canon lift (core func $i "work"))))
  (instance $outer (instantiate $caller (with "inner" (instance $inner))))
  (export "inner" (instance $inner))
  (export "outer" (instance $outer))))";

struct ComponentShares : testing::Test {
  void instantiate() {
    Linker linker(engine);
    instance = linker.instantiate(store, Component::compile(engine, workers).value()).value();
  }
  Result<std::uint32_t> work(std::uint32_t inner, std::uint32_t outer) {
    return instance.func<std::uint32_t(std::uint32_t, std::uint32_t)>("outer", "work").value()(inner, outer);
  }
  Result<std::uint32_t> work_inside(std::uint32_t rounds) {
    return instance.func<std::uint32_t(std::uint32_t)>("inner", "work").value()(rounds);
  }
  std::int32_t grow(std::string_view name, std::uint32_t pages) {
    return instance.func<std::int32_t(std::uint32_t)>("inner", name).value()(pages).value();
  }
  Engine engine{EngineOptions{.features = Features::all().bits(), .fuel = true}};
  Store store{engine};
  ComponentInstance instance;
};

TEST_F(ComponentShares, FuelIsTheComponentsThatUsesIt) {
  store.set_fuel(1'000'000);
  limit_components(store, {.fuel = 10'000}, "inner").value();
  instantiate();
  // What its caller uses is not its own, and what it uses is the store's, too.
  EXPECT_EQ(work(100, 50'000).value(), 50'000U);
  EXPECT_LT(store.fuel(), 950'000U);
  const std::uint64_t before = store.fuel();
  const Error error = error_of(work(50'000, 1));
  EXPECT_EQ(error.kind(), ErrorKind::trap);
  EXPECT_TRUE(contains(error.message(), "fuel"));
  EXPECT_TRUE(contains(error.message(), ", in the component `inner`"));
  EXPECT_GT(store.fuel(), before - 10'100);
}

TEST_F(ComponentShares, FuelIsUsedUpByAllCallsTogether) {
  store.set_fuel(10'000'000);
  limit_components(store, {.fuel = 100'000}, "inner").value();
  instantiate();
  unsigned calls = 0;
  while (calls < 1'000 && work_inside(1'000)) ++calls;
  EXPECT_GT(calls, 10U);
  EXPECT_LT(calls, 100U);
}

TEST_F(ComponentShares, TheStoresFuelIsNobodysOwnLimit) {
  store.set_fuel(10'000);
  limit_components(store, {.fuel = 1'000'000}, "inner").value();
  instantiate();
  const Error error = error_of(work(50'000, 1));
  EXPECT_TRUE(contains(error.message(), "fuel"));
  EXPECT_FALSE(contains(error.message(), "in the component"));
}

TEST_F(ComponentShares, FuelNeedsAnEngineThatCountsIt) {
  const Engine other;
  Store uncounted(other);
  expect_usage(limit_components(uncounted, {.fuel = 5}), "the engine does not count it");
  expect_usage(limit_components(uncounted, {.time = std::chrono::seconds(0)}), "a time limit of more than 0");
}

TEST_F(ComponentShares, TimeIsTheComponentsThatTakesIt) {
  limit_components(store, {.time = std::chrono::milliseconds(20)}, "inner").value();
  instantiate();
  const Error error = error_of(work(4'000'000'000U, 1));
  EXPECT_EQ(error.kind(), ErrorKind::trap);
  EXPECT_TRUE(contains(error.message(), ", in the component `inner`"));
  // Each call from the host is a turn of its own, and the time of who calls it is not its own.
  instantiate();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(work_inside(1'000));
  EXPECT_EQ(work(10, 3'000'000).value(), 3'000'000U);
}

TEST_F(ComponentShares, TheStoresDeadlineIsNobodysOwnLimit) {
  store = Store(engine, Limits().deadline(std::chrono::milliseconds(20)));
  limit_components(store, {.time = std::chrono::hours(1)}, "inner").value();
  instantiate();
  const Error error = error_of(work(4'000'000'000U, 1));
  EXPECT_FALSE(contains(error.message(), "in the component"));
}

TEST_F(ComponentShares, MemoriesOfOneComponentShareItsLimit) {
  limit_components(store, {.memory = 10 * 65'536}, "inner").value();
  instantiate();
  // Two pages are there; each of the two memories may take half of what is left.
  EXPECT_EQ(grow("grow", 9), -1);
  EXPECT_EQ(grow("grow", 4), 1);
  EXPECT_EQ(grow("grow", 3), -1);
  EXPECT_EQ(grow("grow-second", 2), 1);
  EXPECT_EQ(grow("grow", 1), 5);
  EXPECT_EQ(grow("grow-second", 1), -1);
  // Of one page in all nobody has half.
  EXPECT_EQ(grow("grow", 1), -1);
}

TEST_F(ComponentShares, AMemoryThatIsTooLargeNamesTheComponent) {
  limit_components(store, {.memory = 65'536}, "inner").value();
  Linker linker(engine);
  const Error error = error_of(linker.instantiate(store, Component::compile(engine, workers).value()));
  EXPECT_EQ(error.kind(), ErrorKind::exhausted);
  EXPECT_TRUE(contains(error.message(), ", in the component `inner`"));
}

}  // namespace
}  // namespace tenon
