#include "base/concat.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace tenon {
namespace {

struct Point {
  int x;
};
void append_text(TextBuffer& out, Point point) { out.append_number(point.x); }

TEST(Fail, JoinsPiecesOfEveryKind) {
  const Error error = fail(ErrorKind::invalid, at_offset(12), "a ", std::string_view("b"), ' ', 42, ' ', Hex{255}, ' ',
                           Point{-7}, ' ', std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(error.kind(), ErrorKind::invalid);
  EXPECT_EQ(error.place().offset, 12U);
  EXPECT_EQ(error.message(), "a b 42 0xff -7 18446744073709551615");
}

TEST(TextBuffer, TakesExactlyItsCapacity) {
  TextBuffer buffer;
  buffer.append(std::string(TextBuffer::capacity, 'x'));
  EXPECT_EQ(buffer.view(), std::string(TextBuffer::capacity, 'x'));
}

TEST(TextBuffer, CutsWhatIsTooLong) {
  TextBuffer buffer;
  buffer.append(std::string(TextBuffer::capacity - 1, 'x'));
  buffer.append("yz");
  buffer.append("more");
  EXPECT_EQ(buffer.view(), std::string(TextBuffer::capacity - 3, 'x') + "...");
}

}  // namespace
}  // namespace tenon
