// A policy file: the grants of a `Config` as TOML.
//
//   inherit_env = true
//   allow_net = ["example.com:443"]
//   listen = ["127.0.0.1:8080"]
//   [env]
//   NAME = "value"
//   [[dir]]
//   host = "data"
//   guest = "/data"
//   access = "read-only"
//   [config]
//   NAME = "value"
//
// and `keyvalue = "mem"`, or "sqlite:FILE", in front of the tables.
//
// Whatever else stands in it is an error: a misspelt key would be a grant that is missing, or one that is not as narrow
// as its author believes.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "tenon/wasi.hpp"

namespace tenon::wasi {

namespace {

// An error at a place of the file; `what` says what was expected.
Error at(const toml::node& node, std::string_view what) {
  return Error(ErrorKind::usage, "policy, line " + std::to_string(node.source().begin.line) + ": " + std::string(what));
}

Result<std::string> read_string(const toml::node& node, std::string_view key) {
  if (const auto* text = node.as_string()) return text->get();
  return at(node, std::string(key) + ": expected a string");
}

Result<std::vector<std::string>> read_strings(const toml::node& node, std::string_view key) {
  const auto* list = node.as_array();
  if (list == nullptr) return at(node, std::string(key) + ": expected a list of strings");
  std::vector<std::string> strings;
  for (const toml::node& item : *list) {
    auto text = read_string(item, key);
    if (!text) return std::move(text).error();
    strings.push_back(std::move(*text));
  }
  return strings;
}

// Names with values, given to the configuration one by one.
template <class Give>
Result<void> read_pairs(const toml::node& node, std::string_view key, Give give) {
  const auto* pairs = node.as_table();
  if (pairs == nullptr) return at(node, std::string(key) + ": expected a table of NAME = \"value\"");
  for (const auto& [name, value] : *pairs) {
    auto text = read_string(value, key);
    if (!text) return std::move(text).error();
    give(std::string(name.str()), std::move(*text));
  }
  return {};
}
Result<void> read_environment(Config& config, const toml::node& node) {
  return read_pairs(node, "env", [&](std::string name, std::string value) { config.env(name, value); });
}
Result<void> read_settings(Config& config, const toml::node& node) {
  return read_pairs(node, "config", [&](std::string name, std::string value) { config.setting(name, value); });
}

Result<Directory> read_directory(const toml::node& node) {
  const auto* table = node.as_table();
  if (table == nullptr) return at(node, "dir: expected a table with host, and guest and access if need be");
  Directory directory;
  std::string access = "read-write";
  for (const auto& [key, value] : *table) {
    auto text = read_string(value, "dir." + std::string(key.str()));
    if (!text) return std::move(text).error();
    if (key == "host") {
      directory.host_path = *text;
    } else if (key == "guest") {
      directory.guest_path = *text;
    } else if (key == "access") {
      access = *text;
    } else {
      return at(value, "dir: expected host, guest or access, found " + std::string(key.str()));
    }
  }
  if (directory.host_path.empty()) return at(node, "dir: host is missing");
  if (directory.guest_path.empty()) directory.guest_path = directory.host_path;
  if (access != "read-only" && access != "read-write") {
    return at(node, "dir.access: expected read-only or read-write, found " + access);
  }
  directory.access = access == "read-only" ? Access::read_only : Access::read_write;
  return directory;
}

Result<void> read_directories(Config& config, const toml::node& node) {
  const auto* list = node.as_array();
  if (list == nullptr) return at(node, "dir: expected [[dir]]");
  for (const toml::node& item : *list) {
    auto directory = read_directory(item);
    if (!directory) return std::move(directory).error();
    config.directories.push_back(std::move(*directory));
  }
  return {};
}

Result<void> read_entry(Config& config, std::string_view key, const toml::node& value) {
  if (key == "env") return read_environment(config, value);
  if (key == "dir") return read_directories(config, value);
  if (key == "config") return read_settings(config, value);
  if (key == "keyvalue") {
    auto where = read_string(value, key);
    if (!where) return std::move(where).error();
    auto opened = open_key_values(*where);
    if (!opened) return at(value, "keyvalue: " + std::string(opened.error().message()));
    config.keyvalue(std::move(*opened));
    return {};
  }
  if (key == "inherit_env") {
    const auto* wanted = value.as_boolean();
    if (wanted == nullptr) return at(value, "inherit_env: expected true or false");
    if (wanted->get()) config.inherit_env();
    return {};
  }
  if (key == "allow_net" || key == "listen") {
    auto strings = read_strings(value, key);
    if (!strings) return std::move(strings).error();
    auto& list = key == "listen" ? config.listeners : config.networks;
    list.insert(list.end(), strings->begin(), strings->end());
    return {};
  }
  return at(value, "expected env, inherit_env, dir, allow_net, listen, config or keyvalue, found " + std::string(key));
}

}  // namespace

Result<Config> read_policy(std::string_view text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return Error(ErrorKind::usage, "policy, line " + std::to_string(parsed.error().source().begin.line) + ": " +
                                       std::string(parsed.error().description()));
  }
  Config config;
  for (const auto& [key, value] : parsed.table()) {
    if (auto read = read_entry(config, key.str(), value); !read) return std::move(read).error();
  }
  return config;
}

}  // namespace tenon::wasi
