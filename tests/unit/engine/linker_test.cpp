#include "unit/engine/engine_support.hpp"

namespace tenon {
namespace {

struct Linking : ::testing::Test {
  Engine engine;
  Store store{engine};
  Linker linker{engine};
  Error instantiation_error(std::string_view text) {
    return error_of(linker.instantiate(store, compile(engine, text)));
  }
};

TEST_F(Linking, NamesAMissingImport) {
  const Error error = instantiation_error(R"((module (import "env" "log" (func (param i32)))))");
  EXPECT_EQ(error.kind(), ErrorKind::unlinkable);
  EXPECT_TRUE(contains(error.message(), "unknown import: \"env\" \"log\""));
}

TEST_F(Linking, NamesBothTypesOfAWrongImport) {
  linker.define("env", "log", [](std::int32_t) {}).value();
  linker.define("env", "global", Global::make(store, {ValType::i32(), false}, Val(1)).value()).value();
  linker.define("env", "memory", Memory::make(store, {.limits = {.min = 1, .max = 2}}).value()).value();
  linker.define("env", "table", Table::make(store, {ValType::funcref(), {.min = 1}}).value()).value();
  struct Case {
    std::string_view import;
    std::string_view expected;
    std::string_view found;
  };
  const Case cases[] = {
      {R"("log" (func (param i64)))", "i64", "i32"},
      {R"("log" (memory 1))", "expected a memory", "found a func"},
      {R"("global" (global (mut i32)))", "mut i32", "found a global i32"},
      {R"("memory" (memory 1 1))", "expected a memory 1 1", "found a memory 1 2"},
      {R"("table" (table 2 funcref))", "expected a table 2 funcref", "found a table 1 funcref"},
  };
  for (const Case& test : cases) {
    const Error error = instantiation_error("(module (import \"env\" " + std::string(test.import) + "))");
    EXPECT_EQ(error.kind(), ErrorKind::unlinkable) << test.import;
    EXPECT_TRUE(contains(error.message(), "incompatible import type")) << test.import;
    EXPECT_TRUE(contains(error.message(), test.expected)) << test.import;
    EXPECT_TRUE(contains(error.message(), test.found)) << test.import;
  }
}

TEST_F(Linking, ConnectsInstances) {
  const Instance first = linker
                             .instantiate(store, compile(engine, R"((module
    (func (export "one") (result i32) (i32.const 1)) (memory (export "memory") 1)))"))
                             .value();
  linker.define_instance("first", first).value();
  const Instance second = linker
                              .instantiate(store, compile(engine, R"((module
    (import "first" "one" (func $one (result i32))) (import "first" "memory" (memory 1))
    (func (export "two") (result i32)
      (i32.store8 (i32.const 5) (i32.const 9)) (i32.add (call $one) (call $one)))))"))
                              .value();
  EXPECT_EQ(second.func<std::int32_t()>("two").value()().value(), 2);
  EXPECT_EQ(first.memory().value().data()[5], 9);
}

TEST_F(Linking, LaterDefinitionsReplaceEarlierOnes) {
  linker.define("env", "f", [] { return std::int32_t{1}; }).value();
  linker.define("env", "f", [] { return std::int32_t{2}; }).value();
  const Instance instance = linker
                                .instantiate(store, compile(engine, R"((module
    (import "env" "f" (func $f (result i32))) (export "f" (func $f))))"))
                                .value();
  EXPECT_EQ(instance.func<std::int32_t()>("f").value()().value(), 2);
}

TEST_F(Linking, RefusesThingsOfAnotherStoreOrEngine) {
  constexpr std::string_view importing = R"((module (import "env" "memory" (memory 1))))";
  Store other(engine);
  linker.define("env", "memory", Memory::make(other, {.limits = {.min = 1}}).value()).value();
  expect_usage(linker.instantiate(store, compile(engine, importing)), "another store");
  const Engine stranger;
  Store strange(stranger);
  expect_usage(linker.instantiate(strange, compile(engine, importing)), "another engine");
  expect_usage(Instance::make(strange, compile(engine, "(module)"), {}), "another engine");
}

TEST_F(Linking, RefusesWhatIsGone) {
  Instance gone;
  {
    Store ending(engine);
    gone = instantiate(ending, engine, R"((module (memory (export "memory") 1)))");
    linker.define("env", "memory", gone.memory().value()).value();
  }
  expect_usage(linker.define_instance("env", gone), "ended");
  expect_usage(linker.instantiate(store, compile(engine, R"((module (import "env" "memory" (memory 1))))")), "ended");
  expect_usage(gone.func("f"), "no export \"f\"");
  EXPECT_TRUE(gone.exports().empty());

  Linker taken = std::move(linker);
  expect_usage(linker.define("env", "f", [] {}), "moved away");  // NOLINT(bugprone-use-after-move): that is the test
  expect_usage(linker.instantiate(store, compile(engine, "(module)")), "moved away");
  Store kept = std::move(store);
  expect_usage(taken.instantiate(store, compile(engine, "(module)")), "moved away");
  expect_usage(Memory::make(store, {}), "moved away");
  store.interrupt();
  EXPECT_EQ(store.collect_garbage(), 0U);
}

}  // namespace
}  // namespace tenon
