#include "model/component/extern_names.hpp"

#include <gtest/gtest.h>

namespace tenon::component {
namespace {

TEST(ParseExternName, Parts) {
  const Result<ParsedName> method = parse_extern_name("[method]a.get-B", Features::all());
  ASSERT_TRUE(method.has_value());
  EXPECT_EQ(method->kind, ParsedName::Kind::method);
  EXPECT_EQ(method->resource, "a");
  EXPECT_EQ(method->label, "get-B");

  const Result<ParsedName> interface = parse_extern_name("ns:pkg/iface@1.2.3-rc.1+b", Features::all());
  ASSERT_TRUE(interface.has_value());
  EXPECT_EQ(interface->kind, ParsedName::Kind::interface);
  EXPECT_EQ(interface->namespace_, "ns");
  EXPECT_EQ(interface->package, "pkg");
  EXPECT_EQ(interface->interface, "iface");
  EXPECT_EQ(interface->version, "1.2.3-rc.1+b");
  EXPECT_FALSE(interface->has_canonical_version);

  const Result<ParsedName> nested = parse_extern_name("a:b:c/d/e@0.2", Features::all());
  ASSERT_TRUE(nested.has_value());
  EXPECT_EQ(nested->namespace_, "a:b");
  EXPECT_EQ(nested->package, "c");
  EXPECT_EQ(nested->interface, "d/e");
  EXPECT_TRUE(nested->has_canonical_version);
}

TEST(ParseExternName, Faults) {
  struct Case {
    const char* name;
    const char* message;
  };
  Features plain = Features::all();
  plain.set(Feature::component_nested_names, false);
  plain.set(Feature::component_canonical_names, false);
  for (const Case& c :
       {Case{"", "`` is not in kebab case"}, Case{"a--b", "`a--b` is not in kebab case"},
        Case{"[method]a", "failed to find `.` character"}, Case{"A:b/c", "`A` is not in lower case"},
        Case{"a:b", "expected `/` after package name"}, Case{"a:b:c/d", "expected `/` after package name"},
        Case{"a:b/c/d", "trailing characters found: `/d`"}, Case{"a:b/c@", "empty string"},
        Case{"a:b/c@1", "unexpected end of input while parsing major version number"},
        Case{"a:b/c@1.2.x", "unexpected character 'x' while parsing patch version number"},
        Case{"a:b/c@1.2.3-", "empty identifier segment in pre-release identifier"}}) {
    const Result<ParsedName> parsed = parse_extern_name(c.name, plain);
    ASSERT_FALSE(parsed.has_value()) << c.name;
    EXPECT_TRUE(parsed.error().message().starts_with(c.message)) << c.name << ": " << parsed.error().message();
  }
}

TEST(UniquenessKey, Canonicalizes) {
  EXPECT_EQ(uniqueness_key("foo-BAR"), "foo-bar");
  EXPECT_EQ(uniqueness_key("[method]foo.foo"), "foo");
  EXPECT_EQ(uniqueness_key("[static]foo.BAR"), "foo.bar");
  EXPECT_EQ(uniqueness_key("[constructor]foo"), "[constructor]foo");
  EXPECT_EQ(uniqueness_key("a:b/C"), "a:b/c");
}

TEST(LabelFault, FollowsTheStandard) {
  for (const std::string_view good : {"a", "a1", "foo-bar", "XML", "parse-XML-2", "a-2b", "A-b"}) {
    EXPECT_EQ(label_fault(good), "") << good;
  }
  for (const std::string_view bad : {"", "1a", "a--b", "-a", "a-", "aB", "a_b", "caf\xC3\xA9"}) {
    EXPECT_NE(label_fault(bad), "") << bad;
  }
}

TEST(UniquenessKey, IsTheExplainersCanonicalName) {
  const struct {
    std::string_view left;
    std::string_view right;
    bool is_unique;
  } cases[] = {
      {"foo", "FOO", false},
      {"foo", "foo-bar", true},
      {"foo", "[constructor]foo", true},
      {"[constructor]foo", "[constructor]FOO", false},
      {"foo", "[method]foo.bar", true},
      {"foo", "[method]foo.foo", false},
      {"foo-BAR", "[static]foo-bar.FOO-bar", false},
      {"[method]foo.bar", "[static]foo.BAR", false},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(uniqueness_key(each.left) != uniqueness_key(each.right), each.is_unique)
        << each.left << ' ' << each.right;
  }
}

}  // namespace
}  // namespace tenon::component
