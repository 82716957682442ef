// Guests that wait in the middle of compiled code.
#include <gtest/gtest.h>
#include <optional>
#include <vector>

#include "tenon/async.hpp"

namespace tenon {
namespace {

// `run` waits in a loop of compiled code, `deep` at each level of a recursion, which may also trap at its bottom;
// `mixed` goes from bytecode (its handler is not compiled) into compiled code that waits.
constexpr std::string_view text = R"((module
  (import "env" "read" (func $read (param i32) (result i32)))
  (memory 1) (tag $t (param i32))
  (func $sum (export "run") (param $n i32) (result i32) (local $sum i32)
    (loop
      (local.set $sum (i32.add (local.get $sum) (i32.mul (call $read (local.get $n)) (i32.const 3))))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $deep (export "deep") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.load (i32.mul (call $read (i32.const 0)) (i32.const 1000000))))))
    (i32.add (call $deep (i32.sub (local.get $n) (i32.const 1))) (call $read (local.get $n))))
  (func $forever (export "forever") (param i32) (result i32)
    (i32.add (i32.const 1) (call $forever (call $read (local.get 0)))))
  (func (export "mixed") (param $n i32) (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $t $caught)
        (i32.add (call $sum (local.get $n)) (call $sum (local.get $n))))))
  (func $throws (param i32) (throw $t (call $read (local.get 0))))
  (func $through (param i32) (result i32) (call $throws (i32.add (local.get 0) (i32.const 1))) (i32.const 0))
  (func (export "thrown") (param $n i32) (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $t $caught) (call $through (local.get $n)))))))";

class CompiledWaiting : public testing::Test {
 protected:
  CompiledWaiting() {
    linker
        .define_async("env", "read",
                      [this](std::int32_t, Completion<std::int32_t> done) { reads.push_back(std::move(done)); })
        .value();
    instance = linker.instantiate(*store, module).value();
  }
  void call(std::string_view name, std::int32_t argument) {
    start(instance.func<std::int32_t(std::int32_t)>(name).value(), argument,
          [this](Result<std::int32_t> result) { results.push_back(std::move(result)); });
  }
  // Completes what waits, one after the other, until nothing does.
  void complete_all(std::int32_t value) {
    for (std::size_t i = 0; i < reads.size(); ++i) Completion<std::int32_t>(reads[i]).resolve(value);
  }

  static EngineOptions compiled() {
    EngineOptions options;
    options.tier = Tier::optimizing;
    return options;
  }
  Engine engine{compiled()};
  Module module = Module::compile(engine, text).value();
  Linker linker{engine};
  std::optional<Store> store{std::in_place, engine};
  Instance instance;
  std::vector<Completion<std::int32_t>> reads;
  std::vector<Result<std::int32_t>> results;
};

TEST_F(CompiledWaiting, CompiledFramesGoOnWhereTheyWere) {
  call("run", 10);
  ASSERT_EQ(reads.size(), 1U);
  EXPECT_TRUE(results.empty());
  complete_all(7);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].value(), 210);
}

TEST_F(CompiledWaiting, ManyWaitAtOnceAtDifferentDepths) {
  for (std::int32_t i = 1; i <= 50; ++i) call(i % 2 == 0 ? "run" : "deep", i);
  ASSERT_EQ(reads.size(), 50U);
  complete_all(0);
  ASSERT_EQ(results.size(), 50U);
  for (const auto& result : results) EXPECT_EQ(result.value(), 0);
}

TEST_F(CompiledWaiting, ATrapBehindAWaitEndsTheCall) {
  call("deep", 20);
  complete_all(1);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].error().message(), "out of bounds memory access");
  call("run", 1);
  Completion<std::int32_t>(reads.back()).resolve(5);
  EXPECT_EQ(results.back().value(), 15);
}

TEST_F(CompiledWaiting, ARecursionEndsWhereTheStackDoes) {
  call("forever", 1);
  for (std::size_t i = 0; i < reads.size() && results.empty(); ++i) Completion<std::int32_t>(reads[i]).resolve(1);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].error().message(), "call stack exhausted");
}

TEST_F(CompiledWaiting, BytecodeAndCompiledCodeWaitTogether) {
  call("mixed", 3);
  complete_all(2);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].value(), 36);
}

TEST_F(CompiledWaiting, AnExceptionBehindAWaitIsCaught) {
  call("thrown", 3);
  complete_all(41);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].value(), 41);
}

TEST_F(CompiledWaiting, ARejectedOrDroppedCompletionIsATrap) {
  call("run", 2);
  reads[0].reject(Error(ErrorKind::io, "the device is gone"));
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].error().message(), "the device is gone");
  call("deep", 2);
  reads.clear();
  ASSERT_EQ(results.size(), 2U);
  EXPECT_FALSE(results[1].has_value());
}

TEST_F(CompiledWaiting, AStoreMayEndWhileCompiledFramesWait) {
  call("run", 2);
  call("deep", 5);
  store.reset();
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].error().kind(), ErrorKind::usage);
}

TEST_F(CompiledWaiting, AnOrdinaryCallCannotWait) {
  const auto result = instance.func<std::int32_t(std::int32_t)>("run").value()(3);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::usage);
  call("run", 1);
  Completion<std::int32_t>(reads.back()).resolve(5);
  EXPECT_EQ(results.back().value(), 15);
}

}  // namespace
}  // namespace tenon
