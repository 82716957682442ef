// What happens when components are instantiated, and handles, threads and turns between their instances: start
// functions with values, borrows that are passed on, spawned threads, and the order of turns by a seed.
#include <string>

#include "engine/component_state.hpp"
#include "engine_support.hpp"
#include "tenon/component.hpp"
#include "tenon/component_async.hpp"
#include "tenon/component_exports.hpp"
#include "tenon/observe.hpp"
#include "tenon/tools.hpp"

namespace tenon {
namespace {

struct InstancesTest : testing::Test {
  ComponentInstance instantiate(std::string_view text) {
    auto component = Component::compile(engine, text);
    EXPECT_TRUE(component) << component.error().message();
    auto instance = Linker(engine).instantiate(store, *component);
    EXPECT_TRUE(instance) << instance.error().message();
    return *instance;
  }
  Engine engine{EngineOptions{.features = Features::all().bits()}};
  Store store{engine};
};

TEST_F(InstancesTest, StartFunctionsTakeAndMakeValues) {
  const auto instance = instantiate(R"((component
    (core module $m
      (memory (export "memory") 1)
      (global $last (mut i32) (i32.const 0))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
      (func (export "length") (param i32 i32) (result i32)
        (global.set $last (i32.load8_u (local.get 0))) (local.get 1))
      (func (export "add") (param i32)
        (global.set $last (i32.add (i32.mul (global.get $last) (i32.const 1000)) (local.get 0))))
      (func (export "last") (result i32) (global.get $last)))
    (core instance $i (instantiate $m))
    (func $length (param "s" string) (result u32)
      (canon lift (core func $i "length") (memory $i "memory") (realloc (func $i "realloc"))))
    (func $add (param "n" u32) (canon lift (core func $i "add")))
    (func (export "last") (result u32) (canon lift (core func $i "last")))
    (value $text string "Ahoi")
    (start $length (value $text) (result (value $count)))
    (start $add (value $count))))");
  EXPECT_EQ(instance.func<std::uint32_t()>("last").value()().value(), 65'004U);
}

// Passes what it imports through its start function, and exports all three values.
constexpr std::string_view with_values = R"((component
  (import "text" (value $text string))
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "length") (param i32 i32) (result i32) (local.get 1)))
  (core instance $i (instantiate $m))
  (func $length (param "s" string) (result u32)
    (canon lift (core func $i "length") (memory $i "memory") (realloc (func $i "realloc"))))
  (start $length (value $text) (result (value $count)))
  (export "count" (value $count))))";

Linker::ComponentFunction giver(std::vector<component::Val> values) {
  return [values = std::move(values)](std::span<const component::Val>) -> Result<std::vector<component::Val>> {
    return values;
  };
}

TEST_F(InstancesTest, ValuesComeFromTheHostAndGoToIt) {
  using component::Val;
  const auto component = Component::compile(engine, with_values);
  ASSERT_TRUE(component) << component.error().message();
  Linker linker(engine);
  EXPECT_TRUE(
      contains(error_of(linker.instantiate(store, *component)).message(), "a value of that name was not found"));
  linker.define_dynamic("", "text", giver({Val::string("Ahoi")})).value();
  const auto instance = linker.instantiate(store, *component).value();
  EXPECT_EQ(value_of(instance, "count").value(), Val::u32(4));
  expect_usage(value_of(instance, "text"), "the component exports no \"text\"");
}

TEST_F(InstancesTest, ValuesOfAnotherTypeDoNotLink) {
  using component::Val;
  const auto component = Component::compile(engine, with_values).value();
  const auto link_error = [&](std::vector<Val> values) {
    Linker linker(engine);
    linker.define_dynamic("", "text", giver(std::move(values))).value();
    const Error error = error_of(linker.instantiate(store, component));
    EXPECT_EQ(error.kind(), ErrorKind::unlinkable);
    return std::string(error.message());
  };
  EXPECT_TRUE(contains(link_error({Val::u32(4)}), "import `text`: type mismatch: expected a value of type string"));
  EXPECT_TRUE(contains(link_error({Val::string("\xFF")}), "a string of UTF-8 was expected"));
  EXPECT_TRUE(contains(link_error({}), "one value was expected, found 0"));
}

TEST_F(InstancesTest, ValuesOfOneInstanceAreAnothersImports) {
  using component::Val;
  Linker linker(engine);
  linker.define_dynamic("", "text", giver({Val::string("Ahoi")})).value();
  const auto first = linker.instantiate(store, Component::compile(engine, with_values).value()).value();
  Linker next(engine);
  next.define_instance("first", first).value();
  const auto second = next.instantiate(store, Component::compile(engine, R"((component
    (import "first" (instance $first (export "count" (value u32))))
    (alias export $first "count" (value $count))
    (core module $m (func (export "double") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))
    (core instance $i (instantiate $m))
    (func $double (param "n" u32) (result u32) (canon lift (core func $i "double")))
    (start $double (value $count) (result (value $twice)))
    (export "twice" (value $twice))))")
                                                  .value());
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(value_of(*second, "twice").value(), Val::u32(8));
}

// Gives its import a value, and exports what comes back.
constexpr std::string_view with_imported_start = R"((component
  (import "count" (func $count (param "s" string) (result u32)))
  (import "double" (func $double (param "n" u32) (result u32)))
  (import "done" (func $done))
  (value $text string "Ahoi")
  (start $count (value $text) (result (value $length)))
  (start $double (value $length) (result (value $twice)))
  (start $done)
  (export "twice" (value $twice))))";

TEST_F(InstancesTest, AStartFunctionMayBeTheHosts) {
  using component::Val;
  const auto component = Component::compile(engine, with_imported_start).value();
  Linker linker(engine);
  bool is_done = false;
  linker
      .define_dynamic("", "count",
                      [](std::span<const Val> arguments) -> Result<std::vector<Val>> {
                        return std::vector{Val::u32(static_cast<std::uint32_t>(arguments[0].string().size()))};
                      })
      .value();
  linker.define("", "double", [](std::uint32_t number) { return 2 * number; }).value();
  linker.define("", "done", [&] { is_done = true; }).value();
  const auto instance = linker.instantiate(store, component);
  ASSERT_TRUE(instance) << instance.error().message();
  EXPECT_EQ(value_of(*instance, "twice").value(), Val::u32(8));
  EXPECT_TRUE(is_done);
}

struct FailingStart {
  std::function<Result<std::vector<component::Val>>()> count;
  std::string_view error;
};

TEST_F(InstancesTest, AStartFunctionOfTheHostMayFail) {
  using component::Val;
  const auto component = Component::compile(engine, with_imported_start).value();
  const FailingStart failing[] = {
      {[]() -> Result<std::vector<Val>> { return Error(ErrorKind::trap, "no start today"); }, "no start today"},
      {[]() -> Result<std::vector<Val>> { throw std::runtime_error("thrown"); }, "thrown"},
      {[]() -> Result<std::vector<Val>> { return std::vector<Val>{}; }, "gave 0 results, expected 1"},
      {[]() -> Result<std::vector<Val>> { return std::vector{Val::string("four")}; }, "u32"},
  };
  for (const FailingStart& each : failing) {
    Linker linker(engine);
    linker.define_dynamic("", "count", [&](std::span<const Val>) { return each.count(); }).value();
    linker.define("", "double", [](std::uint32_t number) { return 2 * number; }).value();
    linker.define("", "done", [] {}).value();
    const auto instance = linker.instantiate(store, component);
    ASSERT_FALSE(instance);
    EXPECT_NE(instance.error().message().find(each.error), std::string_view::npos) << instance.error().message();
  }
  Linker linker(engine);
  linker.define("", "count", [](std::string_view text) { return static_cast<std::uint32_t>(text.size()); }).value();
  linker.define("", "double", [](std::uint32_t number) { return 2 * number; }).value();
  linker.define("", "done", [] {}).value();
  const auto instance = linker.instantiate(store, component);
  ASSERT_FALSE(instance);
  EXPECT_EQ(instance.error().kind(), ErrorKind::unlinkable);
}

TEST_F(InstancesTest, AStartFunctionMayWait) {
  using component::Val;
  Linker linker(engine);
  linker.define_dynamic("", "start", giver({Val::u32(20)})).value();
  linker
      .define_async_dynamic("", "later",
                            [](std::span<const Val> arguments, const ComponentCompletion& done) -> Result<void> {
                              done.resolve_later({Val::u32(2 * static_cast<std::uint32_t>(arguments[0].bits()))});
                              return {};
                            })
      .value();
  const auto instance = linker.instantiate(store, Component::compile(engine, R"((component
    (import "later" (func $later async (param "x" u32) (result u32)))
    (import "start" (value $start u32))
    (core func $later (canon lower (func $later)))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "later" (func $later (param i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "work") (param i32) (call $return (i32.add (call $later (local.get 0)) (i32.const 2)))))
    (core instance $i (instantiate $m (with "" (instance (export "later" (func $later)) (export "return" (func $return))))))
    (func $work async (param "x" u32) (result u32) (canon lift (core func $i "work") async))
    (start $work (value $start) (result (value $end)))
    (export "end" (value $end))))")
                                                      .value());
  ASSERT_TRUE(instance) << instance.error().message();
  EXPECT_EQ(value_of(*instance, "end").value(), Val::u32(42));
}

// $a makes a resource and lends it to $b, which lends it on to $c, which asks $a what it is.
constexpr std::string_view lends_on = R"((component
  (component $a
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core module $m (func (export "rep") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m))
    (export $r2 "r" (type $r))
    (func (export "make") (param "rep" u32) (result (own $r2)) (canon lift (core func $new)))
    (func (export "rep") (param "r" (borrow $r2)) (result u32) (canon lift (core func $i "rep"))))
  (component $pass
    (import "a" (instance $a (export "r" (type $r (sub resource)))))
    (alias export $a "r" (type $r))
    (import "next" (func $next (param "r" (borrow $r)) (result u32)))
    (core func $next (canon lower (func $next)))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "next" (func $next (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "use") (param i32) (result i32) (local i32)
        (local.set 1 (call $next (local.get 0)))
        (call $drop (local.get 0))
        (local.get 1)))
    (core instance $i (instantiate $m (with "" (instance (export "next" (func $next)) (export "drop" (func $drop))))))
    (func (export "use") (param "r" (borrow $r)) (result u32) (canon lift (core func $i "use"))))
  (component $main
    (import "a" (instance $a
      (export "r" (type $r (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $r))))))
    (alias export $a "r" (type $r))
    (import "use" (func $use (param "r" (borrow $r)) (result u32)))
    (core func $make (canon lower (func $a "make")))
    (core func $use (canon lower (func $use)))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "use" (func $use (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "run") (param i32) (result i32) (local i32)
        (local.set 1 (call $make (local.get 0)))
        (local.set 0 (call $use (local.get 1)))
        (call $drop (local.get 1))
        (local.get 0)))
    (core instance $i (instantiate $m (with "" (instance
      (export "make" (func $make)) (export "use" (func $use)) (export "drop" (func $drop))))))
    (func (export "run") (param "rep" u32) (result u32) (canon lift (core func $i "run"))))
  (instance $a (instantiate $a))
  (instance $c (instantiate $pass (with "a" (instance $a)) (with "next" (func $a "rep"))))
  (instance $b (instantiate $pass (with "a" (instance $a)) (with "next" (func $c "use"))))
  (instance $main (instantiate $main (with "a" (instance $a)) (with "use" (func $b "use"))))
  (export "main" (instance $main))))";

TEST_F(InstancesTest, BorrowsArePassedOn) {
  for (const bool uses_adapters : {true, false}) {
    store = Store(engine);
    component::Scheduler& scheduler = detail::StoreBlock::of(store).component_store().world.scheduler;
    scheduler.uses_adapters = uses_adapters;
    const auto run = instantiate(lends_on).func<std::uint32_t(std::uint32_t)>("main", "run").value();
    EXPECT_EQ(run(7).value(), 7U);
    EXPECT_EQ(run(8).value(), 8U);
    EXPECT_EQ(scheduler.current, nullptr);
    EXPECT_EQ(scheduler.pending.value[0], 0);
  }
}

// A thread is spawned by each of the two built-ins; both have run when the task yields.
TEST_F(InstancesTest, SpawnedThreadsRun) {
  const auto instance = instantiate(R"((component
    (core module $libc (table (export "table") 1 funcref) (global (export "sum") (mut i32) (i32.const 0)))
    (core instance $libc (instantiate $libc))
    (core type $start (func (param i32)))
    (alias core export $libc "table" (core table $table))
    (core func $spawn-ref (canon thread.spawn-ref $start))
    (core func $spawn-indirect (canon thread.spawn-indirect $start (table $table)))
    (core func $yield (canon thread.yield))
    (core func $parallel (canon thread.available-parallelism))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (type $start (func (param i32)))
      (import "" "spawn-ref" (func $spawn-ref (param (ref null $start)) (param i32) (result i32)))
      (import "" "spawn-indirect" (func $spawn-indirect (param i32 i32) (result i32)))
      (import "" "yield" (func $yield (result i32)))
      (import "" "parallel" (func $parallel (result i32)))
      (import "" "return" (func $return (param i32)))
      (import "libc" "table" (table 1 funcref))
      (import "libc" "sum" (global $sum (mut i32)))
      (elem (i32.const 0) func $add)
      (func $add (type $start) (global.set $sum (i32.add (global.get $sum) (local.get 0))))
      (func (export "run")
        (drop (call $spawn-ref (ref.func $add) (i32.const 20)))
        (drop (call $spawn-indirect (i32.const 0) (i32.const 300)))
        (drop (call $yield))
        (drop (call $yield))
        (call $return (i32.add (global.get $sum) (call $parallel)))))
    (core instance $i (instantiate $m
      (with "" (instance
        (export "spawn-ref" (func $spawn-ref)) (export "spawn-indirect" (func $spawn-indirect))
        (export "yield" (func $yield)) (export "parallel" (func $parallel)) (export "return" (func $return))))
      (with "libc" (instance $libc))))
    (func (export "run") async (result u32) (canon lift (core func $i "run") async))))");
  auto results = instance.func("run").value().call({});
  ASSERT_TRUE(results) << results.error().message();
  EXPECT_EQ(results->at(0), component::Val::u32(321));
}

// A guest has 100,000 calls of another under way at one time, each of which yields once before it returns.
constexpr std::string_view many_tasks = R"((component
    (component $callee
      (core func $return (canon task.return (result u32)))
      (core module $m
        (import "" "return" (func $return (param i32)))
        (global $under-way (mut i32) (i32.const 0))
        (global $most (mut i32) (i32.const 0))
        (func (export "work") (result i32)
          (global.set $under-way (i32.add (global.get $under-way) (i32.const 1)))
          (if (i32.gt_u (global.get $under-way) (global.get $most)) (then (global.set $most (global.get $under-way))))
          (i32.const 1))
        (func (export "callback") (param i32 i32 i32) (result i32)
          (call $return (global.get $most))
          (global.set $under-way (i32.sub (global.get $under-way) (i32.const 1)))
          (i32.const 0)))
      (core instance $i (instantiate $m (with "" (instance (export "return" (func $return))))))
      (func (export "work") async (result u32)
        (canon lift (core func $i "work") async (callback (func $i "callback")))))
    (instance $callee (instantiate $callee))
    (component $caller
      (import "callee" (instance $callee (export "work" (func async (result u32)))))
      (core module $memory (memory (export "memory") 1))
      (core instance $mem (instantiate $memory))
      (core func $work (canon lower (func $callee "work") async (memory $mem "memory")))
      (core func $new (canon waitable-set.new))
      (core func $join (canon waitable.join))
      (core func $wait (canon waitable-set.wait (memory $mem "memory")))
      (core func $drop (canon subtask.drop))
      (core func $return (canon task.return (result u32)))
      (core module $m
        (import "" "memory" (memory 1))
        (import "" "work" (func $work (param i32) (result i32)))
        (import "" "new" (func $new (result i32)))
        (import "" "join" (func $join (param i32 i32)))
        (import "" "wait" (func $wait (param i32 i32) (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (import "" "return" (func $return (param i32)))
        (func (export "run") (param $count i32) (local $set i32) (local $left i32) (local $state i32)
          (local.set $set (call $new))
          (local.set $left (local.get $count))
          (loop $call
            (local.set $state (call $work (i32.const 16)))
            (call $join (i32.shr_u (local.get $state) (i32.const 4)) (local.get $set))
            (br_if $call (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
          (loop $next
            (drop (call $wait (local.get $set) (i32.const 0)))
            (call $join (i32.load (i32.const 0)) (i32.const 0))
            (call $drop (i32.load (i32.const 0)))
            (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
          (call $return (i32.load (i32.const 16)))))
      (core instance $i (instantiate $m (with "" (instance
        (export "memory" (memory $mem "memory")) (export "work" (func $work)) (export "new" (func $new))
        (export "join" (func $join)) (export "wait" (func $wait)) (export "drop" (func $drop))
        (export "return" (func $return))))))
      (func (export "run") async (param "count" u32) (result u32) (canon lift (core func $i "run") async)))
    (instance $caller (instantiate $caller (with "callee" (instance $callee))))
    (export "caller" (instance $caller))))";

TEST_F(InstancesTest, ManyTasksAreUnderWayAtOnce) {
  const component::Val count[1] = {component::Val::u32(100'000)};
  auto results = instantiate(many_tasks).func("caller", "run").value().call(count);
  ASSERT_TRUE(results) << results.error().message();
  EXPECT_EQ(results->at(0), component::Val::u32(100'000));
}

TEST_F(InstancesTest, LimitOfTasksNamesTheInstance) {
  limit_components(store, {.tasks = 10}).value();
  const component::Val ten[1] = {component::Val::u32(10)};
  EXPECT_TRUE(instantiate(many_tasks).func("caller", "run").value().call(ten));
  const component::Val eleven[1] = {component::Val::u32(11)};
  EXPECT_TRUE(contains(error_of(instantiate(many_tasks).func("caller", "run").value().call(eleven)).message(),
                       "too many calls under way: at most 10 were expected, in the component `callee`"));
}

// Threads that yield take turns; which comes first is the seed's choice, and every choice is a legal one.
constexpr std::string_view turns = R"(
(component
  (component $c
    (core module $libc (table (export "table") 1 funcref))
    (core instance $libc (instantiate $libc))
    (core type $start (func (param i32)))
    (alias core export $libc "table" (core table $table))
    (core func $spawn (canon thread.spawn-indirect $start (table $table)))
    (core func $yield (canon thread.yield))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (type $start (func (param i32)))
      (import "" "spawn" (func $spawn (param i32 i32) (result i32)))
      (import "" "yield" (func $yield (result i32)))
      (import "" "return" (func $return (param i32)))
      (import "libc" "table" (table 1 funcref))
      (global $order (mut i32) (i32.const 0))
      (global $done (mut i32) (i32.const 0))
      (elem (i32.const 0) func $note)
      (func $note (type $start)
        (drop (call $yield))
        (global.set $order (i32.add (i32.mul (global.get $order) (i32.const 10)) (local.get 0)))
        (global.set $done (i32.add (global.get $done) (i32.const 1))))
      (func (export "run")
        (drop (call $spawn (i32.const 0) (i32.const 1)))
        (drop (call $spawn (i32.const 0) (i32.const 2)))
        (drop (call $spawn (i32.const 0) (i32.const 3)))
        (loop (drop (call $yield)) (br_if 0 (i32.lt_u (global.get $done) (i32.const 3))))
        (call $return (global.get $order))))
    (core instance $i (instantiate $m
      (with "" (instance (export "spawn" (func $spawn)) (export "yield" (func $yield)) (export "return" (func $return))))
      (with "libc" (instance $libc))))
    (func (export "run") async (result u32) (canon lift (core func $i "run") async)))
  (instance $c (instantiate $c))
  (export "run" (func $c "run")))
(assert_return (invoke "run") (u32.const ORDER)))";

TEST(Seed, PermutesTheTurnsOfThreads) {
  unsigned first_come = 0;
  unsigned others = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    unsigned passed = 0;
    for (const char* order : {"123", "132", "213", "231", "312", "321"}) {
      std::string script(turns);
      script.replace(script.find("ORDER"), 5, order);
      const auto report = tools::run_script(script, {.seed = seed});
      ASSERT_TRUE(report) << report.error().message();
      // The component, and then the order if it was this one.
      passed += report->failed == 0 ? 1 : 0;
      if (report->failed == 0) (std::string_view(order) == "123" ? first_come : others) += 1;
    }
    EXPECT_EQ(passed, 1U) << "seed " << seed;
    if (seed == 0) EXPECT_EQ(first_come, 1U);
  }
  EXPECT_GT(others, 20U);
}

}  // namespace
}  // namespace tenon
