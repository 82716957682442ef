// Whole components as text: each rule, with a part of its message. The official suites hold many more.
#include "validate/component/component.hpp"

#include <ctime>
#include <functional>
#include <gtest/gtest.h>
#include <string>

#include "binary/component/component.hpp"
#include "text/component/text.hpp"

namespace tenon::component {
namespace {

std::pmr::memory_resource& memory() { return *std::pmr::new_delete_resource(); }

std::string verdict(std::string_view source, Features features = Features::all()) {
  Result<Component> component = parse_component(source, memory(), {.features = Features::all()});
  if (!component) return "does not parse: " + std::string(component.error().message());
  core::TypeRegistry registry(memory());
  Arena arena(memory());
  Result<ValidatedComponent> validated = validate_component(*component, registry, arena, {.features = features});
  if (validated) return "valid";
  return std::string(to_string(validated.error().kind())) + ": " + std::string(validated.error().message());
}

struct Case {
  const char* source;
  const char* part;  // of the verdict
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    const std::string found = verdict(c.source);
    EXPECT_TRUE(found.contains(c.part)) << c.source << "\nexpected: " << c.part << "\nfound:    " << found;
  }
}

TEST(ValidateComponent, Types) {
  check({
      {"(component)", "valid"},
      {R"((component (type (record (field "a" u32)))))", "valid"},
      {R"((component (type (list 0))))", "unknown type 0: type index out of bounds"},
      {R"((component (type (func)) (type (list 0))))", "type index 0 is not a defined type, it is a func type"},
      {R"((component (type (list u8 0))))", "fixed-length lists must have more than zero elements"},
      {R"((component (type (list u8 268435455))))", "valid"},
      {R"((component (type (list u8 268435456))))", "exceeds maximum byte size"},
      {R"((component (type (map f32 u8))))", "map keys must be of type"},
      {R"((component (type (map string (list u8)))))", "valid"},
      {R"((component (type (stream char))))", "`stream<char>` is not valid"},
      {R"((component (type $r (resource (rep i32))) (type (future (borrow $r)))))", "cannot contain a `borrow`"},
      {R"((component (type $r (resource (rep i32))) (type (func (result (list (borrow $r)))))))",
       "function result cannot contain a `borrow` type, found list<borrow<resource 0>>"},
      {R"((component (type (resource (rep i64)))))", "valid"},
      {R"((component (type (resource (rep f32)))))", "resources can only be represented by"},
  });
}

TEST(ValidateComponent, NestedValueTypes) {
  const auto nested = [](int levels) {
    std::string source = "(component (type u8)";
    for (int i = 0; i < levels; ++i) source += "(type (list " + std::to_string(i) + "))";
    return source + ")";
  };
  EXPECT_EQ(verdict(nested(99)), "valid");
  EXPECT_TRUE(verdict(nested(100)).starts_with("invalid: type nesting is too deep"));
}

TEST(ValidateComponent, NamesOfImportsAndExports) {
  check({
      {R"((component (import "a:b/c@1.2.3" (func)) (import "a:b/c@2" (instance)) (import "d" (func))))", "valid"},
      {R"((component (import "[method]a.b" (func))))", "function should have at least one argument"},
      {R"((component (import "a" (type $a (sub resource))) (import "[constructor]a" (func (result (own $a))))))",
       "valid"},
      {R"((component (import "aB" (func))))", "import name `aB` is not a valid extern name: `aB` is not in kebab case"},
      {R"((component (import "a:b/c@01.0.0" (func))))", "invalid leading zero in major version number"},
      {R"((component (import "a" (func)) (import "A" (func))))", "import name `A` conflicts with previous name `a`"},
      {R"((component (import "a" (func)) (export "a" (func 0))))", "valid"},
      {R"((component (import "a" (implements "a:b/c") (func))))", "only instances can have an `implements`"},
      {R"((component (import "a:b/c@0.2" (versionsuffix ".1") (instance))))", "valid"},
      {R"((component (import "a:b/c@0.2" (versionsuffix "x") (instance))))", "invalid interface version `0.2x`"},
      {R"((component (import "a:b/c@0.2.1" (versionsuffix ".1") (instance))))", "needs an interface's name with a"},
  });
}

TEST(ValidateComponent, VisibilityOfTypes) {
  check({
      {R"((component (type $r (record (field "a" u8))) (import "f" (func (param "r" $r)))))",
       "func not valid to be used as import"},
      {R"((component (type $r (record (field "a" u8))) (import "r" (type $n (eq $r))) (import "f" (func (param "r" $n)))))",
       "valid"},
      {R"((component
            (type $r (record (field "a" u8))) (import "t" (type $n (eq $r)))
            (component $c
              (type $r (record (field "a" u8))) (import "t" (type $n (eq $r)))
              (type $o (record (field "r" $n))) (export "o" (type $o)))
            (instance $i (instantiate $c (with "t" (type $n))))
            (export "o" (type $i "o"))))",
       "valid"},
      {R"((component (type $r (resource (rep i32))) (export $e "r" (type $r)) (import "f" (func (result (own $e))))))",
       "func not valid to be used as import"},
  });
}

TEST(ValidateComponent, Instantiation) {
  check({
      {R"((component (component $c (import "f" (func))) (instance (instantiate $c))))", "missing import named `f`"},
      {R"((component (import "f" (func $f (param "a" (tuple u8 u16))))
            (component $c (import "f" (func (param "a" (tuple u8 u32)))))
            (instance (instantiate $c (with "f" (func $f))))))",
       "type mismatch for import `f`: type mismatch in function parameter `a`: type mismatch in tuple field 1: "
       "expected primitive `u32` found primitive `u16`"},
      {R"((component
            (import "r" (type $r (sub resource))) (import "s" (type $s (sub resource)))
            (component $c (import "a" (type $a (sub resource))) (import "b" (type (eq $a))))
            (instance (instantiate $c (with "a" (type $r)) (with "b" (type $s))))))",
       "resource types are not the same: expected `r`, imported at offset"},
      {R"((component
            (component $c (type $r (resource (rep i32))) (export "r" (type $r)))
            (instance $i (instantiate $c)) (instance $j (instantiate $c))
            (component $d (import "a" (type $a (sub resource))) (import "b" (type (eq $a))))
            (instance (instantiate $d (with "a" (type $i "r")) (with "b" (type $j "r"))))))",
       "resource types are not the same"},
      {R"((component
            (import "c" (component $c (import "r" (type $r (sub resource))) (export "f" (func (result (own $r))))))
            (component $d (import "c" (component (import "r" (type $r (sub resource))) (import "x" (func))
                                                (export "f" (func (result (own $r)))))))
            (instance (instantiate $d (with "c" (component $c))))))",
       "valid"},
      {R"((component
            (import "c" (component $c (import "r" (type $r (sub resource))) (import "s" (type $s (sub resource)))
                                      (export "f" (func (result (own $r))))))
            (component $d (import "c" (component (import "r" (type $r (sub resource))) (import "s" (type $s (sub resource)))
                                                (export "f" (func (result (own $s)))))))
            (instance (instantiate $d (with "c" (component $c))))))",
       "type mismatch in export `f`: type mismatch with result type: resource types are not the same"},
  });
}

TEST(ValidateComponent, OuterAliases) {
  check({
      {R"((component $c (type $r (resource (rep i32))) (component (alias outer $c $r (type)))))",
       "transitively refers to resources"},
      {R"((component $c (type $r (resource (rep i32))) (type (component (alias outer $c $r (type))))))", "valid"},
      {R"((component (component (alias outer 2 0 (type)))))", "invalid outer alias count of 2"},
      // What a type binds itself is no reason to refuse it.
      {R"((component $c (type $t (component (import "r" (type $r (sub resource))) (export "f" (func (result (own $r))))))
            (component (alias outer $c $t (type)))))",
       "valid"},
  });
}

TEST(ValidateComponent, CanonicalDefinitions) {
  check({
      {R"((component (import "f" (func $f (param "a" string))) (core func (canon lower (func $f)))))",
       "canonical option `memory` is required"},
      {R"((component (core module $m (func (export "f") (result i32) unreachable)) (core instance $i (instantiate $m))
            (func (canon lift (core func $i "f")))))",
       "lowered result types `[]` do not match result types `[I32]` of core function 0"},
      {R"((component (core func (canon task.return (result (stream u8))))))", "valid"},
      {R"((component (type $s (stream u8)) (core func (canon stream.read $s async))))",
       "canonical option `memory` is required"},
      {R"((component (type $s (stream u8)) (core func (canon future.new $s))))", "`future.new` requires a future type"},
      {R"((component (core func (canon context.get i32 2))))", "`context.get` immediate must be zero or one: 2"},
      {R"((component (import "f" (func $f)) (core func (canon lower (func $f) async))))",
       "the `async` canonical option requires an async function type"},
      {R"((component (import "r" (type $r (sub resource))) (core func (canon resource.new $r))))",
       "is not a local resource"},
  });
}

TEST(ValidateComponent, Values) {
  check({
      {R"((component (import "v" (value $v u32)) (export "w" (value $v))))", "valid"},
      {R"((component (import "v" (value u32))))", "value index 0 was not used"},
      {R"((component (import "f" (func $f (param "a" u32))) (import "v" (value $v u32)) (start $f (value $v))))",
       "valid"},
      {R"((component (import "f" (func $f (param "a" u32))) (import "v" (value $v u8)) (start $f (value $v))))",
       "value type mismatch for component start function argument 0"},
  });
}

TEST(ValidateComponent, CoreModules) {
  check({
      {R"((component (core module (func i32.add))))", "type mismatch"},
      {R"((component (core module (import "a" "b" (func)) (import "a" "b" (func)))))", "duplicate import name `a:b`"},
      {R"((component (core type $m (module (import "a" "b" (func (param i32))) (export "c" (memory 1))))
            (import "m" (core module (type $m)))))",
       "valid"},
  });
}

// --- Work is linear in the size ---

double seconds_for(const std::string& source) {
  Result<Component> component = parse_component(source, memory(), {.features = Features::all()});
  EXPECT_TRUE(component.has_value());
  double best = 1e9;
  for (int round = 0; round < 3; ++round) {
    core::TypeRegistry registry(memory());
    Arena arena(memory());
    const std::clock_t start = std::clock();
    EXPECT_TRUE(validate_component(*component, registry, arena, {.features = Features::all()}).has_value());
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return best;
}

std::string repeated(int count, const std::string& before, const std::string& item, const std::string& after) {
  std::string source = "(component " + before;
  for (int i = 0; i < count; ++i) {
    std::string one = item;
    for (std::size_t at = one.find('#'); at != std::string::npos; at = one.find('#')) {
      one.replace(at, 1, std::to_string(i));
    }
    source += one;
  }
  return source + after + ")";
}

// Ten times the input takes ten times as long, and in no case fifty times.
TEST(ValidateComponent, WideComponentsTakeLinearTime) {
  const std::string items[] = {
      R"((import "f#" (func (param "a" u32))))",
      R"((type (record (field "a#" u32) (field "b" (list u8)))))",
      R"((component (import "a" (func)) (export "b" (func 0))))",
      R"((alias outer 0 0 (type)))",
  };
  for (const std::string& item : items) {
    const double small = seconds_for(repeated(1'000, "(type (list u8))", item, ""));
    const double large = seconds_for(repeated(10'000, "(type (list u8))", item, ""));
    EXPECT_LT(large, small * 50 + 0.02) << item;
  }
}

void expect_linear(std::string_view what, const std::function<std::string(int)>& make) {
  const double small = seconds_for(make(1));
  const double large = seconds_for(make(10));
  EXPECT_LT(large, small * 50 + 0.02) << what;
}

TEST(ValidateComponent, NestedComponentsTakeLinearTime) {
  // Each innermost of 90 levels takes a type from outside; so does each level from the one around it.
  expect_linear("components", [](int scale) {
    std::string source = "(component (type (list u8))";
    for (int stack = 0; stack < 20 * scale; ++stack) {
      for (int level = 0; level < 90; ++level) source += "(component (alias outer 1 0 (type))";
      source += "(alias outer 90 0 (type)) (import \"f\" (func (param \"a\" 0)))" + std::string(90, ')');
    }
    return source + ")";
  });
  expect_linear("types of components", [](int scale) {
    std::string source = "(component";
    for (int stack = 0; stack < 20 * scale; ++stack) {
      source += "(type ";
      for (int level = 0; level < 90; ++level) {
        source += level % 2 == 0 ? "(component (export \"e\" " : "(instance (export \"e\" ";
      }
      source += "(func)" + std::string(180, ')') + ")";
    }
    return source + ")";
  });
}

TEST(ValidateComponent, AliasedItemsTakeLinearTime) {
  expect_linear("exports of a wide instance", [](int scale) {
    std::string source = "(component (import \"i\" (instance $i";
    for (int i = 0; i < 200 * scale; ++i) source += "(export \"f" + std::to_string(i) + "\" (func))";
    source += "))";
    for (int i = 0; i < 1'000 * scale; ++i) {
      source += "(alias export $i \"f" + std::to_string(i % (200 * scale)) + "\" (func))";
    }
    return source + ")";
  });
  expect_linear("aliases of aliases", [](int scale) {
    std::string source = "(component (type $t0 (record (field \"a\" u8)))";
    for (int i = 1; i < 1'000 * scale; ++i) {
      source += "(alias outer 0 " + std::to_string(i - 1) + " (type))";
    }
    return source + ")";
  });
  expect_linear("names of names", [](int scale) {
    std::string source = R"((component (import "r" (type $t0 (sub resource))))";
    for (int i = 1; i < 1'000 * scale; ++i) {
      source +=
          "(export $t" + std::to_string(i) + " \"t" + std::to_string(i) + "\" (type $t" + std::to_string(i - 1) + "))";
    }
    return source + ")";
  });
  expect_linear("instances made of one another", [](int scale) {
    std::string source = R"((component (component $c (import "f" (func $f)) (export "g" (func $f)))
      (import "f" (func $f)) (instance $i0 (instantiate $c (with "f" (func $f)))))";
    for (int i = 1; i < 500 * scale; ++i) {
      const std::string n = std::to_string(i);
      source += "(instance $i" + n + " (instantiate $c (with \"f\" (func $i" + std::to_string(i - 1) + " \"g\"))))";
    }
    return source + ")";
  });
}

TEST(ValidateComponent, SharedTypesAreWalkedOnce) {
  // Each second type holds the one before twice: 2^45 paths.
  std::string source = R"((component (import "r" (type $r (sub resource))) (type (list (own $r))))";
  for (int i = 0; i < 45; ++i) {
    const std::string before = std::to_string(2 + 2 * i);
    source += "(type (tuple " + before + " " + before + "))(type (list " + std::to_string(3 + 2 * i) + "))";
  }
  EXPECT_EQ(verdict(source + R"((import "f" (func (param "a" 92)))))"), "valid");
}

TEST(ValidateComponent, InstancesOfInstancesAreBounded) {
  // Each component instantiates the one before twice.
  std::string source = R"((component (component $c0 (type $r (resource (rep i32))) (export "r" (type $r))))";
  for (int i = 1; i < 40; ++i) {
    const std::string before = std::to_string(i - 1);
    source += "(component $c" + std::to_string(i) + " (alias outer 1 " + before + " (component $c))" +
              R"((instance $a (instantiate $c)) (instance $b (instantiate $c)))" +
              R"((export "a" (instance $a)) (export "b" (instance $b))))";
  }
  source += ")";
  EXPECT_TRUE(verdict(source).starts_with("exhausted: effective type size exceeds the limit")) << verdict(source);
}

}  // namespace
}  // namespace tenon::component
