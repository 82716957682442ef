#include "wit/names.hpp"

#include <gtest/gtest.h>

#include "wit/resolve.hpp"

namespace tenon::wit {
namespace {

Version version(std::string_view text) {
  Version result;
  EXPECT_EQ(parse_version(text, result), "") << text;
  return result;
}

TEST(WitVersion, AcceptsSemanticVersionsOnly) {
  for (const std::string_view good : {"0.0.0", "1.2.3", "1.2.3-rc.1", "1.2.3-0a.b-c", "1.2.3+001", "1.2.3-a+b.c"}) {
    Version value;
    EXPECT_EQ(parse_version(good, value), "") << good;
    EXPECT_EQ(value.text, good);
  }
  for (const std::string_view bad : {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+",
                                     "1.2.x", "99999999999999999999.0.0", "1.2.3-a_b"}) {
    Version value;
    EXPECT_NE(parse_version(bad, value), "") << bad;
  }
}

TEST(WitVersion, IsOrderedByPrecedence) {
  const std::string_view ascending[] = {"1.0.0-1",       "1.0.0-2",      "1.0.0-10",   "1.0.0-alpha",
                                        "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-rc.1", "1.0.0",
                                        "1.0.1",         "1.2.0",        "1.10.0",     "2.0.0"};
  for (std::size_t i = 0; i < std::size(ascending); ++i) {
    for (std::size_t j = 0; j < std::size(ascending); ++j) {
      EXPECT_EQ(version(ascending[i]) < version(ascending[j]), i < j) << ascending[i] << ' ' << ascending[j];
    }
  }
}

TEST(WitVersion, SatisfiesWithinItsTrack) {
  const struct {
    std::string_view available;
    std::string_view wanted;
    bool is_good;
  } cases[] = {
      {"0.2.3", "0.2.1", true},           {"0.2.1", "0.2.1", true},
      {"0.2.1", "0.2.3", false},          {"0.3.0", "0.2.1", false},
      {"1.4.0", "1.2.9", true},           {"2.0.0", "1.2.9", false},
      {"0.0.2", "0.0.1", false},          {"0.2.0-rc.2", "0.2.0-rc.1", false},
      {"0.2.0-rc.1", "0.2.0-rc.1", true}, {"0.2.0", "0.2.0-rc.1", false},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(satisfies(version(each.available), version(each.wanted)), each.is_good)
        << each.available << " for " << each.wanted;
  }
  EXPECT_EQ(compatibility_track(version("1.2.3")), "1");
  EXPECT_EQ(compatibility_track(version("0.2.3+b")), "0.2");
  EXPECT_EQ(compatibility_track(version("0.0.3")), "0.0.3");
  EXPECT_EQ(compatibility_track(version("1.0.0-rc.1")), "1.0.0-rc.1");
}

TEST(WitQualifiedName, IsSplit) {
  QualifiedName name;
  ASSERT_TRUE(parse_qualified_name("wasi:http/types@0.2.1", name));
  EXPECT_EQ(name.namespace_, "wasi");
  EXPECT_EQ(name.package, "http");
  EXPECT_EQ(name.item, "types");
  EXPECT_EQ(name.version, "0.2.1");
  for (const std::string_view bad : {"", "a", "a/b", ":b/c", "a:/c", "a:b/", "a:b/c@"}) {
    EXPECT_FALSE(parse_qualified_name(bad, name)) << bad;
  }
}

TEST(WitNearestName, SuggestsWhatIsNear) {
  const std::string_view known[] = {"request", "response", "body"};
  EXPECT_EQ(nearest_name("reqest", known), "request");
  EXPECT_EQ(nearest_name("Body", known), "body");
  EXPECT_EQ(nearest_name("bodies", known), "");
  EXPECT_EQ(nearest_name("x", known), "");
  EXPECT_EQ(nearest_name(std::string(1000, 'a'), known), "");
}

TEST(WitFindCompatible, PrefersTheHighestVersionOfTheTrack) {
  const Source file{"a.wit",
                    "package a:b; package x:y@0.2.1 { interface i {} } package x:y@0.2.3 { interface i {} }"
                    "package x:y@0.3.0 { interface i {} }"
                    "world w { import x:y/i@0.2.1; import x:y/i@0.2.3; import x:y/i@0.3.0; import f: func(); }"};
  const auto resolve = resolve_file(file, *std::pmr::get_default_resource());
  ASSERT_TRUE(resolve.has_value()) << resolve.error().message();
  const auto& imports = resolve->worlds[WorldIdx(0U)].imports;
  const struct {
    std::string_view wanted;
    std::string_view found;
  } cases[] = {
      {"x:y/i@0.2.0", "x:y/i@0.2.3"},
      {"x:y/i@0.2.2", "x:y/i@0.2.3"},
      {"x:y/i@0.2.4", ""},
      {"x:y/i@0.3.0", "x:y/i@0.3.0"},
      {"x:y/i", ""},
      {"x:y/j@0.2.0", ""},
  };
  for (const auto& each : cases) {
    const WorldItem* found = find_compatible(*resolve, imports, each.wanted);
    EXPECT_EQ(found == nullptr ? "" : interface_name(*resolve, found->interface), each.found) << each.wanted;
  }
  ASSERT_NE(find_compatible(*resolve, imports, "f"), nullptr);
}

}  // namespace
}  // namespace tenon::wit
