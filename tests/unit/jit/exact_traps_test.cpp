// Compiled code traps exactly where the program says, with the state that the program says: each case against the
// interpreter, over arguments some of which are out of bounds, and against what the standard says.
#include <gtest/gtest.h>

#include "tenon/tenon.hpp"

namespace tenon {
namespace {

struct Seen {
  std::string outcome;
  std::vector<std::uint8_t> memory;
  std::uint64_t global = 0;
  bool operator==(const Seen&) const = default;
};

// A module with the memory `m` (one page), the global `g` and the function `f`.
class Guest {
 public:
  Guest(Tier tier, std::string_view text) : engine_(options(tier)), module_(Module::compile(engine_, text).value()) {}

  // Calls `f` of a new instance.
  Seen call(std::uint32_t argument) const {
    Store store(engine_);
    const Instance instance = Instance::make(store, module_, {}).value();
    const auto results = instance.func("f").value().call(std::vector{Val(argument)});
    Seen seen;
    seen.outcome =
        results ? "returned " + std::to_string(results->front().low_bits()) : std::string(results.error().message());
    const auto bytes = instance.memory("m").value().data();
    seen.memory.assign(bytes.begin(), bytes.end());
    seen.global = instance.global("g").value().get().value().low_bits();
    return seen;
  }

 private:
  static EngineOptions options(Tier tier) {
    EngineOptions options;
    options.tier = tier;
    return options;
  }
  Engine engine_;
  Module module_;
};

std::string module_of(std::string_view body) {
  return "(module (memory (export \"m\") 1) (global $g (export \"g\") (mut i32) (i32.const 0))"
         "(func (export \"f\") (param $p i32) (result i32) (local $x i32) (local $i i32)" +
         std::string(body) + "))";
}

struct Case {
  const char* name;
  const char* body;
  std::uint32_t argument;  // for which it traps
  const char* outcome;
  std::uint32_t global;
  std::uint32_t first_byte;
};
constexpr const char* bounds = "out of bounds memory access";

constexpr Case cases[] = {
    {"ALoadThatNobodyReads", "(drop (i32.load (local.get $p))) (global.set $g (i32.const 1)) (i32.const 0)", 65533,
     bounds, 0, 0},
    {"ALoadTimesZero", "(i32.mul (i32.load (local.get $p)) (i32.const 0))", 65536, bounds, 0, 0},
    {"ALoadMinusItself", "(i32.sub (local.tee $x (i32.load (local.get $p))) (local.get $x))", 65536, bounds, 0, 0},
    {"ALoadThatOnlyOnePathNeeds",
     "(local.set $x (i32.load (local.get $p)))"
     "(if (i32.eq (local.get $p) (i32.const 4)) (then (global.set $g (local.get $x)))) (i32.const 0)",
     65536, bounds, 0, 0},
    {"ALoadThatASelectionNeeds",
     "(i32.store (i32.const 1) (select (i32.load (local.get $p)) (i32.const 0) (i32.lt_u (local.get $p) (i32.const "
     "9))))"
     "(i32.const 0)",
     65536, bounds, 0, 0},
    {"ALoadWhoseValueIsOverwritten",
     "(local.set $x (i32.load (local.get $p))) (local.set $x (i32.const 2)) (local.get $x)", 65534, bounds, 0, 0},
    {"ALoadOfWhatWasStoredElsewhere",
     "(i32.store (i32.const 0) (i32.const 5)) (drop (i32.load (local.get $p))) (i32.store (i32.const 0) (i32.const 6))"
     "(i32.const 0)",
     70000, bounds, 0, 5},
    {"ALoadBeforeAnotherTrap",
     "(local.set $x (i32.load (local.get $p)))"
     "(i32.div_u (i32.const 1) (i32.gt_u (i32.const 4) (local.get $p)))",
     65536, bounds, 0, 0},
    {"ALoadBehindAnotherTrap",
     "(local.set $x (i32.div_u (i32.const 1) (i32.gt_u (i32.const 4) (local.get $p))))"
     "(i32.add (local.get $x) (i32.load (local.get $p)))",
     65536, "integer divide by zero", 0, 0},
    {"ALoadBeforeUnreachable", "(drop (i32.load (local.get $p))) (unreachable)", 65536, bounds, 0, 0},
    {"AStoreBeforeUnreachable", "(i32.store (local.get $p) (i32.const 1)) (unreachable)", 65536, bounds, 0, 0},
    {"AStoreBeforeALoad", "(i32.store8 (i32.const 0) (i32.const 9)) (i32.load (local.get $p))", 65536, bounds, 0, 9},
    {"TwoStoresOfWhichOneIsOutOfBounds",
     "(i32.store (local.get $p) (i32.const 1)) (i32.store offset=4 (local.get $p) (i32.const 2)) (i32.const 0)", 65532,
     bounds, 0, 0},
    {"AStoreThatAnotherOverwrites",
     "(i32.store (i32.const 0) (i32.const 1)) (i32.store (local.get $p) (i32.const 3))"
     "(i32.store (i32.const 0) (i32.const 2)) (i32.const 0)",
     65533, bounds, 0, 1},
    {"AStoreAcrossTheEnd", "(i64.store (local.get $p) (i64.const -1)) (i32.const 0)", 65529, bounds, 0, 0},
    {"AGlobalBeforeALoad",
     "(global.set $g (i32.const 1)) (drop (i32.load (local.get $p))) (global.set $g (i32.const 2)) (i32.const 0)",
     65536, bounds, 1, 0},
    {"AGlobalInALoop",
     "(loop (global.set $g (i32.add (global.get $g) (i32.const 1)))"
     "(local.set $x (i32.add (local.get $x) (i32.load8_u (local.get $p))))"
     "(local.set $p (i32.add (local.get $p) (i32.const 1)))"
     "(br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100)))) (local.get $x)",
     65530, bounds, 7, 0},
    {"ACounterInMemoryInALoop",
     "(loop (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))"
     "(local.set $x (i32.add (local.get $x) (i32.load8_u (local.get $p))))"
     "(local.set $p (i32.add (local.get $p) (i32.const 1)))"
     "(br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100)))) (local.get $x)",
     65500, bounds, 0, 37},
    {"ALoopThatSumsForNobody",
     "(loop (local.set $x (i32.add (local.get $x) (i32.load (local.get $p))))"
     "(local.set $p (i32.add (local.get $p) (i32.const 4)))"
     "(br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64))))"
     "(global.set $g (i32.const 1)) (i32.const 0)",
     65400, bounds, 0, 0},
    {"AnInvariantLoadBehindAStoreInALoop",
     "(loop (i32.store8 (local.get $i) (i32.const 3)) (local.set $x (i32.add (local.get $x) (i32.load (local.get $p))))"
     "(br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100)))) (local.get $x)",
     65536, bounds, 0, 3},
    {"ALoopThatRunsBeyondTheEnd",
     "(loop (i32.store8 (local.get $p) (i32.const 3)) (local.set $p (i32.add (local.get $p) (i32.const 1)))"
     "(global.set $g (local.get $p)) (br_if 0 (local.get $p))) (i32.const 0)",
     65000, bounds, 65536, 0},
    {"FieldsOfWhichOneIsOutOfBounds",
     "(local.set $x (i32.load (local.get $p))) (local.set $x (i32.add (local.get $x) (i32.load offset=8 (local.get "
     "$p))))"
     "(global.set $g (i32.const 1))"
     "(local.set $x (i32.add (local.get $x) (i32.load offset=16 (local.get $p)))) (local.get $x)",
     65524, bounds, 1, 0},
    {"AVectorThatNobodyReads", "(drop (v128.load (local.get $p))) (global.set $g (i32.const 1)) (i32.const 0)", 65521,
     bounds, 0, 0},
    {"AConversionBehindAStore",
     "(i32.store8 (i32.const 0) (i32.const 4)) (drop (i32.trunc_f32_u (f32.load (i32.const 8))))"
     "(drop (i32.load (local.get $p))) (i32.const 0)",
     65536, bounds, 0, 4},
    {"AFloatThatIsNotSelected",
     "(i32.trunc_sat_f64_s (select (f64.convert_i32_u (local.get $i)) (f64.load (local.get $p)) (i32.gt_u (local.get "
     "$p) (i32.const 9))))",
     65536, bounds, 0, 0},
    {"ASumOfAFloatThatIsNotSelected",
     "(i32.trunc_sat_f32_s (select (f32.convert_i32_u (local.get $i))"
     "(f32.add (f32.convert_i32_u (local.get $p)) (f32.load (local.get $p))) (i32.gt_u (local.get $p) (i32.const 9))))",
     65536, bounds, 0, 0},
    {"AVectorOfWhichNoLaneIsSelected",
     "(i32x4.extract_lane 0 (v128.bitselect (v128.load (local.get $p)) (i32x4.splat (local.get $p))"
     "(i32x4.lt_u (i32x4.splat (local.get $p)) (v128.const i32x4 9 9 9 9))))",
     65536, bounds, 0, 0},
    {"AVectorOfWhichEachLaneIsCleared",
     "(i32x4.extract_lane 0 (v128.and (v128.load (local.get $p))"
     "(i32x4.lt_u (i32x4.splat (local.get $p)) (v128.const i32x4 9 9 9 9))))",
     65536, bounds, 0, 0},
    {"ASumOfAVectorOfWhichNoLaneIsSelected",
     "(i32x4.extract_lane 0 (v128.bitselect (i32x4.add (v128.load (local.get $p)) (i32x4.splat (local.get $p)))"
     "(i32x4.splat (local.get $p)) (i32x4.lt_u (i32x4.splat (local.get $p)) (v128.const i32x4 9 9 9 9))))",
     65536, bounds, 0, 0},
    {"AnAtomicLoadThatNobodyReads",
     "(drop (i32.atomic.load (local.get $p))) (global.set $g (i32.const 1)) (i32.const 0)", 65536, bounds, 0, 0},
    {"AnAtomicLoadThatIsUnalignedToo", "(drop (i32.atomic.load (local.get $p))) (i32.const 0)", 65537, bounds, 0, 0},
};

class ExactTraps : public testing::TestWithParam<Case> {};

TEST_P(ExactTraps, AreThoseOfTheInterpreter) {
  const Case& it = GetParam();
  const std::string text = module_of(it.body);
  const Guest compiled(Tier::optimizing, text);
  const Guest interpreted(Tier::interpreter, text);
  const Seen seen = compiled.call(it.argument);
  EXPECT_EQ(seen.outcome, it.outcome);
  EXPECT_EQ(seen.global, it.global);
  EXPECT_EQ(seen.memory[0], it.first_byte);
  for (const std::uint32_t argument :
       {0U, 3U, 4U, 65400U, 65500U, 65520U, 65524U, 65528U, 65532U, 65533U, 65536U, 0xFFFF'FFF0U, it.argument}) {
    EXPECT_TRUE(compiled.call(argument) == interpreted.call(argument)) << argument;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ExactTraps, testing::ValuesIn(cases), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tenon
