// Text of components to binary and back: what `tenon parse` and `tenon print` do, without the files. The peers are
// `wasm-tools parse` and `wasm-tools print` on the same component (their processes' times include reading and writing).
// Give the path of a component in the binary format in TENON_BENCH_COMPONENT.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <fstream>
#include <memory_resource>
#include <sstream>
#include <string>

#include "binary/component/component.hpp"
#include "text/component/text.hpp"

namespace {

using namespace tenon;

// A stand-in of the same mix of definitions, for when no component is given.
std::string make_text() {
  std::string text =
      "(component\n  (core module $m (func (export \"f\") (param i32 i32) (result i32) (i32.const 0)))\n";
  text += "  (core instance $i (instantiate $m))\n";
  for (int i = 0; i < 5'000; ++i) {
    const std::string n = std::to_string(i);
    text += "  (type $r" + n + " (record (field \"first\" u32) (field \"second\" (list string))))\n";
    text += "  (import \"i" + n + "\" (instance $i" + n + " (export \"g\" (func (param \"x\" $r" + n +
            ") (result (option u8))))))\n";
    text += "  (core func $l" + n + " (canon lower (func $i" + n + " \"g\") string-encoding=utf8))\n";
    text += "  (func (export \"e" + n +
            "\") (param \"a\" u32) (param \"b\" s32) (result bool) (canon lift (core func $i \"f\")))\n";
  }
  return text + ")\n";
}

const std::string& binary() {
  static const std::string loaded = [] {
    std::pmr::memory_resource& memory = *std::pmr::get_default_resource();
    if (const char* path = std::getenv("TENON_BENCH_COMPONENT")) {
      std::ifstream file(path, std::ios::binary);
      std::stringstream content;
      content << file.rdbuf();
      return content.str();
    }
    Arena arena(memory);
    ByteWriter out(arena);
    const std::string text = make_text();
    const auto component = component::parse_component(text, memory);
    if (component) component::write_component(component->body, out);
    return std::string(as_chars(out.view()));
  }();
  return loaded;
}

Result<std::string> print_once() {
  auto component = component::read_component(as_bytes(binary()), *std::pmr::get_default_resource());
  if (!component) return std::move(component).error();
  std::string text;
  if (auto done = component::print_component(*component, text); !done) return std::move(done).error();
  return text;
}

void print(benchmark::State& state) {
  std::size_t size = 0;
  for (auto _ : state) {
    const auto text = print_once();
    if (!text) return state.SkipWithError(std::string(text.error().message()).c_str());
    size += text->size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(size));
}
BENCHMARK(print)->Unit(benchmark::kMillisecond);

void parse_and_write(benchmark::State& state) {
  const auto text = print_once();
  if (!text) return state.SkipWithError(std::string(text.error().message()).c_str());
  for (auto _ : state) {
    const auto component = component::parse_component(*text, *std::pmr::get_default_resource());
    if (!component) return state.SkipWithError(std::string(component.error().message()).c_str());
    Arena arena(*std::pmr::get_default_resource());
    ByteWriter out(arena);
    component::write_component(component->body, out);
    benchmark::DoNotOptimize(out.view().data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(text->size()));
}
BENCHMARK(parse_and_write)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
