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

}  // namespace
}  // namespace tenon
