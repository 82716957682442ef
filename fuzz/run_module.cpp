// Runs any bytes that are a valid module: with fuel, under small limits, with something for each of its imports. What
// must hold: nothing that a guest does crashes or hangs, and both ways of dispatch come to the same results, errors,
// fuel, memories and globals.
#include <cstdlib>
#include <string>
#include <vector>

#include "tenon/tenon.hpp"
#include "tenon/tools.hpp"

namespace {

using namespace tenon;

void require(bool holds) {
  if (!holds) std::abort();
}

Engine make_engine(bool loop_dispatch) {
  EngineOptions options;
  options.features = ~std::uint64_t{0};
  options.fuel = true;
  options.loop_dispatch = loop_dispatch;
  return Engine(options);
}

Val zero_of(ValType type) { return type.is_ref() ? Val(type, Ref()) : Val::from_bits(type, 0); }

Result<void> define(Linker& linker, Store& store, const ImportType& import) {
  const auto take = [&](auto made) -> Result<void> {
    if (!made) return std::move(made).error();
    return linker.define(import.module, import.name, Extern(*made));
  };
  const ExternType& type = import.type;
  switch (type.kind) {
    case ExternKind::func:
      return linker.define_dynamic(import.module, import.name, type.func,
                                   [results = type.func.results](std::span<const Val>) -> Result<std::vector<Val>> {
                                     std::vector<Val> values;
                                     for (const ValType result : results) values.push_back(zero_of(result));
                                     return values;
                                   });
    case ExternKind::memory: return take(Memory::make(store, type.memory));
    case ExternKind::table: return take(Table::make(store, type.table));
    case ExternKind::global: return take(Global::make(store, type.global, zero_of(type.global.value)));
    case ExternKind::tag: return take(Tag::make(store, type.func));
  }
  return {};
}

std::string text_of(const Error& error) { return std::string(to_string(error.kind())) + std::string(error.message()); }

// What the module did, as text.
std::string run(const Engine& engine, const std::string& bytes) {
  const auto module = Module::compile(engine, bytes);
  if (!module) return text_of(module.error());
  Store store(engine, Limits().memory(1_MiB).table(10'000).gc_heap(4_MiB).stack(128_KiB).instances(2));
  store.set_fuel(200'000);
  Linker linker(engine);
  for (const ImportType& import : module->imports()) {
    if (auto defined = define(linker, store, import); !defined) return text_of(defined.error());
  }
  const auto instance = linker.instantiate(store, *module);
  std::string done = std::to_string(store.fuel());
  if (!instance) return done + text_of(instance.error());
  for (const auto& [name, item] : instance->exports()) {
    if (item.func) {
      std::vector<Val> arguments;
      for (const ValType param : item.func->type().params) arguments.push_back(zero_of(param));
      const auto results = item.func->call(arguments);
      done += results ? ":" : text_of(results.error());
      if (results) {
        for (const Val& value : *results)
          done += std::to_string(value.low_bits()) + "," + std::to_string(value.high_bits());
      }
      done += std::to_string(store.fuel());
    } else if (item.memory) {
      const auto data = item.memory->data();
      done.append(data.begin(), data.end());
    } else if (item.global) {
      const auto value = item.global->get();
      if (value) done += std::to_string(value->low_bits());
    }
  }
  store.collect_garbage();
  return done;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Engine tail = make_engine(false);
  static const Engine loop = make_engine(true);
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (!tools::is_binary(bytes)) return 0;
  require(run(tail, bytes) == run(loop, bytes));
  return 0;
}
