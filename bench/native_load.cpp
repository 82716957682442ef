// How long a compiled file takes to be loaded: milliseconds of processor time for `Module::load` of each FILE.tnn, the
// least of several rounds. Nothing is compiled any more; the module is validated, and the code mapped.
//
//   bench_native_load FILE.tnn...       tenon compile FILE.wasm -o FILE.tnn
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "tenon/tenon.hpp"

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::clock_t best = 0;
    for (int round = 0; round < 7; ++round) {
      const tenon::Engine engine;
      const std::clock_t start = std::clock();
      const auto module = tenon::Module::load(engine, argv[i]);
      const std::clock_t time = std::clock() - start;
      if (!module) {
        const auto text = module.error().message();
        std::fprintf(stderr, "%s: %.*s\n", argv[i], static_cast<int>(text.size()), text.data());
        return 1;
      }
      best = round == 0 ? time : std::min(best, time);
    }
    std::printf("%s %.3f\n", argv[i], static_cast<double>(best) * 1e3 / CLOCKS_PER_SEC);
  }
}
