// What the tests of the public interface share.
#pragma once

#include <gtest/gtest.h>
#include <string_view>

#include "tenon/tenon.hpp"

namespace tenon {

inline Module compile(const Engine& engine, std::string_view text) { return Module::compile(engine, text).value(); }

inline Instance instantiate(Store& store, const Engine& engine, std::string_view text,
                            std::span<const Extern> imports = {}) {
  return Instance::make(store, compile(engine, text), imports).value();
}

// The error of a result that is expected to have one.
template <class T>
Error error_of(Result<T> result) {
  EXPECT_FALSE(result.has_value());
  return result ? Error() : std::move(result).error();
}

inline ::testing::AssertionResult contains(std::string_view text, std::string_view part) {
  if (text.find(part) != std::string_view::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "\"" << part << "\" is not in \"" << text << "\"";
}

template <class T>
void expect_usage(Result<T> result, std::string_view part) {
  const Error error = error_of(std::move(result));
  EXPECT_EQ(error.kind(), ErrorKind::usage) << error.message();
  EXPECT_TRUE(contains(error.message(), part));
}

}  // namespace tenon
