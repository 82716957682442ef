// The scenarios of the standard's executable reference (canonical-abi/run_tests.py, those of values): what is lifted
// from given core values or bytes, that the same comes back after lowering, and how types flatten.
#include <array>
#include <gtest/gtest.h>
#include <memory_resource>
#include <string>

#include "abi/layout.hpp"
#include "abi/lift.hpp"
#include "abi/lower.hpp"
#include "abi/wave.hpp"
#include "unit/abi/guest.hpp"

namespace tenon::component {
namespace {

// Types by hand.
class Reference : public testing::Test {
 protected:
  using Type = const ValueType*;
  Type of(Primitive primitive) { return pool.primitive(primitive); }
  Type define(const ValueType& type) {
    auto defined = pool.define(type);
    EXPECT_TRUE(defined);
    return *defined;
  }
  Type of_elements(TypeKind kind, Type element, Type second = nullptr, std::uint32_t length = 0) {
    ValueType type;
    type.kind = kind;
    type.element = element;
    type.second = second;
    type.length = length;
    return define(type);
  }
  Type list(Type element) { return of_elements(TypeKind::list, element); }
  Type list(Type element, std::uint32_t length) {
    return of_elements(TypeKind::fixed_length_list, element, nullptr, length);
  }
  Type option(Type element) { return of_elements(TypeKind::option, element); }
  Type result(Type ok, Type error) { return of_elements(TypeKind::result, ok, error); }
  Type map(Type key, Type value) { return of_elements(TypeKind::map, value, key); }
  Type tuple(std::initializer_list<Type> types) {
    ValueType type;
    type.kind = TypeKind::tuple;
    type.types = arena.copy(std::span<const Type>(types.begin(), types.size()));
    return define(type);
  }
  Type members(TypeKind kind, std::initializer_list<Member> list) {
    ValueType type;
    type.kind = kind;
    type.members = arena.copy(std::span<const Member>(list.begin(), list.size()));
    return define(type);
  }
  Type labels(TypeKind kind, unsigned count) {
    ValueType type;
    type.kind = kind;
    const std::span<std::string_view> names = arena.make_array<std::string_view>(count);
    for (unsigned i = 0; i < count; ++i) names[i] = arena.copy(std::string_view("f" + std::to_string(i)));
    type.labels = names;
    return define(type);
  }

  static std::string wave(const Val& value, Type type) {
    std::string text;
    print_wave(text, value, *type);
    return text;
  }

  // `expected` is WAVE; "trap" where lifting must.
  void lifts(Type type, std::vector<std::uint64_t> flat, std::string_view expected,
             std::vector<std::uint8_t> bytes = {}, bool is_64 = false) {
    SCOPED_TRACE(expected);
    TestGuest guest(StringEncoding::utf8, is_64);
    guest.bytes = bytes;
    guest.memory = guest.bytes;
    const std::uint64_t* at = flat.data();
    auto lifted = lift_flat(guest, at, *type);
    if (expected == "trap") {
      EXPECT_FALSE(lifted);
      return;
    }
    ASSERT_TRUE(lifted) << lifted.error().message();
    EXPECT_EQ(at, flat.data() + flat.size());
    EXPECT_EQ(wave(*lifted, type), expected);

    TestGuest other(StringEncoding::utf8, is_64);
    std::vector<std::uint64_t> lowered(flat.size());
    std::uint64_t* to = lowered.data();
    ASSERT_TRUE(lower_flat(other, *lifted, *type, to));
    at = lowered.data();
    auto again = lift_flat(other, at, *type);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(wave(*again, type), expected);
  }

  Arena arena{*std::pmr::new_delete_resource()};
  TypePool pool{arena};
  Type u8 = of(Primitive::u8);
  Type u16 = of(Primitive::u16);
  Type u32 = of(Primitive::u32);
  Type f32 = of(Primitive::f32);
  Type string = of(Primitive::string);
};

TEST_F(Reference, LiftsFlatRecordsAndLists) {
  lifts(members(TypeKind::record, {{"x", u8}, {"y", u16}, {"z", u32}}), {1, 2, 3}, "{x: 1, y: 2, z: 3}");
  lifts(tuple({tuple({u8, u8}), u8}), {1, 2, 3}, "((1, 2), 3)");
  lifts(list(u8, 3), {1, 2, 3}, "[1, 2, 3]");
  lifts(list(list(u8, 2), 3), {1, 2, 3, 4, 5, 6}, "[[1, 2], [3, 4], [5, 6]]");
}

TEST_F(Reference, LiftsFlatFlags) {
  Type two = labels(TypeKind::flags, 2);
  lifts(two, {0}, "{}");
  lifts(two, {2}, "{f1}");
  lifts(two, {3}, "{f0, f1}");
  lifts(two, {4}, "{}");
  std::string all = "{f0";
  for (int i = 1; i < 32; ++i) all += ", f" + std::to_string(i);
  lifts(labels(TypeKind::flags, 32), {0xFFFF'FFFF}, all + "}");
}

TEST_F(Reference, LiftsFlatVariants) {
  Type variant = members(TypeKind::variant, {{"x", u8}, {"y", f32}, {"z", nullptr}});
  lifts(variant, {0, 42}, "x(42)");
  lifts(variant, {0, 256}, "x(0)");
  lifts(variant, {1, 0x4048'F5C3}, "y(3.14)");
  lifts(variant, {2, 0xFFFF'FFFF}, "z");
  lifts(variant, {3, 0}, "trap");
  lifts(option(f32), {0, 0x4048'F5C3}, "none");
  lifts(option(f32), {1, 0x4048'F5C3}, "some(3.14)");
  lifts(result(u8, u32), {0, 42}, "ok(42)");
  lifts(result(u8, u32), {1, 1000}, "err(1000)");
  lifts(members(TypeKind::variant, {{"w", u8}, {"y", u8}}), {1, 42}, "y(42)");
  Type choice = labels(TypeKind::enum_, 2);
  lifts(choice, {0}, "f0");
  lifts(choice, {1}, "f1");
  lifts(choice, {2}, "trap");
}

TEST_F(Reference, LiftsFlatNumbers) {
  struct Pair {
    Primitive type;
    std::uint64_t bits;
    const char* expected;
  };
  constexpr Pair pairs[] = {
      {Primitive::bool_, 0, "false"},
      {Primitive::bool_, 1, "true"},
      {Primitive::bool_, 2, "true"},
      {Primitive::bool_, 0xFFFF'FFFF, "true"},
      {Primitive::u8, 127, "127"},
      {Primitive::u8, 256, "0"},
      {Primitive::u8, 0xFFFF'FFFF, "255"},
      {Primitive::u8, 4294967168, "128"},
      {Primitive::s8, 127, "127"},
      {Primitive::s8, 128, "-128"},
      {Primitive::s8, 255, "-1"},
      {Primitive::s8, 256, "0"},
      {Primitive::s8, 4294967167, "127"},
      {Primitive::u16, 65536, "0"},
      {Primitive::u16, 0xFFFF'FFFF, "65535"},
      {Primitive::s16, 32768, "-32768"},
      {Primitive::s16, 65535, "-1"},
      {Primitive::s16, 0xFFFF'FFFF - 32768, "32767"},
      {Primitive::u32, 0x8000'0000, "2147483648"},
      {Primitive::s32, 0x8000'0000, "-2147483648"},
      {Primitive::s32, 0xFFFF'FFFF, "-1"},
      {Primitive::u64, 0x8000'0000'0000'0000, "9223372036854775808"},
      {Primitive::s64, 0x8000'0000'0000'0000, "-9223372036854775808"},
      {Primitive::s64, ~std::uint64_t{0}, "-1"},
      {Primitive::char_, 65, "'A'"},
      {Primitive::char_, 0xD7FF, "'\uD7FF'"},
      {Primitive::char_, 0xD800, "trap"},
      {Primitive::char_, 0xDFFF, "trap"},
      {Primitive::char_, 0xE000, "'\uE000'"},
      {Primitive::char_, 0x10FFFF, "'\U0010FFFF'"},
      {Primitive::char_, 0x110000, "trap"},
      {Primitive::char_, 0xFFFF'FFFF, "trap"},
  };
  for (const Pair& pair : pairs) lifts(of(pair.type), {pair.bits}, pair.expected);
}

TEST_F(Reference, LiftsNansAsOne) {
  TestGuest guest;
  const auto lifted = [&](Primitive type, std::uint64_t bits) {
    const std::uint64_t* at = &bits;
    return lift_flat(guest, at, *of(type)).value().bits();
  };
  for (const std::uint64_t bits : {0x7FC0'0000U, 0x7FC0'0001U, 0x7FE0'0000U, 0x7FFF'FFFFU, 0xFFFF'FFFFU}) {
    EXPECT_EQ(lifted(Primitive::f32, bits), 0x7FC0'0000U);
  }
  EXPECT_EQ(lifted(Primitive::f32, 0x7F80'0000), 0x7F80'0000U);
  EXPECT_EQ(lifted(Primitive::f32, 0x3FC0'0000), 0x3FC0'0000U);
  for (const std::uint64_t bits : {0x7FF8'0000'0000'0001U, 0x7FFC'0000'0000'0000U, 0xFFFF'FFFF'FFFF'FFFFU}) {
    EXPECT_EQ(lifted(Primitive::f64, bits), 0x7FF8'0000'0000'0000U);
  }
  EXPECT_EQ(lifted(Primitive::f64, 0x7FF0'0000'0000'0000), 0x7FF0'0000'0000'0000U);
}

TEST_F(Reference, LiftsListsOfNumbers) {
  Type boolean = of(Primitive::bool_);
  lifts(list(boolean), {0, 3}, "[true, false, true]", {1, 0, 1});
  lifts(list(boolean), {0, 3}, "[true, false, true]", {1, 0, 2});
  lifts(list(boolean), {3, 3}, "[true, false, true]", {0xFF, 0xFF, 0xFF, 1, 0, 1});
  lifts(list(u8), {0, 3}, "[1, 2, 3]", {1, 2, 3});
  lifts(list(u16), {0, 3}, "[1, 2, 3]", {1, 0, 2, 0, 3, 0});
  lifts(list(u16), {1, 3}, "trap", {0, 1, 0, 2, 0, 3, 0});
  lifts(list(u32), {0, 2}, "[1, 2]", {1, 0, 0, 0, 2, 0, 0, 0});
  lifts(list(of(Primitive::u64)), {0, 1}, "[1]", {1, 0, 0, 0, 0, 0, 0, 0});
  lifts(list(of(Primitive::s8)), {0, 3}, "[-1, -2, -3]", {0xFF, 0xFE, 0xFD});
  lifts(list(of(Primitive::s16)), {0, 2}, "[-1, -2]", {0xFF, 0xFF, 0xFE, 0xFF});
  lifts(list(of(Primitive::s32)), {0, 1}, "[-2]", {0xFE, 0xFF, 0xFF, 0xFF});
  lifts(list(of(Primitive::s64)), {0, 1}, "[-2]", {0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF});
  lifts(list(of(Primitive::char_)), {0, 3}, "['A', 'B', 'c']", {65, 0, 0, 0, 66, 0, 0, 0, 99, 0, 0, 0});
}

TEST_F(Reference, LiftsListsThatPoint) {
  lifts(list(string), {0, 2}, R"(["hi", "wat"])",
        {16, 0, 0, 0, 2, 0, 0, 0, 21, 0, 0, 0, 3, 0, 0, 0, 'h', 'i', 15, 15, 15, 'w', 'a', 't'});
  lifts(list(string), {0, 2}, R"(["hi", "wat"])",
        {32, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0,   0,   0,  0,  37, 0,   0,   0,
         0,  0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 'h', 'i', 15, 15, 15, 'w', 'a', 't'},
        true);
  lifts(list(list(u8)), {0, 3}, "[[3, 4, 5], [], [6, 7]]",
        {24, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 27, 0, 0, 0, 2, 0, 0, 0, 3, 4, 5, 6, 7});
  lifts(list(list(u16)), {0, 1}, "[[5, 6]]", {8, 0, 0, 0, 2, 0, 0, 0, 5, 0, 6, 0});
  lifts(list(list(u16)), {0, 1}, "trap", {9, 0, 0, 0, 2, 0, 0, 0, 0, 5, 0, 6, 0});
  lifts(list(list(u16)), {0, 1}, "[[5, 6]]", {16, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 5, 0, 6, 0}, true);
}

TEST_F(Reference, LiftsListsOfRecordsWithPadding) {
  constexpr std::uint8_t x = 0xFF;  // padding
  lifts(list(list(u8, 2)), {0, 2}, "[[1, 2], [3, 4]]", {1, 2, 3, 4});
  lifts(list(list(u32, 2)), {1, 1}, "trap", {0, 1, 0, 0, 0, 2, 0, 0, 0});
  lifts(list(tuple({u8, u8, u16, u32})), {0, 2}, "[(6, 7, 8, 9), (4, 5, 6, 7)]",
        {6, 7, 8, 0, 9, 0, 0, 0, 4, 5, 6, 0, 7, 0, 0, 0});
  lifts(list(tuple({u8, u16, u8, u32})), {0, 2}, "[(6, 7, 8, 9), (4, 5, 6, 7)]",
        {6, x, 7, 0, 8, x, x, x, 9, 0, 0, 0, 4, x, 5, 0, 6, x, x, x, 7, 0, 0, 0});
  lifts(list(tuple({u16, u8})), {0, 2}, "[(6, 7), (8, 9)]", {6, 0, 7, x, 8, 0, 9, x});
  lifts(list(tuple({tuple({u16, u8}), u8})), {0, 2}, "[((4, 5), 6), ((7, 8), 9)]",
        {4, 0, 5, x, 6, x, 7, 0, 8, x, 9, x});
  lifts(list(labels(TypeKind::flags, 2)), {0, 3}, "[{}, {f1}, {}]", {0, 2, 4});
  lifts(list(labels(TypeKind::flags, 9)), {0, 2}, "[{f8}, {}]", {0, 3, 0, 0});
  lifts(list(labels(TypeKind::flags, 17)), {0, 2}, "[{f16}, {}]", {0, 0, 3, 0, 0, 0, 0, 0});
  lifts(map(u8, u16), {0, 2}, "[(42, 83), (43, 84)]", {42, x, 83, 0, 43, x, 84, 0});
}

TEST_F(Reference, FlattensAndJoins) {
  const auto flat = [](Type type, bool is_64) {
    std::array<CoreKind, max_flat_params> kinds{};
    std::string text;
    for (unsigned i = 0, n = flatten_type(*type, is_64, kinds.data()); i < n; ++i) {
      text += "ilfd"[static_cast<std::size_t>(kinds[i])];
    }
    return text;
  };
  Type f64 = of(Primitive::f64);
  Type u64 = of(Primitive::u64);
  EXPECT_EQ(flat(tuple({u8, f32, f64}), false), "ifd");
  EXPECT_EQ(flat(tuple({string, u8}), false), "iii");
  EXPECT_EQ(flat(tuple({string, u8}), true), "lli");
  EXPECT_EQ(flat(result(u8, f32), false), "ii");
  EXPECT_EQ(flat(result(f32, f32), false), "if");
  EXPECT_EQ(flat(result(f32, f64), false), "il");
  EXPECT_EQ(flat(result(u64, f64), false), "il");
  EXPECT_EQ(flat(members(TypeKind::variant, {{"a", string}, {"b", f64}, {"c", nullptr}}), false), "ili");
  EXPECT_EQ(flat(list(u8, 3), false), "iii");
}

}  // namespace
}  // namespace tenon::component
