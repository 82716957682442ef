// Lifting after lowering gives the value back, for random values of random types: over core values, over memory, and
// from one guest to another.
//
// TENON_ABI_VALUES=1000000 runs a million values instead of some thousands; TENON_SEED=n begins with another seed.
#include <cstdlib>
#include <gtest/gtest.h>
#include <memory_resource>

#include "abi/layout.hpp"
#include "abi/lift.hpp"
#include "abi/lower.hpp"
#include "abi/transfer.hpp"
#include "base/arena.hpp"
#include "base/utf8.hpp"
#include "unit/abi/guest.hpp"

namespace tenon::component {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Types are small; all of a test's stay.
struct Case {
  explicit Case(std::uint64_t seed)
      : arena(*std::pmr::new_delete_resource()), pool(arena), generator(seed, arena, pool) {}
  Arena arena;
  TypePool pool;
  Generator generator;
};

constexpr StringEncoding encodings[] = {StringEncoding::utf8, StringEncoding::utf16, StringEncoding::latin1_utf16};

std::vector<std::uint64_t> room_for(std::span<const Member> types) {
  return std::vector<std::uint64_t>(flat_count(types) + 1, 0xDEAD);
}

// Lowers, lifts, and compares; `max_flat` 0 is memory.
void expect_identity(TestGuest& guest, std::span<const Val> values, std::span<const Member> types, unsigned max_flat) {
  std::vector<std::uint64_t> flat = room_for(types);
  auto lowered = lower_flat_values(guest, max_flat, values, types, flat.data());
  ASSERT_TRUE(lowered) << lowered.error().message();
  std::vector<Val> lifted(types.size());
  auto done = lift_flat_values(guest, max_flat, flat, types, lifted);
  ASSERT_TRUE(done) << done.error().message();
  for (std::size_t i = 0; i < types.size(); ++i) ASSERT_TRUE(lifted[i] == values[i]) << "value " << i;
}

void expect_transfer(TestGuest& from, TestGuest& to, std::span<const Val> values, std::span<const Member> types,
                     unsigned from_max, unsigned to_max) {
  std::vector<std::uint64_t> flat = room_for(types);
  auto lowered = lower_flat_values(from, from_max, values, types, flat.data());
  ASSERT_TRUE(lowered) << lowered.error().message();
  std::vector<std::uint64_t> moved = room_for(types);
  auto count = transfer_values({&from, types, from_max}, flat, {&to, types, to_max}, moved.data());
  ASSERT_TRUE(count) << count.error().message();
  std::vector<Val> lifted(types.size());
  auto done = lift_flat_values(to, to_max, moved, types, lifted);
  ASSERT_TRUE(done) << done.error().message();
  for (std::size_t i = 0; i < types.size(); ++i) ASSERT_TRUE(lifted[i] == values[i]) << "value " << i;
}

TEST(Lift, AfterLowerIsTheIdentity) {
  const std::uint64_t count = setting("TENON_ABI_VALUES", 4000);
  const std::uint64_t first_seed = setting("TENON_SEED", 20'261);
  constexpr std::uint64_t values_a_seed = 500;
  for (std::uint64_t done = 0; done < count; done += values_a_seed) {
    const std::uint64_t seed = first_seed + done / values_a_seed;
    SCOPED_TRACE(testing::Message() << "TENON_SEED=" << seed);
    Case test(seed);
    for (std::uint64_t i = 0; i < values_a_seed && !testing::Test::HasFailure(); ++i) {
      Member types[3];
      Val values[3];
      const std::size_t used = 1 + test.generator.below(3);
      for (std::size_t k = 0; k < used; ++k) {
        types[k] = {"x", test.generator.type(4)};
        values[k] = test.generator.value(*types[k].type);
      }
      const std::span<const Member> some_types(types, used);
      const std::span<const Val> some_values(values, used);
      if (flat_count(some_types) > 1000) continue;
      TestGuest guest(encodings[test.generator.below(3)], test.generator.below(2) == 0);
      TestGuest other(encodings[test.generator.below(3)], test.generator.below(2) == 0);
      expect_identity(guest, some_values, some_types, 2000);
      guest.clear();
      expect_identity(guest, some_values, some_types, 0);
      guest.clear();
      expect_transfer(guest, other, some_values, some_types, test.generator.below(2) == 0 ? 0 : 2000,
                      test.generator.below(2) == 0 ? 0 : 2000);
    }
  }
}

}  // namespace

std::string Generator::string(std::size_t most) {
  std::string text;
  const bool is_ascii = below(3) == 0;
  for (std::size_t i = 0, n = below(most); i < n; ++i) {
    char encoded[4];
    const char32_t next = is_ascii ? static_cast<char32_t>('a' + below(26)) : character();
    text.append(encoded, encode_utf8(next, encoded));
  }
  return text;
}

std::span<const std::string_view> Generator::labels(std::size_t count) {
  std::string_view* made = arena_->make_array<std::string_view>(count).data();
  for (std::size_t i = 0; i < count; ++i) made[i] = arena_->copy(std::string_view("l" + std::to_string(i)));
  return {made, count};
}

void Generator::members(ValueType& made, unsigned depth, bool may_be_empty) {
  const std::size_t count = 1 + below(may_be_empty && below(8) == 0 ? 300 : 4);
  const std::span<const std::string_view> names = labels(count);
  Member* members = arena_->make_array<Member>(count).data();
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_empty = may_be_empty && (below(3) == 0 || i > 8);
    members[i] = {names[i], is_empty ? nullptr : type(depth - 1)};
  }
  made.members = {members, count};
}

std::span<const ValueType* const> Generator::tuple_types(unsigned depth) {
  const std::size_t count = 1 + below(4);
  const ValueType** types = arena_->make_array<const ValueType*>(count).data();
  for (std::size_t i = 0; i < count; ++i) types[i] = type(depth - 1);
  return {types, count};
}

Val Generator::primitive(Primitive type) {
  switch (type) {
    case Primitive::bool_: return Val::boolean(below(2) == 0);
    case Primitive::s8: return Val::s8(static_cast<std::int8_t>(random_()));
    case Primitive::u8: return Val::u8(static_cast<std::uint8_t>(random_()));
    case Primitive::s16: return Val::s16(static_cast<std::int16_t>(random_()));
    case Primitive::u16: return Val::u16(static_cast<std::uint16_t>(random_()));
    case Primitive::s32: return Val::s32(static_cast<std::int32_t>(random_()));
    case Primitive::u32: return Val::u32(static_cast<std::uint32_t>(random_()));
    case Primitive::s64: return Val::s64(static_cast<std::int64_t>(random_()));
    case Primitive::u64: return Val::u64(random_());
    case Primitive::f32: return Val::f32(static_cast<float>(static_cast<std::int32_t>(random_())) / 16);
    case Primitive::f64: return Val::f64(static_cast<double>(static_cast<std::int64_t>(random_())) / 16);
    case Primitive::char_: return Val::character(character());
    default: return Val::string(string(40));
  }
}

Val Generator::variant(const ValueType& type) {
  const CaseList cases{&type};
  const auto index = static_cast<std::uint32_t>(below(cases.size()));
  const ValueType* payload = cases.payload(index);
  return payload == nullptr ? Val::variant(index) : Val::variant(index, value(*payload));
}

Val Generator::value(const ValueType& type) {
  switch (type.kind) {
    case TypeKind::primitive: return primitive(type.primitive);
    case TypeKind::own: return Val::handle({.rep = random_(), .owner = {}});
    case TypeKind::flags: return Val::flags(static_cast<std::uint32_t>(below(std::uint64_t{1} << type.labels.size())));
    case TypeKind::variant:
    case TypeKind::enum_:
    case TypeKind::option:
    case TypeKind::result: return variant(type);
    default: break;
  }
  std::vector<Val> items;
  const bool is_list = type.kind == TypeKind::list || type.kind == TypeKind::map;
  const std::size_t count = is_list ? below(6) : field_count(type);
  for (std::size_t i = 0; i < count; ++i) {
    if (type.kind == TypeKind::map) {
      const Val entry[2] = {value(*type.second), value(*type.element)};
      items.push_back(Val::record(entry));
    } else {
      items.push_back(value(is_list ? *type.element : field_type(type, static_cast<std::uint32_t>(i))));
    }
  }
  return is_list || type.kind == TypeKind::fixed_length_list ? Val::list(items) : Val::record(items);
}

}  // namespace tenon::component
