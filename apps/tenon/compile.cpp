// tenon compile: machine code ahead of time.
#include <memory>

#include "common_options.hpp"
#include "subcommand.hpp"
#include "tenon/native.hpp"

namespace tenon::program {

namespace {

struct Options : CommonOptions {
  std::string emit;
  bool fuel = false;
};

Result<std::string> compile(const Options& options, std::string_view source, tools::FeatureSet features) {
  const Engine engine({.features = features.bits, .fuel = options.fuel});
  if (options.emit.empty()) return compile_native(engine, source);
  if (options.emit == "ir") return show_native(engine, source, NativeText::ir);
  if (options.emit == "asm") return show_native(engine, source, NativeText::assembler);
  return Error(ErrorKind::usage, "expected --emit asm or ir, found " + options.emit);
}

}  // namespace

Action declare_compile(CLI::App& command) {
  auto options = std::make_shared<Options>();
  declare_input(command, *options);
  declare_output(command, *options);
  command.add_flag("--fuel", options->fuel, "Code that counts what it executes, for tenon run --fuel");
  command.add_option("--emit", options->emit, "Write what the compiler makes of it instead: asm or ir")
      ->type_name("FORM");
  declare_common(command, *options);
  return [options] {
    return transform_input(*options, [&](std::string_view source, tools::FeatureSet features) {
      return compile(*options, source, features);
    });
  };
}

}  // namespace tenon::program
