#include <gtest/gtest.h>
#include <string>

#include "tenon/tools.hpp"

namespace tenon::tools {
namespace {

Error type_mismatch(ErrorPlace place) {
  return Error(ErrorKind::invalid, "type mismatch: expected i32, found f64", place);
}

TEST(Render, MarksTheWordInItsLine) {
  const std::string_view source = "(module\n  (func (i32.eqz (f64.const 1)))\n)";
  const Error error = type_mismatch({.offset = 25, .line = 2, .column = 18}).with_context("function 0 $f");
  EXPECT_EQ(render(error, "a.wat", source, false),
            "error: type mismatch: expected i32, found f64\n"
            "  --> a.wat:2:18\n"
            "     |\n"
            "   2 |   (func (i32.eqz (f64.const 1)))\n"
            "     |                  ^\n"
            "     = in function 0 $f\n");
}

TEST(Render, UnderlinesAWholeWord) {
  const std::string text = render(type_mismatch({.line = 1, .column = 3}), "a.wat", "i drop )", false);
  EXPECT_NE(text.find("     |   ^~~~\n"), std::string::npos) << text;
}

// WIT has other words than the text format, and versions have dots.
TEST(Render, UnderlinesAWordOfWit) {
  const std::string_view source = "package a:b@1.2;\ninterface i { f: func(first: u8, p: list<pont>); }";
  const auto underline = [&](std::uint32_t line, std::uint32_t column) {
    const std::string text = render(type_mismatch({.line = line, .column = column}), "a.wit", source, false);
    const std::size_t caret = text.find('^');
    return caret == std::string::npos ? std::string() : text.substr(caret, text.find('\n', caret) - caret);
  };
  EXPECT_EQ(underline(1, 13), "^~~");    // 1.2
  EXPECT_EQ(underline(2, 15), "^");      // f
  EXPECT_EQ(underline(2, 23), "^~~~~");  // first
  EXPECT_EQ(underline(2, 42), "^~~~");   // pont
}

TEST(Render, ShowsTheBytesAndTheSectionOfABinary) {
  const std::string_view source("\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\7", 18);
  EXPECT_EQ(render(Error(ErrorKind::invalid, "unknown type", {.offset = 17}), "a.wasm", source, false),
            "error: unknown type\n"
            "  --> a.wasm: byte 0x11 (17)\n"
            "     |\n"
            " 0xb | 60 00 00 03 02 01 07\n"
            "     |                   ^~\n"
            "     = in the function section (0xe to 0x12)\n");
}

TEST(Render, ShowsThePlaceBehindTheEndOfATruncatedBinary) {
  const std::string_view source("\0asm\1\0\0\0\1\4\1", 11);
  const std::string text =
      render(Error(ErrorKind::malformed, "unexpected end", {.offset = 11}), "a.wasm", source, false);
  EXPECT_NE(text.find("byte 0xb (11)"), std::string::npos) << text;
  EXPECT_NE(text.find("in the type section"), std::string::npos) << text;
}

TEST(Render, LetsNoControlCharacterThrough) {
  const Error error(ErrorKind::malformed, "bad \x1b[31m name", {.line = 1, .column = 1});
  const std::string text = render(error, "a\x07.wat", "\x1b]0;title\x07 \xC2\x9B x", false);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos);
}

TEST(Render, CutsALongLineAroundTheCaret) {
  const std::string source = std::string(100'000, 'a') + " here " + std::string(100'000, 'b');
  const std::string text = render(type_mismatch({.line = 1, .column = 100'002}), "a.wat", source, false);
  EXPECT_LT(text.size(), 1000U);
  EXPECT_NE(text.find(" here "), std::string::npos);
  EXPECT_NE(text.find("^~~~\n"), std::string::npos);
}

TEST(Render, StandsAPlaceOutsideTheSource) {
  for (const std::uint32_t line : {1U, 2U, 1'000'000U}) {
    for (const std::uint32_t column : {0U, 1U, 1'000'000U}) {
      EXPECT_TRUE(render(type_mismatch({.line = line, .column = column}), "a.wat", "x\n", false).ends_with("\n"));
    }
  }
  EXPECT_TRUE(
      render(type_mismatch({.offset = 1'000'000}), "a.wasm", std::string_view("\0asm", 4), false).ends_with("\n"));
}

TEST(Render, ColoursOnlyWhenAsked) {
  EXPECT_NE(render(type_mismatch({}), "a.wat", "", true).find("\x1b["), std::string::npos);
  EXPECT_EQ(render(type_mismatch({}), "a.wat", "", false).find("\x1b["), std::string::npos);
}

TEST(Features, StartFromTheDefaults) {
  EXPECT_EQ(parse_features("").value().bits, default_features().bits);
  EXPECT_EQ(parse_features("-simd,simd").value().bits, default_features().bits);
  EXPECT_NE(parse_features("-simd").value().bits, default_features().bits);
  EXPECT_EQ(parse_features("all").value().bits, parse_features("none,all").value().bits);
  EXPECT_NE(parse_features("all,-gc").value().bits, parse_features("all").value().bits);
}

TEST(Features, SuggestTheNearestName) {
  const auto features = parse_features("tail-cal");
  ASSERT_FALSE(features.has_value());
  EXPECT_EQ(features.error().kind(), ErrorKind::usage);
  EXPECT_NE(features.error().message().find("\"tail-call\""), std::string_view::npos);
}

TEST(Features, AreListedWithTheirTitles) {
  const auto features = list_features();
  ASSERT_FALSE(features.empty());
  EXPECT_EQ(features[0].option, "mvp");
}

}  // namespace
}  // namespace tenon::tools
