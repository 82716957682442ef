// How fast components are validated, in bytes a second, and beside them a peer.
//
//   TENON_BENCH_COMPONENT  the file; without it, a component made here, of many types, instances and functions
//   TENON_BENCH_PEER       a command that validates the file whose name is put after it ("wasm-tools validate"); it is
//                          timed by the processor time of the process
#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory_resource>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "binary/component/component.hpp"
#include "text/component/text.hpp"
#include "validate/component/component.hpp"

namespace {

using namespace tenon;
using namespace tenon::component;

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

// Interfaces as WIT has them, imported, given to components inside, and exported again.
std::string made_source() {
  std::string source = "(component ";
  for (int i = 0; i < 900; ++i) {
    const std::string n = std::to_string(i);
    source += "(import \"a:b/i" + n + R"(" (instance $i)" + n + R"(
      (export "r" (type $r (sub resource)))
      (type $e (enum "one" "two" "three"))
      (export "e" (type $e' (eq $e)))
      (type $v (record (field "a" u32) (field "b" (list string)) (field "c" (option $e'))))
      (export "v" (type $v' (eq $v)))
      (export "[constructor]r" (func (param "v" $v') (result (own $r))))
      (export "[method]r.get" (func (param "self" (borrow $r)) (result (result $v' (error $e')))))))
    (alias export $i)" +
              n + R"( "r" (type $r)" + n + R"())
    (component $c)" +
              n + R"( (import "r" (type $r (sub resource))) (export "s" (type $r)))
    (instance $j)" +
              n + " (instantiate $c" + n + R"( (with "r" (type $r)" + n + R"())))
    (export "a:b/i)" +
              n + "\" (instance $i" + n + "))";
  }
  return source + ")";
}

const std::vector<std::uint8_t>& input() {
  static const std::vector<std::uint8_t> bytes = [] {
    std::vector<std::uint8_t> made;
    if (const char* path = std::getenv("TENON_BENCH_COMPONENT"); path != nullptr) {
      std::ifstream file(path, std::ios::binary);
      made.assign(std::istreambuf_iterator<char>(file), {});
      return made;
    }
    const std::string source = made_source();
    const Component component = parse_component(source, heap(), {.features = Features::all()}).value();
    Arena arena(heap());
    ByteWriter out(arena);
    write_component(component.body, out);
    made.assign(out.view().begin(), out.view().end());
    return made;
  }();
  return bytes;
}

void validate(benchmark::State& state) {
  for (auto _ : state) {
    const Component component = read_component(input(), heap(), {.features = Features::all()}).value();
    core::TypeRegistry registry(heap());
    Arena arena(heap());
    benchmark::DoNotOptimize(
        component::validate_component(component, registry, arena, {.features = Features::all()}).value());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * input().size()));
}
BENCHMARK(validate)->Unit(benchmark::kMillisecond);

double children_seconds() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

void peer(benchmark::State& state) {
  const char* command = std::getenv("TENON_BENCH_PEER");
  if (command == nullptr) return state.SkipWithError("TENON_BENCH_PEER names no command");
  const std::string path = "/tmp/tenon_bench_component.wasm";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(input().data()), static_cast<std::streamsize>(input().size()));
  const std::string line = std::string(command) + " " + path;
  for (auto _ : state) {
    const double before = children_seconds();
    if (std::system(line.c_str()) != 0) return state.SkipWithError("the peer refuses the component");
    state.SetIterationTime(children_seconds() - before);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * input().size()));
}
BENCHMARK(peer)->Unit(benchmark::kMillisecond)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
