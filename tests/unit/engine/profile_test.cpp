#include "tenon/profile.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "tenon/native.hpp"

namespace tenon {
namespace {

using namespace std::chrono_literals;

// What the loop computes, no compiler knows a shorter way to.
constexpr std::string_view spinning = R"((module $spinner
  (global $x (export "x") (mut i32) (i32.const 1))
  (func $busy (param $n i32) (local $i i32)
    (loop
      (global.set $x (i32.xor (i32.mul (global.get $x) (i32.const 1664525)) (i32.shr_u (global.get $x) (i32.const 7))))
      (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  (func $idle (nop))
  (func (export "main") (param i32) (call $idle) (call $busy (local.get 0)))))";

class ProfilerTest : public ::testing::TestWithParam<Tier> {
 protected:
  // Runs until there are some samples.
  void profile(Profiler& profiler, const Instance& instance) {
    auto run = instance.func<void(std::uint32_t)>("main").value();
    for (int i = 0; i < 200 && profiler.samples() < 10; ++i) ASSERT_TRUE(run(10'000'000).has_value());
    EXPECT_GE(profiler.samples(), 10U);
    profiler.stop();
    const std::uint64_t samples = profiler.samples();
    ASSERT_TRUE(run(1000).has_value());
    EXPECT_EQ(profiler.samples(), samples);
  }
  Engine make_engine() {
    EngineOptions options;
    options.tier = GetParam();
    return Engine(options);
  }
};

TEST_P(ProfilerTest, NamesTheFunctionsThatTakeTheTime) {
  const Engine engine = make_engine();
  const auto module = Module::compile(engine, spinning).value();
  Store store(engine);
  const auto instance = Instance::make(store, module, {}).value();
  Profiler profiler(store, 500us);
  profile(profiler, instance);
  const std::string picture = profiler.flame_graph();
  EXPECT_TRUE(picture.starts_with("<svg ")) << picture.substr(0, 200);
  EXPECT_NE(picture.find("<title>spinner!busy: "), std::string::npos) << picture;
  EXPECT_NE(picture.find("<title>spinner!func 2: "), std::string::npos) << picture;
  EXPECT_EQ(picture.find("idle"), std::string::npos);
}

// Calls that nothing is inlined in: the frames are walked, from wherever the loop was interrupted.
TEST_P(ProfilerTest, NamesTheCallersOfALoop) {
  const Engine engine = make_engine();
  const auto module = Module::compile(engine, R"((module $tower
    (type $step (func (param i32) (result i32)))
    (table funcref (elem $outer $middle $inner))
    (func $outer (type $step) (i32.add (call_indirect (type $step) (local.get 0) (i32.const 1)) (i32.const 1)))
    (func $middle (type $step) (i32.add (call_indirect (type $step) (local.get 0) (i32.const 2)) (i32.const 1)))
    (func $inner (type $step) (local $x i32) (local $i i32)
      (loop
        (local.set $x (i32.xor (i32.mul (local.get $x) (i32.const 1664525)) (i32.shr_u (local.get $x) (i32.const 7))))
        (local.set $x (i32.add (local.get $x) (local.get $i)))
        (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
      (local.get $x))
    (func (export "main") (param i32)
      (drop (call_indirect (type $step) (local.get 0) (i32.const 0))))))")
                          .value();
  Store store(engine);
  const auto instance = Instance::make(store, module, {}).value();
  Profiler profiler(store, 500us);
  profile(profiler, instance);
  const std::string picture = profiler.flame_graph();
  for (const char* name : {"func 3", "outer", "middle", "inner"}) {
    EXPECT_NE(picture.find("<title>tower!" + std::string(name) + ": "), std::string::npos) << name << picture;
  }
}

TEST_P(ProfilerTest, LeavesDeadlinesAndHandlersAsTheyAre) {
  const Engine engine = make_engine();
  const auto module = Module::compile(engine, spinning).value();
  Store store(engine, Limits().deadline(50ms));
  const auto instance = Instance::make(store, module, {}).value();
  Profiler profiler(store, 500us);
  auto run = instance.func<void(std::uint32_t)>("main").value();
  Result<void> result;
  for (int i = 0; i < 1000 && result; ++i) result = run(4'000'000'000U);
  EXPECT_EQ(result.error().message(), "deadline exceeded");
}

TEST_P(ProfilerTest, WritesTheTablesOfAFirefoxProfile) {
  const Engine engine = make_engine();
  const auto module = Module::compile(engine, spinning).value();
  Store store(engine);
  const auto instance = Instance::make(store, module, {}).value();
  Profiler profiler(store, 500us);
  profile(profiler, instance);
  const std::string json = profiler.firefox_profile("a \"test\"\n");
  for (const std::string_view part :
       {"\"preprocessedProfileVersion\":48", "\"product\":\"a \\\"test\\\"\\u000a\"",
        "\"samples\":{\"weightType\":", "\"stackTable\":{\"frame\":[", "\"frameTable\":{\"address\":[-1",
        "\"funcTable\":{\"name\":[0", "\"stringArray\":[\"spinner!"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(std::ranges::count(json, '{'), std::ranges::count(json, '}'));
  EXPECT_EQ(std::ranges::count(json, '['), std::ranges::count(json, ']'));
}

INSTANTIATE_TEST_SUITE_P(Tiers, ProfilerTest, ::testing::Values(Tier::interpreter, Tier::optimizing));

}  // namespace
}  // namespace tenon
