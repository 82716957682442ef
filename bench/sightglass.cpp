// Runs one program of the sightglass suite, a module or a component, and says how long it took between its calls of
// `bench.start` and `bench.end`:
//
//   bench_sightglass TIER FILE FOLDER        TIER: interpreter, baseline, optimizing or auto
//
// TENON_BENCH_CACHE names a folder for what the optimizing tier has compiled, which takes far longer than a run.
// The folder is the guest's ".", with the inputs that it opens. What it prints goes where it does, and the last line of
// the error output is `bench NANOSECONDS`, of a steady clock. bench/sightglass.py holds this against other engines.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "tenon/component.hpp"
#include "tenon/tenon.hpp"
#include "tenon/wasi.hpp"

namespace {

using namespace tenon;
using Clock = std::chrono::steady_clock;

std::optional<Tier> tier_of(std::string_view name) {
  if (name == "interpreter") return Tier::interpreter;
  if (name == "baseline") return Tier::baseline;
  if (name == "optimizing") return Tier::optimizing;
  if (name == "auto") return Tier::automatic;
  return std::nullopt;
}

Result<void> run_module(const Engine& engine, const Linker& linker, const std::string& path) {
  auto module = Module::load(engine, path);
  if (!module) return module.error();
  Store store(engine);
  auto instance = linker.instantiate(store, *module);
  if (!instance) return instance.error();
  auto start = instance->func("_start");
  if (!start) return start.error();
  auto results = start->call({});
  if (!results && !(results.error().kind() == ErrorKind::exit && results.error().code() == 0)) return results.error();
  return {};
}

Result<void> run_component(const Engine& engine, const Linker& linker, const std::string& path) {
  auto component = Component::load(engine, path);
  if (!component) return component.error();
  Store store(engine);
  auto instance = linker.instantiate(store, *component);
  if (!instance) return instance.error();
  for (const ComponentItemType& item : component->exports()) {
    if (!item.instance.starts_with("wasi:cli/run@") || item.name != "run") continue;
    auto run = instance->func(item.instance, item.name);
    if (!run) return run.error();
    auto results = run->call({});
    if (!results) return results.error();
    return {};
  }
  return Error(ErrorKind::usage, "the component is no command");
}

}  // namespace

int main(int argc, char** argv) {
  const auto tier = argc == 4 ? tier_of(argv[1]) : std::nullopt;
  if (!tier) {
    std::fprintf(stderr, "usage: bench_sightglass interpreter|baseline|optimizing|auto FILE FOLDER\n");
    return 2;
  }
  EngineOptions options;
  options.tier = *tier;
  if (const char* folder = std::getenv("TENON_BENCH_CACHE"); folder != nullptr && *tier == Tier::optimizing) {
    options.cache = folder;
  }
  const Engine engine(options);
  Linker linker(engine);
  Clock::time_point begin;
  Clock::time_point end;
  const auto config = wasi::Config().inherit_stdio().dir(argv[3], ".");
  std::string bytes(4, '\0');
  if (std::FILE* file = std::fopen(argv[2], "rb"); file != nullptr) {
    bytes.resize(8);
    (void)!std::fread(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
  }
  linker.define("bench", "start", [&] { begin = Clock::now(); }).value();
  linker.define("bench", "end", [&] { end = Clock::now(); }).value();
  const bool is_component = Component::recognizes(bytes);
  auto done = wasi::add_to(linker, config);
  if (done) done = is_component ? run_component(engine, linker, argv[2]) : run_module(engine, linker, argv[2]);
  if (!done) {
    const auto text = done.error().message();
    const auto context = done.error().context();
    std::fprintf(stderr, "%.*s\n%.*s", static_cast<int>(text.size()), text.data(), static_cast<int>(context.size()),
                 context.data());
    return 1;
  }
  std::fflush(stdout);
  std::fprintf(stderr, "bench %lld\n",
               static_cast<long long>(std::chrono::duration_cast<std::chrono::nanoseconds>(end - begin).count()));
  return 0;
}
