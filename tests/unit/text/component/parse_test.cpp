#include <string>

#include "component_fixture.hpp"
#include "spec/canon.hpp"
#include "spec/component_limits.hpp"
#include "text/component/parse_component.hpp"

namespace tenon::component {
namespace {

// What is short for something else gives the same binary as the same written out.
struct Abbreviation {
  const char* name;
  const char* shortened;
  const char* full;
};

class Abbreviations : public testing::TestWithParam<Abbreviation> {};

TEST_P(Abbreviations, IsWrittenOut) {
  const auto strip_names = [](std::string_view text) {
    const auto component = parse_component(text, test_memory(), {.features = Features::all(), .keep_names = false});
    EXPECT_TRUE(component) << component.error().message() << " in " << text;
    return component ? write(*component) : std::string();
  };
  EXPECT_EQ(strip_names(GetParam().shortened), strip_names(GetParam().full));
}

constexpr Abbreviation abbreviations[] = {
    {"InlineFuncType", R"((component (import "f" (func (param "x" u8)))))",
     R"((component (type (func (param "x" u8))) (import "f" (func (type 0)))))"},
    {"TypeInAType", R"((component (type (list (option u8)))))", R"((component (type (option u8)) (type (list 0))))"},
    {"InlineImport", R"((component (func $f (import "f")) (instance (import "i") (export "x" (func)))))",
     R"((component (type (func)) (import "f" (func (type 0)))
         (type (instance (type (func)) (export "x" (func (type 0))))) (import "i" (instance (type 1)))))"},
    {"InlineExportGoesToTheEnd", R"((component (type $t (export "t") u8) (type u16)))",
     R"((component (type u8) (type u16) (export "t" (type 0))))"},
    {"ExportOfAnInstance",
     R"((component (import "i" (instance $i (export "j" (instance (export "f" (func))))))
         (export "g" (func $i "j" "f"))))",
     R"((component (import "i" (instance $i (export "j" (instance (export "f" (func))))))
         (alias export 0 "j" (instance)) (alias export 1 "f" (func)) (export "g" (func 0))))"},
    {"ExportOfACoreInstance",
     R"((component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
         (func (canon lift (core func $i "f")))))",
     R"((component (core module (func (export "f"))) (core instance (instantiate 0)) (type (func))
         (alias core export 0 "f" (core func)) (canon lift (core func 0) (func (type 0)))))"},
    {"InlineAlias", R"((component (import "i" (instance $i (export "f" (func)))) (func $f (alias export $i "f"))))",
     R"((component (import "i" (instance $i (export "f" (func)))) (alias export $i "f" (func))))"},
    {"BundleAsArgument",
     R"((component (component $c) (import "f" (func $f)) (instance (instantiate $c (with "i" (instance (export "f" (func $f))))))))",
     R"((component (component $c) (import "f" (func $f)) (instance $b (export "f" (func $f))) (instance (instantiate $c (with "i" (instance $b))))))"},
    {"OuterType", R"((component (type $t u8) (component (import "f" (func (param "x" $t))))))",
     R"((component (type u8) (component (alias outer 1 0 (type)) (type (func (param "x" 0))) (import "f" (func (type 1))))))"},
    {"OuterScopeByIdentifier", R"((component $c (type $t u8) (component (alias outer $c $t (type)))))",
     R"((component (type u8) (component (alias outer 1 0 (type)))))"},
    {"CanonDefinedBehind",
     R"((component (import "f" (func $f)) (canon lower (func $f) (core func $g)) (core func (canon task.cancel))))",
     R"((component (import "f" (func $f)) (core func $g (canon lower (func 0))) (canon task.cancel (core func))))"},
    {"CoreFuncWithoutCore",
     R"((component (core module $m (func (export "f")) (memory (export "m") 1)) (core instance $i (instantiate $m))
         (import "f" (func $f)) (core func (canon lower (func $f) (memory $i "m") (realloc (func $i "f"))))))",
     R"((component (core module $m (func (export "f")) (memory (export "m") 1)) (core instance $i (instantiate $m))
         (import "f" (func $f))
         (core func (canon lower (func $f) (memory (core memory $i "m")) (realloc (core func $i "f"))))))"},
    {"FieldsAlone", R"((type u8))", R"((component (type u8)))"},
    {"Definition", R"((component definition (type u8)))", R"((component (type u8)))"},
    {"Quote", "(component quote \"(type \" \"u8)\")", R"((component (type u8)))"},
    {"Binary", R"((component binary "\00asm\0d\00\01\00"))", R"((component))"},
    {"OldFloats", R"((component (type float32) (type float64)))", R"((component (type f32) (type f64)))"},
    {"ImpliedTypesOfModuleTypes",
     R"((component (core type (module (type (func)) (import "" "f" (func)) (export "g" (func (param i32)))))))",
     R"((component (core type (module (type (func)) (import "" "f" (func (type 0))) (type (func (param i32))) (export "g" (func (type 1)))))))"},
    {"Values",
     R"((component (type $r (record (field "a" u32) (field "b" (option char)))) (value $v $r (record 300 (some "x")))
         (value string "hi") (value (result u8 (error bool)) (error true)) (value (flags "a" "b") (flags "b"))
         (value (list s16) (list -1 64)) (value (variant (case "x") (case "y" f32)) (variant "y" 1.5))))",
     R"((component (type (option char)) (type $r (record (field "a" u32) (field "b" 0)))
         (value $v $r (binary "\ac\02\01x")) (value string (binary "\02hi")) (type (result u8 (error bool)))
         (value 2 (binary "\01\01")) (type (flags "a" "b")) (value 3 (binary "\02"))
         (type (list s16)) (value 4 (binary "\02\7f\c0\00"))
         (type (variant (case "x") (case "y" f32))) (value 5 (binary "\01\00\00\c0\3f"))))"},
};
INSTANTIATE_TEST_SUITE_P(Each, Abbreviations, testing::ValuesIn(abbreviations),
                         [](const auto& test) { return std::string(test.param.name); });

struct Refusal {
  const char* name;
  const char* text;
  const char* message;  // its beginning
};

class Refusals : public testing::TestWithParam<Refusal> {};

TEST_P(Refusals, HasItsMessage) {
  EXPECT_TRUE(error_of(GetParam().text).starts_with(GetParam().message)) << error_of(GetParam().text);
}

constexpr Refusal refusals[] = {
    {"UnknownDefinition", "(component (instanse))",
     "unknown operator instanse, expected a definition of a component; did you mean `instance`?"},
    {"UnknownIdentifier", R"((component (export "f" (func $f))))", "unknown func $f"},
    {"UseBeforeDefinition", R"((component (export "t" (type $t)) (type $t u8)))", "unknown type $t"},
    {"IdentifierTwice", R"((component (type $t u8) (type $t u8)))", "duplicate type identifier $t"},
    {"OuterFunc", R"((component (import "x" (func $x)) (component (export "x" (func $x)))))",
     "outer item `x` is not a module, type, or component"},
    {"OuterScopeUnknown", R"((component (component (alias outer $c 0 (type)))))", "outer component `c` not found"},
    {"AttributeTwice", R"((component (import "a" (external-id "x") (external-id "y") (func))))", "unexpected token"},
    {"EscapeUnknown", R"((component (import "a" (external-id "\zz") (func))))", "invalid string escape"},
    {"AliasOfTheWrongSort", R"((component (alias outer 0 0 (func))))",
     "unexpected token: this alias cannot be of sort func"},
    {"CoreInstanceOfACoreInstance", R"((component (core instance $i) (core instance (export "x" (instance $i "y")))))",
     "core instances cannot export this kind of item"},
    {"ImportInAnInstanceType", R"((component (type (instance (import "x" (func))))))",
     "unexpected token: found `import`, expected a declaration: core type, type, alias or export"},
    {"ModuleFaultHasItsMessage", "(component (core module (func (foo))))", "unknown operator foo"},
    {"CustomWithPlace", R"((component (@custom "x" (after last) "")))", "@custom annotation: unexpected token"},
    {"NameOutOfPlace", R"((component (type (@name "x") u8 (@name "y"))))", "misplaced @name annotation"},
    {"TextBehind", "(component) (component)", "unexpected token: found `(`, expected the end of the text"},
    {"NotClosed", "(component (type u8)", "unexpected token: found the end of the text"},
    {"TypeIndexTooLarge", "(component (type (list 4000000000)))", "i32 constant out of range"},
    {"ValueOfAnImportedType", R"((component (import "t" (type $t (sub resource))) (value 0 1)))",
     "the type 0 is not defined here"},
};
INSTANTIATE_TEST_SUITE_P(Each, Refusals, testing::ValuesIn(refusals),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ParseComponent, SaysLineAndColumn) {
  const auto component = parse("(component\n  (type (list $t)))");
  ASSERT_FALSE(component);
  EXPECT_EQ(component.error().place().line, 2U);
  EXPECT_EQ(component.error().place().column, 15U);
}

TEST(ParseComponent, PlacesFaultsOfModulesInTheWholeText) {
  const auto component = parse("(component\n  (core module\n    (func $f i32.foo)))");
  ASSERT_FALSE(component);
  EXPECT_EQ(component.error().place().line, 3U);
}

std::string nested(std::string_view opening, std::string_view inner, std::string_view closing, std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += opening;
  text += inner;
  for (std::size_t i = 0; i < depth; ++i) text += closing;
  return text;
}

TEST(ParseComponent, NestsToItsLimitAndNoFurther) {
  constexpr std::size_t limit = limits::max_component_nesting;
  EXPECT_EQ(error_of(nested("(component ", "", ")", limit)), "");
  EXPECT_TRUE(error_of(nested("(component ", "", ")", limit + 1)).starts_with("nesting too deep"));
  EXPECT_TRUE(
      error_of("(component (type " + nested("(list ", "u8", ")", 1'000'000) + "))").starts_with("nesting too deep"));
  EXPECT_TRUE(error_of("(component (type " + nested("(instance (type ", "u8", "))", 1'000'000) + "))")
                  .starts_with("nesting too deep"));
}

TEST(ParseComponent, KeepsNamesOfItemsAndOfWhatIsInside) {
  const auto component = parse(R"((component $c (core module $m) (type $t (@name "other") u8) (component $d)))");
  ASSERT_TRUE(component);
  Arena arena(test_memory());
  const auto names = read_component_names(component->body, arena);
  ASSERT_TRUE(names);
  EXPECT_EQ(names->component, "c");
  ASSERT_EQ(names->items.size(), 3U);
  EXPECT_EQ(names->items[0].name, "m");
  EXPECT_EQ(names->items[1].name, "other");
  EXPECT_EQ(names->items[2].name, "d");
}

TEST(ParseComponent, CustomSectionsStandWhereTheyStood) {
  const auto component = parse(R"((component (type u8) (@custom "a" "1" "2") (type u16) (@custom "b" "")))");
  ASSERT_TRUE(component);
  ASSERT_EQ(component->body.sections.size(), 4U);
  EXPECT_EQ(component->body.sections[1].name, "a");
  EXPECT_EQ(as_chars(component->body.sections[1].payload), "12");
  EXPECT_EQ(component->body.sections[3].name, "b");
}

// Each canonical definition of the table, with the immediates of its shape.
std::string immediates_text(CanonImmediates shape) {
  switch (shape) {
    case CanonImmediates::none: return "";
    case CanonImmediates::lift: return "";
    case CanonImmediates::lower: return " (func $f) string-encoding=utf16 async";
    case CanonImmediates::type: return " $t";
    case CanonImmediates::type_options: return " $t (memory 7) (realloc 8) (callback 9) string-encoding=latin1+utf16";
    case CanonImmediates::type_async: return " $t async";
    case CanonImmediates::async: return " async";
    case CanonImmediates::options: return " string-encoding=utf8 (post-return 3)";
    case CanonImmediates::results_options: return " (result (list u8)) (memory 1)";
    case CanonImmediates::core_type_slot: return " i32 0";
    case CanonImmediates::cancellable: return " cancellable";
    case CanonImmediates::cancellable_memory: return " cancellable (memory 2)";
    case CanonImmediates::core_func_type_table: return " 4 5";
    case CanonImmediates::shared_core_func_type: return " shared 4";
    case CanonImmediates::shared_core_func_type_table: return " shared 4 5";
    case CanonImmediates::shared: return " shared";
  }
  return "?";
}

TEST(ParseComponent, ReadsEveryCanonicalDefinition) {
  for (std::size_t i = 0; i < std::size(canon_infos); ++i) {
    const CanonInfo& row = canon_infos[i];
    if (row.immediates == CanonImmediates::lift) continue;
    const std::string text = "(component (type $t u8) (import \"f\" (func $f)) (core func (canon " +
                             std::string(row.text) + immediates_text(row.immediates) + ")))";
    const auto component = parse(text);
    ASSERT_TRUE(component) << component.error().message() << " in " << text;
    const Definition& last = component->body.definitions.back();
    ASSERT_EQ(last.kind, DefinitionKind::canon) << text;
    EXPECT_EQ(last.canon->op, static_cast<CanonOp>(i)) << text;
    const std::string bytes = write(*component);
    EXPECT_EQ(assemble(print(bytes)), bytes) << print(bytes);
  }
}

TEST(ParseComponentIn, ReadsItsRangeOnly) {
  constexpr std::string_view text = "(foo) (component (type u8)) (bar)";
  const auto component = parse_component_in(text, 6, 27, test_memory());
  ASSERT_TRUE(component) << component.error().message();
  EXPECT_EQ(component->body.definitions.size(), 1U);
}

}  // namespace
}  // namespace tenon::component
