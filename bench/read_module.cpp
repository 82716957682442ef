// How fast modules are read, beside a copy of the same bytes. The file comes from the environment variable
// TENON_BENCH_MODULE; without one, a module of many small functions is made here.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory_resource>
#include <vector>

#include "binary/core/instructions.hpp"
#include "binary/core/module.hpp"

namespace {

using namespace tenon;
using namespace tenon::core;

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

std::vector<std::uint8_t> made_module() {
  constexpr std::size_t functions = 20'000;
  Module module(heap());
  module.types.push_back(module.arena, SubType{});
  module.rec_groups.push_back(module.arena, RecGroup{.first = TypeIdx(0U)});
  ByteWriter body(module.arena);
  body.u32(1);
  body.u32(2);
  write_val_type(body, i32);
  for (int i = 0; i < 40; ++i) {
    Instruction instruction;
    instruction.op = Op::local_get;
    write_instruction(body, instruction);
    instruction.op = Op::i32_const;
    instruction.bits = static_cast<std::uint64_t>(i * i);
    write_instruction(body, instruction);
    instruction.op = Op::i32_store;
    instruction.mem = {.align_log2 = 2, .memory = MemoryIdx(0U), .offset = static_cast<std::uint64_t>(i * 4)};
    write_instruction(body, instruction);
  }
  Instruction end;
  end.op = Op::end;
  write_instruction(body, end);
  for (std::size_t i = 0; i < functions; ++i) {
    module.funcs.push_back(module.arena, Func{.type = TypeIdx(0U), .body = body.view(), .offset = 0});
  }
  for (const SectionId id : {SectionId::type, SectionId::function, SectionId::code}) module.mark_changed(id);
  ByteWriter out(module.arena);
  write_module(module, out);
  return {out.view().begin(), out.view().end()};
}

const std::vector<std::uint8_t>& input() {
  static const std::vector<std::uint8_t> bytes = [] {
    const char* path = std::getenv("TENON_BENCH_MODULE");
    if (path == nullptr) return made_module();
    std::ifstream file(path, std::ios::binary);
    return std::vector<std::uint8_t>(std::istreambuf_iterator<char>(file), {});
  }();
  return bytes;
}

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * input().size()));
}

void copy(benchmark::State& state) {
  std::vector<std::uint8_t> to(input().size());
  for (auto _ : state) {
    std::memcpy(to.data(), input().data(), to.size());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state);
}
BENCHMARK(copy);

void read(benchmark::State& state) {
  for (auto _ : state) {
    const Result<Module> module = read_module(input(), heap());
    if (!module) return state.SkipWithError("the module does not read");
    benchmark::DoNotOptimize(module->funcs.size());
  }
  count_bytes(state);
}
BENCHMARK(read);

void read_and_check_bodies(benchmark::State& state) {
  for (auto _ : state) {
    const Result<Module> module = read_module(input(), heap());
    if (!module || !check_bodies(*module, Features::defaults())) return state.SkipWithError("the module does not read");
    benchmark::DoNotOptimize(module->funcs.size());
  }
  count_bytes(state);
}
BENCHMARK(read_and_check_bodies);

}  // namespace

BENCHMARK_MAIN();
