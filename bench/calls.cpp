// What crossing the border costs through the public interfaces: nanoseconds for a call from the host into a guest, by a
// typed function, by values, and by the C interface; and from a guest to a host function, a plain lambda. Each adds two
// numbers. The least of several runs.
//
//   bench_calls [--optimizing]      compiled before, instead of interpreted
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "tenon/tenon.hpp"
#include "tenon/wasm.h"

namespace {

using namespace tenon;

constexpr const char* text = R"((module
  (import "host" "add" (func $add (param i32 i32) (result i32)))
  (func (export "run") (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (call $add (local.get 1) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))))";

constexpr int calls = 500'000;

template <class F>
double nanoseconds(F&& run) {
  double least = 1e9;
  for (int i = 0; i < 9; ++i) {
    const std::clock_t start = std::clock();
    run();
    least = std::min(least, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC * 1e9 / calls);
  }
  return least;
}

void require(bool holds) {
  if (!holds) std::abort();
}

// (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
constexpr unsigned char binary[] = {0x00, 'a',  's',  'm',  0x01, 0x00, 0x00, 0x00, 0x01, 0x07, 0x01, 0x60, 0x02, 0x7F,
                                    0x7F, 0x01, 0x7F, 0x03, 0x02, 0x01, 0x00, 0x07, 0x07, 0x01, 0x03, 'a',  'd',  'd',
                                    0x00, 0x00, 0x0A, 0x09, 0x01, 0x07, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6A, 0x0B};

double call_by_c() {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_byte_vec_t bytes;
  wasm_byte_vec_new(&bytes, sizeof binary, reinterpret_cast<const wasm_byte_t*>(binary));
  wasm_module_t* module = wasm_module_new(store, &bytes);
  wasm_extern_vec_t imports = {0, nullptr};
  wasm_instance_t* instance = wasm_instance_new(store, module, &imports, nullptr);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  const wasm_func_t* add = wasm_extern_as_func(exports.data[0]);
  const double time = nanoseconds([&] {
    wasm_val_t arguments[2] = {{.kind = WASM_I32, .of = {.i32 = 0}}, {.kind = WASM_I32, .of = {.i32 = 1}}};
    wasm_val_t results[1] = {};
    const wasm_val_vec_t given = {2, arguments};
    wasm_val_vec_t taken = {1, results};
    for (int i = 0; i < calls; ++i) {
      arguments[0].of.i32 = i;
      require(wasm_func_call(add, &given, &taken) == nullptr && results[0].of.i32 == i + 1);
    }
  });
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_byte_vec_delete(&bytes);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return time;
}

}  // namespace

int main(int argc, char** argv) {
  EngineOptions options;
  if (argc > 1 && std::string_view(argv[1]) == "--optimizing") options.tier = Tier::optimizing;
  const Engine engine(options);
  Linker linker(engine);
  linker.define("host", "add", [](std::int32_t a, std::int32_t b) { return a + b; }).value();
  Store store(engine);
  const Instance instance = linker.instantiate(store, Module::compile(engine, text).value()).value();
  const auto add = instance.func<std::int32_t(std::int32_t, std::int32_t)>("add").value();
  const auto run = instance.func<std::int32_t(std::int32_t)>("run").value();
  std::printf("host to guest, typed     %5.1f ns\n", nanoseconds([&] {
                for (int i = 0; i < calls; ++i) require(add(i, 1).value() == i + 1);
              }));
  std::printf("host to guest, by values %5.1f ns\n", nanoseconds([&] {
                for (int i = 0; i < calls; ++i) require(add.func().call({Val(i), Val(1)}).has_value());
              }));
  std::printf("host to guest, wasm.h    %5.1f ns\n", call_by_c());
  std::printf("guest to host, a lambda  %5.1f ns\n", nanoseconds([&] { require(run(calls).has_value()); }));
}
