// How fast modules are printed, in bytes of text, and by how much faster than wasm-tools.
//
// The module comes from the environment variable TENON_BENCH_MODULE; without one, it is made here. With the path of
// wasm-tools in TENON_BENCH_WASM_TOOLS, its `print` runs on the same file, and processor time is compared: that of the
// child process with that of reading and printing here, so that neither side gains by a busy machine. Both write their
// text to nowhere.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tenon/tools.hpp"

namespace {

using namespace tenon;

// A module of functions that add up array elements, by way of the parser.
std::string made_module() {
  std::string text = "(module (memory 1) (func $sum (param $at i32) (param $count i32) (result i32) (local $sum i32)\n";
  constexpr std::string_view body =
      "(block $done (loop $next (br_if $done (i32.eqz (local.get $count)))\n"
      "(local.set $sum (i32.add (local.get $sum) (i32.load offset=16 (local.get $at))))\n"
      "(local.set $at (i32.add (local.get $at) (i32.const 4)))\n"
      "(local.set $count (i32.sub (local.get $count) (i32.const 1))) (br $next)))\n";
  for (int i = 0; i < 20'000; ++i) text += body;
  text += "local.get $sum))";
  return tools::parse(text).value();
}

const char* module_path() { return std::getenv("TENON_BENCH_MODULE"); }

const std::string& input() {
  static const std::string bytes = [] {
    if (module_path() == nullptr) return made_module();
    std::ifstream file(module_path(), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  return bytes;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}
double processor_time(int who) {
  rusage usage{};
  getrusage(who, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Processor time of `wasm-tools print`; 0 if it cannot run.
double peer_time(const char* program) {
  std::string path = program;
  std::string file = module_path();
  char print[] = "print";
  char option[] = "-o";
  char nowhere[] = "/dev/null";
  char* arguments[] = {path.data(), print, file.data(), option, nowhere, nullptr};
  const double before = processor_time(RUSAGE_CHILDREN);
  pid_t child = 0;
  int status = 0;
  if (posix_spawn(&child, program, nullptr, nullptr, arguments, environ) != 0) return 0;
  if (waitpid(child, &status, 0) != child || status != 0) return 0;
  return processor_time(RUSAGE_CHILDREN) - before;
}

void print(benchmark::State& state) {
  tools::PrintOptions options;
  options.fold = state.range(0) != 0;
  const std::string& module = input();
  std::int64_t size = 0;
  double spent = 0;
  for (auto _ : state) {
    const double before = processor_time(RUSAGE_SELF);
    {
      const Result<std::string> text = tools::print(module, options);
      if (!text) return state.SkipWithError("the module does not print");
      size = static_cast<std::int64_t>(text->size());
    }
    spent += processor_time(RUSAGE_SELF) - before;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * size);
  const char* peer = std::getenv("TENON_BENCH_WASM_TOOLS");
  if (peer == nullptr || module_path() == nullptr || options.fold) return;
  constexpr int runs = 3;
  double theirs = 0;
  for (int i = 0; i < runs; ++i) theirs += peer_time(peer);
  state.counters["times_as_fast_as_wasm_tools"] = theirs / runs / (spent / static_cast<double>(state.iterations()));
}
BENCHMARK(print)->ArgName("fold")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
