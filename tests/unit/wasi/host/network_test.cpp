#include "wasi/host/network.hpp"

#include <gtest/gtest.h>

namespace tenon::wasi::host {

namespace {

SocketAddress local(std::uint16_t port) { return {.ip = {.bytes = {127, 0, 0, 1}}, .port = port}; }

struct Networks : ::testing::Test {
  std::vector<Refusal> refusals;
  Network network(const std::vector<std::string>& patterns) {
    return Network::make(patterns, [this](const Refusal& refusal) { refusals.push_back(refusal); }).value();
  }
};

TEST_F(Networks, AllowNothingByDefault) {
  Network none = network({});
  EXPECT_FALSE(none.allows(local(80), "connect to"));
  EXPECT_EQ(none.resolve("localhost").error(), Errno::notcapable);
  ASSERT_EQ(refusals.size(), 2U);
  EXPECT_EQ(refusals[0].attempt, "connect to 127.0.0.1:80");
  EXPECT_EQ(refusals[0].remedy, "--allow-net 127.0.0.1:80");
  EXPECT_EQ(refusals[1].remedy, "--allow-net localhost:PORT");
}

TEST_F(Networks, AllowWhatAPatternNames) {
  struct Case {
    const char* pattern;
    std::uint16_t port;
    bool allows;
  };
  const Case cases[] = {
      {"127.0.0.1:80", 80, true}, {"127.0.0.1:80", 81, false}, {"127.0.0.1:*", 81, true}, {"127.0.0.2:*", 81, false},
      {"*:80", 80, true},         {"*:80", 81, false},         {"*:*", 9, true},          {"[::1]:80", 80, false},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(network({one.pattern}).allows(local(one.port), "connect to"), one.allows) << one.pattern << one.port;
  }
  const SocketAddress loopback{.ip = {.is_v6 = true, .bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
                               .port = 80};
  EXPECT_TRUE(network({"[::1]:80"}).allows(loopback, "connect to"));
  EXPECT_FALSE(network({"127.0.0.1:80"}).allows(loopback, "connect to"));
}

TEST_F(Networks, AllowWhatAnAllowedNameWasResolvedTo) {
  Network named = network({"localhost:80"});
  EXPECT_FALSE(named.allows(local(80), "connect to"));  // before the look-up
  const auto addresses = named.resolve("localhost");
  ASSERT_TRUE(addresses) << "every machine resolves localhost";
  EXPECT_TRUE(named.allows({.ip = addresses->front(), .port = 80}, "connect to"));
  EXPECT_FALSE(named.allows({.ip = addresses->front(), .port = 81}, "connect to"));
  EXPECT_EQ(named.resolve("elsewhere.invalid").error(), Errno::notcapable);
}

TEST_F(Networks, ResolveAddressesToThemselves) {
  EXPECT_EQ(network({}).resolve("127.0.0.1").value(), std::vector{local(0).ip});
  EXPECT_TRUE(refusals.empty());
}

TEST_F(Networks, RefuseTextThatIsNoPattern) {
  for (const char* text : {"", "host", ":80", "host:", "host:x", "host:99999", "host:-1"}) {
    const auto made = Network::make({text}, {});
    ASSERT_FALSE(made.has_value()) << text;
  }
}

}  // namespace

}  // namespace tenon::wasi::host
