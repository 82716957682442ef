#include "compose/componentize.hpp"

#include <gtest/gtest.h>
#include <string>

#include "tenon/tools.hpp"
#include "tenon/wit.hpp"

namespace tenon::compose {
namespace {

constexpr tools::FeatureSet all_features{~std::uint64_t{0}};

// The module with its world, as a component.
Result<std::string> make(std::string_view wit, std::string_view module, std::vector<tools::Adapter> adapters = {}) {
  const tools::WitInput input{.files = {{"test.wit", std::string(wit)}}};
  tools::EmbedOptions embed;
  embed.wit.features = all_features;
  auto core = tools::embed_world(module, input, embed);
  if (!core) return core;
  tools::ComponentizeOptions options;
  options.features = all_features;
  options.adapters = std::move(adapters);
  return tools::componentize(*core, options);
}

std::string wit_of(const std::string& component) {
  tools::WitPrintOptions options;
  options.wit.features = all_features;
  auto text = tools::print_wit({.files = {{"x.wasm", component}}}, options);
  return text ? *text : "error: " + std::string(text.error().message());
}

// What a component is given back as is the world that it was made for.
TEST(Componentize, GivesTheWorldBack) {
  const auto component = make(R"(package a:b@1.0.0;
interface types {
  record point { x: u32, y: u32 }
  resource file { constructor(name: string); read: func() -> list<u8>; }
}
interface api {
  use types.{point, file};
  variant shape { dot(point), none }
  resource counter { next: func() -> u64; }
  draw: func(s: shape) -> result<string, point>;
  open: func(f: borrow<file>) -> counter;
}
world w {
  import types;
  import log: func(line: string);
  export api;
  export run: func();
})",
                              R"((module
  (import "a:b/types@1.0.0" "[constructor]file" (func (param i32 i32) (result i32)))
  (import "a:b/types@1.0.0" "[method]file.read" (func (param i32 i32)))
  (import "a:b/types@1.0.0" "[resource-drop]file" (func (param i32)))
  (import "$root" "log" (func (param i32 i32)))
  (import "[export]a:b/api@1.0.0" "[resource-new]counter" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "a:b/api@1.0.0#draw") (param i32 i32 i32) (result i32) unreachable)
  (func (export "cabi_post_a:b/api@1.0.0#draw") (param i32))
  (func (export "a:b/api@1.0.0#open") (param i32) (result i32) unreachable)
  (func (export "a:b/api@1.0.0#[method]counter.next") (param i32) (result i64) unreachable)
  (func (export "a:b/api@1.0.0#[dtor]counter") (param i32))
  (func (export "_initialize"))
  (func (export "run"))))");
  ASSERT_TRUE(component) << component.error().message() << component.error().context();
  EXPECT_TRUE(wit_of(*component).starts_with(R"(package root:component;

world root {
  import a:b/types@1.0.0;
  import log: func(line: string);

  export run: func();
  export a:b/api@1.0.0;
}
)")) << wit_of(*component);
}

TEST(Componentize, ImportsOnlyWhatIsUsed) {
  const auto component = make(R"(package a:b;
interface i { record unused { x: u8 } record used { x: u8 } f: func(a: used); g: func(); }
interface j { h: func(); }
world w { import i; import j; })",
                              R"((module (import "a:b/i" "f" (func (param i32)))))");
  ASSERT_TRUE(component) << component.error().message();
  const std::string text = wit_of(*component);
  EXPECT_TRUE(text.contains("record used")) << text;
  EXPECT_FALSE(text.contains("unused") || text.contains("g:") || text.contains("import a:b/j")) << text;
}

TEST(Componentize, KnowsAsynchronousIntrinsics) {
  const auto component = make(R"(package a:b;
interface i { get: async func(s: stream<string>) -> future<u32>; }
world w { import i; export i; })",
                              R"((module
  (import "a:b/i" "[async-lower]get" (func (param i32 i32) (result i32)))
  (import "a:b/i" "[stream-new-0]get" (func (result i64)))
  (import "a:b/i" "[async-lower][stream-read-0]get" (func (param i32 i32 i32) (result i32)))
  (import "a:b/i" "[future-write-1]get" (func (param i32 i32) (result i32)))
  (import "a:b/i" "[future-drop-readable-unit]" (func (param i32)))
  (import "[export]a:b/i" "[task-return]get" (func (param i32)))
  (import "[export]a:b/i" "[stream-cancel-write-0]get" (func (param i32) (result i32)))
  (import "[export]$root" "[task-cancel]" (func))
  (import "$root" "[waitable-set-new]" (func (result i32)))
  (import "$root" "[cancellable][waitable-set-wait]" (func (param i32 i32) (result i32)))
  (import "$root" "[context-get-0]" (func (result i32)))
  (import "$root" "[async-lower][subtask-cancel]" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "[async-lift]a:b/i#get") (param i32) (result i32) unreachable)
  (func (export "[callback][async-lift]a:b/i#get") (param i32 i32 i32) (result i32) unreachable)))");
  ASSERT_TRUE(component) << component.error().message() << component.error().context();
  EXPECT_TRUE(wit_of(*component).contains("get: async func(s: stream<string>) -> future<u32>;"));
}

TEST(Componentize, KnowsTheStandardNames) {
  const auto component = make(R"(package a:b@1.2.3;
interface i { f: func(s: string) -> string; }
world w { import i; import g: func(); export i; export h: func(); })",
                              R"((module
  (import "cm32p2|a:b/i@1" "f" (func (param i32 i32 i32)))
  (import "cm32p2" "g" (func))
  (memory (export "cm32p2_memory") 1)
  (func (export "cm32p2_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "cm32p2|a:b/i@1|f") (param i32 i32) (result i32) unreachable)
  (func (export "cm32p2|a:b/i@1|f_post") (param i32))
  (func (export "cm32p2||h"))))");
  ASSERT_TRUE(component) << component.error().message() << component.error().context();
  EXPECT_TRUE(wit_of(*component).contains("export a:b/i@1.2.3;"));
}

constexpr std::string_view old_world =
    "package a:b; interface clock { now: func() -> u64; read: func() -> string; } "
    "world w { import clock; }";
constexpr std::string_view adapter = R"((module
  (import "env" "memory" (memory 0))
  (import "__main_module__" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "a:b/clock" "now" (func $now (result i64)))
  (import "a:b/clock" "read" (func $read (param i32)))
  (global $__stack_pointer (mut i32) (i32.const 0))
  (func (export "time") (result i64) (global.set $__stack_pointer (global.get $__stack_pointer)) (i64.load (i32.const 0))
    drop (call $now))
  (func (export "text") (param i32) (call $read (local.get 0)))))";

std::string with_world(std::string_view wit, std::string_view module) {
  return tools::embed_world(module, {.files = {{"adapter.wit", std::string(wit)}}}).value();
}

TEST(Componentize, TakesOfAnAdapterWhatIsUsed) {
  const std::vector<tools::Adapter> adapters{{"old", with_world(old_world, adapter)}};
  const auto component = make("package c:d; world main { export run: func() -> u64; }", R"((module
  (import "old" "time" (func $time (result i64)))
  (memory (export "memory") 1)
  (func (export "run") (result i64) (call $time))))",
                              adapters);
  ASSERT_TRUE(component) << component.error().message() << component.error().context();
  const std::string text = wit_of(*component);
  EXPECT_TRUE(text.contains("now: func() -> u64;")) << text;
  EXPECT_FALSE(text.contains("read: func()")) << text;
}

TEST(Componentize, LeavesOutAnAdapterThatNothingUses) {
  const std::vector<tools::Adapter> adapters{{"old", with_world(old_world, adapter)}};
  const auto component =
      make("package c:d; world main { export run: func(); }", R"((module (func (export "run"))))", adapters);
  ASSERT_TRUE(component) << component.error().message();
  EXPECT_FALSE(wit_of(*component).contains("clock"));
}

TEST(Componentize, MergesCompatibleVersions) {
  const std::vector<tools::Adapter> adapters{
      {"old", with_world("package x:y@0.2.1; interface i { f: func(); } world w { import i; }",
                         R"((module (import "x:y/i@0.2.1" "f" (func $f)) (func (export "g") (call $f))))")}};
  const auto component =
      make("package c:d; world main { import x:y/i@0.2.3; } package x:y@0.2.3 { interface i { f: func(); } }",
           R"((module (import "x:y/i@0.2.3" "f" (func)) (import "old" "g" (func))))", adapters);
  ASSERT_TRUE(component) << component.error().message() << component.error().context();
  const std::string text = wit_of(*component);
  EXPECT_TRUE(text.contains("import x:y/i@0.2.3;")) << text;
  EXPECT_FALSE(text.contains("0.2.1")) << text;
}

struct Refused {
  std::string_view wit;
  std::string_view module;
  std::string_view message;
};

constexpr Refused refused[] = {
    {"world w { import f: func(); }", R"((module (import "$root" "g" (func))))",
     "the world does not import a function `g`"},
    {"world w { import f: func(); }", R"((module (import "$root" "f" (func (param i32)))))",
     "expected a function of type [] -> [], found [i32] -> []"},
    {"world w { }", R"((module (import "other" "f" (func))))",
     "the world does not import `other`, and there is no adapter of that name"},
    {"world w { export f: func(); }", "(module)", "the module does not export `f`, which its world says that it does"},
    {"world w { import f: func(s: string); }", R"((module (import "$root" "f" (func (param i32 i32)))))",
     "the main module does not export a memory `memory`, which a function here needs"},
    {"world w { export f: func(s: string); }",
     R"((module (memory (export "memory") 1) (func (export "f") (param i32 i32))))",
     "the module does not export a function `cabi_realloc`, which a function here needs to pass values in memory"},
    {"world w { export f: async func(); }", R"((module (func (export "[async-lift]f") (result i32) unreachable)))",
     "the module exports `[async-lift]f` without its callback: expected an export `[callback][async-lift]f` too"},
    {"world w { }", R"((module (import "env" "g" (global i32))))",
     "expected a function, found another kind of import: a component can give a module only functions"},
};

TEST(Componentize, SaysWhatIsWrong) {
  for (const Refused& each : refused) {
    const auto component = make("package a:b; " + std::string(each.wit), each.module);
    ASSERT_FALSE(component) << each.module;
    EXPECT_EQ(component.error().message(), each.message) << each.module;
    EXPECT_EQ(component.error().kind(), ErrorKind::invalid);
  }
}

}  // namespace
}  // namespace tenon::compose
