// The rule of the house: each function of WASI has a test, and that test calls it by its name.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "wasi/p2/host.hpp"
#include "wasi/p3/host.hpp"

namespace tenon::wasi {
namespace {

// What stands in the tests in these folders.
std::string text_of_tests(std::initializer_list<const char*> folders) {
  const std::filesystem::path wasi = std::filesystem::path(TENON_UNIT_TESTS) / "wasi";
  std::string text;
  for (const char* folder : folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(wasi / folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path());
      text.append(std::istreambuf_iterator<char>(file), {});
    }
  }
  return text;
}

// As it stands in a test: "[method]descriptor.stat" may be put together of its parts, and so may "set-hop-limit".
bool is_named(const std::string& text, std::string_view function) {
  const std::string_view last = function.substr(function.find('.') + 1);
  std::vector<std::string> forms{std::string(function) + "\"", "\"" + std::string(last) + "\""};
  for (const std::string_view verb : {"set-", "get-"}) {
    if (last.starts_with(verb)) forms.push_back("\"" + std::string(last.substr(verb.size())) + "\"");
  }
  return std::ranges::any_of(forms, [&](const std::string& form) { return text.find(form) != std::string::npos; });
}

template <class Interfaces>
std::string untested(const Interfaces& interfaces, const std::string& text) {
  std::string names;
  const auto check = [&](std::string_view interface, std::string_view function) {
    if (!is_named(text, function)) names += std::string(interface) + "#" + std::string(function) + "\n";
  };
  for (const auto* interface : interfaces) {
    for (const auto& function : interface->functions) check(interface->name, function.name);
    if (interface->common == nullptr) continue;
    for (const CommonFunction& function : *interface->common) check(interface->name, function.name);
  }
  for (const CommonInterface& interface : common_interfaces) {
    for (const CommonFunction& function : interface.functions) check(interface.name, function.name);
  }
  return names;
}

TEST(WasiFunctions, OfVersion2AreCalledByTests) {
  EXPECT_EQ(untested(p2::interfaces(), text_of_tests({"p2", "http", "network"})), "");
}

TEST(WasiFunctions, OfVersion3AreCalledByTests) { EXPECT_EQ(untested(p3::interfaces(), text_of_tests({"p3"})), ""); }

}  // namespace
}  // namespace tenon::wasi
