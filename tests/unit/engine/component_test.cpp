// Components over the public interface: typed and dynamic calls, host functions, linking, resources, traps.
#include "tenon/component.hpp"

#include <string>
#include <vector>

#include "engine_support.hpp"

namespace tenon {
namespace {

using component::Val;

// A memory, a realloc that only grows, and functions over both.
constexpr std::string_view text_component = R"((component
  (core module $m
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 64))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
                              (i32.sub (i32.const 0) (local.get 2))))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "same") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0))
      (i32.store (i32.const 4) (local.get 1))
      (i32.const 0))
    (func (export "sum") (param i32 i32) (result i32)
      (local $sum i32)
      (block (loop
        (br_if 1 (i32.eqz (local.get 1)))
        (local.set $sum (i32.add (local.get $sum) (i32.load (local.get 0))))
        (local.set 0 (i32.add (local.get 0) (i32.const 4)))
        (local.set 1 (i32.sub (local.get 1) (i32.const 1)))
        (br 0)))
      (local.get $sum))
    (func (export "pick") (param i32) (result i32) (local.get 0))
    (func (export "list") (param i32) (result i32)
      (i32.store8 (i32.const 16) (local.get 0))
      (i64.store (i32.const 8) (i64.const 0x1_0000_0010))
      (i32.const 8))
    (func (export "fail") unreachable))
  (core instance $i (instantiate $m))
  (type $point (record (field "x" u32) (field "y" u32)))
  (export $p "point" (type $point))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (func (export "add-point") (param "p" $p) (result u32) (canon lift (core func $i "add")))
  (func (export "same") (param "s" string) (result string)
    (canon lift (core func $i "same") (memory $i "memory") (realloc (func $i "realloc"))))
  (func (export "sum") (param "l" (list u32)) (result u32)
    (canon lift (core func $i "sum") (memory $i "memory") (realloc (func $i "realloc"))))
  (type $color (enum "red" "green" "blue"))
  (export $c "color" (type $color))
  (func (export "pick") (param "x" u32) (result $c) (canon lift (core func $i "pick")))
  (func (export "list") (param "x" u32) (result (list $c)) (canon lift (core func $i "list") (memory $i "memory")))
  (func (export "number") (param "c" $c) (result u32) (canon lift (core func $i "pick")))
  (func (export "code") (param "c" char) (result u32) (canon lift (core func $i "pick")))
  (func (export "fail") (canon lift (core func $i "fail")))))";

struct Point {
  std::uint32_t x;
  std::uint32_t y;
};

struct ComponentTest : ::testing::Test {
  ComponentInstance instantiate(std::string_view text) {
    auto component = Component::compile(engine, text);
    EXPECT_TRUE(component) << component.error().message();
    auto instance = linker.instantiate(store, *component);
    EXPECT_TRUE(instance) << instance.error().message();
    return *instance;
  }
  Error link_error(std::string_view text) {
    return error_of(linker.instantiate(store, Component::compile(engine, text).value()));
  }
  Engine engine;
  Store store{engine};
  Linker linker{engine};
};

TEST_F(ComponentTest, TypedFunctionTakesAndGivesScalars) {
  const auto add = instantiate(text_component).func<std::uint32_t(std::uint32_t, std::uint32_t)>("add").value();
  EXPECT_EQ(add(2, 3).value(), 5U);
  EXPECT_EQ(add(4, 5).value(), 9U);
}

TEST_F(ComponentTest, TypedFunctionTakesAndGivesStrings) {
  const auto same = instantiate(text_component).func<std::string(std::string_view)>("same").value();
  EXPECT_EQ(same("").value(), "");
  EXPECT_EQ(same("tenon").value(), "tenon");
  EXPECT_EQ(same("\u00e9\u4e16").value(), "\u00e9\u4e16");
}

TEST_F(ComponentTest, TypedFunctionTakesListsAndRecords) {
  const auto instance = instantiate(text_component);
  const auto sum = instance.func<std::uint32_t(std::vector<std::uint32_t>)>("sum").value();
  EXPECT_EQ(sum({1, 2, 3}).value(), 6U);
  const auto add = instance.func<std::uint32_t(Point)>("add-point").value();
  EXPECT_EQ(add({.x = 3, .y = 4}).value(), 7U);
}

enum class Color : std::uint8_t { red, green, blue };

TEST_F(ComponentTest, TypedFunctionsGetOnlyCasesThatThereAre) {
  const auto pick = [&](std::uint32_t x) {
    return instantiate(text_component).func<Color(std::uint32_t)>("pick").value()(x);
  };
  EXPECT_EQ(pick(2).value(), Color::blue);
  for (const std::uint32_t x : {3U, 0x100U}) EXPECT_TRUE(contains(error_of(pick(x)).message(), "discriminant")) << x;
  const auto list = [&](std::uint32_t x) {
    return instantiate(text_component).func<std::vector<Color>(std::uint32_t)>("list").value()(x);
  };
  EXPECT_EQ(list(1).value(), std::vector{Color::green});
  EXPECT_EQ(error_of(list(3)).kind(), ErrorKind::trap);
}

TEST_F(ComponentTest, TypedFunctionsTakeOnlyCasesThatThereAre) {
  const auto instance = instantiate(text_component);
  const auto number = instance.func<std::uint32_t(Color)>("number").value();
  expect_usage(number(static_cast<Color>(3)), "no case of this number");
  EXPECT_EQ(number(Color::blue).value(), 2U);
  const auto code = instance.func<std::uint32_t(char32_t)>("code").value();
  expect_usage(code(static_cast<char32_t>(0xD800)), "Unicode scalar value");
  EXPECT_EQ(code(U'a').value(), 97U);
}

TEST_F(ComponentTest, DynamicFunctionTakesAndGivesValues) {
  const auto instance = instantiate(text_component);
  const Val numbers[] = {Val::u32(2), Val::u32(3)};
  EXPECT_EQ(instance.func("add").value().call(numbers).value().at(0), Val::u32(5));
  const Val text[] = {Val::string("tenon")};
  EXPECT_EQ(instance.func("same").value().call(text).value().at(0), Val::string("tenon"));
}

TEST_F(ComponentTest, WrongSignatureSaysWhereItDiffers) {
  const auto instance = instantiate(text_component);
  expect_usage(instance.func<std::uint32_t(std::uint32_t)>("add"), "expected 1 parameters, found 2");
  expect_usage(instance.func<std::uint32_t(std::uint32_t, float)>("add"), "parameter `b`: expected f32, found u32");
  expect_usage(instance.func<void()>("missing"), "the component exports no \"missing\"");
}

TEST_F(ComponentTest, ACallThatNeedsAThreadGivesItBack) {
  const auto instance = instantiate(R"((component
    (core func $index (canon thread.index))
    (core module $m
      (import "" "index" (func $index (result i32)))
      (func (export "index") (result i32) (call $index)))
    (core instance $i (instantiate $m (with "" (instance (export "index" (func $index))))))
    (func (export "index") (result u32) (canon lift (core func $i "index")))))");
  const auto index = instance.func<std::uint32_t()>("index").value();
  const std::uint32_t first = index().value();
  EXPECT_EQ(index().value(), first);
  EXPECT_EQ(index().value(), first);
}

TEST_F(ComponentTest, TrapPoisonsTheInstanceOnly) {
  const auto instance = instantiate(text_component);
  const auto other = instantiate(text_component);
  EXPECT_EQ(error_of(instance.func<void()>("fail").value()()).kind(), ErrorKind::trap);
  const auto add = instance.func<std::uint32_t(std::uint32_t, std::uint32_t)>("add").value();
  EXPECT_TRUE(contains(error_of(add(1, 2)).message(), "cannot enter component instance"));
  EXPECT_EQ((other.func<std::uint32_t(std::uint32_t, std::uint32_t)>("add").value()(1, 2).value()), 3U);
}

TEST_F(ComponentTest, ValuesThatDoNotFitLeaveTheInstanceAsItWas) {
  const auto instance = instantiate(text_component);
  const auto add = instance.func("add").value();
  const Val numbers[] = {Val::u32(2), Val::u32(3)};
  const Val number_and_text[] = {Val::u32(2), Val::string("x")};
  expect_usage(add.call(number_and_text), "expected a value of type u32, found string");
  EXPECT_EQ(add.call(numbers).value().at(0), Val::u32(5));

  const auto same = instance.func<std::string(std::string_view)>("same").value();
  expect_usage(same("\xFF"), "UTF-8");
  const Val bytes[] = {Val::string("\xFF")};
  expect_usage(instance.func("same").value().call(bytes), "UTF-8");
  EXPECT_EQ(same("tenon").value(), "tenon");
}

constexpr std::string_view importing_component = R"((component
  (import "demo:host/api" (instance $api
    (export "double" (func (param "x" u32) (result u32)))))
  (core func $double (canon lower (func $api "double")))
  (core module $m
    (import "" "double" (func $double (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (call $double (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance (export "double" (func $double))))))
  (func (export "run") (param "x" u32) (result u32) (canon lift (core func $i "run")))))";

TEST_F(ComponentTest, HostFunctionServesAnImport) {
  linker.define("demo:host/api", "double", [](std::uint32_t x) { return 2 * x; }).value();
  const auto run = instantiate(importing_component).func<std::uint32_t(std::uint32_t)>("run").value();
  EXPECT_EQ(run(21).value(), 42U);
}

TEST_F(ComponentTest, DynamicHostFunctionServesAnImport) {
  linker
      .define_dynamic("demo:host/api", "double",
                      [](std::span<const Val> x) -> Result<std::vector<Val>> {
                        return std::vector<Val>{Val::u32(static_cast<std::uint32_t>(3 * x[0].unsigned_integer()))};
                      })
      .value();
  const auto run = instantiate(importing_component).func<std::uint32_t(std::uint32_t)>("run").value();
  EXPECT_EQ(run(14).value(), 42U);
}

TEST_F(ComponentTest, HostErrorIsTheTrap) {
  linker
      .define("demo:host/api", "double",
              [](std::uint32_t) -> Result<std::uint32_t> { return Error(ErrorKind::trap, "no more doubles"); })
      .value();
  const auto run = instantiate(importing_component).func<std::uint32_t(std::uint32_t)>("run").value();
  EXPECT_EQ(error_of(run(1)).message(), "no more doubles");
}

TEST_F(ComponentTest, MissingImportIsNamedWithItsType) {
  const Error error = link_error(importing_component);
  EXPECT_EQ(error.kind(), ErrorKind::unlinkable);
  EXPECT_TRUE(contains(error.message(), "`demo:host/api` `double`"));
  EXPECT_TRUE(contains(error.message(), "func(x: u32) -> u32"));
}

TEST_F(ComponentTest, ImportOfAnotherTypeSaysWhereItDiffers) {
  linker.define("demo:host/api", "double", [](std::uint64_t x) { return x; }).value();
  EXPECT_TRUE(contains(link_error(importing_component).message(), "parameter `x`: expected u64, found u32"));
}

TEST_F(ComponentTest, LiveInstanceServesAnImport) {
  const auto exporting = instantiate(R"((component
    (core module $m (func (export "double") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))
    (core instance $i (instantiate $m))
    (func (export "double") (param "x" u32) (result u32) (canon lift (core func $i "double")))))");
  linker.define_instance("demo:host/api", exporting).value();
  const auto run = instantiate(importing_component).func<std::uint32_t(std::uint32_t)>("run").value();
  EXPECT_EQ(run(21).value(), 42U);
}

// Counts what its destructor is called with.
constexpr std::string_view resource_component = R"((component
  (core module $d
    (global $drops (mut i32) (i32.const 0))
    (func (export "drop") (param i32) (global.set $drops (i32.add (global.get $drops) (local.get 0))))
    (func (export "drops") (result i32) (global.get $drops)))
  (core instance $d (instantiate $d))
  (type $r' (resource (rep i32) (dtor (func $d "drop"))))
  (export $r "r" (type $r'))
  (core func $new (canon resource.new $r'))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "rep") (param i32) (result i32) (local.get 0)))
  (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
  (func (export "make") (param "rep" u32) (result (own $r)) (canon lift (core func $m "make")))
  (func (export "rep") (param "r" (borrow $r)) (result u32) (canon lift (core func $m "rep")))
  (func (export "drops") (result u32) (canon lift (core func $d "drops")))))";

TEST_F(ComponentTest, ResourceHeldByTheHostIsDroppedOnce) {
  const auto instance = instantiate(resource_component);
  const auto drops = instance.func<std::uint32_t()>("drops").value();
  {
    const Val rep[] = {Val::u32(7)};
    const std::vector<Val> made = instance.func("make").value().call(rep).value();
    const Val copy = made.at(0);
    EXPECT_EQ(instance.func("rep").value().call(made).value().at(0), Val::u32(7));
    EXPECT_EQ(drops().value(), 0U);
  }
  EXPECT_EQ(drops().value(), 7U);
}

TEST_F(ComponentTest, ExportsAreListedWithTheirTypes) {
  const auto component = Component::compile(engine, text_component).value();
  std::string listed;
  for (const ComponentItemType& item : component.exports()) listed += item.name + ": " + item.type + "\n";
  EXPECT_EQ(listed,
            "add: func(a: u32, b: u32) -> u32\nadd-point: func(p: record { x: u32, y: u32 }) -> u32\n"
            "same: func(s: string) -> string\nsum: func(l: list<u32>) -> u32\n"
            "pick: func(x: u32) -> enum { red, green, blue }\nlist: func(x: u32) -> list<enum { red, green, blue }>\n"
            "number: func(c: enum { red, green, blue }) -> u32\ncode: func(c: char) -> u32\nfail: func()\n");
}

TEST_F(ComponentTest, RootCannotImportComponents) {
  const Error error = error_of(Component::compile(engine, "(component (import \"c\" (component)))"));
  EXPECT_TRUE(contains(error.message(), "root-level component imports are not supported"));
}

TEST_F(ComponentTest, ValuesThatHostsMadeCarelesslyAreRefusedOrPutRight) {
  auto instance = instantiate(text_component);
  const auto sum = instance.func("sum").value();
  const std::uint8_t seven[7] = {1, 0, 0, 0, 2, 0, 0};
  const Val torn[] = {Val::packed(component::ValKind::u32, seven)};
  expect_usage(sum.call(torn), "found 7 bytes");
  const Val wide[] = {Val::from_bits(component::ValKind::u32, 0x1'0000'0002), Val::u32(3)};
  EXPECT_EQ(instance.func("add").value().call(wide).value().at(0), Val::u32(5));
  Val text = Val::string("text");
  const Val kept = std::move(text);
  expect_usage(instance.func("same").value().call({&text, 1}), "expected a value of type string, found bool");
  EXPECT_EQ(instance.func("same").value().call({&kept, 1}).value().at(0), kept);
}

// 4,000 strings or lists, all of them the same 80,000 bytes: a guest has 128 KiB, and the host would need 320 MB.
TEST_F(ComponentTest, OnePlaceLiftedManyTimesIsBounded) {
  constexpr std::string_view bounded = R"((component
    (core module $m (memory (export "memory") 2)
      (func (export "many") (param $count i32) (result i32) (local $at i32)
        (local.set $at (i32.const 64))
        (i32.store (i32.const 0) (i32.const 64))
        (i32.store (i32.const 4) (local.get $count))
        (loop
          (i32.store (local.get $at) (i32.const 40000))
          (i32.store offset=4 (local.get $at) (i32.const 80000))
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (br_if 0 (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
        (i32.const 0)))
    (core instance $i (instantiate $m))
    (func (export "strings") (param "n" u32) (result (list string))
      (canon lift (core func $i "many") (memory $i "memory")))
    (func (export "lists") (param "n" u32) (result (list (list u8)))
      (canon lift (core func $i "many") (memory $i "memory")))))";
  const auto expect_bounded = [&](auto call) {
    ComponentInstance instance = instantiate(bounded);
    call(instance, 10U).value();
    const Error error = error_of(call(instance, 4000U));
    EXPECT_EQ(error.kind(), ErrorKind::trap);
    EXPECT_TRUE(contains(error.message(), "fuel allocated for hostcalls has been exhausted"));
  };
  expect_bounded([](ComponentInstance& instance, std::uint32_t count) {
    return instance.func<std::vector<std::string>(std::uint32_t)>("strings").value()(count);
  });
  expect_bounded([](ComponentInstance& instance, std::uint32_t count) {
    return instance.func<std::vector<std::vector<std::uint8_t>>(std::uint32_t)>("lists").value()(count);
  });
  for (const std::string_view name : {"strings", "lists"}) {
    expect_bounded([name](ComponentInstance& instance, std::uint32_t count) {
      const Val arguments[] = {Val::u32(count)};
      return instance.func(name).value().call(arguments);
    });
  }
}

}  // namespace
}  // namespace tenon
