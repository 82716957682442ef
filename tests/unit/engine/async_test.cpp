#include "tenon/async.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <vector>

namespace tenon {
namespace {

constexpr std::string_view adds_two_reads = R"(
  (module
    (import "env" "read" (func $read (param i32) (result i32)))
    (memory 1)
    (func (export "run") (param i32) (result i32)
      (i32.add (call $read (local.get 0)) (call $read (i32.const 100)))))
)";

// An engine with a module whose guests wait for `read`; the completions are kept in the order of the calls.
class Calls : public testing::Test {
 protected:
  Calls() {
    linker
        .define_async("env", "read",
                      [this](std::int32_t handle, Completion<std::int32_t> done) {
                        handles.push_back(handle);
                        waiting.push_back(std::move(done));
                      })
        .value();
    auto instance = linker.instantiate(*store, module).value();
    run.emplace(instance.func<std::int32_t(std::int32_t)>("run").value());
  }

  void call(std::int32_t argument) {
    start(*run, argument, [this](Result<std::int32_t> result) { results.push_back(std::move(result)); });
  }

  Engine engine;
  Module module = Module::compile(engine, adds_two_reads).value();
  Linker linker{engine};
  std::optional<Store> store{std::in_place, engine};
  std::optional<TypedFunc<std::int32_t(std::int32_t)>> run;
  std::vector<std::int32_t> handles;
  std::vector<Completion<std::int32_t>> waiting;
  std::vector<Result<std::int32_t>> results;
};

// No guest's frame is there to go on in.
TEST_F(Calls, AHostFunctionThatAModuleExportsAgainWaits) {
  constexpr std::string_view text = R"((module (import "env" "read" (func $read (param i32) (result i32)))
    (export "run" (func $read))))";
  auto instance = linker.instantiate(*store, Module::compile(engine, text).value()).value();
  run.emplace(instance.func<std::int32_t(std::int32_t)>("run").value());
  call(7);
  call(8);
  ASSERT_EQ(handles, (std::vector<std::int32_t>{7, 8}));
  waiting[1].resolve(1);
  waiting[0].reject(Error(ErrorKind::trap, "no more"));
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].value(), 1);
  EXPECT_EQ(results[1].error().message(), "no more");
}

TEST_F(Calls, WaitUntilTheHostCompletes) {
  call(7);
  EXPECT_TRUE(results.empty());
  ASSERT_EQ(handles, (std::vector<std::int32_t>{7}));
  Completion<std::int32_t> first = waiting[0];
  first.resolve(1);
  ASSERT_EQ(handles, (std::vector<std::int32_t>{7, 100}));
  EXPECT_TRUE(results.empty());
  waiting[1].resolve(20);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].value(), 21);
}

TEST_F(Calls, ThousandsWaitAtOnceAndEndInAnyOrder) {
  constexpr int count = 5'000;
  for (int i = 0; i < count; ++i) call(i);
  ASSERT_EQ(waiting.size(), static_cast<std::size_t>(count));
  for (int i = count; i-- > 0;) Completion<std::int32_t>(waiting[static_cast<std::size_t>(i)]).resolve(i);
  ASSERT_EQ(waiting.size(), 2U * count);
  for (int i = 0; i < count; ++i) Completion<std::int32_t>(waiting[static_cast<std::size_t>(count + i)]).resolve(1);
  ASSERT_EQ(results.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)].value(), count - i);
}

TEST_F(Calls, ARejectedWaitIsATrapWithTheHostsError) {
  call(7);
  waiting[0].reject(Error(ErrorKind::io, "the device is gone"));
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].error().kind(), ErrorKind::io);
  EXPECT_EQ(results[0].error().message(), "the device is gone");
}

TEST_F(Calls, ADroppedCompletionEndsTheCall) {
  call(7);
  waiting.clear();
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].error().kind(), ErrorKind::usage);
}

TEST_F(Calls, ASecondCompletionIsIgnored) {
  call(7);
  Completion<std::int32_t> first = waiting[0];
  first.resolve(1);
  first.resolve(2);
  waiting[1].resolve(0);
  EXPECT_EQ(results.at(0).value(), 1);
}

TEST_F(Calls, TheStoresEndEndsThem) {
  call(7);
  store.reset();
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].error().kind(), ErrorKind::usage);
  Completion<std::int32_t>(waiting[0]).resolve(1);  // too late, and without effect
  EXPECT_EQ(results.size(), 1U);
}

TEST_F(Calls, AnOrdinaryCallCannotWait) {
  const auto result = (*run)(7);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("tenon::start"), std::string_view::npos);
}

TEST(AsyncFunctions, MayCompleteAtOnce) {
  const Engine engine;
  Linker linker(engine);
  linker.define_async("env", "read", [](std::int32_t handle, Completion<std::int32_t> done) { done.resolve(handle); })
      .value();
  Store store(engine);
  const Module module = Module::compile(engine, adds_two_reads).value();
  const auto run = linker.instantiate(store, module).value().func<std::int32_t(std::int32_t)>("run").value();
  EXPECT_EQ(run(7).value(), 107);  // an ordinary call is fine when nothing waits
}

}  // namespace
}  // namespace tenon
