#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>

#include "tenon/component.hpp"

namespace tenon {
namespace {

TEST(Load, AFolderIsNoFile) {
  const Engine engine;
  const std::string folder = std::filesystem::temp_directory_path().string();
  const auto module = Module::load(engine, folder);
  ASSERT_FALSE(module.has_value());
  EXPECT_EQ(module.error().kind(), ErrorKind::io);
  const auto component = Component::load(engine, folder);
  ASSERT_FALSE(component.has_value());
  EXPECT_EQ(component.error().kind(), ErrorKind::io);
}

TEST(ParseValue, NeedsATypeOfValues) {
  const auto value = parse_value(ValType::from_bits(9), "1");
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(value.error().kind(), ErrorKind::usage);
}

// Uses its store when it goes.
struct Parting {
  Store* store;
  explicit Parting(Store* of) : store(of) {}
  Parting(Parting&& other) noexcept : store(std::exchange(other.store, nullptr)) {}
  Parting& operator=(Parting&&) = delete;
  ~Parting() {
    if (store == nullptr) return;
    store->set_fuel(1);
    EXPECT_EQ(store->fuel(), 0U);
    store->interrupt();
    EXPECT_EQ(store->collect_garbage(), 0U);
    EXPECT_FALSE(Memory::make(*store, {}).has_value());
  }
};

TEST(Store, IsGoneForWhatGoesWithIt) {
  const Engine engine;
  auto store = std::make_unique<Store>(engine);
  const Ref kept = Ref::host(*store, Parting(store.get())).value();
  store.reset();
  EXPECT_EQ(kept.get<Parting>(), nullptr);
}

}  // namespace
}  // namespace tenon
