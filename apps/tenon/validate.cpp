// tenon validate: says nothing when all is well.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "common_options.hpp"
#include "subcommand.hpp"

namespace tenon::program {

namespace {

struct Options : CommonOptions {
  std::vector<std::string> inputs = {"-"};
  unsigned threads = 1;
  bool json = false;
};

void print_json(std::string_view file, const Error* error) {
  nlohmann::ordered_json object = {{"file", file}, {"valid", error == nullptr}};
  if (error != nullptr) {
    nlohmann::ordered_json details = {{"kind", to_string(error->kind())}, {"message", error->message()}};
    const ErrorPlace place = error->place();
    if (place.offset != ErrorPlace::no_offset) details["offset"] = place.offset;
    if (place.line != 0) details["line"] = place.line;
    if (place.line != 0) details["column"] = place.column;
    if (!error->context().empty()) details["context"] = error->context();
    object["error"] = std::move(details);
  }
  const std::string text = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::printf("%s\n", text.c_str());
}

ExitCode validate_file(const Options& options, const std::string& path, tools::FeatureSet features) {
  const auto source = read_input(path);
  if (!source) return report(options, source.error(), shown_name(path), "");
  const auto result = tools::validate(*source, {.features = features, .threads = options.threads});
  if (options.json) {
    print_json(shown_name(path), result ? nullptr : &result.error());
    return result ? ExitCode::ok : ExitCode::refused;
  }
  if (!result) return report(options, result.error(), shown_name(path), *source);
  if (options.verbose) std::printf("%s: valid\n", std::string(shown_name(path)).c_str());
  return ExitCode::ok;
}

}  // namespace

Action declare_validate(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("FILE", options->inputs, "The modules; - is standard input")->capture_default_str();
  command.add_option("-j,--threads", options->threads, "Threads that check function bodies; 0 is one for each core")
      ->capture_default_str();
  command.add_flag("--json", options->json, "One JSON object for each file");
  declare_common(command, *options);
  return [options] {
    const auto features = tools::parse_features(options->features);
    if (!features) return report(*options, features.error(), "", "");
    ExitCode worst = ExitCode::ok;
    for (const std::string& path : options->inputs) worst = std::max(worst, validate_file(*options, path, *features));
    return worst;
  };
}

}  // namespace tenon::program
