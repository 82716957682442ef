// Calls functions of WASI as a component's imports are, without a component: by their names.
#pragma once

#include <optional>
#include <string_view>

#include "wasi/component/define.hpp"

namespace tenon::wasi::inline bindings {

// Calls `own` with the function of that name, or runs the common one. The name may begin with that of an interface,
// "wasi:clocks/wall-clock#now", where functions of several have it.
template <class Interfaces, class Own>
Answer call_by_name(const Interfaces& interfaces, std::string_view name, CommonHost& host, Values values,
                    const Own& own) {
  std::string_view wanted;
  if (const std::size_t mark = name.find('#'); mark != std::string_view::npos) {
    wanted = name.substr(0, mark);
    name.remove_prefix(mark + 1);
  }
  const auto run_common = [&](CommonFunctions functions) -> std::optional<Answer> {
    for (const CommonFunction& function : functions) {
      if (function.name == name) return function.run(host, values);
    }
    return std::nullopt;
  };
  for (const auto* interface : interfaces) {
    if (!wanted.empty() && interface->name != wanted) continue;
    for (const auto& function : interface->functions) {
      if (function.name == name) return own(function);
    }
    if (interface->common == nullptr) continue;
    if (auto answer = run_common(*interface->common)) return *std::move(answer);
  }
  for (const CommonInterface& interface : common_interfaces) {
    if (!wanted.empty() && interface.name != wanted) continue;
    if (auto answer = run_common(interface.functions)) return *std::move(answer);
  }
  return Error(ErrorKind::usage, "no such function");
}

}  // namespace tenon::wasi::inline bindings
