// How much slower than native code each tier is: each kernel of bench/kernels, compiled for the host and for wasm32 by
// the same compiler, alternately in one run. Prints the median ratios, their geometric mean, and how fast each tier
// made its code.
//
//   bench_tiers [--baseline] [--interpreter] [--fuel] [kernel...]
//
// Without a tier's name only the optimizing tier, which has far fewer rounds to wait for. With `--fuel` the same guest
// with fuel against without, instead of against native code, and ratios of the least times: what metering costs.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
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

// A kernel in a tier.
class Guest {
 public:
  Guest(const Kernel& kernel, tenon::Tier tier, bool fuel)
      : engine_(options_of(tier, fuel)),
        module_(tenon::Module::load(engine_, std::string(TENON_KERNELS "/") + kernel.name + ".wasm").value()),
        store_(engine_) {
    if (fuel) store_.set_fuel(std::uint64_t{1} << 60);
    run_ = tenon::Instance::make(store_, module_, {}).value().func<std::uint32_t(std::uint32_t)>("run").value();
  }
  std::uint32_t run(std::uint32_t rounds) { return (*run_)(rounds).value(); }
  // What is left of so much fuel when it has run, or has no more.
  std::uint64_t left_of(std::uint64_t fuel, std::uint32_t rounds) {
    store_.set_fuel(fuel);
    const bool has_ended = (*run_)(rounds).has_value();
    const std::uint64_t left = store_.fuel();
    store_.set_fuel(std::uint64_t{1} << 60);
    return has_ended ? left : 0;
  }

 private:
  static tenon::EngineOptions options_of(tenon::Tier tier, bool fuel) {
    tenon::EngineOptions options;
    options.tier = tier;
    options.fuel = fuel;
    return options;
  }

  const tenon::Engine engine_;
  const tenon::Module module_;
  tenon::Store store_;
  std::optional<tenon::TypedFunc<std::uint32_t(std::uint32_t)>> run_;
};

// Whether the tier spends what the interpreter does.
bool agrees_in_fuel(const Kernel& kernel, Guest& metered) {
  constexpr std::uint64_t plenty = std::uint64_t{1} << 40;
  Guest interpreted(kernel, tenon::Tier::interpreter, true);
  const std::uint64_t left = interpreted.left_of(plenty, 1);
  bool agrees = metered.left_of(plenty, 1) == left;
  for (const std::uint64_t missing : {std::uint64_t{0}, std::uint64_t{1}, (plenty - left) / 2}) {
    agrees = agrees && metered.left_of(plenty - left - missing, 1) == interpreted.left_of(plenty - left - missing, 1);
  }
  return agrees;
}

// The least times of many short turns; the median of ratios is theirs.
Ratio measure_fuel(const Kernel& kernel, tenon::Tier tier, std::uint32_t rounds) {
  Ratio ratio;
  std::optional<Guest> metered;
  ratio.load_time = seconds([&] { metered.emplace(kernel, tier, true); });
  ratio.agrees = agrees_in_fuel(kernel, *metered);
  Guest plain(kernel, tier, false);
  double with = 1e9;
  double without = 1e9;
  std::vector<double> ratios;
  for (int pair = 0; pair < 50; ++pair) {
    std::uint32_t expected = 0;
    std::uint32_t found = 0;
    const double time = seconds([&] { expected = plain.run(rounds); });
    const double metered_time = seconds([&] { found = metered->run(rounds); });
    ratio.agrees = ratio.agrees && expected == found;
    ratios.push_back(metered_time / time);
    with = std::min(with, metered_time);
    without = std::min(without, time);
  }
  ratio.median = with / without;
  ratio.least = std::ranges::min(ratios);
  ratio.most = std::ranges::max(ratios);
  return ratio;
}

Ratio measure(const Kernel& kernel, tenon::Tier tier, std::uint32_t rounds) {
  Ratio ratio;
  std::optional<Guest> guest;
  ratio.load_time = seconds([&] { guest.emplace(kernel, tier, false); });
  std::vector<double> ratios;
  for (int pair = 0; pair < 5; ++pair) {
    std::uint32_t expected = 0;
    std::uint32_t found = 0;
    const double native = seconds([&] { expected = kernel.native(rounds); });
    const double time = seconds([&] { found = guest->run(rounds); });
    ratio.agrees = ratio.agrees && expected == found;
    ratios.push_back(time / native);
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
  bool is_metered = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--interpreter") {
      tiers.emplace_back("interpreter", tenon::Tier::interpreter);
    } else if (std::string_view(argv[i]) == "--baseline") {
      tiers.emplace_back("baseline", tenon::Tier::baseline);
    } else if (std::string_view(argv[i]) == "--fuel") {
      is_metered = true;
    } else {
      chosen.emplace_back(argv[i]);
    }
  }
  for (const auto& [tier_name, tier] : tiers) {
    double logarithms = 0;
    int count = 0;
    for (const Kernel& kernel : kernels) {
      if (!is_chosen(kernel.name, chosen)) continue;
      const Ratio ratio = is_metered ? measure_fuel(kernel, tier, calibrate(kernel, 0.003))
                                     : measure(kernel, tier, calibrate(kernel, 0.02));
      std::printf("%-12s %-12s %6.2f  (%.2f to %.2f)  loaded in %.1f ms%s\n", tier_name, kernel.name, ratio.median,
                  ratio.least, ratio.most, ratio.load_time * 1e3, ratio.agrees ? "" : "  WRONG RESULT");
      std::fflush(stdout);
      logarithms += std::log(ratio.median);
      ++count;
    }
    if (count > 0) std::printf("%-12s %-12s %6.2f\n", tier_name, "geomean", std::exp(logarithms / count));
  }
}
