// Calls between the host and compiled code in which values stay in registers: what they pass, and every way in which
// they end.
#include "jit/direct_call.hpp"

#include <gtest/gtest.h>
#include <stdexcept>
#include <thread>

#include "engine/state.hpp"
#include "unit/jit/guest.hpp"

namespace tenon {
namespace {

using Number = std::int32_t(std::int32_t);
using Nothing = void();

bool is_direct(const Func& func) {
  return jit::may_call_directly(*detail::StoreBlock::owner_of(func)->store, *detail::StoreBlock::func_of(func));
}

TEST(DirectCalls, PassNumbersOfEveryType) {
  CompiledGuest guest(R"((module
    (func (export "none"))
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
    (func (export "f32") (param f32) (result f32) (f32.neg (local.get 0)))
    (func (export "f64") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 2)))
    (func (export "five") (param i32 i64 i32 i64 i32) (result i64)
      (i64.sub (i64.add (i64.extend_i32_u (local.get 0)) (i64.mul (local.get 1) (i64.extend_i32_s (local.get 2))))
               (i64.mul (local.get 3) (i64.extend_i32_u (local.get 4)))))
    (func (export "six") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.sub (local.get 0) (local.get 5)))
    (func (export "eight") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      (i32.sub (i32.mul (local.get 5) (local.get 6)) (local.get 7)))
    (func (export "seven") (param i32 i64 i32 i64 i32 i64 i32) (result i64)
      (i64.sub (i64.mul (local.get 5) (i64.extend_i32_s (local.get 6))) (local.get 3)))
    (func (export "floats") (param f64 f32 f64 f32 f64 f32 f64 f32 i32) (result f64)
      (f64.add (f64.sub (local.get 0) (f64.promote_f32 (local.get 7))) (f64.convert_i32_s (local.get 8))))))");
  guest.start();
  const auto none = guest.func<Nothing>("none");
  EXPECT_FALSE(is_direct(none.func()));
  EXPECT_TRUE(twice(none));
  EXPECT_TRUE(is_direct(none.func()));
  EXPECT_EQ(twice(guest.func<Number>("i32"), -7).value(), -7);
  EXPECT_EQ(twice(guest.func<std::int64_t(std::int64_t)>("i64"), INT64_MAX).value(), INT64_MIN);
  EXPECT_EQ(twice(guest.func<float(float)>("f32"), 1.5F).value(), -1.5F);
  EXPECT_EQ(twice(guest.func<double(double)>("f64"), 0.25).value(), 0.5);
  using Five = std::int64_t(std::int32_t, std::int64_t, std::int32_t, std::int64_t, std::int32_t);
  EXPECT_EQ(twice(guest.func<Five>("five"), -1, std::int64_t{10}, -3, std::int64_t{1} << 40, 2).value(),
            0xFFFF'FFFFLL - 30 - (std::int64_t{1} << 41));
  using Six = std::int32_t(std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t);
  EXPECT_EQ(twice(guest.func<Six>("six"), 1, 2, 3, 4, 5, 60).value(), -59);
  using Eight = std::int32_t(std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t,
                             std::int32_t, std::int32_t);
  EXPECT_EQ(twice(guest.func<Eight>("eight"), 1, 2, 3, 4, 5, 60, -7, 8).value(), -428);
  using Seven =
      std::int64_t(std::int32_t, std::int64_t, std::int32_t, std::int64_t, std::int32_t, std::int64_t, std::int32_t);
  EXPECT_EQ(
      twice(guest.func<Seven>("seven"), 1, std::int64_t{2}, 3, std::int64_t{4}, 5, std::int64_t{1} << 40, -7).value(),
      -7 * (std::int64_t{1} << 40) - 4);
  using Floats = double(double, float, double, float, double, float, double, float, std::int32_t);
  EXPECT_EQ(twice(guest.func<Floats>("floats"), 1.0, 2.0F, 3.0, 4.0F, 5.0, 6.0F, 7.0, 8.0F, -9).value(), -16.0);
}

// A trap leaves all frames at once, by whatever way it comes, and the next call is as if nothing had been.
TEST(DirectCalls, EndInTraps) {
  CompiledGuest guest(R"((module (memory 1) (tag $t) (global $deep (mut i32) (i32.const 0))
    (func $inner (param i32) (result i32) (i32.div_s (i32.const 100) (local.get 0)))
    (func (export "divide") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func $recur (export "recur") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (call $recur (i32.add (local.get 0) (i32.const 1))) (local.get 0))) (else (i32.const 5))))
    (func (export "throw") (param i32) (result i32) (throw $t))))");
  guest.start();
  const auto divide = guest.func<Number>("divide");
  const auto load = guest.func<Number>("load");
  ASSERT_EQ(twice(divide, 5).value(), 21);
  ASSERT_EQ(twice(load, 8).value(), 0);
  for (int i = 0; i < 3; ++i) {
    const auto divided = divide(0);
    ASSERT_FALSE(divided);
    EXPECT_EQ(divided.error().message(), "integer divide by zero");
    EXPECT_NE(divided.error().context().find("$inner"), std::string::npos) << divided.error().context();
    EXPECT_NE(divided.error().context().find("1: func 1"), std::string::npos) << divided.error().context();
    EXPECT_EQ(divide(-4).value(), -24);
    const auto loaded = load(-4);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().message(), "out of bounds memory access");
    EXPECT_NE(loaded.error().context().find("func 2"), std::string::npos) << loaded.error().context();
    const auto recurred = twice(guest.func<Number>("recur"), 1);
    ASSERT_FALSE(recurred);
    EXPECT_EQ(recurred.error().message(), "call stack exhausted");
    EXPECT_EQ(guest.func<Number>("recur")(0).value(), 5);
    const auto thrown = twice(guest.func<Number>("throw"), 1);
    ASSERT_FALSE(thrown);
    EXPECT_EQ(thrown.error().message(), "uncaught exception");
  }
}

constexpr const char* calls_host = R"((module (import "env" "f" (func $f (param i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 16) "\2a")
    (func (export "g") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))
    (func (export "own") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))))";

TEST(DirectCalls, ReachHostFunctionsThatCallBack) {
  CompiledGuest guest(calls_host);
  std::optional<TypedFunc<Number>> own;
  std::optional<TypedFunc<Number>> g;
  ASSERT_TRUE(guest.linker.define("env", "f", [&](Caller caller, std::int32_t x) -> Result<std::int32_t> {
    EXPECT_EQ(caller.memory()[16], 42);
    if (x > 3) return (*g)(x - 1);
    return (*own)(x);
  }));
  guest.start();
  own = guest.func<Number>("own");
  g = guest.func<Number>("g");
  EXPECT_EQ(twice(*g, 3).value(), 7);
  EXPECT_EQ(twice(*g, 10).value(), 14);
  const auto host = Func::wrap(*guest.store, [](std::int32_t x) { return x + 100; }).typed<Number>().value();
  EXPECT_EQ(twice(host, 1).value(), 101);
}

TEST(DirectCalls, StopWhereTheHostFails) {
  CompiledGuest guest(calls_host);
  ASSERT_TRUE(guest.linker.define("env", "f", [&](std::int32_t x) -> Result<std::int32_t> {
    if (x == 1) return Error(ErrorKind::io, "the disk is full");
    if (x == 2) throw std::runtime_error("out of paper");
    if (x == 3) guest.store->interrupt();
    return x;
  }));
  guest.start();
  const auto g = guest.func<Number>("g");
  ASSERT_EQ(twice(g, 7).value(), 8);
  const char* const messages[] = {"the disk is full", "out of paper", "deadline exceeded"};
  for (int i = 1; i <= 3; ++i) {
    const auto failed = twice(g, i);
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().message().find(messages[i - 1]), std::string::npos) << failed.error().message();
    EXPECT_NE(failed.error().context().find("0: func 1"), std::string::npos) << failed.error().context();
    EXPECT_EQ(g(0).value(), 1);
  }
}

TEST(DirectCalls, EndWithTheStoreThatTheHostEnds) {
  CompiledGuest guest(calls_host);
  ASSERT_TRUE(guest.linker.define("env", "f", [&](std::int32_t x) {
    if (x == 0) guest.store.reset();
    return x;
  }));
  guest.start();
  const auto g = guest.func<Number>("g");
  ASSERT_EQ(twice(g, 7).value(), 8);
  const auto ended = g(0);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind(), ErrorKind::trap) << ended.error().message();
  EXPECT_EQ(g(1).error().kind(), ErrorKind::usage);
}

// The innermost store's guest traps, and the outer ones go on.
TEST(DirectCalls, OfSeveralStoresLieInsideEachOther) {
  CompiledGuest inner(R"((module (memory 1)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))))");
  inner.start();
  const auto load = inner.func<Number>("load");
  ASSERT_TRUE(twice(load, 0));
  CompiledGuest outer(calls_host);
  ASSERT_TRUE(outer.linker.define("env", "f", [&](std::int32_t x) { return load(x).has_value() ? 10 : 20; }));
  outer.start();
  const auto g = outer.func<Number>("g");
  EXPECT_EQ(twice(g, 0).value(), 11);
  EXPECT_EQ(twice(g, -1).value(), 21);
  EXPECT_EQ(twice(g, 0).value(), 11);
}

TEST(DirectCalls, ComeFromOneHostThreadAfterTheOther) {
  CompiledGuest guest(R"((module
    (func $recur (export "recur") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (call $recur (i32.sub (local.get 0) (i32.const 1))) (local.get 0))) (else (i32.const 0))))))");
  guest.start();
  const auto recur = guest.func<Number>("recur");
  ASSERT_EQ(twice(recur, 10).value(), 55);
  for (int i = 0; i < 3; ++i) {
    std::thread([&] {
      EXPECT_EQ(twice(recur, 4).value(), 10);
      EXPECT_EQ(twice(recur, -1).error().message(), "call stack exhausted");
      EXPECT_EQ(twice(recur, 4).value(), 10);
    }).join();
    EXPECT_EQ(recur(3).value(), 6);
    EXPECT_EQ(recur(-1).error().message(), "call stack exhausted");
    EXPECT_EQ(recur(3).value(), 6);
  }
}

// A time limit and fuel are for calls that are not direct.
TEST(DirectCalls, LeaveLimitsToOthers) {
  constexpr const char* text = R"((module
    (func (export "spin") (param i32) (result i32) (loop (br_if 0 (local.get 0))) (i32.const 1))))";
  CompiledGuest timed(text);
  timed.start(Limits().deadline(std::chrono::milliseconds(50)));
  const auto spin = timed.func<Number>("spin");
  EXPECT_EQ(twice(spin, 0).value(), 1);
  EXPECT_FALSE(is_direct(spin.func()));
  EXPECT_EQ(spin(1).error().message(), "deadline exceeded");
  CompiledGuest metered(text, compiling_engine(Tier::optimizing, true));
  metered.start();
  metered.store->set_fuel(1'000);
  const auto metered_spin = metered.func<Number>("spin");
  EXPECT_EQ(twice(metered_spin, 0).value(), 1);
  EXPECT_LT(metered.store->fuel(), 1'000U);
  EXPECT_EQ(metered_spin(1).error().message(), "all fuel consumed");
}

TEST(DirectCalls, AreInterruptedByOthers) {
  CompiledGuest guest(R"((module
    (func (export "spin") (param i32) (result i32) (loop (br_if 0 (local.get 0))) (i32.const 1))))");
  guest.start();
  const auto spin = guest.func<Number>("spin");
  guest.store->interrupt();  // nothing is under way
  EXPECT_EQ(twice(spin, 0).value(), 1);
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    guest.store->interrupt();
  });
  EXPECT_EQ(spin(1).error().message(), "deadline exceeded");
  other.join();
  EXPECT_EQ(spin(0).value(), 1);
}

// What the caller keeps in registers is there again after a trap.
TEST(DirectCalls, GiveTheHostItsRegistersBack) {
  CompiledGuest guest(R"((module (func (export "trap") (param i32) (result i32)
    (if (local.get 0) (then (unreachable))) (i32.const 3))))");
  guest.start();
  const auto trap = guest.func<Number>("trap");
  std::uint64_t a = 1;
  std::uint64_t b = 2;
  std::uint64_t c = 3;
  std::uint64_t d = 4;
  for (int i = 0; i < 1'000; ++i) {
    const bool traps = i % 3 == 2;
    EXPECT_EQ(trap(traps ? 1 : 0).has_value(), !traps);
    a = a * 3 + b;
    b = b * 5 + c;
    c = c * 7 + d;
    d = d * 11 + a;
  }
  std::uint64_t expected[] = {1, 2, 3, 4};
  for (int i = 0; i < 1'000; ++i) {
    for (int k = 0; k < 4; ++k) expected[k] = expected[k] * std::array{3, 5, 7, 11}[k] + expected[(k + 1) % 4];
  }
  EXPECT_EQ((std::array{a, b, c, d}), (std::array{expected[0], expected[1], expected[2], expected[3]}));
}

}  // namespace
}  // namespace tenon
