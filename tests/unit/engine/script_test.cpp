#include "engine/script.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace tenon::tools {
namespace {

struct Judged {
  std::string directive;
  Outcome outcome;
  std::uint32_t line;
  std::string message;
  std::uint32_t fault_line;
  std::uint32_t fault_column;
};

std::vector<Judged> judge(std::string_view source) {
  std::vector<Judged> judged;
  ScriptOptions options;
  options.on_directive = [&](const DirectiveReport& report) {
    judged.push_back({std::string(report.directive), report.outcome, report.line, std::string(report.message),
                      report.fault_line, report.fault_column});
  };
  const auto report = run_script(source, options);
  EXPECT_TRUE(report.has_value()) << report.error().message();
  return judged;
}

struct LastDirective {
  std::string_view source;
  Outcome outcome;
};

class EveryLastDirective : public testing::TestWithParam<LastDirective> {};

TEST_P(EveryLastDirective, IsJudgedForItsOwnReason) {
  const auto judged = judge(GetParam().source);
  ASSERT_FALSE(judged.empty());
  EXPECT_EQ(judged.back().outcome, GetParam().outcome) << judged.back().message;
}

#define TENON_MODULE \
  R"((module $m (global (export "g") i32 (i32.const 7)) (func (export "f") (param i32) (result i32) (local.get 0)) (func (export "t") (unreachable)) (func $r (export "r") (call $r)) (tag $e) (func (export "x") (throw $e)) (func (export "n") (result f32) (f32.const nan:0x600000)) (func (export "v") (result v128) (v128.const i32x4 1 2 3 4))))"

INSTANTIATE_TEST_SUITE_P(
    Script, EveryLastDirective,
    testing::Values(
        LastDirective{R"((module))", Outcome::passed},
        LastDirective{R"((module (func (result i32))))", Outcome::failed},
        LastDirective{R"-((module quote "(func)"))-", Outcome::passed},
        LastDirective{R"((module binary "\00asm\01\00\00\00"))", Outcome::passed},
        LastDirective{R"((module binary "\00asm"))", Outcome::failed},
        LastDirective{R"((assert_malformed (module quote "(func") "unexpected token"))", Outcome::passed},
        LastDirective{R"((assert_malformed (module quote "(func") "something else"))", Outcome::failed},
        LastDirective{R"-((assert_malformed (module quote "(func)") "unexpected token"))-", Outcome::failed},
        LastDirective{R"((assert_malformed (module binary "") "unexpected end"))", Outcome::passed},
        LastDirective{R"((assert_malformed (module (func (result i32))) "type mismatch"))", Outcome::failed},
        LastDirective{R"((assert_invalid (module (func (result i32))) "type mismatch"))", Outcome::passed},
        LastDirective{R"((assert_invalid (module (func (result i32))) "unknown type"))", Outcome::failed},
        LastDirective{R"((assert_invalid (module) "type mismatch"))", Outcome::failed},
        LastDirective{R"((assert_invalid (module quote "(func") "unexpected token"))", Outcome::failed},
        LastDirective{R"((assert_unlinkable (module (import "a" "b" (func))) "unknown import"))", Outcome::passed},
        LastDirective{R"((assert_unlinkable (module (import "spectest" "print" (func))) "unknown import"))",
                      Outcome::failed},
        LastDirective{R"((assert_unlinkable (module (func (result i32))) "type mismatch"))", Outcome::failed},
        LastDirective{R"((assert_trap (module (func $f (unreachable)) (start $f)) "unreachable"))", Outcome::passed},
        LastDirective{TENON_MODULE R"((assert_return (invoke "f" (i32.const 3)) (i32.const 3)))", Outcome::passed},
        LastDirective{TENON_MODULE R"((assert_return (invoke "f" (i32.const 3)) (i32.const 4)))", Outcome::failed},
        LastDirective{TENON_MODULE R"((assert_return (invoke "f" (i32.const 3))))", Outcome::failed},
        LastDirective{TENON_MODULE R"((assert_return (invoke "f" (i32.const 3)) (i64.const 3)))", Outcome::failed},
        LastDirective{TENON_MODULE R"((assert_return (invoke "f" (i64.const 3)) (i32.const 3)))", Outcome::failed},
        LastDirective{TENON_MODULE R"((assert_return (invoke "none")))", Outcome::failed},
        LastDirective{TENON_MODULE
                      R"((assert_return (invoke $m "f" (i32.const 3)) (either (i32.const 1) (i32.const 3))))",
                      Outcome::passed},
        LastDirective{TENON_MODULE R"((assert_return (invoke $other "f" (i32.const 3)) (i32.const 3)))",
                      Outcome::failed},
        LastDirective{TENON_MODULE R"((assert_return (get "g") (i32.const 7)))", Outcome::passed},
        LastDirective{TENON_MODULE R"((assert_return (invoke "n") (f32.const nan:arithmetic)))", Outcome::passed},
        LastDirective{TENON_MODULE R"((assert_return (invoke "n") (f32.const nan:canonical)))", Outcome::failed},
        LastDirective{TENON_MODULE R"((assert_return (invoke "v") (v128.const i32x4 1 2 3 4)))", Outcome::passed},
        LastDirective{TENON_MODULE R"((assert_return (invoke "v") (v128.const i32x4 1 2 3 5)))", Outcome::failed},
        LastDirective{TENON_MODULE R"((assert_trap (invoke "t") "unreachable"))", Outcome::passed},
        LastDirective{TENON_MODULE R"((assert_trap (invoke "t") "integer overflow"))", Outcome::failed},
        LastDirective{TENON_MODULE R"((assert_trap (invoke "f" (i32.const 1)) "unreachable"))", Outcome::failed},
        LastDirective{TENON_MODULE R"((assert_trap (invoke "r") "call stack exhausted"))", Outcome::failed},
        LastDirective{TENON_MODULE R"((assert_exhaustion (invoke "r") "call stack exhausted"))", Outcome::passed},
        LastDirective{TENON_MODULE R"((assert_exhaustion (invoke "t") "unreachable"))", Outcome::failed},
        LastDirective{TENON_MODULE R"((assert_exception (invoke "x")))", Outcome::passed},
        LastDirective{TENON_MODULE R"((assert_exception (invoke "t")))", Outcome::failed},
        LastDirective{TENON_MODULE R"((register "m") (module (import "m" "f" (func (param i32) (result i32)))))",
                      Outcome::passed},
        LastDirective{TENON_MODULE R"((register "m" $none))", Outcome::failed},
        LastDirective{
            R"((module definition $D (func (export "f"))) (module instance $I $D) (assert_return (invoke $I "f")))",
            Outcome::passed},
        LastDirective{R"((module definition $D (func (export "f"))) (assert_return (invoke $D "f")))", Outcome::failed},
        LastDirective{R"((component) (assert_return (invoke "f") (u8.const 1)))", Outcome::failed},
        LastDirective{R"((component $c) (module) (assert_return (invoke $c "f")))", Outcome::failed},
        LastDirective{R"((component $c) (module (func (export "f"))) (assert_return (invoke "f")))", Outcome::passed},
        LastDirective{R"((assert_invalid (component (type (result))) "x"))", Outcome::failed}));

#undef TENON_MODULE

TEST(Script, PointsAtTheFaultInsideAModule) {
  const auto judged = judge("(module)\n(module\n  (func (fnuc)))");
  ASSERT_EQ(judged.size(), 2U);
  EXPECT_EQ(judged[1].line, 2U);
  EXPECT_EQ(judged[1].fault_line, 3U);
  EXPECT_EQ(judged[1].fault_column, 10U);
}

TEST(Script, TellsWhatWasExpectedAndFound) {
  const auto judged = judge(R"((module (func (export "f") (result i32) (i32.const -2)))
(assert_return (invoke "f") (i32.const 0x10)))");
  EXPECT_EQ(judged[1].message, "expected (i32.const 0x10), found (i32.const -2)");
}

TEST(Script, CountsAFailedModuleOnceAndItsUsersToo) {
  const auto judged =
      judge(R"((module (func (export "f"))) (module (func (result i32))) (assert_return (invoke "f")))");
  ASSERT_EQ(judged.size(), 3U);
  EXPECT_EQ(judged[1].outcome, Outcome::failed);
  EXPECT_EQ(judged[2].outcome, Outcome::failed);  // not silently of the module before
}

TEST(Script, RunsThreadsOverASharedMemory) {
  const auto judged = judge(R"((module $Mem (memory (export "shared") 1 1 shared))
(thread $T1 (shared (module $Mem))
  (register "mem" $Mem)
  (module (memory (import "mem" "shared") 1 1 shared)
    (func (export "run") (i32.atomic.store (i32.const 0) (i32.const 42))))
  (invoke "run"))
(wait $T1)
(module $Check (memory (import "mem" "shared") 1 1 shared))
(register "mem" $Mem)
(module (memory (import "mem" "shared") 1 1 shared)
  (func (export "load") (result i32) (i32.atomic.load (i32.const 0))))
(assert_return (invoke "load") (i32.const 42)))");
  ASSERT_EQ(judged.size(), 7U);
  EXPECT_EQ(judged[2].directive, "wait");
  EXPECT_EQ(judged[2].outcome, Outcome::passed) << judged[2].message;
  EXPECT_EQ(judged[6].outcome, Outcome::passed) << judged[6].message;
}

TEST(Script, ReportsOnlyTheLineAskedFor) {
  ScriptOptions options;
  options.only_line = 2;
  const auto report = run_script("(module)\n(module (func (result i32)))\n(module)", options);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->passed, 0U);
  EXPECT_EQ(report->failed, 1U);
}

TEST(Script, WithoutAHostSkipsWhatNeedsExecution) {
  const auto script = wast::parse_script(R"((module (func (export "f"))) (assert_return (invoke "f"))
(assert_unlinkable (module (func (result i32))) "unknown import"))",
                                         *std::pmr::new_delete_resource());
  ASSERT_TRUE(script.has_value());
  const ScriptReport report = run_parsed_script(*script, {}, nullptr);
  EXPECT_EQ(report.passed, 1U);
  EXPECT_EQ(report.skipped, 1U);
  EXPECT_EQ(report.failed, 1U);  // that module is not even valid
}

ScriptValue reference(core::AbstractHeapType heap, std::uint64_t bits = 0) {
  return {.kind = ScriptValue::Kind::reference, .bits = bits, .vector = {}, .heap = heap};
}

wast::Constant type_pattern(core::AbstractHeapType heap) {
  wast::Constant pattern{.kind = wast::ConstantKind::ref_type};
  pattern.heap = heap;
  return pattern;
}

TEST(ScriptValue, MatchesReferencesByTheHierarchy) {
  using core::AbstractHeapType;
  const ScriptValue i31 = reference(AbstractHeapType::i31);
  for (const auto heap : {AbstractHeapType::i31, AbstractHeapType::eq, AbstractHeapType::any}) {
    EXPECT_TRUE(matches(i31, type_pattern(heap)));
  }
  for (const auto heap : {AbstractHeapType::struct_, AbstractHeapType::func, AbstractHeapType::extern_}) {
    EXPECT_FALSE(matches(i31, type_pattern(heap)));
  }
}

TEST(ScriptValue, IsWrittenAsInTheTextFormat) {
  using Kind = ScriptValue::Kind;
  EXPECT_EQ(to_text({.kind = Kind::i32, .bits = 0xFFFF'FFFF}), "(i32.const -1)");
  EXPECT_EQ(to_text({.kind = Kind::f32, .bits = 0x7FC0'0000}), "(f32.const nan)");
  EXPECT_EQ(to_text({.kind = Kind::null, .heap = core::AbstractHeapType::func}), "(ref.null func)");
  EXPECT_EQ(to_text(reference(core::AbstractHeapType::extern_, 3)), "(ref.extern 3)");
  EXPECT_EQ(to_text(reference(core::AbstractHeapType::any, 4)), "(ref.host 4)");
  EXPECT_EQ(to_text(reference(core::AbstractHeapType::struct_)), "(ref.struct)");
}

}  // namespace
}  // namespace tenon::tools
