#include "runtime/component/utf8_copy.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <vector>

namespace tenon::component {
namespace {

// Copies into a buffer with a mark on each side; empty: it is not UTF-8.
std::optional<std::string> copied(bool (*copy)(Bytes, std::uint8_t*), const std::string& text) {
  const std::vector<std::uint8_t> from(text.begin(), text.end());  // whoever reads beyond it is caught by sanitizers
  std::vector<std::uint8_t> to(text.size() + 2, 0xEE);
  const bool is_text = copy(from, to.data() + 1);
  EXPECT_EQ(to.front(), 0xEE);
  EXPECT_EQ(to.back(), 0xEE);
  if (!is_text) return std::nullopt;
  return std::string(to.begin() + 1, to.end() - 1);
}

constexpr bool (*copies[])(Bytes, std::uint8_t*) = {copy_utf8, copy_utf8_backwards};

std::string ascii(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(' ' + i * 7 % 90);
  return text;
}

TEST(Utf8Copy, IsMadeAtEveryLength) {
  for (const auto copy : copies) {
    for (std::size_t size = 0; size < 700; ++size) ASSERT_EQ(copied(copy, ascii(size)), ascii(size)) << size;
  }
}

// Around every border of steps and blocks.
TEST(Utf8Copy, IsMadeWithOtherCharactersAtEveryPlace) {
  for (const std::string_view character : {"\u00E9", "\u20AC", "\U0001F600", "\u20AC\u00E9\U0001F600"}) {
    for (const std::size_t size : {1U, 7U, 8U, 9U, 40U, 127U, 128U, 129U, 300U}) {
      for (std::size_t at = 0; at <= size; ++at) {
        const std::string text = ascii(size).insert(at, character);
        for (const auto copy : copies) ASSERT_EQ(copied(copy, text), text) << at << " of " << size;
      }
    }
  }
}

TEST(Utf8Copy, IsNotMadeWithBadBytesAtAnyPlace) {
  for (const std::string_view bad : {"\x80", "\xFF", "\xC3", "\xE2\x82", "\xED\xA0\x80", "\xC0\x80", "\xF0\x9F\x98"}) {
    for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 127U, 128U, 129U, 300U}) {
      for (std::size_t at = 0; at <= size; ++at) {
        const std::string text = ascii(size).insert(at, bad);
        for (const auto copy : copies) ASSERT_EQ(copied(copy, text), std::nullopt) << at << " of " << size;
      }
    }
  }
}

}  // namespace
}  // namespace tenon::component
