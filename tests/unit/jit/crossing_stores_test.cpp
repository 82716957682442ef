// A store that crosses the end of its memory traps and writes nothing, on every tier.
#include <cstring>
#include <gtest/gtest.h>

#include "unit/jit/guest.hpp"

namespace tenon {
namespace {

struct Case {
  const char* name;
  const char* store;  // of ones
  std::uint32_t width;
};
constexpr Case cases[] = {
    {"I32Store", "i32.store (local.get 0) (i32.const -1)", 4},
    {"I32Store16", "i32.store16 (local.get 0) (i32.const -1)", 2},
    {"I64Store", "i64.store (local.get 0) (i64.const -1)", 8},
    {"I64StoreOfAParameter", "i64.store (local.get 0) (local.get 1)", 8},
    {"I64Store16", "i64.store16 (local.get 0) (local.get 1)", 2},
    {"I64Store32", "i64.store32 (local.get 0) (local.get 1)", 4},
    {"F32Store", "f32.store (local.get 0) (f32.const nan:0x7fffff)", 4},
    {"F64Store", "f64.store (local.get 0) (f64.reinterpret_i64 (local.get 1))", 8},
    {"BehindAnOffset", "i64.store offset=3 (i32.sub (local.get 0) (i32.const 3)) (local.get 1)", 8},
    {"AtASum", "i32.store offset=5 (i32.add (local.get 0) (i32.const -5)) (i32.wrap_i64 (local.get 1))", 4},
    {"V128Store", "v128.store (local.get 0) (i64x2.splat (local.get 1))", 16},
    {"V128Store64Lane", "v128.store64_lane 1 (local.get 0) (i64x2.splat (local.get 1))", 8},
};

std::string module_of(const Case& one) {
  return "(module (memory (export \"m\") 1) (func $f (export \"f\") (param i32 i64) (" + std::string(one.store) + ")))";
}

class CrossingStores : public testing::TestWithParam<Case> {};

TEST_P(CrossingStores, WriteNothing) {
  const Case& it = GetParam();
  constexpr std::uint32_t size = 65536;
  for (const Tier tier : {Tier::interpreter, Tier::baseline, Tier::optimizing}) {
    CompiledGuest guest(module_of(it), compiling_engine(tier));
    guest.start();
    const auto f = guest.func<void(std::int32_t, std::int64_t)>("f");
    const auto bytes = guest.instance.memory("m").value().data();
    for (std::uint32_t inside = 1; inside < it.width; ++inside) {
      const auto done = f(static_cast<std::int32_t>(size - inside), -1);
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().message(), "out of bounds memory access");
      for (std::uint32_t i = size - it.width; i < size; ++i) ASSERT_EQ(bytes[i], 0) << i - size;
    }
    ASSERT_TRUE(f(static_cast<std::int32_t>(size - it.width), -1));
    EXPECT_EQ(bytes[size - it.width - 1], 0);
    for (std::uint32_t i = size - it.width; i < size; ++i) EXPECT_NE(bytes[i], 0) << i - size;
  }
}

INSTANTIATE_TEST_SUITE_P(All, CrossingStores, testing::ValuesIn(cases),
                         [](const auto& info) { return info.param.name; });

#if defined(__aarch64__)
// An emulator writes all or nothing: that the machine does, too, is to be seen in the code. A load and a store of the
// same place differ in one bit and the register.
bool reads_before_it_writes(const NativeFunction& code) {
  std::vector<std::uint32_t> words(code.size / 4);
  std::memcpy(words.data(), code.begin, words.size() * 4);
  constexpr std::uint32_t is_load = 1U << 22;
  constexpr std::uint32_t register_bits = 31;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool loads = (words[i] & 0x3A00'0000) == 0x3800'0000 && (words[i] & is_load) != 0;
    for (std::size_t k = i + 1; loads && k < words.size(); ++k) {
      if (((words[i] ^ words[k]) & ~register_bits) == is_load) return true;
    }
  }
  return false;
}

TEST_P(CrossingStores, AreReadFirst) {
  const Case& it = GetParam();
  const bool is_vector = std::string_view(it.name).starts_with("V128");  // the interpreter's, in the baseline
  for (const Tier tier : {Tier::baseline, Tier::optimizing}) {
    if (tier == Tier::baseline && is_vector) continue;
    const Engine engine = compiling_engine(tier);
    unsigned seen = 0;
    observe_native(engine, [&](const NativeFunction& function) {
      ++seen;
      EXPECT_TRUE(reads_before_it_writes(function)) << function.name;
    });
    const Module module = Module::compile(engine, module_of(it)).value();
    Store store(engine);
    const Instance instance = Instance::make(store, module, {}).value();
    ASSERT_TRUE(instance.func<void(std::int32_t, std::int64_t)>("f").value()(8, -1));
    EXPECT_EQ(seen, 1U);
  }
}
#endif

}  // namespace
}  // namespace tenon
