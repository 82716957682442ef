#include <array>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/pages.hpp"

namespace tenon::os {
namespace {

class FindTouched : public testing::Test {
 protected:
  static constexpr std::size_t pages = 64;
  FindTouched() : memory(static_cast<std::uint8_t*>(reserve(size()))) { commit(memory, size()); }
  ~FindTouched() override { release(memory, size()); }
  static std::size_t size() { return pages * page_size(); }
  // Which pages are in a part; nullopt: the system does not say.
  std::optional<std::vector<std::size_t>> touched() const {
    std::array<PageRange, 8> parts;
    const auto count = find_touched(memory, size(), parts);
    if (!count) return std::nullopt;
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < *count; ++i) {
      for (std::size_t at = parts[i].begin; at < parts[i].end; at += page_size()) found.push_back(at / page_size());
    }
    return found;
  }
  void write(std::size_t page) { *(memory + page * page_size() + 7) = 1; }
  bool is_known() const { return touched().has_value(); }
  std::uint8_t* memory;
};

using Pages = std::vector<std::size_t>;

TEST_F(FindTouched, NamesThePagesThatWereWritten) {
  if (!is_known()) GTEST_SKIP() << "the system does not say which pages were touched";
  EXPECT_EQ(*touched(), Pages());
  for (const std::size_t page : {std::size_t{3}, std::size_t{4}, pages - 1}) write(page);
  EXPECT_EQ(*touched(), (Pages{3, 4, pages - 1}));
}

TEST_F(FindTouched, DoesNotNameWhatWasOnlyRead) {
  if (!is_known()) GTEST_SKIP() << "the system does not say which pages were touched";
  const volatile std::uint8_t* read = memory + 9 * page_size();
  EXPECT_EQ(*read, 0);
  EXPECT_EQ(*touched(), Pages());
}

TEST_F(FindTouched, NamesPagesThatAreHidden) {
  if (!is_known()) GTEST_SKIP() << "the system does not say which pages were touched";
  write(5);
  ASSERT_TRUE(hide(memory, size()));
  EXPECT_EQ(*touched(), Pages{5});
}

TEST_F(FindTouched, ForgetsPagesThatWereGivenBack) {
  if (!is_known()) GTEST_SKIP() << "the system does not say which pages were touched";
  write(5);
  ASSERT_TRUE(discard(memory, size()));
  EXPECT_EQ(*touched(), Pages());
}

TEST_F(FindTouched, DoesNotSayWhenThePartsAreTooMany) {
  for (std::size_t page = 0; page < pages; page += 2) write(page);
  EXPECT_EQ(touched(), std::nullopt);
}

TEST_F(FindTouched, TellsAForkedProcessAboutItself) {
  if (!is_known()) GTEST_SKIP() << "the system does not say which pages were touched";
  const ::pid_t child = ::fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    write(20);
    ::_exit(touched() == Pages{20} ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(*touched(), Pages());
}

}  // namespace
}  // namespace tenon::os
