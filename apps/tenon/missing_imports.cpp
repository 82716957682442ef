#include "missing_imports.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "tenon/wasi.hpp"

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

// --- Of components

// "wasi:io/poll@0.2.12": its name, and its version with the @.
struct InterfaceName {
  explicit InterfaceName(std::string_view text)
      : name(text.substr(0, text.find('@'))), version(text.substr(std::min(name.size(), text.size()))) {}
  std::string_view name;
  std::string_view version;
  // "@0.2": all of a family are served alike.
  std::string_view family() const {
    const std::size_t dot = version.find('.');
    return dot == std::string_view::npos ? version : version.substr(0, version.find('.', dot + 1));
  }
};

// How many letters must be written, left out or changed to make one of the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t corner = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t changed = corner + (from[i - 1] == to[j - 1] ? 0 : 1);
      corner = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

constexpr std::size_t most_typing_errors = 3;
constexpr std::size_t longest_compared = 100;  // of names that are compared letter by letter

// The name that was meant, if one is near enough; nullptr for none.
const std::string* nearest_of(std::string_view wanted, std::span<const std::string> known) {
  const std::string* nearest = nullptr;
  std::size_t least = most_typing_errors + 1;
  if (wanted.size() > longest_compared) return nullptr;
  for (const std::string& one : known) {
    const std::size_t far = distance(wanted, InterfaceName(one).name);
    if (far >= least) continue;
    least = far;
    nearest = &one;
  }
  return nearest;
}

// What would satisfy the import of an interface; empty for one that is there.
std::string hint_for(const InterfaceName& wanted, std::span<const std::string> known) {
  std::string versions;
  for (const std::string& one : known) {
    const InterfaceName offered(one);
    if (offered.name != wanted.name) continue;
    if (offered.family() == wanted.family()) return {};
    versions += (versions.empty() ? "" : " or ") + std::string(offered.version);
  }
  if (!versions.empty()) {
    return "this version is not offered, build the component for " + versions;
  }
  if (const std::string* nearest = nearest_of(wanted.name, known)) {
    return "no such interface; did you mean " + *nearest + "?";
  }
  if (wanted.name.starts_with("wasi:")) return "an interface of WASI that is not offered";
  return "another component that exports it, or a host program that defines it";
}

}  // namespace

std::string explain_missing(const Component& component) {
  const std::vector<std::string> known = wasi::interfaces();
  std::set<std::string> missing;
  const auto imports = component.imports();
  for (const ComponentItemType& item : imports) {
    const std::string& name = item.instance.empty() ? item.name : item.instance;
    missing.insert(name.substr(0, name.find('#')));
  }
  std::string lines;
  for (const std::string& name : missing) {
    const std::string hint = hint_for(InterfaceName(name), known);
    if (!hint.empty()) lines.append("note: \"").append(name).append("\" is to be provided: ").append(hint).append("\n");
  }
  return lines;
}

std::string explain_missing(std::span<const ImportType> missing) {
  std::map<std::string_view, std::vector<std::string_view>> modules;
  for (const ImportType& import : missing) modules[import.module].push_back(import.name);
  std::string lines;
  for (auto& [module, names] : modules) {
    lines += "note: \"" + std::string(module) + "\" is to provide";
    for (std::size_t i = 0; i < std::min(names.size(), most_names_shown); ++i) {
      lines += (i == 0 ? " " : ", ") + std::string(names[i]);
    }
    if (names.size() > most_names_shown) lines += " and " + std::to_string(names.size() - most_names_shown) + " more";
    const auto provides = [name = module](const Provider& one) { return fits(one.module, name); };
    const auto* provider = std::ranges::find_if(providers, provides);
    lines += ": " + std::string(provider->hint);
    // What is meant is said for the first of the names that is near to one.
    const std::vector<std::string> known = wasi::preview1_functions();
    if (module != "wasi_snapshot_preview1") names.clear();
    for (const std::string_view name : names) {
      const std::string* const nearest = nearest_of(name, known);
      if (nearest == nullptr) continue;
      lines += "; did you mean " + *nearest + "?";
      break;
    }
    lines += "\n";
  }
  return lines;
}

}  // namespace tenon::program
