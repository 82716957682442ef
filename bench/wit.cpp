// WIT: resolving and printing packages, and the WIT of a component. The peer is `wasm-tools component wit` on the same
// input (its process's time includes reading; instructions, `perf stat -e instructions:u`, tell the two apart). Give a
// WIT file in TENON_BENCH_WIT (the WASI packages in one: `tenon wit FOLDER > all.wit`), a component in
// TENON_BENCH_COMPONENT.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <fstream>
#include <memory_resource>
#include <sstream>
#include <string>

#include "base/bytes.hpp"
#include "binary/component/component.hpp"
#include "wit/decode.hpp"
#include "wit/encode.hpp"
#include "wit/print.hpp"
#include "wit/resolve.hpp"

namespace {

using namespace tenon;

std::pmr::memory_resource& memory() { return *std::pmr::new_delete_resource(); }

// A stand-in: interfaces with documented types that use one another.
std::string make_wit() {
  std::string text = "package bench:wit@0.1.0;\n";
  for (int i = 0; i < 300; ++i) {
    const std::string number = std::to_string(i);
    text += "/// Interface " + number + ", with some words on what it is for.\ninterface i" + number + " {\n";
    if (i > 0) text += "  use i" + std::to_string(i - 1) + ".{handle as previous, error-code as previous-error};\n";
    text += "  /// What can go wrong.\n  variant error-code { access, again(u32), other(option<string>) }\n";
    text += "  /// A thing.\n  resource handle {\n    /// Reads from it.\n";
    text += "    read: func(size: u64) -> result<tuple<list<u8>, bool>, error-code>;\n  }\n";
    text += "  record stat { size: u64, links: list<string>, at: option<u64> }\n";
    text += "  open: func(path: string, mode: u32) -> result<handle, error-code>;\n}\n";
  }
  return text + "world w { import i299; export i10; }\n";
}

std::string load(const char* variable, const std::string& otherwise) {
  const char* path = std::getenv(variable);
  if (path == nullptr) return otherwise;
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

const std::string& text() {
  static const std::string loaded = load("TENON_BENCH_WIT", make_wit());
  return loaded;
}

Result<wit::Resolve> resolve_text() {
  wit::ResolveOptions options;
  options.features = Features::all();
  options.all_unstable = true;
  return wit::resolve_file({"bench.wit", text()}, memory(), options);
}

const std::string& component() {
  static const std::string loaded = [] {
    Arena arena(memory());
    ByteWriter out(arena);
    auto resolve = resolve_text();
    if (resolve) wit::encode_package(*resolve, resolve->main, {"bench", "1"}, out);
    return load("TENON_BENCH_COMPONENT", std::string(as_chars(out.view())));
  }();
  return loaded;
}

void resolve(benchmark::State& state) {
  for (auto _ : state) {
    const auto resolved = resolve_text();
    if (!resolved) state.SkipWithError(std::string(resolved.error().message()).c_str());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(text().size()));
}
BENCHMARK(resolve)->Unit(benchmark::kMillisecond);

void print(benchmark::State& state) {
  const auto resolved = resolve_text();
  if (!resolved) return state.SkipWithError(std::string(resolved.error().message()).c_str());
  for (auto _ : state) benchmark::DoNotOptimize(wit::print_all(*resolved));
}
BENCHMARK(print)->Unit(benchmark::kMillisecond);

void wit_of_component(benchmark::State& state) {
  for (auto _ : state) {
    const auto read =
        component::read_component(as_bytes(std::string_view(component())), memory(), {.features = Features::all()});
    if (!read) return state.SkipWithError(std::string(read.error().message()).c_str());
    const auto decoded = wit::decode_component(*read, memory());
    if (!decoded) return state.SkipWithError(std::string(decoded.error().message()).c_str());
    benchmark::DoNotOptimize(wit::print_all(decoded->resolve));
  }
}
BENCHMARK(wit_of_component)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
