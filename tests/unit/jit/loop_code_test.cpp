// Loops that guests are in already, and go on in with the optimizing tier's code. The host's function `tick` says when
// they have had enough: a few thousand turns after there was such code.
#include <atomic>
#include <chrono>
#include <gtest/gtest.h>

#include "tenon/tools.hpp"
#include "unit/jit/guest.hpp"

namespace tenon {
namespace {

using namespace std::chrono_literals;

class CompiledLoops : public ::testing::Test {
 protected:
  // `text` imports "env" "tick", which gives 0 for the last turn.
  void start(std::string_view text) {
    observe_native(engine_, [this](const NativeFunction& function) {
      if (function.name.ends_with(" (from a loop on)")) is_compiled_ = true;
    });
    Linker linker(engine_);
    ASSERT_TRUE(linker.define("env", "tick", [this] { return tick(); }));
    store_.emplace(engine_, Limits().deadline(60s));
    auto module = Module::compile(engine_, text);
    ASSERT_TRUE(module) << module.error().message();
    instance_ = linker.instantiate(*store_, *module).value();
  }
  template <class Signature>
  auto call(std::string_view name) {
    return instance_.func<Signature>(name).value()();
  }
  // How often `tick` was called.
  std::uint32_t turns() const { return turns_; }
  bool is_compiled() const { return is_compiled_; }

 private:
  std::int32_t tick() {
    ++turns_;
    if (is_compiled_) ++behind_;
    return behind_ < 100'000 ? 1 : 0;
  }
  Engine engine_ = compiling_engine(Tier::automatic);
  std::atomic<bool> is_compiled_ = false;
  std::uint32_t turns_ = 0;
  std::uint32_t behind_ = 0;
  std::optional<Store> store_;
  Instance instance_;
};

TEST_F(CompiledLoops, GoOnWithAllLocals) {
  start(R"((module (import "env" "tick" (func $tick (result i32)))
    (func (export "run") (result i32 i64 f32 f64 i64 i32) (local i32 i64 f32 f64 v128 externref)
      (local.set 4 (v128.const i64x2 1 2))
      (loop $turn
        (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (local.set 1 (i64.add (local.get 1) (i64.const -3)))
        (local.set 2 (f32.convert_i32_u (i32.and (local.get 0) (i32.const 0xFFFF))))
        (local.set 3 (f64.add (local.get 3) (f64.const 0.5)))
        (local.set 4 (i64x2.add (local.get 4) (v128.const i64x2 1 -1)))
        (br_if $turn (call $tick)))
      (local.get 0) (local.get 1) (local.get 2) (local.get 3)
      (i64.sub (i64x2.extract_lane 0 (local.get 4)) (i64x2.extract_lane 1 (local.get 4)))
      (ref.is_null (local.get 5)))))");
  const auto results =
      call<std::tuple<std::uint32_t, std::int64_t, float, double, std::int64_t, std::uint32_t>()>("run").value();
  ASSERT_TRUE(is_compiled());
  EXPECT_EQ(std::get<0>(results), turns());
  EXPECT_EQ(std::get<1>(results), -3 * std::int64_t{turns()});
  EXPECT_EQ(std::get<2>(results), static_cast<float>(turns() & 0xFFFF));
  EXPECT_EQ(std::get<3>(results), 0.5 * turns());
  EXPECT_EQ(std::get<4>(results), 2 * std::int64_t{turns()} - 1);
  EXPECT_EQ(std::get<5>(results), 1U);
}

// The guest is found in the inner loop, and goes on with the turns of the outer one, with values that it left there.
TEST_F(CompiledLoops, LeaveToTheLoopsAroundThem) {
  start(R"((module (import "env" "tick" (func $tick (result i32)))
    (func (export "run") (result i64) (local $outer i32) (local $inner i32) (local $sum i64)
      (block $done
        (loop $more
          (local.set $inner (i32.const 0))
          (loop $turn
            (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $inner))))
            (br_if $turn (i32.lt_u (local.tee $inner (i32.add (local.get $inner) (i32.const 1))) (i32.const 1000))))
          (local.set $outer (i32.add (local.get $outer) (i32.const 1)))
          (br_if $more (call $tick))))
      (i64.sub (local.get $sum) (i64.mul (i64.extend_i32_u (local.get $outer)) (i64.const 499500))))))");
  EXPECT_EQ(call<std::int64_t()>("run").value(), 0);
  EXPECT_TRUE(is_compiled());
}

TEST_F(CompiledLoops, ThrowTrapAndReturnToTheirCallers) {
  start(R"((module (import "env" "tick" (func $tick (result i32)))
    (tag $stop (param i32))
    (func $spin (param $how i32) (result i32) (local $turns i32)
      (loop $turn
        (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
        (br_if $turn (call $tick)))
      (if (i32.eq (local.get $how) (i32.const 1)) (then (throw $stop (local.get $turns))))
      (if (i32.eq (local.get $how) (i32.const 2)) (then (unreachable)))
      (return_call $finish (local.get $turns)))
    (func $finish (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "returns") (result i32) (call $spin (i32.const 0)))
    (func (export "throws") (result i32)
      (block $caught (result i32)
        (try_table (result i32) (catch $stop $caught) (call $spin (i32.const 1)))
        (drop) (i32.const 0)))
    (func (export "traps") (result i32) (call $spin (i32.const 2)))))");
  EXPECT_EQ(call<std::uint32_t()>("returns").value(), turns() + 1);
  ASSERT_TRUE(is_compiled());
  const std::uint32_t before = turns();
  EXPECT_EQ(call<std::uint32_t()>("throws").value(), turns() - before);
  const auto trapped = call<std::uint32_t()>("traps");
  ASSERT_FALSE(trapped);
  EXPECT_EQ(trapped.error().message(), "unreachable");
}

TEST_F(CompiledLoops, AreLeftByTraps) {
  start(R"((module (import "env" "tick" (func $tick (result i32)))
    (memory 1)
    (func $spin (export "run") (result i32) (local $at i32)
      (loop $turn
        (if (i32.eqz (call $tick)) (then (local.set $at (i32.const 65535))))
        (drop (i32.load (local.get $at)))
        (br $turn))
      (unreachable))))");
  const auto trapped = call<std::uint32_t()>("run");
  ASSERT_FALSE(trapped);
  EXPECT_EQ(trapped.error().message(), "out of bounds memory access");
  EXPECT_TRUE(is_compiled());
}

}  // namespace
}  // namespace tenon
