#include "missing_imports.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace tenon::program {

namespace {

constexpr std::size_t most_names_shown = 6;

struct Provider {
  std::string_view module;  // or how its name begins, with a * behind it
  std::string_view hint;
};

// The first row that fits says what would provide the imports.
constexpr Provider providers[] = {
    {"wasi_snapshot_preview1", "these are no functions of WASI preview1"},
    {"wasi_unstable", "a WASI before preview1: build the module again, for wasm32-wasip1"},
    {"wasi_snapshot_preview0", "a WASI before preview1: build the module again, for wasm32-wasip1"},
    {"wasi", "WASI threads, which are not offered: build the module without threads"},
    {"wasi:*", "the module is the core of a component: build the component, or make one of it"},
    {"gojs", "Go's JavaScript host: build with GOOS=wasip1 instead of GOOS=js"},
    {"go", "Go's JavaScript host: build with GOOS=wasip1 instead of GOOS=js"},
    {"wbg", "wasm-bindgen's JavaScript: build for wasm32-wasip1 without it"},
    {"__wbindgen*", "wasm-bindgen's JavaScript: build for wasm32-wasip1 without it"},
    {"a", "Emscripten's JavaScript: build with -sSTANDALONE_WASM, or for wasm32-wasip1"},
    {"env",
     "functions that were declared and never linked, or the JavaScript of Emscripten (then build with "
     "-sSTANDALONE_WASM)"},
    {"*", "a host program that defines them, or another module's exports"},
};

bool fits(std::string_view pattern, std::string_view module) {
  if (!pattern.ends_with('*')) return pattern == module;
  return module.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

std::string explain_missing(std::span<const ImportType> missing) {
  std::map<std::string_view, std::vector<std::string_view>> modules;
  for (const ImportType& import : missing) modules[import.module].push_back(import.name);
  std::string lines;
  for (const auto& [module, names] : modules) {
    lines += "note: \"" + std::string(module) + "\" is to provide";
    for (std::size_t i = 0; i < std::min(names.size(), most_names_shown); ++i) {
      lines += (i == 0 ? " " : ", ") + std::string(names[i]);
    }
    if (names.size() > most_names_shown) lines += " and " + std::to_string(names.size() - most_names_shown) + " more";
    const auto* provider =
        std::ranges::find_if(providers, [&](const Provider& one) { return fits(one.module, module); });
    lines += ": " + std::string(provider->hint) + "\n";
  }
  return lines;
}

}  // namespace tenon::program
