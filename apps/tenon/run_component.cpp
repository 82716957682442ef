#include "run_component.hpp"

#include <cstdio>
#include <vector>

namespace tenon::program {

namespace {

std::string full_name(const ComponentItemType& item) {
  return item.instance.empty() ? item.name : item.instance + "." + item.name;
}

// "a:b/c@1.2.3.f" without the version: "a:b/c.f".
std::string unversioned_name(const ComponentItemType& item) {
  const std::string instance = item.instance.substr(0, item.instance.find('@'));
  return instance.empty() ? item.name : instance + "." + item.name;
}

bool is_function(const ComponentItemType& item) {
  return item.type.starts_with("func") || item.type.starts_with("async func");
}

Result<ComponentItemType> find_function(const Component& component, std::string_view name) {
  std::vector<ComponentItemType> functions;
  for (ComponentItemType& item : component.exports()) {
    if (is_function(item)) functions.push_back(std::move(item));
  }
  std::string known;
  const ComponentItemType* found = nullptr;
  std::size_t matches = 0;
  for (const ComponentItemType& item : functions) {
    known += (known.empty() ? "" : ", ") + full_name(item);
    if (full_name(item) == name) return item;
    if (unversioned_name(item) != name && item.name != name) continue;
    found = &item;
    ++matches;
  }
  if (matches == 1) return *found;
  const std::string_view problem =
      matches == 0 ? "the component exports no function \"" : "more than one function is \"";
  return Error(ErrorKind::usage, std::string(problem) + std::string(name) + "\"; " +
                                     (known.empty() ? "it exports none" : "it exports: " + known));
}

// The place of an error is in the text on the command line, not in the component's file.
Error in_arguments(const Error& error, std::string_view text, const std::string& type) {
  std::string what(error.message());
  if (error.place().column != 0) {
    what += ", at column " + std::to_string(error.place().column) + " of " + std::string(text.empty() ? "()" : text);
  }
  return Error(ErrorKind::usage, what + "; it is " + type);
}

}  // namespace

Result<void> invoke_component(const Component& component, const ComponentInstance& instance, std::string_view invoke) {
  const std::size_t parenthesis = std::min(invoke.find('('), invoke.size());
  auto item = find_function(component, invoke.substr(0, parenthesis));
  if (!item) return std::move(item).error();
  auto func = instance.func(item->instance, item->name);
  if (!func) return std::move(func).error();
  const std::string_view text = invoke.substr(parenthesis);
  auto arguments = func->parse_arguments(text.empty() ? "()" : text);
  if (!arguments) return in_arguments(arguments.error(), text, func->type());
  auto results = func->call(*arguments);
  if (!results) return std::move(results).error();
  for (const component::Val& result : *results) std::printf("%s\n", func->format_result(result).c_str());
  return {};
}

}  // namespace tenon::program
