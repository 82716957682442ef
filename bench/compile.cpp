// How fast modules become machine code of the baseline tier: megabytes of code section a second of one processor's
// time, each stage by itself and all of it together.
//
//   bench_compile [--rounds N] FILE.wasm...       the best of N rounds (5), without arguments the kernels' modules
//
// Validating is of bodies alone; translating makes bytecode of valid bodies; compiling is what is left of the whole,
// which validates, translates and compiles every function once, as `--tier baseline` does when each of them is called.
// bench/compile.py holds it against other engines.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "guest.hpp"

namespace {

using namespace tenon;

struct Times {
  double validate = 1e9;
  double translate = 1e9;
  double all = 1e9;
};

class Subject {
 public:
  explicit Subject(const std::string& path)
      : bytes_(bench::read_file(path)), module_(core::read_module(bytes_, memory_).value()) {}

  double code_megabytes() const {
    std::size_t size = 0;
    for (std::uint32_t i = module_.imported_funcs; i < module_.funcs.size(); ++i) {
      size += module_.funcs[core::FuncIdx(i)].body.size();
    }
    return static_cast<double>(size) / 1e6;
  }
  void measure(Times& best) {
    Arena arena(memory_);
    core::TypeRegistry types(memory_);
    double validate = 0;
    {
      std::optional<core::ValidatedModule> validated;
      validate = bench::seconds([&] { validated = core::validate_module(module_, types, arena).value(); });
      best.validate = std::min(best.validate, validate);
      best.translate = std::min(best.translate, bench::seconds([&] {
                                  interp::Code code(*validated, {}, memory_);
                                  translate(code);
                                }));
    }
    const double all = bench::seconds([&] {
      const core::ValidatedModule validated = core::validate_module(module_, types, arena).value();
      interp::Code code(validated, {}, memory_);
      jit::BaselineOptions options;
      options.tell = [&](core::FuncIdx, const std::uint8_t*, std::size_t size) { machine_code_ += size; };
      jit::add_baseline(code, options);
      machine_code_ = 0;
      translate(code);
    });
    best.all = std::min(best.all, all);
  }
  double machine_megabytes() const { return static_cast<double>(machine_code_) / 1e6; }

 private:
  void translate(interp::Code& code) {
    for (std::uint32_t i = module_.imported_funcs; i < module_.funcs.size(); ++i) {
      code.translate(core::FuncIdx(i)).value();
    }
  }
  std::pmr::memory_resource& memory_ = *std::pmr::get_default_resource();
  std::vector<std::uint8_t> bytes_;
  core::Module module_;
  std::size_t machine_code_ = 0;
};

void measure(const std::string& path, int rounds) {
  Subject subject(path);
  Times best;
  for (int i = 0; i < rounds; ++i) subject.measure(best);
  const double size = subject.code_megabytes();
  const double compile = best.all - best.validate - best.translate;
  std::printf("%-34s %8.2f %9.0f %9.0f %9.0f %8.1f %8.2f\n", path.substr(path.find_last_of('/') + 1).c_str(), size,
              size / best.validate, size / best.translate, size / compile, size / best.all,
              subject.machine_megabytes());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> paths(argv + 1, argv + argc);
  int rounds = 5;
  if (paths.size() >= 2 && paths[0] == "--rounds") {
    rounds = std::atoi(paths[1].c_str());
    paths.erase(paths.begin(), paths.begin() + 2);
  }
  if (paths.empty()) {
#define TENON_KERNEL(name) paths.emplace_back(TENON_KERNELS "/" #name ".wasm");
#include "kernels.def"
#undef TENON_KERNEL
  }
  std::printf("%-34s %8s %9s %9s %9s %8s %8s\n", "MB a second", "MB", "validate", "translate", "compile", "all",
              "made, MB");
  for (const std::string& path : paths) measure(path, rounds);
}
