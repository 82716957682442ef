// Component instances seen from the host: what each of them may take, and who calls whom with what.
//
//   tenon::observe_calls(store, [](const tenon::ComponentCallEvent& event) { ... });
//   tenon::limit_components(store, {.handles = 1'000}, "plugin").value();
//
// Both hold for what is instantiated in the store afterwards. Components call one another by compiled adapters as long
// as nobody looks; what an observer costs is paid by the stores that have one.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "tenon/tenon.hpp"

namespace tenon {

// What one component instance may take, beside what its store may (`Limits`). Passing a limit is a trap that names the
// instance, of memory a failed grow. Instances whose fuel or time is limited, and all others of a store that has such
// ones, call one another without compiled adapters.
struct ComponentLimits {
  std::uint32_t handles = (std::uint32_t{1} << 28) - 1;  // resources, streams, subtasks, ... at one time
  std::uint32_t tasks = std::uint32_t{1} << 28;          // asynchronous calls of it under way
  std::uint64_t lifted_bytes = std::uint64_t{1} << 27;   // of the host's memory, by the values of one call
  std::uint32_t nested_calls = 200;                      // synchronous calls in one another that the host passes on
  std::uint64_t memory = unlimited;                      // bytes of all its memories
  std::uint64_t fuel = unlimited;                        // units that its code may use in all (engines with `fuel`)
  // How long its code may run in one turn: a call from the host, or what an asynchronous task does until it waits. The
  // time of those that it calls is theirs.
  std::chrono::nanoseconds time = std::chrono::nanoseconds::max();

  static constexpr std::uint64_t unlimited = ~std::uint64_t{0};
};

// `instance`: names of instances from the outermost component inwards, "outer.inner", as its name sections have them
// ("#2" for the second instance that was made, where one has no name); empty: all instances. The last limits that fit
// an instance hold. Errors: usage (a store that was moved away; fuel where the engine does not count it; no time),
// exhausted.
Result<void> limit_components(Store& store, const ComponentLimits& limits, std::string_view instance = {});

// One call between components, or between a component and the host, begins or ends.
struct ComponentCallEvent {
  enum class What : std::uint8_t { called, returned, trapped };
  What what = What::called;
  std::uint64_t call = 0;     // the same number at the beginning and the end
  std::string_view caller{};  // "host", or an instance as above; "component" for the outermost
  std::string_view callee{};
  std::string_view function{};      // its name as exported, or imported from the host; may be empty
  std::string_view values{};        // WAVE: "(1, \"x\")", of a result "5" or nothing; the message of a trap
  std::chrono::nanoseconds time{};  // since the call began
};

// Views in an event live until the observer returns, which may not call into the store. One observer a store: the last
// one; an empty function removes it. Errors: usage (a store that was moved away), exhausted.
Result<void> observe_calls(Store& store, std::function<void(const ComponentCallEvent&)> observer);

}  // namespace tenon
