// tenon cache: what compiled code is kept.
#include <cstdio>
#include <memory>

#include "common_options.hpp"
#include "subcommand.hpp"
#include "tenon/native.hpp"

namespace tenon::program {

namespace {

struct Options {
  std::string folder = default_cache_folder();
};

ExitCode show(const Options& options, Result<CacheStatus> (*work)(const std::string&), const char* what) {
  const auto status = work(options.folder);
  if (!status) return report(status.error(), "", "", wants_colour("auto", 2));
  std::printf("%s: %llu entries%s, %llu bytes\n", options.folder.c_str(),
              static_cast<unsigned long long>(status->entries), what, static_cast<unsigned long long>(status->bytes));
  return ExitCode::ok;
}

}  // namespace

Action declare_cache(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("--folder", options->folder, "The folder; default: tenon in $XDG_CACHE_HOME or ~/.cache")
      ->type_name("FOLDER");
  command.require_subcommand(1);
  CLI::App* stat = command.add_subcommand("stat", "Say how much is kept");
  command.add_subcommand("clear", "Remove everything")->fallthrough();
  stat->fallthrough();
  return [options, stat] {
    return stat->parsed() ? show(*options, cache_status, "") : show(*options, clear_cache, " removed");
  };
}

}  // namespace tenon::program
