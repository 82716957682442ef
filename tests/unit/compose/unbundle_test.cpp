#include "compose/unbundle.hpp"

#include <gtest/gtest.h>
#include <span>
#include <string>

#include "tenon/tools.hpp"
#include "tenon/wit.hpp"

namespace tenon::compose {
namespace {

std::string parsed(std::string_view text) {
  auto bytes = tools::parse(text);
  EXPECT_TRUE(bytes) << bytes.error().message();
  return bytes ? *bytes : std::string();
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

TEST(Unbundle, TakesModulesAboveTheThreshold) {
  const std::string component = parsed(R"((component (core module (func (export "f")))))");
  const auto unbundled = tools::unbundle(component, {.threshold = 0});
  ASSERT_TRUE(unbundled) << unbundled.error().message();
  ASSERT_EQ(unbundled->modules.size(), 1);
  EXPECT_EQ(unbundled->modules[0].path, "unbundled-module0.wasm");
  EXPECT_TRUE(tools::validate(unbundled->modules[0].contents));
  const auto untouched = tools::unbundle(component, {.threshold = std::size_t{1} << 20});
  ASSERT_TRUE(untouched);
  EXPECT_EQ(untouched->component, component);
}

// Types that mention one another go into the module's type as they are, in their groups.
TEST(Unbundle, KeepsTypesThatMentionOthers) {
  const auto wanted = tools::parse(R"((component
    (core module $m
      (type $unused (func))
      (rec (type $node (sub (struct (field (ref null $list))))) (type $list (array (mut (ref null $node)))))
      (type $walk (func (param (ref null $list)) (result (ref null $node))))
      (import "env" "walk" (func $walk (type $walk)))
      (import "env" "root" (global (ref null $node)))
      (table (export "lists") 1 (ref null $list))
      (func (export "first") (param (ref null $list)) (result (ref null $node)) (call $walk (local.get 0))))
    (export "module" (core module $m))))");
  ASSERT_TRUE(wanted) << wanted.error().message();
  const auto unbundled = tools::unbundle(*wanted, {.threshold = 0});
  ASSERT_TRUE(unbundled) << unbundled.error().message();
  ASSERT_EQ(unbundled->modules.size(), 1);
  EXPECT_TRUE(tools::validate(unbundled->modules[0].contents));
  const auto valid = tools::validate(unbundled->component);
  EXPECT_TRUE(valid) << valid.error().message();
}

// What was taken out, and what must stand in its place: a type, then an import of it. All that names a core type does
// it by identifier, so the second text says which indices are right.
constexpr std::string_view first_module = R"((core module $first (func (export "f") (param i64))))";
constexpr std::string_view first_import =
    R"((core type (module (type (func (param i64))) (export "f" (func (type 0)))))
       (import "unbundled-module0" (core module $first (type 2))))";
constexpr std::string_view second_module = R"((core module $second (memory (export "m") 1)))";
constexpr std::string_view second_import =
    R"((core type (module (export "m" (memory 1))))
       (import "unbundled-module2" (core module $second (type 9))))";

constexpr std::string_view third_module = R"((core module $third (table (export "t") 1 funcref)))";
constexpr std::string_view third_import =
    R"((core type (module (export "t" (table 1 funcref))))
       (import "unbundled-module3" (core module $third (type 11))))";

constexpr std::string_view mentions_core_types = R"((component $all
  (core type $before (func (param i32)))
  (core type $module (module (export "g" (func))))
  FIRST
  (core type $start (func (param i32)))
  (core rec
    (type $node (sub (struct (field (ref null $list)) (field i8))))
    (type $list (array (mut (ref null $node)))))
  (core type $leaf (sub final $node (struct (field (ref null $list)) (field i8) (field (ref null $before)))))
  (core type $walk (func (param (ref $leaf)) (result (ref null $before) (ref null $list))))
  (import "unbundled-module1" (core module $given (type $module)))
  (core type $shape (module
    (alias outer $all $start (type $inner))
    (alias outer $all $before (type $same))
    (import "a" "b" (func (type $inner)))
    (export "c" (func (type $same)))))
  SECOND
  (alias outer $all $shape (core type $again))
  THIRD
  (core instance $table (instantiate $third))
  (alias core export $table "t" (core table $t))
  (core func $spawn (canon thread.new-indirect $start (table $t)))
  (import "shaped" (core module $shaped (type $again)))
  (component $nested
    (alias outer $all $shape (core type $s))
    (import "m" (core module $m (type $s)))
    (core type $own (module (export "g" (func))))
    (export "m" (core module $m))
    (component
      (alias outer $all $module (core type $moved))
      (alias outer $nested $own (core type $stays))
      (import "x" (core module (type $moved)))
      (import "y" (core module (type $stays)))))
  (type $outer (component
    (alias outer $all $shape (core type $s))
    (import "m" (core module (type $s)))
    (export "i" (instance
      (alias outer $all $again (core type $deep))
      (export "m" (core module (type $deep)))))))
  (export "given" (core module $given) (core module (type $module)))
  (export "again" (core module $shaped) (core module (type $again)))))";

std::string with_each(std::string text, std::span<const std::string_view> three) {
  text = replaced(std::move(text), "FIRST", three[0]);
  text = replaced(std::move(text), "SECOND", three[1]);
  return replaced(std::move(text), "THIRD", three[2]);
}

TEST(Unbundle, MovesCoreTypesBehindTheImports) {
  const std::string text(mentions_core_types);
  const std::string_view modules[] = {first_module, second_module, third_module};
  const std::string_view imports[] = {first_import, second_import, third_import};
  const std::string bundled = parsed(with_each(text, modules));
  const std::string expected = parsed(with_each(text, imports));
  const auto valid = tools::validate(bundled);
  ASSERT_TRUE(valid) << valid.error().message();
  const auto unbundled = tools::unbundle(bundled, {.threshold = 0});
  ASSERT_TRUE(unbundled) << unbundled.error().message();
  EXPECT_EQ(tools::print(unbundled->component).value(), tools::print(expected).value());
}

TEST(Unbundle, LeavesBytesThatNameNoMovedType) {
  const std::string before = R"((component $c (core type $t (func))
      (component (alias outer $c $t (core type))) )";
  const std::string bundled = parsed(before + R"((core module (func (export "f")))))");
  const auto unbundled = tools::unbundle(bundled, {.threshold = 0});
  ASSERT_TRUE(unbundled) << unbundled.error().message();
  const std::string kept = parsed(before + ")");
  const std::size_t same = kept.rfind("component-name") - 3;  // where the section of the name begins
  EXPECT_EQ(unbundled->component.substr(0, same), kept.substr(0, same));
}

}  // namespace
}  // namespace tenon::compose
