#include "base/leb128.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

namespace tenon {
namespace {

using Encoded = std::vector<std::uint8_t>;

template <class T>
struct Decoded {
  T value{};
  std::ptrdiff_t size = 0;  // 0: failed
  LebFault fault = LebFault::none;
  bool operator==(const Decoded&) const = default;
};

// Decodes from an exact copy, so that a read beyond the end is seen by the sanitizers.
template <class T, unsigned bits = sizeof(T) * 8>
Decoded<T> decode(const Encoded& bytes) {
  Decoded<T> result;
  const std::uint8_t* const begin = bytes.data();
  const std::uint8_t* const after = decode_leb<T, bits>(begin, begin + bytes.size(), result.value, result.fault);
  if (after == nullptr) {
    result.value = {};
  } else {
    result.size = after - begin;
  }
  return result;
}

template <class T>
Decoded<T> ok(T value, std::ptrdiff_t size) {
  return {value, size, LebFault::none};
}
template <class T>
Decoded<T> bad(LebFault fault) {
  return {T{}, 0, fault};
}

constexpr auto truncated = LebFault::unexpected_end;
constexpr auto too_long = LebFault::representation_too_long;
constexpr auto too_large = LebFault::integer_too_large;

using U32 = std::uint32_t;
using U64 = std::uint64_t;
using S32 = std::int32_t;
using S64 = std::int64_t;

TEST(LebU32, DecodesEveryLength) {
  EXPECT_EQ(decode<U32>({0x00}), ok<U32>(0, 1));
  EXPECT_EQ(decode<U32>({0x7F}), ok<U32>(127, 1));
  EXPECT_EQ(decode<U32>({0x80, 0x01}), ok<U32>(128, 2));
  EXPECT_EQ(decode<U32>({0xE5, 0x8E, 0x26}), ok<U32>(624'485, 3));
  EXPECT_EQ(decode<U32>({0xFF, 0xFF, 0xFF, 0x7F}), ok<U32>((1U << 28) - 1, 4));
  EXPECT_EQ(decode<U32>({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}), ok<U32>(0xFFFF'FFFF, 5));
}

TEST(LebU32, AcceptsPaddingUpToFiveBytes) {
  EXPECT_EQ(decode<U32>({0x83, 0x00}), ok<U32>(3, 2));
  EXPECT_EQ(decode<U32>({0x83, 0x80, 0x80, 0x80, 0x00}), ok<U32>(3, 5));
}

TEST(LebU32, RejectsSixthByte) {
  EXPECT_EQ(decode<U32>({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), bad<U32>(too_long));
  EXPECT_EQ(decode<U32>({0x80, 0x80, 0x80, 0x80, 0x80}), bad<U32>(too_long));
}

TEST(LebU32, RejectsUnusedBits) {
  EXPECT_EQ(decode<U32>({0xFF, 0xFF, 0xFF, 0xFF, 0x1F}), bad<U32>(too_large));
  EXPECT_EQ(decode<U32>({0x80, 0x80, 0x80, 0x80, 0x40}), bad<U32>(too_large));
}

TEST(LebU32, RejectsTruncation) {
  EXPECT_EQ(decode<U32>({}), bad<U32>(truncated));
  EXPECT_EQ(decode<U32>({0x80}), bad<U32>(truncated));
  EXPECT_EQ(decode<U32>({0xFF, 0xFF, 0xFF, 0xFF}), bad<U32>(truncated));
}

TEST(LebU32, LeavesWhatFollows) {
  EXPECT_EQ(decode<U32>({0x05, 0xFF}), ok<U32>(5, 1));
  EXPECT_EQ(decode<U32>({0x85, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}), ok<U32>(133, 2));
}

TEST(LebU64, Edges) {
  EXPECT_EQ(decode<U64>({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}), ok<U64>(~U64{0}, 10));
  EXPECT_EQ(decode<U64>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), ok<U64>(0, 10));
  EXPECT_EQ(decode<U64>({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02}), bad<U64>(too_large));
  EXPECT_EQ(decode<U64>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), bad<U64>(too_long));
  EXPECT_EQ(decode<U64>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}), bad<U64>(truncated));
}

TEST(LebS32, Edges) {
  EXPECT_EQ(decode<S32>({0x3F}), ok<S32>(63, 1));
  EXPECT_EQ(decode<S32>({0x40}), ok<S32>(-64, 1));
  EXPECT_EQ(decode<S32>({0x7F}), ok<S32>(-1, 1));
  EXPECT_EQ(decode<S32>({0xFF, 0x7F}), ok<S32>(-1, 2));
  EXPECT_EQ(decode<S32>({0xFF, 0x00}), ok<S32>(127, 2));
  EXPECT_EQ(decode<S32>({0x80, 0x7F}), ok<S32>(-128, 2));
  EXPECT_EQ(decode<S32>({0xFF, 0xFF, 0xFF, 0xFF, 0x07}), ok<S32>(std::numeric_limits<S32>::max(), 5));
  EXPECT_EQ(decode<S32>({0x80, 0x80, 0x80, 0x80, 0x78}), ok<S32>(std::numeric_limits<S32>::min(), 5));
  EXPECT_EQ(decode<S32>({0xFF, 0xFF, 0xFF, 0xFF, 0x7F}), ok<S32>(-1, 5));
}

TEST(LebS32, RejectsWhatIsNoSignExtension) {
  EXPECT_EQ(decode<S32>({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}), bad<S32>(too_large));
  EXPECT_EQ(decode<S32>({0x80, 0x80, 0x80, 0x80, 0x70}), bad<S32>(too_large));
  EXPECT_EQ(decode<S32>({0x80, 0x80, 0x80, 0x80, 0x08}), bad<S32>(too_large));
  EXPECT_EQ(decode<S32>({0x80, 0x80, 0x80, 0x80, 0xF8, 0x7F}), bad<S32>(too_long));
  EXPECT_EQ(decode<S32>({0xFF, 0xFF}), bad<S32>(truncated));
}

TEST(LebS33, HasOneBitMoreThanS32) {
  const auto s33 = [](const Encoded& bytes) { return decode<S64, 33>(bytes); };
  EXPECT_EQ(s33({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}), ok<S64>(0xFFFF'FFFF, 5));
  EXPECT_EQ(s33({0x80, 0x80, 0x80, 0x80, 0x70}), ok<S64>(-(S64{1} << 32), 5));
  EXPECT_EQ(s33({0x40}), ok<S64>(-64, 1));
  EXPECT_EQ(s33({0x80, 0x80, 0x80, 0x80, 0x10}), bad<S64>(too_large));
  EXPECT_EQ(s33({0xFF, 0xFF, 0xFF, 0xFF, 0x6F}), bad<S64>(too_large));
  EXPECT_EQ(s33({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), bad<S64>(too_long));
  EXPECT_EQ(s33({0x80, 0x80, 0x80, 0x80}), bad<S64>(truncated));
}

TEST(LebS64, Edges) {
  constexpr S64 lowest = std::numeric_limits<S64>::min();
  EXPECT_EQ(decode<S64>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F}), ok<S64>(lowest, 10));
  EXPECT_EQ(decode<S64>({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00}), ok<S64>(-1 - lowest, 10));
  EXPECT_EQ(decode<S64>({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}), bad<S64>(too_large));
  EXPECT_EQ(decode<S64>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7E}), bad<S64>(too_large));
  EXPECT_EQ(decode<S64>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xFF, 0x7F}), bad<S64>(too_long));
  EXPECT_EQ(decode<S64>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40}), ok<S64>(-(S64{1} << 62), 9));
}

// Every number around every power of two, encoded, decoded at the end of the input and with bytes behind, and
// truncated.
template <class T>
void expect_round_trips() {
  std::vector<T> numbers{std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
  for (unsigned shift = 0; shift < sizeof(T) * 8; ++shift) {
    const auto power = static_cast<T>(std::make_unsigned_t<T>{1} << shift);
    for (int delta = -2; delta <= 2; ++delta) {
      const auto number = static_cast<std::make_unsigned_t<T>>(power) + static_cast<std::make_unsigned_t<T>>(delta);
      numbers.push_back(static_cast<T>(number));
      numbers.push_back(static_cast<T>(std::make_unsigned_t<T>{0} - number));
    }
  }
  for (const T number : numbers) {
    std::uint8_t buffer[max_leb64_size];
    const std::size_t size = encode_leb(number, buffer);
    EXPECT_EQ(leb_size(number), size);
    Encoded bytes(buffer, buffer + size);
    EXPECT_EQ(decode<T>(bytes), ok<T>(number, static_cast<std::ptrdiff_t>(size)));
    for (std::size_t cut = 0; cut < size; ++cut) {
      EXPECT_EQ(decode<T>(Encoded(buffer, buffer + cut)), bad<T>(truncated));
    }
    bytes.insert(bytes.end(), 12, 0xFF);
    EXPECT_EQ(decode<T>(bytes), ok<T>(number, static_cast<std::ptrdiff_t>(size)));
  }
}

TEST(Leb, NumbersAroundPowersOfTwoRoundTrip) {
  expect_round_trips<U32>();
  expect_round_trips<U64>();
  expect_round_trips<S32>();
  expect_round_trips<S64>();
}

TEST(Leb, EncodesTheShortestForm) {
  EXPECT_EQ(leb_size(U32{127}), 1U);
  EXPECT_EQ(leb_size(U32{128}), 2U);
  EXPECT_EQ(leb_size(S32{63}), 1U);
  EXPECT_EQ(leb_size(S32{64}), 2U);
  EXPECT_EQ(leb_size(S32{-64}), 1U);
  EXPECT_EQ(leb_size(S32{-65}), 2U);
  EXPECT_EQ(leb_size(~U64{0}), 10U);
  EXPECT_EQ(leb_size(S64{-1}), 1U);
}

// What the definition says of some bytes: the number, or the first fault.
template <class T, unsigned bits>
Decoded<T> by_definition(const Encoded& bytes) {
  constexpr std::size_t max_bytes = (bits + 6) / 7;
  unsigned __int128 value = 0;
  std::size_t size = 0;
  bool ended = false;
  while (size < bytes.size() && size < max_bytes && !ended) {
    value |= static_cast<unsigned __int128>(bytes[size] & 0x7F) << (7 * size);
    ended = bytes[size++] < 0x80;
  }
  if (!ended) return bad<T>(size == max_bytes ? too_long : truncated);
  auto number = static_cast<__int128>(value);
  if constexpr (std::is_signed_v<T>) {
    if ((value >> (7 * size - 1) & 1) != 0) number -= static_cast<__int128>(1) << (7 * size);
  }
  constexpr auto limit = static_cast<__int128>(1) << (std::is_signed_v<T> ? bits - 1 : bits);
  if (number >= limit || number < (std::is_signed_v<T> ? -limit : 0)) return bad<T>(too_large);
  return ok(static_cast<T>(number), static_cast<std::ptrdiff_t>(size));
}

TEST(Leb, RandomBytesDecodeByTheDefinition) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 400'000; ++i) {
    Encoded bytes(random() % 14);
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(random() | (random() % 4 != 0 ? 0x80 : 0));
      if (random() % 4 == 0) byte = static_cast<std::uint8_t>(byte & 0x80) | (random() % 2 == 0 ? 0 : 0x7F);
    }
    ASSERT_EQ(decode<U32>(bytes), (by_definition<U32, 32>(bytes)));
    ASSERT_EQ(decode<U64>(bytes), (by_definition<U64, 64>(bytes)));
    ASSERT_EQ(decode<S32>(bytes), (by_definition<S32, 32>(bytes)));
    ASSERT_EQ((decode<S64, 33>(bytes)), (by_definition<S64, 33>(bytes)));
    ASSERT_EQ(decode<S64>(bytes), (by_definition<S64, 64>(bytes)));
  }
}

}  // namespace
}  // namespace tenon
