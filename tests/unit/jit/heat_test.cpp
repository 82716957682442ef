// Which functions the automatic tier compiles with LLVM, and in which order.
#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>
#include <mutex>
#include <vector>

#include "tenon/native.hpp"
#include "tenon/tenon.hpp"

namespace tenon {
namespace {

using namespace std::chrono_literals;

// Both are called more often than the baseline waits for, but hardly any time goes into `cold`.
constexpr std::string_view text = R"((module
  (func $cold (export "cold") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func $hot (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.xor (i32.mul (local.get $sum) (i32.const 31)) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $often (export "often") (param $rounds i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $hot (i32.const 1000))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))))";

class Heat : public ::testing::Test {
 protected:
  Heat() {
    EngineOptions options;
    options.tier = Tier::automatic;
    engine_.emplace(options);
    observe_native(*engine_, [this](const NativeFunction& function) {
      if (function.name.ends_with("(baseline)")) return;
      const std::lock_guard lock(mutex_);
      compiled_.push_back(function.name);
    });
    module_ = Module::compile(*engine_, text).value();
    store_.emplace(*engine_);
    instance_ = Instance::make(*store_, *module_, {}).value();
  }

  std::vector<std::string> compiled() {
    const std::lock_guard lock(mutex_);
    return compiled_;
  }

  std::optional<Engine> engine_;
  std::optional<Module> module_;
  std::optional<Store> store_;
  std::optional<Instance> instance_;

 private:
  std::mutex mutex_;
  std::vector<std::string> compiled_;
};

TEST_F(Heat, DecidesWhatIsCompiled) {
  const auto often = instance_->func<std::uint32_t(std::uint32_t)>("often").value();
  const auto cold = instance_->func<std::uint32_t(std::uint32_t)>("cold").value();
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(cold(i).value(), 3 * i);
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (compiled().empty() && std::chrono::steady_clock::now() < end) ASSERT_TRUE(often(1000));
  ASSERT_FALSE(compiled().empty());
  EXPECT_EQ(compiled().front(), "hot");  // and not its loop: it is called again and again
  EXPECT_EQ(std::ranges::count(compiled(), "cold"), 0);
}

}  // namespace
}  // namespace tenon
