#include "grants.hpp"

#include <algorithm>
#include <cstdlib>

#include "files.hpp"

namespace tenon::program {

namespace {

constexpr std::string_view read_only_suffix = ":ro";
constexpr std::size_t most_notes = 8;

Result<wasi::Directory> read_directory(std::string text) {
  wasi::Directory directory;
  if (text.ends_with(read_only_suffix)) {
    directory.access = wasi::Access::read_only;
    text.resize(text.size() - read_only_suffix.size());
  }
  const std::size_t separator = text.find("::");
  directory.host_path = text.substr(0, separator);
  directory.guest_path = separator == std::string::npos ? directory.host_path : text.substr(separator + 2);
  if (directory.host_path.empty() || directory.guest_path.empty()) {
    return Error(ErrorKind::usage, "--dir: expected HOST[::GUEST][:ro], found \"" + text + "\"");
  }
  return directory;
}

// "K=V", or "K" for the value that this process has.
Result<void> add_variable(wasi::Config& config, const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  if (name.empty()) return Error(ErrorKind::usage, "--env: expected NAME or NAME=VALUE, found \"" + text + "\"");
  if (equals != std::string::npos) {
    config.env(name, text.substr(equals + 1));
  } else if (const char* value = std::getenv(name.c_str())) {
    config.env(name, value);
  }
  return {};
}

// What the file grants; nothing, without one.
Result<wasi::Config> read_policy_file(const std::string& path) {
  if (path.empty()) return wasi::Config();
  const auto text = read_input(path);
  if (!text) return Error(text.error().kind(), "--policy " + path + ": " + std::string(text.error().message()));
  return wasi::read_policy(*text);
}

}  // namespace

void declare_grants(CLI::App& command, GrantOptions& options) {
  constexpr const char* group = "What the guest is given (nothing else)";
  command.add_option("--dir", options.directories, "A directory, under its own name or another; :ro to read only")
      ->type_name("HOST[::GUEST][:ro]")
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("--env", options.variables, "A variable, with this value or the one it has here")
      ->type_name("NAME[=VALUE]")
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("--policy", options.policy, "A file that says all this in TOML")->type_name("FILE")->group(group);
  command.add_flag("--inherit-env", options.all_variables, "All variables")->group(group);
  command
      .add_option("--allow-net", options.networks, "Where a component may connect, send, bind and listen; * for any")
      ->type_name("HOST:PORT,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("--config", options.settings, "What wasi:config gives for a name")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("--keyvalue", options.key_values, "What wasi:keyvalue opens: mem, or sqlite:FILE")
      ->type_name("STORE")
      ->group(group);
  command.add_option("--listen", options.listeners, "A TCP listener, for guests of preview1")
      ->type_name("HOST:PORT")
      ->allow_extra_args(false)
      ->group(group);
}

Result<wasi::Config> read_grants(const GrantOptions& options) {
  auto policy = read_policy_file(options.policy);
  if (!policy) return policy;
  wasi::Config config = std::move(*policy);
  if (options.all_variables) config.inherit_env();
  for (const std::string& variable : options.variables) {
    if (auto added = add_variable(config, variable); !added) return std::move(added).error();
  }
  for (const std::string& text : options.directories) {
    auto directory = read_directory(text);
    if (!directory) return std::move(directory).error();
    config.directories.push_back(std::move(*directory));
  }
  for (const std::string& text : options.settings) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Error(ErrorKind::usage, "--config: expected NAME=VALUE, found \"" + text + "\"");
    }
    config.setting(text.substr(0, equals), text.substr(equals + 1));
  }
  if (!options.key_values.empty()) {
    auto opened = wasi::open_key_values(options.key_values);
    if (!opened) return Error(opened.error().kind(), "--keyvalue: " + std::string(opened.error().message()));
    config.keyvalue(std::move(*opened));
  }
  config.networks.insert(config.networks.end(), options.networks.begin(), options.networks.end());
  config.listeners.insert(config.listeners.end(), options.listeners.begin(), options.listeners.end());
  return config;
}

void Notes::add(const wasi::Refusal& refusal) {
  const bool is_known =
      std::ranges::any_of(refusals_, [&](const wasi::Refusal& known) { return known.attempt == refusal.attempt; });
  if (is_known) return;
  if (refusals_.size() == most_notes) {
    ++dropped_;
  } else {
    refusals_.push_back(refusal);
  }
}

std::string Notes::text() const {
  std::string lines = lines_;
  for (const wasi::Refusal& refusal : refusals_) {
    lines += "note: the guest was not allowed to " + refusal.attempt + "; " + refusal.remedy + " would allow it\n";
  }
  if (dropped_ != 0) lines += "note: and " + std::to_string(dropped_) + " more refusals\n";
  return lines;
}

}  // namespace tenon::program
