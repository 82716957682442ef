// What instances cost that do nothing: resident memory of each of a thousand that were made, called once and kept, and
// for components the time to make one and drop it again, from a warm pool.
//
//   bench_idle [--tier TIER] [COMPONENT]      COMPONENT: a command of WASI; without it only the module of one page
//
// Memory is what /proc/self/smaps_rollup says more afterwards, over the number of instances.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tenon/component.hpp"
#include "tenon/tenon.hpp"
#include "tenon/wasi.hpp"

namespace {

using namespace tenon;

constexpr int kept_instances = 1'000;
constexpr const char* one_page = R"((module
  (memory (export "memory") 1)
  (data (i32.const 16) "what a small module has in its memory when it begins")
  (func (export "run") (param i32) (result i32)
    (i32.store (i32.const 1024) (local.get 0))
    (i32.add (i32.load (i32.const 1024)) (i32.load8_u (i32.const 16))))))";

double resident_kilobytes() {
  std::ifstream in("/proc/self/smaps_rollup");
  for (std::string word; in >> word;) {
    double size = 0;
    if (word == "Rss:" && in >> size) return size;
  }
  return 0;
}

// Processor time: others on the machine disturb it less than the clock on the wall. The least of several runs.
template <class F>
double nanoseconds_each(int rounds, F&& f) {
  std::clock_t best = std::numeric_limits<std::clock_t>::max();
  for (int run = 0; run < 7; ++run) {
    const std::clock_t start = std::clock();
    for (int i = 0; i < rounds; ++i) f();
    best = std::min(best, std::clock() - start);
  }
  return static_cast<double>(best) * 1e9 / CLOCKS_PER_SEC / rounds;
}

void measure_module(const Engine& engine) {
  const Module module = Module::compile(engine, one_page).value();
  struct Kept {
    Store store;
    Instance instance;
  };
  const auto make = [&] {
    auto kept = std::make_unique<Kept>(Store(engine), Instance());
    kept->instance = Instance::make(kept->store, module, {}).value();
    kept->instance.func<std::int32_t(std::int32_t)>("run").value()(1).value();
    return kept;
  };
  const double time = nanoseconds_each(20'000, [&] { make(); });
  const double before = resident_kilobytes();
  std::vector<std::unique_ptr<Kept>> all;
  for (int i = 0; i < kept_instances; ++i) all.push_back(make());
  std::printf("module of one page: made, called, dropped in %.0f ns; idle %.1f KiB each\n", time,
              (resident_kilobytes() - before) / kept_instances);
}

void measure_component(const Engine& engine, const char* path) {
  const Component component = Component::load(engine, path).value();
  Linker linker(engine);
  wasi::add_to(linker, wasi::Config(), component).value();
  struct Kept {
    Store store;
    ComponentInstance instance;
  };
  const auto make = [&] {
    auto kept = std::make_unique<Kept>(Store(engine), ComponentInstance());
    kept->instance = linker.instantiate(kept->store, component).value();
    return kept;
  };
  for (int i = 0; i < 100; ++i) make();
  const double time = nanoseconds_each(2'000, [&] { make(); });
  const double before = resident_kilobytes();
  std::vector<std::unique_ptr<Kept>> all;
  for (int i = 0; i < kept_instances; ++i) all.push_back(make());
  std::printf("component: made, dropped in %.0f ns; idle %.1f KiB each\n", time,
              (resident_kilobytes() - before) / kept_instances);
}

}  // namespace

int main(int argc, char** argv) {
  EngineOptions options;
  int first = 1;
  if (argc > 2 && std::strcmp(argv[1], "--tier") == 0) {
    if (std::strcmp(argv[2], "baseline") == 0) options.tier = Tier::baseline;
    if (std::strcmp(argv[2], "optimizing") == 0) options.tier = Tier::optimizing;
    first = 3;
  }
  const Engine engine(options);
  measure_module(engine);
  for (int i = first; i < argc; ++i) measure_component(engine, argv[i]);
}
