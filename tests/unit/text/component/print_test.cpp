#include <string>

#include "component_fixture.hpp"
#include "text/component/list.hpp"

namespace tenon::component {
namespace {

// Texts that come back as they are, but for indentation: what the printer writes.
struct Printed {
  const char* name;
  const char* text;
};

class RoundTrips : public testing::TestWithParam<Printed> {};

TEST_P(RoundTrips, ThroughBinaryAndText) {
  const std::string bytes = assemble(GetParam().text);
  const std::string text = print(bytes);
  const std::string again = assemble(text);
  EXPECT_EQ(again, bytes) << text;
  EXPECT_EQ(print(again), text);
}

constexpr Printed texts[] = {
    {"Empty", "(component)"},
    {"Named", R"((component $c (component $d) (core module $m (func $f))))"},
    {"TwoNames",
     R"((component (core module $m (@own-name "other")) (component $c (@own-name)) (core module (@own-name "n"))))"},
    {"NameOfModuleWithoutIdentifier",
     R"((component (core module (@name "a b") (func $f)) (core module $m (@name "n"))))"},
    {"NamesBeforeOthers", R"((component $c (type $t u8) (@names) (@custom "producers" "x")))"},
    {"SameNameTwice", R"((component (type $t u8) (export $u (@name "t") "x" (type $t))))"},
    {"NameThatIsNoIdentifier", R"((component (type $"a b" u8) (type (@name "") u16) (export "x" (type $"a b"))))"},
    {"Types",
     R"((component (type bool) (type (record (field "a" u8) (field "b" string))) (type (variant (case "x") (case "y" s64)))
         (type (list char)) (type (list u8 4)) (type (tuple f32 f64)) (type (flags "a" "b")) (type (enum "a"))
         (type (option u8)) (type (result)) (type (result u8)) (type (result (error u8))) (type (result u8 (error u16)))
         (type $r (resource (rep i32))) (type (own $r)) (type (borrow $r)) (type (stream)) (type (stream u8))
         (type (future)) (type (future u8)) (type (map string u8)) (type error-context)
         (type (func async (param "a" u8) (result u16)))))"},
    {"DeclaredTypes",
     R"((component $c (type $t u8)
         (type (component (alias outer $c $t (type $u)) (type (list $u)) (import "i" (func (param "x" $u)))
           (export "e" (type (eq $u))) (core type (func (param i32))) (export "r" (type (sub resource)))
           (import "m" (core module (type $x (func)) (import "a" "b" (func (type $x))))) (import "v" (value string)))))
     )"},
    {"CoreTypes",
     R"((component (core type $f (func (param i32) (result i64)))
         (core rec (type $a (struct (field (ref $b)))) (type $b (sub (array (mut i8)))))
         (core type (module (alias outer 1 $f (type $g)) (rec (type (func)) (type (func (result i32))))
           (import "a" "b" (memory 1 2)) (import "a" "c" (func (type $g))) (export "t" (table 1 funcref))
           (export "x" (tag)) (import "a" "d" (global (mut i64)))))))"},
    {"Instances",
     R"((component (core module $m (func (export "f")) (table (export "t") 1 funcref) (global (export "g") i32 (i32.const 0)))
         (core instance $h (instantiate $m))
         (core instance $i (instantiate $m (with "a" (instance (export "f" (func $h "f"))))))
         (core instance (export "t" (table $i "t")) (export "g" (global $i "g")))))"},
    {"Attributes",
     R"((component (import "a" (implements "a:b/c") (external-id "x") (instance $i))
         (export "b" (external-id "\u{7fff}\00") (instance $i)) (instance (export "c" (implements "a:b/c") (instance $i)))))"},
    {"Start",
     R"((component (import "f" (func $f (param "x" string) (result string))) (import "v" (value $v string)) (start $f (value $v) (result (value $w))) (export "w" (value $w))))"},
    {"Values",
     R"((component (type $t (list u8)) (value 0 (list 1 2)) (value $v $t (list)) (value string "x") (value $w u8 1)))"},
    {"Customs",
     R"((component (@custom "a" "\00\ff\"") (type u8) (@custom "b" "") (type u8) (component (@custom "c" "x"))))"},
};
INSTANTIATE_TEST_SUITE_P(Each, RoundTrips, testing::ValuesIn(texts),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(PrintComponent, WritesOneDefinitionALine) {
  EXPECT_EQ(print(assemble(R"((component (type $t (list u8)) (import "f" (func (param "x" $t)))))")),
            "(component\n"
            "  (type $t (list u8))\n"
            "  (type (;1;) (func (param \"x\" $t)))\n"
            "  (import \"f\" (func (;0;) (type 1)))\n"
            ")\n");
}

TEST(PrintComponent, IndentsModulesInside) {
  EXPECT_EQ(print(assemble("(component (core module $m (func)))")),
            "(component\n"
            "  (core module $m\n"
            "    (type (;0;) (func))\n"
            "    (func (;0;) (type 0))\n"
            "  )\n"
            ")\n");
}

TEST(PrintComponent, LeavesNamesOut) {
  const std::string text = print(assemble("(component $c (type $t u8) (core module $m))"), {.names = false});
  EXPECT_EQ(text, "(component\n  (type (;0;) u8)\n  (core module (;0;))\n)\n");
}

TEST(PrintComponent, WritesOffsets) {
  const std::string text = print(assemble("(component (type u8))"), {.offsets = true});
  EXPECT_NE(text.find("(;@b"), std::string::npos) << text;
}

TEST(PrintComponent, WritesAnIndexThatIsNotDefinedAsNumber) {
  // The alias is of what comes later, which its identifier cannot reach.
  const std::string bytes = assemble(R"((component (export "x" (type 1)) (type $t u8)))");
  EXPECT_EQ(assemble(print(bytes)), bytes) << print(bytes);
}

TEST(PrintComponent, RefusesModulesThatCannotBeRead) {
  const std::string text = print(assemble(R"((component (core module binary "\00asm\01\00\00\00\ff")))"));
  EXPECT_TRUE(text.starts_with("print: malformed section id")) << text;
}

TEST(ListComponent, ShowsSectionsInside) {
  const std::string bytes = assemble("(component (type u8) (component (core module (func))))");
  const auto component = read_component(as_bytes(bytes), test_memory());
  ASSERT_TRUE(component);
  const auto sections = summarize_sections(*component, Features::all());
  ASSERT_GE(sections.size(), 4U);
  EXPECT_EQ(sections[0].title, "type");
  EXPECT_EQ(sections[0].count, 1U);
  EXPECT_EQ(sections[1].title, "component");
  EXPECT_EQ(sections[2].title, "core module");
  EXPECT_EQ(sections[2].depth, 1U);
  EXPECT_EQ(sections[3].title, "type");
  EXPECT_TRUE(sections[3].is_core);
  EXPECT_EQ(sections[3].depth, 2U);
}

}  // namespace
}  // namespace tenon::component
