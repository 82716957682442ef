// Both ways of resolving paths, held to the same table; and a race that either must win.
#include "wasi/host/posix/resolve.hpp"

#include <atomic>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <ostream>
#include <sys/stat.h>
#include <thread>

#include "unit/wasi/p1/guest.hpp"

namespace tenon::wasi::host::posix {

namespace {

namespace fs = std::filesystem;

struct Way {
  const char* name;
  Outcome<Descriptor> (*open)(int base, std::string_view path, int flags, unsigned mode);
  friend void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }
};

struct Resolve : ::testing::TestWithParam<Way> {
  p1::test::Folder folder;
  Descriptor base;

  void SetUp() override {
    fs::create_directories(folder.path / "inside/sub/deep");
    folder.write("secret", "secret");
    folder.write("inside/file", "file");
    folder.write("inside/sub/file", "sub/file");
    fs::create_symlink("sub", folder.path / "inside/to_sub");
    fs::create_symlink("sub/file", folder.path / "inside/to_file");
    fs::create_symlink("../file", folder.path / "inside/sub/to_upper_file");
    fs::create_symlink("../to_sub/deep/../to_upper_file", folder.path / "inside/sub/chain");
    fs::create_symlink("..", folder.path / "inside/up");
    fs::create_symlink("../../secret", folder.path / "inside/sub/out");
    fs::create_symlink(folder.path / "inside/file", folder.path / "inside/absolute");
    fs::create_symlink("loop", folder.path / "inside/loop");
    base = Descriptor(::open((folder.path / "inside").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  std::string contents(const Descriptor& file) const {
    char buffer[64];
    const ssize_t size = ::read(file.number(), buffer, sizeof buffer);
    return {buffer, static_cast<std::size_t>(size < 0 ? 0 : size)};
  }
};

TEST_P(Resolve, ReachesWhatIsInside) {
  const std::pair<const char*, const char*> cases[] = {
      {"file", "file"},
      {"./file", "file"},
      {"sub//file", "sub/file"},
      {"sub/../file", "file"},
      {"sub/deep/../file", "sub/file"},
      {"to_sub/file", "sub/file"},
      {"to_sub/../file", "file"},  // of what the link leads to
      {"to_file", "sub/file"},
      {"sub/to_upper_file", "file"},
      {"sub/chain", "file"},
  };
  for (const auto& [path, expected] : cases) {
    const auto opened = GetParam().open(base.number(), path, O_RDONLY, 0);
    ASSERT_TRUE(opened.has_value()) << path << ": " << to_string(opened.error());
    EXPECT_EQ(contents(*opened), expected) << path;
  }
}

TEST_P(Resolve, RefusesWhatItCannotReach) {
  struct Case {
    const char* path;
    int flags;
    Errno error;
  };
  const Case cases[] = {
      {"..", O_RDONLY, Errno::xdev},
      {"../secret", O_RDONLY, Errno::xdev},
      {"sub/../../secret", O_RDONLY, Errno::xdev},
      {"sub/deep/../../..", O_PATH, Errno::xdev},
      {"up", O_RDONLY, Errno::xdev},
      {"up", O_PATH, Errno::xdev},
      {"up/secret", O_RDONLY, Errno::xdev},
      {"up/", O_PATH | O_NOFOLLOW, Errno::xdev},
      {"sub/out", O_RDONLY, Errno::xdev},
      {"sub/out", O_RDWR | O_CREAT | O_TRUNC, Errno::xdev},
      {"absolute", O_RDONLY, Errno::xdev},
      {"absolute/", O_RDONLY, Errno::xdev},
      {"loop", O_RDONLY, Errno::loop},
      {"loop/x", O_RDONLY, Errno::loop},
      {"to_file", O_RDONLY | O_NOFOLLOW, Errno::loop},
      {"nothing", O_RDONLY, Errno::noent},
      {"nothing/file", O_RDONLY, Errno::noent},
      {"file/x", O_RDONLY, Errno::notdir},
      {"file/", O_RDONLY, Errno::notdir},
      {"file/..", O_RDONLY, Errno::notdir},
      {"sub", O_RDWR, Errno::isdir},
      {"file", O_RDONLY | O_DIRECTORY, Errno::notdir},
      {"file", O_RDWR | O_CREAT | O_EXCL, Errno::exist},
  };
  for (const Case& one : cases) {
    const auto opened = GetParam().open(base.number(), one.path, one.flags, 0600);
    ASSERT_FALSE(opened.has_value()) << one.path;
    EXPECT_EQ(opened.error(), one.error) << one.path << ": " << to_string(opened.error());
  }
  EXPECT_EQ(folder.read("secret"), "secret");
}

TEST_P(Resolve, OpensLinksThemselvesWhenAsked) {
  const auto opened = GetParam().open(base.number(), "up", O_PATH | O_NOFOLLOW, 0);
  ASSERT_TRUE(opened.has_value());
  struct stat found{};
  ASSERT_EQ(fstat(opened->number(), &found), 0);
  EXPECT_TRUE(S_ISLNK(found.st_mode));
}

TEST_P(Resolve, OpensTheDirectoryItself) {
  for (const char* path : {".", "./", "sub/..", "sub/../."}) {
    EXPECT_TRUE(GetParam().open(base.number(), path, O_RDONLY | O_DIRECTORY, 0).has_value()) << path;
  }
}

TEST_P(Resolve, CreatesInside) {
  EXPECT_TRUE(GetParam().open(base.number(), "to_sub/new", O_RDWR | O_CREAT, 0600).has_value());
  EXPECT_TRUE(fs::exists(folder.path / "inside/sub/new"));
}

// Somebody swaps a directory for a link that leads out, all the time: whatever is opened is inside.
TEST_P(Resolve, WinsRaces) {
  fs::create_directory(folder.path / "inside/swap");
  folder.write("inside/swap/secret", "mine");
  fs::create_symlink("..", folder.path / "inside/link_out");
  std::atomic<bool> is_over = false;
  std::jthread swapper([&] {
    while (!is_over) {
      ::renameat2(base.number(), "swap", base.number(), "link_out", RENAME_EXCHANGE);
    }
  });
  unsigned opened_count = 0;
  for (unsigned i = 0; i < 20'000; ++i) {
    const auto opened = GetParam().open(base.number(), "swap/secret", O_RDONLY, 0);
    if (!opened) continue;
    ++opened_count;
    ASSERT_EQ(contents(*opened), "mine");
  }
  is_over = true;
  EXPECT_GT(opened_count, 0U);
}

INSTANTIATE_TEST_SUITE_P(Ways, Resolve, ::testing::Values(Way{"kernel", open_beneath}, Way{"walk", open_by_walking}),
                         [](const auto& way) { return std::string(way.param.name); });

}  // namespace

}  // namespace tenon::wasi::host::posix
