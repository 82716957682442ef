// The baseline tier against the interpreter: every operation on numbers over special values, memory, control, and
// changes of the tier while a loop runs.
#include "jit/baseline/baseline.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "interp/operation.hpp"
#include "tenon/tenon.hpp"

namespace tenon {
namespace {

Engine engine_of(Tier tier, std::uint64_t seed = 0, bool fuel = false) {
  EngineOptions options;
  options.tier = tier;
  options.tier_seed = seed;
  options.fuel = fuel;
  return Engine(options);
}

// A module's functions on one engine.
class Guest {
 public:
  Guest(const Engine& engine, std::string_view text)
      : module_(Module::compile(engine, text).value()),
        store_(engine),
        instance_(Instance::make(store_, module_, {}).value()) {}
  // The results' bits, or the error's message.
  std::string call(std::string_view name, const std::vector<Val>& arguments) {
    const auto results = instance_.func(name).value().call(arguments);
    if (!results) return std::string(results.error().message());
    std::string text;
    for (const Val& value : *results) text += bits_of(value) + " ";
    return text;
  }
  Store& store() noexcept { return store_; }

 private:
  // All NaNs are alike: which one an operation gives is not settled.
  static std::string bits_of(const Val& value) {
    const std::uint64_t bits = value.low_bits();
    if (value.type() == ValType::f32()) {
      const auto number = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
      if (std::isnan(number)) return "nan";
    }
    if (value.type() == ValType::f64() && std::isnan(std::bit_cast<double>(bits))) return "nan";
    return std::to_string(bits);
  }
  Module module_;
  Store store_;
  Instance instance_;
};

struct Kind {
  const char* name;
  ValType type;
  std::vector<std::uint64_t> values;
};

std::uint64_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }
std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

const Kind& kind_of(char letter) {
  static const Kind i32{
      "i32", ValType::i32(), {0, 1, 2, 7, 31, 32, 33, 0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFF, 0x1234'8081}};
  static const Kind i64{"i64",
                        ValType::i64(),
                        {0, 1, 63, 64, 0x8000'0000, 0xFFFF'FFFF, 0x1'0000'0000, 0x7FFF'FFFF'FFFF'FFFF,
                         0x8000'0000'0000'0000, 0xFFFF'FFFF'FFFF'FFFF, 0x1234'5678'9ABC'8081}};
  static const Kind f32{"f32",
                        ValType::f32(),
                        {bits(0.0F), bits(-0.0F), bits(1.5F), bits(-2.5F), bits(1e10F), bits(-0.75F), bits(3e38F),
                         bits(2147483648.0F), bits(INFINITY), bits(-INFINITY), bits(NAN)}};
  static const Kind f64{"f64",
                        ValType::f64(),
                        {bits(0.0), bits(-0.0), bits(1.5), bits(-2.5), bits(1e18), bits(-0.75), bits(1e300),
                         bits(4294967295.5), bits(double{INFINITY}), bits(-double{INFINITY}), bits(double{NAN})}};
  switch (letter) {
    case 'i': return i32;
    case 'l': return i64;
    case 'f': return f32;
    default: return f64;
  }
}

std::string constant(const Kind& kind, std::uint64_t value) {
  const std::string text = std::to_string(value);
  if (kind.type == ValType::f32()) return "(f32.reinterpret_i32 (i32.const " + text + "))";
  if (kind.type == ValType::f64()) return "(f64.reinterpret_i64 (i64.const " + text + "))";
  return "(" + std::string(kind.name) + ".const " + text + ")";
}

// `f`: operands in locals; `g`: in accumulators, the result in a local; `b`: as a condition; `k0`, `k1` ...: the second
// operand is a constant.
std::string module_of(Op op) {
  const std::string_view params = interp::params_of(op);
  const Kind& result = kind_of(interp::results_of(op)[0]);
  const std::string mnemonic(info(op).mnemonic);
  std::string declared;
  std::string gets;
  for (std::size_t i = 0; i < params.size(); ++i) {
    declared += "(param " + std::string(kind_of(params[i]).name) + ")";
    gets += "(local.get " + std::to_string(i) + ")";
  }
  declared += "(result " + std::string(result.name) + ")";
  const std::string local = "(local $r " + std::string(result.name) + ")";
  const std::string computed = "(" + mnemonic + gets + ")";
  std::string text = "(module (func (export \"f\")" + declared + computed + ")";
  text += "(func (export \"g\")" + declared + local + "(local.set $r " + computed +
          ") (local.get $r) (drop) (local.get $r))";
  const Kind& last = kind_of(params.back());
  for (std::size_t i = 0; params.size() == 2 && i < last.values.size(); ++i) {
    text += "(func (export \"k" + std::to_string(i) + "\")" + declared + "(" + mnemonic + "(local.get 0)" +
            constant(last, last.values[i]) + "))";
  }
  if (result.type == ValType::i32()) {
    text += "(func (export \"b\")" + declared + "(if (result i32) " + computed +
            "(then (i32.const 10)) (else (i32.const 20))))";
  }
  return text + ")";
}

TEST(Baseline, ComputesWhatTheInterpreterDoes) {
  const Engine native = engine_of(Tier::baseline);
  const Engine interpreter = engine_of(Tier::interpreter);
  for (std::size_t i = 0; i < op_count; ++i) {
    const Op op = static_cast<Op>(i);
    if (!interp::is_numeric(op)) continue;
    const std::string text = module_of(op);
    Guest ours(native, text);
    Guest expected(interpreter, text);
    const std::string_view params = interp::params_of(op);
    const Kind& first = kind_of(params[0]);
    const Kind& second = kind_of(params.back());
    std::vector<std::string> names{"f", "g"};
    if (interp::results_of(op) == "i") names.emplace_back("b");
    for (std::size_t k = 0; params.size() == 2 && k < second.values.size(); ++k)
      names.push_back("k" + std::to_string(k));
    for (const std::uint64_t a : first.values) {
      for (const std::uint64_t b : second.values) {
        std::vector<Val> arguments{Val::from_bits(first.type, a)};
        if (params.size() == 2) arguments.push_back(Val::from_bits(second.type, b));
        for (const std::string& name : names) {
          ASSERT_EQ(ours.call(name, arguments), expected.call(name, arguments))
              << info(op).mnemonic << " " << name << " " << a << " " << b;
        }
        if (params.size() == 1) break;
      }
    }
  }
}

constexpr const char* loops = R"((module
  (memory 1)
  (func $sum (export "sum") (param $n i32) (result i64) (local $i i32) (local $s i64)
    (block $done
      (loop $again
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (i64.store (i32.and (i32.shl (local.get $i) (i32.const 3)) (i32.const 0xFFF8)) (local.get $s))
        (local.set $s (i64.add (i64.mul (local.get $s) (i64.const 31)) (i64.extend_i32_u (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $again)))
    (local.get $s))
  (func $fib (export "fib") (param $n i32) (result i64)
    (if (result i64) (i32.lt_u (local.get $n) (i32.const 2))
      (then (i64.extend_i32_u (local.get $n)))
      (else (i64.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
                     (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
  (func (export "load") (param $at i32) (result i32) (i32.load offset=65532 (local.get $at)))
  (func (export "deep") (param $n i32) (result i32)
    (if (result i32) (local.get $n) (then (unreachable)) (else (i32.const 7))))
  (func (export "params") (result i32) (local $x i32)
    (i32.const 1)
    (loop (param i32) (result i32)
      (i32.const 4) (i32.add) (local.tee $x) (local.get $x) (i32.lt_u (i32.const 10)) (br_if 0)))
  (func (export "many") (param i32) (result i64 i32)
    (i64.const 0x1_0000_0001) (local.get 0)))
)";

TEST(Baseline, RunsLoopsAndCallsAsTheInterpreterDoes) {
  Guest expected(engine_of(Tier::interpreter), loops);
  for (const std::uint64_t seed : {0, 1, 2, 3, 4, 5}) {
    for (const bool fuel : {false, true}) {
      Guest ours(engine_of(Tier::baseline, seed, fuel), loops);
      if (fuel) ours.store().set_fuel(10'000'000);
      for (const char* name : {"sum", "fib", "load", "deep", "many"}) {
        for (const std::uint32_t n : {0U, 1U, 5U, 22U, 4U, 0xFFFF'FFFFU}) {
          if (n > 22 && (name == std::string_view("sum") || name == std::string_view("fib"))) continue;
          const std::vector<Val> arguments{Val(n)};
          ASSERT_EQ(ours.call(name, arguments), expected.call(name, arguments)) << name << n << " seed " << seed;
        }
      }
      ASSERT_EQ(ours.call("params", {}), expected.call("params", {})) << "seed " << seed;
    }
  }
}

TEST(Baseline, TakesAsMuchFuelAsTheInterpreter) {
  for (const std::uint64_t budget : {1'000'000, 300, 77}) {
    Guest expected(engine_of(Tier::interpreter, 0, true), loops);
    Guest ours(engine_of(Tier::baseline, 0, true), loops);
    expected.store().set_fuel(budget);
    ours.store().set_fuel(budget);
    for (const char* name : {"sum", "fib", "load"}) {
      ASSERT_EQ(ours.call(name, {Val(12U)}), expected.call(name, {Val(12U)})) << name;
      ASSERT_EQ(ours.store().fuel(), expected.store().fuel()) << name;
    }
  }
}

TEST(Baseline, IsThereOnItsMachines) {
#if defined(__x86_64__) || defined(__aarch64__)
  EXPECT_TRUE(jit::has_baseline());
#else
  EXPECT_FALSE(jit::has_baseline());
#endif
}

}  // namespace
}  // namespace tenon
