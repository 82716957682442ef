// tenon explore: WebAssembly beside the machine code made of it, as a page for a browser.
#include <memory>

#include "common_options.hpp"
#include "subcommand.hpp"
#include "tenon/native.hpp"

namespace tenon::program {

Action declare_explore(CLI::App& command) {
  auto options = std::make_shared<CommonOptions>();
  declare_input(command, *options);
  declare_output(command, *options);
  declare_common(command, *options);
  return [options] {
    return transform_input(*options, [](std::string_view source, tools::FeatureSet features) {
      return explore_native(Engine({.features = features.bits}), source);
    });
  };
}

}  // namespace tenon::program
