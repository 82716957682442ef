// Compiled code pays with fuel exactly as the interpreter does.
#include <chrono>
#include <gtest/gtest.h>
#include <thread>

#include "tenon/interrupt.hpp"
#include "unit/jit/guest.hpp"

namespace tenon {
namespace {

constexpr std::string_view guest_text = R"((module (memory 1) (tag $t)
  (func $leaf (param i32) (result i32)
    (if (result i32) (i32.and (local.get 0) (i32.const 1))
      (then (i32.mul (local.get 0) (i32.const 3)))
      (else (local.get 0))))
  (func $may_throw (param i32) (if (i32.eq (local.get 0) (i32.const 9)) (then (throw $t))))
  (func (export "run") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (call $leaf (local.get $i))))
        (block $caught (try_table (catch $t $caught) (call $may_throw (local.get $i))))
        (block $a (block $b (block $c
          (br_table $a $b $c (i32.rem_u (local.get $i) (i32.const 4))))
          (local.set $sum (i32.add (local.get $sum) (i32.const 1))))
          (nop))
        (if (i32.gt_u (local.get $sum) (i32.const 1000)) (then (return (local.get $sum))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $sum))
  (func (export "trap") (param i32) (result i32)
    (nop) (nop)
    (if (result i32) (i32.load (local.get 0)) (then (i32.const 1) (return)) (else (i32.const 2)))))
  )";

struct Spent {
  std::uint64_t left = 0;
  std::string outcome;
  bool operator==(const Spent&) const = default;
};

Spent spend(Tier tier, std::string_view name, std::uint32_t argument, std::uint64_t fuel) {
  CompiledGuest guest(guest_text, compiling_engine(tier, true));
  guest.start();
  EXPECT_EQ(guest.compiled.empty(), tier == Tier::interpreter);
  guest.store->set_fuel(fuel);
  const auto result = guest.func<std::uint32_t(std::uint32_t)>(name)(argument);
  return {guest.store->fuel(), result ? std::to_string(*result) : std::string(result.error().message())};
}

TEST(CompiledFuel, IsCountedAsInTheInterpreter) {
  for (const std::uint32_t argument : {0U, 1U, 8U, 20U, 1000U}) {
    EXPECT_EQ(spend(Tier::optimizing, "run", argument, 1'000'000), spend(Tier::interpreter, "run", argument, 1'000'000))
        << argument;
  }
}

TEST(CompiledFuel, EndsWhereItEndsInTheInterpreter) {
  for (const std::uint64_t fuel : {0U, 1U, 5U, 17U, 30U, 31U, 32U, 33U, 34U, 35U, 36U, 40U, 100U, 200U, 333U}) {
    const Spent compiled = spend(Tier::optimizing, "run", 20, fuel);
    EXPECT_EQ(compiled, spend(Tier::interpreter, "run", 20, fuel)) << fuel;
  }
}

TEST(CompiledFuel, IsPaidForWhatATrapLeaves) {
  for (const std::uint32_t address : {0U, 65532U, 65533U, 0xFFFF'FFFFU}) {
    EXPECT_EQ(spend(Tier::optimizing, "trap", address, 1000), spend(Tier::interpreter, "trap", address, 1000));
  }
}

// Loops whose turns are known and loops whose are not, calls in registers, and what leaves code in the middle.
constexpr std::string_view loops_text = R"((module (memory (export "memory") 1) (tag $t (param i32))
  (func (export "fill") (param $n i32) (result i32) (local $i i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
    (loop $next
      (i32.store8 offset=100 (local.get $i) (i32.mul (local.get $i) (i32.const 7)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i32.load8_u offset=99 (local.get $n)))
  (func (export "stride") (param $n i32) (result i32) (local $i i32)
    (loop $next
      (i32.store (i32.shl (local.get $i) (i32.const 2)) (local.get $n))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (local.get $n))) (i32.const 3000))))
    (local.get $i))
  (func (export "beyond") (param $n i32) (result i32) (local $i i32)
    (local.set $i (i32.const 65000))
    (loop $next
      (if (i32.and (local.get $i) (local.get $n)) (then (i32.store8 (local.get $i) (i32.const 1))))
      (i32.store (local.get $i) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next))
    (unreachable))
  (func (export "sum") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (if (result i32) (i32.and (local.get $i) (i32.const 5))
        (then (i32.add (local.get $sum) (local.get $i)))
        (else (i32.xor (i32.mul (local.get $sum) (i32.const 3)) (local.get $n)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (func $search (export "search") (param $n i32) (result i32)
    (loop $next
      (if (i32.and (local.get $n) (i32.const 1))
        (then (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 3)) (i32.const 1))))
        (else (local.set $n (i32.shr_u (local.get $n) (i32.const 1)))))
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get $n)))
      (br_if $next (i32.gt_u (local.get $n) (i32.const 1))))
    (local.get $n))
  (func $both (param $n i32) (result i32 i32)
    (if (i32.lt_u (local.get $n) (i32.const 2)) (then (return (i32.const 1) (local.get $n))))
    (i32.store (i32.const 4) (local.get $n))
    (call $both (i32.sub (local.get $n) (i32.const 1)))
    (drop)
    (call $recurse (i32.sub (local.get $n) (i32.const 2))))
  (func $recurse (export "recurse") (param $n i32) (result i32)
    (if (i32.eq (local.get $n) (i32.const 3)) (then (return (call $search (i32.const 9)))))
    (call $both (local.get $n))
    (i32.add))
  (func $throw (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 3))
      (then (throw $t (local.get $n)))
      (else (i32.add (i32.const 1) (call $throw (i32.sub (local.get $n) (i32.const 1)))))))
  (func (export "throw") (param $n i32) (result i32) (local $i i32)
    (loop $next
      (i32.store (i32.const 8) (block $caught (result i32)
        (try_table (result i32) (catch $t $caught) (call $throw (local.get $i)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i))
  (func $odd (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
    (return_call $even (i32.sub (local.get $n) (i32.const 1))))
  (func $even (export "even") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 1))))
    (return_call $odd (i32.sub (local.get $n) (i32.const 1)))))
  )";

class MeteredGuest {
 public:
  explicit MeteredGuest(Tier tier) : guest_(loops_text, compiling_engine(tier, true)) {}
  // What a call with so much fuel came to, and all that can be seen afterwards.
  std::string run(std::string_view name, std::uint32_t argument, std::uint64_t fuel) {
    guest_.start();
    guest_.store->set_fuel(fuel);
    const auto result = guest_.func<std::uint32_t(std::uint32_t)>(name)(argument);
    std::uint64_t sum = 0;
    const auto memory = guest_.instance.memory("memory").value();
    for (const std::uint8_t byte : memory.data()) sum = sum * 31 + byte;
    return std::to_string(guest_.store->fuel()) + " left, " + std::to_string(sum) + ", " +
           (result ? std::to_string(*result) : std::string(result.error().message()));
  }
  std::uint64_t left() const { return guest_.store->fuel(); }

 private:
  CompiledGuest guest_;
};

TEST(CompiledFuel, EndsAtTheSamePlaceInLoopsAndCalls) {
  struct Case {
    std::string_view name;
    std::uint32_t argument;
  };
  MeteredGuest interpreted(Tier::interpreter);
  MeteredGuest quick(Tier::baseline);
  MeteredGuest optimized(Tier::optimizing);
  for (const Case& one :
       {Case{"fill", 0}, Case{"fill", 300}, Case{"fill", 70'000}, Case{"stride", 7}, Case{"beyond", 3},
        Case{"sum", 200}, Case{"search", 27}, Case{"recurse", 11}, Case{"throw", 12}, Case{"even", 40}}) {
    constexpr std::uint64_t plenty = 10'000'000;
    interpreted.run(one.name, one.argument, plenty);
    const std::uint64_t needed = plenty - interpreted.left();
    constexpr std::uint64_t most_tries = 60;
    const std::uint64_t step = needed / most_tries + 1;
    for (std::uint64_t fuel = 0; fuel <= needed + step; fuel += step) {
      const std::string expected = interpreted.run(one.name, one.argument, fuel);
      EXPECT_EQ(quick.run(one.name, one.argument, fuel), expected) << one.name << ' ' << one.argument << " of " << fuel;
      EXPECT_EQ(optimized.run(one.name, one.argument, fuel), expected)
          << one.name << ' ' << one.argument << " of " << fuel;
    }
  }
}

// Compiled code may keep the number of units in a register while others change it.
TEST(CompiledFuel, ThatOthersTakeWhileALoopIsInterruptedIsGone) {
  CompiledGuest guest(R"((module (memory 1)
    (func (export "run") (param $n i32) (result i32)
      (loop $next
        (i32.store (i32.const 8) (i32.rotl (i32.add (i32.load (i32.const 8)) (local.get $n)) (i32.const 5)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.load (i32.const 8)))))",
                      compiling_engine(Tier::optimizing, true));
  guest.start();
  guest.store->set_fuel(1'000'000'000'000);
  bool was_asked = false;
  set_interrupt_handler(*guest.store, [&] {
    was_asked = true;
    guest.store->set_fuel(50'000'000'000);
    return true;
  });
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    guest.store->interrupt();
  });
  EXPECT_TRUE(guest.func<std::int32_t(std::int32_t)>("run")(500'000'000));
  other.join();
  EXPECT_TRUE(was_asked);
  EXPECT_LT(guest.store->fuel(), 50'000'000'000U);
  EXPECT_GT(guest.store->fuel(), 40'000'000'000U);
}

}  // namespace
}  // namespace tenon
