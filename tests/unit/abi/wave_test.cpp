#include "abi/wave.hpp"

#include <gtest/gtest.h>

#include "base/arena.hpp"
#include "unit/abi/guest.hpp"

namespace tenon::component {
namespace {

class Wave : public testing::Test {
 protected:
  Wave() : arena(*std::pmr::new_delete_resource()), pool(arena) {
    record_members[0] = {"name", pool.primitive(Primitive::string)};
    record_members[1] = {"sizes", list(pool.primitive(Primitive::u8))};
    record_members[2] = {"note", option(pool.primitive(Primitive::char_))};
    variant_members[0] = {"none", nullptr};
    variant_members[1] = {"pair", pool.primitive(Primitive::s16)};
  }

  const ValueType* define(const ValueType& type) {
    auto made = pool.define(type);
    EXPECT_TRUE(made);
    return *made;
  }
  const ValueType* list(const ValueType* element) {
    ValueType type;
    type.kind = TypeKind::list;
    type.element = element;
    return define(type);
  }
  const ValueType* option(const ValueType* element) {
    ValueType type;
    type.kind = TypeKind::option;
    type.element = element;
    return define(type);
  }
  const ValueType* result(const ValueType* ok, const ValueType* error) {
    ValueType type;
    type.kind = TypeKind::result;
    type.element = ok;
    type.second = error;
    return define(type);
  }
  const ValueType* of_kind(TypeKind kind) {
    ValueType type;
    type.kind = kind;
    type.labels = labels;
    type.members =
        kind == TypeKind::record ? std::span<const Member>(record_members) : std::span<const Member>(variant_members);
    if (kind == TypeKind::enum_ || kind == TypeKind::flags) type.members = {};
    if (kind == TypeKind::record || kind == TypeKind::variant) type.labels = {};
    return define(type);
  }

  void expect_text(std::string_view text, const ValueType* type, std::string_view printed) {
    auto value = parse_wave(text, *type);
    ASSERT_TRUE(value) << text << ": " << value.error().message();
    std::string out;
    print_wave(out, *value, *type);
    EXPECT_EQ(out, printed);
    auto again = parse_wave(out, *type);
    ASSERT_TRUE(again) << out << ": " << again.error().message();
    EXPECT_TRUE(*again == *value) << out;
  }

  Arena arena;
  TypePool pool;
  Member record_members[3];
  Member variant_members[2];
  std::string_view labels[3] = {"red", "true", "blue"};
};

TEST_F(Wave, ReadsWhatItPrints) {
  expect_text("true", pool.primitive(Primitive::bool_), "true");
  expect_text(" -128 ", pool.primitive(Primitive::s8), "-128");
  expect_text("18446744073709551615", pool.primitive(Primitive::u64), "18446744073709551615");
  expect_text("-9223372036854775808", pool.primitive(Primitive::s64), "-9223372036854775808");
  expect_text("1.5", pool.primitive(Primitive::f32), "1.5");
  expect_text("nan", pool.primitive(Primitive::f64), "nan");
  expect_text("-inf", pool.primitive(Primitive::f64), "-inf");
  expect_text("'\\u{1F600}'", pool.primitive(Primitive::char_), "'\xF0\x9F\x98\x80'");
  expect_text("\"a\\\"b\\n\"", pool.primitive(Primitive::string), "\"a\\\"b\\n\"");
  expect_text("[1,2, 3,]", list(pool.primitive(Primitive::u8)), "[1, 2, 3]");
  expect_text("{sizes: [], name: \"x\"}", of_kind(TypeKind::record), "{name: \"x\", sizes: [], note: none}");
  expect_text("{blue, %true}", of_kind(TypeKind::flags), "{%true, blue}");
  expect_text("red", of_kind(TypeKind::enum_), "red");
  expect_text("%none", of_kind(TypeKind::variant), "%none");
  expect_text("pair(-3)", of_kind(TypeKind::variant), "pair(-3)");
  expect_text("7", option(pool.primitive(Primitive::u8)), "some(7)");
  expect_text("some(none)", option(option(pool.primitive(Primitive::u8))), "some(none)");
  expect_text("err(\"bad\")", result(nullptr, pool.primitive(Primitive::string)), "err(\"bad\")");
  expect_text("ok", result(nullptr, nullptr), "ok");
}

TEST_F(Wave, SaysWhatWasExpected) {
  const struct {
    std::string_view text;
    const ValueType* type;
    std::string_view message;
  } cases[] = {
      {"256", pool.primitive(Primitive::u8), "expected a number in the range of its type, found `256`"},
      {"-129", pool.primitive(Primitive::s8), "expected a number in the range of its type, found `-129`"},
      {"yes", pool.primitive(Primitive::bool_), "expected true or false, found `yes`"},
      {"[1 2]", list(pool.primitive(Primitive::u8)), "expected , or ], found `2]`"},
      {"1 2", pool.primitive(Primitive::u8), "expected the end, found `2`"},
      {"\"\\q\"", pool.primitive(Primitive::string), "expected an escape, found `\\q\"`"},
      {"'\\u{D800}'", pool.primitive(Primitive::char_), "expected a Unicode scalar value, found `'`"},
      {"green", of_kind(TypeKind::enum_), "expected the name of a case, found `green`"},
      {"{sizes: []}", of_kind(TypeKind::record), "expected the field `name`, found none"},
  };
  for (const auto& [text, type, message] : cases) {
    auto value = parse_wave(text, *type);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().message(), message) << text;
  }
}

TEST_F(Wave, IsTheIdentityOnRandomValues) {
  Generator generator(7, arena, pool);
  for (unsigned i = 0; i < 500; ++i) {
    const ValueType* type = generator.type(3);
    if (type->has_handle) continue;
    const Val value = generator.value(*type);
    std::string text;
    print_wave(text, value, *type);
    auto parsed = parse_wave(text, *type);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().message();
    ASSERT_TRUE(*parsed == value) << text;
  }
}

}  // namespace
}  // namespace tenon::component
