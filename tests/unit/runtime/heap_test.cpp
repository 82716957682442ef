#include "runtime/heap.hpp"

#include <gtest/gtest.h>

#include "unit/interp/guest.hpp"

namespace tenon::runtime {
namespace {

using interp::Guest;

int dropped = 0;
void count_drop(void*) noexcept { ++dropped; }

Outcome new_host_value(Thread& thread, const Func&, Slot* frame) noexcept {
  frame[0] = as_ref(thread.store->heap.allocate_host(nullptr, count_drop));
  return Outcome::returned;
}
Outcome collect(Thread& thread, const Func&, Slot*) noexcept {
  thread.store->heap.collect();
  return Outcome::returned;
}

constexpr std::string_view leaves_words_behind = R"((module
  (import "" "new" (func $new (result externref)))
  (import "" "collect" (func $collect))
  (func $deep (param i32 externref)
    (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)) (call $new)))))
  (func (export "return") (call $deep (i32.const 200) (call $new)))
  (func (export "trap") (call $deep (i32.const 200) (call $new)) (unreachable))
  (func $wide (param i32 i32 i32 i32 i32 i32 i32 i32) (call $collect))
  (func $wait (param i32)
    (if (local.get 0)
      (then (call $wait (i32.sub (local.get 0) (i32.const 1))))
      (else (call $wide (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)
                        (i32.const 5) (i32.const 6) (i32.const 7) (i32.const 8)))))
  (func (export "collect deep down") (call $wait (i32.const 100)))))";

class StaleWords : public testing::TestWithParam<const char*> {};

TEST_P(StaleWords, KeepNothingAliveInLaterCalls) {
  Guest guest(leaves_words_behind, {}, {new_host_value, collect});
  dropped = 0;
  (void)guest.call(GetParam());
  ASSERT_TRUE(guest.call("collect deep down"));
  EXPECT_EQ(dropped, 201);
}
INSTANTIATE_TEST_SUITE_P(After, StaleWords, testing::Values("return", "trap"));

// What a dropped host value does in its turn: it allocates, and calls the guest, which allocates until there is a
// collection.
struct Busy {
  Guest* guest;
  int drops = 0;
  int nested = 0;
};
void drop_busily(void* data) noexcept {
  auto& busy = *static_cast<Busy*>(data);
  ++busy.drops;
  if (busy.drops > 3) return;
  busy.guest->store.heap.allocate_host(&busy, drop_busily);
  if (busy.guest->call("allocate", {100})) ++busy.nested;
}

TEST(HostValues, AreDroppedWhenTheHeapCanBeUsedAgain) {
  Guest guest(R"((module
    (type $bytes (array i8))
    (func (export "allocate") (param i32)
      (loop
        (drop (array.new_default $bytes (i32.const 100000)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))");
  Busy busy{.guest = &guest};
  for (int i = 0; i < 3; ++i) guest.store.heap.allocate_host(&busy, drop_busily);
  guest.store.heap.collect();
  EXPECT_GE(busy.drops, 3);
  EXPECT_EQ(busy.nested, 3);
  guest.store.heap.collect();
  EXPECT_EQ(busy.drops, 6);
}

TEST(Heap, MemoryOfLargeObjectsServesOthers) {
  Guest guest(R"((module
    (type $bytes (array (mut i8)))
    (func (export "churn") (param $length i32) (param $times i32)
      (loop
        (array.set $bytes (array.new_default $bytes (local.get $length)) (i32.const 77) (i32.const 1))
        (br_if 0 (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))))");
  // Each length alone takes more than the limit of a gibibyte, all sweeps together.
  for (const Slot length : {Slot{40'000'000}, Slot{100'000}, Slot{1'000'000}, Slot{300'000'000}, Slot{100}}) {
    EXPECT_TRUE(guest.call("churn", {length, 3'000'000'000 / std::max(length, Slot{10'000})})) << length;
  }
}

TEST(Heap, ScansLongArraysToTheirEnd) {
  Guest guest(R"((module
    (type $leaf (struct (field i32)))
    (type $leaves (array (mut (ref null $leaf))))
    (global $leaves (mut (ref null $leaves)) (ref.null $leaves))
    (func (export "fill") (param i32)
      (global.set $leaves (array.new_default $leaves (local.get 0)))
      (loop
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (array.set $leaves (global.get $leaves) (local.get 0) (struct.new $leaf (local.get 0)))
        (br_if 0 (local.get 0))))
    (func (export "churn") (param i32)
      (loop
        (drop (struct.new $leaf (i32.const -1)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "check") (param i32) (result i32)
      (loop
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (if (i32.ne (local.get 0) (struct.get $leaf 0 (array.get $leaves (global.get $leaves) (local.get 0))))
          (then (return (i32.const 0))))
        (br_if 0 (local.get 0)))
      (i32.const 1))))");
  ASSERT_TRUE(guest.call("fill", {100'003}));
  ASSERT_TRUE(guest.call("churn", {1'000'000}));
  EXPECT_EQ(guest.call("check", {100'003}).value_or(Slot{0}), 1U);
}

}  // namespace
}  // namespace tenon::runtime
