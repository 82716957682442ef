#include <array>
#include <cerrno>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "os/pages.hpp"

namespace tenon::os {
namespace {

using Pages = std::vector<std::size_t>;

// Asked without what is tested: whether the system knows the question. An older Linux does not, nor does an emulator.
bool system_says() {
  struct Question {
    std::uint64_t size = sizeof(Question);
    std::array<std::uint64_t, 11> rest{};
  };
  Question question;
  const int file = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (file == -1) return false;
  const bool is_known =
      ::ioctl(file, _IOWR('f', 16, Question), &question) != -1 || (errno != ENOTTY && errno != ENOSYS);
  ::close(file);
  return is_known;
}

// What is to be answered where those pages were touched: nothing, if the system does not say.
std::optional<Pages> answer(Pages pages) {
  if (system_says()) return pages;
  return std::nullopt;
}

class FindTouched : public testing::Test {
 protected:
  static constexpr std::size_t pages = 64;
  FindTouched() : memory(static_cast<std::uint8_t*>(reserve(size()))) { commit(memory, size()); }
  ~FindTouched() override { release(memory, size()); }
  static std::size_t size() { return pages * page_size(); }
  // Which pages are in a part; nullopt: the system does not say.
  std::optional<Pages> touched() const {
    std::array<PageRange, 8> parts;
    const auto count = find_touched(memory, size(), parts);
    if (!count) return std::nullopt;
    Pages found;
    for (std::size_t i = 0; i < *count; ++i) {
      for (std::size_t at = parts[i].begin; at < parts[i].end; at += page_size()) found.push_back(at / page_size());
    }
    return found;
  }
  void write(std::size_t page) { *(memory + page * page_size() + 7) = 1; }
  std::uint8_t* memory;
};

TEST_F(FindTouched, NamesThePagesThatWereWritten) {
  EXPECT_EQ(touched(), answer({}));
  for (const std::size_t page : {std::size_t{3}, std::size_t{4}, pages - 1}) write(page);
  EXPECT_EQ(touched(), answer({3, 4, pages - 1}));
}

TEST_F(FindTouched, DoesNotNameWhatWasOnlyRead) {
  const volatile std::uint8_t* read = memory + 9 * page_size();
  EXPECT_EQ(*read, 0);
  EXPECT_EQ(touched(), answer({}));
}

TEST_F(FindTouched, NamesPagesThatAreHidden) {
  write(5);
  ASSERT_TRUE(hide(memory, size()));
  EXPECT_EQ(touched(), answer({5}));
}

TEST_F(FindTouched, ForgetsPagesThatWereGivenBack) {
  write(5);
  ASSERT_TRUE(discard(memory, size()));
  EXPECT_EQ(touched(), answer({}));
}

TEST_F(FindTouched, DoesNotSayWhenThePartsAreTooMany) {
  for (std::size_t page = 0; page < pages; page += 2) write(page);
  EXPECT_EQ(touched(), std::nullopt);
}

TEST_F(FindTouched, TellsAForkedProcessAboutItself) {
  const ::pid_t child = ::fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    write(20);
    ::_exit(touched() == answer({20}) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(touched(), answer({}));
}

}  // namespace
}  // namespace tenon::os
