// What calls of components cost, by the shape of what passes: nanoseconds a call from one guest to another, by adapters
// and by lifting and lowering in the host (which adapters replace), in turns, the least of several rounds each; calls
// to and from the host; and a stream of bytes between two guests.
//
// The loop is in the calling guest, so what is measured holds its few instructions for a turn. Times are of the
// processor. Both ways run in the same tier:
//
//   bench_component_calls [--optimizing] [SHAPE]      SHAPE: the function of one shape, host, or stream
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <span>
#include <string>
#include <vector>

#include "engine/component_state.hpp"
#include "spec/features.hpp"
#include "tenon/component.hpp"

namespace {

using namespace tenon;

constexpr std::string_view text = R"((component
  (import "host-add" (func $host (param "a" u32) (param "b" u32) (result u32)))
  (component $callee
    (core module $m
      (memory (export "memory") 8)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
      (func (export "nop"))
      (func (export "scalars") (param i32 i64 f64) (result i32) (local.get 0))
      (func (export "record") (param i32 i32 i32 i64 f32 f64 i32 i32) (result i32) (local.get 0))
      (func (export "list") (param i32 i32) (result i32) (local.get 1))
      (func (export "identity") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
      (func (export "method") (param i32 i32) (result i32) (local.get 1)))
    (core instance $i (instantiate $m))
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core module $async
      (import "" "return" (func $return (param i32)))
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (memory (export "memory") 4)
      (func (export "ready") (param i32) (result i32) (call $return (local.get 0)) (i32.const 0))
      (func (export "consume") (param i32) (local i32 i32)
        (call $return (i32.const 0))
        (loop $again
          (local.set 1 (call $read (local.get 0) (i32.const 0) (i32.const 65536)))
          (br_if $again (i32.eqz (i32.and (local.get 1) (i32.const 15)))))
        (call $drop (local.get 0)))
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
    (type $bytes (stream u8))
    (core func $return (canon task.return (result u32)))
    (core module $memory (memory (export "memory") 4))
    (core instance $mem (instantiate $memory))
    (core func $read (canon stream.read $bytes (memory $mem "memory")))
    (core func $drop (canon stream.drop-readable $bytes))
    (core instance $a (instantiate $async (with "" (instance
      (export "return" (func $return)) (export "read" (func $read)) (export "drop" (func $drop))))))
    (type $rec (record (field "a" u8) (field "b" u16) (field "c" u32) (field "d" u64) (field "e" f32) (field "f" f64)
                       (field "g" bool) (field "h" char)))
    (type $item (record (field "a" u32) (field "b" u16) (field "c" bool)))
    (export $rec2 "rec" (type $rec))
    (export $item2 "item" (type $item))
    (export $r2 "r" (type $r))
    (func (export "nop") (canon lift (core func $i "nop")))
    (func (export "scalars") (param "a" u32) (param "b" s64) (param "c" f64) (result u32)
      (canon lift (core func $i "scalars")))
    (func (export "record") (param "a" $rec2) (result u32) (canon lift (core func $i "record")))
    (func (export "string") (param "a" string) (result u32)
      (canon lift (core func $i "list") (memory $i "memory") (realloc (func $i "realloc"))))
    (func (export "identity") (param "a" string) (result string)
      (canon lift (core func $i "identity") (memory $i "memory") (realloc (func $i "realloc"))))
    (func (export "bytes") (param "a" (list u8)) (result u32)
      (canon lift (core func $i "list") (memory $i "memory") (realloc (func $i "realloc"))))
    (func (export "records") (param "a" (list $item2)) (result u32)
      (canon lift (core func $i "list") (memory $i "memory") (realloc (func $i "realloc"))))
    (func (export "make") (param "rep" u32) (result (own $r2)) (canon lift (core func $new)))
    (func (export "method") (param "self" (borrow $r2)) (param "a" u32) (result u32)
      (canon lift (core func $i "method")))
    (func (export "ready") async (param "a" u32) (result u32)
      (canon lift (core func $a "ready") async (callback (func $a "callback"))))
    (func (export "consume") async (param "a" $bytes) (result u32) (canon lift (core func $a "consume") async)))
  (instance $callee (instantiate $callee))

  (component $caller
    (import "host-add" (func $host (param "a" u32) (param "b" u32) (result u32)))
    (import "callee" (instance $callee
      (type $rec (record (field "a" u8) (field "b" u16) (field "c" u32) (field "d" u64) (field "e" f32) (field "f" f64)
                         (field "g" bool) (field "h" char)))
      (export "rec" (type $rec2 (eq $rec)))
      (type $item (record (field "a" u32) (field "b" u16) (field "c" bool)))
      (export "item" (type $item2 (eq $item)))
      (export "r" (type $r (sub resource)))
      (type $bytes (stream u8))
      (export "nop" (func))
      (export "scalars" (func (param "a" u32) (param "b" s64) (param "c" f64) (result u32)))
      (export "record" (func (param "a" $rec2) (result u32)))
      (export "string" (func (param "a" string) (result u32)))
      (export "identity" (func (param "a" string) (result string)))
      (export "bytes" (func (param "a" (list u8)) (result u32)))
      (export "records" (func (param "a" (list $item2)) (result u32)))
      (export "make" (func (param "rep" u32) (result (own $r))))
      (export "method" (func (param "self" (borrow $r)) (param "a" u32) (result u32)))
      (export "ready" (func async (param "a" u32) (result u32)))
      (export "consume" (func async (param "a" $bytes) (result u32)))))
    (core module $memory (memory (export "memory") 8)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 131072)))
    (core instance $mem (instantiate $memory))
    (type $bytes (stream u8))
    (alias export $callee "r" (type $r))
    (core func $host (canon lower (func $host)))
    (core func $nop (canon lower (func $callee "nop")))
    (core func $scalars (canon lower (func $callee "scalars")))
    (core func $record (canon lower (func $callee "record")))
    (core func $string (canon lower (func $callee "string") (memory $mem "memory")))
    (core func $identity (canon lower (func $callee "identity") (memory $mem "memory")
      (realloc (func $mem "realloc"))))
    (core func $bytes (canon lower (func $callee "bytes") (memory $mem "memory")))
    (core func $records (canon lower (func $callee "records") (memory $mem "memory")))
    (core func $make (canon lower (func $callee "make")))
    (core func $method (canon lower (func $callee "method")))
    (core func $ready (canon lower (func $callee "ready") async (memory $mem "memory")))
    (core func $consume (canon lower (func $callee "consume") async (memory $mem "memory")))
    (core func $stream (canon stream.new $bytes))
    (core func $write (canon stream.write $bytes (memory $mem "memory")))
    (core func $close (canon stream.drop-writable $bytes))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "memory" (memory 8))
      (import "" "host" (func $host (param i32 i32) (result i32)))
      (import "" "nop" (func $nop))
      (import "" "scalars" (func $scalars (param i32 i64 f64) (result i32)))
      (import "" "record" (func $record (param i32 i32 i32 i64 f32 f64 i32 i32) (result i32)))
      (import "" "string" (func $string (param i32 i32) (result i32)))
      (import "" "identity" (func $identity (param i32 i32 i32)))
      (import "" "bytes" (func $bytes (param i32 i32) (result i32)))
      (import "" "records" (func $records (param i32 i32) (result i32)))
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "method" (func $method (param i32 i32) (result i32)))
      (import "" "ready" (func $ready (param i32 i32) (result i32)))
      (import "" "consume" (func $consume (param i32 i32) (result i32)))
      (import "" "stream" (func $stream (result i64)))
      (import "" "write" (func $write (param i32 i32 i32) (result i32)))
      (import "" "close" (func $close (param i32)))
      (import "" "return" (func $return (param i32)))
      (func $nothing)
      (func $fill (memory.fill (i32.const 1024) (i32.const 0x61) (i32.const 65536)))
      (func (export "empty") (param i32 i32)
        (loop (call $nothing) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "nop") (param i32 i32)
        (loop (call $nop) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "scalars") (param i32 i32)
        (loop (drop (call $scalars (local.get 0) (i64.const 2) (f64.const 3)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "record") (param i32 i32)
        (loop (drop (call $record (i32.const 1) (i32.const 2) (i32.const 3) (i64.const 4) (f32.const 5) (f64.const 6)
                                  (i32.const 1) (i32.const 8)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "string") (param i32 i32)
        (call $fill)
        (loop (drop (call $string (i32.const 1024) (local.get 1)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "identity") (param i32 i32)
        (call $fill)
        (loop (call $identity (i32.const 1024) (local.get 1) (i32.const 16))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "bytes") (param i32 i32)
        (loop (drop (call $bytes (i32.const 1024) (local.get 1)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "records") (param i32 i32)
        (loop (drop (call $records (i32.const 1024) (local.get 1)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "method") (param i32 i32)
        (local.set 1 (call $make (i32.const 7)))
        (loop (drop (call $method (local.get 1) (i32.const 1)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "ready") (param i32 i32)
        (loop (drop (call $ready (local.get 0) (i32.const 16)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "host") (param i32 i32)
        (loop (drop (call $host (local.get 0) (local.get 1)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "length") (param i32 i32) (result i32) (local.get 1))
      (func (export "pump") (param i32) (local i64)
        (local.set 1 (call $stream))
        (drop (call $consume (i32.wrap_i64 (local.get 1)) (i32.const 16)))
        (loop
          (drop (call $write (i32.wrap_i64 (i64.shr_u (local.get 1) (i64.const 32))) (i32.const 1024)
                             (i32.const 65536)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (call $close (i32.wrap_i64 (i64.shr_u (local.get 1) (i64.const 32))))
        (call $return (i32.const 0))))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $mem "memory")) (export "host" (func $host)) (export "nop" (func $nop)) (export "scalars" (func $scalars))
      (export "record" (func $record)) (export "string" (func $string)) (export "identity" (func $identity))
      (export "bytes" (func $bytes)) (export "records" (func $records)) (export "make" (func $make))
      (export "method" (func $method)) (export "ready" (func $ready)) (export "consume" (func $consume))
      (export "stream" (func $stream)) (export "write" (func $write)) (export "close" (func $close))
      (export "return" (func $return))))))
    (type $run (func (param "turns" u32) (param "size" u32)))
    (func (export "empty") (type $run) (canon lift (core func $i "empty")))
    (func (export "host") (type $run) (canon lift (core func $i "host")))
    (func (export "nop") (type $run) (canon lift (core func $i "nop")))
    (func (export "scalars") (type $run) (canon lift (core func $i "scalars")))
    (func (export "record") (type $run) (canon lift (core func $i "record")))
    (func (export "string") (type $run) (canon lift (core func $i "string")))
    (func (export "identity") (type $run) (canon lift (core func $i "identity")))
    (func (export "bytes") (type $run) (canon lift (core func $i "bytes")))
    (func (export "records") (type $run) (canon lift (core func $i "records")))
    (func (export "method") (type $run) (canon lift (core func $i "method")))
    (func (export "ready") (type $run) (canon lift (core func $i "ready")))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
    (func (export "length") (param "a" string) (result u32)
      (canon lift (core func $i "length") (memory $mem "memory") (realloc (func $mem "realloc"))))
    (func (export "pump") async (param "turns" u32) (result u32) (canon lift (core func $i "pump") async)))
  (instance $caller (instantiate $caller
    (with "host-add" (func $host)) (with "callee" (instance $callee))))
  (export "caller" (instance $caller))))";

template <class T>
T require(Result<T> result) {
  if (result) {
    if constexpr (std::is_void_v<T>) {
      return;
    } else {
      return std::move(*result);
    }
  }
  std::fprintf(stderr, "%s\n%s\n", std::string(result.error().message()).c_str(),
               std::string(result.error().context()).c_str());
  std::exit(1);
}

template <class F>
double nanoseconds(F&& run, int count) {
  const std::clock_t start = std::clock();
  run();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC * 1e9 / count;
}

struct Shape {
  const char* title;
  const char* function;
  std::uint32_t size;
  std::uint32_t turns;
};
constexpr Shape shapes[] = {
    {"a call inside of a guest", "empty", 0, 400'000},        {"nop", "nop", 0, 200'000},
    {"u32, s64, f64 -> u32", "scalars", 0, 200'000},          {"record of 8 -> u32", "record", 0, 200'000},
    {"string of 20 B -> u32", "string", 20, 100'000},         {"string of 2 KB -> u32", "string", 2'000, 50'000},
    {"string of 20 KB -> u32", "string", 20'000, 10'000},     {"string of 20 B -> string", "identity", 20, 50'000},
    {"string of 20 KB -> string", "identity", 20'000, 5'000}, {"list of 20 bytes -> u32", "bytes", 20, 100'000},
    {"list of 20,000 bytes -> u32", "bytes", 20'000, 20'000}, {"list of 1,000 records -> u32", "records", 1'000, 500},
    {"method (borrow, u32) -> u32", "method", 0, 100'000},    {"async, completes at once", "ready", 0, 50'000},
    {"to the host: u32, u32 -> u32", "host", 1, 200'000},
};

// One instance; with adapters or without.
struct Setup {
  Setup(Engine& engine, const Component& component, bool uses_adapters) : store(engine) {
    detail::StoreBlock::of(store).component_store().world.scheduler.uses_adapters = uses_adapters;
    Linker linker(engine);
    require(linker.define("", "host-add", [](std::uint32_t a, std::uint32_t b) { return a + b; }));
    instance = require(linker.instantiate(store, component));
  }
  double run(const Shape& shape) {
    auto function = require(instance.func<void(std::uint32_t, std::uint32_t)>("caller", shape.function));
    require(function(1U, shape.size));
    return nanoseconds([&] { require(function(shape.turns, shape.size)); }, static_cast<int>(shape.turns));
  }
  Store store;
  ComponentInstance instance;
};

void host_calls(Setup& setup) {
  auto add = require(setup.instance.func<std::uint32_t(std::uint32_t, std::uint32_t)>("caller", "add"));
  auto length = require(setup.instance.func<std::uint32_t(std::string_view)>("caller", "length"));
  const std::string long_text(20'000, 'a');
  double scalar = 1e9;
  double string = 1e9;
  for (int round = 0; round < 9; ++round) {
    constexpr int calls = 200'000;
    scalar = std::min(scalar, nanoseconds(
                                  [&] {
                                    for (std::uint32_t i = 0; i < calls; ++i) require(add(i, 1U));
                                  },
                                  calls));
    constexpr int string_calls = 5'000;
    string = std::min(string, nanoseconds(
                                  [&] {
                                    for (int i = 0; i < string_calls; ++i) require(length(std::string_view(long_text)));
                                  },
                                  string_calls));
  }
  std::printf("%-32s %10.1f ns\n", "host: u32, u32 -> u32", scalar);
  std::printf("%-32s %10.1f ns\n", "host: string of 20 KB -> u32", string);
}

void streams(Setup& setup) {
  auto pump = require(setup.instance.func("caller", "pump"));
  constexpr std::uint32_t turns = 20'000;
  double best = 0;
  for (int round = 0; round < 3; ++round) {
    const component::Val arguments[1] = {component::Val::u32(turns)};
    const double each = nanoseconds([&] { require(pump.call(arguments)); }, turns);
    best = std::max(best, 65'536 / each);
  }
  std::printf("%-32s %10.2f GB/s\n", "stream of bytes, 64 KB chunks", best);
}

}  // namespace

int main(int count, char** arguments) {
  std::span<char*> rest(arguments + 1, static_cast<std::size_t>(count - 1));
  EngineOptions options{.features = Features::all().bits()};
  if (!rest.empty() && std::string_view(rest[0]) == "--optimizing") {
    options.tier = Tier::optimizing;
    rest = rest.subspan(1);
  }
  const std::string_view only = rest.empty() ? "" : rest[0];
  Engine engine(options);
  const Component component = require(Component::compile(engine, text));
  Setup adapters(engine, component, true);
  Setup dynamic(engine, component, false);
  std::printf("%-32s %13s %13s %8s\n", "guest to guest", "adapter", "lift, lower", "ratio");
  for (const Shape& shape : shapes) {
    if (!only.empty() && only != shape.function) continue;
    double with = 1e18;
    double without = 1e18;
    for (int round = 0; round < 7; ++round) {
      with = std::min(with, adapters.run(shape));
      without = std::min(without, dynamic.run(shape));
    }
    std::printf("%-32s %10.1f ns %10.1f ns %8.2f\n", shape.title, with, without, without / with);
  }
  if (only.empty() || only == "host") host_calls(adapters);
  if (only.empty() || only == "stream") streams(adapters);
  return 0;
}
