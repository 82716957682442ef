// Loops of the baseline tier look for interrupts: none of them escapes a deadline, however it counts.
#include <chrono>
#include <gtest/gtest.h>
#include <string>

#include "tenon/tenon.hpp"

namespace tenon {
namespace {

// Runs a function with locals to count in, and expects its deadline to end it.
void expect_stopped(const std::string& body, bool fuel) {
  EngineOptions options;
  options.tier = Tier::baseline;
  options.fuel = fuel;
  const Engine engine(options);
  const Module module = Module::compile(engine,
                                        "(module (memory 1) (func (export \"run\") "
                                        "(local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32) "
                                        "(local $f i32) (local $g i32) (local $h i32) (local $i i32) (local $j i32) " +
                                            body + "))")
                            .value();
  Limits limits;
  limits.deadline(std::chrono::milliseconds(10));
  Store store(engine, limits);
  if (fuel) store.set_fuel(INT64_MAX);
  const Instance instance = Instance::make(store, module, {}).value();
  const auto ended = instance.func("run").value().call({});
  ASSERT_FALSE(ended) << body;
  EXPECT_EQ(ended.error().message(), "deadline exceeded") << body;
}

std::string add(const std::string& local, const std::string& step) {
  return "(local.tee " + local + " (i32.add (local.get " + local + ") (i32.const " + step + ")))";
}

TEST(BaselineLoops, AreStoppedWhereTheyCount) {
  for (const char* step : {"1", "-1", "2", "3", "48", "-64", "0x4000000", "0x8000000", "0x80000000", "0"}) {
    for (const char* start : {"0", "1", "63", "0x7fffffff"}) {
      // 0x55 is met by odd steps only, after up to four billion rounds.
      const std::string loop = "(local.set $a (i32.const " + std::string(start) +
                               ")) (loop $again (br_if $again (i32.ne " + add("$a", step) + " (i32.const 0x55))))";
      for (const bool fuel : {false, true}) expect_stopped("(loop $outer " + loop + " (br $outer))", fuel);
    }
  }
}

// Loops in loops, each of 59 rounds: together they would take years.
std::string nested(int depth) {
  const std::string counter = std::string("$") + static_cast<char>('a' + depth);
  const std::string inner = depth == 0 ? "" : nested(depth - 1);
  return "(local.set " + counter + " (i32.const 1)) (loop $l" + std::to_string(depth) + " " + inner + "(br_if $l" +
         std::to_string(depth) + " (i32.lt_s " + add(counter, "1") + " (i32.const 60))))";
}

// As many ways back to one header, each of which sets back the counters of those before it.
std::string one_header(int ways) {
  std::string begin;
  std::string text = "(loop $again ";
  for (int i = 0; i < ways; ++i) {
    const std::string counter = std::string("$") + static_cast<char>('a' + i);
    const std::string set = "(local.set " + counter + " (i32.const 1)) ";
    begin += set;
    text += "(br_if $again (i32.lt_s " + add(counter, "1") + " (i32.const 60))) " + set;
  }
  return begin + text + "(br $again))";
}

// A counter never gets far, for it is set back before.
TEST(BaselineLoops, AreStoppedWhereCountersAreSetBack) {
  const std::string bodies[] = {
      nested(9),
      "(loop $again (local.set $a (i32.const 1)) (br_if $again (i32.ne " + add("$a", "1") + " (i32.const 9))))",
      "(local.set $a (i32.const 2)) (loop $first (local.set $b (i32.const 1)) (loop $second (br_if $first (i32.eq " +
          add("$a", "1") + " (i32.const 3))) (local.set $a (i32.const 2)) (br_if $second (i32.ne " + add("$b", "1") +
          " (i32.const 9)))))",
      "(local.set $b (i32.const 1)) (loop $again (local.set $a (local.get $b)) (br_if $again (i32.ne " +
          add("$a", "1") + " (i32.const 9))))",
      R"((loop $again (v128.store (i32.const 8) (v128.const i64x2 1 1))
           (local.set $a (i32.load (i32.const 8))) (br_if $again (i32.ne )" +
          add("$a", "1") + " (i32.const 9))))",
      one_header(9),
  };
  for (const std::string& body : bodies) {
    for (const bool fuel : {false, true}) expect_stopped(body, fuel);
  }
}

}  // namespace
}  // namespace tenon
