// Resources as C++ types: objects of the host in guests' hands, and resources of guests in the host's.
#include "tenon/component_resources.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine_support.hpp"

namespace tenon {
namespace {

using component::Val;

// A host's class, of which the living objects are counted.
struct Bucket {
  explicit Bucket(int& counter) : living(counter) { ++living; }
  Bucket(const Bucket&) = delete;
  Bucket& operator=(const Bucket&) = delete;
  ~Bucket() { --living; }
  int& living;
  std::uint32_t value = 0;
};

// Keeps one bucket, works with it and lets it go.
constexpr std::string_view keeper = R"((component
  (import "demo:kv/store" (instance $store
    (export "bucket" (type $bucket (sub resource)))
    (export "[constructor]bucket" (func (result (own $bucket))))
    (export "[method]bucket.add" (func (param "self" (borrow $bucket)) (param "x" u32) (result u32)))
    (export "take" (func (param "b" (own $bucket)) (result u32)))))
  (alias export $store "bucket" (type $bucket))
  (core func $make (canon lower (func $store "[constructor]bucket")))
  (core func $add (canon lower (func $store "[method]bucket.add")))
  (core func $take (canon lower (func $store "take")))
  (core func $drop (canon resource.drop $bucket))
  (core module $m
    (import "" "make" (func $make (result i32)))
    (import "" "add" (func $add (param i32 i32) (result i32)))
    (import "" "take" (func $take (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (global $kept (mut i32) (i32.const 0))
    (func (export "keep") (global.set $kept (call $make)))
    (func (export "keep-this") (param i32) (global.set $kept (local.get 0)))
    (func (export "add") (param i32) (result i32) (call $add (global.get $kept) (local.get 0)))
    (func (export "add-to") (param i32 i32) (result i32)
      (local $sum i32)
      (local.set $sum (call $add (local.get 0) (local.get 1)))
      (call $drop (local.get 0))
      (local.get $sum))
    (func (export "give") (result i32) (global.get $kept))
    (func (export "pass") (result i32) (call $take (global.get $kept)))
    (func (export "let-go") (call $drop (global.get $kept))))
  (core instance $i (instantiate $m (with "" (instance
    (export "make" (func $make)) (export "add" (func $add)) (export "take" (func $take))
    (export "drop" (func $drop))))))
  (func (export "keep") (canon lift (core func $i "keep")))
  (func (export "keep-this") (param "b" (own $bucket)) (canon lift (core func $i "keep-this")))
  (func (export "add") (param "x" u32) (result u32) (canon lift (core func $i "add")))
  (func (export "add-to") (param "b" (borrow $bucket)) (param "x" u32) (result u32)
    (canon lift (core func $i "add-to")))
  (func (export "give") (result (own $bucket)) (canon lift (core func $i "give")))
  (func (export "pass") (result u32) (canon lift (core func $i "pass")))
  (func (export "let-go") (canon lift (core func $i "let-go")))))";

struct HostResources : ::testing::Test {
  void SetUp() override {
    linker.define_resource("demo:kv/store", "bucket", host_resource<Bucket>("bucket")).value();
    linker.define("demo:kv/store", "[constructor]bucket", [this] { return Own<Bucket>::make(living); }).value();
    linker
        .define("demo:kv/store", "[method]bucket.add",
                [](Borrow<Bucket> self, std::uint32_t x) { return self->value += x; })
        .value();
    linker.define("demo:kv/store", "take", [](const Own<Bucket>& bucket) { return bucket->value; }).value();
    instance = linker.instantiate(store, Component::compile(engine, keeper).value()).value();
  }
  template <class Signature>
  TypedComponentFunc<Signature> func(std::string_view name) {
    return instance.func<Signature>(name).value();
  }

  int living = 0;
  Engine engine;
  Store store{engine};
  Linker linker{engine};
  ComponentInstance instance;
};

TEST_F(HostResources, AGuestMakesUsesAndDropsAnObject) {
  func<void()>("keep")().value();
  EXPECT_EQ(living, 1);
  EXPECT_EQ(func<std::uint32_t(std::uint32_t)>("add")(2).value(), 2U);
  EXPECT_EQ(func<std::uint32_t(std::uint32_t)>("add")(3).value(), 5U);
  func<void()>("let-go")().value();
  EXPECT_EQ(living, 0);
}

TEST_F(HostResources, AnObjectThatTheHostTakesBackIsDestroyedByIt) {
  func<void()>("keep")().value();
  func<std::uint32_t(std::uint32_t)>("add")(8).value();
  EXPECT_EQ(func<std::uint32_t()>("pass")().value(), 8U);
  EXPECT_EQ(living, 0);
}

TEST_F(HostResources, TheHostGivesLendsAndGetsObjects) {
  auto bucket = Own<Bucket>::make(living);
  bucket->value = 40;
  EXPECT_EQ((func<std::uint32_t(Borrow<Bucket>, std::uint32_t)>("add-to")(bucket.borrow(), 2).value()), 42U);
  EXPECT_FALSE(bucket.is_empty());
  func<void(Own<Bucket>)>("keep-this")(bucket).value();
  EXPECT_TRUE(bucket.is_empty());
  EXPECT_EQ(living, 1);
  auto back = func<Own<Bucket>()>("give")().value();
  EXPECT_EQ(back->value, 42U);
  EXPECT_TRUE(back.drop());
  EXPECT_EQ(living, 0);
}

TEST_F(HostResources, WhatWasGivenAwayIsAnError) {
  auto bucket = Own<Bucket>::make(living);
  func<void(Own<Bucket>)>("keep-this")(bucket).value();
  EXPECT_TRUE(contains(error_of(func<void(Own<Bucket>)>("keep-this")(bucket)).message(), "given away"));
  expect_usage(bucket.drop(), "given away");
}

TEST_F(HostResources, ACallThatDoesNotTakePlaceLendsNothing) {
  func<void()>("keep")().value();
  const Val bucket = instance.func("give").value().call({}).value().at(0);
  const auto add_to = instance.func("add-to").value();
  const Val wrong[] = {bucket, Val::string("x")};
  expect_usage(add_to.call(wrong), "expected a value of type u32, found string");
  const Val right[] = {bucket, Val::u32(2)};
  EXPECT_EQ(add_to.call(right).value().at(0), Val::u32(2));
}

// Takes two: what the first moved is given back when the second is refused.
constexpr std::string_view taker = R"((component
  (import "demo:kv/store" (instance $store (export "bucket" (type $bucket (sub resource)))))
  (alias export $store "bucket" (type $bucket))
  (core func $drop (canon resource.drop $bucket))
  (core module $m
    (import "" "drop" (func $drop (param i32)))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "take") (param i32 i32 i32) (call $drop (local.get 0)))
    (func (export "take-two") (param i32 i32) (call $drop (local.get 0)) (call $drop (local.get 1))))
  (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
  (func (export "take") (param "b" (own $bucket)) (param "name" string)
    (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc"))))
  (func (export "take-two") (param "a" (own $bucket)) (param "b" (own $bucket))
    (canon lift (core func $i "take-two")))))";

TEST_F(HostResources, WhatARefusedCallMovedIsTheHostsAgain) {
  instance = linker.instantiate(store, Component::compile(engine, taker).value()).value();
  const auto take = func<void(Own<Bucket>, std::string_view)>("take");
  const auto take_two = func<void(Own<Bucket>, Own<Bucket>)>("take-two");
  auto bucket = Own<Bucket>::make(living);
  expect_usage(take(bucket, "\xFF"), "a string of UTF-8 was expected");
  EXPECT_FALSE(bucket.is_empty());
  expect_usage(take_two(bucket, bucket), "the resource was given away");
  EXPECT_FALSE(bucket.is_empty());
  const Val arguments[] = {Val::handle(bucket.handle()), Val::u8(1)};
  expect_usage(instance.func("take").value().call(arguments), "expected a value of type string");
  EXPECT_FALSE(bucket.is_empty());
  EXPECT_EQ(living, 1);
  take(bucket, "its name").value();
  EXPECT_TRUE(bucket.is_empty());
  EXPECT_EQ(living, 0);
}

TEST_F(HostResources, ANumberIsNoObject) {
  instance = linker.instantiate(store, Component::compile(engine, taker).value()).value();
  const Val arguments[] = {Val::handle({.rep = 0x1234, .owner = {}}), Val::string("x")};
  expect_usage(instance.func("take").value().call(arguments), "found one that is borrowed or made up");
}

TEST_F(HostResources, ADestructorThatThrowsIsATrap) {
  linker
      .define_resource("demo:kv/store", "bucket",
                       HostResourceType("bucket", [](std::uint64_t) { throw std::runtime_error("the disk is full"); }))
      .value();
  instance = linker.instantiate(store, Component::compile(engine, taker).value()).value();
  const Val arguments[] = {Val::handle({.rep = 7, .owner = {}}), Val::string("x")};
  const Error error = error_of(instance.func("take").value().call(arguments));
  EXPECT_EQ(error.kind(), ErrorKind::trap);
  EXPECT_TRUE(contains(error.message(), "the disk is full"));
}

TEST_F(HostResources, ADestructorMayEndTheStore) {
  std::optional<Store> other(engine);
  linker.define_resource("demo:kv/store", "bucket", HostResourceType("bucket", [&](std::uint64_t) { other.reset(); }))
      .value();
  auto short_lived = linker.instantiate(*other, Component::compile(engine, taker).value()).value();
  const Val arguments[] = {Val::handle({.rep = 7, .owner = {}}), Val::handle({.rep = 8, .owner = {}})};
  const auto take_two = short_lived.func("take-two").value();
  (void)take_two.call(arguments);  // the guest may have reached its end
  EXPECT_FALSE(other.has_value());
  expect_usage(take_two.call(arguments), "the store of this handle has ended");
}

TEST_F(HostResources, TheStoresEndDestroysWhatGuestsHold) {
  func<void()>("keep")().value();
  EXPECT_EQ(living, 1);
  store = Store(engine);
  EXPECT_EQ(living, 0);
}

TEST_F(HostResources, AnObjectOutlivesItsStoreInTheHostsHands) {
  func<void()>("keep")().value();
  {
    const auto bucket = func<Own<Bucket>()>("give")().value();
    store = Store(engine);
    EXPECT_EQ(living, 1);
    EXPECT_EQ(bucket->value, 0U);
  }
  EXPECT_EQ(living, 0);
}

struct OtherClass {};

TEST_F(HostResources, AnotherClassDoesNotFit) {
  expect_usage(instance.func<void(Own<OtherClass>)>("keep-this"), "not of that C++ class");
  linker.define("demo:kv/store", "take", [](Own<OtherClass>) { return std::uint32_t{0}; }).value();
  const Error error = error_of(linker.instantiate(store, Component::compile(engine, keeper).value()));
  EXPECT_EQ(error.kind(), ErrorKind::unlinkable);
  EXPECT_TRUE(contains(error.message(), "not of that C++ class"));
}

// --- Resources of guests

struct Counter : GuestResource {};

constexpr std::string_view counters = R"((component
  (core module $d
    (global $drops (mut i32) (i32.const 0))
    (func (export "drop") (param i32)
      (if (i32.eq (local.get 0) (i32.const 13)) (then unreachable))
      (global.set $drops (i32.add (global.get $drops) (local.get 0))))
    (func (export "drops") (result i32) (global.get $drops)))
  (core instance $d (instantiate $d))
  (type $counter' (resource (rep i32) (dtor (func $d "drop"))))
  (export $counter "counter" (type $counter'))
  (core func $new (canon resource.new $counter'))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "next") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
  (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
  (func (export "[constructor]counter") (param "start" u32) (result (own $counter))
    (canon lift (core func $m "make")))
  (func (export "[method]counter.next") (param "self" (borrow $counter)) (result u32)
    (canon lift (core func $m "next")))
  (func (export "drops") (result u32) (canon lift (core func $d "drops")))))";

struct GuestResources : ::testing::Test {
  ComponentInstance instantiate(Store& in) {
    return linker.instantiate(in, Component::compile(engine, counters).value()).value();
  }
  Own<Counter> make(const ComponentInstance& in, std::uint32_t start) {
    return in.func<Own<Counter>(std::uint32_t)>("[constructor]counter").value()(start).value();
  }
  Engine engine;
  Store store{engine};
  Linker linker{engine};
  ComponentInstance instance = instantiate(store);
};

TEST_F(GuestResources, MethodsAreCalledWithABorrow) {
  const auto counter = make(instance, 41);
  const auto next = instance.func<std::uint32_t(Borrow<Counter>)>("[method]counter.next").value();
  EXPECT_EQ(next(counter.borrow()).value(), 42U);
}

TEST_F(GuestResources, TheDestructorRunsOnce) {
  const auto drops = instance.func<std::uint32_t()>("drops").value();
  {
    auto counter = make(instance, 5);
    auto moved = std::move(counter);
    EXPECT_TRUE(counter.is_empty());
    EXPECT_EQ(drops().value(), 0U);
    EXPECT_TRUE(moved.drop());
    EXPECT_EQ(drops().value(), 5U);
    expect_usage(moved.drop(), "given away or dropped");
  }
  EXPECT_EQ(drops().value(), 5U);
}

TEST_F(GuestResources, ATrapInTheDestructorIsTold) {
  EXPECT_EQ(error_of(make(instance, 13).drop()).kind(), ErrorKind::trap);
}

TEST_F(GuestResources, AResourceOfAnotherInstanceIsOfAnotherType) {
  const auto other = instantiate(store);
  const auto counter = make(other, 1);
  const auto next = instance.func<std::uint32_t(Borrow<Counter>)>("[method]counter.next").value();
  EXPECT_TRUE(contains(error_of(next(counter.borrow())).message(), "another resource type"));
}

TEST_F(GuestResources, AResourceOfAnotherStoreIsAnError) {
  Store second(engine);
  const auto counter = make(instantiate(second), 1);
  const auto next = instance.func<std::uint32_t(Borrow<Counter>)>("[method]counter.next").value();
  EXPECT_TRUE(contains(error_of(next(counter.borrow())).message(), "another"));
}

TEST_F(GuestResources, TheStoresEndLeavesAnEmptyHandle) {
  auto counter = make(instance, 1);
  store = Store(engine);
  EXPECT_TRUE(counter.is_empty());
  expect_usage(counter.drop(), "");
}

// --- Core modules

TEST(ComponentModules, AnExportedModuleIsInstantiatedByItself) {
  const Engine engine;
  const auto component = Component::compile(engine, R"((component
    (core module $m (func (export "seven") (result i32) (i32.const 7)))
    (export "m" (core module $m))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "seven")))))");
  ASSERT_TRUE(component) << component.error().message();
  Store store(engine);
  const auto instance = Linker(engine).instantiate(store, *component).value();
  const Module module = instance.module("m").value();
  Store other(engine);
  const auto made = Instance::make(other, module, {}).value();
  EXPECT_EQ(made.func<std::int32_t()>("seven").value()().value(), 7);
  expect_usage(instance.module("f"), "expected a core module");
  expect_usage(instance.module("g"), "exports no \"g\"");
}

}  // namespace
}  // namespace tenon
