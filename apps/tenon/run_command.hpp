// tenon run, where FILE is a component that is a command of WASI.
#pragma once

#include "tenon/component.hpp"

namespace tenon::program {

// Runs it as a command: calls `run` of the interface wasi:cli/run that it exports. Errors: usage (it exports none),
// exit (with the code 1, when `run` gave an error), and those of instantiating and calling.
Result<void> run_command(const Linker& linker, Store& store, const Component& component);

}  // namespace tenon::program
