// tenon print: binary or text to text.
#include <memory>

#include "common_options.hpp"
#include "subcommand.hpp"

namespace tenon::program {

Action declare_print(CLI::App& command) {
  struct Options : CommonOptions {
    tools::PrintOptions print;
    bool no_names = false;
  };
  auto options = std::make_shared<Options>();
  declare_input(command, *options);
  declare_output(command, *options);
  command.add_flag("-f,--fold", options->print.fold, "Write folded instructions");
  command.add_flag("-s,--skeleton", options->print.skeleton, "Leave out bodies, data and elements");
  command.add_flag("-p,--offsets", options->print.offsets, "Put binary offsets in comments");
  command.add_flag("--no-names", options->no_names, "Ignore the name section");
  declare_common(command, *options);
  return [options] {
    return transform_input(*options, [&](std::string_view source, tools::FeatureSet features) {
      tools::PrintOptions print = options->print;
      print.features = features;
      print.names = !options->no_names;
      return tools::print(source, print);
    });
  };
}

}  // namespace tenon::program
