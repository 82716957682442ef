// tenon compile: machine code ahead of time.
#include <memory>

#include "common_options.hpp"
#include "subcommand.hpp"
#include "tenon/native.hpp"

namespace tenon::program {

namespace {

struct Options : CommonOptions {
  std::string emit;
  std::string target;
  std::string cpu;
  bool fuel = false;
};

Result<std::string> compile(const Options& options, std::string_view source, tools::FeatureSet features) {
  const Engine engine({.features = features.bits, .fuel = options.fuel});
  const NativeTarget target{.machine = options.target, .processor = options.cpu};
  if (options.emit.empty()) return compile_native(engine, source, target);
  if (options.emit == "ir") return show_native(engine, source, NativeText::ir, target);
  if (options.emit == "asm") return show_native(engine, source, NativeText::assembler, target);
  return Error(ErrorKind::usage, "expected --emit asm or ir, found " + options.emit);
}

}  // namespace

Action declare_compile(CLI::App& command) {
  auto options = std::make_shared<Options>();
  declare_input(command, *options);
  declare_output(command, *options);
  command.add_flag("--fuel", options->fuel, "Code that counts what it executes, for tenon run --fuel");
  command
      .add_option("--target", options->target,
                  "Code for the machine x86_64-linux or aarch64-linux, for any processor of it but for --cpu; else for "
                  "this processor")
      ->type_name("MACHINE");
  command
      .add_option("--cpu", options->cpu,
                  "What processors must have: x86-64-v2, x86-64-v3, x86-64-v4; armv8-a, armv8.1-a, neoverse-n1")
      ->type_name("NAME");
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
