// tenon strip: custom sections away.
#include <memory>

#include "common_options.hpp"
#include "subcommand.hpp"

namespace tenon::program {

Action declare_strip(CLI::App& command) {
  struct Options : CommonOptions {
    tools::StripOptions strip;
  };
  auto options = std::make_shared<Options>();
  declare_input(command, *options);
  declare_output(command, *options);
  declare_text(command, *options);
  auto* all = command.add_flag("-a,--all", options->strip.all, "Remove the name section too");
  command.add_option("-d,--delete", options->strip.sections, "Remove only the custom sections of these names")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->excludes(all);
  declare_common(command, *options);
  return [options] {
    return transform_input(*options, [&](std::string_view source, tools::FeatureSet features) -> Result<std::string> {
      tools::StripOptions strip = options->strip;
      strip.features = features;
      auto stripped = tools::strip(source, strip);
      if (!stripped || !options->as_text) return stripped;
      return tools::print(*stripped, {.features = features});
    });
  };
}

}  // namespace tenon::program
