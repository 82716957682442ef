#include "tenon/result.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace tenon {
namespace {

Error an_error() { return {ErrorKind::malformed, "expected a, found b", {.offset = 7, .line = 2, .column = 3}}; }

TEST(Error, KeepsKindMessageAndPlace) {
  const Error error = an_error();
  EXPECT_EQ(error.kind(), ErrorKind::malformed);
  EXPECT_EQ(error.message(), "expected a, found b");
  EXPECT_EQ(error.place().offset, 7U);
  EXPECT_EQ(error.place().line, 2U);
  EXPECT_EQ(error.place().column, 3U);
  EXPECT_EQ(error.context(), "");
  EXPECT_EQ(error.code(), 0U);
}

TEST(Error, IsOnePointerWide) { EXPECT_EQ(sizeof(Error), sizeof(void*)); }

TEST(Error, WithoutDetailIsAnEmptyUsageError) {
  const Error error;
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_EQ(error.message(), "");
  EXPECT_EQ(error.place().offset, ErrorPlace::no_offset);
}

TEST(Error, GainsPlaceContextAndCode) {
  const Error error = an_error().with_context("function 12").with_place({.offset = 9}).with_code(5);
  EXPECT_EQ(error.message(), "expected a, found b");
  EXPECT_EQ(error.context(), "function 12");
  EXPECT_EQ(error.place().offset, 9U);
  EXPECT_EQ(error.place().line, 0U);
  EXPECT_EQ(error.code(), 5U);
}

TEST(Error, CopiesAreIndependent) {
  Error first = an_error().with_context("c").with_code(4);
  const Error copy = first;
  first = Error(ErrorKind::trap, "other");
  EXPECT_EQ(copy.message(), "expected a, found b");
  EXPECT_EQ(copy.context(), "c");
  EXPECT_EQ(copy.code(), 4U);
  EXPECT_EQ(first.kind(), ErrorKind::trap);
}

TEST(Error, EveryKindHasAName) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::usage); ++kind) {
    EXPECT_NE(to_string(static_cast<ErrorKind>(kind)), "unknown") << kind;
  }
}

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> value = 42;
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, 42);
  EXPECT_EQ(value.value(), 42);
  const Result<int> error = an_error();
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().message(), "expected a, found b");
}

TEST(Result, OfNothingHoldsAnError) {
  EXPECT_TRUE(Result<void>());
  const Result<void> error = an_error();
  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(error.error().kind(), ErrorKind::malformed);
}

TEST(Result, MovesMoveOnlyValues) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  Result<std::unique_ptr<int>> moved = std::move(result);
  const std::unique_ptr<int> number = *std::move(moved);
  EXPECT_EQ(*number, 3);
}

TEST(Result, AssignsAcrossValueAndError) {
  Result<std::string> result = std::string("text that is too long for a small string");
  result = an_error();
  EXPECT_FALSE(result);
  result = std::string("again a text that is too long for a small string");
  EXPECT_EQ(result->size(), 48U);
  Result<std::string> copy = result;
  result = an_error();
  EXPECT_EQ(copy->size(), 48U);
}

TEST(Result, ValueOrGivesTheOtherForAnError) {
  EXPECT_EQ(Result<int>(1).value_or(2), 1);
  EXPECT_EQ(Result<int>(an_error()).value_or(2), 2);
}

TEST(Result, ChainsUntilTheFirstError) {
  const auto half = [](int number) -> Result<int> {
    if (number % 2 != 0) return Error(ErrorKind::usage, "odd");
    return number / 2;
  };
  EXPECT_EQ(Result<int>(8).and_then(half).and_then(half).value(), 2);
  EXPECT_EQ(Result<int>(6).and_then(half).and_then(half).error().message(), "odd");
  EXPECT_EQ(Result<int>(6).transform([](int number) { return std::to_string(number); }).value(), "6");
  EXPECT_FALSE(Result<int>(an_error()).transform([](int number) { return number; }));
}

TEST(ResultDeathTest, ValueOfAnErrorSaysWhichErrorAndAborts) {
  const Result<int> result = an_error();
  EXPECT_DEATH((void)result.value(), "expected a, found b");
}

}  // namespace
}  // namespace tenon
