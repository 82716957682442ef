// What component scripts import from their host: the functions, modules and resources that wasmtime's test runner
// gives.
#pragma once

#include "tenon/component.hpp"

namespace tenon::tools {

// `store` is the one that the scripts run in, and outlives the linker.
void define_component_host(Linker& linker, const Engine& engine, Store& store);

}  // namespace tenon::tools
