// Calls between the host and compiled components in which numbers stay in registers: what they pass, every way in which
// they end, and who must not be left out.
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include "engine/component_state.hpp"
#include "tenon/component.hpp"
#include "tenon/observe.hpp"
#include "unit/jit/guest.hpp"

namespace tenon {
namespace {

using Number = std::uint32_t(std::uint32_t);

struct CompiledComponent {
  explicit CompiledComponent(std::string_view text) : component(Component::compile(engine, text).value()) {}
  void start(const Limits& limits = {}) {
    store.emplace(engine, limits);
    auto made = linker.instantiate(*store, component);
    ASSERT_TRUE(made) << made.error().message();
    instance = *made;
  }
  template <class Signature>
  TypedComponentFunc<Signature> func(std::string_view name) {
    return instance.func<Signature>(name).value();
  }
  Engine engine = compiling_engine();
  Component component;
  Linker linker{engine};
  std::optional<Store> store;
  ComponentInstance instance;
};

template <class Signature>
bool is_direct(const TypedComponentFunc<Signature>& func) {
  const runtime::ComponentEntry* entry = detail::StoreBlock::func_of(func.func())->head.entry;
  return entry != nullptr && entry->may_enter() &&
         detail::StoreBlock::owner_of(func.func())->store->control.direct_stack == detail::host_stack.lowest;
}

// Functions that give what they got, through core code that leaves bits where none belong.
TEST(DirectComponentCalls, PassNumbersOfEveryType) {
  CompiledComponent guest(R"((component
    (core module $m
      (func (export "wide") (param i32) (result i32) (i32.or (local.get 0) (i32.const 0x7ABC0000)))
      (func (export "bool") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 6)))
      (func (export "u32") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func (export "s64") (param i64) (result i64) (i64.sub (i64.const 0) (local.get 0)))
      (func (export "f32") (param f32) (result f32) (f32.sqrt (local.get 0)))
      (func (export "f64") (param f64) (result f64) (f64.div (local.get 0) (f64.const 4)))
      (func (export "sum") (param i32 i64 f32 f64 i32 i32 i32) (result f64)
        (f64.add (f64.add (f64.convert_i32_s (local.get 0)) (f64.convert_i64_s (local.get 1)))
          (f64.add (f64.promote_f32 (local.get 2)) (f64.sub (local.get 3) (f64.convert_i32_u (local.get 6))))))
      (func (export "none")))
    (core instance $i (instantiate $m))
    (func (export "u8") (param "a" u8) (result u8) (canon lift (core func $i "u32")))
    (func (export "s8") (param "a" s8) (result s8) (canon lift (core func $i "u32")))
    (func (export "u16") (param "a" u16) (result u16) (canon lift (core func $i "wide")))
    (func (export "s16") (param "a" s16) (result s16) (canon lift (core func $i "wide")))
    (func (export "bool") (param "a" bool) (result bool) (canon lift (core func $i "bool")))
    (func (export "u32") (param "a" u32) (result u32) (canon lift (core func $i "u32")))
    (func (export "s64") (param "a" s64) (result s64) (canon lift (core func $i "s64")))
    (func (export "f32") (param "a" f32) (result f32) (canon lift (core func $i "f32")))
    (func (export "f64") (param "a" f64) (result f64) (canon lift (core func $i "f64")))
    (func (export "sum") (param "a" s32) (param "b" s64) (param "c" f32) (param "d" f64) (param "e" u8) (param "f" bool)
      (param "g" u16) (result f64) (canon lift (core func $i "sum")))
    (func (export "none") (canon lift (core func $i "none")))))");
  guest.start();
  const auto u32 = guest.func<Number>("u32");
  EXPECT_FALSE(is_direct(u32));
  EXPECT_EQ(twice(u32, 0xFFFF'FFFFU).value(), 0U);
  EXPECT_TRUE(is_direct(u32));
  EXPECT_EQ(twice(guest.func<std::uint8_t(std::uint8_t)>("u8"), std::uint8_t{255}).value(), 0);
  EXPECT_EQ(twice(guest.func<std::int8_t(std::int8_t)>("s8"), std::int8_t{-1}).value(), 0);
  EXPECT_EQ(twice(guest.func<std::int8_t(std::int8_t)>("s8"), std::int8_t{127}).value(), -128);
  EXPECT_EQ(twice(guest.func<std::uint16_t(std::uint16_t)>("u16"), std::uint16_t{0xFEDC}).value(), 0xFEDC);
  EXPECT_EQ(twice(guest.func<std::int16_t(std::int16_t)>("s16"), std::int16_t{-2}).value(), -2);
  EXPECT_TRUE(twice(guest.func<bool(bool)>("bool"), true).value());
  EXPECT_FALSE(twice(guest.func<bool(bool)>("bool"), false).value());
  EXPECT_EQ(twice(guest.func<std::int64_t(std::int64_t)>("s64"), std::int64_t{1} << 62).value(),
            -(std::int64_t{1} << 62));
  EXPECT_EQ(twice(guest.func<float(float)>("f32"), 6.25F).value(), 2.5F);
  EXPECT_TRUE(std::isnan(twice(guest.func<float(float)>("f32"), -1.0F).value()));
  EXPECT_EQ(twice(guest.func<double(double)>("f64"), 3.0).value(), 0.75);
  EXPECT_TRUE(twice(guest.func<void()>("none")));
  using Sum = double(std::int32_t, std::int64_t, float, double, std::uint8_t, bool, std::uint16_t);
  EXPECT_EQ(
      twice(guest.func<Sum>("sum"), -3, std::int64_t{1} << 40, 0.5F, 0.25, std::uint8_t{1}, true, std::uint16_t{7})
          .value(),
      -3.0 + 1099511627776.0 + 0.75 - 7);
}

constexpr const char* calls_host = R"((component
    (import "f" (func $f (param "x" u32) (result u32)))
    (import "narrow" (func $narrow (param "a" s8) (param "b" bool) (param "c" f64) (result u8)))
    (import "nothing" (func $nothing))
    (core func $f' (canon lower (func $f)))
    (core func $narrow' (canon lower (func $narrow)))
    (core func $nothing' (canon lower (func $nothing)))
    (core module $m
      (import "" "f" (func $f (param i32) (result i32)))
      (import "" "narrow" (func $narrow (param i32 i32 f64) (result i32)))
      (import "" "nothing" (func $nothing))
      (func (export "g") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))
      (func (export "narrow") (param i32) (result i32)
        (call $narrow (i32.or (local.get 0) (i32.const 0x0100)) (i32.const 0x10) (f64.const nan:0x123)))
      (func (export "trap") (param i32) (result i32) (call $nothing) (i32.div_u (i32.const 7) (local.get 0)))
      (func (export "post") (param i32) (drop (call $f (i32.const 9))))
      (func (export "context") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m (with "" (instance
      (export "f" (func $f')) (export "narrow" (func $narrow')) (export "nothing" (func $nothing'))))))
    (func (export "g") (param "x" u32) (result u32) (canon lift (core func $i "g")))
    (func (export "narrow") (param "x" u32) (result u32) (canon lift (core func $i "narrow")))
    (func (export "trap") (param "x" u32) (result u32) (canon lift (core func $i "trap")))
    (func (export "post") (param "x" u32) (result u32)
      (canon lift (core func $i "context") (post-return (func $i "post"))))))";

class ComponentThatCallsTheHost : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(guest.linker.define("", "f", [this](std::uint32_t x) { return f(x); }));
    ASSERT_TRUE(guest.linker.define("", "narrow", [this](std::int8_t a, bool b, double c) {
      narrow = a;
      is_true = b;
      is_canonical = std::bit_cast<std::uint64_t>(c) == 0x7FF8'0000'0000'0000;
      return std::uint8_t{200};
    }));
    ASSERT_TRUE(guest.linker.define("", "nothing", [this](Caller caller) {
      EXPECT_FALSE(caller.is_interrupted());
      ++calls;
    }));
    guest.start();
    g = guest.func<Number>("g");
  }
  CompiledComponent guest{calls_host};
  std::function<Result<std::uint32_t>(std::uint32_t)> f = [](std::uint32_t x) { return x * 2; };
  std::optional<TypedComponentFunc<Number>> g;
  int narrow = 0;
  bool is_true = false;
  bool is_canonical = false;
  int calls = 0;
};

TEST_F(ComponentThatCallsTheHost, PassesItNumbers) {
  EXPECT_EQ(twice(*g, 20U).value(), 41U);
  EXPECT_TRUE(is_direct(*g));
  EXPECT_EQ(twice(guest.func<Number>("narrow"), 0xFEU).value(), 200U);
  EXPECT_EQ(narrow, -2);
  EXPECT_TRUE(is_true);
  EXPECT_TRUE(is_canonical);
  EXPECT_EQ(twice(guest.func<Number>("trap"), 2U).value(), 3U);
  EXPECT_EQ(calls, 2);
}

TEST_F(ComponentThatCallsTheHost, CannotBeEnteredMeanwhile) {
  bool goes_in = false;
  f = [&](std::uint32_t x) -> Result<std::uint32_t> {
    if (!goes_in) return x;
    const auto entered = (*g)(1);
    EXPECT_FALSE(entered);
    if (!entered) EXPECT_NE(entered.error().message().find("cannot enter component instance"), std::string::npos);
    return x + 100;
  };
  ASSERT_EQ(twice(*g, 7U).value(), 8U);
  goes_in = true;
  EXPECT_EQ((*g)(7).value(), 108U);
  goes_in = false;
  EXPECT_EQ((*g)(7).value(), 8U);
}

// What has trapped is never entered again.
TEST_F(ComponentThatCallsTheHost, EndsInATrap) {
  const auto trap = guest.func<Number>("trap");
  ASSERT_EQ(twice(trap, 7U).value(), 1U);
  ASSERT_EQ(twice(*g, 7U).value(), 15U);
  const auto trapped = trap(0);
  ASSERT_FALSE(trapped);
  EXPECT_EQ(trapped.error().message(), "integer divide by zero");
  EXPECT_NE(trapped.error().context().find("0: m!func 5"), std::string::npos) << trapped.error().context();
  for (int i = 0; i < 2; ++i) {
    const auto again = (*g)(7);
    ASSERT_FALSE(again);
    EXPECT_NE(again.error().message().find("cannot enter component instance"), std::string::npos);
  }
}

TEST_F(ComponentThatCallsTheHost, StopsWhereTheHostFails) {
  ASSERT_EQ(twice(*g, 7U).value(), 15U);
  f = [](std::uint32_t) -> Result<std::uint32_t> { return Error(ErrorKind::io, "the disk is full"); };
  const auto failed = (*g)(7);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "the disk is full");
  EXPECT_NE(failed.error().context().find("0: m!func 3"), std::string::npos) << failed.error().context();
  EXPECT_FALSE((*g)(7));
}

TEST_F(ComponentThatCallsTheHost, StopsWhereTheHostThrows) {
  ASSERT_EQ(twice(*g, 7U).value(), 15U);
  f = [](std::uint32_t) -> Result<std::uint32_t> { throw std::runtime_error("out of paper"); };
  const auto failed = (*g)(7);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message().find("out of paper"), std::string::npos) << failed.error().message();
}

TEST_F(ComponentThatCallsTheHost, EndsWithItsStore) {
  ASSERT_EQ(twice(*g, 7U).value(), 15U);
  f = [&](std::uint32_t x) -> Result<std::uint32_t> {
    guest.store.reset();
    return x;
  };
  const auto ended = (*g)(7);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind(), ErrorKind::usage) << ended.error().message();
  EXPECT_EQ((*g)(7).error().kind(), ErrorKind::usage);
}

TEST_F(ComponentThatCallsTheHost, IsInterruptedWhereItLooks) {
  ASSERT_EQ(twice(*g, 7U).value(), 15U);
  f = [&](std::uint32_t x) -> Result<std::uint32_t> {
    guest.store->interrupt();
    return x;
  };
  EXPECT_EQ((*g)(7).value(), 8U);  // nobody has looked any more
  f = [](std::uint32_t x) -> Result<std::uint32_t> { return x; };
  EXPECT_EQ((*g)(7).value(), 8U);
}

// In a post-return, the host may not be called.
TEST_F(ComponentThatCallsTheHost, MayNotLeaveInItsPostReturn) {
  ASSERT_EQ(twice(*g, 7U).value(), 15U);
  const auto post = guest.func<Number>("post")(1);
  ASSERT_FALSE(post);
  EXPECT_NE(post.error().message().find("cannot leave component instance"), std::string::npos)
      << post.error().message();
}

TEST_F(ComponentThatCallsTheHost, IsObserved) {
  ASSERT_EQ(twice(*g, 7U).value(), 15U);
  std::vector<std::string> seen;
  ASSERT_TRUE(observe_calls(*guest.store, [&](const ComponentCallEvent& event) { seen.emplace_back(event.function); }));
  EXPECT_EQ((*g)(7).value(), 15U);
  EXPECT_EQ(seen, (std::vector<std::string>{"g", "f", "f", "g"}));
  ASSERT_TRUE(observe_calls(*guest.store, {}));
  EXPECT_EQ((*g)(7).value(), 15U);
  EXPECT_EQ(seen.size(), 4U);
}

// A call that asks for its thread makes one, and has another the next time.
TEST(DirectComponentCalls, HaveThreadsOfTheirOwn) {
  CompiledComponent guest(R"((component
    (core func $index (canon thread.index))
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $m
      (import "" "index" (func $index (result i32)))
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (func (export "run") (param i32) (result i32) (local i32)
        (local.set 1 (call $get))
        (call $set (local.get 0))
        (if (i32.eqz (call $index)) (then unreachable))
        (i32.add (local.get 1) (i32.mul (call $get) (i32.const 2)))))
    (core instance $i (instantiate $m (with "" (instance
      (export "index" (func $index)) (export "get" (func $get)) (export "set" (func $set))))))
    (func (export "run") (param "x" u32) (result u32) (canon lift (core func $i "run")))))");
  guest.start();
  const auto run = guest.func<Number>("run");
  for (std::uint32_t i = 1; i < 5; ++i) EXPECT_EQ(run(i).value(), 2 * i);
  EXPECT_TRUE(is_direct(run));
}

// Those around an instance are entered with it.
TEST(DirectComponentCalls, EnterTheInstancesAround) {
  CompiledComponent guest(R"((component
    (import "f" (func $f (param "x" u32) (result u32)))
    (component $inner
      (import "f" (func $f (param "x" u32) (result u32)))
      (core func $f' (canon lower (func $f)))
      (core module $m (import "" "f" (func $f (param i32) (result i32)))
        (func (export "g") (param i32) (result i32) (call $f (local.get 0))))
      (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
      (func (export "g") (param "x" u32) (result u32) (canon lift (core func $i "g"))))
    (instance $a (instantiate $inner (with "f" (func $f))))
    (instance $b (instantiate $inner (with "f" (func $f))))
    (export "a" (func $a "g"))
    (export "b" (func $b "g"))))");
  std::optional<TypedComponentFunc<Number>> a;
  std::optional<TypedComponentFunc<Number>> b;
  std::uint32_t refusals = 0;
  ASSERT_TRUE(guest.linker.define("", "f", [&](std::uint32_t x) {
    if (x == 1) refusals += (*a)(0).has_value() ? 0U : 1U;
    if (x == 1) refusals += (*b)(0).has_value() ? 0U : 1U;
    return x;
  }));
  guest.start();
  a = guest.func<Number>("a");
  b = guest.func<Number>("b");
  ASSERT_EQ(twice(*a, 5U).value(), 5U);
  ASSERT_EQ(twice(*b, 6U).value(), 6U);
  EXPECT_TRUE(is_direct(*a) && is_direct(*b));
  EXPECT_EQ((*a)(1).value(), 1U);
  EXPECT_EQ(refusals, 2U);
  EXPECT_EQ((*b)(6).value(), 6U);
}

// Between guests, asynchronously: numbers of every width, and a place for the result where none can be.
TEST(AsyncNumbers, PassWithoutContexts) {
  CompiledComponent guest(R"((component
    (component $callee
      (core func $return (canon task.return (result s16)))
      (core module $m
        (import "" "return" (func $return (param i32)))
        (func (export "run") (param i32 i32 f32) (result i32)
          (if (i32.ne (local.get 0) (i32.const 0xF0)) (then unreachable))
          (if (i32.ne (local.get 1) (i32.const 1)) (then unreachable))
          (call $return (i32.or (i32.trunc_f32_s (local.get 2)) (i32.const 0x12340000)))
          (i32.const 0))
        (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
      (core instance $i (instantiate $m (with "" (instance (export "return" (func $return))))))
      (func (export "run") async (param "a" u8) (param "b" bool) (param "c" f32) (result s16)
        (canon lift (core func $i "run") async (callback (func $i "callback")))))
    (instance $callee (instantiate $callee))
    (component $caller
      (import "run" (func $run async (param "a" u8) (param "b" bool) (param "c" f32) (result s16)))
      (core module $memory (memory (export "memory") 1))
      (core instance $mem (instantiate $memory))
      (core func $run (canon lower (func $run) async (memory $mem "memory")))
      (core module $m
        (import "" "memory" (memory 1))
        (import "" "run" (func $run (param i32 i32 f32 i32) (result i32)))
        (func (export "call") (param i32) (result i32)
          (i32.store (local.get 0) (i32.const -1))
          (if (i32.ne (call $run (i32.const 0xABCDF0) (i32.const 0x500) (f32.const -300.5) (local.get 0)) (i32.const 2))
            (then unreachable))
          (i32.load (local.get 0)))
        (func (export "bad") (param i32) (result i32)
          (call $run (i32.const 0xF0) (i32.const 1) (f32.const 1) (local.get 0))))
      (core instance $i (instantiate $m (with "" (instance
        (export "memory" (memory $mem "memory")) (export "run" (func $run))))))
      (func (export "call") (param "at" u32) (result u32) (canon lift (core func $i "call")))
      (func (export "bad") (param "at" u32) (result u32) (canon lift (core func $i "bad"))))
    (instance $i (instantiate $caller (with "run" (func $callee "run"))))
    (export "call" (func $i "call"))
    (export "bad" (func $i "bad"))))");
  guest.start();
  EXPECT_EQ(twice(guest.func<Number>("call"), 64U).value(), 0xFFFF'FED4U);
  const auto unaligned = guest.func<Number>("bad")(65);
  ASSERT_FALSE(unaligned);
  EXPECT_NE(unaligned.error().message().find("unaligned pointer"), std::string::npos) << unaligned.error().message();
  guest.start();
  const auto outside = guest.func<Number>("bad")(65'536);
  ASSERT_FALSE(outside);
  EXPECT_NE(outside.error().message().find("out of bounds"), std::string::npos) << outside.error().message();
}

}  // namespace
}  // namespace tenon
