// Functions of other modules in their callers' code: components in both tiers, and what a backtrace says of frames that
// are no frames any more.
#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tenon/component.hpp"
#include "tenon/native.hpp"
#include "unit/jit/guest.hpp"

namespace tenon {
namespace {

// A caller, a callee, and the adapter between them. What the callee does, `callee` says, in terms of $state, $next, $t
// and its parameter.
std::string between(std::string_view callee, std::string_view caller) {
  std::string text = R"((component
  (component $callee
    (core module $m
      (memory 1)
      (tag $t)
      (global $state (mut i32) (i32.const 0))
      (func $next (param i32) (result i32) (i32.load offset=8 (local.get 0)))
      (func (export "work") (param i32) (result i32) )";
  text += callee;
  text += R"())
    (core instance $i (instantiate $m))
    (func (export "work") (param "x" u32) (result u32) (canon lift (core func $i "work"))))
  (instance $callee (instantiate $callee))
  (component $caller
    (import "work" (func $work (param "x" u32) (result u32)))
    (core func $work (canon lower (func $work)))
    (core module $m
      (import "" "work" (func $work (param i32) (result i32)))
      (func (export "run") (param i32) (result i32) )";
  text += caller;
  text += R"())
    (core instance $i (instantiate $m (with "" (instance (export "work" (func $work))))))
    (func (export "run") (param "x" u32) (result u32) (canon lift (core func $i "run"))))
  (instance $caller (instantiate $caller (with "work" (func $callee "work"))))
  (export "run" (func $caller "run"))))";
  return text;
}

struct Composed {
  explicit Composed(const Engine& with, std::string_view text)
      : engine(with),
        store(engine),
        component(Component::compile(engine, text).value()),
        instance(Linker(engine).instantiate(store, component).value()) {}
  Result<std::uint32_t> operator()(std::uint32_t argument) {
    return instance.func<std::uint32_t(std::uint32_t)>("run").value()(argument);
  }
  Engine engine;
  Store store;
  Component component;
  ComponentInstance instance;
};

constexpr std::string_view counts =
    "(global.set $state (i32.add (global.get $state) (local.get 0))) (global.get $state)";
constexpr std::string_view loops = R"((local i32)
  (loop (local.set 1 (call $work (i32.const 3))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
  (local.get 1))";

TEST(LinkedFunctions, DoWhatTheyDoOnTheirOwn) {
  for (const Tier tier : {Tier::interpreter, Tier::optimizing}) {
    Composed run(compiling_engine(tier), between(counts, loops));
    EXPECT_EQ(run(1).value(), 3U);  // the adapter is made in the middle of it
    EXPECT_EQ(run(100).value(), 303U);
    EXPECT_EQ(run(1).value(), 306U);
  }
}

TEST(LinkedFunctions, AreInTheirCallersCode) {
  const Engine engine = compiling_engine();
  const std::string code = show_native(engine, between(counts, loops), NativeText::ir).value();
  EXPECT_NE(code.find("linked"), std::string::npos);
}

TEST(LinkedFunctions, PayWithFuel) {
  const auto left = [](Tier tier) {
    Composed run(compiling_engine(tier, true), between(counts, loops));
    run.store.set_fuel(100'000);
    EXPECT_EQ(run(100).value(), 300U);
    return run.store.fuel();
  };
  EXPECT_EQ(left(Tier::optimizing), left(Tier::interpreter));
}

// The frames of a trap: of a function that was called by one that is a part of another's code.
TEST(LinkedFunctions, AreInBacktraces) {
  struct Way {
    std::string_view work;
    std::uint32_t bad;
  };
  for (const Way& way : {Way{"(i32.div_u (i32.const 1) (local.get 0))", 0}, Way{"(call $next (local.get 0))", 65536}}) {
    const auto backtrace = [&](Tier tier) {
      Composed run(compiling_engine(tier), between(way.work, "(i32.add (call $work (local.get 0)) (i32.const 1))"));
      EXPECT_TRUE(run(1));
      const auto result = run(way.bad);
      EXPECT_FALSE(result);
      if (result) return std::string();
      return std::string(result.error().message()) + "\n" + std::string(result.error().context());
    };
    const std::string compiled = backtrace(Tier::optimizing);
    EXPECT_EQ(compiled, backtrace(Tier::interpreter));
    EXPECT_NE(compiled.find("adapter!func 4 $call"), std::string::npos) << compiled;
    EXPECT_EQ(std::ranges::count(compiled, '\n'), way.bad == 0 ? 3 : 4) << compiled;
  }
}

// What a module exports another one reads: the two must agree on it though the one that writes is in the reader's code.
TEST(LinkedFunctions, ShareGlobals) {
  constexpr std::string_view text = R"((component
    (core module $a
      (global $g (export "g") (mut i32) (i32.const 0))
      (func (export "add") (param i32) (global.set $g (i32.add (global.get $g) (local.get 0)))))
    (core instance $a (instantiate $a))
    (core module $b
      (import "a" "g" (global $g (mut i32)))
      (import "a" "add" (func $add (param i32)))
      (func (export "run") (param i32) (result i32) (local i32)
        (global.set $g (i32.const 7))
        (call $add (local.get 0))
        (local.set 1 (global.get $g))
        (global.set $g (i32.const 1))
        (call $add (i32.const 1))
        (i32.add (i32.mul (local.get 1) (i32.const 100)) (global.get $g))))
    (core instance $b (instantiate $b (with "a" (instance $a))))
    (func (export "run") (param "x" u32) (result u32) (canon lift (core func $b "run")))))";
  for (const Tier tier : {Tier::interpreter, Tier::optimizing}) {
    Composed run(compiling_engine(tier), text);
    EXPECT_EQ(run(5).value(), 1202U);
  }
}

// A module that is there twice is a part of its own code, with the other instance.
TEST(LinkedFunctions, MayBeTheirCallersWithAnotherInstance) {
  constexpr std::string_view text = R"((component
    (component $c
      (import "next" (func $next (param "x" u32) (result u32)))
      (core func $next (canon lower (func $next)))
      (core module $m
        (import "" "next" (func $next (param i32) (result i32)))
        (global $calls (mut i32) (i32.const 0))
        (func (export "run") (param i32) (result i32)
          (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
          (if (result i32) (i32.and (local.get 0) (i32.const 1))
            (then (global.get $calls))
            (else (i32.add (call $next (i32.add (local.get 0) (i32.const 1)))
                           (i32.mul (global.get $calls) (i32.const 100)))))))
      (core instance $i (instantiate $m (with "" (instance (export "next" (func $next))))))
      (func (export "run") (param "x" u32) (result u32) (canon lift (core func $i "run"))))
    (component $end
      (core module $m (func (export "run") (param i32) (result i32) unreachable))
      (core instance $i (instantiate $m))
      (func (export "run") (param "x" u32) (result u32) (canon lift (core func $i "run"))))
    (instance $end (instantiate $end))
    (instance $inner (instantiate $c (with "next" (func $end "run"))))
    (instance $outer (instantiate $c (with "next" (func $inner "run"))))
    (export "run" (func $outer "run"))))";
  for (const Tier tier : {Tier::interpreter, Tier::optimizing}) {
    Composed run(compiling_engine(tier), text);
    EXPECT_EQ(run(0).value(), 101U);
    EXPECT_EQ(run(0).value(), 202U);
    EXPECT_EQ(run(1).value(), 3U);
    EXPECT_EQ(run(0).value(), 403U);
  }
}

// The caller is the same module in both components.
TEST(LinkedFunctions, AreKeptForTheirCallersOnly) {
  const auto folder = std::filesystem::temp_directory_path() / ("tenon-linked-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  EngineOptions options;
  options.tier = Tier::optimizing;
  options.cache = folder.string();
  for (int round = 0; round < 2; ++round) {
    for (const std::uint32_t factor : {2U, 3U}) {
      const std::string callee = "(i32.mul (local.get 0) (i32.const " + std::to_string(factor) + "))";
      Composed run(Engine(options), between(callee, "(call $work (local.get 0))"));
      EXPECT_EQ(run(1).value(), factor);
      EXPECT_EQ(run(7).value(), 7 * factor);
    }
  }
  std::filesystem::remove_all(folder);
}

TEST(LinkedFunctions, AreInCompiledFiles) {
  const Engine engine;
  Composed run(engine, compile_native(engine, between(counts, loops)).value());
  EXPECT_EQ(run(5).value(), 15U);
  EXPECT_EQ(run(5).value(), 30U);
}

// Whoever exports a module does not know what others give it.
TEST(LinkedFunctions, AreNoneOfModulesThatOthersInstantiate) {
  constexpr std::string_view inner = R"((component
    (core module $m (export "m")
      (import "" "work" (func $work (result i32)))
      (func (export "run") (result i32) (call $work)))
    (core module $w (func (export "work") (result i32) (i32.const 1)))
    (core instance $w (instantiate $w))
    (core instance $i (instantiate $m (with "" (instance $w))))
    (func (export "run") (result u32) (canon lift (core func $i "run")))))";
  constexpr std::string_view outer = R"((component
    (import "m" (core module $m (import "" "work" (func (result i32))) (export "run" (func (result i32)))))
    (core module $w (func (export "work") (result i32) (i32.const 2)))
    (core instance $w (instantiate $w))
    (core instance $i (instantiate $m (with "" (instance $w))))
    (func (export "run") (result u32) (canon lift (core func $i "run")))))";
  const Engine engine = compiling_engine();
  Store store(engine);
  const auto component = Component::compile(engine, inner);
  ASSERT_TRUE(component) << component.error().message();
  Linker linker(engine);
  const auto first = linker.instantiate(store, *component).value();
  ASSERT_TRUE(linker.define_instance("", first));
  const auto second = linker.instantiate(store, Component::compile(engine, outer).value()).value();
  EXPECT_EQ(first.func<std::uint32_t()>("run").value()().value(), 1U);
  EXPECT_EQ(second.func<std::uint32_t()>("run").value()().value(), 2U);
}

// An exception that leaves the callee ends in the adapter.
TEST(LinkedFunctions, DoNotLetExceptionsThrough) {
  const std::string text = between("(throw $t)", R"(
    (block $caught (try_table (catch_all $caught) (return (call $work (local.get 0)))))
    (i32.const 1))");
  const auto message = [&](Tier tier) {
    Composed run(compiling_engine(tier), text);
    const auto result = run(0);
    EXPECT_FALSE(result);
    return result ? std::string() : std::string(result.error().message());
  };
  EXPECT_EQ(message(Tier::interpreter), message(Tier::optimizing));
}

}  // namespace
}  // namespace tenon
