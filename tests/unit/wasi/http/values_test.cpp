#include "wasi/http/values.hpp"

#include <gtest/gtest.h>

namespace tenon::wasi::http {
namespace {

using component::Val;
using host::HttpError;

TEST(Methods, AreCasesOrATextOfTheirOwn) {
  EXPECT_EQ(method_value("GET"), Val::variant(0));
  EXPECT_EQ(method_value("PATCH"), Val::variant(8));
  EXPECT_EQ(method_value("PURGE"), Val::variant(9, Val::string("PURGE")));
  EXPECT_EQ(method_value("get"), Val::variant(9, Val::string("get")));
  EXPECT_EQ(read_method(Val::variant(5)), "CONNECT");
  EXPECT_EQ(read_method(Val::variant(9, Val::string("PURGE"))), "PURGE");
  for (const char* wrong : {"", "A B", "A\r\n", "A/B"}) EXPECT_FALSE(read_method(Val::variant(9, Val::string(wrong))));
}

TEST(Schemes, AreCasesOrATextOfTheirOwn) {
  EXPECT_EQ(scheme_value("https"), Val::variant(1));
  EXPECT_EQ(read_scheme(Val::variant(0)), "http");
  EXPECT_EQ(read_scheme(Val::variant(2, Val::string("git+ssh"))), "git+ssh");
  for (const char* wrong : {"", "1a", "a b", "a:"}) EXPECT_FALSE(read_scheme(Val::variant(2, Val::string(wrong))));
}

TEST(Errors, CarryWhatTheirCaseCarries) {
  EXPECT_EQ(error_value({.code = HttpError::connection_refused}), Val::variant(6));
  EXPECT_EQ(error_value({.code = HttpError::http_request_body_size, .size = 7}),
            Val::variant(17, Val::some(Val::u64(7))));
  EXPECT_EQ(error_value({.code = HttpError::http_response_header_section_size}), Val::variant(26, Val::none()));
  EXPECT_EQ(error_value({.code = HttpError::internal_error, .text = "x"}),
            Val::variant(38, Val::some(Val::string("x"))));
  const Val fields[] = {Val::some(Val::string("no such name")), Val::none()};
  EXPECT_EQ(error_value({.code = HttpError::dns_error, .text = "no such name"}), Val::variant(1, Val::record(fields)));
}

TEST(Errors, BecomeAStatus) {
  const std::pair<HttpError, int> cases[] = {{HttpError::http_request_denied, 403},
                                             {HttpError::http_request_body_size, 413},
                                             {HttpError::connection_timeout, 504},
                                             {HttpError::connection_refused, 502},
                                             {HttpError::internal_error, 500}};
  for (const auto& [error, status] : cases) EXPECT_EQ(status_of(error), status);
}

TEST(Syntax, OfNames) {
  EXPECT_TRUE(is_token("X-Thing_1"));
  for (const char* wrong : {"", "a b", "a:", "a\n", "\xC3\xA9", "(a)"}) EXPECT_FALSE(is_token(wrong)) << wrong;
}

TEST(Syntax, OfValues) {
  EXPECT_TRUE(is_field_value(""));
  EXPECT_TRUE(is_field_value("a\tb \xC3\xA9"));
  for (const char* wrong : {"a\r", "\n", "\x7F", "\x01"}) EXPECT_FALSE(is_field_value(wrong));
  EXPECT_FALSE(is_field_value(std::string_view("\0", 1)));
}

TEST(Syntax, OfAuthorities) {
  for (const char* right : {"a.b", "a:80", "[::1]:80", "127.0.0.1"}) EXPECT_TRUE(is_authority(right)) << right;
  for (const char* wrong : {"", "a/b", "a b", "a\r\n", "a?b"}) EXPECT_FALSE(is_authority(wrong)) << wrong;
}

TEST(Syntax, OfTargets) {
  for (const char* right : {"", "/", "/a?b=c", "?a", "*"}) EXPECT_TRUE(is_target(right)) << right;
  for (const char* wrong : {"a", "/a b", "/a\r\nx: y", "/#a"}) EXPECT_FALSE(is_target(wrong)) << wrong;
}

TEST(Names, AreComparedWithoutCaseAndForbiddenInAny) {
  EXPECT_TRUE(is_same_name("Content-Length", "content-length"));
  EXPECT_FALSE(is_same_name("content", "content-length"));
  EXPECT_TRUE(is_forbidden_name("Transfer-Encoding"));
  EXPECT_TRUE(is_forbidden_name("HOST"));
  EXPECT_FALSE(is_forbidden_name("content-length"));
}

TEST(StatedLength, IsANumberOrNothing) {
  EXPECT_EQ(stated_length({{"Content-Length", "12"}}), 12U);
  EXPECT_FALSE(stated_length({}));
  for (const char* wrong : {"", "x", "1x", "-1", "99999999999999999999999"}) {
    EXPECT_FALSE(stated_length({{"content-length", wrong}})) << wrong;
  }
}

}  // namespace
}  // namespace tenon::wasi::http
