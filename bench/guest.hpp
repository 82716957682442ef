// What the interpreter's benchmarks share: a module that runs, and a clock.
#pragma once

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "binary/core/module.hpp"
#include "interp/interpreter.hpp"
#include "jit/baseline/baseline.hpp"
#include "runtime/store.hpp"
#include "validate/core/module.hpp"

namespace tenon::bench {

inline std::vector<std::uint8_t> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A module with everything that lives as long as it runs.
class Guest {
 public:
  // `import` is the module's only import, if it has one.
  Guest(std::vector<std::uint8_t> bytes, const tenon::runtime::CodeSettings& settings,
        tenon::runtime::HostCallback import = nullptr, const tenon::jit::BaselineOptions* baseline = nullptr)
      : bytes_(std::move(bytes)),
        module_(tenon::core::read_module(bytes_, *memory()).value()),
        arena_(*memory()),
        types_(*memory()),
        validated_(tenon::core::validate_module(module_, types_, arena_).value()),
        interpreter_(tenon::interp::make_interpreter(*memory())),
        code_(interpreter_->make_code(validated_, settings)),
        store_(*interpreter_, types_, *memory(), {}) {
    if (baseline != nullptr) tenon::jit::add_baseline(static_cast<tenon::interp::Code&>(*code_), *baseline);
    tenon::runtime::Extern provided;
    if (import != nullptr) {
      provided.func =
          tenon::runtime::make_host_func(store_, validated_.func_types[tenon::core::FuncIdx(0U)], import, this);
    }
    instance_ = tenon::runtime::instantiate(store_, *code_, std::span(&provided, import != nullptr ? 1 : 0)).value();
    run_ = find("run");
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  // Calls the export `run`.
  std::uint32_t run(std::uint32_t rounds) {
    tenon::runtime::Slot values[1] = {rounds};
    if (auto done = tenon::runtime::call(store_, *run_, values); !done) {
      std::fprintf(stderr, "%.*s\n%.*s", static_cast<int>(done.error().message().size()), done.error().message().data(),
                   static_cast<int>(done.error().context().size()), done.error().context().data());
    }
    return static_cast<std::uint32_t>(values[0]);
  }

  tenon::runtime::Func* find(std::string_view name) { return tenon::runtime::find_export(*instance_, name)->func; }
  tenon::runtime::Store& store() noexcept { return store_; }

 private:
  static std::pmr::memory_resource* memory() { return std::pmr::get_default_resource(); }
  std::vector<std::uint8_t> bytes_;
  tenon::core::Module module_;
  tenon::Arena arena_;
  tenon::core::TypeRegistry types_;
  tenon::core::ValidatedModule validated_;
  tenon::runtime::Executor* interpreter_;
  tenon::runtime::CodeModule* code_;
  tenon::runtime::Store store_;
  tenon::runtime::Instance* instance_ = nullptr;
  tenon::runtime::Func* run_ = nullptr;
};

// Processor time: neighbours on the machine disturb it less than the clock on the wall.
template <class F>
double seconds(F&& f) {
  const std::clock_t start = std::clock();
  f();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

}  // namespace tenon::bench
