// WIT packages as the subcommands read them: files or folders.
#pragma once

#include <string>

#include "common_options.hpp"
#include "tenon/wit.hpp"

namespace tenon::program {

// --wit-features, --all-wit-features and --target-version.
void declare_wit_options(CLI::App& command, tools::WitOptions& options);

// A file, a folder with `deps/`, or "-". Errors: io.
Result<tools::WitInput> read_wit(const std::string& path);

// Shows an error with the line of the file that it names.
ExitCode report_wit(const CommonOptions& options, const Error& error, const tools::WitInput& input);

}  // namespace tenon::program
