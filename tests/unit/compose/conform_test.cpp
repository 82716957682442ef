#include "compose/conform.hpp"

#include <gtest/gtest.h>
#include <string>

#include "tenon/tools.hpp"
#include "tenon/wit.hpp"

namespace tenon::compose {
namespace {

tools::WitInput input_of(std::string_view text) { return {.files = {{"test.wit", std::string(text)}}}; }

std::string component_of(std::string_view wit, std::string_view module) {
  const std::string core = tools::embed_world(module, input_of(wit)).value();
  return tools::componentize(core).value();
}

constexpr std::string_view importing =
    "package a:b; world w { import x:y/i@0.2.1; export run: func(); } "
    "package x:y@0.2.1 { interface i { f: func(a: u32); } }";
constexpr std::string_view importing_module =
    R"((module (import "x:y/i@0.2.1" "f" (func (param i32))) (func (export "run"))))";

struct Target {
  std::string_view wit;
  bool matches_versions;
  bool fits;
};

constexpr Target targets[] = {
    {importing, false, true},
    // The world has more imports, and wants fewer exports.
    {"package c:d; world t { import x:y/i@0.2.1; import more: func(); } "
     "package x:y@0.2.1 { interface i { f: func(a: u32); g: func(); } }",
     false, true},
    // It does not have the import; it has another one; it wants another export.
    {"package c:d; world t { export run: func(); }", false, false},
    {"package c:d; world t { import x:y/i@0.2.1; } package x:y@0.2.1 { interface i { f: func(a: u64); } }", false,
     false},
    {"package c:d; world t { import x:y/i@0.2.1; export stop: func(); } "
     "package x:y@0.2.1 { interface i { f: func(a: u32); } }",
     false, false},
    // 0.2.1 is satisfied by 0.2.3 where versions are matched, and never by 0.3.0.
    {"package c:d; world t { import x:y/i@0.2.3; } package x:y@0.2.3 { interface i { f: func(a: u32); } }", false,
     false},
    {"package c:d; world t { import x:y/i@0.2.3; } package x:y@0.2.3 { interface i { f: func(a: u32); } }", true, true},
    {"package c:d; world t { import x:y/i@0.3.0; } package x:y@0.3.0 { interface i { f: func(a: u32); } }", true,
     false},
};

TEST(CheckTargets, HoldsAComponentAgainstAWorld) {
  const std::string component = component_of(importing, importing_module);
  for (const Target& target : targets) {
    tools::TargetsOptions options;
    options.matches_versions = target.matches_versions;
    const auto checked = tools::check_targets(component, input_of(target.wit), options);
    EXPECT_EQ(checked.has_value(), target.fits) << target.wit << (checked ? "" : checked.error().message());
    if (!checked) {
      EXPECT_EQ(checked.error().kind(), ErrorKind::unlinkable);
    }
  }
}

}  // namespace
}  // namespace tenon::compose
