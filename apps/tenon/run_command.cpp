#include "run_command.hpp"

#include <algorithm>
#include <string>

namespace tenon::program {

namespace {

constexpr std::string_view run_interface = "wasi:cli/run@";

std::string exports_of(const Component& component) {
  std::string names;
  std::string_view last;
  const auto exports = component.exports();
  for (const ComponentItemType& item : exports) {
    const std::string_view name = item.instance.empty() ? item.name : item.instance;
    if (name == last) continue;
    names += (names.empty() ? "" : ", ") + std::string(name);
    last = name;
  }
  return names.empty() ? "it exports nothing" : "it exports: " + names;
}

}  // namespace

Result<void> run_command(const Linker& linker, Store& store, const Component& component) {
  const auto exports = component.exports();
  // Of several versions, the newest: guests that were moved to 0.3 may have the `run` of their libraries, too.
  const ComponentItemType* run = nullptr;
  for (const ComponentItemType& item : exports) {
    if (!item.instance.starts_with(run_interface) || item.name != "run") continue;
    if (run == nullptr || item.instance > run->instance) run = &item;
  }
  if (run == nullptr) {
    return Error(ErrorKind::usage, "expected a command, which exports wasi:cli/run; " + exports_of(component));
  }
  auto instance = linker.instantiate(store, component);
  if (!instance) return std::move(instance).error();
  auto func = instance->func(run->instance, run->name);
  if (!func) return std::move(func).error();
  auto results = func->call({});
  if (!results) return std::move(results).error();
  const bool is_good = results->size() == 1 && results->front().index() == 0;
  if (!is_good) return Error(ErrorKind::exit, "the command gave an error").with_code(1);
  return {};
}

}  // namespace tenon::program
