// What a host without memory gets: errors of kind `exhausted`, and an engine that works again as soon as there is
// memory.
//
// The program's operator new fails on demand. A scenario that touches everything which allocates is run again and
// again, with its first allocation failing, then its second, and so on until it gets through; after each failure it
// must get through without one, in the same engine. A second test takes the address space away from a child process.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <new>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tenon/async.hpp"
#include "tenon/component.hpp"
#include "tenon/component_async.hpp"
#include "tenon/tenon.hpp"

namespace {

// Allocations of this thread until one fails; negative: none fails.
thread_local long allocations_left = -1;
thread_local bool has_failed = false;

void* allocate(std::size_t size, std::size_t alignment) {
  if (allocations_left >= 0 && allocations_left-- == 0) {
    has_failed = true;
    return nullptr;
  }
  void* memory = nullptr;
  return ::posix_memalign(&memory, std::max(alignment, alignof(std::max_align_t)), size) == 0 ? memory : nullptr;
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = allocate(size, alignof(std::max_align_t))) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  if (void* memory = allocate(size, static_cast<std::size_t>(alignment))) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

using namespace tenon;

constexpr std::string_view guest = R"((module
  (import "host" "again" (func $again (param i32) (result i32)))
  (import "host" "wait" (func $wait (result i32)))
  (type $node (struct (field (mut (ref null $node))) (field i32)))
  (type $bytes (array (mut i8)))
  (memory (export "memory") 1 10)
  (data (i32.const 8) "something")
  (table $t 2 100000 funcref)
  (table $objects 1 anyref)
  (elem (table $t) (i32.const 0) func $leaf $deep)
  (elem $refs anyref (array.new_default $bytes (i32.const 3)) (ref.i31 (i32.const 5)))
  (global $last (mut (ref null $node)) (ref.null $node))
  (tag $failed (param i32))
  (start $init)
  (func $init (table.set $objects (i32.const 0) (ref.i31 (i32.const 1))))
  (func $leaf (export "leaf") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
      (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
  (func (export "churn") (param i32) (result i32) (local i32)
    (loop
      (global.set $last (struct.new $node (ref.null $node) (local.get 0)))
      (drop (array.new_default $bytes (i32.const 2000)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (struct.get $node 1 (global.get $last)))
  (func (export "tables") (result i32)
    (drop (table.grow $t (ref.null func) (i32.const 100)))
    (drop (table.grow $t (ref.null func) (i32.const 20000)))
    (table.init $objects $refs (i32.const 0) (i32.const 0) (i32.const 1))
    (table.size $t))
  (func (export "throws") (result i32)
    (block $caught (result i32)
      (try_table (catch $failed $caught) (throw $failed (i32.const 7)))
      (unreachable)))
  (func (export "nested") (param i32) (result i32)
    (i32.add (call $again (local.get 0)) (call $again (local.get 0))))
  (func (export "traps") (result i32) (i32.div_s (i32.const 1) (i32.const 0)))
  (func (export "waits") (result i32) (i32.add (call $wait) (i32.const 1)))))";

// What went wrong, unless it was the want of memory.
std::string complaint;
std::string last_exhausted;

template <class T>
bool holds(const Result<T>& result, std::string_view what) {
  if (result) return true;
  std::string& text = result.error().kind() == ErrorKind::exhausted ? last_exhausted : complaint;
  text = std::string(what) + ": " + std::string(to_string(result.error().kind())) + ": " +
         std::string(result.error().message());
  return false;
}

template <class Signature, class... Args>
bool gives(const Instance& instance, const char* name, std::int32_t expected, Args... arguments) {
  const auto function = instance.func<Signature>(name);
  if (!holds(function, name)) return false;
  const auto result = (*function)(arguments...);
  if (!holds(result, name)) return false;
  if (*result != expected) complaint = std::string(name) + " gave " + std::to_string(*result);
  return *result == expected;
}

// True when it got through.
bool run_guest(const Engine& engine) {
  const auto module = Module::compile(engine, guest);
  if (!holds(module, "compile")) return false;
  Linker linker(engine);
  std::optional<TypedFunc<std::int32_t(std::int32_t)>> leaf;
  std::optional<Completion<std::int32_t>> completion;
  const auto again = [&leaf](std::int32_t x) { return (*leaf)(x); };
  if (!holds(linker.define("host", "again", again), "define")) return false;
  const auto wait = [&completion](Completion<std::int32_t> given) { completion.emplace(std::move(given)); };
  if (!holds(linker.define_async("host", "wait", wait), "define_async")) return false;
  Limits limits;
  limits.gc_bytes = 8_MiB;
  Store store(engine, limits);
  const auto instance = linker.instantiate(store, *module);
  if (!holds(instance, "instantiate")) return false;
  auto found = instance->func<std::int32_t(std::int32_t)>("leaf");
  if (!holds(found, "leaf")) return false;
  leaf.emplace(*found);
  if (!gives<std::int32_t(std::int32_t)>(*instance, "leaf", 6, 5)) return false;
  if (!gives<std::int32_t(std::int32_t)>(*instance, "deep", 3000, 3000)) return false;
  if (!gives<std::int32_t(std::int32_t)>(*instance, "churn", 1, 2000)) return false;
  if (!gives<std::int32_t()>(*instance, "tables", 20102)) return false;
  if (!gives<std::int32_t()>(*instance, "throws", 7)) return false;
  if (!gives<std::int32_t(std::int32_t)>(*instance, "nested", 12, 5)) return false;
  const auto traps = instance->func<std::int32_t()>("traps");
  if (!holds(traps, "traps")) return false;
  const auto trapped = (*traps)();
  if (trapped || trapped.error().kind() != ErrorKind::trap) return trapped ? false : holds(trapped, "trap");
  const auto host = Ref::host(store, std::string("a host value"));
  if (!holds(host, "host value")) return false;
  const auto memory = Memory::make(store, {.limits = {.min = 1, .max = 2, .is_shared = true}});
  if (!holds(memory, "memory") || !holds(memory->share(), "share")) return false;
  const auto table = Table::make(store, {.element = ValType::funcref(), .limits = {.min = 10}});
  if (!holds(table, "table") || !holds(table->grow(100, Val(ValType::funcref(), Ref())), "grow")) return false;
  const auto waits = instance->func<std::int32_t()>("waits");
  if (!holds(waits, "waits")) return false;
  std::int32_t waited = 0;
  bool has_ended = false;
  start(*waits, [&](Result<std::int32_t> result) {
    has_ended = true;
    if (holds(result, "waits")) waited = *result;
  });
  if (has_ended) return false;
  completion->resolve(41);
  return has_ended && waited == 42;
}

// Two guests and the host: text through an adapter, a resource, an asynchronous function of the host.
constexpr std::string_view composition = R"((component
  (import "log" (func $log (param "line" string)))
  (import "later" (func $later async (param "x" u32) (result u32)))
  (component $inner
    (core module $m
      (memory (export "memory") 1)
      (global $top (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $top) (global.set $top (i32.add (global.get $top) (local.get 3))))
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)))
    (core instance $i (instantiate $m))
    (func (export "echo") (param "s" string) (result string)
      (canon lift (core func $i "echo") (memory $i "memory") (realloc (func $i "realloc")))))
  (instance $inner (instantiate $inner))
  (component $main
    (import "log" (func $log (param "line" string)))
    (import "later" (func $later async (param "x" u32) (result u32)))
    (import "echo" (func $echo (param "s" string) (result string)))
    (core module $libc
      (memory (export "memory") 1)
      (global $top (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $top) (global.set $top (i32.add (global.get $top) (local.get 3)))))
    (core instance $libc (instantiate $libc))
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core func $drop (canon resource.drop $r))
    (core func $log (canon lower (func $log) (memory $libc "memory")))
    (core func $echo (canon lower (func $echo) (memory $libc "memory") (realloc (func $libc "realloc"))))
    (core func $later (canon lower (func $later)))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "log" (func $log (param i32 i32)))
      (import "" "echo" (func $echo (param i32 i32 i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "later" (func $later (param i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (import "" "memory" (memory 1))
      (func (export "greet") (param i32 i32) (result i32)
        (call $echo (local.get 0) (local.get 1) (i32.const 8))
        (call $log (i32.load (i32.const 8)) (i32.load (i32.const 12)))
        (call $drop (call $new (i32.const 5)))
        (i32.load (i32.const 12)))
      (func (export "wait") (param i32) (call $return (call $later (local.get 0)))))
    (core instance $i (instantiate $m (with "" (instance
      (export "log" (func $log)) (export "echo" (func $echo)) (export "new" (func $new)) (export "drop" (func $drop))
      (export "later" (func $later)) (export "return" (func $return)) (export "memory" (memory $libc "memory"))))))
    (func (export "greet") (param "s" string) (result u32)
      (canon lift (core func $i "greet") (memory $libc "memory") (realloc (func $libc "realloc"))))
    (func (export "wait") async (param "x" u32) (result u32) (canon lift (core func $i "wait") async)))
  (instance $main (instantiate $main
    (with "log" (func $log)) (with "later" (func $later)) (with "echo" (func $inner "echo"))))
  (export "main" (instance $main))))";

bool run_component(const Engine& engine) {
  const auto component = Component::compile(engine, composition);
  if (!holds(component, "compile a component")) return false;
  Linker linker(engine);
  std::size_t logged = 0;
  std::optional<Completion<std::uint32_t>> completion;
  const auto log = [&](std::string_view line) { logged += line.size(); };
  if (!holds(linker.define("", "log", log), "define log")) return false;
  const auto later = [&](std::uint32_t, Completion<std::uint32_t> given) { completion.emplace(std::move(given)); };
  if (!holds(linker.define_async("", "later", later), "define later")) return false;
  Store store(engine);
  const auto instance = linker.instantiate(store, *component);
  if (!holds(instance, "instantiate a component")) return false;
  const auto greet = instance->func<std::uint32_t(std::string_view)>("main", "greet");
  if (!holds(greet, "greet")) return false;
  for (int i = 0; i < 2; ++i) {
    const auto length = (*greet)("hello, world");
    if (!holds(length, "greet")) return false;
    if (*length != 12) complaint = "greet gave " + std::to_string(*length);
  }
  if (logged != 24) complaint = "logged " + std::to_string(logged);
  const auto wait = instance->func<std::uint32_t(std::uint32_t)>("main", "wait");
  if (!holds(wait, "wait")) return false;
  std::optional<bool> ended;
  std::uint32_t waited = 0;
  start(*wait, 1U, [&](Result<std::uint32_t> result) {
    ended = holds(result, "wait");
    if (*ended) waited = *result;
  });
  if (!ended && completion) completion->resolve(42);
  if (!holds(run_ready(store), "run")) return false;
  if (ended == true && waited != 42) complaint = "wait gave " + std::to_string(waited);
  return ended == true && waited == 42;
}

using Scenario = bool(const Engine& engine);

bool run_scenario(const Engine& engine, Scenario* scenario = run_guest) {
  try {
    return scenario(engine);
  } catch (const std::bad_alloc&) {
    return false;  // of a constructor, or of a container of the host's own
  }
}

void fail_each_allocation_of(Scenario* scenario) {
  EngineOptions options;
  const Engine engine(options);
  ASSERT_TRUE(run_scenario(engine, scenario)) << complaint << last_exhausted;
  for (long n = 0;; ++n) {
    has_failed = false;
    allocations_left = n;
    const bool got_through = run_scenario(engine, scenario);
    allocations_left = -1;
    ASSERT_EQ(complaint, "") << "allocation " << n;
    if (!has_failed) {
      ASSERT_TRUE(got_through);
      ASSERT_GT(n, 100);
      return;
    }
    ASSERT_TRUE(run_scenario(engine, scenario)) << "after allocation " << n << " had failed: " << complaint;
  }
}

TEST(Exhaustion, EveryFailedAllocationIsAnErrorAndTheEngineGoesOn) { fail_each_allocation_of(run_guest); }

TEST(Exhaustion, TheSameOfComponents) { fail_each_allocation_of(run_component); }

// The address sanitizer's own memory would be in the way.
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

std::size_t address_space_in_use() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (file == nullptr || std::fscanf(file, "%lu", &pages) != 1) return 0;
  std::fclose(file);
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

template <class T>
bool is_exhausted(const Result<T>& result) {
  return !result && result.error().kind() == ErrorKind::exhausted;
}

// In the child: the number of the step that did not go as it should, or 0.
int ask_for_much(const Engine& engine);

int live_on_little() {
  const Engine engine;
  const std::string large = "(module (memory 1) (data \"" + std::string(std::size_t{64} << 20, 'x') + "\"))";
  const rlimit limit{address_space_in_use() + (std::size_t{48} << 20), RLIM_INFINITY};
  if (::setrlimit(RLIMIT_AS, &limit) != 0) return 1;
  if (!is_exhausted(Module::compile(engine, large))) return 2;
  if (!run_scenario(engine)) return 3;
  if (const int failed = ask_for_much(engine); failed != 0) return failed;
  return run_scenario(engine) ? 0 : 12;
}

int ask_for_much(const Engine& engine) {
  Store store(engine);
  if (!is_exhausted(Memory::make(store, {.limits = {.min = 2000}}))) return 4;
  const auto memory = Memory::make(store, {.limits = {.min = 1}});
  if (!memory || !is_exhausted(memory->grow(2000))) return 5;
  if (!is_exhausted(Table::make(store, {.element = ValType::funcref(), .limits = {.min = 50'000'000}}))) return 6;
  const auto table = Table::make(store, {.element = ValType::funcref(), .limits = {.min = 1}});
  if (!table || !is_exhausted(table->grow(50'000'000, Val(ValType::funcref(), Ref())))) return 7;
  const auto hog = Module::compile(engine, R"((module (type $bytes (array i8)) (func (export "hog") (result i32)
    (array.len (array.new_default $bytes (i32.const 200000000))))))");
  if (!hog) return 8;
  const auto instance = Linker(engine).instantiate(store, *hog);
  if (!instance) return 9;
  const auto trapped = instance->func<std::int32_t()>("hog").value()();
  if (trapped || trapped.error().kind() != ErrorKind::trap) return 10;
  Limits deep;
  deep.stack_bytes = 1_GiB;
  Store deep_store(engine, deep);
  const auto deep_instance = Linker(engine).instantiate(deep_store, *hog);
  if (!deep_instance || !is_exhausted(deep_instance->func<std::int32_t()>("hog").value()())) return 11;
  return 0;
}

TEST(Exhaustion, LivesOnWithLittleAddressSpace) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(live_on_little());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "the number of the step that failed";
}

// A list of pairs, each with a leaf that the collector finds first: the mark stack grows with the list.
int collect_without_room() {
  const Engine engine;
  const auto module = Module::compile(engine, R"((module
    (type $leaf (struct (field i32)))
    (type $pair (struct (field (ref $leaf)) (field (ref null $pair))))
    (global $list (mut (ref null $pair)) (ref.null $pair))
    (func (export "build") (param i32)
      (loop
        (global.set $list (struct.new $pair (struct.new $leaf (i32.const 3)) (global.get $list)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "churn") (param i32)
      (loop
        (drop (struct.new $leaf (i32.const 5)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "sum") (result i32) (local (ref null $pair) i32)
      (local.set 0 (global.get $list))
      (loop
        (local.set 1 (i32.add (local.get 1) (struct.get $leaf 0 (struct.get $pair 0 (local.get 0)))))
        (local.set 0 (struct.get $pair 1 (local.get 0)))
        (br_if 0 (i32.eqz (ref.is_null (local.get 0)))))
      (local.get 1))))");
  if (!module) return 1;
  Store store(engine);
  const auto instance = Linker(engine).instantiate(store, *module);
  if (!instance || !instance->func<void(std::int32_t)>("build").value()(100'000)) return 2;
  const rlimit limit{address_space_in_use(), RLIM_INFINITY};
  if (::setrlimit(RLIMIT_AS, &limit) != 0) return 3;
  store.collect_garbage();
  if (!instance->func<void(std::int32_t)>("churn").value()(100'000)) return 4;
  const auto sum = instance->func<std::int32_t()>("sum").value()();
  return sum && *sum == 300'000 ? 0 : 5;
}

TEST(Exhaustion, MarksAllWithoutRoomForTheMarkStack) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(collect_without_room());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "the number of the step that failed";
}

#endif

}  // namespace
