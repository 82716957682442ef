// Handles that compiled code looks up by itself: what they stand for, and every one that it must leave to the runtime.
// The interpreter, which asks the runtime for each, says what is right.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tenon/component.hpp"
#include "tenon/native.hpp"
#include "unit/jit/guest.hpp"

namespace tenon {
namespace {

// `$maker` has two types of resources. `$user` holds them, and hands them to its maker and to `$other`, which they are
// foreign to. What it does says the first argument of `run`; the second is a number or a handle.
constexpr const char* text = R"((component
  (component $maker
    (core module $m
      (import "" "rep" (func $rep (param i32) (result i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "read") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
      (func (export "own") (param i32) (result i32) (call $rep (local.get 0)))
      (func (export "self") (param i32) (result i32)
        (call $rep (call $new (call $rep (call $new (local.get 0)))))))
    (type $a (resource (rep i32)))
    (type $b (resource (rep i32)))
    (core func $new-a (canon resource.new $a))
    (core func $new-b (canon resource.new $b))
    (core func $rep-a (canon resource.rep $a))
    (core instance $i (instantiate $m (with "" (instance (export "rep" (func $rep-a)) (export "new" (func $new-a))))))
    (export $a2 "a" (type $a))
    (export $b2 "b" (type $b))
    (func (export "make-a") (param "rep" u32) (result (own $a2)) (canon lift (core func $new-a)))
    (func (export "make-b") (param "rep" u32) (result (own $b2)) (canon lift (core func $new-b)))
    (func (export "read-a") (param "self" (borrow $a2)) (result u32) (canon lift (core func $i "read")))
    (func (export "read-b") (param "self" (borrow $b2)) (result u32) (canon lift (core func $i "read")))
    (func (export "take-a") (param "self" (own $a2)) (result u32) (canon lift (core func $i "own")))
    (func (export "self") (param "rep" u32) (result u32) (canon lift (core func $i "self")))
    (func (export "rep") (param "handle" u32) (result u32) (canon lift (core func $i "own"))))
  (instance $maker (instantiate $maker))

  (component $other
    (import "a" (type $a (sub resource)))
    (core func $drop (canon resource.drop $a))
    (core module $m
      (import "" "drop" (func $drop (param i32)))
      (func (export "hold") (param i32) (result i32) (call $drop (local.get 0)) (local.get 0))
      (func (export "keep") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
    (func (export "hold") (param "self" (borrow $a)) (result u32) (canon lift (core func $i "hold")))
    (func (export "keep") (param "self" (borrow $a)) (result u32) (canon lift (core func $i "keep"))))
  (alias export $maker "a" (type $a))
  (instance $other (instantiate $other (with "a" (type $a))))

  (component $user
    (import "maker" (instance $maker
      (export "a" (type $a (sub resource)))
      (export "b" (type $b (sub resource)))
      (export "make-a" (func (param "rep" u32) (result (own $a))))
      (export "make-b" (func (param "rep" u32) (result (own $b))))
      (export "read-a" (func (param "self" (borrow $a)) (result u32)))
      (export "read-b" (func (param "self" (borrow $b)) (result u32)))
      (export "take-a" (func (param "self" (own $a)) (result u32)))
      (export "self" (func (param "rep" u32) (result u32)))
      (export "rep" (func (param "handle" u32) (result u32)))))
    (alias export $maker "a" (type $a))
    (import "hold" (func $hold (param "self" (borrow $a)) (result u32)))
    (import "keep" (func $keep (param "self" (borrow $a)) (result u32)))
    (core func $make-a (canon lower (func $maker "make-a")))
    (core func $make-b (canon lower (func $maker "make-b")))
    (core func $read-a (canon lower (func $maker "read-a")))
    (core func $read-b (canon lower (func $maker "read-b")))
    (core func $take-a (canon lower (func $maker "take-a")))
    (core func $self (canon lower (func $maker "self")))
    (core func $rep (canon lower (func $maker "rep")))
    (core func $hold (canon lower (func $hold)))
    (core func $keep (canon lower (func $keep)))
    (core func $drop-a (canon resource.drop $a))
    (core func $set (canon waitable-set.new))
    (core module $m
      (import "" "make-a" (func $make-a (param i32) (result i32)))
      (import "" "make-b" (func $make-b (param i32) (result i32)))
      (import "" "read-a" (func $read-a (param i32) (result i32)))
      (import "" "read-b" (func $read-b (param i32) (result i32)))
      (import "" "take-a" (func $take-a (param i32) (result i32)))
      (import "" "self" (func $self (param i32) (result i32)))
      (import "" "rep" (func $rep (param i32) (result i32)))
      (import "" "hold" (func $hold (param i32) (result i32)))
      (import "" "keep" (func $keep (param i32) (result i32)))
      (import "" "drop-a" (func $drop-a (param i32)))
      (import "" "set" (func $set (result i32)))
      (func (export "run") (param i32 i32) (result i32)
        (block $set (block $drop-a (block $keep (block $hold (block $rep (block $self (block $take-a
        (block $read-b (block $read-a (block $make-b (block $make-a
          (br_table $make-a $make-b $read-a $read-b $take-a $self $rep $hold $keep $drop-a $set (local.get 0)))
          (return (call $make-a (local.get 1))))
          (return (call $make-b (local.get 1))))
          (return (call $read-a (local.get 1))))
          (return (call $read-b (local.get 1))))
          (return (call $take-a (local.get 1))))
          (return (call $self (local.get 1))))
          (return (call $rep (local.get 1))))
          (return (call $hold (local.get 1))))
          (return (call $keep (local.get 1))))
          (call $drop-a (local.get 1)) (return (i32.const 0)))
        (call $set)))
    (core instance $i (instantiate $m (with "" (instance
      (export "make-a" (func $make-a)) (export "make-b" (func $make-b)) (export "read-a" (func $read-a))
      (export "read-b" (func $read-b)) (export "take-a" (func $take-a)) (export "self" (func $self))
      (export "rep" (func $rep)) (export "hold" (func $hold)) (export "keep" (func $keep))
      (export "drop-a" (func $drop-a)) (export "set" (func $set))))))
    (func (export "run") (param "what" u32) (param "of" u32) (result u32) (canon lift (core func $i "run"))))
  (instance $user (instantiate $user (with "maker" (instance $maker)) (with "hold" (func $other "hold"))
    (with "keep" (func $other "keep"))))
  (export "run" (func $user "run"))))";

enum What : std::uint32_t { make_a, make_b, read_a, read_b, take_a, self, rep, hold, keep, drop_a, set };
struct Step {
  What what;
  std::uint32_t of;
};

struct Compiled {
  explicit Compiled(Tier tier) : engine(compiling_engine(tier)), component(Component::compile(engine, text).value()) {}
  Compiled(const Engine& with, std::string_view file)
      : engine(with), component(Component::compile(with, file).value()) {}
  Engine engine;
  Component component;
};

// What each step gives, or how the last one ends.
std::vector<std::string> results(const Compiled& with, const std::vector<Step>& steps) {
  Store store(with.engine);
  auto instance = Linker(with.engine).instantiate(store, with.component).value();
  const auto run = instance.func<std::uint32_t(std::uint32_t, std::uint32_t)>("run").value();
  std::vector<std::string> given;
  for (const Step& step : steps) {
    const auto result = run(step.what, step.of);
    if (!result) {
      given.push_back(std::string(result.error().message()) + std::string(result.error().context()));
      break;
    }
    given.push_back(std::to_string(*result));
  }
  return given;
}

void expect_same(const std::vector<Step>& steps) {
  static const Compiled tiers[] = {Compiled(Tier::interpreter), Compiled(Tier::baseline), Compiled(Tier::optimizing)};
  const auto expected = results(tiers[0], steps);
  EXPECT_EQ(results(tiers[1], steps), expected);
  EXPECT_EQ(results(tiers[2], steps), expected);
}

// All that is looked up was looked up before, so that the adapters are there.
std::vector<Step> warm(std::initializer_list<Step> more) {
  std::vector<Step> steps = {{make_a, 7}, {make_b, 8}, {read_a, 1}, {read_b, 2}, {read_a, 1},
                             {read_b, 2}, {hold, 1},   {hold, 1},   {self, 5},   {self, 6}};
  steps.insert(steps.end(), more);
  return steps;
}

TEST(CompiledHandles, StandForWhatTheyDo) {
  const std::vector<std::string> expected = {"1", "2", "21", "24", "21", "24", "1", "1", "5", "6"};
  EXPECT_EQ(results(Compiled(Tier::optimizing), warm({})), expected);
  expect_same(warm({}));
}

TEST(CompiledHandles, AreLookedUpInTheirUsersCode) {
  const std::string code = show_native(compiling_engine(), text, NativeText::ir).value();
  EXPECT_NE(code.find("handles"), std::string::npos);
}

// The table moves when it grows.
TEST(CompiledHandles, AreManyInTheEnd) {
  std::vector<Step> steps = warm({});
  for (std::uint32_t i = 3; i < 300; ++i) {
    steps.push_back({make_a, i * 5});
    steps.push_back({read_a, i});
  }
  for (std::uint32_t i = 3; i < 300; ++i) steps.push_back({read_a, i});
  expect_same(steps);
}

TEST(CompiledHandles, ThatAreNoneTrap) {
  for (const std::uint32_t index : {0U, 3U, 4U, 1000U, 0x7FFF'FFFFU, 0x8000'0001U, 0xFFFF'FFFFU}) {
    expect_same(warm({{read_a, index}}));
    expect_same(warm({{rep, index}}));
    expect_same(warm({{hold, index}}));
  }
}

TEST(CompiledHandles, OfOtherTypesTrap) {
  expect_same(warm({{read_a, 2}}));
  expect_same(warm({{read_b, 1}}));
  expect_same(warm({{hold, 2}}));
  expect_same(warm({{set, 0}, {read_a, 3}}));
  expect_same(warm({{set, 0}, {read_b, 3}}));
}

TEST(CompiledHandles, ThatWereGivenAwayTrap) {
  expect_same(warm({{drop_a, 1}, {read_a, 1}}));
  expect_same(warm({{take_a, 1}, {read_a, 1}}));
  expect_same(warm({{take_a, 1}, {drop_a, 1}}));
  expect_same(warm({{drop_a, 1}, {drop_a, 1}}));
}

// What has the index now is another one.
TEST(CompiledHandles, ComeAgain) {
  expect_same(warm({{drop_a, 1}, {make_a, 70}, {read_a, 1}}));
  expect_same(warm({{drop_a, 1}, {make_b, 70}, {read_b, 1}, {read_a, 1}}));
  expect_same(warm({{drop_a, 1}, {set, 0}, {read_a, 1}}));
}

// A borrow that its callee did not drop ends the call.
TEST(CompiledHandles, MustBeDroppedByWhoBorrowsThem) {
  expect_same(warm({{keep, 1}}));
  expect_same(warm({{hold, 1}, {keep, 1}}));
}

TEST(CompiledHandles, AreLookedUpByCompiledFiles) {
  const Engine engine;
  const std::string file = compile_native(engine, text).value();
  const std::vector<Step> steps = warm({{read_a, 2}});
  EXPECT_EQ(results(Compiled(engine, file), steps), results(Compiled(Tier::interpreter), steps));
}

}  // namespace
}  // namespace tenon
