// Options that several subcommands share, each declared in one way.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "files.hpp"
#include "tenon/tools.hpp"

namespace tenon::program {

struct CommonOptions {
  std::string input = "-";
  std::string output = "-";
  std::string colour = "auto";
  std::string features;
  bool as_text = false;
  bool verbose = false;
};

inline void declare_input(CLI::App& command, CommonOptions& options) {
  command.add_option("FILE", options.input, "The module; - is standard input")->capture_default_str();
}
inline void declare_output(CLI::App& command, CommonOptions& options) {
  command.add_option("-o,--output", options.output, "Where the result goes; - is standard output")
      ->type_name("FILE")
      ->capture_default_str();
}
inline void declare_text(CLI::App& command, CommonOptions& options) {
  command.add_flag("-t,--wat", options.as_text, "Give the result in the text format");
}
// --color, --features and --verbose: every subcommand that reads a module has them.
void declare_common(CLI::App& command, CommonOptions& options);

// Runs `step` on the contents of the input and the features asked for, and writes what it gives to the output; errors
// are reported with the source where they stand.
ExitCode transform_input(const CommonOptions& options,
                         const std::function<Result<std::string>(std::string_view, tools::FeatureSet)>& step);

inline ExitCode report(const CommonOptions& options, const Error& error, std::string_view file,
                       std::string_view source) {
  return report(error, file, source, wants_colour(options.colour, 2));
}

}  // namespace tenon::program
