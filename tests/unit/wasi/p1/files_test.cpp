#include "unit/wasi/p1/guest.hpp"

namespace tenon::wasi::p1::test {

namespace {

struct Files : FileGuest {
  std::uint64_t size_of(std::int32_t fd) {
    EXPECT_EQ(guest().call("fd_filestat_get", fd, result_at), Errno::success);
    return guest().get<std::uint64_t>(result_at + 32);
  }
  std::uint64_t place_in(std::int32_t fd) {
    EXPECT_EQ(guest().call("fd_tell", fd, result_at), Errno::success);
    return guest().get<std::uint64_t>(result_at);
  }
};

TEST_F(Files, ReadAndWriteWhereTheLastOneEnded) {
  const std::int32_t fd = opened("a", create);
  EXPECT_EQ(write(fd, "hello, "), Errno::success);
  EXPECT_EQ(write(fd, "world"), Errno::success);
  EXPECT_EQ(place_in(fd), 12U);
  EXPECT_EQ(folder.read("a"), "hello, world");
  EXPECT_EQ(guest().call("fd_seek", fd, 7, 0, result_at), Errno::success);
  EXPECT_EQ(read(fd, 100), Errno::success);
  EXPECT_EQ(given(), "world");
  EXPECT_EQ(read(fd, 100), Errno::success);
  EXPECT_EQ(given(), "");
}

TEST_F(Files, ReadIntoListsOfBuffers) {
  folder.write("a", "abcdef");
  const std::int32_t fd = opened("a");
  const std::array<std::uint32_t, 6> list{bytes_at,       2, 0xFFFF'FFFF, 0,
                                          bytes_at + 100, 3};  // an empty one lies anywhere
  guest().put(list_at, list);
  EXPECT_EQ(guest().call("fd_read", fd, list_at, 3, result_at), Errno::success);
  EXPECT_EQ(guest().get<std::uint32_t>(result_at), 5U);
  EXPECT_EQ(guest().text(bytes_at, 2) + guest().text(bytes_at + 100, 3), "abcde");
}

TEST_F(Files, ReadAndWriteAtAPlaceWithoutMoving) {
  const std::int32_t fd = opened("a", create);
  EXPECT_EQ(write(fd, "0123456789"), Errno::success);
  guest().put_text(bytes_at, "xy");
  EXPECT_EQ(guest().call("fd_pwrite", fd, list_of(2), 1, 4, result_at), Errno::success);
  EXPECT_EQ(guest().call("fd_pread", fd, list_of(4), 1, 3, result_at), Errno::success);
  EXPECT_EQ(given(), "3xy6");
  EXPECT_EQ(place_in(fd), 10U);
  EXPECT_EQ(guest().call("fd_pread", fd, list_of(4), 1, -1, result_at), Errno::inval);
  EXPECT_EQ(guest().call("fd_pwrite", fd, list_of(4), 1, -1, result_at), Errno::inval);
}

TEST_F(Files, SeekFromAnyEnd) {
  folder.write("a", "0123456789");
  const std::int32_t fd = opened("a");
  struct Case {
    std::int64_t offset;
    std::int32_t whence;
    Errno error;
    std::uint64_t place;
  };
  const Case cases[] = {{4, 0, Errno::success, 4},     {3, 1, Errno::success, 7},  {-2, 2, Errno::success, 8},
                        {100, 0, Errno::success, 100}, {-1, 0, Errno::inval, 0},   {-101, 1, Errno::inval, 0},
                        {0, 3, Errno::inval, 0},       {0, 1, Errno::success, 100}};
  for (const Case& one : cases) {
    EXPECT_EQ(guest().call("fd_seek", fd, one.offset, one.whence, result_at), one.error) << one.offset;
    if (one.error == Errno::success) EXPECT_EQ(guest().get<std::uint64_t>(result_at), one.place);
  }
}

TEST_F(Files, StreamsHaveNoPlace) {
  EXPECT_EQ(guest().call("fd_seek", 1, 0, 0, result_at), Errno::spipe);
  EXPECT_EQ(guest().call("fd_tell", 0, result_at), Errno::spipe);
  EXPECT_EQ(guest().call("fd_pread", 0, list_of(1), 1, 0, result_at), Errno::spipe);
  EXPECT_EQ(guest().call("fd_pwrite", 1, list_of(1), 1, 0, result_at), Errno::spipe);
  EXPECT_EQ(guest().call("fd_advise", 0, 0, 0, 0), Errno::spipe);
  EXPECT_EQ(guest().call("fd_allocate", 1, 0, 1), Errno::spipe);
  EXPECT_EQ(guest().call("fd_filestat_set_size", 1, 0), Errno::inval);
}

TEST_F(Files, DirectoriesAreNoFiles) {
  EXPECT_EQ(read(3, 1), Errno::isdir);
  EXPECT_EQ(write(3, "x"), Errno::isdir);
  EXPECT_EQ(guest().call("fd_seek", 3, 1, 0, result_at), Errno::isdir);
  EXPECT_EQ(guest().call("fd_tell", 3, result_at), Errno::isdir);
  EXPECT_EQ(guest().call("fd_allocate", 3, 0, 1), Errno::isdir);
  EXPECT_EQ(guest().call("fd_filestat_set_size", 3, 1), Errno::isdir);
}

TEST_F(Files, StandardStreamsLeadWhereTheConfigSays) {
  EXPECT_EQ(write(1, "out"), Errno::success);
  EXPECT_EQ(write(2, "err"), Errno::success);
  EXPECT_EQ(output, "out");
  EXPECT_EQ(errors, "err");
  EXPECT_EQ(read(0, 6), Errno::success);
  EXPECT_EQ(given(), "given ");
  EXPECT_EQ(read(0, 100), Errno::success);
  EXPECT_EQ(given(), "input");
  EXPECT_EQ(read(0, 100), Errno::success);
  EXPECT_EQ(given(), "");
}

TEST_F(Files, StandardStreamsHaveOneDirection) {
  EXPECT_EQ(write(0, "x"), Errno::badf);
  EXPECT_EQ(read(1, 1), Errno::badf);
  EXPECT_EQ(read(2, 1), Errno::badf);
}

TEST_F(Files, CloseOnce) {
  const std::int32_t fd = opened("a", create);
  EXPECT_EQ(guest().call("fd_close", fd), Errno::success);
  EXPECT_EQ(guest().call("fd_close", fd), Errno::badf);
  EXPECT_EQ(read(fd, 1), Errno::badf);
  EXPECT_EQ(opened("a"), fd);  // the lowest free number
}

TEST_F(Files, SyncWithAndWithoutMetadata) {
  const std::int32_t fd = opened("a", create);
  EXPECT_EQ(guest().call("fd_sync", fd), Errno::success);
  EXPECT_EQ(guest().call("fd_datasync", fd), Errno::success);
  EXPECT_EQ(guest().call("fd_sync", 1), Errno::success);
  EXPECT_EQ(guest().call("fd_datasync", 0), Errno::notcapable);
}

TEST_F(Files, AllocateMakesLarger) {
  const std::int32_t fd = opened("a", create);
  EXPECT_EQ(guest().call("fd_allocate", fd, 0, 100), Errno::success);
  EXPECT_EQ(size_of(fd), 100U);
  EXPECT_EQ(guest().call("fd_allocate", fd, 10, 10), Errno::success);
  EXPECT_EQ(size_of(fd), 100U);
  EXPECT_EQ(guest().call("fd_allocate", fd, 0, 0), Errno::inval);
  EXPECT_EQ(guest().call("fd_allocate", fd, std::int64_t{1} << 62, std::int64_t{1} << 62), Errno::inval);
  EXPECT_EQ(guest().call("fd_allocate", fd, -1, 1), Errno::inval);
}

TEST_F(Files, TakeAnyAdviceOfTheStandard) {
  const std::int32_t fd = opened("a", create);
  for (std::int32_t advice = 0; advice < 6; ++advice) {
    EXPECT_EQ(guest().call("fd_advise", fd, 0, 10, advice), Errno::success) << advice;
  }
  EXPECT_EQ(guest().call("fd_advise", fd, 0, 10, 6), Errno::inval);
  EXPECT_EQ(guest().call("fd_advise", fd, -1, 10, 0), Errno::inval);
}

TEST_F(Files, SetSizeCutsAndFills) {
  folder.write("a", "0123456789");
  const std::int32_t fd = opened("a");
  EXPECT_EQ(guest().call("fd_filestat_set_size", fd, 4), Errno::success);
  EXPECT_EQ(folder.read("a"), "0123");
  EXPECT_EQ(guest().call("fd_filestat_set_size", fd, 6), Errno::success);
  EXPECT_EQ(folder.read("a"), std::string("0123\0\0", 6));
  EXPECT_EQ(guest().call("fd_filestat_set_size", fd, -1), Errno::fbig);
}

TEST_F(Files, SetTimes) {
  const std::int32_t fd = opened("a", create);
  const auto times = [&] {
    EXPECT_EQ(guest().call("fd_filestat_get", fd, result_at), Errno::success);
    return std::pair{guest().get<std::uint64_t>(result_at + 40), guest().get<std::uint64_t>(result_at + 48)};
  };
  EXPECT_EQ(guest().call("fd_filestat_set_times", fd, 1'000'000'007, 2'000'000'009, 1 | 4), Errno::success);
  EXPECT_EQ(times(), (std::pair<std::uint64_t, std::uint64_t>{1'000'000'007, 2'000'000'009}));
  EXPECT_EQ(guest().call("fd_filestat_set_times", fd, 5, 6, 4), Errno::success);
  EXPECT_EQ(times(), (std::pair<std::uint64_t, std::uint64_t>{1'000'000'007, 6}));
  EXPECT_EQ(guest().call("fd_filestat_set_times", fd, 5, 6, 2 | 8), Errno::success);
  EXPECT_GT(times().first, 1'000'000'000'000'000'000U);
  for (const std::int32_t flags : {1 | 2, 4 | 8, 16}) {
    EXPECT_EQ(guest().call("fd_filestat_set_times", fd, 0, 0, flags), Errno::inval) << flags;
  }
}

TEST_F(Files, StatSaysWhatTheSystemSays) {
  folder.write("a", "12345");
  fs::create_hard_link(folder.path / "a", folder.path / "b");
  const std::int32_t fd = opened("a");
  EXPECT_EQ(size_of(fd), 5U);
  EXPECT_EQ(guest().get<std::uint8_t>(result_at + 16), 4);    // a regular file
  EXPECT_EQ(guest().get<std::uint64_t>(result_at + 24), 2U);  // two names
  const auto inode = guest().get<std::uint64_t>(result_at + 8);
  const std::int32_t other = opened("b");
  size_of(other);
  EXPECT_EQ(guest().get<std::uint64_t>(result_at + 8), inode);
  EXPECT_EQ(guest().call("fd_filestat_get", 3, result_at), Errno::success);
  EXPECT_EQ(guest().get<std::uint8_t>(result_at + 16), 3);  // a directory
  EXPECT_EQ(guest().call("fd_filestat_get", 1, result_at), Errno::success);
  EXPECT_EQ(guest().get<std::uint8_t>(result_at + 16), 0);
}

TEST_F(Files, FlagsAreShownAndSet) {
  const std::int32_t fd = opened("a", create, file_rights, 1);  // append
  const auto shown = [&] {
    EXPECT_EQ(guest().call("fd_fdstat_get", fd, result_at), Errno::success);
    return guest().get<std::uint16_t>(result_at + 2);
  };
  EXPECT_EQ(shown(), 1);
  EXPECT_EQ(guest().get<std::uint8_t>(result_at), 4);
  EXPECT_EQ(guest().get<std::int64_t>(result_at + 8), file_rights);
  EXPECT_EQ(write(fd, "one"), Errno::success);
  EXPECT_EQ(guest().call("fd_seek", fd, 0, 0, result_at), Errno::success);
  EXPECT_EQ(write(fd, "two"), Errno::success);
  EXPECT_EQ(folder.read("a"), "onetwo");
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", fd, 4), Errno::success);  // nonblock
  EXPECT_EQ(shown(), 4);
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", fd, 0), Errno::success);
  EXPECT_EQ(shown(), 0);
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", fd, 16), Errno::notsup);
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", fd, 32), Errno::inval);
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", 1, 4), Errno::notsup);
}

TEST_F(Files, RightsCanOnlyBeGivenUp) {
  const std::int32_t fd = opened("a", create);
  const std::int64_t less = right::fd_read | right::fd_fdstat_set_flags;
  EXPECT_EQ(guest().call("fd_fdstat_set_rights", fd, less, 0), Errno::success);
  EXPECT_EQ(write(fd, "x"), Errno::notcapable);
  EXPECT_EQ(read(fd, 1), Errno::success);
  EXPECT_EQ(guest().call("fd_fdstat_set_rights", fd, less | right::fd_write, 0), Errno::notcapable);
  EXPECT_EQ(guest().call("fd_fdstat_get", fd, result_at), Errno::success);
  EXPECT_EQ(guest().get<std::int64_t>(result_at + 8), less);
}

struct RightOf {
  Rights needed;
  const char* name;
  std::vector<std::int64_t> arguments;  // behind the descriptor
};

TEST_F(Files, EachFunctionAsksForItsRight) {
  const RightOf cases[] = {
      {right::fd_advise, "fd_advise", {0, 1, 0}},
      {right::fd_allocate, "fd_allocate", {0, 1}},
      {right::fd_datasync, "fd_datasync", {}},
      {right::fd_sync, "fd_sync", {}},
      {right::fd_fdstat_set_flags, "fd_fdstat_set_flags", {0}},
      {right::fd_filestat_get, "fd_filestat_get", {result_at}},
      {right::fd_filestat_set_size, "fd_filestat_set_size", {1}},
      {right::fd_filestat_set_times, "fd_filestat_set_times", {0, 0, 0}},
      {right::fd_read, "fd_read", {list_at, 0, result_at}},
      {right::fd_write, "fd_write", {list_at, 0, result_at}},
      {right::fd_read, "fd_pread", {list_at, 0, 0, result_at}},
      {right::fd_seek, "fd_pread", {list_at, 0, 0, result_at}},
      {right::fd_write, "fd_pwrite", {list_at, 0, 0, result_at}},
      {right::fd_seek, "fd_pwrite", {list_at, 0, 0, result_at}},
      {right::fd_seek, "fd_seek", {0, 0, result_at}},
      {right::fd_seek | right::fd_tell, "fd_tell", {result_at}},
      {right::fd_seek | right::fd_tell, "fd_seek", {0, 1, result_at}},
  };
  for (const RightOf& one : cases) {
    const std::int32_t fd = opened("a", create);
    std::vector<std::int64_t> arguments{fd};
    arguments.insert(arguments.end(), one.arguments.begin(), one.arguments.end());
    EXPECT_EQ(guest().call_list(one.name, arguments), Errno::success) << one.name;
    EXPECT_EQ(guest().call("fd_fdstat_set_rights", fd, file_rights & ~static_cast<std::int64_t>(one.needed), 0),
              Errno::success);
    EXPECT_EQ(guest().call_list(one.name, arguments), Errno::notcapable) << one.name;
    EXPECT_EQ(guest().call("fd_close", fd), Errno::success);
  }
}

TEST_F(Files, TellIsPartOfSeek) {
  const std::int32_t fd = opened("a", create, right::fd_seek);
  EXPECT_EQ(place_in(fd), 0U);
  const std::int32_t other = opened("a", 0, right::fd_tell);
  EXPECT_EQ(guest().call("fd_seek", other, 0, 1, result_at), Errno::success);
  EXPECT_EQ(guest().call("fd_seek", other, 1, 1, result_at), Errno::notcapable);
}

TEST_F(Files, GrantedDirectoriesHaveNames) {
  EXPECT_EQ(guest().call("fd_prestat_get", 3, result_at), Errno::success);
  EXPECT_EQ(guest().get<std::uint32_t>(result_at), 0U);
  EXPECT_EQ(guest().get<std::uint32_t>(result_at + 4), 4U);
  EXPECT_EQ(guest().call("fd_prestat_dir_name", 3, bytes_at, 4), Errno::success);
  EXPECT_EQ(guest().text(bytes_at, 5), std::string("/box\0", 5));
  EXPECT_EQ(guest().call("fd_prestat_dir_name", 3, bytes_at, 3), Errno::nametoolong);
  for (const std::int32_t fd : {0, 4, opened("a", create)}) {
    EXPECT_EQ(guest().call("fd_prestat_get", fd, result_at), Errno::badf);
    EXPECT_EQ(guest().call("fd_prestat_dir_name", fd, bytes_at, 4), Errno::badf);
  }
}

TEST_F(Files, RenumberMovesOverAnother) {
  const std::int32_t from = opened("a", create);
  const std::int32_t to = opened("b", create);
  EXPECT_EQ(write(from, "first"), Errno::success);
  EXPECT_EQ(guest().call("fd_renumber", from, to), Errno::success);
  EXPECT_EQ(write(to, " and more"), Errno::success);
  EXPECT_EQ(folder.read("a"), "first and more");
  EXPECT_EQ(guest().call("fd_renumber", from, to), Errno::badf);
  EXPECT_EQ(guest().call("fd_renumber", to, from), Errno::badf);
  EXPECT_EQ(guest().call("fd_renumber", to, to), Errno::success);
  EXPECT_EQ(guest().call("fd_renumber", to, 1), Errno::success);  // over a stream
  EXPECT_EQ(write(1, "!"), Errno::success);
  EXPECT_EQ(folder.read("a"), "first and more!");
}

struct Listed {
  std::string name;
  std::uint8_t type;
  std::uint64_t next;
};

struct Directories : Files {
  // What one call gives; the last entry only if it is whole.
  std::vector<Listed> list(std::int32_t fd, std::uint32_t room, std::uint64_t cookie, bool& is_end) {
    EXPECT_EQ(guest().call("fd_readdir", fd, bytes_at, room, cookie, result_at), Errno::success);
    const auto used = guest().get<std::uint32_t>(result_at);
    is_end = used < room;
    std::vector<Listed> entries;
    for (std::uint32_t at = bytes_at; at + 24 <= bytes_at + used;) {
      const auto length = guest().get<std::uint32_t>(at + 16);
      if (at + 24 + length > bytes_at + used) break;
      entries.push_back(
          {guest().text(at + 24, length), guest().get<std::uint8_t>(at + 20), guest().get<std::uint64_t>(at)});
      at += 24 + length;
    }
    return entries;
  }
};

TEST_F(Directories, ListEveryEntryOnceInSmallPieces) {
  for (int i = 0; i < 50; ++i) folder.write("file" + std::to_string(i), "");
  fs::create_directory(folder.path / "sub");
  fs::create_symlink("sub", folder.path / "link");
  std::vector<std::string> names;
  std::uint64_t cookie = 0;
  for (bool is_end = false; !is_end;) {
    const auto entries = list(3, 100, cookie, is_end);
    for (const Listed& entry : entries) {
      names.push_back(entry.name);
      const std::uint8_t expected = entry.name == "link" ? 7 : entry.name.starts_with("file") ? 4 : 3;
      EXPECT_EQ(entry.type, expected) << entry.name;
      cookie = entry.next;
    }
    ASSERT_LT(names.size(), 200U);
  }
  EXPECT_EQ(names.size(), 54U);  // with . and ..
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 54U);
}

// C keeps a place in a `long`, which has 32 bits there.
TEST_F(Directories, PlacesAreSmallAndLeadBack) {
  for (int i = 0; i < 50; ++i) folder.write("file" + std::to_string(i), "");
  bool is_end = false;
  const auto all = list(3, 8000, 0, is_end);
  ASSERT_TRUE(is_end);
  ASSERT_EQ(all.size(), 52U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].next, i + 1);
  for (const std::size_t place : {std::size_t{20}, std::size_t{50}, std::size_t{1}}) {
    const auto rest = list(3, 8000, all[place - 1].next, is_end);
    ASSERT_EQ(rest.size(), all.size() - place);
    EXPECT_EQ(rest.front().name, all[place].name);
    EXPECT_EQ(rest.back().next, all.size());
  }
  EXPECT_TRUE(list(3, 8000, all.size(), is_end).empty());
}

TEST_F(Directories, PlacesThatWereNotToldAreRefused) {
  EXPECT_EQ(guest().call("fd_readdir", 3, bytes_at, 100, 5, result_at), Errno::inval);
}

TEST_F(Directories, HugeOnesAreListedToTheirEnd) {
  constexpr std::size_t count = (std::size_t{1} << 16) + 500;  // more than there are small places
  for (std::size_t i = 0; i < count; ++i) folder.write(std::to_string(i), "");
  std::size_t seen = 0;
  std::uint64_t cookie = 0;
  for (bool is_end = false; !is_end;) {
    const auto entries = list(3, 30'000, cookie, is_end);
    seen += entries.size();
    if (!entries.empty()) cookie = entries.back().next;
    ASSERT_LE(seen, count + 2);
  }
  EXPECT_EQ(seen, count + 2);
}

TEST_F(Directories, AnEntryThatDoesNotFitIsCut) {
  folder.write("a-name-that-is-long", "");
  EXPECT_EQ(guest().call("fd_readdir", 3, bytes_at, 10, 0, result_at), Errno::success);
  EXPECT_EQ(guest().get<std::uint32_t>(result_at), 10U);
  EXPECT_EQ(guest().call("fd_readdir", 3, bytes_at, 0, 0, result_at), Errno::success);
  EXPECT_EQ(guest().get<std::uint32_t>(result_at), 0U);
}

TEST_F(Directories, OnlyDirectoriesAreListed) {
  EXPECT_EQ(guest().call("fd_readdir", opened("a", create), bytes_at, 100, 0, result_at), Errno::notdir);
  EXPECT_EQ(guest().call("fd_readdir", 0, bytes_at, 100, 0, result_at), Errno::notdir);
  EXPECT_EQ(guest().call("fd_fdstat_set_rights", 3, 0, 0), Errno::success);
  EXPECT_EQ(guest().call("fd_readdir", 3, bytes_at, 100, 0, result_at), Errno::notcapable);
}

}  // namespace

}  // namespace tenon::wasi::p1::test
