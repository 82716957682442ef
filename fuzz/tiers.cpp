// The tiers against each other: the input's bytes choose a module, which is run by the interpreter and as compiled
// code. What must hold: the same results, traps, memory and globals, call by call.
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "../tests/differential/random_module.hpp"
#include "tenon/tenon.hpp"

namespace {

using namespace tenon;
using differential::functions;

Engine make_engine(Tier tier) {
  EngineOptions options;
  options.tier = tier;
  return Engine(options);
}

// One call of each function, on an instance of its own as soon as a call has trapped.
std::string run(const Engine& engine, const std::string& bytes) {
  const auto module = Module::compile(engine, bytes);
  if (!module) return "not valid: " + std::string(module.error().message());
  std::string done;
  std::optional<Store> store;
  Instance instance;
  bool has_trapped = true;
  for (unsigned call = 0; call < 3 * functions; ++call) {
    if (has_trapped) {
      store.emplace(engine, Limits().memory(1_MiB));
      auto made = Instance::make(*store, *module, {});
      if (!made) return std::string(made.error().message());
      instance = *made;
    }
    const auto func = instance.func("f" + std::to_string(call % functions)).value();
    std::vector<Val> arguments;
    for (const ValType param : func.type().params) {
      static constexpr std::uint64_t given[] = {0, 0x4049'0FDB, 0xFFFF'FFF0};
      arguments.push_back(Val::from_bits(param, given[call / functions]));
    }
    const auto results = func.call(arguments);
    has_trapped = !results;
    done += results ? "\nresult " + std::to_string(differential::bits_of(results->front()))
                    : "\n" + std::string(results.error().message());
    std::uint64_t sum = 0;
    for (const std::uint8_t byte : instance.memory("memory").value().data()) {
      sum = (std::rotl(sum, 5) ^ byte) * 0x9E37'79B9'7F4A'7C15;
    }
    done += " memory " + std::to_string(sum);
    for (const auto& [name, item] : instance.exports()) {
      if (item.global) done += " " + name + " " + std::to_string(differential::bits_of(item.global->get().value()));
    }
  }
  return done;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Engine interpreter = make_engine(Tier::interpreter);
  static const Engine optimizing = make_engine(Tier::optimizing);
  const std::string bytes = differential::RandomModule(data, size).module();
  if (run(interpreter, bytes) != run(optimizing, bytes)) std::abort();
  return 0;
}
