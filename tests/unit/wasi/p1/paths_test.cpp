#include "unit/wasi/p1/guest.hpp"

namespace tenon::wasi::p1::test {

namespace {

struct Paths : FileGuest {
  Errno two_paths(const char* name, std::string_view from, std::string_view to) {
    guest().put_text(path_at, from);
    guest().put_text(other_path_at, to);
    const auto from_size = static_cast<std::int32_t>(from.size());
    const auto to_size = static_cast<std::int32_t>(to.size());
    if (name == std::string_view("path_symlink")) {
      return guest().call(name, path_at, from_size, 3, other_path_at, to_size);
    }
    if (name == std::string_view("path_link")) {
      return guest().call(name, 3, 0, path_at, from_size, 3, other_path_at, to_size);
    }
    return guest().call(name, 3, path_at, from_size, 3, other_path_at, to_size);
  }
  Errno stat(std::string_view path, std::int32_t lookup = follow) {
    guest().put_text(path_at, path);
    return guest().call("path_filestat_get", 3, lookup, path_at, static_cast<std::int32_t>(path.size()), result_at);
  }
  Errno read_link(std::string_view path, std::int32_t room = 100) {
    guest().put_text(path_at, path);
    return guest().call("path_readlink", 3, path_at, static_cast<std::int32_t>(path.size()), bytes_at, room, result_at);
  }
  Errno set_times(std::string_view path, std::int32_t lookup, std::int64_t modified, std::int32_t flags = 4) {
    guest().put_text(path_at, path);
    return guest().call("path_filestat_set_times", 3, lookup, path_at, static_cast<std::int32_t>(path.size()), 0,
                        modified, flags);
  }
  bool exists(const std::string& name) const {
    return fs::symlink_status(folder.path / name).type() != fs::file_type::not_found;
  }
};

TEST_F(Paths, OpenCreatesOnlyWhenAsked) {
  EXPECT_EQ(open("a"), Errno::noent);
  EXPECT_EQ(open("a", create), Errno::success);
  EXPECT_EQ(open("a", create | exclusive), Errno::exist);
  EXPECT_EQ(open("b", create | exclusive), Errno::success);
  EXPECT_EQ(open("no/such/folder", create), Errno::noent);
}

TEST_F(Paths, OpenCutsOnlyWhenAsked) {
  folder.write("a", "contents");
  opened("a");
  EXPECT_EQ(folder.read("a"), "contents");
  opened("a", truncate);
  EXPECT_EQ(folder.read("a"), "");
}

TEST_F(Paths, OpenKnowsDirectories) {
  folder.write("a", "");
  fs::create_directory(folder.path / "sub");
  EXPECT_EQ(open("a", directory, right::fd_read), Errno::notdir);
  EXPECT_EQ(open("sub", directory, right::fd_read), Errno::success);
  EXPECT_EQ(open("sub", directory), Errno::isdir);  // to write
  EXPECT_EQ(open("sub", create | directory, right::fd_read), Errno::inval);
  EXPECT_EQ(open("a/b", 0), Errno::notdir);
  EXPECT_EQ(open("b", create, file_rights, follow, 0, opened("a")), Errno::notdir);
}

TEST_F(Paths, OpenRefusesBitsThatAreNoFlags) {
  EXPECT_EQ(open("a", 16), Errno::inval);
  EXPECT_EQ(open("a", create, file_rights, 2), Errno::inval);
  EXPECT_EQ(open("a", create, file_rights, follow, 32), Errno::inval);
  EXPECT_FALSE(exists("a"));
}

TEST_F(Paths, OpenGivesTheRightsThatWereAskedForAndApply) {
  folder.write("a", "x");
  const std::int32_t fd = opened("a", 0, right::fd_read | right::path_open);
  EXPECT_EQ(guest().call("fd_fdstat_get", fd, result_at), Errno::success);
  EXPECT_EQ(guest().get<std::uint64_t>(result_at + 8), right::fd_read);
  EXPECT_EQ(write(fd, "y"), Errno::notcapable);
  EXPECT_EQ(folder.read("a"), "x");
}

TEST_F(Paths, OpenGivesNoRightsThatTheDirectoryMayNotPassOn) {
  folder.write("a", "x");
  EXPECT_EQ(guest().call("fd_fdstat_set_rights", 3, std::int64_t{right::path_open}, std::int64_t{right::fd_read}),
            Errno::success);
  guest().put_text(path_at, "a");
  const auto open_with = [&](Rights rights, std::int32_t how = 0) {
    return guest().call("path_open", 3, 0, path_at, 1, how, rights, 0, 0, result_at);
  };
  EXPECT_EQ(open_with(right::fd_read), Errno::success);
  EXPECT_EQ(open_with(right::fd_read | right::fd_write), Errno::notcapable);
  EXPECT_EQ(open_with(right::fd_read, create), Errno::notcapable);
  EXPECT_EQ(open_with(right::fd_read, truncate), Errno::notcapable);
}

TEST_F(Paths, OpenFollowsLinksOnlyWhenAsked) {
  folder.write("a", "x");
  fs::create_symlink("a", folder.path / "link");
  fs::create_symlink("nowhere", folder.path / "dangling");
  fs::create_symlink("round", folder.path / "round");
  EXPECT_EQ(open("link"), Errno::success);
  EXPECT_EQ(open("link", 0, file_rights, 0), Errno::loop);
  EXPECT_EQ(open("dangling"), Errno::noent);
  EXPECT_EQ(open("round"), Errno::loop);
}

TEST_F(Paths, ANamedPipeKeepsNobodyWaiting) {
  ASSERT_EQ(mkfifo((folder.path / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(open("pipe", 0, right::fd_read), Errno::success);
  EXPECT_EQ(open("pipe", 0, right::fd_write, follow, 4), Errno::success);  // the one above reads
}

TEST_F(Paths, NothingLeadsOut) {
  fs::create_directories(folder.path / "sub/deep");
  fs::create_symlink("..", folder.path / "up");
  fs::create_symlink("sub/../..", folder.path / "sub_up");
  fs::create_symlink("/", folder.path / "root");
  fs::create_symlink(folder.path, folder.path / "itself");
  fs::create_symlink("../outside", folder.path / "sub/inside_at_first");
  const std::string_view paths[] = {
      "..",     "../x", "/etc/passwd",     "/",      "sub/../../x", "sub/../..",           "up",   "up/x",
      "sub_up", "root", "root/etc/passwd", "itself", "itself/sub",  "sub/deep/../../../x", "./..", "sub//..//..//x"};
  for (const std::string_view path : paths) {
    EXPECT_EQ(open(path, 0, right::fd_read), Errno::perm) << path;
    EXPECT_EQ(open(path, create), Errno::perm) << path;
    EXPECT_EQ(stat(path), Errno::perm) << path;
    EXPECT_EQ(set_times(path, follow, 0), Errno::perm) << path;
  }
  // What makes, moves or removes names does not follow the last one.
  const std::string_view names[] = {"../x", "/tmp/x", "up/x", "sub/../../x", "root/tmp/x", ".."};
  folder.write("a", "x");
  for (const std::string_view path : names) {
    EXPECT_EQ(path_call("path_create_directory", path), Errno::perm) << path;
    EXPECT_EQ(path_call("path_remove_directory", path), Errno::perm) << path;
    EXPECT_EQ(path_call("path_unlink_file", path), Errno::perm) << path;
    EXPECT_EQ(two_paths("path_rename", "a", path), Errno::perm) << path;
    EXPECT_EQ(two_paths("path_rename", path, "b"), Errno::perm) << path;
    EXPECT_EQ(two_paths("path_link", "a", path), Errno::perm) << path;
    EXPECT_EQ(two_paths("path_link", path, "b"), Errno::perm) << path;
    EXPECT_EQ(two_paths("path_symlink", "a", path), Errno::perm) << path;
    EXPECT_EQ(read_link(path), Errno::perm) << path;
  }
  EXPECT_EQ(open("sub/inside_at_first"), Errno::noent);  // it stays within the folder: sub/../outside
  EXPECT_EQ(open("sub/deep/../../a"), Errno::success);
}

TEST_F(Paths, AnAttemptToLeaveIsTold) {
  EXPECT_EQ(open("../x"), Errno::perm);
  ASSERT_EQ(refusals.size(), 1U);
  EXPECT_NE(refusals[0].attempt.find("../x"), std::string::npos);
  EXPECT_NE(refusals[0].remedy.find("--dir"), std::string::npos);
}

TEST_F(Paths, TextThatIsNoPathIsRefused) {
  const std::pair<std::string, Errno> cases[] = {
      {"", Errno::noent},
      {std::string("a\0b", 3), Errno::inval},
      {"\xFF", Errno::ilseq},
      {"\xC0\x80", Errno::ilseq},
      {"\xED\xA0\x80", Errno::ilseq},
      {"a\xE2\x82", Errno::ilseq},
      {std::string(300, 'a'), Errno::nametoolong},
      {std::string(4000, 'a') + "/" + std::string(90, 'b'), Errno::nametoolong},
      {std::string(4096, '/'), Errno::nametoolong}};
  for (const auto& [path, error] : cases) {
    EXPECT_EQ(open(path, create), error) << path;
    EXPECT_EQ(path_call("path_create_directory", path), error) << path;
    EXPECT_EQ(stat(path), error) << path;
  }
  EXPECT_EQ(open("\xE2\x82\xAC", create), Errno::success);
  EXPECT_TRUE(exists("\xE2\x82\xAC"));
}

TEST_F(Paths, DirectoriesAreMadeAndRemoved) {
  EXPECT_EQ(path_call("path_create_directory", "sub"), Errno::success);
  EXPECT_EQ(path_call("path_create_directory", "sub"), Errno::exist);
  EXPECT_EQ(path_call("path_create_directory", "sub/deep/"), Errno::success);
  EXPECT_EQ(path_call("path_remove_directory", "sub"), Errno::notempty);
  EXPECT_EQ(path_call("path_unlink_file", "sub"), Errno::isdir);
  EXPECT_EQ(path_call("path_remove_directory", "sub/deep/"), Errno::success);
  EXPECT_EQ(path_call("path_remove_directory", "sub/."), Errno::inval);
  EXPECT_EQ(path_call("path_remove_directory", "sub"), Errno::success);
  EXPECT_EQ(path_call("path_remove_directory", "sub"), Errno::noent);
}

TEST_F(Paths, FilesAreUnlinked) {
  folder.write("a", "");
  EXPECT_EQ(path_call("path_remove_directory", "a"), Errno::notdir);
  EXPECT_EQ(path_call("path_unlink_file", "a/"), Errno::notdir);
  EXPECT_EQ(path_call("path_unlink_file", "a"), Errno::success);
  EXPECT_EQ(path_call("path_unlink_file", "a"), Errno::noent);
}

TEST_F(Paths, RenameReplaces) {
  folder.write("a", "new");
  folder.write("b", "old");
  EXPECT_EQ(two_paths("path_rename", "a", "b"), Errno::success);
  EXPECT_EQ(folder.read("b"), "new");
  EXPECT_FALSE(exists("a"));
  EXPECT_EQ(two_paths("path_rename", "a", "b"), Errno::noent);
  EXPECT_EQ(path_call("path_create_directory", "sub"), Errno::success);
  EXPECT_EQ(two_paths("path_rename", "b", "sub"), Errno::isdir);
  EXPECT_EQ(two_paths("path_rename", "sub", "b"), Errno::notdir);
  EXPECT_EQ(two_paths("path_rename", "sub/", "moved/"), Errno::success);
}

TEST_F(Paths, HardLinksAreNames) {
  folder.write("a", "x");
  EXPECT_EQ(two_paths("path_link", "a", "b"), Errno::success);
  EXPECT_EQ(fs::hard_link_count(folder.path / "a"), 2U);
  EXPECT_EQ(two_paths("path_link", "a", "b"), Errno::exist);
  EXPECT_EQ(two_paths("path_link", "a", "c/"), Errno::noent);
  EXPECT_EQ(two_paths("path_link", "a/", "c"), Errno::notdir);
  fs::create_directory(folder.path / "sub");
  EXPECT_EQ(two_paths("path_link", "sub", "c"), Errno::perm);
  EXPECT_EQ(two_paths("path_link", "sub/", "c"), Errno::perm);
  guest().put_text(path_at, "ab");
  EXPECT_EQ(guest().call("path_link", 3, 1, path_at, 1, 3, path_at + 1, 1), Errno::inval);
}

TEST_F(Paths, SymbolicLinksAreRelative) {
  EXPECT_EQ(two_paths("path_symlink", "a", "link"), Errno::success);
  EXPECT_EQ(fs::read_symlink(folder.path / "link"), "a");
  EXPECT_EQ(two_paths("path_symlink", "a", "link"), Errno::exist);
  EXPECT_EQ(two_paths("path_symlink", "/a", "other"), Errno::perm);
  EXPECT_EQ(two_paths("path_symlink", "", "other"), Errno::noent);
  EXPECT_EQ(two_paths("path_symlink", "../../etc/passwd", "out"), Errno::success);  // text only:
  EXPECT_EQ(open("out"), Errno::perm);                                              // it leads nowhere
}

TEST_F(Paths, LinksAreRead) {
  fs::create_symlink("target", folder.path / "link");
  fs::create_symlink("/secret/place", folder.path / "absolute");
  fs::create_directory(folder.path / "sub");
  EXPECT_EQ(read_link("link"), Errno::success);
  EXPECT_EQ(given(), "target");
  EXPECT_EQ(read_link("link", 3), Errno::success);
  EXPECT_EQ(given(), "tar");
  EXPECT_EQ(read_link("absolute"), Errno::perm);
  EXPECT_EQ(read_link("sub"), Errno::inval);
  EXPECT_EQ(read_link("sub/"), Errno::inval);
  EXPECT_EQ(read_link("nothing"), Errno::noent);
}

TEST_F(Paths, StatFollowsLinksOnlyWhenAsked) {
  folder.write("a", "12345");
  fs::create_symlink("a", folder.path / "link");
  EXPECT_EQ(stat("link"), Errno::success);
  EXPECT_EQ(guest().get<std::uint8_t>(result_at + 16), 4);
  EXPECT_EQ(guest().get<std::uint64_t>(result_at + 32), 5U);
  EXPECT_EQ(stat("link", 0), Errno::success);
  EXPECT_EQ(guest().get<std::uint8_t>(result_at + 16), 7);
  EXPECT_EQ(guest().get<std::uint64_t>(result_at + 32), 1U);
  EXPECT_EQ(stat("link", 2), Errno::inval);
  EXPECT_EQ(stat("."), Errno::success);
  EXPECT_EQ(guest().get<std::uint8_t>(result_at + 16), 3);
}

TEST_F(Paths, TimesAreSetOfTheLinkOrOfWhatItLeadsTo) {
  folder.write("a", "");
  fs::create_symlink("a", folder.path / "link");
  const auto modified = [&](std::string_view path) {
    EXPECT_EQ(stat(path, 0), Errno::success);
    return guest().get<std::uint64_t>(result_at + 48);
  };
  EXPECT_EQ(set_times("link", follow, 1000), Errno::success);
  EXPECT_EQ(set_times("link", 0, 2000), Errno::success);
  EXPECT_EQ(modified("a"), 1000U);
  EXPECT_EQ(modified("link"), 2000U);
  EXPECT_EQ(set_times("a", 2, 0), Errno::inval);
  EXPECT_EQ(set_times("a", 0, 0, 4 | 8), Errno::inval);
  EXPECT_EQ(set_times("nothing", 0, 0), Errno::noent);
}

TEST_F(Paths, AReadOnlyGrantRefusesEveryChangeAndSaysSo) {
  folder.write("a", "x");
  fs::create_directory(folder.path / "sub");
  restart_read_only();
  const std::int32_t fd = opened("a", 0, right::fd_read | right::fd_filestat_set_times);
  EXPECT_EQ(read(fd, 10), Errno::success);
  EXPECT_EQ(given(), "x");
  EXPECT_EQ(stat("sub"), Errno::success);
  std::size_t told = refusals.size();
  const auto refused = [&](Errno error) {
    return error == Errno::rofs && refusals.size() > std::exchange(told, refusals.size());
  };
  EXPECT_TRUE(refused(open("a")));
  EXPECT_TRUE(refused(open("a", truncate, right::fd_read)));
  EXPECT_TRUE(refused(open("b", create, right::fd_read)));
  EXPECT_TRUE(refused(path_call("path_create_directory", "b")));
  EXPECT_TRUE(refused(path_call("path_remove_directory", "sub")));
  EXPECT_TRUE(refused(path_call("path_unlink_file", "a")));
  EXPECT_TRUE(refused(two_paths("path_rename", "a", "b")));
  EXPECT_TRUE(refused(two_paths("path_link", "a", "b")));
  EXPECT_TRUE(refused(two_paths("path_symlink", "a", "b")));
  EXPECT_TRUE(refused(set_times("a", 0, 0)));
  EXPECT_TRUE(refused(guest().call("fd_filestat_set_times", fd, 0, 0, 4)));
  EXPECT_NE(refusals.back().remedy.find("--dir " + folder.path.string() + "::/box"), std::string::npos);
  // The grant goes with what is opened through it.
  const std::int32_t sub = opened("sub", directory, right::of_directories);
  EXPECT_TRUE(refused(path_call("path_create_directory", "b", sub)));
  EXPECT_EQ(folder.read("a"), "x");
}

TEST_F(Paths, EachFunctionAsksForItsRight) {
  struct Case {
    Rights needed;
    const char* name;
    std::vector<std::int64_t> arguments;
  };
  const Case cases[] = {
      {right::path_create_directory, "path_create_directory", {3, 0, 1}},
      {right::path_filestat_get, "path_filestat_get", {3, 0, 0, 1, result_at}},
      {right::path_filestat_set_times, "path_filestat_set_times", {3, 0, 0, 1, 0, 0, 0}},
      {right::path_link_source, "path_link", {3, 0, 0, 1, 3, 0, 1}},
      {right::path_link_target, "path_link", {3, 0, 0, 1, 3, 0, 1}},
      {right::path_open, "path_open", {3, 0, 0, 1, 0, 0, 0, 0, result_at}},
      {right::path_create_file, "path_open", {3, 0, 0, 1, create, 0, 0, 0, result_at}},
      {right::path_readlink, "path_readlink", {3, 0, 1, bytes_at, 9, result_at}},
      {right::path_remove_directory, "path_remove_directory", {3, 0, 1}},
      {right::path_rename_source, "path_rename", {3, 0, 1, 3, 0, 1}},
      {right::path_rename_target, "path_rename", {3, 0, 1, 3, 0, 1}},
      {right::path_symlink, "path_symlink", {0, 1, 3, 0, 1}},
      {right::path_unlink_file, "path_unlink_file", {3, 0, 1}},
  };
  for (const Case& one : cases) {
    guest_.reset();
    guest().put_text(0, "x");
    EXPECT_NE(guest().call_list(one.name, one.arguments), Errno::notcapable) << one.name;
    const std::int64_t rights = right::of_directories & ~one.needed;
    EXPECT_EQ(guest().call("fd_fdstat_set_rights", 3, rights, 0), Errno::success);
    EXPECT_EQ(guest().call_list(one.name, one.arguments), Errno::notcapable) << one.name;
  }
}

}  // namespace

}  // namespace tenon::wasi::p1::test
