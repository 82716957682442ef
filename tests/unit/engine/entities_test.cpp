#include "unit/engine/engine_support.hpp"

namespace tenon {
namespace {

struct Entities : ::testing::Test {
  Engine engine;
  Store store{engine};
};

TEST_F(Entities, GlobalsAreSharedWithGuests) {
  const Global global = Global::make(store, {ValType::i64(), true}, Val(std::int64_t{5})).value();
  const Extern imports[] = {global};
  const Instance instance = instantiate(store, engine, R"((module
    (import "" "g" (global $g (mut i64)))
    (func (export "double") (global.set $g (i64.mul (global.get $g) (i64.const 2))))))",
                                        imports);
  instance.func<void()>("double").value()().value();
  EXPECT_EQ(global.get().value().i64(), 10);
  global.set(Val(std::int64_t{7})).value();
  instance.func<void()>("double").value()().value();
  EXPECT_EQ(global.get().value().i64(), 14);
  expect_usage(global.set(Val(1)), "expected a value of type i64, found i32");
  expect_usage(Global::make(store, {ValType::i32(), false}, Val(1)).value().set(Val(2)), "immutable");
}

TEST_F(Entities, TablesHoldFunctions) {
  const Instance instance = instantiate(store, engine, R"((module
    (table (export "table") 2 4 funcref)
    (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))))");
  const Table table = instance.table("table").value();
  const Func seven = Func::wrap(store, [] { return std::int32_t{7}; });
  table.set(1, Val(ValType::funcref(), seven.ref())).value();
  EXPECT_EQ(instance.func<std::int32_t(std::int32_t)>("call").value()(1).value(), 7);
  EXPECT_TRUE(table.get(0).value().ref().is_null());
  EXPECT_TRUE(Func::from_ref(table.get(1).value().ref()).has_value());
  expect_usage(table.get(2), "the table has 2 elements, none at 2");
  expect_usage(table.set(0, Val(1)), "expected a value of type funcref, found i32");
  expect_usage(table.set(0, Val(ValType::externref(), Ref())), "expected a value of type funcref, found externref");
  EXPECT_EQ(table.grow(2, Val(ValType::funcref(), Ref())).value(), 2U);
  EXPECT_EQ(error_of(table.grow(1, Val(ValType::funcref(), Ref()))).kind(), ErrorKind::exhausted);
}

TEST_F(Entities, MemoriesAreSpans) {
  const Memory memory = Memory::make(store, {.limits = {.min = 1, .max = 2}}).value();
  EXPECT_EQ(memory.data().size(), 65'536U);
  std::uint8_t* const base = memory.data().data();
  EXPECT_EQ(memory.grow(1).value(), 1U);
  EXPECT_EQ(memory.data().size(), 131'072U);
  EXPECT_EQ(memory.data().data(), base);
  EXPECT_EQ(error_of(memory.grow(1)).kind(), ErrorKind::exhausted);
  {
    const Store ending = std::move(store);
  }
  EXPECT_TRUE(memory.data().empty());
  expect_usage(memory.grow(0), "ended");
}

TEST_F(Entities, TypesThatCannotBeAreRefused) {
  expect_usage(Memory::make(store, {.limits = {.min = 2, .max = 1}}), "must not be greater");
  expect_usage(Memory::make(store, {.limits = {.min = 65'537}}), "at most 65536");
  expect_usage(Memory::make(store, {.limits = {.min = 1, .is_shared = true}}), "must have a maximum");
  expect_usage(Memory::make(store, {.limits = {}, .page_size_log2 = 3}), "page size");
  expect_usage(Table::make(store, {ValType::i32(), {}}), "a table of references");
  expect_usage(Table::make(store, {ValType::funcref(), {.min = std::uint64_t{1} << 40}}), "at most");
  expect_usage(Global::make(store, {ValType::from_bits(0x6112'3463), false}, Val(1)), "expected a value type");
  expect_usage(Tag::make(store, {{ValType::from_bits(0x1234)}, {}}), "expected a value type");
}

// --- References -----------------------------------------------------------------------------------------------------

struct Tracked {
  std::vector<int>* ended;
  int number;
  Tracked(std::vector<int>* list, int n) : ended(list), number(n) {}
  Tracked(Tracked&& other) noexcept : ended(std::exchange(other.ended, nullptr)), number(other.number) {}
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;
  ~Tracked() {
    if (ended != nullptr) ended->push_back(number);
  }
};

TEST_F(Entities, HostValuesLiveWhileSomebodyHoldsThem) {
  std::vector<int> ended;
  const Instance instance = instantiate(store, engine, R"((module
    (global (export "global") (mut externref) (ref.null extern))))");
  const Global global = instance.global("global").value();
  {
    const Ref kept = Ref::host(store, Tracked(&ended, 1)).value();
    global.set(Val(ValType::externref(), kept)).value();
    const Ref dropped = Ref::host(store, Tracked(&ended, 2)).value();
    EXPECT_EQ(dropped.get<Tracked>()->number, 2);
    EXPECT_EQ(dropped.get<int>(), nullptr);
    store.collect_garbage();
    EXPECT_TRUE(ended.empty());
  }
  store.collect_garbage();
  EXPECT_EQ(ended, std::vector<int>{2});
  EXPECT_EQ(global.get().value().ref().get<Tracked>()->number, 1);
  global.set(Val(ValType::externref(), Ref())).value();
  store.collect_garbage();
  EXPECT_EQ(ended, (std::vector<int>{2, 1}));
}

TEST_F(Entities, HostValuesEndWithTheStore) {
  std::vector<int> ended;
  const Ref ref = Ref::host(store, Tracked(&ended, 1)).value();
  const Ref copy = ref;
  {
    const Store ending = std::move(store);
  }
  EXPECT_EQ(ended, std::vector<int>{1});
  EXPECT_EQ(copy.get<Tracked>(), nullptr);
  EXPECT_EQ(copy.kind(), Ref::Kind::null);
}

TEST_F(Entities, ReferencesOfAnotherStoreAreRefused) {
  Store other(engine);
  const Ref strange = Ref::host(other, 1).value();
  const Global global = Global::make(store, {ValType::externref(), true}, Val(ValType::externref(), Ref())).value();
  expect_usage(global.set(Val(ValType::externref(), strange)), "another store");
}

TEST_F(Entities, I31KeepsItsValue) {
  EXPECT_EQ(Ref::i31(store, 5).i31_u(), 5U);
  EXPECT_EQ(Ref::i31(store, 0x7FFF'FFFF).i31_s(), -1);
  EXPECT_EQ(Ref::i31(store, 5), Ref::i31(store, 5));
}

}  // namespace
}  // namespace tenon
