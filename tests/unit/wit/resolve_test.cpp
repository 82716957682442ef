#include "wit/resolve.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "wit/names.hpp"
#include "wit/print.hpp"

namespace tenon::wit {
namespace {

std::pmr::memory_resource& heap() { return *std::pmr::get_default_resource(); }

Result<Resolve> resolve(std::string_view text, const ResolveOptions& options = {}) {
  return resolve_file({"test.wit", text}, heap(), options);
}
// In a package of its own.
Result<Resolve> resolve_items(const std::string& items, const ResolveOptions& options = {}) {
  return resolve("package a:b@1.2.0;\n" + items, options);
}

struct Rejection {
  std::string_view items;
  std::uint32_t line;
  std::uint32_t column;
  std::string_view message;  // its beginning
};

void expect_rejections(std::span<const Rejection> cases, ErrorKind kind) {
  for (const Rejection& each : cases) {
    const auto result = resolve_items(std::string(each.items));
    ASSERT_FALSE(result.has_value()) << each.items;
    EXPECT_EQ(result.error().kind(), kind) << each.items;
    EXPECT_EQ(result.error().message().substr(0, each.message.size()), each.message) << each.items;
    EXPECT_EQ(result.error().place().line, each.line) << each.items;
    EXPECT_EQ(result.error().place().column, each.column) << each.items;
    EXPECT_EQ(result.error().context(), "test.wit");
  }
}

TEST(WitParse, SaysWhatWasExpectedAndWhere) {
  const Rejection cases[] = {
      {"interface", 2, 10, "expected an identifier, found the end of the file"},
      {"interface use {}", 2, 11, "expected an identifier, found keyword `use` (as a name it is written `%use`)"},
      {"interface aB {}", 2, 11, "invalid name `aB`: each word of a name is all lower case or all upper case"},
      {"interface i { f: fun(); }", 2, 18, "expected `func` or `async`, found an identifier `fun`"},
      {"interface i { f: func() }", 2, 25, "expected ';', found '}'"},
      {"interface i { f: func(a: u8 b: u8); }", 2, 29, "expected ',' or ')', found an identifier `b`"},
      {"interface i { record r { a: u8; } }", 2, 31, "expected ',' or '}', found ';'"},
      {"interface i { record: func(); }", 2, 15,
       "expected an identifier, found keyword `record` (as a name it is written `%record`)"},
      {"interface i { f: func();", 2, 25,
       "expected a type, `use`, a function's name or '}', found the end of the file"},
      {"interface i { use j; }", 2, 20,
       "expected '.' and the types that are used, as in `use types.{a, b};`, found ';'"},
      {"interface i { type t = borrow<u8>; }", 2, 31, "expected the name of a resource, found keyword `u8`"},
      {"world w { import f: u8; }", 2, 21,
       "expected `func`, `async`, `interface` or the name of an interface, found keyword `u8`"},
      {"package c:d;", 2, 12, "expected '{' and the items of another package"},
      {"package c {}", 2, 11,
       "expected ':' and the package's own name (packages are named `namespace:name`), found '{'"},
      {"package c:d@1 {}", 2, 15, "expected '.' and the second of a version's three numbers, as in 1.2.3, found '{'"},
      {"@since(feature = f) interface i {}", 2, 8, "expected `version`, found an identifier `feature`"},
      {"interface i { type t = list<u8, 0>; }", 2, 33, "a list's length is a number from 1"},
      {"interface i { type t = nothing<; }", 2, 31, "expected ';', found '<'"},
      {"@since(version = 1.0) interface i {}", 2, 21, "expected '.' and the last of a version's three numbers"},
      {"@since(version = 01.0.0) interface i {}", 2, 18, "invalid version `01.0.0`"},
      {"@new() interface i {}", 2, 2, "unknown attribute"},
      {"@since(version = 1.0.0) @unstable(feature = f) interface i {}", 2, 1,
       "expected @since or @unstable, found both"},
      {"@deprecated(version = 1.0.0) interface i {}", 2, 1, "@deprecated stands beside @since or @unstable"},
      {"@since(version = 1.0.0) @since(version = 1.0.0) interface i {}", 2, 26, "the attribute is given twice"},
      {"world w { import a:b; }", 2, 21, "expected '/' and the name of an interface or world, found ';'"},
      {"package x:y { package z:w {} }", 2, 15, "nested packages stand at the top level"},
      {"interface i {} #", 2, 16, "unexpected character"},
  };
  expect_rejections(cases, ErrorKind::malformed);
}

TEST(WitParse, LimitsNesting) {
  std::string type = "u8";
  for (int i = 0; i < 99; ++i) type = "list<" + type + ">";
  EXPECT_TRUE(resolve_items("interface i { type t = " + type + "; }").has_value());
  EXPECT_FALSE(resolve_items("interface i { type t = list<" + type + ">; }").has_value());
}

TEST(WitResolve, RejectsWhatHasNoMeaning) {
  const Rejection cases[] = {
      {"interface i { type t = reqest; type request = u8; }", 2, 24,
       "expected a type in scope, found `reqest`, did you mean `request`?"},
      {"interface i { type t = t; }", 2, 24, "type `t` depends on itself"},
      {"interface i { record a { b: b } record b { a: option<a> } }", 2, 29, "type `b` depends on itself"},
      {"interface i { use j.{t}; type t = u8; } interface j { use i.{t}; }", 2, 19,
       "interface or world `j` depends on"},
      {"interface i { use j.{t}; }", 2, 19, "expected an interface or world in scope, found `j`"},
      {"interface if-a { use if-b.{t}; }", 2, 22,
       "expected an interface or world in scope, found `if-b`, did you mean `if-a`?"},
      {"interface i { type t = strng; }", 2, 24, "expected a type in scope, found `strng`, did you mean `string`?"},
      {"interface i { type t = i64; }", 2, 24, "expected a type in scope, found `i64`, did you mean `s64`?"},
      {"interface i { f: func(a: int); }", 2, 26, "expected a type in scope, found `int`, did you mean `s32`?"},
      {"interface i { use j.{t}; } interface j { type u = u8; }", 2, 22, "expected a type of interface `j`, found `t`"},
      {"interface i {} interface i {}", 2, 26, "duplicate name `i` in package `a:b@1.2.0`"},
      {"interface i { type t = u8; t: func(); }", 2, 28, "name `t` is defined more than once"},
      {"interface i { type t = u8; T: func(); }", 2, 28,
       "name `T` conflicts with `t`: names must differ in more than case"},
      {"interface i { f: func(a: u8, A: u8); }", 2, 30, "parameter `A` conflicts with `a`"},
      {"interface i { record r { a: u8, a: u8 } }", 2, 33, "field `a` is defined more than once"},
      {"interface i { record r {} }", 2, 22, "expected at least one field, found none"},
      {"interface i { type t = borrow<u>; type u = u8; }", 2, 31, "expected a resource in a handle"},
      {"interface i { type t = map<f32, u8>; }", 2, 28, "expected bool, char, string or an integer type as the key"},
      {"interface i { resource r { constructor() -> u8; } }", 2, 45, "expected `result<r, ...>`"},
      {"interface i { resource r; f: func() -> list<borrow<r>>; }", 2, 27, "function `f` has a borrow in its result"},
      {"interface i { resource r { r: func(); } }", 2, 28,
       "name `[method]r.r` conflicts with `r`: bindings could not tell them apart"},
      {"world w { import i; import i; } interface i {}", 2, 28, "interface `i` is imported more than once"},
      {"world w { import f: func(); import F: func(); }", 2, 36, "the import `F` conflicts with `f`"},
      {"world w { include i; } interface i {}", 2, 19, "expected a world, found the interface `i`"},
      {"world w { import v; } world v {}", 2, 18, "expected an interface, found the world `v`"},
      {"world w { include v with { g as h } } world v { import f: func(); }", 2, 28,
       "expected the plain name of an import or export of `v`, found `g`"},
      {"world w { import f: func(); include v; } world v { import f: func(); }", 2, 37,
       "the include adds the import `f`"},
      {"world w { export a; export c; } interface a { type t = u8; } interface b { use a.{t}; } "
       "interface c { use a.{t}; use b.{t as u}; }",
       2, 7, "the export `a:b/c@1.2.0` depends on an interface that would have to be imported and exported"},
      {"@since(version = 1.3.0) interface i {}", 2, 2, "@since names 1.3.0, a later version than the package's 1.2.0"},
      {"interface i { use x:y/z.{t}; }", 2, 19, "package `x:y` not found"},
      {"interface i { use x:y/zip.{t}; } package x:y { interface zipp {} }", 2, 23,
       "interface or world `zip` not found in package `x:y`, did you mean `zipp`?"},
      {"package x:y {} package x:y {}", 2, 24, "package `x:y` is defined more than once"},
      {"interface i { @unstable(feature = f) type t = u8; g: func() -> t; }", 2, 51,
       "this refers to a type that is left"},
  };
  expect_rejections(cases, ErrorKind::invalid);
}

TEST(WitResolve, NeedsAPackage) {
  const auto result = resolve("interface i {}");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message(), "expected `package namespace:name;` in a file of the package, found none");
}

TEST(WitResolve, NeedsAVersionForGates) {
  const auto result = resolve("package a:b;\n@since(version = 1.0.0) interface i {}");
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().message().starts_with("package `a:b` has a gate with a version, so it needs a version"));
}

TEST(WitResolve, LimitsTheDepthOfUses) {
  std::string items = "interface i0 { type t = u8; }";
  for (int i = 1; i <= 1001; ++i) {
    items += "interface i" + std::to_string(i) + " { use i" + std::to_string(i - 1) + ".{t}; }\n";
  }
  const auto result = resolve_items(items);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::exhausted);
}

TEST(WitResolve, LimitsWhatElaborationMakes) {
  // 500 worlds of 999 imports each, for a text of a few bytes a world.
  std::string items = "interface i0 { type t = u8; }";
  for (int i = 1; i < 999; ++i) {
    items += "interface i" + std::to_string(i) + " { use i" + std::to_string(i - 1) + ".{t}; }\n";
  }
  ASSERT_TRUE(resolve_items(items + "world w { import i998; }").has_value());
  for (int i = 0; i < 500; ++i) items += "world w" + std::to_string(i) + " { import i998; }";
  const auto result = resolve_items(items);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::exhausted);
}

TEST(WitResolve, LeavesOutWhatGatesHoldBack) {
  const std::string items =
      "interface i { f: func(); @unstable(feature = x) g: func(); @unstable(feature = y) type t = u8; }";
  const std::string_view wanted[] = {"x"};
  ResolveOptions options;
  options.unstable = wanted;
  const auto none = resolve_items(items);
  const auto one = resolve_items(items, options);
  options.all_unstable = true;
  const auto all = resolve_items(items, options);
  ASSERT_TRUE(none.has_value() && one.has_value() && all.has_value());
  const InterfaceIdx first(0U);
  EXPECT_EQ(none->interfaces[first].functions.size(), 1U);
  EXPECT_EQ(one->interfaces[first].functions.size(), 2U);
  EXPECT_EQ(one->interfaces[first].types.size(), 0U);
  EXPECT_EQ(all->interfaces[first].types.size(), 1U);
}

TEST(WitResolve, LeavesOutWhatIsLaterThanTheTarget) {
  const std::string items = "interface i { f: func(); @since(version = 1.1.0) g: func(); }";
  ResolveOptions options;
  options.target_version = "1.0.0";
  const auto early = resolve_items(items, options);
  ASSERT_TRUE(early.has_value()) << early.error().message();
  EXPECT_EQ(early->interfaces[InterfaceIdx(0U)].functions.size(), 1U);
  EXPECT_EQ(interface_name(*early, InterfaceIdx(0U)), "a:b/i@1.0.0");
  options.target_version = "1.1.0";
  EXPECT_EQ(resolve_items(items, options)->interfaces[InterfaceIdx(0U)].functions.size(), 2U);
  options.target_version = "2.0.0";
  EXPECT_FALSE(resolve_items(items, options).has_value());
}

TEST(WitResolve, NeedsTheFeaturesOfItsSyntax) {
  ResolveOptions options;
  options.features = Features::none();
  for (const std::string_view items :
       {"interface i { f: async func(); }", "interface i { type t = list<u8, 4>; }", "interface i { type t = stream; }",
        "interface i { type t = map<u8, u8>; }", "interface i { type t = error-context; }",
        "interface i {} world w { import a: i; }", "package a:b:c {}"}) {
    const auto result = resolve_items(std::string(items), options);
    ASSERT_FALSE(result.has_value()) << items;
    EXPECT_TRUE(result.error().message().contains(" need the feature component-model-")) << result.error().message();
    EXPECT_TRUE(resolve_items(std::string(items)).has_value()) << items;
  }
}

TEST(WitResolve, ReadsFolders) {
  const Source files[] = {
      {"world.wit", "package a:b; world w { import types; import x:y/one; }"},
      {"types.wit", "interface types { use x:z/two.{t}; }"},
      {"readme.md", "not WIT {"},
      {"deps/y/a.wit", "package x:y;"},
      {"deps/y/b.wit", "interface one {}"},
      {"deps/z.wit", "package x:z; interface two { type t = u8; }"},
      {"deps/y/deps/c.wit", "nothing looks here"},
  };
  const auto resolve = resolve_folder(files, heap());
  ASSERT_TRUE(resolve.has_value()) << resolve.error().message();
  EXPECT_EQ(to_string(resolve->packages[resolve->main].name), "a:b");
  EXPECT_EQ(resolve->packages.size(), 3U);
  ASSERT_EQ(resolve->worlds.size(), 1U);
  EXPECT_EQ(resolve->worlds[WorldIdx(0U)].imports.size(), 3U);  // x:z/two comes with types
}

TEST(WitResolve, FoldersAgreeOnTheirPackage) {
  const Source files[] = {{"a.wit", "package a:b;"}, {"b.wit", "package a:c;"}};
  const auto result = resolve_folder(files, heap());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message(), "expected package `a:b`, as another file of it says, found `a:c`");
  EXPECT_EQ(result.error().context(), "b.wit");
}

TEST(WitResolve, PackagesDoNotDependOnThemselves) {
  const auto result = resolve("package a:b; world w { import x:y/i; } package x:y { interface i { use a:b/j.{t}; } }");
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().message().contains("depends on itself")) << result.error().message();
}

TEST(WitResolve, SharesTypesWithoutNames) {
  const auto resolve = resolve_items("interface i { f: func(a: list<u8>) -> list<u8>; g: func(a: list<list<u8>>); }");
  ASSERT_TRUE(resolve.has_value());
  EXPECT_EQ(resolve->types.size(), 2U);
}

TEST(WitResolve, TypesStandBeforeWhatMentionsThem) {
  const auto resolve = resolve_items(
      "interface i { record a { b: b } type b = list<c>; resource c; f: func(a: a, c: c) -> option<borrow-me>; "
      "variant borrow-me { x(c), y } }");
  ASSERT_TRUE(resolve.has_value()) << resolve.error().message();
  for (std::uint32_t i = 0; i < resolve->types.size(); ++i) {
    const TypeDef& type = resolve->types[TypeIdx(i)];
    if (type.first.is_defined()) EXPECT_LT(type.first.index.value, i);
    for (const Member& member : type.members) {
      if (member.type.is_defined()) EXPECT_LT(member.type.index.value, i);
    }
  }
}

TEST(WitResolve, JoinsNestedNames) {
  const auto resolve = resolve_items("package n:m:p/q@0.1.0 { interface i {} } world w { import n:m:p/q/i@0.1.0; }");
  ASSERT_TRUE(resolve.has_value()) << resolve.error().message();
  EXPECT_EQ(interface_name(*resolve, resolve->worlds[WorldIdx(0U)].imports[0].interface), "n:m:p/q/i@0.1.0");
}

}  // namespace
}  // namespace tenon::wit
