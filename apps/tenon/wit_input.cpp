#include "wit_input.hpp"

#include <algorithm>
#include <filesystem>

namespace tenon::program {

namespace {

namespace fs = std::filesystem;

Error at_path(Error error, const std::string& path) { return std::move(error).with_context(path); }

// A package that is one file of `deps/` may be encoded too.
bool is_package_file(const fs::path& relative) {
  const auto extension = relative.extension();
  if (extension == ".wit") return true;
  return relative.parent_path() == "deps" && (extension == ".wasm" || extension == ".wat");
}

// Files of one folder, but not those of folders in it: they have a meaning in `deps/` only.
Result<void> add_folder(tools::WitInput& input, const fs::path& root, const fs::path& folder) {
  std::error_code code;
  std::vector<fs::path> paths;
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) paths.push_back(*at);
  if (code) return Error(ErrorKind::io, code.message()).with_context(folder.string());
  std::ranges::sort(paths);
  for (const fs::path& path : paths) {
    const fs::path relative = path.lexically_relative(root);
    const bool is_folder = fs::is_directory(path, code);
    if (is_folder && (relative == "deps" || relative.parent_path() == "deps")) {
      if (auto added = add_folder(input, root, path); !added) return added;
    }
    if (is_folder || !is_package_file(relative)) continue;
    auto contents = read_input(path.string());
    if (!contents) return at_path(std::move(contents).error(), path.string());
    input.files.push_back({relative.generic_string(), *std::move(contents)});
  }
  return {};
}

}  // namespace

void declare_wit_options(CLI::App& command, tools::WitOptions& options) {
  command.add_option("--unstable", options.unstable, "@unstable features of WIT to include")
      ->type_name("NAME")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_flag("--all-unstable", options.all_unstable, "Include all @unstable features of WIT");
  command.add_option("--target-version", options.target_version, "Leave out what was added after this version")
      ->type_name("VERSION");
}

Result<tools::WitInput> read_wit(const std::string& path) {
  tools::WitInput input;
  std::error_code code;
  if (path != "-" && fs::is_directory(path, code)) {
    input.is_folder = true;
    if (auto added = add_folder(input, path, path); !added) return std::move(added).error();
    return input;
  }
  auto contents = read_input(path);
  if (!contents) return at_path(std::move(contents).error(), path);
  input.files.push_back({std::string(shown_name(path)), *std::move(contents)});
  return input;
}

ExitCode report_wit(const CommonOptions& options, const Error& error, const tools::WitInput& input) {
  const bool colour = wants_colour(options.colour, 2);
  const auto file = std::ranges::find(input.files, error.context(), &tools::WitFile::path);
  if (file != input.files.end()) {
    return report(Error(error).with_context(""), file->path, file->contents, colour, Language::wit);
  }
  if (!input.is_folder && input.files.size() == 1) {
    return report(error, input.files.front().path, input.files.front().contents, colour, Language::wit);
  }
  return report(Error(error).with_context(""), error.context(), "", colour, Language::wit);
}

}  // namespace tenon::program
