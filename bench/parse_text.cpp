// Text to binary: what `tenon parse` does, without the files. The peer is `wasm-tools parse` on the same text (its
// process's time includes reading and writing). Give the text's path in TENON_BENCH_WAT.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <fstream>
#include <memory_resource>
#include <sstream>
#include <string>

#include "binary/core/module.hpp"
#include "text/core/text.hpp"
#include "text/lexer.hpp"

namespace {

using namespace tenon;

// A stand-in of the same mix of instructions, for when no text is given.
std::string make_text() {
  std::string text = "(module\n  (memory 1)\n";
  for (int i = 0; i < 20'000; ++i) {
    text += "  (func $f" + std::to_string(i) + " (param i32 i64) (result i32)\n    (local i32 i32)\n";
    text += "    local.get 0\n    i32.const 1049\n    i32.add\n    local.tee 2\n    i32.load offset=12 align=1\n";
    text += "    block  ;; label = @1\n      local.get 2\n      i32.eqz\n      br_if 0 (;@1;)\n";
    text += "      (i32.store offset=4 (local.get 2) (i32.const -77))\n    end\n";
    text += "    call $f" + std::to_string(i / 2) + "\n    f64.const 0x1.8p+3\n    drop)\n";
  }
  return text + ")\n";
}

const std::string& text() {
  static const std::string loaded = [] {
    const char* path = std::getenv("TENON_BENCH_WAT");
    if (path == nullptr) return make_text();
    std::ifstream file(path, std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
  }();
  return loaded;
}

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(text().size()));
}

void lex(benchmark::State& state) {
  for (auto _ : state) {
    Lexer lexer(text(), *std::pmr::get_default_resource());
    while (lexer.next().kind != TokenKind::end) {
    }
  }
  count_bytes(state);
}
BENCHMARK(lex)->Unit(benchmark::kMillisecond);

void parse(benchmark::State& state) {
  for (auto _ : state) {
    const auto module = core::parse_module(text(), *std::pmr::get_default_resource());
    if (!module) state.SkipWithError(std::string(module.error().message()).c_str());
  }
  count_bytes(state);
}
BENCHMARK(parse)->Unit(benchmark::kMillisecond);

void parse_and_write(benchmark::State& state) {
  for (auto _ : state) {
    const auto module = core::parse_module(text(), *std::pmr::get_default_resource());
    if (!module) return state.SkipWithError(std::string(module.error().message()).c_str());
    Arena arena(*std::pmr::get_default_resource());
    ByteWriter out(arena);
    core::write_module(*module, out);
    benchmark::DoNotOptimize(out.view().data());
  }
  count_bytes(state);
}
BENCHMARK(parse_and_write)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
