// tenon objdump: what a binary holds, with offsets.
#include <memory>

#include "common_options.hpp"
#include "subcommand.hpp"

namespace tenon::program {

Action declare_objdump(CLI::App& command) {
  struct Options : CommonOptions {
    bool sections = false;
    bool json = false;
    bool adapters = false;
  };
  auto options = std::make_shared<Options>();
  declare_input(command, *options);
  declare_output(command, *options);
  auto* sections = command.add_flag("-s,--sections", options->sections, "Only the sections, with offsets and sizes");
  command.add_flag("--json", options->json, "The sections as JSON")->excludes(sections);
  command.add_flag("--adapters", options->adapters, "The code through which a component's guests call one another")
      ->excludes(sections);
  declare_common(command, *options);
  return [options] {
    return transform_input(*options, [&](std::string_view source, tools::FeatureSet features) {
      const auto form = options->json       ? tools::ListingForm::json
                        : options->adapters ? tools::ListingForm::adapters
                        : options->sections ? tools::ListingForm::sections
                                            : tools::ListingForm::disassembly;
      return tools::list(source, {.features = features, .form = form});
    });
  };
}

}  // namespace tenon::program
