#include <stdexcept>

#include "unit/engine/engine_support.hpp"

namespace tenon {
namespace {

constexpr std::string_view arithmetic = R"((module $calc
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
  (func (export "vector") (param v128) (result v128) (i8x16.add (local.get 0) (local.get 0)))
  (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func (export "divide") (param i32) (result i32) (call $inner (local.get 0)))))";

struct Arithmetic : ::testing::Test {
  Engine engine;
  Store store{engine};
  Instance instance = instantiate(store, engine, arithmetic);
};
using TypedCall = Arithmetic;
using DynamicCall = Arithmetic;
using Backtrace = Arithmetic;

TEST_F(TypedCall, PassesIntegers) {
  auto add = instance.func<std::int32_t(std::int32_t, std::int32_t)>("add").value();
  EXPECT_EQ(add(2, 3).value(), 5);
  EXPECT_EQ(add(-2, -3).value(), -5);
}

TEST_F(TypedCall, GivesTuples) {
  auto swap = instance.func<std::tuple<double, std::int64_t>(std::int64_t, double)>("swap").value();
  EXPECT_EQ(swap(-7, 1.5).value(), std::make_tuple(1.5, std::int64_t{-7}));
}

TEST_F(TypedCall, PassesVectors) {
  auto twice = instance.func<Vector128(Vector128)>("vector").value();
  Vector128 vector;
  for (int i = 0; i < 16; ++i) vector.bytes[i] = static_cast<std::uint8_t>(i * 9);
  const Vector128 result = twice(vector).value();
  for (int i = 0; i < 16; ++i) EXPECT_EQ(result.bytes[i], static_cast<std::uint8_t>(i * 18));
}

TEST_F(TypedCall, RefusesAnotherSignatureNamingBoth) {
  const Error error = error_of(instance.func<std::int64_t(std::int32_t, std::int32_t)>("add"));
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_TRUE(contains(error.message(), "[i32 i32] -> [i32]"));
  EXPECT_TRUE(contains(error.message(), "[i32 i32] -> [i64]"));
}

TEST_F(TypedCall, OutlivesItsStoreAsAnError) {
  auto add = instance.func<std::int32_t(std::int32_t, std::int32_t)>("add").value();
  {
    const Store ending = std::move(store);
  }
  expect_usage(add(1, 2), "ended");
}

TEST_F(DynamicCall, PassesValuesOfAllTypes) {
  const auto results = instance.func("swap").value().call({Val(std::int64_t{4}), Val(0.25)}).value();
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].f64(), 0.25);
  EXPECT_EQ(results[1].i64(), 4);
}

TEST_F(DynamicCall, RefusesWrongArguments) {
  const Func add = instance.func("add").value();
  expect_usage(add.call({Val(1)}), "takes 2 arguments, found 1");
  expect_usage(add.call({Val(1), Val(1.0)}), "expected a value of type i32, found f64");
  expect_usage(Func().call({}), "empty");
}

TEST_F(Backtrace, NamesFunctionsInnermostFirst) {
  const Error error = error_of(instance.func<std::int32_t(std::int32_t)>("divide").value()(0));
  EXPECT_EQ(error.kind(), ErrorKind::trap);
  EXPECT_EQ(error.message(), "integer divide by zero");
  EXPECT_TRUE(contains(error.context(), "calc!func 3 $inner at offset"));
  EXPECT_TRUE(contains(error.context(), "calc!func 4"));
  EXPECT_LT(error.context().find("$inner"), error.context().find("func 4"));
}

// --- Host functions -------------------------------------------------------------------------------------------------

constexpr std::string_view calls_host = R"((module
  (import "host" "f" (func $f (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "tenon")
  (func (export "run") (param i32) (result i32) (call $f (local.get 0)))))";

struct HostFunction : ::testing::Test {
  Engine engine;
  Store store{engine};
  Linker linker{engine};
  Result<std::int32_t> run(std::int32_t argument) {
    auto instance = linker.instantiate(store, compile(engine, calls_host));
    if (!instance) return std::move(instance).error();
    return instance->func<std::int32_t(std::int32_t)>("run").value()(argument);
  }
};

TEST_F(HostFunction, IsAnyLambda) {
  int calls = 0;
  linker.define("host", "f", [&calls](std::int32_t x) { return ++calls, x * 2; }).value();
  EXPECT_EQ(run(21).value(), 42);
  EXPECT_EQ(calls, 1);
}

std::int32_t increment(std::int32_t x) { return x + 1; }

TEST_F(HostFunction, IsAPointer) {
  linker.define("host", "f", increment).value();
  EXPECT_EQ(run(1).value(), 2);
}

TEST_F(HostFunction, SeesTheCallersMemory) {
  linker
      .define(
          "host", "f",
          [](Caller caller, std::int32_t at) -> std::int32_t { return caller.memory()[static_cast<std::size_t>(at)]; })
      .value();
  EXPECT_EQ(run(8).value(), 't');
}

TEST_F(HostFunction, FailsWithItsError) {
  linker
      .define(
          "host", "f",
          [](std::int32_t) -> Result<std::int32_t> { return Error(ErrorKind::io, "the disk is on fire").with_code(7); })
      .value();
  const Error error = error_of(run(1));
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_EQ(error.message(), "the disk is on fire");
  EXPECT_EQ(error.code(), 7U);
  EXPECT_TRUE(contains(error.context(), "func 1"));
}

TEST_F(HostFunction, ThatExitsGivesTheCodeAndNoBacktrace) {
  linker
      .define("host", "f",
              [](std::int32_t code) -> Result<std::int32_t> {
                return Error(ErrorKind::exit, "exit").with_code(static_cast<std::uint32_t>(code));
              })
      .value();
  const Error error = error_of(run(33));
  EXPECT_EQ(error.kind(), ErrorKind::exit);
  EXPECT_EQ(error.code(), 33U);
  EXPECT_EQ(error.context(), "");
}

TEST_F(HostFunction, ThatThrowsIsATrap) {
  linker.define("host", "f", [](std::int32_t) -> std::int32_t { throw std::runtime_error("no luck"); }).value();
  const Error error = error_of(run(1));
  EXPECT_EQ(error.kind(), ErrorKind::trap);
  EXPECT_TRUE(contains(error.message(), "no luck"));
}

TEST_F(HostFunction, CallsGuests) {
  std::optional<TypedFunc<std::int32_t(std::int32_t)>> again;
  linker
      .define("host", "f",
              [&](std::int32_t x) -> Result<std::int32_t> {
                if (x == 0) return 0;
                auto rest = (*again)(x - 1);
                return rest ? Result<std::int32_t>(*rest + x) : rest;
              })
      .value();
  const Instance instance = linker.instantiate(store, compile(engine, calls_host)).value();
  again = instance.func<std::int32_t(std::int32_t)>("run").value();
  EXPECT_EQ((*again)(10).value(), 55);
  // Without end: a trap, long before the host's own stack is used up.
  EXPECT_EQ(error_of((*again)(-1)).kind(), ErrorKind::trap);
  EXPECT_EQ((*again)(10).value(), 55);
}

TEST_F(HostFunction, MayBeDynamic) {
  linker
      .define_dynamic("host", "f", {{ValType::i32()}, {ValType::i32()}},
                      [](std::span<const Val> values) -> Result<std::vector<Val>> {
                        return std::vector<Val>{Val(values[0].i32() + 3)};
                      })
      .value();
  EXPECT_EQ(run(4).value(), 7);
}

TEST_F(HostFunction, ThatIsDynamicMustKeepItsType) {
  linker
      .define_dynamic("host", "f", {{ValType::i32()}, {ValType::i32()}},
                      [](std::span<const Val>) -> Result<std::vector<Val>> { return std::vector<Val>{}; })
      .value();
  expect_usage(run(4), "gave 0 results, expected 1");
}

TEST_F(HostFunction, MayEndTheStore) {
  auto owned = std::make_unique<Store>(engine);
  linker.define("host", "f", [&](std::int32_t x) { return owned.reset(), x; }).value();
  const Instance instance = linker.instantiate(*owned, compile(engine, calls_host)).value();
  const Memory memory = instance.memory().value();
  const auto func = instance.func<std::int32_t(std::int32_t)>("run").value();
  expect_usage(func(1), "ended");
  expect_usage(func(1), "ended");
  EXPECT_TRUE(memory.data().empty());
}

TEST_F(HostFunction, IsLetGoWithTheStore) {
  auto tracked = std::make_shared<int>(1);
  {
    Store inner(engine);
    // It holds a handle of the very store that holds it.
    auto instance = std::make_shared<Instance>();
    const Func func = Func::wrap(inner, [tracked, instance]() { return *tracked; });
    *instance = instantiate(inner, engine, arithmetic);
    EXPECT_EQ(func.typed<std::int32_t()>().value()().value(), 1);
    EXPECT_EQ(tracked.use_count(), 2);
  }
  EXPECT_EQ(tracked.use_count(), 1);
}

}  // namespace
}  // namespace tenon
