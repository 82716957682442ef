// Running test scripts: what a script asks of the engine, as an interface.
//
// The runner (script.cpp) judges directives; a `ScriptHost` is where modules live. Without a host the runner does all
// that needs no execution, and counts the rest as skipped with that reason.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/index.hpp"
#include "engine/script_values.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"
#include "tenon/tools.hpp"
#include "text/wast/script.hpp"

namespace tenon::tools {

using DefinitionIdx = Index<struct DefinitionTag>;
using InstanceIdx = Index<struct InstanceTag>;

// An engine with a store, as a script sees it. The module `spectest` is registered from the start.
class ScriptHost {
 public:
  virtual ~ScriptHost() = default;
  // Takes a valid module; the bytes live as long as the host. Errors: malformed, invalid, exhausted.
  virtual Result<DefinitionIdx> define(std::string_view binary) = 0;
  virtual Result<DefinitionIdx> define_component(std::string_view binary) = 0;
  // Errors: unlinkable; trap (with its code), exhausted.
  virtual Result<InstanceIdx> instantiate(DefinitionIdx definition) = 0;
  // From now on, imports from `name` are found in the instance (of a module or component).
  virtual Result<void> register_instance(std::string_view name, InstanceIdx instance) = 0;
  // Errors: usage (no such export, wrong arguments); trap, whose code tells an uncaught exception and an exhausted
  // stack.
  virtual Result<std::vector<ScriptValue>> invoke(InstanceIdx instance, std::string_view name,
                                                  std::span<const wast::Constant> arguments) = 0;
  virtual Result<ScriptValue> get(InstanceIdx instance, std::string_view name) = 0;
  // A host for a thread of the script: a store of its own in the same engine. Its first instance stands for `shared`,
  // with those of the exports that stores can share.
  virtual Result<std::unique_ptr<ScriptHost>> fork(InstanceIdx shared) = 0;
};

// A host over an engine of its own.
std::unique_ptr<ScriptHost> make_script_host(const ScriptOptions& options);

// Runs a script that was parsed; `host` may be null.
ScriptReport run_parsed_script(const wast::Script& script, const ScriptOptions& options, ScriptHost* host);

}  // namespace tenon::tools
