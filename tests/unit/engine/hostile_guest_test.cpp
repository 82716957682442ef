// Guests that lie to one another: each lie is a trap that says what was wrong, in which parameter of which function,
// by adapters and without; the other instances of the store go on.
#include <string>

#include "engine/component_state.hpp"
#include "engine_support.hpp"
#include "tenon/component.hpp"

namespace tenon {
namespace {

struct Lie {
  const char* name;
  const char* type;       // of the parameter `x` of the function `take`
  const char* core_type;  // its core values
  const char* arguments;  // that the caller passes
  const char* message;
};

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

constexpr std::string_view pair_of_guests = R"((component
  (component $callee
    (core module $m
      (memory (export "memory") 1)
      (global $calls (mut i32) (i32.const 0))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) REALLOC)
      (func (export "take") (param CORE))
      (func (export "post") POST))
    (core instance $i (instantiate $m))
    (func (export "take") (param "x" TYPE)
      (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc")) ENCODING
        (post-return (func $i "post")))))
  (instance $callee (instantiate $callee))
  (component $caller
    (import "callee" (instance $callee (export "take" (func (param "x" TYPE)))))
    (core module $memory (memory (export "memory") 1)
      (data (i32.const 0) "\ff\fe\00\d8\61\00\80\e2\82\ac\05\00\00\00\00\00\03\00\00\00\01\00\00\00"))
    (core instance $mem (instantiate $memory))
    (core func $take (canon lower (func $callee "take") (memory $mem "memory") ENCODING))
    (core module $m
      (import "" "take" (func $take (param CORE)))
      (func (export "lie") (call $take ARGUMENTS)))
    (core instance $i (instantiate $m (with "" (instance (export "take" (func $take))))))
    (func (export "lie") (canon lift (core func $i "lie"))))
  (instance $caller (instantiate $caller (with "callee" (instance $callee))))
  (component $bystander
    (core module $m (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))
  (instance $bystander (instantiate $bystander))
  (export "caller" (instance $caller))
  (export "bystander" (instance $bystander))))";

std::string guests(const Lie& lie, std::string_view encoding = "", std::string_view realloc = "(i32.const 1024)",
                   std::string_view post = "") {
  std::string text(pair_of_guests);
  for (const auto& [what, with] : {std::pair<std::string_view, std::string_view>{"TYPE", lie.type},
                                   {"CORE", lie.core_type},
                                   {"ARGUMENTS", lie.arguments},
                                   {"ENCODING", encoding},
                                   {"REALLOC", realloc},
                                   {"POST", post}}) {
    text = replaced(text, what, with);
  }
  return text;
}

// What the lie leads to; and that the rest of the store goes on.
std::string outcome(const std::string& text, bool uses_adapters) {
  const Engine engine(EngineOptions{.features = Features::all().bits()});
  auto component = Component::compile(engine, text);
  if (!component) return "not a component: " + std::string(component.error().message());
  Store store(engine);
  detail::StoreBlock::of(store).component_store().world.scheduler.uses_adapters = uses_adapters;
  auto instance = Linker(engine).instantiate(store, *component);
  if (!instance) return "not instantiated: " + std::string(instance.error().message());
  auto lie = instance->func<void()>("caller", "lie");
  const auto told = (*lie)();
  // Its victim has been left in the middle of a call.
  if (!told) EXPECT_FALSE((*lie)());
  auto add = instance->func<std::uint32_t(std::uint32_t, std::uint32_t)>("bystander", "add");
  // All are inside of the component that trapped, and another one is not.
  auto other = Linker(engine).instantiate(store, *component);
  EXPECT_TRUE(other);
  auto other_add = other->func<std::uint32_t(std::uint32_t, std::uint32_t)>("bystander", "add");
  EXPECT_EQ((*other_add)(1U, 2U).value_or(0U), 3U);
  return told ? "returned" : std::string(told.error().message());
}

void expect_both(const std::string& text, const std::string& message) {
  const std::string with = outcome(text, true);
  EXPECT_EQ(with.substr(0, message.size()), message) << with;
  EXPECT_EQ(with, outcome(text, false));
}

constexpr Lie lies[] = {
    {"PointerOutOfBounds", "string", "i32 i32", "(i32.const 65535) (i32.const 2)",
     "string content out-of-bounds: string pointer/length out of bounds of memory: 2 bytes at address 65535 of 65536, "
     "in "
     "the parameter `x` of `take`"},
    {"LengthThatWraps", "string", "i32 i32", "(i32.const 16) (i32.const -1)", "string content out-of-bounds"},
    {"InvalidText", "string", "i32 i32", "(i32.const 0) (i32.const 1)",
     "invalid utf-8 in a string, at byte 0 of 1, in the parameter `x` of `take`"},
    {"CutText", "string", "i32 i32", "(i32.const 7) (i32.const 2)", "incomplete utf-8 byte sequence"},
    {"MisalignedList", "(list u32)", "i32 i32", "(i32.const 2) (i32.const 1)",
     "unaligned pointer: list pointer is not"},
    {"ListOutOfBounds", "(list u64)", "i32 i32", "(i32.const 65536) (i32.const 1)", "list content out-of-bounds"},
    {"HugeList", "(list u64)", "i32 i32", "(i32.const 0) (i32.const 0x20000001)", "list content out-of-bounds"},
    {"HugeListOfStrings", "(list string)", "i32 i32", "(i32.const 0) (i32.const 0x7fffffff)",
     "list content out-of-bounds"},
    {"StringInsideOfAList", "(list string)", "i32 i32", "(i32.const 8) (i32.const 2)",
     "string content out-of-bounds: string pointer/length out of bounds of memory"},
    {"CharThatIsASurrogate", "char", "i32", "(i32.const 0xd800)", "invalid `char` bit pattern"},
    {"CharTooLarge", "char", "i32", "(i32.const 0x110000)",
     "invalid `char` bit pattern: a Unicode scalar value was expected, found 0x110000, in the parameter `x` of `take`"},
    {"CharInsideOfAList", "(list (tuple char u8))", "i32 i32", "(i32.const 0) (i32.const 1)",
     "invalid `char` bit pattern"},
    {"OptionOfThree", "(option u32)", "i32 i32", "(i32.const 2) (i32.const 1)",
     "invalid variant discriminant: discriminant 2 out of range [0..2), in the parameter `x` of `take`"},
    {"ResultInsideOfAList", "(list (result u8))", "i32 i32", "(i32.const 14) (i32.const 4)",
     "invalid variant discriminant: discriminant 3"},
    {"ForgedErrorContext", "error-context", "i32", "(i32.const 7)", "unknown handle index 7"},
};

TEST(HostileGuest, TrapsWithTheParameter) {
  for (const Lie& lie : lies) {
    SCOPED_TRACE(lie.name);
    expect_both(guests(lie), lie.message);
  }
}

constexpr Lie ascii = {"Ascii", "(list u16)", "i32 i32", "(i32.const 4) (i32.const 1)", ""};

TEST(HostileGuest, TrapsForTextThatIsNotItsEncoding) {
  constexpr Lie half = {"Half", "string", "i32 i32", "(i32.const 2) (i32.const 1)", ""};
  expect_both(guests(half, "string-encoding=utf16"), "unpaired surrogate in a string of UTF-16");
  constexpr Lie odd = {"Odd", "string", "i32 i32", "(i32.const 1) (i32.const 1)", ""};
  expect_both(guests(odd, "string-encoding=utf16"), "unaligned pointer: string pointer not aligned to 2");
  constexpr Lie tagged = {"Tagged", "string", "i32 i32", "(i32.const 2) (i32.const 0x80000001)", ""};
  expect_both(guests(tagged, "string-encoding=latin1+utf16"), "unpaired surrogate");
}

TEST(HostileGuest, TrapsForWhatReallocDoes) {
  expect_both(guests(ascii, "", "(i32.const 1)"), "realloc return: result not aligned");
  expect_both(guests(ascii, "", "(i32.const 65536)"), "realloc return: beyond end of memory");
  expect_both(guests(ascii, "", "(i32.const -2)"), "realloc return: beyond end of memory");
  expect_both(guests(ascii, "", "unreachable"), "unreachable");
  EXPECT_NE(outcome(guests(ascii, "", "unreachable"), true).find("in the parameter `x` of `take`"), std::string::npos);
}

TEST(HostileGuest, TrapsInPostReturn) {
  expect_both(guests(ascii, "", "(i32.const 1024)", "unreachable"), "unreachable, in the post-return of `take`");
  expect_both(guests(ascii), "returned");
}

// The callee's realloc calls what it imports.
constexpr std::string_view realloc_that_calls_out = R"((component
  (component $callee
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $new (i32.const 1)))
      (func (export "take") (param i32 i32)))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "take") (param "x" string)
      (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc")))))
  (instance $callee (instantiate $callee))
  (component $caller
    (import "callee" (instance $callee (export "take" (func (param "x" string)))))
    (core module $memory (memory (export "memory") 1))
    (core instance $mem (instantiate $memory))
    (core func $take (canon lower (func $callee "take") (memory $mem "memory")))
    (core module $m (import "" "take" (func $take (param i32 i32)))
      (func (export "lie") (call $take (i32.const 0) (i32.const 1))))
    (core instance $i (instantiate $m (with "" (instance (export "take" (func $take))))))
    (func (export "lie") (canon lift (core func $i "lie"))))
  (instance $caller (instantiate $caller (with "callee" (instance $callee))))
  (component $bystander
    (core module $m (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))
  (instance $bystander (instantiate $bystander))
  (export "caller" (instance $caller))
  (export "bystander" (instance $bystander))))";

TEST(HostileGuest, TrapsWhenReallocCallsOut) {
  expect_both(std::string(realloc_that_calls_out), "cannot leave component instance");
}

// Handles: of the wrong type, forged, dropped twice; a destructor that traps; a borrow that is kept.
std::string with_resource(std::string_view body, std::string_view callee_body = "", std::string_view dtor = "") {
  std::string text = R"((component
  (component $callee
    (core module $d (func (export "dtor") (param i32) DTOR))
    (core instance $d (instantiate $d))
    (type $r (resource (rep i32) (dtor (func $d "dtor"))))
    (type $s (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core func $new-s (canon resource.new $s))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "drop" (func $drop (param i32)))
      (func (export "use") (param i32) CALLEE)
      (func (export "take") (param i32)))
    (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
    (export $r2 "r" (type $r))
    (export $s2 "s" (type $s))
    (func (export "make") (param "rep" u32) (result (own $r2)) (canon lift (core func $new)))
    (func (export "make-s") (param "rep" u32) (result (own $s2)) (canon lift (core func $new-s)))
    (func (export "use") (param "x" (borrow $r2)) (canon lift (core func $i "use")))
    (func (export "take") (param "x" (own $r2)) (canon lift (core func $i "take"))))
  (instance $callee (instantiate $callee))
  (component $caller
    (import "callee" (instance $callee
      (export "r" (type $r (sub resource)))
      (export "s" (type $s (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $r))))
      (export "make-s" (func (param "rep" u32) (result (own $s))))
      (export "use" (func (param "x" (borrow $r))))
      (export "take" (func (param "x" (own $r))))))
    (alias export $callee "r" (type $r))
    (core func $make (canon lower (func $callee "make")))
    (core func $make-s (canon lower (func $callee "make-s")))
    (core func $use (canon lower (func $callee "use")))
    (core func $take (canon lower (func $callee "take")))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "make-s" (func $make-s (param i32) (result i32)))
      (import "" "use" (func $use (param i32)))
      (import "" "take" (func $take (param i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "lie") (local $h i32) BODY))
    (core instance $i (instantiate $m (with "" (instance
      (export "make" (func $make)) (export "make-s" (func $make-s)) (export "use" (func $use))
      (export "take" (func $take)) (export "drop" (func $drop))))))
    (func (export "lie") (canon lift (core func $i "lie"))))
  (instance $caller (instantiate $caller (with "callee" (instance $callee))))
  (component $bystander
    (core module $m (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))
  (instance $bystander (instantiate $bystander))
  (export "caller" (instance $caller))
  (export "bystander" (instance $bystander))))";
  text = replaced(std::move(text), "BODY", body);
  text = replaced(std::move(text), "CALLEE", callee_body);
  return replaced(std::move(text), "DTOR", dtor);
}

TEST(HostileGuest, TrapsForHandles) {
  expect_both(with_resource("(call $use (i32.const 99))"), "unknown handle index 99, in the parameter `x` of `use`");
  expect_both(with_resource("(call $take (call $make-s (i32.const 5)))"),
              "handle index 1 used with the wrong type, expected guest-defined resource but found a different");
  expect_both(with_resource("(call $take (local.tee $h (call $make (i32.const 5)))) (call $take (local.get $h))"),
              "unknown handle index 1, in the parameter `x` of `take`");
  expect_both(with_resource("(call $drop (local.tee $h (call $make (i32.const 5)))) (call $drop (local.get $h))"),
              "unknown handle index 1");
  expect_both(with_resource("(call $drop (call $make (i32.const 5)))", "", "unreachable"),
              "unreachable, in a destructor");
  expect_both(with_resource("(call $use (call $make (i32.const 5)))"), "returned");
}

}  // namespace
}  // namespace tenon
