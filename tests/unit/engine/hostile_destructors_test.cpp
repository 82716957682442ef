// What goes when a guest traps in the middle: each destructor runs exactly once, that of an object of the host too,
// and the trap says where it was.
#include <map>
#include <string>
#include <vector>

#include "engine/component_state.hpp"
#include "engine_support.hpp"
#include "tenon/component_async.hpp"
#include "tenon/component_resources.hpp"

namespace tenon {
namespace {

// An object of the host whose ends are counted.
struct Token {
  Token(std::map<std::uint32_t, int>& counts, std::uint32_t which) : ends(counts), number(which) {}
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;
  ~Token() { ++ends[number]; }
  std::map<std::uint32_t, int>& ends;
  std::uint32_t number;
};

struct Ticket : GuestResource {};

// The maker's destructor tells the host, and traps for 13; the user passes what it is told to, and traps where it is
// told to.
constexpr std::string_view guests = R"((component
  (import "host" (instance $host
    (export "token" (type $token (sub resource)))
    (export "gone" (func (param "rep" u32)))))
  (alias export $host "token" (type $token))
  (component $maker
    (import "gone" (func $gone (param "rep" u32)))
    (core func $gone (canon lower (func $gone)))
    (core module $d
      (import "" "gone" (func $gone (param i32)))
      (func (export "end") (param i32)
        (call $gone (local.get 0))
        (if (i32.eq (local.get 0) (i32.const 13)) (then unreachable))))
    (core instance $d (instantiate $d (with "" (instance (export "gone" (func $gone))))))
    (type $ticket' (resource (rep i32) (dtor (func $d "end"))))
    (export $ticket "ticket" (type $ticket'))
    (core func $new (canon resource.new $ticket'))
    (core func $drop (canon resource.drop $ticket'))
    (core module $m
      (import "" "drop" (func $drop (param i32)))
      (func (export "take-and-trap") (param i32) unreachable)
      (func (export "take-and-drop-twice") (param i32) (call $drop (local.get 0)) (call $drop (local.get 0)))
      (func (export "post") (param i32) (if (i32.eq (local.get 0) (i32.const 7)) (then unreachable)))
      (func (export "number") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $m (with "" (instance (export "drop" (func $drop))))))
    (func (export "make") (param "rep" u32) (result (own $ticket)) (canon lift (core func $new)))
    (func (export "take-and-trap") (param "t" (own $ticket)) (canon lift (core func $m "take-and-trap")))
    (func (export "take-and-drop-twice") (param "t" (own $ticket)) (canon lift (core func $m "take-and-drop-twice")))
    (func (export "number") (param "x" u32) (result u32)
      (canon lift (core func $m "number") (post-return (func $m "post"))))
    (func (export "number-later") async (param "x" u32) (result u32)
      (canon lift (core func $m "number") (post-return (func $m "post")))))
  (instance $maker (instantiate $maker (with "gone" (func $host "gone"))))
  (component $user
    (import "maker" (instance $maker
      (export "ticket" (type $ticket (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $ticket))))
      (export "take-and-trap" (func (param "t" (own $ticket))))
      (export "take-and-drop-twice" (func (param "t" (own $ticket))))
      (export "number" (func (param "x" u32) (result u32)))))
    (import "token" (type $token (sub resource)))
    (alias export $maker "ticket" (type $ticket))
    (core func $make (canon lower (func $maker "make")))
    (core func $trap (canon lower (func $maker "take-and-trap")))
    (core func $twice (canon lower (func $maker "take-and-drop-twice")))
    (core func $number (canon lower (func $maker "number")))
    (core func $drop (canon resource.drop $ticket))
    (core func $drop-token (canon resource.drop $token))
    (core module $m
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "trap" (func $trap (param i32)))
      (import "" "twice" (func $twice (param i32)))
      (import "" "number" (func $number (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "drop-token" (func $drop-token (param i32)))
      (func (export "drop-new") (param i32) (call $drop (call $make (local.get 0))))
      (func (export "trap") (param i32) (call $trap (call $make (local.get 0))))
      (func (export "twice") (param i32) (call $twice (call $make (local.get 0))))
      (func (export "number") (param i32) (result i32) (call $number (local.get 0)))
      (func (export "keep") (param i32))
      (func (export "drop-and-trap") (param i32) (call $drop-token (local.get 0)) unreachable)
      (func (export "drop-token-twice") (param i32)
        (call $drop-token (local.get 0)) (call $drop-token (local.get 0)))
      (func (export "trap-with") (param i32) unreachable))
    (core instance $i (instantiate $m (with "" (instance
      (export "make" (func $make)) (export "trap" (func $trap)) (export "twice" (func $twice))
      (export "number" (func $number)) (export "drop" (func $drop)) (export "drop-token" (func $drop-token))))))
    (func (export "drop-new") (param "rep" u32) (canon lift (core func $i "drop-new")))
    (func (export "trap") (param "rep" u32) (canon lift (core func $i "trap")))
    (func (export "twice") (param "rep" u32) (canon lift (core func $i "twice")))
    (func (export "number") (param "x" u32) (result u32) (canon lift (core func $i "number")))
    (func (export "keep") (param "t" (own $token)) (canon lift (core func $i "keep")))
    (func (export "drop-and-trap") (param "t" (own $token)) (canon lift (core func $i "drop-and-trap")))
    (func (export "drop-token-twice") (param "t" (own $token)) (canon lift (core func $i "drop-token-twice")))
    (func (export "trap-with") (param "t" (own $token)) (canon lift (core func $i "trap-with"))))
  (instance $user (instantiate $user (with "maker" (instance $maker)) (with "token" (type $token))))
  (export "maker" (instance $maker))
  (export "user" (instance $user))))";

struct HostileDestructors : ::testing::TestWithParam<bool> {
  void SetUp() override {
    linker.define_resource("host", "token", host_resource<Token>("token")).value();
    linker.define("host", "gone", [this](std::uint32_t rep) { ++ends[rep]; }).value();
    detail::StoreBlock::of(*store).component_store().world.scheduler.uses_adapters = GetParam();
    instance = make();
    bystander = make();
  }
  ComponentInstance make() {
    auto made = linker.instantiate(*store, component);
    EXPECT_TRUE(made) << made.error().message();
    return *made;
  }
  template <class Signature>
  TypedComponentFunc<Signature> func(std::string_view interface, std::string_view name) {
    return instance.func<Signature>(interface, name).value();
  }
  // The trap of a call; the other instance of the store goes on, and a new one can be made.
  std::string trap(Result<void> called) {
    const Error error = error_of(std::move(called));
    EXPECT_EQ(error.kind(), ErrorKind::trap);
    const auto number = bystander.func<std::uint32_t(std::uint32_t)>("user", "number").value();
    EXPECT_EQ(number(1).value(), 1U);
    EXPECT_EQ(make().func<std::uint32_t(std::uint32_t)>("user", "number").value()(2).value(), 2U);
    return std::string(error.message());
  }
  Result<void> call(std::string_view name, std::uint32_t number) {
    return func<void(std::uint32_t)>("user", name)(number);
  }
  Result<void> call_with_token(std::string_view name, std::uint32_t number) {
    auto token = Own<Token>::make(ends, number);
    return func<void(Own<Token>)>("user", name)(token);
  }

  Engine engine;
  Component component = Component::compile(engine, guests).value();
  std::map<std::uint32_t, int> ends;
  std::optional<Store> store{std::in_place, engine};
  Linker linker{engine};
  ComponentInstance instance;
  ComponentInstance bystander;
};
using Ends = std::map<std::uint32_t, int>;

TEST_P(HostileDestructors, RunOnceWhenTheyTrapForAGuest) {
  EXPECT_TRUE(call("drop-new", 5));
  EXPECT_EQ(trap(call("drop-new", 13)), "unreachable, in a destructor");
  EXPECT_EQ(ends, (Ends{{5, 1}, {13, 1}}));
  store.reset();
  EXPECT_EQ(ends, (Ends{{5, 1}, {13, 1}}));
}

TEST_P(HostileDestructors, RunOnceWhenTheyTrapForTheHost) {
  const auto make_ticket = func<Own<Ticket>(std::uint32_t)>("maker", "make");
  auto ticket = make_ticket(13).value();
  auto other = make_ticket(6).value();
  EXPECT_EQ(trap(ticket.drop()), "unreachable, in a destructor");
  expect_usage(ticket.drop(), "given away or dropped");
  EXPECT_EQ(ends, (Ends{{13, 1}}));
  // Its instance is gone: nothing of it runs any more.
  EXPECT_EQ(trap(other.drop()), "cannot enter component instance");
  store.reset();
  EXPECT_EQ(ends, (Ends{{13, 1}}));
}

TEST_P(HostileDestructors, DoNotRunForWhatATrapLeaves) {
  EXPECT_EQ(trap(call("trap", 4)), "unreachable");
  EXPECT_TRUE(ends.empty());
  store.reset();
  EXPECT_TRUE(ends.empty());
}

TEST_P(HostileDestructors, RunOnceForWhatIsDroppedTwice) {
  EXPECT_EQ(trap(call("twice", 4)), "unknown handle index 1, in `resource.drop`");
  EXPECT_EQ(ends, (Ends{{4, 1}}));
}

TEST_P(HostileDestructors, OfTheHostRunOnce) {
  struct Case {
    const char* function;
    int ends_at_once;
    const char* message;
  };
  for (const Case& c :
       {Case{"keep", 0, ""}, Case{"trap-with", 0, "unreachable"}, Case{"drop-and-trap", 1, "unreachable"},
        Case{"drop-token-twice", 1, "unknown handle index 1, in `resource.drop`"}}) {
    SCOPED_TRACE(c.function);
    ends.clear();
    instance = make();
    auto called = call_with_token(c.function, 8);
    EXPECT_EQ(called ? "" : trap(std::move(called)), c.message);
    EXPECT_EQ(ends[8], c.ends_at_once);
  }
  ends.clear();
  store.reset();
  EXPECT_EQ(ends, (Ends{{8, 2}}));  // those of the first two
}

TEST_P(HostileDestructors, APostReturnThatTrapsIsNamed) {
  EXPECT_EQ(func<std::uint32_t(std::uint32_t)>("user", "number")(6).value(), 6U);
  const auto no_value = [](Result<std::uint32_t> called) {
    return called ? Result<void>() : Result<void>(std::move(called).error());
  };
  const std::string by_guest = trap(no_value(func<std::uint32_t(std::uint32_t)>("user", "number")(7)));
  EXPECT_EQ(by_guest, "unreachable, in the post-return of `number`");
  instance = make();
  const std::string by_host = trap(no_value(func<std::uint32_t(std::uint32_t)>("maker", "number")(7)));
  EXPECT_EQ(by_host, "unreachable, in the post-return of `number`");
  instance = make();
  // The result was given before; the trap is the store's.
  const auto later = func<std::uint32_t(std::uint32_t)>("maker", "number-later");
  std::optional<std::uint32_t> result;
  start(later, 7, [&](Result<std::uint32_t> given) { result = std::move(given).value_or(0U); });
  auto ran = run_ready(*store);
  if (!ran) EXPECT_EQ(ran.error().message(), "unreachable, in the post-return of `number-later`");
  EXPECT_TRUE(run_ready(*store));
  EXPECT_EQ(result, 7U);
  EXPECT_EQ(error_of(later(1)).message(), "cannot enter component instance");
}

INSTANTIATE_TEST_SUITE_P(, HostileDestructors, testing::Bool(),
                         [](const auto& given) { return given.param ? "WithAdapters" : "WithoutAdapters"; });

}  // namespace
}  // namespace tenon
