#include "common_options.hpp"

#include <cstdio>

namespace tenon::program {

namespace {

std::string describe_features() {
  std::string names;
  for (const tools::FeatureDescription& feature : tools::list_features()) {
    if (!names.empty()) names += ", ";
    names += feature.option;
    if (!feature.on_by_default) names += " (off)";
  }
  return "Features, all on unless marked: " + names + ".";
}

}  // namespace

void declare_common(CLI::App& command, CommonOptions& options) {
  command.add_option("--color", options.colour, "Colours in errors")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  command.add_option("--features", options.features, "all, none, or changes to what is on: gc,-simd,-threads")
      ->type_name("LIST");
  command.add_flag("-v,--verbose", options.verbose, "Say more about what is done");
  command.footer(describe_features);  // in front of the footer that the subcommand has, or the program
}

ExitCode transform_input(const CommonOptions& options,
                         const std::function<Result<std::string>(std::string_view, tools::FeatureSet)>& step) {
  const auto features = tools::parse_features(options.features);
  if (!features) return report(options, features.error(), "", "");
  const auto source = read_input(options.input);
  if (!source) return report(options, source.error(), shown_name(options.input), "");
  const auto result = step(*source, *features);
  if (!result) return report(options, result.error(), shown_name(options.input), *source);
  const auto written = write_output(options.output, *result);
  if (!written) return report(options, written.error(), options.output == "-" ? "<stdout>" : options.output, "");
  if (options.verbose) std::fprintf(stderr, "%zu bytes read, %zu written\n", source->size(), result->size());
  return ExitCode::ok;
}

}  // namespace tenon::program
