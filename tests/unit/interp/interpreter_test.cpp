// The interpreter as a whole, in both kinds of dispatch. What every operation computes is the official suite's to test;
// here are the ways of the translator (folded operands, fused instructions, moved values) and the interpreter's limits.
#include "interp/interpreter.hpp"

#include <array>
#include <thread>

#include "unit/interp/guest.hpp"

namespace tenon::interp {
namespace {

using runtime::Slot;

class Interpreter : public testing::TestWithParam<bool> {
 protected:
  static runtime::CodeSettings settings() { return {.loop_dispatch = GetParam()}; }
};
INSTANTIATE_TEST_SUITE_P(Dispatch, Interpreter, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Loop" : "TailCalls"; });

// Functions of two i32 parameters, and what they give for 7 and 3.
struct Case {
  const char* body;
  std::uint32_t expected;
};
constexpr Case folded[] = {
    {"(i32.sub (local.get 0) (local.get 1))", 4},
    {"(i32.sub (i32.const 100) (local.get 1))", 97},
    {"(i32.sub (i32.const 100) (i32.const 1))", 99},
    {"(i32.sub (local.get 0) (local.get 0))", 0},
    // Both operands need the accumulator: the first is stored in passing.
    {"(i32.sub (i32.mul (local.get 0) (i32.const 5)) (i32.mul (local.get 1) (i32.const 4)))", 23},
    // An operand that stands for a local keeps the value from before the local changed.
    {"(local.get 0) (local.set 0 (i32.const 50)) (i32.sub (local.get 0))", static_cast<std::uint32_t>(7 - 50)},
    {"(local.get 0) (local.tee 0 (i32.mul (local.get 0) (local.get 1))) (i32.add)", 28},
    {"(local.get 0) (i32.add (local.get 0) (local.get 1)) (local.set 0 (i32.const 1)) (i32.add)", 17},
    {"(local.set 0 (local.tee 1 (i32.add (local.get 0) (i32.const 1)))) (i32.mul (local.get 0) (local.get 1))", 64},
    // The same sum as value and as address.
    {"(i32.store (i32.add (local.get 0) (local.get 1)) (i32.add (local.get 0) (i32.const 2))) "
     "(i32.load (i32.add (local.get 1) (local.get 0)))",
     9},
    {"(i32.store8 offset=4 (i32.add (local.get 0) (i32.const -3)) (i32.const 300)) (i32.load8_u (i32.const 8))", 44},
    {"(i32.store (i32.mul (local.get 0) (i32.const 4)) (local.get 1)) (i32.load offset=20 (i32.add (i32.shl (i32.const "
     "1) "
     "(local.get 1)) (i32.const 0)))",
     3},
    {"(select (local.get 0) (i32.add (local.get 0) (local.get 1)) (i32.lt_s (local.get 0) (local.get 1)))", 10},
    {"(select (i32.const 1) (i32.const 2) (local.get 0))", 1},
    // Shifts by a constant are part of the operation that takes them, on either side.
    {"(i32.xor (local.get 1) (i32.shl (local.get 0) (i32.const 4)))", 3 ^ (7 << 4)},
    {"(i32.add (i32.rotl (local.get 0) (i32.const 31)) (local.get 1))", 0x8000'0006},
    {"(i32.or (i32.shl (local.get 0) (i32.const 8)) (i32.shr_u (local.get 1) (i32.const 1)))", 7 << 8 | 1},
    {"(i32.sub (local.get 1) (i32.shl (local.get 0) (i32.const 4)))", static_cast<std::uint32_t>(3 - (7 << 4))},
    {"(i32.eqz (i32.lt_u (local.get 0) (local.get 1)))", 1},
    {"(i32.eqz (f64.lt (f64.convert_i32_s (local.get 0)) (f64.const nan)))", 1},
};
constexpr Case branches[] = {
    {"(if (result i32) (i32.gt_s (local.get 0) (i32.const 5)) (then (i32.const 1)) (else (i32.const 2)))", 1},
    {"(if (result i32) (i32.eqz (i32.gt_s (local.get 0) (i32.const 5))) (then (i32.const 1)) (else (i32.const 2)))", 2},
    {"(if (result i32) (i32.eqz (f32.lt (f32.convert_i32_s (local.get 0)) (f32.const nan))) (then (i32.const 1)) "
     "(else (i32.const 2)))",
     1},
    {"(block (result i32) (i32.const 9) (br_if 0 (local.get 1)) (drop) (i32.const 8))", 9},
    {"(block (result i32) (i32.const 9) (br_if 0 (i32.eqz (local.get 1))) (drop) (i32.const 8))", 8},
    {"(loop (local.set 1 (i32.add (local.get 1) (i32.const 2))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) "
     "(i32.const 1))))) (local.get 1)",
     17},
    {"(loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 3))) (i32.const 100)))) (local.get 0)",
     100},
    {"(loop (br_if 0 (i32.gt_s (i32.const 90) (local.tee 0 (i32.add (local.get 0) (local.get 1)))))) (local.get 0)",
     91},
    {"(local.get 0) (loop (param i32) (result i32) (i32.add (local.get 1)) (br_if 0 (i32.eqz (i32.and (local.tee 1 "
     "(i32.add (local.get 1) (i32.const 1))) (i32.const 8)))))",
     7 + 3 + 4 + 5 + 6 + 7},
    {"(block (block (block (br_table 0 1 2 (local.get 1))) (return (i32.const 1))) (return (i32.const 2))) (i32.const "
     "3)",
     3},
    {"(block (result i32) (block (result i32) (br_table 0 1 (i32.const 40) (i32.and (local.get 1) (i32.const 1)))) "
     "(i32.add (i32.const 1)))",
     40},
    {"(return (i32.const 5)) (unreachable) (if (i32.const 1) (then) (else))", 5},
    {"(local.get 0) (local.get 1) (if (param i32) (result i32) (then (i32.add (i32.const 1))) (else (drop) (i32.const "
     "0)))",
     8},
};

void expect_results(std::span<const Case> cases, const runtime::CodeSettings& settings) {
  for (const Case& c : cases) {
    const std::string source =
        std::string("(memory 1) (func (export \"f\") (param i32 i32) (result i32) ") + c.body + ")";
    Guest guest(source, settings);
    EXPECT_EQ(guest.call("f", {7, 3}).value(), c.expected) << c.body;
  }
}

TEST_P(Interpreter, FoldsOperandsWithoutChangingThem) { expect_results(folded, settings()); }
TEST_P(Interpreter, FusesAndMovesAtBranches) { expect_results(branches, settings()); }

TEST_P(Interpreter, MetersTheSameWhateverTheDispatch) {
  runtime::CodeSettings metered = settings();
  metered.fuel = true;
  Guest guest(R"((func (export "f") (param i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))",
              metered);
  guest.store.fuel = 1000;
  ASSERT_TRUE(guest.call("f", {10}));
  const std::int64_t used = 1000 - guest.store.fuel;
  EXPECT_EQ(used, 1 + 10 * 5 + 2);  // loop; get, const, sub, tee, br_if; two ends
  guest.store.fuel = used;
  EXPECT_TRUE(guest.call("f", {10}));
  guest.store.fuel = used - 1;
  EXPECT_EQ(guest.trap("f", {10}), "all fuel consumed");
}

struct Metered {
  const char* body;
  std::int32_t argument;
  std::int64_t units;
};
// What is entered is paid for, wherever the payment stands: at a branch, at a loop, or where ways meet.
constexpr Metered metered_bodies[] = {
    {"(if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))", 0, 5},
    {"(if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))", 1, 5},
    {"(block (result i32) (i32.const 7) (br_if 0 (local.get 0)) (drop) (i32.const 8))", 0, 8},
    {"(block (result i32) (i32.const 7) (br_if 0 (local.get 0)) (drop) (i32.const 8))", 1, 5},
    {R"((loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (if (local.get 0) (then (br 1)))) (i32.const 0))", 3,
     24},
    {R"((local i32)
       (loop (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
       (i32.const 0))",
     4, 36},
    {R"((loop (block (br_table 0 1 (i32.gt_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 0)))))
       (i32.const 0))",
     4, 36},
    {R"((block (loop (br_if 1 (i32.eqz (local.get 0))) (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br 0)))
       (i32.const 0))",
     3, 31},
    {R"((if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0)) (else
       (i32.add (call 0 (i32.sub (local.get 0) (i32.const 1))) (call 0 (i32.sub (local.get 0) (i32.const 2)))))))",
     7, 447},
    {R"((i64.const 3) (loop (param i64) (result i64) (i64.const 1) (i64.sub)
       (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (drop) (i32.const 0))",
     3, 27},
    {"(block (br_if 0 (f64.lt (f64.convert_i32_s (local.get 0)) (f64.const 2))) (nop) (nop)) (i32.const 0)", 1, 8},
    {"(block (br_if 0 (f64.lt (f64.convert_i32_s (local.get 0)) (f64.const 2))) (nop) (nop)) (i32.const 0)", 3, 11},
    {"(block (ref.null func) (br_on_null 0) (drop) (nop)) (i32.const 0)", 0, 5},
    {"(if (local.get 0) (then (return (i32.const 1)))) (unreachable)", 1, 4},
};

TEST_P(Interpreter, MetersEveryWayThroughTheCode) {
  runtime::CodeSettings metered = settings();
  metered.fuel = true;
  for (const Metered& c : metered_bodies) {
    Guest guest(std::string("(func (export \"f\") (param i32) (result i32) ") + c.body + ")", metered);
    guest.store.fuel = 1000;
    ASSERT_TRUE(guest.call("f", {static_cast<std::uint32_t>(c.argument)})) << c.body;
    EXPECT_EQ(1000 - guest.store.fuel, c.units) << c.body;
    guest.store.fuel = c.units - 1;
    EXPECT_EQ(guest.trap("f", {static_cast<std::uint32_t>(c.argument)}), "all fuel consumed") << c.body;
  }
}

TEST_P(Interpreter, SwapsResultsThatAreLocals) {
  Guest guest(R"((func (export "f") (param i32 i64) (result i64 i32 i64) (local.get 1) (local.get 0) (local.get 1)))",
              settings());
  ASSERT_TRUE(guest.call("f", {1, 2}));
  EXPECT_EQ(guest.results[0], 2U);
  EXPECT_EQ(guest.results[1], 1U);
  EXPECT_EQ(guest.results[2], 2U);
}

TEST_P(Interpreter, PassesArgumentsAboveOperandsThatWait) {
  Guest guest(R"((func $sub (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
    (func (export "f") (param i32 i32) (result i32)
      (i32.add (i32.mul (local.get 0) (local.get 1))
        (call $sub (call $sub (local.get 0) (i32.const 1)) (call $sub (local.get 1) (local.get 0))))))",
              settings());
  EXPECT_EQ(guest.call("f", {7, 3}).value(), 21U + (6 + 4));
}

TEST_P(Interpreter, TrapsOnEndlessRecursion) {
  Guest guest(R"((func $f (export "f") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1))))",
              settings());
  EXPECT_EQ(guest.trap("f", {1}), "call stack exhausted");
  EXPECT_EQ(guest.trap("f", {1}), "call stack exhausted");  // and is none the worse for it
}

TEST_P(Interpreter, TailCallsInConstantSpace) {
  Guest guest(R"((func $f (export "f") (param i32 i64) (result i64)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (return_call $f (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 2)))))",
              settings());
  EXPECT_EQ(guest.call("f", {1'000'000, 5}).value(), 2'000'005U);
}

TEST_P(Interpreter, RunsFiftyThousandLocals) {
  std::string source = R"((func (export "f") (param i32) (result i32) (local )";
  for (int i = 0; i < 49'990; ++i) source += "i32 ";
  Guest guest(source + ") (local.set 49000 (local.get 0)) (i32.add (local.get 49000) (local.get 49001)))", settings());
  EXPECT_EQ(guest.call("f", {77}).value(), 77U);
}

TEST_P(Interpreter, NamesThePlaceOfATrap) {
  Guest guest(R"((func $inner (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
    (func (export "f") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1))))",
              settings());
  const auto result = guest.call("f", {0});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "integer divide by zero");
  const std::string context(result.error().context());
  EXPECT_NE(context.find("func 0"), std::string::npos) << context;
  EXPECT_NE(context.find("func 1"), std::string::npos) << context;
}

TEST_P(Interpreter, StopsASpinningGuest) {
  Guest guest(R"((func (export "f") (loop (br 0))))", settings());
  std::jthread other([&] { guest.store.control.native_stack_limit.interrupt.store(1); });
  EXPECT_EQ(guest.trap("f"), "deadline exceeded");
}

TEST_P(Interpreter, CatchesAcrossFramesAndRethrows) {
  Guest guest(R"((tag $e (param i32 i64))
    (func $thrower (param i32) (throw $e (local.get 0) (i64.const 9)))
    (func $between (param i32) (call $thrower (i32.add (local.get 0) (i32.const 1))))
    (func (export "f") (param i32) (result i32)
      (local $kept i32)
      (local.set $kept (i32.const 100))
      (block $caught (result i32 i64)
        (try_table (catch $e $caught) (call $between (local.get 0)))
        (unreachable))
      (i32.wrap_i64) (i32.add) (i32.add (local.get $kept)))
    (func (export "g") (param i32) (call $between (local.get 0))))",
              settings());
  EXPECT_EQ(guest.call("f", {1}).value(), 111U);
  EXPECT_EQ(guest.trap("g", {1}), "uncaught exception");
}

runtime::Outcome twice(runtime::Thread&, const runtime::Func&, Slot* frame) noexcept {
  frame[0] = static_cast<std::uint32_t>(frame[0] * 2);
  return runtime::Outcome::returned;
}
runtime::Outcome refuse(runtime::Thread& thread, const runtime::Func&, Slot*) noexcept {
  return thread.trap(Trap::host_error);
}
runtime::Outcome suspend(runtime::Thread&, const runtime::Func&, Slot*) noexcept { return runtime::Outcome::suspended; }

constexpr std::string_view calls_host = R"((import "" "h" (func $h (param i32) (result i32)))
  (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (call $h (i32.add (local.get 0) (i32.const 1))))))";

TEST_P(Interpreter, CallsTheHost) {
  Guest guest(calls_host, settings(), {&twice});
  EXPECT_EQ(guest.call("f", {10}).value(), 32U);
}
TEST_P(Interpreter, TrapsWhenTheHostDoes) {
  Guest guest(calls_host, settings(), {&refuse});
  EXPECT_EQ(guest.trap("f", {10}), "host function failed");
}
TEST_P(Interpreter, ResumesAfterSuspension) {
  Guest guest(calls_host, settings(), {&suspend});
  runtime::Thread& thread = *runtime::acquire_thread(guest.store).value();
  Slot* frame = thread.top + runtime::frame_header_slots;
  frame[0] = 10;
  thread.top = frame + 16;
  runtime::Executor& executor = *guest.store.executor;
  ASSERT_EQ(executor.call(thread, *guest.find("f"), frame), runtime::Outcome::suspended);
  EXPECT_EQ(thread.frame[0], 11U);
  thread.frame[0] = 500;
  ASSERT_EQ(executor.resume(thread), runtime::Outcome::returned);
  EXPECT_EQ(frame[0], 510U);
}

TEST(Code, TranslatesOnceAndFindsWhatItMade) {
  Guest guest(R"((func (export "f") (result i32) (i32.const 1)))");
  auto& code = static_cast<Code&>(*guest.instance->module);
  const Cell* entry = code.translate(core::FuncIdx(0U)).value();
  EXPECT_EQ(code.translate(core::FuncIdx(0U)).value(), entry);
  EXPECT_EQ(code.find(entry + 1)->begin, entry);
  EXPECT_EQ(code.find(nullptr), nullptr);
}

}  // namespace
}  // namespace tenon::interp
