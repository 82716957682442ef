// Memories that lie where others were: what one has grown by, and written, the next one does not find, and cannot reach
// until it grows as well.
#include <gtest/gtest.h>

#include "tenon/tenon.hpp"

namespace tenon {
namespace {

constexpr const char* text = R"((module
  (memory (export "memory") 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "read") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "write") (param i32 i32) (i32.store (local.get 0) (local.get 1)))))";

class PooledMemory : public testing::TestWithParam<Tier> {
 protected:
  static Engine make_engine(Tier tier) {
    EngineOptions options;
    options.tier = tier;
    return Engine(options);
  }
  struct Guest {
    Guest(const Engine& engine, const Module& module)
        : store(engine), instance(Instance::make(store, module, {}).value()) {}
    std::int32_t grow(std::int32_t pages) {
      return instance.func<std::int32_t(std::int32_t)>("grow").value()(pages).value();
    }
    Result<std::int32_t> read(std::int32_t at) { return instance.func<std::int32_t(std::int32_t)>("read").value()(at); }
    void write(std::int32_t at, std::int32_t value) {
      instance.func<void(std::int32_t, std::int32_t)>("write").value()(at, value).value();
    }
    Store store;
    Instance instance;
  };
};

TEST_P(PooledMemory, GrowthIsNotFoundAgain) {
  const Engine engine = make_engine(GetParam());
  const Module module = Module::compile(engine, text).value();
  for (const std::int32_t pages : {1, 3, 9, 2}) {  // the third is more than is kept
    for (int turn = 0; turn < 3; ++turn) {
      Guest guest(engine, module);
      const std::int32_t last = (1 + pages) * 65536 - 4;
      EXPECT_FALSE(guest.read(65536).has_value()) << pages;
      EXPECT_FALSE(guest.read(last).has_value()) << pages;
      ASSERT_EQ(guest.grow(pages), 1);
      for (const std::int32_t at : {0, 65532, 65536, last}) {
        EXPECT_EQ(guest.read(at).value(), 0) << pages << " at " << at;
        guest.write(at, -1);
      }
      EXPECT_FALSE(guest.read(last + 4).has_value()) << pages;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tiers, PooledMemory, testing::Values(Tier::interpreter, Tier::baseline, Tier::optimizing),
                         [](const auto& tier) { return "Tier" + std::to_string(static_cast<int>(tier.param)); });

}  // namespace
}  // namespace tenon
