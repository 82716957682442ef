#include "wit/lexer.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace tenon::wit {
namespace {

std::vector<TokenKind> kinds(std::string_view text) {
  std::vector<TokenKind> result;
  for (const Token& token : tokenize(text).tokens) result.push_back(token.kind);
  return result;
}

TEST(WitLexer, TellsTokensApart) {
  using enum TokenKind;
  const struct {
    std::string_view text;
    TokenKind kind;
  } cases[] = {
      {"foo", word},         {"foo-bar2", word}, {"%use", escaped_word},
      {"use", use_},         {"u32", primitive}, {"error-context", primitive},
      {"12", integer},       {"->", arrow},      {"-", punctuation},
      {"@", punctuation},    {"_", underscore_}, {"\"a\\u{41}\"", string},
      {"caf\xC3\xA9", word}, {"uses", word},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(kinds(each.text), (std::vector{each.kind, end})) << each.text;
  }
}

TEST(WitLexer, KeepsCommentsForTheTokenBehindThem) {
  const Tokens lexed = tokenize("// a\n/* b /* c */ */ x // d");
  ASSERT_EQ(lexed.comments.size(), 3U);
  ASSERT_EQ(lexed.tokens.size(), 2U);
  EXPECT_EQ(lexed.tokens[0].first_comment, 0U);
  EXPECT_EQ(lexed.tokens[1].first_comment, 2U);
}

TEST(WitLexer, EndsAtWhatIsNoToken) {
  const struct {
    std::string_view text;
    std::string_view fault;
  } cases[] = {
      {"a # b", "unexpected character: no name, number, string or punctuation of WIT begins with it"},
      {"/* /* */", "unterminated block comment"},
      {"\"a", "unterminated string"},
      {"\"\\q\"", "illegal escape in a string"},
      {"\"\\u{41\"", "expected '}' at the end of a Unicode escape"},
      {"a \x01", "a control code is not allowed in WIT"},
      {"a \xFF", "malformed UTF-8 encoding"},
      {"a \xE2\x80\xAE", "a bidirectional override is not allowed in WIT: it makes text look like what it is not"},
      {"a \xC5\x89", "a character that Unicode deprecates is not allowed in WIT"},
  };
  for (const auto& each : cases) {
    const Tokens lexed = tokenize(each.text);
    EXPECT_EQ(lexed.tokens.back().kind, TokenKind::error) << each.text;
    EXPECT_EQ(lexed.fault, each.fault) << each.text;
  }
}

TEST(WitLexer, DescribesTokens) {
  EXPECT_EQ(describe(tokenize("use").tokens[0]), "keyword `use`");
  EXPECT_EQ(describe(tokenize("s8").tokens[0]), "keyword `s8`");
  EXPECT_EQ(describe(tokenize("{").tokens[0]), "'{'");
  EXPECT_EQ(describe(tokenize("").tokens[0]), "the end of the file");
}

TEST(WitLexer, KnowsKeywords) {
  EXPECT_TRUE(is_keyword("async"));
  EXPECT_TRUE(is_keyword("string"));
  EXPECT_FALSE(is_keyword("get"));
  EXPECT_FALSE(is_keyword(""));
  EXPECT_EQ(text(component::Primitive::char_), "char");
}

}  // namespace
}  // namespace tenon::wit
