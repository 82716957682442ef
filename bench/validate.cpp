// How fast modules are validated, in bytes of code a second: bodies in one thread and in two, whole modules, and beside
// them a peer.
//
//   TENON_BENCH_MODULE  the file; without it, a module made here
//   TENON_BENCH_PEER    a command that validates the file whose name is put after it ("wasm-tools validate"). It is
//   timed by
//                       the processor time of the process, less that for an empty module, so that starting it costs
//                       nothing.
#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory_resource>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include "binary/core/module.hpp"
#include "text/core/text.hpp"
#include "validate/core/module.hpp"

namespace {

using namespace tenon;
using namespace tenon::core;

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

// Functions like those that compilers write: locals, arithmetic, memory, a loop, a call.
std::string made_source() {
  std::string source = "(module (memory 1) (global $sp (mut i32) (i32.const 65536))";
  for (int i = 0; i < 20'000; ++i) {
    source += R"((func (param i32 i32) (result i32) (local i32 i32)
      (local.set 2 (i32.sub (global.get $sp) (i32.const 16)))
      (block (loop
        (br_if 1 (i32.eqz (local.get 1)))
        (i32.store offset=12 (local.get 2) (i32.load offset=1024 (i32.add (local.get 0) (i32.shl (local.get 3) (i32.const 2)))))
        (local.set 3 (i32.add (local.get 3) (i32.load offset=12 (local.get 2))))
        (local.set 1 (i32.sub (local.get 1) (i32.const 1)))
        (br 0)))
      (if (result i32) (i32.gt_s (local.get 3) (i32.const 1000)) (then (call 0 (local.get 3) (local.get 1))) (else (local.get 3)))))";
  }
  return source + ")";
}

struct Input {
  std::vector<std::uint8_t> bytes;
  Module module{heap()};
  std::size_t code = 0;
};

Module read_or_exit(Bytes bytes) {
  Result<Module> module = read_module(bytes, heap(), {.features = Features::all()});
  if (module) return std::move(*module);
  std::fprintf(stderr, "%.*s\n", static_cast<int>(module.error().message().size()), module.error().message().data());
  std::exit(1);
}

Input& input() {
  static Input loaded = [] {
    Input made;
    if (const char* path = std::getenv("TENON_BENCH_MODULE"); path != nullptr) {
      std::ifstream file(path, std::ios::binary);
      made.bytes.assign(std::istreambuf_iterator<char>(file), {});
    } else {
      const std::string source = made_source();
      Arena arena(heap());
      ByteWriter out(arena);
      write_module(parse_module(source, heap()).value(), out);
      made.bytes.assign(out.view().begin(), out.view().end());
    }
    made.module = read_or_exit(made.bytes);
    for (const Func& func : made.module.funcs) made.code += func.body.size();
    return made;
  }();
  return loaded;
}

void count_code(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * input().code));
}

void validate_some(const ValidatedModule& validated, std::uint32_t first, std::uint32_t step) {
  BodyValidator bodies(validated, heap());
  const Module& module = *validated.module;
  for (std::uint32_t i = module.imported_funcs + first; i < module.funcs.size(); i += step) {
    const Result<void> verdict = bodies.validate(FuncIdx(i));
    if (!verdict) std::abort();
  }
}

void bodies(benchmark::State& state) {
  TypeRegistry registry(heap());
  Arena arena(heap());
  const ValidatedModule validated =
      validate_declarations(input().module, registry, arena, {.features = Features::all()}).value();
  const auto threads = static_cast<std::uint32_t>(state.range(0));
  for (auto _ : state) {
    std::vector<std::thread> others;
    for (std::uint32_t i = 1; i < threads; ++i) others.emplace_back([&, i] { validate_some(validated, i, threads); });
    validate_some(validated, 0, threads);
    for (std::thread& other : others) other.join();
  }
  count_code(state);
}

void whole_module(benchmark::State& state) {
  for (auto _ : state) {
    TypeRegistry registry(heap());
    Arena arena(heap());
    benchmark::DoNotOptimize(validate_module(input().module, registry, arena, {.features = Features::all()}));
  }
  count_code(state);
}

double processor_time_of_children() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double run_peer(const std::string& command, const char* path, const std::vector<std::uint8_t>& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const double before = processor_time_of_children();
  const int status = std::system((command + " " + path).c_str());
  if (status != 0) std::abort();
  return processor_time_of_children() - before;
}

void peer(benchmark::State& state) {
  const char* command = std::getenv("TENON_BENCH_PEER");
  if (command == nullptr) return state.SkipWithError("TENON_BENCH_PEER is not set");
  const std::vector<std::uint8_t> empty = {0, 'a', 's', 'm', 1, 0, 0, 0};
  const char* path = "bench_validate_peer.wasm";
  for (auto _ : state) {
    const double start = run_peer(command, path, empty);
    state.SetIterationTime(std::max(1e-9, run_peer(command, path, input().bytes) - start));
  }
  std::remove(path);
  count_code(state);
}

}  // namespace

BENCHMARK(bodies)->Arg(1)->Arg(2)->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(whole_module)->Unit(benchmark::kMillisecond);
BENCHMARK(peer)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
