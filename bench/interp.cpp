// How much slower than native code the interpreter is: each kernel of bench/kernels, compiled for the host and for
// wasm32 by the same compiler, alternately in one run. Prints the median ratio of each, and their geometric mean.
//
//   bench_interp [--loop] [--fuel] [--once] [kernel...]
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "binary/core/module.hpp"
#include "interp/interpreter.hpp"
#include "runtime/store.hpp"
#include "validate/core/module.hpp"

extern "C" {
#define TENON_KERNEL(name) std::uint32_t run_##name(std::uint32_t rounds);
#include "kernels.def"
#undef TENON_KERNEL
}

namespace {

using tenon::runtime::Slot;

struct Kernel {
  const char* name;
  std::uint32_t (*native)(std::uint32_t rounds);
};
constexpr Kernel kernels[] = {
#define TENON_KERNEL(name) {#name, &run_##name},
#include "kernels.def"
#undef TENON_KERNEL
};

std::vector<std::uint8_t> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A module with everything that lives as long as it runs.
class Guest {
 public:
  Guest(std::vector<std::uint8_t> bytes, const tenon::runtime::CodeSettings& settings)
      : bytes_(std::move(bytes)),
        module_(tenon::core::read_module(bytes_, *memory()).value()),
        arena_(*memory()),
        types_(*memory()),
        validated_(tenon::core::validate_module(module_, types_, arena_).value()),
        interpreter_(tenon::interp::make_interpreter(*memory())),
        code_(interpreter_->make_code(validated_, settings)),
        store_(*interpreter_, types_, *memory(), {}) {
    instance_ = tenon::runtime::instantiate(store_, *code_, {}).value();
    run_ = tenon::runtime::find_export(*instance_, "run")->func;
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  std::uint32_t run(std::uint32_t rounds) {
    Slot values[1] = {rounds};
    if (auto done = tenon::runtime::call(store_, *run_, values); !done) {
      std::fprintf(stderr, "%.*s\n%.*s", static_cast<int>(done.error().message().size()), done.error().message().data(),
                   static_cast<int>(done.error().context().size()), done.error().context().data());
    }
    return static_cast<std::uint32_t>(values[0]);
  }

 private:
  static std::pmr::memory_resource* memory() { return std::pmr::get_default_resource(); }
  std::vector<std::uint8_t> bytes_;
  tenon::core::Module module_;
  tenon::Arena arena_;
  tenon::core::TypeRegistry types_;
  tenon::core::ValidatedModule validated_;
  tenon::runtime::Executor* interpreter_;
  tenon::runtime::CodeModule* code_;
  tenon::runtime::Store store_;
  tenon::runtime::Instance* instance_ = nullptr;
  tenon::runtime::Func* run_ = nullptr;
};

// Processor time: neighbours on the machine disturb it less than the clock on the wall.
template <class F>
double seconds(F&& f) {
  const std::clock_t start = std::clock();
  f();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
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
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--loop") {
      settings.loop_dispatch = true;
    } else if (argument == "--fuel") {
      settings.fuel = true;
    } else if (argument == "--once") {
      pairs = 1;
    } else {
      chosen.push_back(argument);
    }
  }
  double logarithms = 0;
  int count = 0;
  for (const Kernel& kernel : kernels) {
    if (!chosen.empty() && std::ranges::find(chosen, kernel.name) == chosen.end()) continue;
    Guest guest(read_file(std::string(TENON_KERNELS "/") + kernel.name + ".wasm"), settings);
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
