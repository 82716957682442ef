#include "text/lexer.hpp"

#include <gtest/gtest.h>
#include <memory_resource>
#include <string>
#include <vector>

namespace tenon {
namespace {

std::vector<Token> tokens(std::string_view source) {
  Lexer lexer(source, *std::pmr::get_default_resource());
  std::vector<Token> all;
  do all.push_back(lexer.next());
  while (all.back().kind != TokenKind::end && all.back().kind != TokenKind::error);
  return all;
}

struct KindCase {
  std::string_view text;
  TokenKind kind;
};

TEST(Lexer, TellsTokensApart) {
  using enum TokenKind;
  const KindCase cases[] = {
      {"(", left_paren},
      {")", right_paren},
      {"module", keyword},
      {"i32.add", keyword},
      {"0", natural},
      {"0x1F_ff", natural},
      {"1_000", natural},
      {"+1", integer},
      {"-0x8", integer},
      {"1.", floating},
      {"1.5e-3", floating},
      {"0x1.8p+1", floating},
      {"inf", floating},
      {"-nan", floating},
      {"nan:0x7f", floating},
      {"-nan:0x7_f", floating},
      {"\"a\\n\"", string},
      {"\"\"", string},
      {"$a", id},
      {"$\"a b\"", id},
      {"$0!?", id},
      {"offset=4", keyword},
      {"align=0x10", keyword},
      {"1__0", reserved},
      {"1_", reserved},
      {"0x", reserved},
      {"0xg", reserved},
      {"1e", reserved},
      {"0drop", reserved},
      {"i32.foo", reserved},
      {"align=", reserved},
      {"offset=-1", reserved},
      {"offset=x", reserved},
      {"\"a\"b", reserved},
      {"a\"b\"", reserved},
      {"$a\"b\"", reserved},
      {"$\"a\"b", reserved},
      {",", reserved},
      {";", reserved},
      {"[", reserved},
      {"@a", reserved},
      {"A", reserved},
      {"nan:canonical", keyword},
      {"nan:0x", reserved},
      {"\"a\"\"b\"", reserved},
  };
  for (const KindCase& each : cases) {
    const auto found = tokens(each.text);
    EXPECT_EQ(found[0].kind, each.kind) << each.text;
    EXPECT_EQ(found[0].size, each.text.size()) << each.text;
    EXPECT_EQ(found.size(), 2U) << each.text;
  }
}

struct FaultCase {
  std::string_view text;
  LexFault fault;
  std::uint32_t offset;
};

TEST(Lexer, SaysWhatIsWrongAndWhere) {
  using enum LexFault;
  const FaultCase cases[] = {
      {"\"abc", unclosed_string, 0},
      {" \"ab\nc\"", unclosed_string, 1},
      {"\"a\x01\"", control_character_in_string, 2},
      {"\"a\x7F\"", control_character_in_string, 2},
      {"\"\\q\"", illegal_escape, 1},
      {"\"\\u{110000}\"", illegal_escape, 1},
      {"\"\\u{d800}\"", illegal_escape, 1},
      {"\"\\u{ffffffffffffffff1}\"", illegal_escape, 1},
      {"\"\\0\"", illegal_escape, 1},
      {"\"\x80\"", malformed_utf8, 1},
      {";; \x80", malformed_utf8, 3},
      {"(; \xC0\x80 ;)", malformed_utf8, 3},
      {"$", empty_identifier, 0},
      {"$\"\"", empty_identifier, 0},
      {"$\"a", empty_identifier, 0},
      {"(@)", empty_annotation_id, 0},
      {"(@\"\")", empty_annotation_id, 0},
      {"(@\"\\ef\")", malformed_utf8, 2},
      {" (@a (b)", unclosed_annotation, 1},
      {"(@a \"", unclosed_string, 4},
      {"(@a \x01)", illegal_character, 4},
      {"(@a \xC3\xA4)", illegal_character, 4},
      {"(@a \x80)", malformed_utf8, 4},
      {"(; (; ;)", unclosed_comment, 0},
      {"(;)", unclosed_comment, 0},
      {"\x01", control_character, 0},
      {"\xC3\xA4", unicode_character, 0},
      {"\xFF", malformed_utf8, 0},
  };
  for (const FaultCase& each : cases) {
    const Token last = tokens(each.text).back();
    EXPECT_EQ(last.kind, TokenKind::error) << each.text;
    EXPECT_EQ(message(last.fault), message(each.fault)) << each.text;
    EXPECT_EQ(last.offset, each.offset) << each.text;
  }
}

TEST(Lexer, SkipsSpaceCommentsAndAnnotations) {
  const auto found = tokens(" \t\r\n;; x ( \"\n(; a (; b ;) \" ;)(@a , ; ] [ }} }x{ ({) (@) \")\")nop;;");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].word, Word::op_nop);
  EXPECT_EQ(tokens(";; a\rnop")[0].word, Word::op_nop);
}

TEST(Lexer, RecordsTheAnnotationsItKnows) {
  const std::string_view source = "(@a) (@custom \"x\") (@\"name\" \"y\") (@metadata.code.branch_hint \"\\00\") nop";
  Lexer lexer(source, *std::pmr::get_default_resource());
  EXPECT_EQ(lexer.next().word, Word::op_nop);
  ASSERT_EQ(lexer.annotations().size(), 3U);
  EXPECT_EQ(lexer.annotations()[0].kind, AnnotationKind::custom);
  EXPECT_EQ(lexer.annotations()[0].offset, 5U);
  EXPECT_EQ(source.substr(lexer.annotations()[0].content, 5), " \"x\")");
  EXPECT_EQ(lexer.annotations()[1].kind, AnnotationKind::name);
  EXPECT_EQ(lexer.annotations()[2].kind, AnnotationKind::branch_hint);
  EXPECT_EQ(source.substr(lexer.annotations()[2].end), " nop");
}

TEST(Lexer, SkipsToTheEndOfAParenthesis) {
  const std::string_view source = "a (b \")\" ;; )\n (; ) (; ;) ;) c) ) nop";
  Lexer lexer(source, *std::pmr::get_default_resource());
  ASSERT_TRUE(lexer.skip_to_close());
  EXPECT_EQ(source.substr(lexer.offset()), " nop");
  EXPECT_FALSE(lexer.skip_to_close());
}

TEST(Words, AreFoundByTheirText) {
  for (std::size_t i = 0; i < word_count; ++i) {
    const auto word = static_cast<Word>(i);
    const Word found = find_word(to_string(word));
    EXPECT_EQ(to_string(found), to_string(word));
    if (found != word) {
      EXPECT_LT(static_cast<std::size_t>(found), i) << to_string(word);
    }
  }
  EXPECT_EQ(find_word("i32.ad"), Word::unknown);
  EXPECT_EQ(find_word(""), Word::unknown);
  EXPECT_EQ(op_of(find_word("i32.add")), Op::i32_add);
  EXPECT_EQ(op_of(Word::module), Op::invalid);
}

TEST(Words, SuggestsTheNearestMnemonic) {
  EXPECT_EQ(nearest_mnemonic("i32.ad"), "i32.add");
  EXPECT_EQ(nearest_mnemonic("get_local"), "local.get");
  EXPECT_EQ(nearest_mnemonic("completely_different_word"), "");
}

TEST(StringValue, ResolvesEscapes) {
  Arena arena(*std::pmr::get_default_resource());
  EXPECT_EQ(string_value(R"("plain")", arena), "plain");
  EXPECT_EQ(string_value(R"("\t\n\r\"\'\\")", arena), "\t\n\r\"'\\");
  EXPECT_EQ(string_value(R"("\41\u{42}\u{1_F600}\ff")", arena), "AB\xF0\x9F\x98\x80\xFF");
}

TEST(PlaceInText, CountsLinesAndBytes) {
  const ErrorPlace place = place_in_text("a\nbc\nd", 3);
  EXPECT_EQ(place.line, 2U);
  EXPECT_EQ(place.column, 2U);
  EXPECT_EQ(place.offset, 3U);
  EXPECT_EQ(place_in_text("ab", 99).column, 3U);
}

}  // namespace
}  // namespace tenon
