// Exceptions through compiled frames, interpreted ones, and the host.
#include <gtest/gtest.h>

#include "tenon/tools.hpp"
#include "unit/jit/guest.hpp"

namespace tenon {
namespace {

using Number = std::uint32_t(std::uint32_t);

TEST(CompiledExceptions, AreCaughtByTheCallersOfWhoThrows) {
  CompiledGuest guest(R"((module (tag $t (param i32))
    (func $thrower (param i32) (if (local.get 0) (then (throw $t (local.get 0)))))
    (func $middle (param i32) (call $thrower (i32.add (local.get 0) (i32.const 1))))
    (func $catcher (export "catcher") (param i32) (result i32) (local $kept i32)
      (local.set $kept (i32.mul (local.get 0) (i32.const 100)))
      (block $caught (result i32)
        (try_table (catch $t $caught) (call $middle (local.get 0)))
        (i32.const 7))
      (i32.add (local.get $kept)))))");
  guest.start();
  EXPECT_TRUE(guest.compiled.contains("catcher") || guest.compiled.contains("func 2"));
  auto catcher = guest.func<Number>("catcher");
  EXPECT_EQ(catcher(41).value(), 4142U);
  EXPECT_EQ(catcher(0xFFFF'FFFF).value(), 7U - 100U);
}

// Callees remove arguments from the stack: who throws was given others than the function that was called.
TEST(CompiledExceptions, PassTailCallsWithMoreArgumentsOnTheStack) {
  CompiledGuest guest(R"((module (tag $t (param i64))
    (type $few (func (param i64) (result i64)))
    (type $many (func (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)))
    (table $t (export "table") 3 3 funcref)
    (elem (table $t) (i32.const 0) func $from_few $thrower $from_many)
    (func $thrower (type $many)
      (if (i64.ne (local.get 11) (i64.const 0)) (then (throw $t (i64.mul (local.get 11) (i64.const 3)))))
      (local.get 0))
    (func $from_few (type $few)
      (local.get 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7)
      (i64.const 8) (i64.const 9) (i64.const 10) (local.get 0)
      (return_call_indirect $t (type $many) (i32.const 1)))
    (func $from_many (type $many) (return_call_indirect $t (type $few) (local.get 11) (i32.const 0)))
    (func (export "few") (param i64) (result i64) (local $kept i64)
      (local.set $kept (i64.mul (local.get 0) (i64.const 100)))
      (block $caught (result i64)
        (try_table (result i64) (catch $t $caught) (call_indirect $t (type $few) (local.get 0) (i32.const 0))))
      (i64.add (i64.add (local.get $kept) (local.get 0))))
    (func (export "many") (param i64) (result i64) (local $kept i64)
      (local.set $kept (i64.mul (local.get 0) (i64.const 100)))
      (block $caught (result i64)
        (try_table (result i64) (catch $t $caught)
          (i64.const 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)
          (i64.const 7) (i64.const 8) (i64.const 9) (i64.const 10) (local.get 0)
          (call_indirect $t (type $many) (i32.const 2))))
      (i64.add (i64.add (local.get $kept) (local.get 0))))))");
  guest.start();
  for (const char* name : {"few", "many"}) {
    auto run = guest.func<std::uint64_t(std::uint64_t)>(name);
    EXPECT_EQ(run(0).value(), 0U) << name;
    EXPECT_EQ(run(7).value(), 700U + 7U + 21U) << name;
  }
}

TEST(CompiledExceptions, FindTheInnermostHandlerOfTheirTag) {
  CompiledGuest guest(R"((module (tag $a (param i32)) (tag $b (param i64))
    (func $throw (param i32)
      (if (i32.and (local.get 0) (i32.const 1)) (then (throw $a (local.get 0))))
      (if (i32.and (local.get 0) (i32.const 2)) (then (throw $b (i64.const 5)))))
    (func (export "run") (param i32) (result i32)
      (block $outer (result i32)
        (block $wide (result i64)
          (try_table (result i64) (catch $a $outer) (catch $b $wide)
            (block $inner (result i32)
              (try_table (result i32) (catch $a $inner)
                (call $throw (local.get 0)) (i32.const 1000)))
            (i32.add (i32.const 1))
            (drop) (i64.const 9)))
        (i32.wrap_i64))
      (i32.add (i32.const 10000)))))");
  guest.start();
  auto run = guest.func<Number>("run");
  EXPECT_EQ(run(0).value(), 10009U);
  EXPECT_EQ(run(1).value(), 10009U);
  EXPECT_EQ(run(2).value(), 10005U);
}

TEST(CompiledExceptions, KeepTheirReferenceAndCanBeThrownAgain) {
  CompiledGuest guest(R"((module (tag $t (param i32 f64 v128))
    (func $throw (param i32) (throw $t (local.get 0) (f64.const 2) (i32x4.splat (i32.const 3))))
    (func $again (param i32)
      (block $caught (result exnref) (try_table (catch_all_ref $caught) (call $throw (local.get 0))) (unreachable))
      (throw_ref))
    (func (export "run") (param i32) (result i32) (local v128) (local f64)
      (block $caught (result i32 f64 v128)
        (try_table (catch $t $caught) (call $again (local.get 0)))
        (unreachable))
      (local.set 1) (local.set 2)
      (i32.add (i32.trunc_f64_s (local.get 2)))
      (i32.add (i32x4.extract_lane 3 (local.get 1))))
    (func (export "null") (throw_ref (ref.null exn)))))");
  guest.start();
  EXPECT_EQ(guest.func<Number>("run")(100).value(), 105U);
  EXPECT_EQ(guest.func<void()>("null")().error().message(), "null exception reference");
}

TEST(CompiledExceptions, PassThroughTheHost) {
  CompiledGuest guest(R"((module (import "env" "call" (func $call))
    (tag $t (param i32))
    (func (export "inner") (throw $t (i32.const 5)))
    (func (export "outer") (result i32)
      (block $caught (result i32) (try_table (catch $t $caught) (call $call)) (i32.const 1)))
    (func (export "outside") (call $call))))");
  std::optional<TypedFunc<void()>> inner;
  ASSERT_TRUE(guest.linker.define("env", "call", [&]() -> Result<void> { return (*inner)(); }));
  guest.start();
  inner = guest.func<void()>("inner");
  // The host sees a trap, and gives it on.
  EXPECT_EQ(guest.func<std::uint32_t()>("outer")().error().message(), "uncaught exception");
  EXPECT_EQ(guest.func<void()>("inner")().error().message(), "uncaught exception");
  EXPECT_EQ(guest.func<void()>("outside")().error().message(), "uncaught exception");
}

TEST(CompiledExceptions, LeaveDeepStacksMoreThanOnce) {
  CompiledGuest guest(R"((module (tag $t (param i32))
    (func $down (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (throw $t (i32.const 3))))
      (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
    (func (export "run") (param i32) (result i32) (local $sum i32) (local $i i32)
      (loop $next
        (block $caught (result i32)
          (try_table (catch $t $caught) (drop (call $down (local.get 0))))
          (i32.const 1000))
        (local.set $sum (i32.add (local.get $sum)))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50))))
      (local.get $sum))))");
  guest.start();
  EXPECT_EQ(guest.func<Number>("run")(1000).value(), 150U);
}

TEST(CompiledExceptions, LegacyBlocksCatchRethrowAndDelegate) {
  EngineOptions options;
  options.tier = Tier::optimizing;
  options.features = tools::parse_features("legacy-exceptions").value().bits;
  CompiledGuest guest(R"((module (tag $a (param i32)) (tag $b)
    (func $throw (param i32) (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a (i32.const 20))))
      (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $b))))
    (func (export "run") (param i32) (result i32)
      (try (result i32)
        (do
          (try (result i32)
            (do (call $throw (local.get 0)) (i32.const 1))
            (catch $a (i32.add (i32.const 1)))
            (catch $b (rethrow 0))))
        (catch_all (i32.const 99))))
    (func (export "delegating") (param i32) (result i32)
      (try $outer (result i32)
        (do (try (result i32)
              (do (try (result i32) (do (call $throw (local.get 0)) (i32.const 1)) (delegate $outer)))
              (catch_all (i32.const 50))))
        (catch $a)
        (catch_all (i32.const 60))))))",
                      Engine(options));
  guest.start();
  auto run = guest.func<Number>("run");
  EXPECT_EQ(run(0).value(), 1U);
  EXPECT_EQ(run(1).value(), 21U);
  EXPECT_EQ(run(2).value(), 99U);
  auto delegating = guest.func<Number>("delegating");
  EXPECT_EQ(delegating(0).value(), 1U);
  EXPECT_EQ(delegating(1).value(), 20U);
  EXPECT_EQ(delegating(2).value(), 60U);
}

}  // namespace
}  // namespace tenon
