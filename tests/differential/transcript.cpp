// What modules do, line by line, to be compared with what another engine says they do (tools/differential.py):
//
//   transcript [--loop-dispatch] [--baseline | --optimizing | --loops] MODULE...
//
// For each module `module PATH`; `instantiate` and `ok`, the trap's message or the kind of the error; then for each
// exported function whose parameters and results are numbers `call N`, N being its place among the exports, with its
// results or the trap; then `memory N` for each exported memory with its pages and a hash of its bytes (FNV-1a over
// 64-bit words in little endian; sizes are multiples of 8), and `global N` for each of a number type. Numbers are shown
// by their bits, in hexadecimal. The arguments are the same for everybody: 1, 2, 3, ... as bits of the parameters'
// types. With --optimizing everything is compiled first: the tiers are compared with each other as two engines are.
// With
// --loops guests go on in compiled code where they are found in a loop.
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/tenon.hpp"

namespace {

using namespace tenon;

bool is_number(ValType type) {
  return type == ValType::i32() || type == ValType::i64() || type == ValType::f32() || type == ValType::f64();
}

bool are_numbers(const std::vector<ValType>& types) {
  for (const ValType type : types) {
    if (!is_number(type)) return false;
  }
  return true;
}

void print_error(const Error& error) {
  if (error.kind() == ErrorKind::trap) {
    std::printf(" trap %.*s\n", static_cast<int>(error.message().size()), error.message().data());
  } else {
    const std::string_view kind = to_string(error.kind());
    std::printf(" error %.*s: %.*s\n", static_cast<int>(kind.size()), kind.data(),
                static_cast<int>(error.message().size()), error.message().data());
  }
}

void call(std::size_t number, const Func& func) {
  const FuncType type = func.type();
  if (!are_numbers(type.params) || !are_numbers(type.results)) return;
  std::vector<Val> arguments;
  for (const ValType param : type.params) arguments.push_back(Val::from_bits(param, arguments.size() + 1));
  std::printf("call %zu", number);
  const auto results = func.call(arguments);
  if (!results) return print_error(results.error());
  for (const Val& result : *results) {
    const bool is_narrow = result.type() == ValType::i32() || result.type() == ValType::f32();
    std::printf(" %" PRIx64, is_narrow ? result.low_bits() & 0xFFFF'FFFF : result.low_bits());
  }
  std::printf("\n");
}

std::uint64_t hash_of(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325U;
  for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, 8);
    hash = (hash ^ word) * 0x100'0000'01B3U;
  }
  return hash;
}

void run(const Engine& engine, const char* path) {
  std::printf("module %s\ninstantiate", path);
  const auto module = Module::load(engine, path);
  if (!module) return print_error(module.error());
  Store store(engine, Limits().memory(256_MiB).deadline(std::chrono::seconds(20)));
  const auto instance = Instance::make(store, *module, {});
  if (!instance) return print_error(instance.error());
  std::printf(" ok\n");
  const auto exports = instance->exports();
  for (std::size_t i = 0; i < exports.size(); ++i) {
    if (exports[i].second.func) call(i, *exports[i].second.func);
  }
  for (std::size_t i = 0; i < exports.size(); ++i) {
    const Extern& item = exports[i].second;
    if (item.memory) {
      std::printf("memory %zu %" PRIu64 " %" PRIx64 "\n", i, item.memory->pages(), hash_of(item.memory->data()));
    } else if (item.global && is_number(item.global->type().value)) {
      const Val value = item.global->get().value();
      std::printf("global %zu %" PRIx64 "\n", i, value.low_bits());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  EngineOptions options;
  int first = 1;
  for (; first < argc && argv[first][0] == '-'; ++first) {
    if (std::strcmp(argv[first], "--loop-dispatch") == 0) options.loop_dispatch = true;
    if (std::strcmp(argv[first], "--optimizing") == 0) options.tier = Tier::optimizing;
    if (std::strcmp(argv[first], "--baseline") == 0) options.tier = Tier::baseline;
    if (std::strcmp(argv[first], "--loops") == 0) {
      options.tier = Tier::automatic;
      options.tier_seed = 1;
    }
  }
  const Engine engine(options);
  for (int i = first; i < argc; ++i) run(engine, argv[i]);
}
