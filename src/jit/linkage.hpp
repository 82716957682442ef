// What a module's imports are known to be given: in a component the plan says so, and functions of other modules can be
// compiled into their callers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "model/core/types.hpp"

namespace tenon::core {
struct ValidatedModule;
}

namespace tenon::jit {

// A function of one of the linkage's modules, or one of the host that compiled code knows.
struct LinkedFunc {
  static constexpr std::uint32_t unknown = 0xFFFF'FFFF;
  static constexpr std::uint32_t looks_up_handle = 0xFFFF'FFFE;  // its data begins with a `runtime::HandleLookup`
  std::uint32_t module = unknown;
  core::FuncIdx function;  // of the module's own
  bool is_guests() const noexcept { return module < looks_up_handle; }
};

struct LinkedModule {
  const core::ValidatedModule* source = nullptr;
  std::vector<LinkedFunc> imports;  // by the index of the imported function
  // By the index of the imported global: what it is for. Those that are for different things are different globals, and
  // no module's own. 0, or none at all: it may be any.
  std::vector<std::uint8_t> globals;
  // Where its own functions may be a part of others' code, so may those that its imports are known to be given.
  bool is_adapter = false;
};

// Module 0 is the one whose linkage it is. A module with imports that differ from call to call (adapters) is there once
// for each call.
struct Linkage {
  std::vector<LinkedModule> modules;
  bool is_empty() const noexcept {
    const auto is_known = [](const LinkedFunc& func) { return func.module != LinkedFunc::unknown; };
    return modules.empty() || (modules.size() == 1 && std::ranges::none_of(modules[0].imports, is_known));
  }
};

}  // namespace tenon::jit
