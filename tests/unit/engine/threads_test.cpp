// One engine and its modules, used by several host threads at once. The thread sanitizer watches these.
#include <thread>
#include <vector>

#include "tenon/component_async.hpp"
#include "unit/engine/engine_support.hpp"

namespace tenon {
namespace {

constexpr int thread_count = 4;

template <class F>
void on_all_threads(F run) {
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count; ++i) threads.emplace_back([run, i] { run(i); });
  for (std::thread& thread : threads) thread.join();
}

TEST(SharedEngine, TranslatesTheSameFunctionsOnSeveralThreads) {
  const Engine engine;
  std::string text = "(module (tag $t (param i32))";
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    text += "(func (export \"f" + number + "\") (param i32) (result i32) (block $caught (result i32) " +
            "(try_table (catch $t $caught) (throw $t (i32.add (local.get 0) (i32.const " + number +
            ")))) (unreachable)))";
  }
  const Module module = compile(engine, text + ")");
  on_all_threads([&](int) {
    Store store(engine);
    const Instance instance = Instance::make(store, module, {}).value();
    for (int i = 0; i < 100; ++i) {
      const auto f = instance.func<std::int32_t(std::int32_t)>("f" + std::to_string(i)).value();
      ASSERT_EQ(f(1).value(), i + 1);
    }
  });
}

TEST(SharedEngine, CompilesAndRunsOnSeveralThreads) {
  const Engine engine;
  on_all_threads([&](int number) {
    for (int i = 0; i < 20; ++i) {
      const std::string own = std::to_string(number) + std::to_string(i);
      const Module module =
          compile(engine, "(module (type $s" + own + " (struct (field i32) (field (mut i64)))) (memory 1)" +
                              "(func (export \"f\") (result i32) (i32.store (i32.const 0) (i32.const " + own +
                              ")) (struct.get $s" + own + " 0 (struct.new $s" + own +
                              " (i32.load (i32.const 0)) (i64.const 1)))))");
      Store store(engine, Limits().deadline(std::chrono::seconds(30)));
      const Instance instance = Instance::make(store, module, {}).value();
      ASSERT_EQ(instance.func<std::int32_t()>("f").value()().value(), std::stoi(own));
    }
  });
}

// Two guests and the host, with strings, a resource and a stream between them.
constexpr std::string_view guests = R"((component
  (import "shout" (func $shout (param "x" string) (result string)))
  (component $callee
    (import "shout" (func $shout (param "x" string) (result string)))
    (core module $libc
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $next)
        (global.set $next (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 7)) (i32.const -8)))))
    (core instance $libc (instantiate $libc))
    (core func $shout (canon lower (func $shout) (memory $libc "memory") (realloc (func $libc "realloc"))))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "shout" (func $shout (param i32 i32 i32)))
      (func (export "greet") (param i32 i32) (result i32)
        (call $shout (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16)))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $libc "memory")) (export "shout" (func $shout))))))
    (func (export "greet") (param "name" string) (result string)
      (canon lift (core func $i "greet") (memory $libc "memory") (realloc (func $libc "realloc")))))
  (instance $callee (instantiate $callee (with "shout" (func $shout))))
  (component $caller
    (import "greet" (func $greet (param "name" string) (result string)))
    (type $bytes (stream u8))
    (core module $libc
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $next)
        (global.set $next (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 7)) (i32.const -8)))))
    (core instance $libc (instantiate $libc))
    (core func $greet (canon lower (func $greet) (memory $libc "memory") (realloc (func $libc "realloc"))))
    (core func $read (canon stream.read $bytes (memory $libc "memory")))
    (core func $drop (canon stream.drop-readable $bytes))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "greet" (func $greet (param i32 i32 i32)))
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "greet") (param i32 i32) (result i32)
        (call $greet (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16))
      (func (export "first") (param i32) (result i32)
        (drop (call $read (local.get 0) (i32.const 8) (i32.const 1))) (call $drop (local.get 0))
        (i32.load8_u (i32.const 8))))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $libc "memory")) (export "greet" (func $greet))
      (export "read" (func $read)) (export "drop" (func $drop))))))
    (func (export "greet") (param "name" string) (result string)
      (canon lift (core func $i "greet") (memory $libc "memory") (realloc (func $libc "realloc"))))
    (func (export "first") async (param "s" $bytes) (result u32) (canon lift (core func $i "first"))))
  (instance $caller (instantiate $caller (with "greet" (func $callee "greet"))))
  (export "greet" (func $caller "greet"))
  (export "first" (func $caller "first"))))";

void run_guests(const Engine& engine, const Linker& linker, const Component& component, int number) {
  for (int round = 0; round < 5; ++round) {
    Store store(engine);
    const ComponentInstance instance = linker.instantiate(store, component).value();
    const auto greet = instance.func<std::string(std::string_view)>("greet").value();
    const std::string name = "guest " + std::to_string(number);
    ASSERT_EQ(greet(name).value(), name + "!");
    auto [writer, reader] = make_stream<std::uint8_t>(store).value();
    writer.write({static_cast<std::uint8_t>(number)}, [](Result<Copied>) {});
    const auto first = instance.func<std::uint32_t(Stream<std::uint8_t>)>("first").value();
    ASSERT_EQ(first(reader).value(), static_cast<std::uint32_t>(number));
  }
}

TEST(SharedEngine, RunsOneComponentOnSeveralThreads) {
  for (const Tier tier : {Tier::interpreter, Tier::automatic}) {
    EngineOptions options;
    options.tier = tier;
    const Engine engine(options);
    const Component component = Component::compile(engine, guests).value();
    Linker linker(engine);
    linker.define("", "shout", [](std::string_view text) { return std::string(text) + "!"; }).value();
    on_all_threads([&](int number) { run_guests(engine, linker, component, number); });
  }
}

TEST(SharedEngine, CompilesAndLinksComponentsOnSeveralThreads) {
  const Engine engine;
  on_all_threads([&](int number) {
    const Component component = Component::compile(engine, guests).value();
    Linker linker(engine);
    linker.define("", "shout", [](std::string_view text) { return std::string(text) + "!"; }).value();
    run_guests(engine, linker, component, number);
  });
}

TEST(SharedEngine, StoresShareAMemory) {
  const Engine engine;
  const Module module = compile(engine, R"((module
    (import "" "memory" (memory 1 4 shared))
    (func (export "count") (param i32)
      (loop
        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
      (drop (memory.atomic.notify (i32.const 4) (i32.const 10))))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "wait") (param i32) (local i32)
      (loop $again
        (local.set 1 (i32.atomic.load (i32.const 4)))
        (if (i32.lt_u (local.get 1) (local.get 0))
          (then (drop (memory.atomic.wait32 (i32.const 4) (local.get 1) (i64.const -1))) (br $again))))))
    )");
  Store owner(engine);
  const SharedMemory memory =
      Memory::make(owner, {.limits = {.min = 1, .max = 4, .is_shared = true}}).value().share().value();
  const auto instantiate_in = [&](Store& store) {
    const Extern import = Memory::make(store, memory).value();
    return Instance::make(store, module, std::span(&import, 1)).value();
  };
  on_all_threads([&](int number) {
    Store store(engine);
    const Instance instance = instantiate_in(store);
    if (number == 0) {
      EXPECT_GE(instance.func<std::int32_t()>("grow").value()().value(), 1);
      instance.func<void(std::int32_t)>("wait").value()(thread_count - 1).value();
    } else {
      instance.func<void(std::int32_t)>("count").value()(10'000).value();
    }
  });
  const Instance instance = instantiate_in(owner);
  std::uint32_t counted = 0;
  std::memcpy(&counted, memory.data().data(), 4);
  EXPECT_EQ(counted, 10'000U * (thread_count - 1));
}

TEST(SharedEngine, AnotherThreadInterruptsAGuest) {
  const Engine engine;
  Store store(engine);
  const Instance instance = instantiate(store, engine, "(module (func (export \"spin\") (loop (br 0))))");
  const auto spin = instance.func<void()>("spin").value();
  std::atomic<bool> has_returned = false;
  std::thread other([&] {
    while (!has_returned) {
      store.interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  EXPECT_EQ(error_of(spin()).message(), "deadline exceeded");
  has_returned = true;
  other.join();
}

}  // namespace
}  // namespace tenon
