// tenon component: what is done with components and with WIT, each a subcommand of its own.
#include <algorithm>
#include <filesystem>
#include <memory>

#include "subcommand.hpp"
#include "wit_input.hpp"

namespace tenon::program {

namespace {

ExitCode write_result(const CommonOptions& options, std::string_view contents) {
  const auto written = write_output(options.output, contents);
  if (written) return ExitCode::ok;
  return report(options, written.error(), options.output == "-" ? "<stdout>" : options.output, "");
}

// The result as it is, or as text.
ExitCode write_binary(const CommonOptions& options, const Result<std::string>& binary, tools::FeatureSet features) {
  if (!options.as_text) return write_result(options, *binary);
  const auto text = tools::print(*binary, {.features = features});
  return text ? write_result(options, *text) : report(options, text.error(), shown_name(options.input), *binary);
}

struct WitCommandOptions : CommonOptions {
  tools::WitPrintOptions print;
  bool as_json = false;
  bool as_binary = false;
  bool no_docs = false;
  bool importizes = false;
  bool exportizes = false;
  std::string folder;
};

ExitCode write_files(const CommonOptions& options, const std::string& folder, const std::vector<tools::WitFile>& files,
                     bool lists) {
  const std::filesystem::path root = folder;
  for (const tools::WitFile& file : files) {
    const std::filesystem::path path = root / file.path;
    std::error_code code;
    std::filesystem::create_directories(path.parent_path(), code);
    const auto written =
        code ? Result<void>(Error(ErrorKind::io, code.message())) : write_output(path.string(), file.contents);
    if (!written) return report(options, written.error(), path.string(), "");
    if (lists) std::fprintf(stdout, "%s\n", path.c_str());
  }
  return ExitCode::ok;
}

// Whether the error is in one of the package's files.
bool names_file(const tools::WitInput& wit, const Error& error) {
  return std::ranges::find(wit.files, error.context(), &tools::WitFile::path) != wit.files.end();
}

ExitCode run_wit(WitCommandOptions& options) {
  const auto features = tools::parse_features(options.features);
  if (!features) return report(options, features.error(), "", "");
  options.print.wit.features = *features;
  options.print.docs = !options.no_docs;
  options.print.turn = options.importizes   ? tools::WitTurn::importize
                       : options.exportizes ? tools::WitTurn::exportize
                                            : tools::WitTurn::none;
  options.print.form = options.as_json                        ? tools::WitForm::json
                       : options.as_binary || options.as_text ? tools::WitForm::binary
                                                              : tools::WitForm::text;
  const auto input = read_wit(options.input);
  if (!input) return report_wit(options, input.error(), {});
  if (!options.folder.empty()) {
    const auto files = tools::print_wit_files(*input, options.print);
    return files ? write_files(options, options.folder, *files, true) : report_wit(options, files.error(), *input);
  }
  const auto printed = tools::print_wit(*input, options.print);
  if (!printed) return report_wit(options, printed.error(), *input);
  return write_binary(options, printed, *features);
}

Action declare_embed(CLI::App& command) {
  struct Options : CommonOptions {
    std::string wit;
    std::string encoding = "utf8";
    tools::EmbedOptions embed;
  };
  auto options = std::make_shared<Options>();
  command.add_option("WIT", options->wit, "The package: a file or a folder")->required();
  declare_input(command, *options);
  declare_output(command, *options);
  declare_text(command, *options);
  command.add_option("-w,--world", options->embed.world, "The world that the module was made for")->type_name("NAME");
  command.add_option("--encoding", options->encoding, "How the module has its strings")
      ->check(CLI::IsMember({"utf8", "utf16", "compact-utf16"}))
      ->capture_default_str();
  declare_wit_options(command, options->embed.wit);
  declare_common(command, *options);
  return [options] {
    const auto features = tools::parse_features(options->features);
    if (!features) return report(*options, features.error(), "", "");
    options->embed.wit.features = *features;
    options->embed.encoding = options->encoding == "utf16"           ? tools::StringEncoding::utf16
                              : options->encoding == "compact-utf16" ? tools::StringEncoding::latin1_utf16
                                                                     : tools::StringEncoding::utf8;
    const auto wit = read_wit(options->wit);
    if (!wit) return report_wit(*options, wit.error(), {});
    const auto module = read_input(options->input);
    if (!module) return report(*options, module.error(), shown_name(options->input), "");
    const auto embedded = tools::embed_world(*module, *wit, options->embed);
    if (embedded) return write_binary(*options, embedded, *features);
    return names_file(*wit, embedded.error()) ? report_wit(*options, embedded.error(), *wit)
                                              : report(*options, embedded.error(), shown_name(options->input), *module);
  };
}

// "name=file", or the name of the file without its ending.
Result<tools::Adapter> read_adapter(const std::string& argument) {
  const std::size_t equals = argument.find('=');
  const std::string path = equals == std::string::npos ? argument : argument.substr(equals + 1);
  tools::Adapter adapter;
  if (equals != std::string::npos) {
    adapter.name = argument.substr(0, equals);
  } else {  // "wasi_snapshot_preview1.command.wasm" is of "wasi_snapshot_preview1"
    adapter.name = std::filesystem::path(path).filename().string();
    adapter.name.resize(std::min(adapter.name.size(), adapter.name.find('.')));
  }
  auto contents = read_input(path);
  if (!contents) return std::move(contents).error().with_context(path);
  adapter.module = *std::move(contents);
  return adapter;
}

Action declare_new(CLI::App& command) {
  struct Options : CommonOptions {
    std::vector<std::string> adapters;
    bool keeps_versions = false;
    tools::ComponentizeOptions componentize;
  };
  auto options = std::make_shared<Options>();
  declare_input(command, *options);
  declare_output(command, *options);
  declare_text(command, *options);
  command
      .add_option("--adapt", options->adapters, "A core module for what is imported from NAME, the file's by default")
      ->type_name("[NAME=]FILE")
      ->allow_extra_args(false);
  command.add_flag("--keep-versions", options->keeps_versions,
                   "Do not make one import of those in compatible versions");
  command.add_flag("--realloc-via-memory-grow", options->componentize.realloc_via_memory_grow,
                   "Adapters take pages of memory, and do not ask the module to allocate");
  declare_common(command, *options);
  return [options] {
    const auto features = tools::parse_features(options->features);
    if (!features) return report(*options, features.error(), "", "");
    options->componentize.features = *features;
    options->componentize.merges_versions = !options->keeps_versions;
    for (const std::string& argument : options->adapters) {
      auto adapter = read_adapter(argument);
      if (!adapter) return report_wit(*options, adapter.error(), {});
      options->componentize.adapters.push_back(*std::move(adapter));
    }
    const auto module = read_input(options->input);
    if (!module) return report(*options, module.error(), shown_name(options->input), "");
    const auto made = tools::componentize(*module, options->componentize);
    if (made) return write_binary(*options, made, *features);
    return report(*options, made.error(), shown_name(options->input), *module);
  };
}

Action declare_targets(CLI::App& command) {
  struct Options : CommonOptions {
    std::string wit;
    tools::TargetsOptions targets;
  };
  auto options = std::make_shared<Options>();
  command.add_option("WIT", options->wit, "The package of the world: a file or a folder")->required();
  command.add_option("FILE", options->input, "The component; - is standard input")->capture_default_str();
  command.add_option("-w,--world", options->targets.world, "The world")->type_name("NAME");
  command.add_flag("--semver-compatible", options->targets.matches_versions,
                   "Hold interfaces of compatible versions against one another");
  declare_wit_options(command, options->targets.wit);
  declare_common(command, *options);
  return [options] {
    const auto features = tools::parse_features(options->features);
    if (!features) return report(*options, features.error(), "", "");
    options->targets.wit.features = *features;
    const auto wit = read_wit(options->wit);
    if (!wit) return report_wit(*options, wit.error(), {});
    const auto component = read_input(options->input);
    if (!component) return report(*options, component.error(), shown_name(options->input), "");
    const auto checked = tools::check_targets(*component, *wit, options->targets);
    if (checked) return ExitCode::ok;
    return names_file(*wit, checked.error())
               ? report_wit(*options, checked.error(), *wit)
               : report(*options, checked.error(), shown_name(options->input), *component);
  };
}

Action declare_semver_check(CLI::App& command) {
  struct Options : CommonOptions {
    tools::WitOptions wit;
    std::string previous;
    std::string next;
  };
  auto options = std::make_shared<Options>();
  command.add_option("WIT", options->input, "The package: a file or a folder")->required();
  command.add_option("--prev", options->previous, "The world as it was")->type_name("WORLD")->required();
  command.add_option("--new", options->next, "The world as it shall be")->type_name("WORLD")->required();
  declare_wit_options(command, options->wit);
  declare_common(command, *options);
  return [options] {
    const auto features = tools::parse_features(options->features);
    if (!features) return report(*options, features.error(), "", "");
    options->wit.features = *features;
    const auto wit = read_wit(options->input);
    if (!wit) return report_wit(*options, wit.error(), {});
    const auto checked = tools::check_semver(*wit, options->previous, options->next, options->wit);
    return checked ? ExitCode::ok : report_wit(*options, checked.error(), *wit);
  };
}

Action declare_unbundle(CLI::App& command) {
  struct Options : CommonOptions {
    std::string folder;
    tools::UnbundleOptions unbundle;
  };
  auto options = std::make_shared<Options>();
  command.add_option("FILE", options->input, "The component; - is standard input")->capture_default_str();
  declare_output(command, *options);
  command.add_option("--module-dir", options->folder, "Where the modules go")->type_name("FOLDER")->required();
  command.add_option("--threshold", options->unbundle.threshold, "Take out modules of more bytes than this")
      ->capture_default_str();
  declare_common(command, *options);
  return [options] {
    const auto features = tools::parse_features(options->features);
    if (!features) return report(*options, features.error(), "", "");
    options->unbundle.features = *features;
    const auto component = read_input(options->input);
    if (!component) return report(*options, component.error(), shown_name(options->input), "");
    const auto unbundled = tools::unbundle(*component, options->unbundle);
    if (!unbundled) return report(*options, unbundled.error(), shown_name(options->input), *component);
    const ExitCode written = write_files(*options, options->folder, unbundled->modules, false);
    return written == ExitCode::ok ? write_result(*options, unbundled->component) : written;
  };
}

constexpr Subcommand component_subcommands[] = {
    {"wit", "Show WIT, encode it, or take it from a component", declare_wit},
    {"new", "Make a component of a core module", declare_new},
    {"targets", "Check that a component fits a world", declare_targets},
    {"semver-check", "Check that a world can take the place of another", declare_semver_check},
    {"unbundle", "Take core modules out of a component", declare_unbundle},
    {"embed", "Tell a core module the world that it was made for", declare_embed},
};

}  // namespace

Action declare_wit(CLI::App& command) {
  auto options = std::make_shared<WitCommandOptions>();
  command.add_option("INPUT", options->input, "A WIT file, or a folder of them; - is standard input")
      ->capture_default_str();
  declare_output(command, *options);
  auto* text = command.add_flag("-t,--wat", options->as_text, "The package as a component, in the text format");
  auto* binary = command.add_flag("-w,--wasm", options->as_binary, "The package as a component")->excludes(text);
  auto* json = command.add_flag("-j,--json", options->as_json, "All packages, resolved, as JSON");
  json->excludes(text)->excludes(binary);
  command.add_flag("--no-docs", options->no_docs, "Leave out docs");
  command.add_option("--out-dir", options->folder, "Write the package and all that it needs into a folder")
      ->type_name("FOLDER")
      ->excludes(text)
      ->excludes(binary)
      ->excludes(json);
  auto* importize = command.add_flag("--importize", options->importizes, "Make imports of a world's exports");
  command.add_flag("--exportize", options->exportizes, "Make exports of a world's imports")->excludes(importize);
  command.add_option("--world", options->print.world, "The world for --importize and --exportize")->type_name("NAME");
  command.add_option("--out-world", options->print.turned_world, "The name that it gets")->type_name("NAME");
  command.add_option("--import", options->print.turned_imports, "With --exportize, only this import")
      ->type_name("NAME")
      ->allow_extra_args(false);
  declare_wit_options(command, options->print.wit);
  declare_common(command, *options);
  return [options] { return run_wit(*options); };
}

Action declare_component(CLI::App& command) {
  command.require_subcommand(1);
  auto action = std::make_shared<Action>();
  for (const Subcommand& subcommand : component_subcommands) {
    CLI::App* each = command.add_subcommand(std::string(subcommand.name), std::string(subcommand.summary));
    each->final_callback([action, run = subcommand.declare(*each)] { *action = run; });
  }
  return [action] { return (*action)(); };
}

}  // namespace tenon::program
