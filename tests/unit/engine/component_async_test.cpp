// What takes its time between the host and components: streams, futures, started calls and host functions.
#include "tenon/component_async.hpp"

#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "engine_support.hpp"

namespace tenon {
namespace {

using component::Val;
using Bytes = std::vector<std::uint8_t>;

// Reads and writes with built-ins that wait, so that its tasks are suspended wherever the host makes them wait.
constexpr std::string_view guest = R"((component
  (import "later" (func $later async (param "x" u32) (result u32)))
  (import "greet" (func $greet async (param "name" string) (result string)))
  (core module $libc
    (memory (export "memory") 4)
    (global $next (mut i32) (i32.const 131072))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (type $bytes (stream u8))
  (type $texts (stream string))
  (type $number (future u32))
  (core func $read (canon stream.read $bytes (memory $libc "memory")))
  (core func $write (canon stream.write $bytes (memory $libc "memory")))
  (core func $new (canon stream.new $bytes))
  (core func $drop (canon stream.drop-readable $bytes))
  (core func $close (canon stream.drop-writable $bytes))
  (core func $read-texts (canon stream.read $texts (memory $libc "memory") (realloc (func $libc "realloc"))))
  (core func $drop-texts (canon stream.drop-readable $texts))
  (core func $get (canon future.read $number (memory $libc "memory")))
  (core func $put (canon future.write $number (memory $libc "memory")))
  (core func $promise (canon future.new $number))
  (core func $drop-number (canon future.drop-readable $number))
  (core func $drop-promise (canon future.drop-writable $number))
  (core func $later (canon lower (func $later)))
  (core func $greet (canon lower (func $greet) (memory $libc "memory") (realloc (func $libc "realloc"))))
  (core func $return (canon task.return (result u32)))
  (core func $return-bytes (canon task.return (result $bytes)))
  (core func $return-number (canon task.return (result $number)))
  (core func $return-text (canon task.return (result string) (memory $libc "memory")))
  (core module $m
    (import "" "memory" (memory 4))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (import "" "new" (func $new (result i64)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "close" (func $close (param i32)))
    (import "" "read-texts" (func $read-texts (param i32 i32 i32) (result i32)))
    (import "" "drop-texts" (func $drop-texts (param i32)))
    (import "" "get" (func $get (param i32 i32) (result i32)))
    (import "" "put" (func $put (param i32 i32) (result i32)))
    (import "" "promise" (func $promise (result i64)))
    (import "" "drop-number" (func $drop-number (param i32)))
    (import "" "drop-promise" (func $drop-promise (param i32)))
    (import "" "later" (func $later (param i32) (result i32)))
    (import "" "greet" (func $greet (param i32 i32 i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "return-bytes" (func $return-bytes (param i32)))
    (import "" "return-number" (func $return-number (param i32)))
    (import "" "return-text" (func $return-text (param i32 i32)))
    (func (export "same") (param i32) (result i32) (local.get 0))
    ;; The sum of all bytes, read 1,000 at a time.
    (func (export "sum") (param $s i32)
      (local $sum i32) (local $got i32) (local $i i32)
      (loop $again
        (local.set $got (call $read (local.get $s) (i32.const 0) (i32.const 1000)))
        (local.set $i (i32.const 0))
        (block $counted (loop $next
          (br_if $counted (i32.ge_u (local.get $i) (i32.shr_u (local.get $got) (i32.const 4))))
          (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $i))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))
        (br_if $again (i32.eqz (i32.and (local.get $got) (i32.const 15)))))
      (call $drop (local.get $s))
      (call $return (local.get $sum)))
    ;; Takes one byte and no more.
    (func (export "first") (param $s i32)
      (drop (call $read (local.get $s) (i32.const 0) (i32.const 1)))
      (call $drop (local.get $s))
      (call $return (i32.load8_u (i32.const 0))))
    ;; A stream of n bytes 0, 1, 2 ..., and goes on to write them.
    (func (export "count") (param $n i32)
      (local $ends i64) (local $i i32) (local $writer i32)
      (block $filled (loop $next
        (br_if $filled (i32.ge_u (local.get $i) (local.get $n)))
        (i32.store8 (local.get $i) (local.get $i))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
      (local.set $ends (call $new))
      (call $return-bytes (i32.wrap_i64 (local.get $ends)))
      (local.set $writer (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
      (local.set $i (i32.const 0))
      (block $written (loop $next
        (br_if $written (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $i (i32.add (local.get $i) (i32.shr_u
          (call $write (local.get $writer) (local.get $i) (i32.sub (local.get $n) (local.get $i)))
          (i32.const 4))))
        (br $next)))
      (call $close (local.get $writer)))
    ;; The bytes of all texts.
    (func (export "length") (param $s i32)
      (local $sum i32)
      (block $over (loop $next
        (br_if $over (i32.and (call $read-texts (local.get $s) (i32.const 0) (i32.const 1)) (i32.const 15)))
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 4))))
        (br $next)))
      (call $drop-texts (local.get $s))
      (call $return (local.get $sum)))
    (func (export "get") (param $f i32)
      (drop (call $get (local.get $f) (i32.const 0)))
      (call $drop-number (local.get $f))
      (call $return (i32.load (i32.const 0))))
    (func (export "promise") (param $x i32)
      (local $ends i64) (local $writer i32)
      (local.set $ends (call $promise))
      (call $return-number (i32.wrap_i64 (local.get $ends)))
      (local.set $writer (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
      (i32.store (i32.const 0) (local.get $x))
      (drop (call $put (local.get $writer) (i32.const 0)))
      (call $drop-promise (local.get $writer)))
    (func (export "later") (param i32) (call $return (call $later (local.get 0))))
    (func (export "greet") (param i32 i32)
      (call $greet (local.get 0) (local.get 1) (i32.const 16))
      (call $return-text (i32.load (i32.const 16)) (i32.load (i32.const 20))))
    (func (export "fail") unreachable))
  (core instance $m (instantiate $m (with "" (instance
    (export "memory" (memory $libc "memory"))
    (export "read" (func $read)) (export "write" (func $write)) (export "new" (func $new))
    (export "drop" (func $drop)) (export "close" (func $close))
    (export "read-texts" (func $read-texts)) (export "drop-texts" (func $drop-texts))
    (export "get" (func $get)) (export "put" (func $put)) (export "promise" (func $promise))
    (export "drop-number" (func $drop-number)) (export "drop-promise" (func $drop-promise))
    (export "later" (func $later)) (export "greet" (func $greet))
    (export "return" (func $return)) (export "return-bytes" (func $return-bytes))
    (export "return-number" (func $return-number)) (export "return-text" (func $return-text))))))
  (func (export "same") (param "s" $bytes) (result $bytes) (canon lift (core func $m "same")))
  (func (export "sum") async (param "s" $bytes) (result u32) (canon lift (core func $m "sum") async))
  (func (export "first") async (param "s" $bytes) (result u32) (canon lift (core func $m "first") async))
  (func (export "count") async (param "n" u32) (result $bytes) (canon lift (core func $m "count") async))
  (func (export "length") async (param "s" $texts) (result u32) (canon lift (core func $m "length") async))
  (func (export "get") async (param "f" $number) (result u32) (canon lift (core func $m "get") async))
  (func (export "promise") async (param "x" u32) (result $number) (canon lift (core func $m "promise") async))
  (func (export "later") async (param "x" u32) (result u32) (canon lift (core func $m "later") async))
  (func (export "greet") async (param "name" string) (result string)
    (canon lift (core func $m "greet") async (memory $libc "memory") (realloc (func $libc "realloc"))))
  (func (export "fail") async (canon lift (core func $m "fail") async))))";

struct ComponentAsync : ::testing::Test {
  void SetUp() override {
    linker
        .define_async("", "later",
                      [this](std::uint32_t x, Completion<std::uint32_t> done) { waiting.push_back({x, done}); })
        .value();
    linker
        .define_async(
            "", "greet",
            [](std::string_view name, Completion<std::string> done) { done.resolve("hello, " + std::string(name)); })
        .value();
    instance = instantiate();
  }
  ComponentInstance instantiate() {
    auto component = Component::compile(engine, guest);
    EXPECT_TRUE(component) << component.error().message();
    auto made = linker.instantiate(store, *component);
    EXPECT_TRUE(made) << made.error().message();
    return *made;
  }
  template <class Signature>
  TypedComponentFunc<Signature> func(std::string_view name) {
    auto found = instance.func<Signature>(name);
    EXPECT_TRUE(found) << found.error().message();
    return *found;
  }
  // Lets the store go on until nothing more happens by itself.
  void settle() { EXPECT_TRUE(run_ready(store)); }

  struct Waiting {
    std::uint32_t x;
    Completion<std::uint32_t> done;
  };
  Engine engine;
  Store store{engine};
  Linker linker{engine};
  ComponentInstance instance;
  std::vector<Waiting> waiting;
};

Bytes counted(std::size_t size) {
  Bytes bytes(size);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}
std::uint32_t sum_of(const Bytes& bytes) { return std::accumulate(bytes.begin(), bytes.end(), std::uint32_t{0}); }

// --- Calls

TEST_F(ComponentAsync, ACallWaitsForTheHost) {
  std::optional<std::uint32_t> result;
  const GuestTask task =
      start(func<std::uint32_t(std::uint32_t)>("later"), 20, [&](Result<std::uint32_t> x) { result = x.value(); });
  settle();
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_FALSE(task.is_done());
  waiting[0].done.resolve(2 * waiting[0].x);
  EXPECT_FALSE(result) << "callbacks come between turns only";
  settle();
  EXPECT_EQ(result, 40U);
  EXPECT_TRUE(task.is_done() && task.has_ended());
}

TEST_F(ComponentAsync, ThousandCallsWaitAtOnceAndEndInAnyOrder) {
  const auto later = func<std::uint32_t(std::uint32_t)>("later");
  std::vector<std::uint32_t> results;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    start(later, i, [&](Result<std::uint32_t> x) { results.push_back(x.value()); });
  }
  settle();
  ASSERT_EQ(waiting.size(), 1000U);
  for (std::size_t i = waiting.size(); i-- > 0;) waiting[i].done.resolve(waiting[i].x);
  settle();
  ASSERT_EQ(results.size(), 1000U);
  EXPECT_EQ(results.front(), 999U);
  EXPECT_EQ(results.back(), 0U);
}

TEST_F(ComponentAsync, AnOrdinaryCallOfAnAsyncFunctionDrivesTheStore) {
  EXPECT_EQ(func<std::string(std::string_view)>("greet")("you").value(), "hello, you");
  const Val name[] = {Val::string("all")};
  EXPECT_EQ(instance.func("greet").value().call(name).value().at(0), Val::string("hello, all"));
}

TEST_F(ComponentAsync, ValuesThatDoNotFitLeaveTheInstanceAsItWas) {
  const Val number[] = {Val::u32(1)};
  expect_usage(instance.func("greet").value().call(number), "expected a value of type string, found u32");
  std::optional<Error> told;
  const auto keep_error = [&](Result<std::string> name) { told = std::move(name).error(); };
  const GuestTask task = start(func<std::string(std::string_view)>("greet"), "\xFF", keep_error);
  settle();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->kind(), ErrorKind::usage);
  EXPECT_TRUE(task.is_done() && task.has_ended());
  EXPECT_EQ(func<std::string(std::string_view)>("greet")("you").value(), "hello, you");
}

// A context that one guest made goes through the host's hands.
TEST_F(ComponentAsync, ErrorContextsInTheHostsHandsAreHandlesOfTheirOwn) {
  constexpr std::string_view maker = R"((component
    (core module $libc (memory (export "memory") 1) (data (i32.const 8) "oops")
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
    (core instance $libc (instantiate $libc))
    (core func $new (canon error-context.new (memory $libc "memory")))
    (core func $drop (canon error-context.drop))
    (core func $text (canon error-context.debug-message (memory $libc "memory") (realloc (func $libc "realloc"))))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "new" (func $new (param i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "text" (func $text (param i32 i32)))
      (func (export "make") (result i32) (call $new (i32.const 8) (i32.const 4)))
      (func (export "size") (param i32) (result i32)
        (call $text (local.get 0) (i32.const 16)) (call $drop (local.get 0)) (i32.load (i32.const 20))))
    (core instance $i (instantiate $m (with "" (instance (export "memory" (memory $libc "memory"))
      (export "new" (func $new)) (export "drop" (func $drop)) (export "text" (func $text))))))
    (func (export "make") (result error-context) (canon lift (core func $i "make")))
    (func (export "size") (param "e" error-context) (result u32) (canon lift (core func $i "size")))))";
  auto made = linker.instantiate(store, Component::compile(engine, maker).value()).value();
  auto context = made.func("make").value().call({}).value();
  const auto size = made.func("size").value();
  // The host may give it any number of times; the guest drops what it gets.
  EXPECT_EQ(size.call(context).value().at(0), Val::u32(4));
  EXPECT_EQ(size.call(context).value().at(0), Val::u32(4));
  const Val forged[] = {Val::handle({.rep = 5, .owner = {}})};
  expect_usage(size.call(forged), "an error context was expected");
  const Val moved[] = {std::exchange(context[0], Val())};
  EXPECT_EQ(size.call(moved).value().at(0), Val::u32(4));
}

// Nothing of a guest's is under way in such a thread.
TEST_F(ComponentAsync, AThreadMayBeginInAHostFunctionThatWaits) {
  constexpr std::string_view text = R"((component
    (import "pause" (func $pause async (param "x" u32)))
    (core module $libc (table (export "table") 1 funcref))
    (core instance $libc (instantiate $libc))
    (core func $pause (canon lower (func $pause)))
    (core type $start (func (param i32)))
    (alias core export $libc "table" (core table $table))
    (core func $new (canon thread.new-indirect $start (table $table)))
    (core func $resume (canon thread.resume-later))
    (core func $return (canon task.return))
    (core module $m
      (import "" "table" (table 1 funcref))
      (import "" "pause" (func $pause (param i32)))
      (import "" "new" (func $new (param i32 i32) (result i32)))
      (import "" "resume" (func $resume (param i32)))
      (import "" "return" (func $return))
      (elem (i32.const 0) func $pause)
      (func (export "run") (param i32)
        (call $resume (call $new (i32.const 0) (local.get 0)))
        (call $resume (call $new (i32.const 0) (i32.add (local.get 0) (i32.const 1))))
        (call $return)))
    (core instance $m (instantiate $m (with "" (instance (export "table" (table $table)) (export "pause" (func $pause))
      (export "new" (func $new)) (export "resume" (func $resume)) (export "return" (func $return))))))
    (func (export "run") async (param "x" u32) (canon lift (core func $m "run") async))))";
  std::vector<std::pair<std::uint32_t, Completion<void>>> pauses;
  const auto pause = [&](std::uint32_t x, Completion<void> done) { pauses.emplace_back(x, std::move(done)); };
  linker.define_async("", "pause", pause).value();
  instance = linker.instantiate(store, Component::compile(engine, text).value()).value();
  bool is_done = false;
  const GuestTask task =
      start(func<void(std::uint32_t)>("run"), 7, [&](Result<void> done) { is_done = done.has_value(); });
  settle();
  EXPECT_TRUE(is_done);
  EXPECT_FALSE(task.has_ended());
  ASSERT_EQ(pauses.size(), 2U);
  EXPECT_EQ(pauses[0].first + pauses[1].first, 15U);
  pauses[1].second.resolve();
  settle();
  EXPECT_FALSE(task.has_ended());
  pauses[0].second.resolve();
  settle();
  EXPECT_TRUE(task.has_ended());
}

TEST_F(ComponentAsync, ACallThatNothingCanEndIsADeadlock) {
  const Error error = error_of(func<std::uint32_t(std::uint32_t)>("later")(1));
  EXPECT_EQ(error.kind(), ErrorKind::trap);
  EXPECT_TRUE(contains(error.message(), "deadlock"));
}

TEST_F(ComponentAsync, ARejectedCallOfTheHostIsATrap) {
  std::string message;
  start(func<std::uint32_t(std::uint32_t)>("later"), 1,
        [&](Result<std::uint32_t> x) { message = x.error().message(); });
  settle();
  waiting.at(0).done.reject(Error(ErrorKind::trap, "no more numbers"));
  settle();
  EXPECT_EQ(message, "no more numbers");
  EXPECT_TRUE(contains(error_of(func<std::uint32_t(std::uint32_t)>("later")(1)).message(), "cannot enter"));
}

TEST_F(ComponentAsync, ATrapEndsTheCallsOfItsInstanceOnly) {
  const ComponentInstance other = instantiate();
  std::vector<bool> results;
  const auto note = [&](Result<std::uint32_t> x) { results.push_back(x.has_value()); };
  start(func<std::uint32_t(std::uint32_t)>("later"), 1, note);
  start(other.func<std::uint32_t(std::uint32_t)>("later").value(), 2, note);
  bool has_failed = false;
  start(func<void()>("fail"), [&](Result<void> done) { has_failed = !done; });
  settle();
  EXPECT_TRUE(has_failed);
  for (Waiting& one : waiting) one.done.resolve(one.x);
  settle();
  EXPECT_EQ(results, (std::vector<bool>{false, true}));
}

TEST_F(ComponentAsync, TheStoresEndEndsCalls) {
  std::string message;
  const auto later = func<std::uint32_t(std::uint32_t)>("later");
  start(later, 1, [&](Result<std::uint32_t> x) { message = x.error().message(); });
  store = Store(engine);
  EXPECT_TRUE(contains(message, "the store ended"));
  waiting.at(0).done.resolve(1);  // without effect
  expect_usage(later(1), "has ended");
}

TEST_F(ComponentAsync, AnEmptyFunctionIsAnError) {
  std::string message;
  start(ComponentFunc(), {}, [&](Result<std::vector<Val>> x) { message = x.error().message(); });
  EXPECT_TRUE(contains(message, "empty"));
}

TEST_F(ComponentAsync, HostFunctionsOfOtherTypesDoNotLink) {
  linker.define_async("", "greet", [](std::uint32_t, Completion<std::string>) {}).value();
  const Error error = error_of(linker.instantiate(store, Component::compile(engine, guest).value()));
  EXPECT_TRUE(contains(error.message(), "parameter `name`: expected u32, found string"));
}

// --- Streams

TEST_F(ComponentAsync, AGuestReadsWhatTheHostWrites) {
  auto [writer, reader] = make_stream<std::uint8_t>(store).value();
  std::optional<std::uint32_t> sum;
  start(func<std::uint32_t(Stream<std::uint8_t>)>("sum"), std::move(reader),
        [&](Result<std::uint32_t> x) { sum = x.value(); });
  const Bytes bytes = counted(100'000);
  std::optional<Copied> copied;
  writer.write_from(bytes, [&](Result<Copied> done) { copied = done.value(); });
  settle();
  ASSERT_TRUE(copied);
  EXPECT_EQ(copied->count, bytes.size());
  EXPECT_FALSE(copied->is_over);
  EXPECT_FALSE(sum);
  writer.close();
  settle();
  EXPECT_EQ(sum, sum_of(bytes));
}

TEST_F(ComponentAsync, TheHostWritesBeforeTheGuestReads) {
  auto [writer, reader] = make_stream<std::uint8_t>(store).value();
  writer.write({1, 2, 3}, [](Result<Copied>) {});
  settle();
  std::optional<std::uint32_t> sum;
  start(func<std::uint32_t(Stream<std::uint8_t>)>("sum"), std::move(reader),
        [&](Result<std::uint32_t> x) { sum = x.value(); });
  settle();
  writer.close();
  settle();
  EXPECT_EQ(sum, 6U);
}

TEST_F(ComponentAsync, AWriteOfNothingWaitsForAReader) {
  auto [writer, reader] = make_stream<std::uint8_t>(store).value();
  bool is_wanted = false;
  writer.write({}, [&](Result<Copied> done) { is_wanted = done.has_value() && done->count == 0; });
  settle();
  EXPECT_FALSE(is_wanted);
  start(func<std::uint32_t(Stream<std::uint8_t>)>("first"), std::move(reader), [](Result<std::uint32_t>) {});
  settle();
  EXPECT_TRUE(is_wanted);
}

TEST_F(ComponentAsync, AWriterLearnsThatTheReaderIsGone) {
  auto [writer, reader] = make_stream<std::uint8_t>(store).value();
  std::optional<std::uint32_t> first;
  start(func<std::uint32_t(Stream<std::uint8_t>)>("first"), std::move(reader),
        [&](Result<std::uint32_t> x) { first = x.value(); });
  std::optional<Copied> copied;
  writer.write({7, 8, 9}, [&](Result<Copied> done) { copied = done.value(); });
  settle();
  EXPECT_EQ(first, 7U);
  ASSERT_TRUE(copied);
  EXPECT_EQ(copied->count, 1U);
  EXPECT_TRUE(copied->is_over);
}

TEST_F(ComponentAsync, TheHostReadsWhatAGuestWrites) {
  auto stream = func<Stream<std::uint8_t>(std::uint32_t)>("count")(1000).value();
  Bytes all;
  bool is_over = false;
  while (!is_over) {
    stream.read(300, [&](Result<Piece<std::uint8_t>> piece) {
      EXPECT_LE(piece->items.size(), 300U);
      all.insert(all.end(), piece->items.begin(), piece->items.end());
      is_over = piece->is_over;
    });
    settle();
  }
  EXPECT_EQ(all, counted(1000));
}

TEST_F(ComponentAsync, ReadsGoIntoTheCallersMemory) {
  auto stream = func<Stream<std::uint8_t>(std::uint32_t)>("count")(5).value();
  Bytes buffer(10);
  std::size_t count = 0;
  stream.read_into(buffer, [&](Result<Copied> copied) { count = copied->count; });
  settle();
  EXPECT_EQ(count, 5U);
  EXPECT_EQ(buffer, (Bytes{0, 1, 2, 3, 4, 0, 0, 0, 0, 0}));
}

TEST_F(ComponentAsync, AReadIsCancelled) {
  auto [writer, reader] = make_stream<std::uint8_t>(store).value();
  std::optional<Piece<std::uint8_t>> piece;
  reader.read(10, [&](Result<Piece<std::uint8_t>> read) { piece = std::move(*read); });
  settle();
  EXPECT_FALSE(piece);
  reader.cancel();
  settle();
  ASSERT_TRUE(piece);
  EXPECT_TRUE(piece->is_cancelled && piece->items.empty());
  // The end is of use afterwards.
  writer.write({1}, [](Result<Copied>) {});
  reader.read(10, [&](Result<Piece<std::uint8_t>> read) { piece = std::move(*read); });
  settle();
  EXPECT_EQ(piece->items, Bytes{1});
}

TEST_F(ComponentAsync, AWriteIsCancelledWithWhatWasTaken) {
  auto [writer, reader] = make_stream<std::uint8_t>(store).value();
  std::optional<Copied> copied;
  writer.write({1, 2, 3}, [&](Result<Copied> done) { copied = done.value(); });
  reader.read(2, [](Result<Piece<std::uint8_t>>) {});
  settle();
  EXPECT_FALSE(copied);
  writer.cancel();
  settle();
  ASSERT_TRUE(copied);
  EXPECT_TRUE(copied->is_cancelled);
  EXPECT_EQ(copied->count, 2U);
}

TEST_F(ComponentAsync, AStreamPassesThroughAGuest) {
  auto [writer, reader] = make_stream<std::uint8_t>(store).value();
  auto same = func<Stream<std::uint8_t>(Stream<std::uint8_t>)>("same")(std::move(reader)).value();
  EXPECT_TRUE(same.is_open());
  std::optional<Piece<std::uint8_t>> piece;
  same.read(10, [&](Result<Piece<std::uint8_t>> read) { piece = std::move(*read); });
  writer.write({4, 5}, [](Result<Copied>) {});
  settle();
  ASSERT_TRUE(piece);
  EXPECT_EQ(piece->items, (Bytes{4, 5}));
}

TEST_F(ComponentAsync, TextsPassAsElements) {
  auto [writer, reader] = make_stream<std::string>(store).value();
  std::optional<std::uint32_t> length;
  start(func<std::uint32_t(Stream<std::string>)>("length"), std::move(reader),
        [&](Result<std::uint32_t> x) { length = x.value(); });
  writer.write({"one", "three"}, [writer = &writer](Result<Copied>) { writer->close(); });
  settle();
  EXPECT_EQ(length, 8U);
}

TEST_F(ComponentAsync, StreamsPassAsValues) {
  auto [writer, reader] = make_stream<Val>(store).value();
  std::optional<Val> sum;
  start(instance.func("sum").value(), {std::move(reader).to_val()},
        [&](Result<std::vector<Val>> results) { sum = results.value().at(0); });
  writer.write({Val::u8(3), Val::u8(4)}, [writer = &writer](Result<Copied>) { writer->close(); });
  settle();
  EXPECT_EQ(sum, Val::u32(7));

  const Val number[] = {Val::u32(3)};
  const Val given = instance.func("count").value().call(number).value().at(0);
  auto stream = Stream<std::uint8_t>::from(given).value();
  Bytes all;
  stream.read(10, [&](Result<Piece<std::uint8_t>> piece) { all = piece->items; });
  settle();
  EXPECT_EQ(all, counted(3));
}

// Whoever comes first, the writer is told. A guest that reads what is there traps.
TEST_F(ComponentAsync, AWriterIsToldOfValuesThatDoNotFit) {
  for (const bool guest_is_first : {false, true}) {
    auto [writer, reader] = make_stream<Val>(store).value();
    std::optional<Result<Copied>> copied;
    std::optional<Result<std::vector<Val>>> sum;
    const auto write = [&] {
      writer.write({Val::string("three")}, [&](Result<Copied> done) { copied = std::move(done); });
    };
    const auto call = [&] {
      instance = instantiate();
      start(instance.func("sum").value(), {std::move(reader).to_val()},
            [&](Result<std::vector<Val>> results) { sum = std::move(results); });
    };
    if (guest_is_first) {
      call();
      settle();
      write();
    } else {
      write();
      call();
    }
    (void)run_ready(store);
    writer.close();
    (void)run_ready(store);
    ASSERT_TRUE(copied);
    expect_usage(std::move(*copied), "u8");
    ASSERT_TRUE(sum);
    // A guest that waits already reads nothing, and sees the end of the stream.
    EXPECT_EQ(sum->has_value(), guest_is_first) << (sum->has_value() ? "" : sum->error().message());
  }
}

TEST_F(ComponentAsync, MisuseOfStreamsIsAnError) {
  auto [writer, reader] = make_stream<std::uint8_t>(store).value();
  writer.write({1}, [](Result<Copied>) {});
  writer.write({2}, [](Result<Copied> done) { expect_usage(std::move(done), "another operation"); });
  // Elements of another type.
  expect_usage(instance.func<std::uint32_t(Stream<std::uint16_t>)>("sum"), "expected u16, found u8");
  auto wide = make_stream<std::uint32_t>(store).value();
  const Val values[] = {std::move(wide.reader).to_val()};
  EXPECT_TRUE(contains(error_of(instance.func("sum").value().call(values)).message(), "expected u32, found u8"));
}

TEST_F(ComponentAsync, AStreamIsGivenAwayOnce) {
  auto [writer, reader] = make_stream<std::uint8_t>(store).value();
  const auto same = func<Stream<std::uint8_t>(Stream<std::uint8_t>)>("same");
  auto got = same(reader).value();
  EXPECT_FALSE(reader.is_open());
  EXPECT_TRUE(contains(error_of(same(reader)).message(), "given away"));
}

TEST_F(ComponentAsync, AStreamOfAnotherStoreIsAnError) {
  Store other(engine);
  auto [writer, reader] = make_stream<std::uint8_t>(other).value();
  const auto same = func<Stream<std::uint8_t>(Stream<std::uint8_t>)>("same");
  EXPECT_TRUE(contains(error_of(same(reader)).message(), "another store"));
}

TEST_F(ComponentAsync, AStoresEndClosesItsStreams) {
  auto [writer, reader] = make_stream<std::uint8_t>(store).value();
  std::string message;
  reader.read(1, [&](Result<Piece<std::uint8_t>> piece) { message = piece.error().message(); });
  store = Store(engine);
  EXPECT_TRUE(contains(message, "has ended"));
  EXPECT_FALSE(reader.is_open());
  writer.write({1}, [&](Result<Copied> done) { expect_usage(std::move(done), "has ended"); });
}

// --- Futures

TEST_F(ComponentAsync, AGuestGetsTheHostsFuture) {
  auto [writer, reader] = make_future<std::uint32_t>(store).value();
  std::optional<std::uint32_t> result;
  start(func<std::uint32_t(Future<std::uint32_t>)>("get"), std::move(reader),
        [&](Result<std::uint32_t> x) { result = x.value(); });
  settle();
  EXPECT_FALSE(result);
  writer.write(42);
  settle();
  EXPECT_EQ(result, 42U);
}

TEST_F(ComponentAsync, AValueStaysWrittenWhenItsWriterGoes) {
  Future<std::uint32_t> future;
  {
    auto pair = make_future<std::uint32_t>(store).value();
    pair.writer.write(42);
    future = std::move(pair.reader);
  }
  EXPECT_EQ(func<std::uint32_t(Future<std::uint32_t>)>("get")(future).value(), 42U);
}

TEST_F(ComponentAsync, TheHostGetsAGuestsFuture) {
  auto future = func<Future<std::uint32_t>(std::uint32_t)>("promise")(9).value();
  std::optional<std::uint32_t> result;
  future.read([&](Result<std::uint32_t> x) { result = x.value(); });
  settle();
  EXPECT_EQ(result, 9U);
}

TEST_F(ComponentAsync, AFutureThatNobodyWritesSaysSo) {
  auto pair = make_future<std::uint32_t>(store).value();
  std::string message;
  pair.reader.read([&](Result<std::uint32_t> x) { message = x.error().message(); });
  pair.writer.close();
  settle();
  EXPECT_TRUE(contains(message, "no value"));
}

// --- The loop

struct Ticks final : HostEvents {
  explicit Ticks(unsigned count) : left(count) {}
  State poll(std::chrono::nanoseconds longest) override {
    if (left == 0) return State::idle;
    if (longest == longest.zero()) return State::waiting;
    if (--left == 0) happen();
    return left == 0 ? State::happened : State::waiting;
  }
  unsigned left;
  std::function<void()> happen;
};

TEST_F(ComponentAsync, TheStoreWaitsForEvents) {
  const auto ticks = std::make_shared<Ticks>(3);
  ticks->happen = [this] { waiting.at(0).done.resolve(5); };
  StoreHandle(store).add_events(ticks);
  EXPECT_EQ(func<std::uint32_t(std::uint32_t)>("later")(1).value(), 5U);
}

TEST_F(ComponentAsync, RunUntilStopsWhenItIsDone) {
  bool is_posted = false;
  StoreHandle(store).post([&] { is_posted = true; });
  EXPECT_TRUE(run_until(store, [&] { return is_posted; }));
  EXPECT_TRUE(is_posted);
}

TEST_F(ComponentAsync, AStoreIsNotDrivenByItsOwnGuests) {
  linker
      .define_async("", "greet",
                    [](Caller caller, std::string_view, Completion<std::string> done) {
                      const Error error = error_of(run_until(caller.store(), [] { return true; }));
                      done.resolve(std::string(error.message()));
                    })
      .value();
  instance = instantiate();
  EXPECT_TRUE(contains(func<std::string(std::string_view)>("greet")("").value(), "cannot be driven"));
}

}  // namespace
}  // namespace tenon
