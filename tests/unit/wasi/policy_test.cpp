#include <gtest/gtest.h>

#include "tenon/wasi.hpp"

namespace tenon::wasi {

namespace {

TEST(Policy, GrantsWhatItSays) {
  const Config config = read_policy(R"(
    allow_net = ["example.com:443", "*:80"]
    listen = ["127.0.0.1:8080"]
    env = { A = "1", B = "" }
    [[dir]]
    host = "data"
    guest = "/data"
    access = "read-only"
    [[dir]]
    host = "work"
  )")
                            .value();
  EXPECT_EQ(config.networks, (std::vector<std::string>{"example.com:443", "*:80"}));
  EXPECT_EQ(config.listeners, (std::vector<std::string>{"127.0.0.1:8080"}));
  EXPECT_EQ(config.environment, (std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"B", ""}}));
  ASSERT_EQ(config.directories.size(), 2U);
  EXPECT_EQ(config.directories[0].guest_path, "/data");
  EXPECT_EQ(config.directories[0].access, Access::read_only);
  EXPECT_EQ(config.directories[1].guest_path, "work");
  EXPECT_EQ(config.directories[1].access, Access::read_write);
}

TEST(Policy, ConfiguresStores) {
  const Config config = read_policy("keyvalue = \"mem\"\nconfig = { a = \"1\" }").value();
  EXPECT_NE(config.key_values, nullptr);
  EXPECT_EQ(config.settings, (std::vector<std::pair<std::string, std::string>>{{"a", "1"}}));
  EXPECT_FALSE(read_policy("keyvalue = \"redis\"").has_value());
  EXPECT_FALSE(read_policy("config = { a = 1 }").has_value());
}

TEST(Policy, GrantsNothingWhenItIsEmpty) {
  const Config config = read_policy("# nothing").value();
  EXPECT_TRUE(config.networks.empty() && config.environment.empty() && config.directories.empty());
  EXPECT_TRUE(read_policy("inherit_env = false").value().environment.empty());
  EXPECT_FALSE(read_policy("inherit_env = true").value().environment.empty());
}

TEST(Policy, RefusesWhatItDoesNotKnowWithTheLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"\nallow_nets = []", "line 2"},
      {"env = 1", "env: expected a table"},
      {"env = { A = 1 }", "env: expected a string"},
      {"dir = \"x\"", "expected [[dir]]"},
      {"[[dir]]\nguest = \"/x\"", "host is missing"},
      {"[[dir]]\nhost = \"x\"\naccess = \"readonly\"", "expected read-only or read-write"},
      {"[[dir]]\nhost = \"x\"\nread_only = \"true\"", "line 3"},
      {"allow_net = \"*:*\"", "expected a list of strings"},
      {"inherit_env = 1", "expected true or false"},
      {"= 1", "line 1"},
  };
  for (const auto& [text, expected] : cases) {
    const auto policy = read_policy(text);
    ASSERT_FALSE(policy.has_value()) << text;
    EXPECT_EQ(policy.error().kind(), ErrorKind::usage);
    EXPECT_NE(policy.error().message().find(expected), std::string_view::npos) << policy.error().message();
  }
}

}  // namespace

}  // namespace tenon::wasi
