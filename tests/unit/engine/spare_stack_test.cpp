// Stores without a call under way have no stack: the host thread keeps one for whoever is called next.
#include "engine/spare_stack.hpp"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "tenon/tenon.hpp"

namespace tenon {
namespace {

constexpr const char* text = R"((module
  (import "host" "between" (func $between (param i32) (result i32)))
  (type $cell (struct (field i32)))
  (func $deep (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
  (func (export "deep") (param i32) (result i32) (call $deep (local.get 0)))
  (func (export "around") (param i32) (result i32)
    (local $before (ref $cell))
    (local.set $before (struct.new $cell (local.get 0)))
    (i32.add (call $between (local.get 0)) (struct.get $cell 0 (local.get $before))))
  (func (export "fail") unreachable)))";

struct Guest {
  explicit Guest(
      const Engine& engine, std::function<std::int32_t(std::int32_t)> between = [](std::int32_t x) { return x; })
      : store(engine) {
    const Module module = Module::compile(engine, text).value();
    instance = Instance::make(store, module, std::vector<Extern>{Func::wrap(store, std::move(between))}).value();
  }
  Result<std::int32_t> call(const char* name, std::int32_t x) {
    return instance.func<std::int32_t(std::int32_t)>(name).value()(x);
  }
  Store store;
  Instance instance;
};

TEST(SpareStack, IsKeptBetweenCalls) {
  const Engine engine;
  Guest guest(engine);
  ASSERT_EQ(guest.call("deep", 10).value(), 10);
  const auto* kept = detail::spare_stack().base;
  EXPECT_NE(kept, nullptr);
  Guest other(engine);
  ASSERT_EQ(other.call("deep", 20).value(), 20);
  EXPECT_EQ(detail::spare_stack().base, kept);
}

TEST(SpareStack, IsThereAgainAfterATrap) {
  const Engine engine;
  Guest guest(engine);
  EXPECT_FALSE(guest.instance.func<void()>("fail").value()().has_value());
  EXPECT_NE(detail::spare_stack().base, nullptr);
  EXPECT_EQ(guest.call("deep", 10).value(), 10);
}

TEST(SpareStack, OneThatWasUsedDeeplyStaysWithItsStore) {
  const Engine engine;
  Guest guest(engine);
  ASSERT_EQ(guest.call("deep", 10'000).value(), 10'000);
  const runtime::SpareStack& spare = detail::spare_stack();
  if (spare.base != nullptr) EXPECT_LE(spare.limit - spare.base, 64 * 1024 / 8);
}

TEST(SpareStack, CallsInsideCallsOfOtherStoresHaveTheirOwn) {
  const Engine engine;
  Guest inner(engine);
  Guest outer(engine, [&](std::int32_t x) {
    Guest fresh(engine);
    inner.store.collect_garbage();
    return inner.call("around", x).value() + fresh.call("deep", 100).value();
  });
  for (std::int32_t x = 0; x < 50; ++x) {
    EXPECT_EQ(outer.call("around", x).value(), 3 * x + 100);
    outer.store.collect_garbage();
  }
}

TEST(SpareStack, StoresMoveBetweenHostThreads) {
  const Engine engine;
  std::vector<std::unique_ptr<Guest>> guests;
  for (int i = 0; i < 4; ++i) guests.push_back(std::make_unique<Guest>(engine));
  for (int turn = 0; turn < 8; ++turn) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&guest = *guests[static_cast<std::size_t>(i + turn) % 4]] {
        for (std::int32_t x = 0; x < 100; ++x) EXPECT_EQ(guest.call("around", x).value(), 2 * x);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace tenon
