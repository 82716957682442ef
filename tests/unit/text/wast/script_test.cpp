#include "text/wast/script.hpp"

#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "base/bytes.hpp"

namespace tenon::wast {
namespace {

Script parse(std::string_view source) {
  auto script = parse_script(source, *std::pmr::new_delete_resource());
  EXPECT_TRUE(script.has_value()) << script.error().message();
  return std::move(script).value();
}

std::string error_of(std::string_view source) {
  auto script = parse_script(source, *std::pmr::new_delete_resource());
  if (script) return "parsed";
  return std::to_string(script.error().place().line) + ":" + std::to_string(script.error().place().column) + " " +
         std::string(script.error().message());
}

// The only result pattern of an assertion.
Constant result_of(const std::string& pattern) {
  static std::string source;
  source = "(assert_return (invoke \"f\") " + pattern + ")";
  static Script script(*std::pmr::new_delete_resource());
  script = parse(source);
  EXPECT_EQ(script.directives.size(), 1U);
  EXPECT_EQ(script.directives[0].results.size(), 1U) << pattern;
  return script.directives[0].results[0];
}

TEST(Script, IsEmptyForEmptyText) {
  EXPECT_TRUE(parse("").directives.empty());
  EXPECT_TRUE(parse(" ;; nothing\n (; at all ;) ").directives.empty());
}

TEST(Script, TakesFieldsAloneForOneModule) {
  const std::string_view source = "(func) (memory 0)";
  const Script script = parse(source);
  ASSERT_EQ(script.directives.size(), 1U);
  EXPECT_EQ(script.directives[0].kind, DirectiveKind::module);
  EXPECT_EQ(script.directives[0].module.contents, source);
}

TEST(Script, KeepsModuleTextAsWritten) {
  const Script script = parse("\n  (module $M (func) ;; )\n (memory 1))");
  const Directive& directive = script.directives[0];
  EXPECT_EQ(directive.kind, DirectiveKind::module);
  EXPECT_EQ(directive.module.form, SourceForm::text);
  EXPECT_EQ(directive.module.name, "M");
  EXPECT_EQ(directive.module.contents, "(module $M (func) ;; )\n (memory 1))");
  EXPECT_EQ(directive.module.contents_place.line, 2U);
  EXPECT_EQ(directive.module.contents_place.column, 3U);
  EXPECT_EQ(directive.module.contents_place.offset, 3U);
}

TEST(Script, KeepsOnlyTheFieldsOfADefinition) {
  const Script script = parse("(module definition $M (func) (memory 1) )");
  const ModuleSource& module = script.directives[0].module;
  EXPECT_TRUE(module.is_definition);
  EXPECT_EQ(module.name, "M");
  EXPECT_EQ(module.contents, "(func) (memory 1) ");
  EXPECT_EQ(module.contents_place.column, 23U);
}

TEST(Script, JoinsStringsOfBinaryAndQuote) {
  const Script script =
      parse(R"-((module binary "\00asm" "\01\00" "\00\00") (module definition $q quote "(fu" "nc)") (module quote))-");
  EXPECT_EQ(script.directives[0].module.form, SourceForm::binary);
  EXPECT_EQ(script.directives[0].module.contents, std::string_view("\0asm\1\0\0\0", 8));
  EXPECT_EQ(script.directives[1].module.form, SourceForm::quote);
  EXPECT_EQ(script.directives[1].module.contents, "(func)");
  EXPECT_EQ(script.directives[1].module.name, "q");
  EXPECT_TRUE(script.directives[1].module.is_definition);
  EXPECT_EQ(script.directives[2].module.contents, "");
}

TEST(Script, NamesInstanceAndDefinition) {
  const Script script =
      parse("(module instance $I $M) (module instance $M) (module instance) (component instance $c $C)");
  ASSERT_EQ(script.directives.size(), 4U);
  for (const Directive& directive : script.directives) EXPECT_EQ(directive.kind, DirectiveKind::instance);
  EXPECT_EQ(script.directives[0].instance, "I");
  EXPECT_EQ(script.directives[0].definition, "M");
  EXPECT_EQ(script.directives[1].instance, "");
  EXPECT_EQ(script.directives[1].definition, "M");
  EXPECT_EQ(script.directives[2].definition, "");
  EXPECT_TRUE(script.directives[3].is_component);
  EXPECT_EQ(script.directives[3].instance, "c");
}

TEST(Script, ReadsActions) {
  const Script script = parse(R"((invoke $m "a\"b" (i32.const -1) (i64.const 0x10)) (get "g"))");
  const Action& invoke = script.directives[0].action;
  EXPECT_EQ(script.directives[0].kind, DirectiveKind::invoke);
  EXPECT_EQ(invoke.instance, "m");
  EXPECT_EQ(invoke.name, "a\"b");
  ASSERT_EQ(invoke.arguments.size(), 2U);
  EXPECT_EQ(invoke.arguments[0].bits, 0xFFFF'FFFFU);
  EXPECT_EQ(invoke.arguments[0].source, "(i32.const -1)");
  EXPECT_EQ(invoke.arguments[1].bits, 16U);
  EXPECT_EQ(script.directives[1].action.kind, ActionKind::get);
}

struct Assertion {
  std::string_view source;
  DirectiveKind kind;
  Subject subject;
  std::string_view text;
};

class EveryAssertion : public testing::TestWithParam<Assertion> {};

TEST_P(EveryAssertion, HasItsSubjectAndText) {
  const Script script = parse(GetParam().source);
  ASSERT_EQ(script.directives.size(), 1U);
  EXPECT_EQ(script.directives[0].kind, GetParam().kind);
  EXPECT_EQ(script.directives[0].subject, GetParam().subject);
  EXPECT_EQ(script.directives[0].text, GetParam().text);
  EXPECT_EQ(script.directives[0].source, GetParam().source);
}

INSTANTIATE_TEST_SUITE_P(
    Script, EveryAssertion,
    testing::Values(
        Assertion{R"((assert_return (invoke "f")))", DirectiveKind::assert_return, Subject::action, ""},
        Assertion{R"((assert_trap (invoke "f") "unreachable"))", DirectiveKind::assert_trap, Subject::action,
                  "unreachable"},
        Assertion{R"((assert_trap (module (func)) "x"))", DirectiveKind::assert_trap, Subject::module, "x"},
        Assertion{R"((assert_trap (module instance $m) "x"))", DirectiveKind::assert_trap, Subject::instance, "x"},
        Assertion{R"((assert_exhaustion (invoke "f") "x"))", DirectiveKind::assert_exhaustion, Subject::action, "x"},
        Assertion{R"((assert_exception (invoke "f")))", DirectiveKind::assert_exception, Subject::action, ""},
        Assertion{R"((assert_suspension (invoke "f") "x"))", DirectiveKind::assert_suspension, Subject::action, "x"},
        Assertion{R"((assert_malformed (module quote "(") "x"))", DirectiveKind::assert_malformed, Subject::module,
                  "x"},
        Assertion{R"((assert_invalid (module) "x"))", DirectiveKind::assert_invalid, Subject::module, "x"},
        Assertion{R"((assert_malformed_custom (module quote "") "x"))", DirectiveKind::assert_malformed_custom,
                  Subject::module, "x"},
        Assertion{R"((assert_invalid_custom (module) "x"))", DirectiveKind::assert_invalid_custom, Subject::module,
                  "x"},
        Assertion{R"((assert_unlinkable (module) "x"))", DirectiveKind::assert_unlinkable, Subject::module, "x"},
        Assertion{R"((assert_invalid (component (core module)) "x"))", DirectiveKind::assert_invalid, Subject::module,
                  "x"},
        Assertion{R"((register "name" $m))", DirectiveKind::register_, Subject::none, "name"},
        Assertion{R"((input $s "file.wast"))", DirectiveKind::input, Subject::none, "file.wast"},
        Assertion{R"((output $s))", DirectiveKind::output, Subject::none, ""}));

TEST(ScriptConstant, ReadsNumbersExactly) {
  EXPECT_EQ(result_of("(i32.const 0xffff_ffff)").bits, 0xFFFF'FFFFU);
  EXPECT_EQ(result_of("(i64.const -9223372036854775808)").bits, 0x8000'0000'0000'0000U);
  EXPECT_EQ(result_of("(f32.const -0)").bits, 0x8000'0000U);
  EXPECT_EQ(result_of("(f64.const nan:0x4)").bits, 0x7FF0'0000'0000'0004U);
  EXPECT_EQ(result_of("(f64.const 0x1.8p+1)").bits, 0x4008'0000'0000'0000U);
}

TEST(ScriptConstant, KnowsBothNanPatterns) {
  EXPECT_EQ(result_of("(f32.const nan:canonical)").nan[0], NanPattern::canonical);
  EXPECT_EQ(result_of("(f64.const nan:arithmetic)").nan[0], NanPattern::arithmetic);
  EXPECT_EQ(result_of("(f64.const nan)").nan[0], NanPattern::none);
}

TEST(ScriptConstant, ReadsLanesLittleEndian) {
  const Constant lanes = result_of("(v128.const i16x8 0 1 2 3 4 5 6 -1)");
  EXPECT_EQ(lanes.shape, LaneShape::i16x8);
  EXPECT_EQ(load_le<std::uint64_t>(lanes.vector.bytes), 0x0003'0002'0001'0000U);
  EXPECT_EQ(load_le<std::uint64_t>(lanes.vector.bytes + 8), 0xFFFF'0006'0005'0004U);
}

TEST(ScriptConstant, ReadsPatternsByLane) {
  const Constant lanes = result_of("(v128.const f32x4 nan:canonical 1 nan:arithmetic 0)");
  EXPECT_EQ(lanes.nan[0], NanPattern::canonical);
  EXPECT_EQ(lanes.nan[1], NanPattern::none);
  EXPECT_EQ(lanes.nan[2], NanPattern::arithmetic);
  EXPECT_EQ(load_le<std::uint32_t>(lanes.vector.bytes + 4), 0x3F80'0000U);
}

TEST(ScriptConstant, ReadsReferences) {
  using core::AbstractHeapType;
  EXPECT_TRUE(result_of("(ref.null)").is_any_heap);
  EXPECT_EQ(result_of("(ref.null func)").heap.abstract(), AbstractHeapType::func);
  EXPECT_EQ(result_of("(ref.null 3)").heap.index(), core::TypeIdx(3U));
  EXPECT_EQ(result_of("(ref.extern 7)").kind, ConstantKind::ref_extern);
  EXPECT_EQ(result_of("(ref.extern 7)").bits, 7U);
  EXPECT_EQ(result_of("(ref.host 8)").kind, ConstantKind::ref_host);
  EXPECT_EQ(result_of("(ref.extern)").kind, ConstantKind::ref_type);
  const std::pair<std::string_view, AbstractHeapType> types[] = {
      {"(ref)", AbstractHeapType::any},
      {"(ref.any)", AbstractHeapType::any},
      {"(ref.eq)", AbstractHeapType::eq},
      {"(ref.i31)", AbstractHeapType::i31},
      {"(ref.struct)", AbstractHeapType::struct_},
      {"(ref.array)", AbstractHeapType::array},
      {"(ref.func)", AbstractHeapType::func},
      {"(ref.exn)", AbstractHeapType::exn},
  };
  for (const auto& [pattern, heap] : types) {
    EXPECT_EQ(result_of(std::string(pattern)).kind, ConstantKind::ref_type) << pattern;
    EXPECT_EQ(result_of(std::string(pattern)).heap.abstract(), heap) << pattern;
  }
}

TEST(ScriptConstant, ReadsAlternatives) {
  const Constant either = result_of("(either (i32.const 1) (either (i32.const 2) (f32.const nan:canonical)))");
  ASSERT_EQ(either.alternatives.size(), 2U);
  EXPECT_EQ(either.alternatives[0].bits, 1U);
  ASSERT_EQ(either.alternatives[1].alternatives.size(), 2U);
}

TEST(ScriptConstant, KeepsComponentConstantsAsWritten) {
  const std::string_view record =
      R"-((record.const (field "a" (list.const (u8.const 1))) (field "b" str.const "x)")))-";
  const Constant constant = result_of(std::string(record));
  EXPECT_EQ(constant.kind, ConstantKind::component);
  EXPECT_EQ(constant.source, record);
}

TEST(Script, ReadsThreadsWithTheirBodies) {
  const Script script = parse(R"((module $Mem (memory (export "m") 1 1 shared))
(thread $T1 (shared (module $Mem)) (register "mem" $Mem) (module (func)))
(wait $T1))");
  ASSERT_EQ(script.directives.size(), 3U);
  const Directive& thread = script.directives[1];
  EXPECT_EQ(thread.kind, DirectiveKind::thread);
  EXPECT_EQ(thread.instance, "T1");
  EXPECT_EQ(thread.shared, "Mem");
  ASSERT_EQ(thread.body.size(), 2U);
  EXPECT_EQ(thread.body[0].kind, DirectiveKind::register_);
  EXPECT_EQ(thread.body[1].kind, DirectiveKind::module);
  EXPECT_EQ(script.directives[2].kind, DirectiveKind::wait);
  EXPECT_EQ(script.directives[2].instance, "T1");
}

TEST(Script, ReadsNestedScripts) {
  const Script script = parse("(script $s (module) (module))");
  ASSERT_EQ(script.directives.size(), 1U);
  EXPECT_EQ(script.directives[0].body.size(), 2U);
}

struct Malformed {
  std::string_view source;
  std::string_view error;
};

class EveryMalformedScript : public testing::TestWithParam<Malformed> {};

TEST_P(EveryMalformedScript, IsRefusedAtItsPlace) {
  EXPECT_TRUE(error_of(GetParam().source).starts_with(GetParam().error)) << error_of(GetParam().source);
}

INSTANTIATE_TEST_SUITE_P(
    Script, EveryMalformedScript,
    testing::Values(Malformed{"(module)\n(assert_nothing)", "2:2 unknown operator assert_nothing"},
                    Malformed{"(module) module", "1:10 unexpected token"},
                    Malformed{"(module) )", "1:10 unexpected token"},
                    Malformed{"(module (func)", "1:15 unexpected token"},
                    Malformed{"(invoke f)", "1:9 unknown operator f"},
                    Malformed{R"((invoke "f" (i32.const 4294967296)))", "1:24 i32 constant out of range"},
                    Malformed{R"((invoke "f" (i32.const x)))", "1:24 unknown operator x"},
                    Malformed{R"((invoke "f" (f32.const nan:canonical)))", "1:24 un"},
                    Malformed{R"((invoke "f" (either (i32.const 1))))", "1:14 un"},
                    Malformed{R"((invoke "f" (v128.const i32x4 1 2 3)))", "1:36 wrong number of lane literals"},
                    Malformed{R"((invoke "f" (v128.const i32x4 1 2 3 4 5)))", "1:39 unexpected token"},
                    Malformed{R"((assert_invalid (module)))", "1:25 unexpected token"},
                    Malformed{"(wait)", "1:6 unexpected token"}, Malformed{"(module binary \"\\zz\")", "1:"}));

TEST(Script, RefusesDeepNesting) {
  std::string source = "(assert_return (invoke \"f\") ";
  for (int i = 0; i < 100'000; ++i) source += "(either ";
  EXPECT_NE(error_of(source).find("nesting too deep"), std::string::npos);
  source.clear();
  for (int i = 0; i < 100'000; ++i) source += "(script ";
  EXPECT_NE(error_of(source).find("nesting too deep"), std::string::npos);
}

}  // namespace
}  // namespace tenon::wast
