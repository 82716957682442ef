// How fast bodies become bytecode: megabytes of code section a second, all functions of the kernels' modules or of the
// modules named, each time anew. Validation is not in it.
#include <cstdio>
#include <memory_resource>
#include <string>

#include "guest.hpp"
#include "interp/code.hpp"

namespace {

double megabytes_a_second(const std::string& path) {
  using namespace tenon;
  std::pmr::memory_resource& memory = *std::pmr::get_default_resource();
  const auto bytes = bench::read_file(path);
  const core::Module module = core::read_module(bytes, memory).value();
  Arena arena(memory);
  core::TypeRegistry types(memory);
  const core::ValidatedModule validated = core::validate_module(module, types, arena).value();
  std::size_t translated = 0;
  double time = 0;
  while (time < 0.3) {
    time += bench::seconds([&] {
      for (int round = 0; round < 20; ++round) {
        interp::Code code(validated, {}, memory);
        for (std::uint32_t i = module.imported_funcs; i < module.funcs.size(); ++i) {
          code.translate(core::FuncIdx(i)).value();
          translated += module.funcs[core::FuncIdx(i)].body.size();
        }
      }
    });
  }
  return static_cast<double>(translated) / time / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> paths(argv + 1, argv + argc);
  if (paths.empty()) {
#define TENON_KERNEL(name) paths.emplace_back(TENON_KERNELS "/" #name ".wasm");
#include "kernels.def"
#undef TENON_KERNEL
  }
  for (const std::string& path : paths) std::printf("%-40s %7.1f MB/s\n", path.c_str(), megabytes_a_second(path));
}
