#include "base/utf8.hpp"

#include <gtest/gtest.h>
#include <string>

namespace tenon {
namespace {

std::string encode(char32_t value) {
  char bytes[4];
  return {bytes, encode_utf8(value, bytes)};
}

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

TEST(Utf8, EveryScalarValueRoundTrips) {
  for (char32_t value = 0; value <= 0x10FFFF; ++value) {
    if (!is_scalar_value(value)) continue;
    const std::string text = encode(value);
    const Bytes bytes = as_bytes(text);
    ASSERT_EQ(text.size(), value < 0x80 ? 1U : value < 0x800 ? 2U : value < 0x10000 ? 3U : 4U);
    const CodePoint point = decode_utf8(bytes.data(), bytes.data() + bytes.size());
    ASSERT_EQ(point.value, value);
    ASSERT_EQ(point.size, text.size());
    ASSERT_TRUE(is_utf8(text));
    // Every shorter prefix is not UTF-8, and is not read past its end.
    for (std::size_t size = 1; size < text.size(); ++size) {
      const std::string cut = text.substr(0, size);
      ASSERT_EQ(utf8_prefix(as_bytes(cut)), 0U) << std::hex << static_cast<std::uint32_t>(value);
    }
  }
}

// All sequences of up to three bytes, against the table of well-formed byte sequences (Unicode, table 3-7).
TEST(Utf8, AcceptsWhatTheUnicodeTableSaysAndNothingElse) {
  const auto in = [](std::uint8_t byte, int low, int high) { return byte >= low && byte <= high; };
  const auto expected = [&](const std::uint8_t* b, std::size_t size) -> bool {
    if (size == 1) return b[0] < 0x80;
    if (size == 2) return in(b[0], 0xC2, 0xDF) && in(b[1], 0x80, 0xBF);
    if (!in(b[2], 0x80, 0xBF)) return false;
    switch (b[0]) {
      case 0xE0: return in(b[1], 0xA0, 0xBF);
      case 0xED: return in(b[1], 0x80, 0x9F);
      default: return in(b[0], 0xE1, 0xEF) && in(b[1], 0x80, 0xBF);
    }
  };
  for (std::uint32_t bits = 0; bits < 0x1'00'00'00; ++bits) {
    const std::uint8_t b[] = {static_cast<std::uint8_t>(bits >> 16), static_cast<std::uint8_t>(bits >> 8),
                              static_cast<std::uint8_t>(bits)};
    if (b[0] < 0x80) continue;  // the shorter sequences are reached by the other bytes
    const std::size_t size = decode_utf8(b, b + 3).size;
    const std::size_t wanted = expected(b, 2) ? 2 : expected(b, 3) ? 3 : 0;
    if (b[0] >= 0xF0) {
      ASSERT_EQ(size, 0U);
    } else {
      ASSERT_EQ(size, wanted) << std::hex << bits;
    }
  }
}

TEST(Utf8, FourByteSequencesEndAtTheLastScalarValue) {
  EXPECT_FALSE(is_utf8("\xF0\x8F\xBF\xBF"));  // overlong
  EXPECT_TRUE(is_utf8("\xF0\x90\x80\x80"));
  EXPECT_TRUE(is_utf8("\xF4\x8F\xBF\xBF"));
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));
  EXPECT_FALSE(is_utf8("\xF5\x80\x80\x80"));
  EXPECT_FALSE(is_utf8("\xF8\x88\x80\x80\x80"));
  EXPECT_FALSE(is_utf8("\xF0\x90\x80\xC0"));
  EXPECT_FALSE(is_utf8("\xFF"));
}

// A bad byte at every place of a text long enough for all of the wide loop's paths.
TEST(Utf8, FindsTheFirstBadByteWhereverItStands) {
  for (std::size_t size = 0; size < 70; ++size) {
    std::string text(size, 'a');
    EXPECT_TRUE(is_utf8(text));
    for (std::size_t i = 0; i < size; ++i) {
      text[i] = '\x80';
      EXPECT_EQ(utf8_prefix(as_bytes(text)), i);
      text[i] = 'a';
    }
  }
}

TEST(Utf8, MixedTextIsChecked) {
  const std::string mixed = "abc" + encode(0xE9) + encode(0x4E2D) + "0123456789abcdef0123456789" + encode(0x1F600);
  EXPECT_TRUE(is_utf8(mixed));
  EXPECT_EQ(utf8_prefix(as_bytes(mixed + "\xC3")), mixed.size());
  EXPECT_TRUE(is_utf8(Bytes{}));
}

TEST(EscapedText, PrintableCharactersStandForThemselves) {
  EXPECT_EQ(escaped(""), "");
  EXPECT_EQ(escaped("hello, world '!'"), "hello, world '!'");
  EXPECT_EQ(escaped("h\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80"), "h\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80");
}

TEST(EscapedText, ControlsQuotesAndBackslashesAreEscaped) {
  EXPECT_EQ(escaped(std::string_view("a\0b", 3)), "a\\00b");
  EXPECT_EQ(escaped("\t\n\r\"\\\x1B\x7F"), "\\t\\n\\r\\\"\\\\\\1b\\7f");
  EXPECT_EQ(escaped("\xC2\x85"), "\\u{85}");
}

TEST(EscapedText, BytesThatAreNotUtf8AreEscapedOneByOne) {
  EXPECT_EQ(escaped("a\xFF\xC3"), "a\\ff\\c3");
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\\ed\\a0\\80");
}

TEST(EscapedText, CharactersThatMisleadTheReaderAreEscaped) {
  EXPECT_EQ(escaped("a" + encode(0x202E) + "b"), "a\\u{202e}b");
  EXPECT_EQ(escaped(encode(0xFEFF) + encode(0x200B) + encode(0xAD)), "\\u{feff}\\u{200b}\\u{ad}");
}

}  // namespace
}  // namespace tenon
