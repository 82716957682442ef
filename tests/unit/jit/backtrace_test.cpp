// The frames of a trap in compiled code: each function and each instruction, through all tiers.
#include <gtest/gtest.h>

#include "unit/jit/guest.hpp"

namespace tenon {
namespace {

// What both tiers must agree on.
constexpr std::string_view guest_text = R"((module $m (import "env" "host" (func $host (param i32)))
  (memory 1)
  (table 1 funcref) (elem (i32.const 0) $divide)
  (func $divide (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func $load (param i32) (result i32) (i32.load offset=8 (local.get 0)))
  (func $middle (param i32) (param i32) (result i32)
    (if (i32.eqz (local.get 1)) (then (return (i32.add (i32.const 1) (call $load (local.get 0))))))
    (if (i32.eq (local.get 1) (i32.const 1))
      (then (return (i32.add (i32.const 1) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))))
    (if (i32.eq (local.get 1) (i32.const 2)) (then (call $host (local.get 0))))
    (if (i32.eq (local.get 1) (i32.const 3)) (then (return (i32.add (i32.const 1)
      (call $middle (i32.add (local.get 0) (i32.const 1)) (local.get 1))))))
    (unreachable))
  (func (export "run") (param i32) (param i32) (result i32)
    (i32.add (i32.const 2) (call $middle (local.get 0) (local.get 1))))))";

std::string backtrace(Tier tier, std::uint32_t argument, std::uint32_t what) {
  CompiledGuest guest(guest_text, compiling_engine(tier));
  EXPECT_TRUE(guest.linker.define(
      "env", "host", [](std::uint32_t) -> Result<void> { return Error(ErrorKind::trap, "the host is tired"); }));
  guest.start();
  const auto result = guest.func<std::uint32_t(std::uint32_t, std::uint32_t)>("run")(argument, what);
  EXPECT_FALSE(result.has_value());
  return result ? std::string() : std::string(result.error().context());
}

TEST(CompiledBacktrace, NamesEachFunctionAndInstruction) {
  for (const std::uint32_t what : {0U, 1U, 2U, 4U}) {
    const std::string compiled = backtrace(Tier::optimizing, what == 0 ? 65536 : 0, what);
    EXPECT_EQ(compiled, backtrace(Tier::interpreter, what == 0 ? 65536 : 0, what)) << what;
    EXPECT_NE(compiled.find("1: m!func"), std::string::npos) << compiled;
  }
}

TEST(CompiledBacktrace, CountsTheFramesOfADeepStack) {
  const std::string compiled = backtrace(Tier::optimizing, 0, 3);
  EXPECT_NE(compiled.find("31: m!func"), std::string::npos) << compiled;
  EXPECT_NE(compiled.find(" more"), std::string::npos) << compiled;
}

}  // namespace
}  // namespace tenon
