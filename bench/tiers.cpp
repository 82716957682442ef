// How much slower than native code each tier is: each kernel of bench/kernels, compiled for the host and for wasm32 by
// the same compiler, alternately in one run. Prints the median ratios, their geometric mean, and how fast each tier
// made its code.
//
//   bench_tiers [--baseline] [--interpreter] [kernel...]      otherwise only the optimizing tier, which has far fewer
//                                                             rounds to wait for
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/tenon.hpp"

extern "C" {
#define TENON_KERNEL(name) std::uint32_t run_##name(std::uint32_t rounds);
#include "kernels.def"
#undef TENON_KERNEL
}

namespace {

struct Kernel {
  const char* name;
  std::uint32_t (*native)(std::uint32_t rounds);
};
constexpr Kernel kernels[] = {
#define TENON_KERNEL(name) {#name, &run_##name},
#include "kernels.def"
#undef TENON_KERNEL
};

// Those that are named; without names, all but those of vectors, which are measured apart.
bool is_chosen(std::string_view name, const std::vector<std::string_view>& chosen) {
  if (chosen.empty()) return !name.starts_with("simd_");
  return std::ranges::find(chosen, name) != chosen.end();
}

template <class F>
double seconds(F&& f) {
  const auto begin = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::uint32_t calibrate(const Kernel& kernel, double target) {
  std::uint32_t rounds = 1;
  while (seconds([&] { kernel.native(rounds); }) < target) rounds *= 2;
  return rounds;
}

struct Ratio {
  double median = 0;
  double least = 0;
  double most = 0;
  double load_time = 0;
  bool agrees = true;
};

Ratio measure(const Kernel& kernel, tenon::Tier tier, std::uint32_t rounds) {
  tenon::EngineOptions options;
  options.tier = tier;
  const tenon::Engine engine(options);
  Ratio ratio;
  std::optional<tenon::Module> module;
  const std::string path = std::string(TENON_KERNELS "/") + kernel.name + ".wasm";
  ratio.load_time = seconds([&] { module = tenon::Module::load(engine, path).value(); });
  tenon::Store store(engine);
  const auto instance = tenon::Instance::make(store, *module, {}).value();
  const auto run = instance.func<std::uint32_t(std::uint32_t)>("run").value();
  std::vector<double> ratios;
  for (int pair = 0; pair < 5; ++pair) {
    std::uint32_t expected = 0;
    std::uint32_t found = 0;
    const double native = seconds([&] { expected = kernel.native(rounds); });
    const double guest = seconds([&] { found = run(rounds).value(); });
    ratio.agrees = ratio.agrees && expected == found;
    ratios.push_back(guest / native);
  }
  std::ranges::sort(ratios);
  ratio.median = ratios[ratios.size() / 2];
  ratio.least = ratios.front();
  ratio.most = ratios.back();
  return ratio;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string_view> chosen;
  std::vector<std::pair<const char*, tenon::Tier>> tiers{{"optimizing", tenon::Tier::optimizing}};
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--interpreter") {
      tiers.emplace_back("interpreter", tenon::Tier::interpreter);
    } else if (std::string_view(argv[i]) == "--baseline") {
      tiers.emplace_back("baseline", tenon::Tier::baseline);
    } else {
      chosen.emplace_back(argv[i]);
    }
  }
  for (const auto& [tier_name, tier] : tiers) {
    double logarithms = 0;
    int count = 0;
    for (const Kernel& kernel : kernels) {
      if (!is_chosen(kernel.name, chosen)) continue;
      const Ratio ratio = measure(kernel, tier, calibrate(kernel, 0.02));
      std::printf("%-12s %-12s %6.2f  (%.2f to %.2f)  loaded in %.1f ms%s\n", tier_name, kernel.name, ratio.median,
                  ratio.least, ratio.most, ratio.load_time * 1e3, ratio.agrees ? "" : "  WRONG RESULT");
      std::fflush(stdout);
      logarithms += std::log(ratio.median);
      ++count;
    }
    if (count > 0) std::printf("%-12s %-12s %6.2f\n", tier_name, "geomean", std::exp(logarithms / count));
  }
}
