// What is wrong with a path, and the functions that take one: the same in 0.2 and 0.3.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "wasi/component/values.hpp"

namespace tenon::wasi::test {

using bindings::Val;

enum class PathError : std::uint8_t { no_entry, invalid, not_utf8, name_too_long, not_permitted };
struct BadPath {
  std::string text;
  PathError error;
};
inline std::vector<BadPath> bad_paths() {
  return {{"", PathError::no_entry},
          {std::string("a\0b", 3), PathError::invalid},
          {std::string(300, 'a'), PathError::name_too_long},
          {std::string(4096, 'a'), PathError::name_too_long},
          {"..", PathError::not_permitted},
          {"../a.txt", PathError::not_permitted},
          {"sub/../../a.txt", PathError::not_permitted},
          {"/etc/passwd", PathError::not_permitted}};
}

// A method of a directory that takes a path, and all its arguments for one.
struct PathFunction {
  const char* name;
  std::function<std::vector<Val>(const Val& path)> arguments;
};
inline std::vector<PathFunction> path_functions(const Val& directory) {
  const Val keep = Val::variant(0);
  const Val good = Val::string("a.txt");
  return {
      {"create-directory-at", [](const Val& path) { return std::vector{path}; }},
      {"stat-at", [](const Val& path) { return std::vector{Val::flags(0), path}; }},
      {"set-times-at", [keep](const Val& path) { return std::vector{Val::flags(0), path, keep, Val::variant(1)}; }},
      {"link-at", [=](const Val& path) { return std::vector{Val::flags(0), path, directory, Val::string("new")}; }},
      {"link-at", [=](const Val& path) { return std::vector{Val::flags(0), good, directory, path}; }},
      {"open-at", [](const Val& path) { return std::vector{Val::flags(1), path, Val::flags(0), Val::flags(1)}; }},
      {"readlink-at", [](const Val& path) { return std::vector{path}; }},
      {"remove-directory-at", [](const Val& path) { return std::vector{path}; }},
      {"rename-at", [=](const Val& path) { return std::vector{path, directory, Val::string("new")}; }},
      {"rename-at", [=](const Val& path) { return std::vector{good, directory, path}; }},
      {"symlink-at", [=](const Val& path) { return std::vector{good, path}; }},
      {"unlink-file-at", [](const Val& path) { return std::vector{path}; }},
      {"metadata-hash-at", [](const Val& path) { return std::vector{Val::flags(0), path}; }},
  };
}

// Those that change something, with arguments that would be good where that is allowed.
inline std::vector<std::pair<const char*, std::vector<Val>>> changes(const Val& directory) {
  const Val name = Val::string("a.txt"), other = Val::string("new"), now = Val::variant(1);
  return {{"create-directory-at", {other}},
          {"set-times-at", {Val::flags(0), name, now, now}},
          {"set-times", {now, now}},
          {"link-at", {Val::flags(0), name, directory, other}},
          {"open-at", {Val::flags(0), other, Val::flags(1), Val::flags(2)}},
          {"open-at", {Val::flags(0), name, Val::flags(8), Val::flags(2)}},
          {"remove-directory-at", {Val::string("sub")}},
          {"rename-at", {name, directory, other}},
          {"symlink-at", {name, other}},
          {"unlink-file-at", {name}}};
}

}  // namespace tenon::wasi::test
