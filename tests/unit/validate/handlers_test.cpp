// The fast handlers against `step`: every change of a byte in a body must have the same verdict, message and offset.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "text/core/text.hpp"
#include "validate/core/body.hpp"

namespace tenon::core {
namespace {

constexpr std::string_view source = R"((module
  (type $pair (func (param i32 i64) (result i64 i32)))
  (type $unary (func (param f64) (result f64)))
  (memory 1)
  (table 2 funcref)
  (global $g (mut i32) (i32.const 0))
  (global $constant i64 (i64.const 7))
  (func $swap (type $pair) (local.get 1) (local.get 0))
  (func $numbers (param i32 i64 f32 f64) (result i32) (local i32 i64 f32 f64 v128)
    (local.set 4 (i32.add (local.get 0) (i32.const -300000)))
    (local.set 5 (i64.mul (local.get 1) (i64.extend_i32_s (local.tee 4 (i32.eqz (local.get 4))))))
    (local.set 6 (f32.demote_f64 (f64.const 1.5)))
    (local.set 7 (f64.promote_f32 (f32.const 2.5)))
    (drop (select (f32.const 1) (local.get 6) (f32.lt (local.get 6) (local.get 2))))
    (local.set 8 (v128.bitselect (i8x16.splat (i32.const 3)) (local.get 8) (i64x2.extmul_low_i32x4_s (local.get 8) (local.get 8))))
    (global.set $g (i32.wrap_i64 (global.get $constant)))
    (global.get $g))
  (func $memory (param i32) (result i64)
    (i32.store offset=300 (local.get 0) (i32.load8_u offset=5 (local.get 0)))
    (f64.store (i32.const 1048576) (f64.load offset=100000 align=4 (local.get 0)))
    (v128.store (local.get 0) (v128.load8x8_s (local.get 0)))
    (drop (memory.grow (memory.size)))
    (i64.load32_u (i32.const 8)))
  (func $control (param i32 f64) (result f64)
    (block (loop (br_if 1 (local.get 0)) (br_if 0 (i32.eqz (local.get 0)))))
    (block (br_table 0 0 0 (local.get 0)) (unreachable))
    (drop (block (result i32) (br_if 0 (i32.const 1) (local.get 0)) (drop) (br 0 (i32.const 5)) (drop)))
    (drop (if (result i64) (local.get 0) (then (i64.const 1)) (else (i64.const 2) (nop))))
    (if (local.get 0) (then (return (local.get 1))))
    (call $swap (i32.const 1) (i64.const 1)) (drop) (drop)
    (call_indirect (type $unary) (local.get 1) (i32.const 1))))
)";

struct Verdict {
  std::string message;
  std::uint64_t offset = 0;
  bool operator==(const Verdict&) const = default;
};

Verdict verdict(Body& body, FuncIdx func, bool takes_only_steps) {
  body.takes_only_steps = takes_only_steps;
  const Result<void> result = body.validate_function(func);
  if (result) return {"valid", 0};
  return {std::string(result.error().message()), result.error().place().offset};
}

TEST(FastHandlers, AgreeWithStepsOnEveryChangedByte) {
  auto& memory = *std::pmr::new_delete_resource();
  Result<Module> module = parse_module(source, memory);
  ASSERT_TRUE(module.has_value()) << module.error().message();
  TypeRegistry registry(memory);
  Arena arena(memory);
  Result<ValidatedModule> validated = validate_module(*module, registry, arena);
  ASSERT_TRUE(validated.has_value()) << validated.error().message();
  Body body(*validated, memory);
  std::size_t valid = 0;
  for (std::uint32_t i = 0; i < module->funcs.size(); ++i) {
    Func& func = module->funcs[FuncIdx(i)];
    std::vector<std::uint8_t> bytes(func.body.begin(), func.body.end());
    func.body = bytes;
    ASSERT_EQ(verdict(body, FuncIdx(i), true).message, "valid");
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const std::uint8_t original = bytes[at];
      for (unsigned value = 0; value < 256; ++value) {
        bytes[at] = static_cast<std::uint8_t>(value);
        const Verdict fast = verdict(body, FuncIdx(i), false);
        ASSERT_EQ(fast, verdict(body, FuncIdx(i), true)) << "function " << i << ", byte " << at << " = " << value;
        valid += fast.message == "valid" ? 1 : 0;
      }
      bytes[at] = original;
    }
  }
  EXPECT_GT(valid, 1'000U);  // changes that matter and changes that do not
}

}  // namespace
}  // namespace tenon::core
