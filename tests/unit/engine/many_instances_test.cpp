#include <cstdio>
#include <memory>
#include <unistd.h>
#include <vector>

#include "unit/engine/engine_support.hpp"

namespace tenon {
namespace {

std::size_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long all = 0;
  unsigned long resident = 0;
  const bool is_read = file != nullptr && std::fscanf(file, "%lu %lu", &all, &resident) == 2;
  if (file != nullptr) std::fclose(file);
  return is_read ? resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

constexpr std::string_view small = R"((module
  (memory (export "memory") 1)
  (table 10 funcref) (elem (i32.const 1) $count)
  (global $n (mut i32) (i32.const 0))
  (func $count (export "count") (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (i32.store (i32.const 60000) (global.get $n))
    (i32.load (i32.const 60000)))))";

constexpr int instance_count = 10'000;
constexpr std::size_t page = 4096;

// A sanitizer's shadow would be counted as well.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t allowance = 100;
#else
constexpr std::size_t allowance = 1;
#endif

TEST(ManyInstances, InOneStoreCostThePagesTheyTouch) {
  const Engine engine;
  const Module module = compile(engine, small);
  Store store(engine);
  std::vector<Instance> instances;
  const std::size_t before = resident_bytes();
  for (int i = 0; i < instance_count; ++i) {
    instances.push_back(Instance::make(store, module, {}).value());
    ASSERT_EQ(instances.back().func<std::int32_t()>("count").value()().value(), 1);
  }
  EXPECT_EQ(instances.front().func<std::int32_t()>("count").value()().value(), 2);
  // The page that was written to, the instance itself, and a share of page tables.
  EXPECT_LT(resident_bytes() - before, allowance * instance_count * 3 * page);
}

TEST(ManyInstances, InStoresOfTheirOwnCostThePagesTheyTouch) {
  const Engine engine;
  const Module module = compile(engine, small);
  std::vector<std::unique_ptr<Store>> stores;
  std::vector<Instance> instances;
  const std::size_t before = resident_bytes();
  for (int i = 0; i < instance_count; ++i) {
    stores.push_back(std::make_unique<Store>(engine));
    instances.push_back(Instance::make(*stores.back(), module, {}).value());
    ASSERT_EQ(instances.back().func<std::int32_t()>("count").value()().value(), 1);
  }
  // In addition the store. Nothing is under way in it, so it has no stack.
  EXPECT_LT(resident_bytes() - before, allowance * instance_count * 2 * page);
}

TEST(Pool, GivesCleanMemoriesAndStacks) {
  const Engine engine;
  const Module module = compile(engine, R"((module
    (memory (export "memory") 1)
    (func (export "fill") (memory.fill (i32.const 0) (i32.const 0xFF) (i32.const 65536)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))");
  for (const std::int32_t grown : {0, 1, 10, 100, 0}) {
    for (int round = 0; round < 3; ++round) {
      Store store(engine);
      const Instance instance = Instance::make(store, module, {}).value();
      for (const std::uint8_t byte : instance.memory().value().data()) ASSERT_EQ(byte, 0);
      instance.func<void()>("fill").value()().value();
      ASSERT_EQ(instance.func<std::int32_t(std::int32_t)>("grow").value()(grown).value(), 1);
      const auto data = instance.memory().value().data();
      ASSERT_EQ(data.size(), 65'536U * static_cast<unsigned>(1 + grown));
      for (std::size_t i = 65'536; i < data.size(); ++i) ASSERT_EQ(data[i], 0);
      std::ranges::fill(data, std::uint8_t{0xFF});
    }
  }
}

}  // namespace
}  // namespace tenon
