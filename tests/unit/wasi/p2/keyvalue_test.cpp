#include "tenon/keyvalue.hpp"

#include <filesystem>
#include <unistd.h>

#include "unit/wasi/p2/calls.hpp"

namespace tenon::wasi::p2 {
namespace {

class ConfigStore : public Calls {};

TEST_F(ConfigStore, GivesTheLastSettingOfAName) {
  grant(Config().setting("a", "1").setting("b", "2").setting("a", "3"));
  EXPECT_EQ(ok("get", {text("a")}), Val::some(text("3")));
  EXPECT_EQ(ok("get", {text("c")}), Val::none());
  EXPECT_EQ(ok("get-all").items().size(), 3U);
}

// Every store behaves alike.
class KeyValueStore : public Calls, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / ("tenon-keyvalue-" + std::to_string(::getpid()) + "-" +
                                                      std::to_string(testing::UnitTest::GetInstance()->random_seed()));
    std::string where = GetParam();
    if (where == "sqlite:") where += path_.string();
    auto opened = open_key_values(where);
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    grant(Config().keyvalue(*opened));
    bucket_ = ok("open", {text("visits")});
  }
  void TearDown() override {
    grant(Config());  // closes the store
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_.string() + suffix);
  }
  std::filesystem::path path_;
  Val bucket_;
};

TEST_P(KeyValueStore, KeepsWhatIsSetUntilItIsDeleted) {
  EXPECT_EQ(ok("[method]bucket.get", {bucket_, text("a")}), Val::none());
  ok("[method]bucket.set", {bucket_, text("a"), data("one")});
  ok("[method]bucket.set", {bucket_, text("a"), data(std::string_view("t\0o", 3))});
  EXPECT_EQ(text_of(ok("[method]bucket.get", {bucket_, text("a")}).payload()), std::string_view("t\0o", 3));
  EXPECT_EQ(ok("[method]bucket.exists", {bucket_, text("a")}), Val::boolean(true));
  ok("[method]bucket.delete", {bucket_, text("a")});
  ok("[method]bucket.delete", {bucket_, text("a")});
  EXPECT_EQ(ok("[method]bucket.exists", {bucket_, text("a")}), Val::boolean(false));
}

TEST_P(KeyValueStore, KeepsBucketsApart) {
  const Val other = ok("open", {text("other")});
  ok("[method]bucket.set", {bucket_, text("a"), data("1")});
  EXPECT_EQ(ok("[method]bucket.get", {other, text("a")}), Val::none());
}

TEST_P(KeyValueStore, ListsKeysInPages) {
  for (int i = 0; i < 1'001; ++i) ok("[method]bucket.set", {bucket_, text(std::to_string(10'000 + i)), data("")});
  const Val first = ok("[method]bucket.list-keys", {bucket_, Val::none()});
  ASSERT_EQ(first.fields()[0].items().size(), 1'000U);
  EXPECT_EQ(first.fields()[0].items()[0], text("10000"));
  const Val rest = ok("[method]bucket.list-keys", {bucket_, first.fields()[1]});
  ASSERT_EQ(rest.fields()[0].items().size(), 1U);
  EXPECT_EQ(rest.fields()[0].items()[0], text("11000"));
  EXPECT_EQ(rest.fields()[1], Val::none());
}

TEST_P(KeyValueStore, Counts) {
  EXPECT_EQ(ok("increment", {bucket_, text("n"), Val::u64(5)}), Val::u64(5));
  EXPECT_EQ(ok("increment", {bucket_, text("n"), Val::u64(2)}), Val::u64(7));
  EXPECT_EQ(text_of(ok("[method]bucket.get", {bucket_, text("n")}).payload()), "7");
  ok("[method]bucket.set", {bucket_, text("n"), data("seven")});
  EXPECT_TRUE(fails("increment", {bucket_, text("n"), Val::u64(2)}));
  EXPECT_TRUE(fails("increment", {bucket_, text("m"), Val::u64(~std::uint64_t{0})}) ||
              fails("increment", {bucket_, text("m"), Val::u64(1)}));
}

TEST_P(KeyValueStore, TakesManyAtOnce) {
  const Val entries[] = {record({text("a"), data("1")}), record({text("b"), data("2")})};
  ok("set-many", {bucket_, Val::list(entries)});
  const Val keys[] = {text("b"), text("c")};
  const Val found = ok("get-many", {bucket_, Val::list(keys)});
  EXPECT_EQ(text_of(found.items()[0].payload().fields()[1]), "2");
  EXPECT_EQ(found.items()[1], Val::none());
  ok("delete-many", {bucket_, Val::list(keys)});
  EXPECT_EQ(ok("[method]bucket.exists", {bucket_, text("b")}), Val::boolean(false));
  EXPECT_EQ(ok("[method]bucket.exists", {bucket_, text("a")}), Val::boolean(true));
}

INSTANTIATE_TEST_SUITE_P(In, KeyValueStore, testing::Values("mem", "sqlite:"),
                         [](const auto& info) { return std::string(info.param) == "mem" ? "Memory" : "Sqlite"; });

class NoKeyValueStore : public Calls {};

TEST_F(NoKeyValueStore, IsToldToTheGuest) { EXPECT_EQ(call("open", {text("")}), Val::error(Val::variant(0))); }

TEST(OpenKeyValues, RefusesWhatItDoesNotKnow) {
  for (const char* wrong : {"", "memory", "sqlite:", "sqlite", "redis:x"}) {
    const auto opened = open_key_values(wrong);
    ASSERT_FALSE(opened.has_value()) << wrong;
    EXPECT_EQ(opened.error().kind(), ErrorKind::usage);
  }
  const auto nowhere = open_key_values("sqlite:/nowhere/at/all.db");
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ(nowhere.error().kind(), ErrorKind::io);
}

TEST(OpenKeyValues, BoundsWhatIsInMemory) {
  const auto store = open_key_values("mem").value();
  const std::string large(100 << 20, 'x');
  EXPECT_TRUE(store->set("b", "1", large));
  EXPECT_TRUE(store->set("b", "2", large));
  EXPECT_FALSE(store->set("b", "3", large));
  EXPECT_TRUE(store->remove("b", "1"));
  EXPECT_TRUE(store->set("b", "3", large));
}

TEST(OpenKeyValues, KeepsADatabaseBetweenRuns) {
  const auto path = std::filesystem::temp_directory_path() / ("tenon-keyvalue-" + std::to_string(::getpid()) + "-kept");
  const std::string where = "sqlite:" + path.string();
  EXPECT_TRUE(open_key_values(where).value()->set("b", "k", "v"));
  EXPECT_EQ(open_key_values(where).value()->get("b", "k").value(), "v");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace tenon::wasi::p2
