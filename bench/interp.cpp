// How much slower than native code the interpreter is: each kernel of bench/kernels, compiled for the host and for
// wasm32 by the same compiler, alternately in one run. Prints the median ratio of each, and their geometric mean.
//
//   bench_interp [--loop] [--fuel] [--once] [--baseline] [--slots] [kernel...]
//
// --baseline measures the baseline tier instead; --slots the same with all slots in memory, which is what copies of the
// interpreter's handlers would be.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "guest.hpp"

extern "C" {
#define TENON_KERNEL(name) std::uint32_t run_##name(std::uint32_t rounds);
#include "kernels.def"
#undef TENON_KERNEL
}

namespace {

using tenon::bench::Guest;
using tenon::bench::read_file;
using tenon::bench::seconds;

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

// As many rounds as the native code does in about `target` seconds.
std::uint32_t calibrate(const Kernel& kernel, double target) {
  std::uint32_t rounds = 1;
  while (seconds([&] { kernel.native(rounds); }) < target) rounds *= 2;
  return rounds;
}

}  // namespace

int main(int argc, char** argv) {
  tenon::runtime::CodeSettings settings;
  std::vector<std::string_view> chosen;
  int pairs = 5;
  bool is_baseline = false;
  tenon::jit::BaselineOptions baseline;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--loop") {
      settings.loop_dispatch = true;
    } else if (argument == "--fuel") {
      settings.fuel = true;
    } else if (argument == "--baseline" || argument == "--slots") {
      is_baseline = true;
      baseline.uses_registers = argument == "--baseline";
    } else if (argument == "--once") {
      pairs = 1;
    } else {
      chosen.push_back(argument);
    }
  }
  double logarithms = 0;
  int count = 0;
  for (const Kernel& kernel : kernels) {
    if (!is_chosen(kernel.name, chosen)) continue;
    Guest guest(read_file(std::string(TENON_KERNELS "/") + kernel.name + ".wasm"), settings, nullptr,
                is_baseline ? &baseline : nullptr);
    const std::uint32_t rounds = calibrate(kernel, 0.01);
    std::vector<double> ratios;
    std::uint32_t expected = 0;
    std::uint32_t found = 0;
    for (int pair = 0; pair < pairs; ++pair) {
      const double native = seconds([&] { expected = kernel.native(rounds); });
      const double interpreted = seconds([&] { found = guest.run(rounds); });
      ratios.push_back(interpreted / native);
    }
    std::ranges::sort(ratios);
    const double median = ratios[ratios.size() / 2];
    std::printf("%-12s %6.2f  (%.2f to %.2f)%s\n", kernel.name, median, ratios.front(), ratios.back(),
                found == expected ? "" : "  WRONG RESULT");
    std::fflush(stdout);
    logarithms += std::log(median);
    ++count;
  }
  if (count > 0) std::printf("%-12s %6.2f\n", "geomean", std::exp(logarithms / count));
}
