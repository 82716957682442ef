#include <algorithm>
#include <set>

#include "unit/wasi/p1/guest.hpp"
#include "wasi/host/clocks.hpp"

namespace tenon::wasi::p1::test {

namespace {

using Environment = FileGuest;

TEST(Preview1, DefinesEachFunctionOfTheStandardAndNoOther) {
  std::set<std::string> defined{"proc_exit"}, expected{"proc_exit"};
#define TENON_P1_FUNCTION(name) defined.insert(#name);
#include "wasi/p1/functions.def"
#undef TENON_P1_FUNCTION
  for (const Signature& one : signatures) expected.insert(one.name);
  EXPECT_EQ(defined, expected);
  EXPECT_EQ(defined.size(), 46U);
}

TEST(Preview1, AddressesOutsideOfMemoryAreFaults) {
  struct Case {
    const char* name;
    std::vector<std::int64_t> arguments;
  };
  Folder folder;
  Guest guest(Config().args({"a"}).env("A", "b").dir(folder.path.string(), "/box"));
  guest.put(list_at, outside - 1);  // a buffer that begins inside and ends outside
  guest.put(list_at + 4, 2);
  const std::int64_t end = outside;
  const std::int64_t last = outside - 1;
  const Case cases[] = {
      {"args_get", {end, 0}},
      {"args_get", {0, end}},
      {"args_sizes_get", {last, 0}},
      {"args_sizes_get", {0, last}},
      {"environ_get", {end, 0}},
      {"environ_get", {0, end}},
      {"environ_sizes_get", {last, 0}},
      {"clock_res_get", {0, end - 7}},
      {"clock_time_get", {0, 0, end - 7}},
      {"fd_fdstat_get", {1, end - 23}},
      {"fd_filestat_get", {1, end - 63}},
      {"fd_read", {0, list_at, 1, 0}},
      {"fd_read", {0, end - 7, 1, 0}},
      {"fd_read", {0, 0, 0x7FFF'FFFF, 0}},
      {"fd_write", {1, list_at, 1, 0}},
      {"fd_write", {1, 0, 0, end - 3}},
      {"fd_pread", {3, list_at, 1, 0, 0}},
      {"fd_pwrite", {3, list_at, 1, 0, 0}},
      {"fd_prestat_get", {3, end - 7}},
      {"fd_prestat_dir_name", {3, last, 2}},
      {"fd_readdir", {3, last, 2, 0, 0}},
      {"fd_seek", {3, 0, 0, end}},
      {"fd_tell", {3, end}},
      {"path_create_directory", {3, last, 2}},
      {"path_filestat_get", {3, 0, last, 2, 0}},
      {"path_filestat_get", {3, 0, 0, 1, end - 63}},
      {"path_filestat_set_times", {3, 0, last, 2, 0, 0, 0}},
      {"path_link", {3, 0, last, 2, 3, 0, 1}},
      {"path_link", {3, 0, 0, 1, 3, last, 2}},
      {"path_open", {3, 0, last, 2, 0, 0, 0, 0, 0}},
      {"path_open", {3, 0, 0, 1, 0, 0, 0, 0, end - 3}},
      {"path_readlink", {3, last, 2, 0, 1, 0}},
      {"path_readlink", {3, 0, 1, last, 2, 0}},
      {"path_remove_directory", {3, last, 2}},
      {"path_rename", {3, last, 2, 3, 0, 1}},
      {"path_rename", {3, 0, 1, 3, last, 2}},
      {"path_symlink", {last, 2, 3, 0, 1}},
      {"path_symlink", {0, 1, 3, last, 2}},
      {"path_unlink_file", {3, last, 2}},
      {"poll_oneoff", {end - 47, 0, 1, 0}},
      {"poll_oneoff", {0, end - 31, 1, 0}},
      {"poll_oneoff", {0, 0, 0x7FFF'FFFF, 0}},
      {"random_get", {last, 2}},
      {"sock_accept", {3, 0, end - 3}},
      {"sock_recv", {3, list_at, 1, 0, 0, 0}},
      {"sock_recv", {3, 0, 0, 0, 0, last}},
      {"sock_send", {3, list_at, 1, 0, 0}},
  };
  for (const auto& [name, arguments] : cases) {
    EXPECT_EQ(guest.call_list(name, arguments), Errno::fault) << name << " " << ::testing::PrintToString(arguments);
  }
}

TEST(Preview1, DescriptorsThatAreNotOpenAreBad) {
  Guest guest{Config()};
  for (const Signature& one : signatures) {
    const std::string name = one.name;
    if (!name.starts_with("fd_") && !name.starts_with("path_") && !name.starts_with("sock_")) continue;
    std::vector<std::int64_t> arguments(std::strlen(one.params), 0);
    arguments[name == "path_symlink" ? 2 : 0] = 99;
    EXPECT_EQ(guest.call_list(one.name, arguments), Errno::badf) << name;
  }
}

TEST(Preview1, GrantsNothingByDefault) {
  Guest guest{Config()};
  EXPECT_EQ(guest.call("fd_prestat_get", 3, 0), Errno::badf);
  EXPECT_EQ(guest.call("environ_sizes_get", 0, 4), Errno::success);
  EXPECT_EQ(guest.get<std::uint32_t>(0), 0U);
  EXPECT_EQ(guest.get<std::uint32_t>(4), 0U);
  guest.put(list_at, bytes_at);
  guest.put(list_at + 4, 16);
  EXPECT_EQ(guest.call("fd_read", 0, list_at, 1, result_at), Errno::success);
  EXPECT_EQ(guest.get<std::uint32_t>(result_at), 0U);  // the end
  EXPECT_EQ(guest.call("fd_write", 1, list_at, 1, result_at), Errno::success);
  EXPECT_EQ(guest.get<std::uint32_t>(result_at), 16U);  // dropped
}

struct Strings {
  const char* sizes;
  const char* get;
  Config config;
  std::vector<std::string> expected;
};

TEST(Preview1, ArgumentsAndEnvironmentAreStringsWithPointersToThem) {
  const Strings cases[] = {
      {"args_sizes_get", "args_get", Config().args({"prog", "", "two words"}), {"prog", "", "two words"}},
      {"args_sizes_get", "args_get", Config(), {}},
      {"environ_sizes_get", "environ_get", Config().env("A", "1").env("B", ""), {"A=1", "B="}},
      {"environ_sizes_get", "environ_get", Config(), {}},
  };
  for (const Strings& one : cases) {
    Guest guest(one.config);
    EXPECT_EQ(guest.call(one.sizes, 0, 4), Errno::success);
    ASSERT_EQ(guest.get<std::uint32_t>(0), one.expected.size());
    std::string all;
    for (const std::string& text : one.expected) all += text + '\0';
    EXPECT_EQ(guest.get<std::uint32_t>(4), all.size());
    EXPECT_EQ(guest.call(one.get, list_at, bytes_at), Errno::success);
    EXPECT_EQ(guest.text(bytes_at, all.size()), all);
    std::uint32_t at = bytes_at;
    for (std::size_t i = 0; i < one.expected.size(); ++i) {
      EXPECT_EQ(guest.get<std::uint32_t>(list_at + 4 * static_cast<std::uint32_t>(i)), at);
      at += static_cast<std::uint32_t>(one.expected[i].size()) + 1;
    }
  }
}

TEST(Preview1, StringsWithANulAreNoArguments) {
  Engine engine;
  Linker linker(engine);
  EXPECT_EQ(add_to(linker, Config().args({std::string("a\0b", 3)})).error().kind(), ErrorKind::usage);
  EXPECT_EQ(add_to(linker, Config().env("A", std::string("\0", 1))).error().kind(), ErrorKind::usage);
}

TEST(Preview1, ADirectoryThatIsNotThereIsAnErrorOfTheHost) {
  Engine engine;
  Linker linker(engine);
  const Error error = std::move(add_to(linker, Config().dir("/nowhere/at/all"))).error();
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_NE(error.message().find("/nowhere/at/all"), std::string_view::npos) << error.message();
}

TEST_F(Environment, ClocksGoForwardAndHaveAResolution) {
  for (std::int32_t clock = 0; clock < 4; ++clock) {
    EXPECT_EQ(guest().call("clock_res_get", clock, result_at), Errno::success) << clock;
    EXPECT_GT(guest().get<std::uint64_t>(result_at), 0U);
    EXPECT_EQ(guest().call("clock_time_get", clock, 1, result_at), Errno::success);
    const auto first = guest().get<std::uint64_t>(result_at);
    EXPECT_EQ(guest().call("clock_time_get", clock, 1, result_at), Errno::success);
    if (clock != 0) EXPECT_GE(guest().get<std::uint64_t>(result_at), first);
  }
  EXPECT_EQ(guest().call("clock_time_get", 0, 0, result_at), Errno::success);
  const std::uint64_t hour = 3'600'000'000'000;
  EXPECT_NEAR(static_cast<double>(guest().get<std::uint64_t>(result_at)),
              static_cast<double>(host::now(host::Clock::realtime).value()), static_cast<double>(hour));
}

TEST_F(Environment, ClocksThatAreNoneAreInvalid) {
  EXPECT_EQ(guest().call("clock_res_get", 4, result_at), Errno::inval);
  EXPECT_EQ(guest().call("clock_time_get", -1, 0, result_at), Errno::inval);
}

TEST_F(Environment, RandomBytesFillTheBufferAndNoMore) {
  EXPECT_EQ(guest().call("random_get", bytes_at, 4096), Errno::success);
  const std::string first = guest().text(bytes_at, 4096);
  EXPECT_EQ(guest().text(bytes_at + 4096, 8), std::string(8, '\0'));
  EXPECT_EQ(guest().call("random_get", bytes_at, 4096), Errno::success);
  EXPECT_NE(guest().text(bytes_at, 4096), first);
  EXPECT_EQ(guest().call("random_get", bytes_at, 0), Errno::success);
}

TEST_F(Environment, YieldsAndHasNoSignals) {
  EXPECT_EQ(guest().call("sched_yield"), Errno::success);
  EXPECT_EQ(guest().call("proc_raise", 9), Errno::notsup);
}

TEST_F(Environment, ExitsWithItsCode) {
  for (const std::uint32_t code : {0U, 1U, 33U, 0xFFFF'FFFFU}) {
    const auto result = guest().instance->func("proc_exit").value().call({Val(code)});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind(), ErrorKind::exit);
    EXPECT_EQ(result.error().code(), code);
    wasi::test::record_outcome("preview1", "proc_exit", wasi::test::outcome_of(result.error()));
  }
}

}  // namespace

}  // namespace tenon::wasi::p1::test
