// tenon parse: text to binary.
#include <memory>

#include "common_options.hpp"
#include "subcommand.hpp"

namespace tenon::program {

Action declare_parse(CLI::App& command) {
  struct Options : CommonOptions {
    bool no_names = false;
  };
  auto options = std::make_shared<Options>();
  declare_input(command, *options);
  declare_output(command, *options);
  declare_text(command, *options);
  command.add_flag("--no-names", options->no_names, "Make no name section from identifiers");
  declare_common(command, *options);
  return [options] {
    return transform_input(*options, [&](std::string_view source, tools::FeatureSet features) -> Result<std::string> {
      auto binary = tools::parse(source, {.features = features, .keep_names = !options->no_names});
      if (!binary || !options->as_text) return binary;
      return tools::print(*binary, {.features = features});
    });
  };
}

}  // namespace tenon::program
