// References and objects of the collector in compiled frames.
#include <gtest/gtest.h>

#include "unit/jit/guest.hpp"

namespace tenon {
namespace {

using Number = std::uint32_t(std::uint32_t);

TEST(CompiledObjects, LiveInFramesWhileOthersAreCollected) {
  // A list is built from its end, with ten times as much garbage in between; then its numbers are added.
  CompiledGuest guest(R"((module
    (rec (type $list (struct (field $next (ref null $list)) (field $value (mut i32)))))
    (type $bytes (array (mut i8)))
    (func $build (param $n i32) (result (ref null $list)) (local $list (ref null $list))
      (loop $next
        (drop (array.new $bytes (i32.const 1) (i32.const 300)))
        (local.set $list (struct.new $list (local.get $list) (local.get $n)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $list))
    (func (export "run") (param $n i32) (result i32) (local $list (ref null $list)) (local $sum i32)
      (local.set $list (call $build (local.get $n)))
      (drop (call $build (local.get $n)))
      (loop $next
        (if (ref.is_null (local.get $list)) (then (return (local.get $sum))))
        (local.set $sum (i32.add (local.get $sum) (struct.get $list $value (local.get $list))))
        (local.set $list (struct.get $list $next (local.get $list)))
        (br $next))
      (unreachable))))");
  guest.start();
  EXPECT_EQ(guest.compiled.size(), 2U);
  EXPECT_EQ(guest.func<Number>("run")(100'000).value(), 100'000U * 100'001U / 2 % (std::uint64_t{1} << 32));
}

// A compiler keeps the address of the next element rather than that of the array.
TEST(CompiledObjects, LargeArraysLiveByTheAddressOfAnyElement) {
  CompiledGuest guest(R"((module
    (type $box (struct (field $value i32))) (type $boxes (array (mut (ref null $box))))
    (func $make (param $i i32) (result (ref $box)) (struct.new $box (local.get $i)))
    (func (export "run") (param $n i32) (result i32) (local $boxes (ref null $boxes)) (local $i i32) (local $sum i32)
      (local.set $boxes (array.new_default $boxes (local.get $n)))
      (loop $next
        (drop (call $make (i32.const -1)))
        (array.set $boxes (local.get $boxes) (local.get $i) (call $make (local.get $i)))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (loop $next
        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
        (drop (call $make (i32.const -2)))
        (local.set $sum (i32.add (local.get $sum)
          (struct.get $box $value (array.get $boxes (local.get $boxes) (local.get $i)))))
        (br_if $next (local.get $i)))
      (local.get $sum))))");
  guest.start();
  const std::uint64_t count = 300'000;
  EXPECT_EQ(guest.func<Number>("run")(count).value(), static_cast<std::uint32_t>(count * (count - 1) / 2));
}

TEST(CompiledObjects, LiveInFramesThatCalledTheHost) {
  CompiledGuest guest(R"((module (import "env" "collect" (func $collect))
    (type $box (struct (field i32)))
    (func (export "make") (result (ref $box)) (struct.new $box (i32.const 1)))
    (func $garbage (export "garbage") (local $i i32)
      (loop (drop (struct.new $box (i32.const 2)))
        (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500000)))))
    (func (export "run") (param i32) (result i32) (local $a (ref null $box)) (local $b (ref null $box))
      (local.set $a (struct.new $box (local.get 0)))
      (local.set $b (struct.new $box (i32.add (local.get 0) (i32.const 5))))
      (call $collect)
      (i32.mul (struct.get $box 0 (local.get $a)) (struct.get $box 0 (local.get $b))))))");
  std::optional<TypedFunc<void()>> garbage;
  ASSERT_TRUE(guest.linker.define("env", "collect", [&]() -> Result<void> { return (*garbage)(); }));
  guest.start();
  garbage = guest.func<void()>("garbage");
  EXPECT_EQ(guest.func<Number>("run")(10).value(), 150U);
}

TEST(CompiledObjects, TrapAsTheInterpreterSays) {
  CompiledGuest guest(R"((module
    (type $s (struct (field (mut i8)))) (type $a (array (mut i16))) (type $t (struct)) (type $f (func (result i32)))
    (func (export "null struct") (drop (struct.get_u $s 0 (ref.null $s))))
    (func (export "null array") (drop (array.len (ref.null array))))
    (func (export "behind the end") (param i32)
      (array.set $a (array.new_default $a (i32.const 4)) (local.get 0) (i32.const 1)))
    (func (export "cast") (drop (ref.cast (ref $t) (struct.new_default $s))))
    (func (export "null call") (drop (call_ref $f (ref.null $f))))
    (func (export "null") (drop (ref.as_non_null (ref.null $s))))
    (func (export "null i31") (drop (i31.get_s (ref.null i31))))
    (func (export "packed") (result i32) (local $s (ref $s))
      (local.set $s (struct.new $s (i32.const 0x1FE)))
      (struct.set $s 0 (local.get $s) (i32.const 0x2FD))
      (i32.sub (struct.get_u $s 0 (local.get $s)) (struct.get_s $s 0 (local.get $s))))
    (func (export "i31") (param i32) (result i32)
      (i32.xor (i31.get_s (ref.i31 (local.get 0))) (i31.get_u (ref.i31 (local.get 0)))))))");
  guest.start();
  const auto message = [&](std::string_view name) { return std::string(guest.func<void()>(name)().error().message()); };
  EXPECT_EQ(message("null struct"), "null structure reference");
  EXPECT_EQ(message("null array"), "null array reference");
  EXPECT_EQ(message("cast"), "cast failure");
  EXPECT_EQ(message("null call"), "null function reference");
  EXPECT_EQ(message("null"), "null reference");
  EXPECT_EQ(message("null i31"), "null i31 reference");
  auto set = guest.func<void(std::uint32_t)>("behind the end");
  EXPECT_TRUE(set(3).has_value());
  EXPECT_EQ(set(4).error().message(), "out of bounds array access");
  EXPECT_EQ(guest.func<std::uint32_t()>("packed")().value(), 256U);
  EXPECT_EQ(guest.func<Number>("i31")(0x4000'0001).value(), 0x8000'0000U);
  EXPECT_EQ(guest.func<Number>("i31")(0x3FFF'FFFF).value(), 0U);
}

TEST(CompiledObjects, CastsFollowTheHierarchy) {
  CompiledGuest guest(R"((module
    (type $base (sub (struct (field i32)))) (type $derived (sub $base (struct (field i32) (field i64))))
    (type $other (struct (field f32)))
    (func $make (param i32) (result anyref)
      (block (block (block (block (br_table 0 1 2 3 (local.get 0)))
        (return (struct.new $base (i32.const 1))))
        (return (struct.new $derived (i32.const 2) (i64.const 3))))
        (return (struct.new_default $other)))
      (ref.i31 (i32.const 9)))
    (func (export "kind") (param i32) (result i32) (local $x anyref)
      (local.set $x (call $make (local.get 0)))
      (i32.add (ref.test (ref $base) (local.get $x))
        (i32.add (i32.mul (i32.const 10) (ref.test (ref $derived) (local.get $x)))
          (i32.add (i32.mul (i32.const 100) (ref.test (ref i31) (local.get $x)))
                   (i32.mul (i32.const 1000) (ref.test (ref eq) (local.get $x)))))))
    (func (export "branch") (param i32) (result i32)
      (block $is (result (ref $derived))
        (drop (br_on_cast $is anyref (ref $derived) (call $make (local.get 0))))
        (return (i32.const 0)))
      (i32.wrap_i64 (struct.get $derived 1)))))");
  guest.start();
  auto kind = guest.func<Number>("kind");
  EXPECT_EQ(kind(0).value(), 1001U);
  EXPECT_EQ(kind(1).value(), 1011U);
  EXPECT_EQ(kind(2).value(), 1000U);
  EXPECT_EQ(kind(3).value(), 1100U);
  EXPECT_EQ(guest.func<Number>("branch")(0).value(), 0U);
  EXPECT_EQ(guest.func<Number>("branch")(1).value(), 3U);
}

TEST(CompiledObjects, TablesOfReferencesGrowAndAreRead) {
  CompiledGuest guest(R"((module (table $t 1 funcref) (elem declare func $one)
    (func $one (result i32) (i32.const 1))
    (func (export "run") (param i32) (result i32)
      (drop (table.grow $t (ref.func $one) (local.get 0)))
      (table.set $t (i32.const 0) (table.get $t (local.get 0)))
      (i32.add (table.size $t) (i32.add (ref.is_null (table.get $t (i32.const 0)))
               (call_indirect $t (result i32) (i32.const 0)))))
    (func (export "get") (param i32) (result i32) (ref.is_null (table.get $t (local.get 0))))))");
  guest.start();
  EXPECT_EQ(guest.func<Number>("run")(4).value(), 6U);
  EXPECT_EQ(guest.func<Number>("get")(4).value(), 0U);
  EXPECT_EQ(guest.func<Number>("get")(5).error().message(), "out of bounds table access");
}

}  // namespace
}  // namespace tenon
