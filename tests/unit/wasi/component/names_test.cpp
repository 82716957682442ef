// Names every function that the host defines, for tests/unit/wasi/check_functions.py: each has its line in
// tests/unit/wasi/functions.txt, and the tests see what stands there.
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "unit/wasi/component/by_name.hpp"
#include "wasi/p2/host.hpp"
#include "wasi/p3/host.hpp"

namespace tenon::wasi {
namespace {

template <class Interfaces>
std::size_t name_all(const Interfaces& interfaces) {
  std::set<std::string> names;
  const auto name = [&](std::string_view interface, std::string_view function) {
    const std::string full = std::string(interface) + "#" + std::string(function);
    EXPECT_TRUE(names.insert(full).second) << full << " is there twice";
    test::record_outcome(version_of(interfaces), full, "defined");
  };
  for (const auto* interface : interfaces) {
    for (const auto& function : interface->functions) name(interface->name, function.name);
    if (interface->common == nullptr) continue;
    for (const CommonFunction& function : *interface->common) name(interface->name, function.name);
  }
  for (const CommonInterface& interface : common_interfaces) {
    for (const CommonFunction& function : interface.functions) name(interface.name, function.name);
  }
  return names.size();
}

TEST(WasiFunctions, OfVersion2HaveOneName) { EXPECT_GE(name_all(p2::interfaces()), 180U); }

TEST(WasiFunctions, OfVersion3HaveOneName) { EXPECT_GE(name_all(p3::interfaces()), 120U); }

TEST(WasiFunctions, OfPreview1AreListed) {
#define TENON_P1_FUNCTION(name) test::record_outcome("preview1", #name, "defined");
#include "wasi/p1/functions.def"
#undef TENON_P1_FUNCTION
  test::record_outcome("preview1", "proc_exit", "defined");
}

}  // namespace
}  // namespace tenon::wasi
