// A module of a test, compiled before it runs.
#pragma once

#include <gtest/gtest.h>
#include <optional>
#include <set>
#include <string>

#include "tenon/native.hpp"
#include "tenon/tenon.hpp"

namespace tenon {

inline Engine compiling_engine(Tier tier = Tier::optimizing, bool fuel = false) {
  EngineOptions options;
  options.tier = tier;
  options.fuel = fuel;
  return Engine(options);
}

struct CompiledGuest {
  explicit CompiledGuest(std::string_view text, Engine with = compiling_engine()) : engine(std::move(with)) {
    observe_native(engine, [this](const NativeFunction& function) { compiled.insert(function.name); });
    module.emplace(Module::compile(engine, text).value());
  }
  void start(const Limits& limits = {}) {
    store.emplace(engine, limits);
    instance = linker.instantiate(*store, *module).value();
  }
  template <class Signature>
  TypedFunc<Signature> func(std::string_view name) {
    return instance.func<Signature>(name).value();
  }
  Engine engine;
  std::set<std::string> compiled;  // names of functions
  std::optional<Module> module;
  Linker linker{engine};
  std::optional<Store> store;
  Instance instance;
};

// The first call makes the store ready, the second is direct.
template <class F, class... Args>
auto twice(const F& func, Args... arguments) {
  auto first = func(arguments...);
  auto second = func(arguments...);
  EXPECT_EQ(first.has_value(), second.has_value());
  return second;
}

}  // namespace tenon
