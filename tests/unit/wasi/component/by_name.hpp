// Calls functions of WASI as a component's imports are, without a component: by their names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "unit/wasi/component/record.hpp"
#include "wasi/component/define.hpp"

namespace tenon::wasi::inline bindings {

// "0.2" or "0.3".
template <class Interfaces>
std::string_view version_of(const Interfaces& interfaces) {
  using Function = std::decay_t<decltype(interfaces[0]->functions[0])>;
  return std::string_view(Function::newest_version).substr(1, 3);
}

// Calls `own` with the function of that name, or runs the common one, and records what it gave (record.hpp). The name
// may begin with that of an interface, "wasi:clocks/wall-clock#now", where functions of several have it.
template <class Interfaces, class Own>
Answer call_by_name(const Interfaces& interfaces, std::string_view name, CommonHost& host, Values values,
                    const Own& own) {
  std::string_view wanted;
  if (const std::size_t mark = name.find('#'); mark != std::string_view::npos) {
    wanted = name.substr(0, mark);
    name.remove_prefix(mark + 1);
  }
  const std::string_view version = version_of(interfaces);
  const auto recorded = [&](const char* interface, Answer answer) {
    test::record_outcome(version, std::string(interface) + "#" + std::string(name), test::outcome_of(answer));
    return answer;
  };
  const auto run_common = [&](const char* interface, CommonFunctions functions) -> std::optional<Answer> {
    for (const CommonFunction& function : functions) {
      if (function.name == name) return recorded(interface, function.run(host, values));
    }
    return std::nullopt;
  };
  for (const auto* interface : interfaces) {
    if (!wanted.empty() && interface->name != wanted) continue;
    for (const auto& function : interface->functions) {
      if (function.name == name) return recorded(interface->name, own(function));
    }
    if (interface->common == nullptr) continue;
    if (auto answer = run_common(interface->name, *interface->common)) return *std::move(answer);
  }
  for (const CommonInterface& interface : common_interfaces) {
    if (!wanted.empty() && interface.name != wanted) continue;
    if (auto answer = run_common(interface.name, interface.functions)) return *std::move(answer);
  }
  return Error(ErrorKind::usage, "no such function");
}

}  // namespace tenon::wasi::inline bindings
