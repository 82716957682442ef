// The optimizing tier through the public interface: what it must have in common with the interpreter, at the places
// where compiled code differs: traps, the stack, calls between tiers, deadlines, roundings.
#include <algorithm>
#include <gtest/gtest.h>

#include "tenon/tenon.hpp"

namespace tenon {
namespace {

using namespace std::chrono_literals;

Engine make_engine() {
  EngineOptions options;
  options.tier = Tier::optimizing;
  return Engine(options);
}

struct Guest {
  explicit Guest(std::string_view text) : module(Module::compile(engine, text).value()) {}
  void start(const Limits& limits = {}) {
    store.emplace(engine, limits);
    instance = linker.instantiate(*store, module).value();
  }
  template <class Signature>
  TypedFunc<Signature> func(std::string_view name) {
    return instance.func<Signature>(name).value();
  }
  Engine engine = make_engine();
  Module module;
  Linker linker{engine};
  std::optional<Store> store;
  Instance instance;
};

TEST(Optimizing, ComputesAcrossCalls) {
  Guest guest(R"((module
    (func $fib (export "fib") (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))))");
  guest.start();
  EXPECT_EQ(guest.func<std::uint32_t(std::uint32_t)>("fib")(20).value(), 6765U);
}

TEST(Optimizing, TrapsWhereAnAccessIsOutOfBoundsEvenIfNobodyReadsIt) {
  Guest guest(R"((module (memory 1)
    (func (export "read") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "drop") (param i32) (drop (i32.add (i32.const 1) (i32.load offset=4 (local.get 0)))))
    (func (export "write") (param i32) (i32.store (local.get 0) (i32.const 7)))))");
  guest.start();
  EXPECT_EQ(guest.func<std::uint32_t(std::uint32_t)>("read")(65532).value(), 0U);
  for (const std::uint32_t address : {65533U, 65536U, 0xFFFF'FFFFU}) {
    EXPECT_EQ(guest.func<std::uint32_t(std::uint32_t)>("read")(address).error().message(),
              "out of bounds memory access");
    EXPECT_EQ(guest.func<void(std::uint32_t)>("drop")(address).error().message(), "out of bounds memory access");
    EXPECT_EQ(guest.func<void(std::uint32_t)>("write")(address).error().message(), "out of bounds memory access");
  }
  EXPECT_EQ(guest.func<std::uint32_t(std::uint32_t)>("read")(65532).value(), 0U);
}

TEST(Optimizing, EndsRecursionWhereTheStackEnds) {
  Guest guest(R"((module (func $down (export "down") (param i32) (result i32)
    (i32.add (i32.const 1) (call $down (i32.add (local.get 0) (i32.const 1)))))))");
  guest.start();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(guest.func<std::uint32_t(std::uint32_t)>("down")(0).error().message(), "call stack exhausted");
  }
}

TEST(Optimizing, StopsALoopAtItsDeadline) {
  Guest guest(R"((module (func (export "spin") (loop (br 0)))))");
  guest.start(Limits().deadline(20ms));
  EXPECT_EQ(guest.func<void()>("spin")().error().message(), "deadline exceeded");
}

TEST(Optimizing, StopsARecursionAtItsDeadline) {
  Guest guest(R"((module (global $leaves (mut i32) (i32.const 0))
    (func $tree (export "tree") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (global.set $leaves (i32.add (global.get $leaves) (i32.const 1))) (i32.const 1))
      (else (i32.add (call $tree (i32.sub (local.get 0) (i32.const 1)))
                     (call $tree (i32.sub (local.get 0) (i32.const 1)))))))))");
  guest.start(Limits().deadline(20ms));
  EXPECT_EQ(guest.func<std::uint32_t(std::uint32_t)>("tree")(4).value(), 16U);
  EXPECT_EQ(guest.func<std::uint32_t(std::uint32_t)>("tree")(200).error().message(), "deadline exceeded");
}

TEST(Optimizing, StopsATailRecursionAtItsDeadline) {
  Guest guest(R"((module (func $even (export "even") (return_call $odd)) (func $odd (return_call $even))))");
  guest.start(Limits().deadline(20ms));
  EXPECT_EQ(guest.func<void()>("even")().error().message(), "deadline exceeded");
}

TEST(Optimizing, LoopsHaveStoredAllThatComesBeforeATrap) {
  // Loops that could be vectorized: a constant, a copy, and one that goes downwards.
  Guest guest(R"((module (memory (export "memory") 1)
    (func (export "fill") (param $at i32) (param $count i32)
      (loop
        (i32.store8 (local.get $at) (i32.const 7))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if 0 (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
    (func (export "copy") (param $to i32) (param $from i32) (param $count i32)
      (loop
        (i32.store (local.get $to) (i32.add (i32.load (local.get $from)) (i32.const 1)))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (local.set $from (i32.add (local.get $from) (i32.const 4)))
        (br_if 0 (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
    (func (export "down") (param $at i32) (param $count i32)
      (loop
        (i32.store16 offset=2 (local.tee $at (i32.sub (local.get $at) (i32.const 2))) (i32.const 0x0101))
        (br_if 0 (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))))");
  guest.start();
  const std::span<const std::uint8_t> memory = guest.instance.memory("memory").value().data();
  constexpr std::string_view reason = "out of bounds memory access";
  EXPECT_TRUE(guest.func<void(std::uint32_t, std::uint32_t)>("fill")(100, 1000).has_value());
  EXPECT_EQ(std::ranges::count(memory, 7), 1000);
  EXPECT_EQ(guest.func<void(std::uint32_t, std::uint32_t)>("fill")(65536 - 333, 1000).error().message(), reason);
  EXPECT_EQ(std::ranges::count(memory, 7), 1333);
  using Copy = void(std::uint32_t, std::uint32_t, std::uint32_t);
  EXPECT_EQ(guest.func<Copy>("copy")(32768, 65536 - 400, 500).error().message(), reason);
  EXPECT_EQ(std::ranges::count(memory.subspan(32768, 2000), 8), 100 - 17);  // 67 bytes were no sevens
  EXPECT_EQ(guest.func<void(std::uint32_t, std::uint32_t)>("down")(200, 1000).error().message(), reason);
  EXPECT_EQ(std::ranges::count(memory.first(202), 1), 200);
}

TEST(Optimizing, CallsTheHostAndIsCalledByIt) {
  Guest guest(R"((module
    (import "env" "twice" (func $twice (param i32) (result i32)))
    (memory (export "memory") 1)
    (func $inner (export "inner") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 10)))
    (func (export "outer") (param i32) (result i32) (i32.add (i32.const 1) (call $twice (local.get 0))))))");
  std::optional<TypedFunc<std::uint32_t(std::uint32_t)>> inner;
  ASSERT_TRUE(guest.linker.define("env", "twice", [&](Caller caller, std::uint32_t x) -> Result<std::uint32_t> {
    EXPECT_EQ(caller.memory().size(), 65536U);
    if (x == 0) return Error(ErrorKind::trap, "no zeros");
    return (*inner)(x).value() * 2;
  }));
  guest.start();
  inner = guest.func<std::uint32_t(std::uint32_t)>("inner");
  auto outer = guest.func<std::uint32_t(std::uint32_t)>("outer");
  EXPECT_EQ(outer(3).value(), 61U);
  EXPECT_EQ(outer(0).error().message(), "no zeros");
  EXPECT_EQ(outer(4).value(), 81U);
}

TEST(Optimizing, PassesExceptionsThroughFrames) {
  Guest guest(R"((module (tag $t (param i32))
    (func $thrower (param i32) (throw $t (local.get 0)))
    (func $middle (param i32) (call $thrower (i32.add (local.get 0) (i32.const 1))))
    (func (export "catcher") (param i32) (result i32)
      (block $caught (result i32)
        (try_table (catch $t $caught) (call $middle (local.get 0)))
        (i32.const 0)))))");
  guest.start();
  EXPECT_EQ(guest.func<std::uint32_t(std::uint32_t)>("catcher")(41).value(), 42U);
}

TEST(Optimizing, ChecksTheTypesOfIndirectCalls) {
  Guest guest(R"((module (type $i (func (result i32))) (type $l (func (result i64)))
    (table 3 funcref) (elem (i32.const 0) $one $long)
    (func $one (result i32) (i32.const 1)) (func $long (result i64) (i64.const 2))
    (func (export "call") (param i32) (result i32) (call_indirect (type $i) (local.get 0)))))");
  guest.start();
  auto call = guest.func<std::uint32_t(std::uint32_t)>("call");
  EXPECT_EQ(call(0).value(), 1U);
  EXPECT_EQ(call(1).error().message(), "indirect call type mismatch");
  EXPECT_EQ(call(2).error().message(), "uninitialized element 2");
  EXPECT_EQ(call(3).error().message(), "undefined element");
}

TEST(Optimizing, QuietsANanThatIsMultipliedByOne) {
  Guest guest(R"((module (func (export "f") (param i32) (result i32)
    (i32.reinterpret_f32 (f32.mul (f32.reinterpret_i32 (local.get 0)) (f32.const 1))))))");
  guest.start();
  EXPECT_EQ(guest.func<std::uint32_t(std::uint32_t)>("f")(0x7FA0'0000).value(), 0x7FE0'0000U);
}

TEST(Optimizing, TailCallsTakeNoStack) {
  Guest guest(R"((module (func $count (export "count") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
    (return_call $count (i32.sub (local.get 0) (i32.const 1))))))");
  guest.start();
  EXPECT_EQ(guest.func<std::uint32_t(std::uint32_t)>("count")(10'000'000).value(), 7U);
}

}  // namespace
}  // namespace tenon
