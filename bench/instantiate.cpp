// What a short-lived instance costs: a store is made, a module with one page of memory and some data is instantiated in
// it, a function is called that writes to the memory, and all is dropped again. Nanoseconds each, from a warm pool, on
// one thread and on two at once.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include "tenon/tenon.hpp"

namespace {

using namespace tenon;

constexpr const char* text = R"((module
  (memory (export "memory") 1)
  (data (i32.const 16) "what a small module has in its memory when it begins")
  (func (export "run") (param i32) (result i32)
    (i32.store (i32.const 1024) (local.get 0))
    (i32.add (i32.load (i32.const 1024)) (i32.load8_u (i32.const 16))))))";

bool run_once(const Engine& engine, const Module& module) {
  Store store(engine);
  const auto instance = Instance::make(store, module, {});
  if (!instance) return false;
  const auto run = instance->func<std::int32_t(std::int32_t)>("run");
  return run && (*run)(1).value_or(0) == 1 + 'w';
}

double nanoseconds_each(const Engine& engine, const Module& module, int rounds) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) {
    if (!run_once(engine, module)) std::abort();
  }
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / rounds;
}

// The least of several runs: what others on the machine take is not part of it.
double measure(const Engine& engine, const Module& module, unsigned threads) {
  constexpr int rounds = 20'000;
  std::vector<double> found;
  for (int run = 0; run < 7; ++run) {
    std::vector<double> each(threads);
    std::vector<std::thread> others;
    for (unsigned i = 1; i < threads; ++i) {
      others.emplace_back([&, i] { each[i] = nanoseconds_each(engine, module, rounds); });
    }
    each[0] = nanoseconds_each(engine, module, rounds);
    for (std::thread& thread : others) thread.join();
    found.push_back(*std::ranges::max_element(each));
  }
  return *std::ranges::min_element(found);
}

}  // namespace

int main() {
  const Engine engine;
  const Module module = Module::compile(engine, text).value();
  if (!run_once(engine, module)) return 1;
  std::printf("one thread  %7.0f ns\n", measure(engine, module, 1));
  std::printf("two threads %7.0f ns\n", measure(engine, module, 2));
}
