// The tiers against each other, for as long as one wants: random modules, whose functions are called with random
// arguments, in every tier and with tiers changed at random points.
//
//   tenon_tiers [--seed N] COUNT
//
// COUNT calls are made, of which each is run by the interpreter, by compiled code of both tiers, and by guests that
// change tiers at random calls and turns of loops. Every other module is metered, and its calls have fuel that ends
// somewhere. What must hold: the same result or trap, and the same memory, globals and fuel afterwards. A module that
// differs is written to tiers-N.wasm, N being the seed with which it comes again. The exit code is 1 if there was one.
#include <bit>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "random_module.hpp"
#include "tenon/tenon.hpp"

namespace {

using namespace tenon;
using differential::functions;

constexpr unsigned calls_of_a_module = 200;

// splitmix64
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E37'79B9'7F4A'7C15;
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EB;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

// Bits of an argument: often such as matter, sometimes any. NaNs are of one kind, as in the module.
std::uint64_t argument(ValType type, Random& random) {
  static constexpr std::uint64_t integers[] = {0, 1, 2, 31, 0xFFFF, 0xFFFF'FFF0, 0x7FFF'FFFF, 0x8000'0000, ~0ULL};
  static constexpr double reals[] = {0, -0.0, 1, -1.5, 1e10, 4294967296.0, -9.3e18, 1e-310, 1e300};
  const std::uint64_t choice = random.next();
  if (type == ValType::v128()) return choice % 3 == 0 ? random.next() : integers[choice / 3 % std::size(integers)];
  if (type == ValType::i32() || type == ValType::i64()) {
    return choice % 3 == 0 ? random.next() : integers[choice / 3 % std::size(integers)];
  }
  const double real = reals[choice % std::size(reals)];
  return type == ValType::f32() ? std::bit_cast<std::uint32_t>(static_cast<float>(real))
                                : std::bit_cast<std::uint64_t>(real);
}

std::uint64_t sum_of(std::span<const std::uint8_t> bytes) {
  std::uint64_t sum = bytes.size();
  for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, 8);
    sum = (std::rotl(sum, 5) ^ word) * 0x9E37'79B9'7F4A'7C15;
  }
  return sum;
}

// A tier's run of one module: what each call did, as a line.
class Run {
 public:
  Run(const EngineOptions& options, const std::string& bytes)
      : engine_(options), is_metered_(options.fuel), module_(Module::compile(engine_, bytes).value()) {}

  std::string call(unsigned function, Random random) {
    if (has_trapped_) {
      store_.emplace(engine_, Limits().memory(1_MiB));
      instance_ = Instance::make(*store_, module_, {}).value();
    }
    const Func func = instance_.func("f" + std::to_string(function)).value();
    std::vector<Val> arguments;
    for (const ValType param : func.type().params) {
      const std::uint64_t low = argument(param, random);
      arguments.push_back(Val::from_bits(param, low, param.is_vector() ? random.next() : 0));
    }
    constexpr unsigned most_fuel_log2 = 16;
    const std::uint64_t fuel = random.next() >> (64 - 1 - random.next() % most_fuel_log2);
    if (is_metered_) store_->set_fuel(fuel);
    const auto results = func.call(arguments);
    has_trapped_ = !results;
    std::string line = results ? "result " + std::to_string(differential::bits_of(results->front()))
                               : std::string(results.error().message());
    line += " memory " + std::to_string(sum_of(instance_.memory("memory").value().data()));
    for (unsigned i = 0; i < differential::globals; ++i) {
      const auto global = instance_.global("g" + std::to_string(i)).value();
      line += " " + std::to_string(differential::bits_of(global.get().value()));
    }
    if (is_metered_) line += " of fuel " + std::to_string(fuel) + " left " + std::to_string(store_->fuel());
    return line;
  }

 private:
  const Engine engine_;
  const bool is_metered_;
  const Module module_;
  std::optional<Store> store_;
  Instance instance_;
  bool has_trapped_ = true;
};

EngineOptions options_of(Tier tier, bool is_metered, std::uint64_t seed = 0) {
  EngineOptions options;
  options.tier = tier;
  options.fuel = is_metered;
  options.tier_seed = seed;
  return options;
}

// Whether all tiers agree on the module of this seed.
bool agree(std::uint64_t seed, std::uint64_t calls) {
  Random random(seed);
  std::vector<std::uint8_t> choices(256 + random.next() % 4096);
  for (std::uint8_t& choice : choices) choice = static_cast<std::uint8_t>(random.next());
  const std::string bytes = differential::RandomModule(choices.data(), choices.size()).module();
  const bool is_metered = seed % 2 == 0;
  struct Tried {
    const char* name;
    EngineOptions options;
  };
  const Tried tried[] = {{"baseline", options_of(Tier::baseline, is_metered)},
                         {"baseline at random points", options_of(Tier::baseline, is_metered, seed | 1)},
                         {"optimizing", options_of(Tier::optimizing, is_metered)},
                         {"all tiers at random points", options_of(Tier::automatic, is_metered, seed | 1)}};
  Run oracle(options_of(Tier::interpreter, is_metered), bytes);
  std::vector<std::unique_ptr<Run>> runs;
  for (const Tried& one : tried) runs.push_back(std::make_unique<Run>(one.options, bytes));
  for (std::uint64_t call = 0; call < calls; ++call) {
    const Random given(random.next());
    const std::string expected = oracle.call(call % functions, given);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const std::string found = runs[i]->call(call % functions, given);
      if (found == expected) continue;
      std::printf("seed %" PRIu64 ", call %" PRIu64 " of f%u\n  interpreter: %s\n  %s: %s\n", seed, call,
                  static_cast<unsigned>(call % functions), expected.c_str(), tried[i].name, found.c_str());
      std::ofstream("tiers-" + std::to_string(seed) + ".wasm", std::ios::binary) << bytes;
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seed = 1;
  int first = 1;
  if (argc > 2 && std::strcmp(argv[1], "--seed") == 0) {
    seed = std::strtoull(argv[2], nullptr, 10);
    first = 3;
  }
  if (first >= argc) {
    std::fprintf(stderr, "usage: tenon_tiers [--seed N] COUNT\n");
    return 2;
  }
  const std::uint64_t count = std::strtoull(argv[first], nullptr, 10);
  std::uint64_t done = 0;
  std::uint64_t modules = 0;
  std::uint64_t differing = 0;
  for (; done < count; ++seed, ++modules) {
    const std::uint64_t calls = std::min<std::uint64_t>(calls_of_a_module, count - done);
    if (!agree(seed, calls)) ++differing;
    done += calls;
    std::fflush(stdout);
  }
  std::printf("%" PRIu64 " calls in %" PRIu64 " modules, %" PRIu64 " modules differ\n", done, modules, differing);
  return differing == 0 ? 0 : 1;
}
