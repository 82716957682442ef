// Text that passes between guests through adapters, and text that must not: at borders of blocks, at the end of a
// memory, and beyond. The tiers must agree, and the text must be what it was.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tenon/component.hpp"
#include "unit/jit/guest.hpp"

namespace tenon {
namespace {

// The caller writes numbers into its memory and hands texts from there to `echo`, or to `length`; `echo` gives what it
// got, with a byte of it changed. Callers can look at what came back.
constexpr const char* text = R"((component
  (component $callee
    (core module $m
      (memory (export "memory") 2)
      (global $next (mut i32) (i32.const 1024))
      (global $at (mut i32) (i32.const 0))
      (global $with (mut i32) (i32.const 0))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (result i32) (i32.gt_u (local.get 3) (i32.const 60000))
          (then (i32.const 0x7FFFFFFF)) (else (i32.const 1031))))
      (func (export "damage") (param i32 i32)
        (global.set $at (local.get 0)) (global.set $with (local.get 1)))
      (func (export "echo") (param i32 i32) (result i32)
        (if (global.get $with) (then
          (i32.store8 (i32.add (local.get 0) (global.get $at)) (global.get $with))))
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
        (i32.const 16))
      (func (export "length") (param i32 i32) (result i32) (local.get 1)))
    (core instance $i (instantiate $m))
    (func (export "damage") (param "at" u32) (param "with" u32) (canon lift (core func $i "damage")))
    (func (export "echo") (param "a" string) (result string)
      (canon lift (core func $i "echo") (memory $i "memory") (realloc (func $i "realloc"))))
    (func (export "length") (param "a" string) (result u32)
      (canon lift (core func $i "length") (memory $i "memory") (realloc (func $i "realloc")))))
  (instance $callee (instantiate $callee))
  (component $caller
    (import "damage" (func $damage (param "at" u32) (param "with" u32)))
    (import "echo" (func $echo (param "a" string) (result string)))
    (import "length" (func $length (param "a" string) (result u32)))
    (core module $memory (memory (export "memory") 2)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 70001)))
    (core instance $mem (instantiate $memory))
    (core func $damage (canon lower (func $damage)))
    (core func $echo (canon lower (func $echo) (memory $mem "memory") (realloc (func $mem "realloc"))))
    (core func $length (canon lower (func $length) (memory $mem "memory")))
    (core module $m
      (import "" "memory" (memory 2))
      (import "" "damage" (func $damage (param i32 i32)))
      (import "" "echo" (func $echo (param i32 i32 i32)))
      (import "" "length" (func $length (param i32 i32) (result i32)))
      (func (export "write") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
      (func (export "read") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func (export "damage") (param i32 i32) (call $damage (local.get 0) (local.get 1)))
      (func (export "echo") (param i32 i32) (result i32)
        (call $echo (local.get 0) (local.get 1) (i32.const 8)) (i32.load (i32.const 8)))
      (func (export "length") (param i32 i32) (result i32) (call $length (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m (with "" (instance (export "memory" (memory $mem "memory"))
      (export "damage" (func $damage)) (export "echo" (func $echo)) (export "length" (func $length))))))
    (func (export "write") (param "at" u32) (param "byte" u32) (canon lift (core func $i "write")))
    (func (export "read") (param "at" u32) (result u32) (canon lift (core func $i "read")))
    (func (export "damage") (param "at" u32) (param "with" u32) (canon lift (core func $i "damage")))
    (func (export "echo") (param "at" u32) (param "size" u32) (result u32) (canon lift (core func $i "echo")))
    (func (export "length") (param "at" u32) (param "size" u32) (result u32) (canon lift (core func $i "length"))))
  (instance $caller (instantiate $caller (with "damage" (func $callee "damage")) (with "echo" (func $callee "echo"))
    (with "length" (func $callee "length"))))
  (export "write" (func $caller "write")) (export "read" (func $caller "read"))
  (export "damage" (func $caller "damage")) (export "echo" (func $caller "echo"))
  (export "length" (func $caller "length"))))";

using Pair = std::uint32_t(std::uint32_t, std::uint32_t);
constexpr std::uint32_t memory_size = 2 * 65'536;

class TextCalls : public testing::TestWithParam<Tier> {
 protected:
  struct Compiled {
    explicit Compiled(Tier tier)
        : engine(compiling_engine(tier)), component(Component::compile(engine, text).value()) {}
    Engine engine;
    Component component;
  };
  static const Compiled& compiled() {
    static const Compiled tiers[] = {Compiled(Tier::interpreter), Compiled(Tier::baseline), Compiled(Tier::optimizing)};
    return tiers[GetParam() == Tier::interpreter ? 0 : GetParam() == Tier::baseline ? 1 : 2];
  }

  // A new instance, whose adapters are there; a trap ends it.
  void start() {
    store.emplace(compiled().engine);
    instance = Linker(compiled().engine).instantiate(*store, compiled().component).value();
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(call("echo", 0, 0));
      ASSERT_TRUE(call("length", 0, 0));
    }
  }
  Result<std::uint32_t> call(std::string_view name, std::uint32_t a, std::uint32_t b) {
    return instance.func<Pair>(name).value()(a, b);
  }
  void write(std::uint32_t at, std::string_view bytes) {
    const auto put = instance.func<void(std::uint32_t, std::uint32_t)>("write").value();
    for (const char byte : bytes) ASSERT_TRUE(put(at++, static_cast<std::uint8_t>(byte)));
  }
  std::string read(std::uint32_t at, std::size_t size) {
    const auto get = instance.func<std::uint32_t(std::uint32_t)>("read").value();
    std::string bytes;
    while (bytes.size() < size) bytes += static_cast<char>(get(at++).value());
    return bytes;
  }
  void expect_trap(std::uint32_t at, std::uint32_t size, std::string_view message) {
    for (const std::string_view name : {"echo", "length"}) {
      const auto result = call(name, at, size);
      ASSERT_FALSE(result) << at << " " << size;
      EXPECT_NE(result.error().message().find(message), std::string::npos) << result.error().message();
      start();
    }
  }
  std::optional<Store> store;
  ComponentInstance instance;
};

TEST_P(TextCalls, PassItAsItIs) {
  start();
  for (const std::uint32_t size : {0U, 1U, 19U, 127U, 128U, 129U, 400U}) {
    std::string sent(size, 'x');
    for (std::size_t i = 0; i < size; ++i) sent[i] = static_cast<char>('a' + i % 23);
    if (size > 100) sent.replace(90, 2, "\u00E9");
    const std::uint32_t at = memory_size - size;  // up to the end
    write(at, sent);
    EXPECT_EQ(call("length", at, size).value(), size);
    const std::uint32_t given = call("echo", at, size).value();
    EXPECT_EQ(read(given, size), sent);
  }
}

TEST_P(TextCalls, EndBeyondTheMemory) {
  start();
  EXPECT_EQ(call("length", memory_size, 0).value(), 0U);
  expect_trap(memory_size, 1, "out of bounds");
  expect_trap(memory_size + 1, 0, "out of bounds");
  expect_trap(memory_size - 3, 4, "out of bounds");
  expect_trap(0xFFFF'FFFF, 1, "out of bounds");
  expect_trap(0xFFFF'FFFF, 0x7FFF'FFFF, "out of bounds");
  expect_trap(0, 0x8000'0000, "out-of-bounds");
  expect_trap(1, 0xFFFF'FFFF, "out-of-bounds");
}

TEST_P(TextCalls, EndWhereItIsNotUtf8) {
  start();
  for (const std::uint32_t size : {1U, 8U, 20U, 128U, 300U}) {
    for (const std::uint32_t place : {0U, 7U, 8U, 19U, 127U, 128U, 255U, 256U, 299U}) {
      if (place >= size) continue;
      for (const std::string_view bad : {"\x80", "\xC3", "\xF8"}) {
        for (const std::string_view name : {"echo", "length"}) {
          write(256, std::string(size, 'a').replace(place, 1, bad));
          const auto result = call(name, 256, size);
          ASSERT_FALSE(result);
          const bool is_cut = place + 1 == size && bad == "\xC3";
          const std::string expected = std::string(is_cut ? "incomplete utf-8 byte sequence" : "invalid utf-8") +
                                       " in a string, at byte " + std::to_string(place) + " of " + std::to_string(size);
          EXPECT_NE(result.error().message().find(expected), std::string::npos) << result.error().message();
          start();
        }
      }
    }
  }
}

TEST_P(TextCalls, EndWhereWhatComesBackIsNot) {
  start();
  const auto damage = [this](std::uint32_t at) {
    ASSERT_TRUE(instance.func<void(std::uint32_t, std::uint32_t)>("damage").value()(at, 0xC0));
  };
  for (const std::uint32_t place : {0U, 1U, 127U, 128U, 171U, 172U, 298U, 299U}) {
    write(256, std::string(300, 'a'));
    damage(place);
    const auto result = call("echo", 256, 300);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message().find("invalid utf-8"), std::string::npos) << result.error().message();
    start();
  }
}

// What the callee's realloc gives is looked at before anything is written there.
TEST_P(TextCalls, EndWhereThereIsNoPlaceForIt) {
  start();
  const auto result = call("length", 0, 60'001);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("realloc"), std::string::npos) << result.error().message();
}

INSTANTIATE_TEST_SUITE_P(Tiers, TextCalls, testing::Values(Tier::interpreter, Tier::baseline, Tier::optimizing));

}  // namespace
}  // namespace tenon
