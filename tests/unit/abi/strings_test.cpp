#include "abi/strings.hpp"

#include <gtest/gtest.h>

#include "unit/abi/guest.hpp"

namespace tenon::component {
namespace {

constexpr std::uint64_t tag = std::uint64_t{1} << 31;

std::string bytes_of(std::u16string_view text) { return {reinterpret_cast<const char*>(text.data()), 2 * text.size()}; }

StringView utf16(const std::string& bytes, bool is_latin1_utf16 = false) {
  return {as_bytes(bytes).data(), bytes.size() / 2, TextForm::utf16, is_latin1_utf16};
}

TEST(StoreString, CallsReallocAsTheDefinitionSays) {
  const std::string wide = bytes_of(u"a\u00E9");
  const std::string narrow_only = bytes_of(u"ab");
  const struct {
    const char* what;
    StringView source;
    StringEncoding to;
    std::vector<TestGuest::Call> calls;
    std::uint64_t tagged_code_units;
  } cases[] = {
      {"utf8 to utf8", StringView::of("ab"), StringEncoding::utf8, {{0, 1, 2}}, 2},
      {"empty", StringView::of(""), StringEncoding::utf8, {{0, 1, 0}}, 0},
      {"utf8 to utf16 shrinks", StringView::of("a\xC3\xA9"), StringEncoding::utf16, {{0, 2, 6}, {6, 2, 4}}, 2},
      {"utf8 to latin1", StringView::of("a\xC3\xA9"), StringEncoding::latin1_utf16, {{0, 2, 3}, {3, 2, 2}}, 2},
      {"utf8 widens half-way",
       StringView::of("a\xE2\x82\xAC"),
       StringEncoding::latin1_utf16,
       {{0, 2, 4}, {4, 2, 8}, {8, 2, 4}},
       2 | tag},
      {"utf16 to utf8", utf16(wide), StringEncoding::utf8, {{0, 1, 2}, {2, 1, 6}, {6, 1, 3}}, 3},
      {"utf16 to utf16", utf16(wide), StringEncoding::utf16, {{0, 2, 4}}, 2},
      {"tagged utf16 narrows", utf16(narrow_only, true), StringEncoding::latin1_utf16, {{0, 2, 4}, {4, 1, 2}}, 2},
      {"latin1 to utf8",
       {as_bytes("\xE9").data(), 1, TextForm::latin1, true},
       StringEncoding::utf8,
       {{0, 1, 1}, {1, 1, 2}},
       2},
      {"latin1 to utf16", {as_bytes("\xE9").data(), 1, TextForm::latin1, true}, StringEncoding::utf16, {{0, 2, 2}}, 1},
  };
  for (const auto& [what, source, to, calls, tagged_code_units] : cases) {
    TestGuest guest(to);
    auto range = store_string_into_range(guest, source);
    ASSERT_TRUE(range) << what;
    EXPECT_TRUE(guest.calls == calls) << what;
    EXPECT_EQ(range->tagged_code_units, tagged_code_units) << what;
  }
}

TEST(CheckString, TrapsOnWhatIsNoText) {
  const struct {
    StringEncoding encoding;
    std::string bytes;
    std::string_view message;
  } cases[] = {
      {StringEncoding::utf8, "ab\xC3", "incomplete utf-8 byte sequence in a string, at byte 2 of 3"},
      {StringEncoding::utf8, "a\xFF", "invalid utf-8 in a string, at byte 1 of 2"},
      {StringEncoding::utf16, bytes_of(u"a\xD800"), "unpaired surrogate in a string of UTF-16: invalid utf-16"},
  };
  for (const auto& [encoding, bytes, message] : cases) {
    TestGuest guest(encoding);
    std::copy(bytes.begin(), bytes.end(), guest.bytes.begin());
    const std::uint64_t units = encoding == StringEncoding::utf16 ? bytes.size() / 2 : bytes.size();
    auto view = check_string(guest, {0, units});
    ASSERT_FALSE(view) << message;
    EXPECT_EQ(view.error().message(), message);
  }
}

TEST(CheckString, TrapsOutsideOfMemoryAndOffAlignment) {
  TestGuest guest(StringEncoding::utf16);
  EXPECT_TRUE(check_string(guest, {62, 1}));
  EXPECT_FALSE(check_string(guest, {62, 2}));
  EXPECT_FALSE(check_string(guest, {1, 1}));
  EXPECT_FALSE(check_string(guest, {0, 0xFFFF'FFFF}));
}

}  // namespace
}  // namespace tenon::component
