#include "base/leb128.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace tenon {
namespace {

using ByteList = std::vector<std::uint8_t>;

template <class T, unsigned bits = sizeof(T) * 8>
struct Decoded {
  T value = 0;
  LebFault fault = LebFault::none;
  std::size_t size = 0;  // 0 when it failed

  explicit Decoded(const ByteList& bytes) {
    const std::uint8_t* const end = bytes.data() + bytes.size();
    const std::uint8_t* const after = decode_leb<T, bits>(bytes.data(), end, value, fault);
    size = after == nullptr ? 0 : static_cast<std::size_t>(after - bytes.data());
  }
};

template <class T>
ByteList encode(T value) {
  ByteList bytes(max_leb64_size);
  bytes.resize(encode_leb(value, bytes.data()));
  return bytes;
}

template <class T>
void expect_round_trip(T value) {
  const ByteList bytes = encode(value);
  EXPECT_EQ(bytes.size(), leb_size(value));
  const Decoded<T> decoded(bytes);
  EXPECT_EQ(decoded.value, value);
  EXPECT_EQ(decoded.size, bytes.size());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Decoded<T> cut(ByteList(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(cut.fault, LebFault::unexpected_end);
    EXPECT_EQ(cut.size, 0U);
  }
}

template <class T>
void expect_round_trips_at_every_edge() {
  for (unsigned shift = 0; shift < sizeof(T) * 8; ++shift) {
    using U = std::make_unsigned_t<T>;
    const U power = static_cast<U>(U{1} << shift);
    for (const U value : {power, static_cast<U>(power - 1), static_cast<U>(power + 1), static_cast<U>(~power),
                          static_cast<U>(U{0} - power)}) {
      expect_round_trip(static_cast<T>(value));
    }
  }
  expect_round_trip(std::numeric_limits<T>::min());
  expect_round_trip(std::numeric_limits<T>::max());
}

TEST(Leb128, RoundTripsAtEveryEdge) {
  expect_round_trips_at_every_edge<std::uint32_t>();
  expect_round_trips_at_every_edge<std::int32_t>();
  expect_round_trips_at_every_edge<std::uint64_t>();
  expect_round_trips_at_every_edge<std::int64_t>();
}

TEST(Leb128, EncodesTheShortestForm) {
  EXPECT_EQ(encode(std::uint32_t{127}), (ByteList{0x7F}));
  EXPECT_EQ(encode(std::uint32_t{128}), (ByteList{0x80, 0x01}));
  EXPECT_EQ(encode(std::uint32_t{0xFFFFFFFF}), (ByteList{0xFF, 0xFF, 0xFF, 0xFF, 0x0F}));
  EXPECT_EQ(encode(std::int32_t{63}), (ByteList{0x3F}));
  EXPECT_EQ(encode(std::int32_t{64}), (ByteList{0xC0, 0x00}));
  EXPECT_EQ(encode(std::int32_t{-64}), (ByteList{0x40}));
  EXPECT_EQ(encode(std::int32_t{-65}), (ByteList{0xBF, 0x7F}));
  EXPECT_EQ(encode(std::numeric_limits<std::int32_t>::min()), (ByteList{0x80, 0x80, 0x80, 0x80, 0x78}));
}

TEST(Leb128, AcceptsLongerFormsThatFit) {
  EXPECT_EQ((Decoded<std::uint32_t>({0x80, 0x00}).size), 2U);
  EXPECT_EQ((Decoded<std::uint32_t>({0x83, 0x80, 0x80, 0x80, 0x00}).value), 3U);
  EXPECT_EQ((Decoded<std::int32_t>({0xFF, 0xFF, 0xFF, 0xFF, 0x7F}).value), -1);
  EXPECT_EQ((Decoded<std::int64_t>({0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}).value), -2);
}

TEST(Leb128, StopsAfterTheNumber) {
  const Decoded<std::uint32_t> decoded({0x85, 0x01, 0xFF});
  EXPECT_EQ(decoded.value, 133U);
  EXPECT_EQ(decoded.size, 2U);
}

TEST(LebU32, RejectsSixthByte) {
  EXPECT_EQ((Decoded<std::uint32_t>({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}).fault), LebFault::representation_too_long);
}

TEST(LebU64, RejectsEleventhByte) {
  const ByteList bytes{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
  EXPECT_EQ((Decoded<std::uint64_t>(bytes).fault), LebFault::representation_too_long);
}

TEST(LebU32, RejectsUnusedBits) {
  for (const std::uint8_t last : {0x10, 0x1F, 0x40, 0x70}) {
    EXPECT_EQ((Decoded<std::uint32_t>({0x80, 0x80, 0x80, 0x80, last}).fault), LebFault::integer_too_large) << int{last};
  }
  EXPECT_EQ((Decoded<std::uint32_t>({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).fault), LebFault::none);
}

TEST(LebU64, RejectsUnusedBits) {
  ByteList bytes(9, 0xFF);
  bytes.push_back(0x02);
  EXPECT_EQ((Decoded<std::uint64_t>(bytes).fault), LebFault::integer_too_large);
  bytes.back() = 0x01;
  EXPECT_EQ((Decoded<std::uint64_t>(bytes).value), std::numeric_limits<std::uint64_t>::max());
}

TEST(LebS32, RejectsUnusedBitsThatAreNoSignExtension) {
  for (const std::uint8_t last : {0x08, 0x0F, 0x70, 0x77, 0x4F}) {
    EXPECT_EQ((Decoded<std::int32_t>({0x80, 0x80, 0x80, 0x80, last}).fault), LebFault::integer_too_large) << int{last};
  }
  EXPECT_EQ((Decoded<std::int32_t>({0x80, 0x80, 0x80, 0x80, 0x78}).value), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ((Decoded<std::int32_t>({0xFF, 0xFF, 0xFF, 0xFF, 0x07}).value), std::numeric_limits<std::int32_t>::max());
}

TEST(LebS33, HasOneBitMoreThan32) {
  using S33 = Decoded<std::int64_t, 33>;
  EXPECT_EQ(S33({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).value, 0xFFFFFFFF);
  EXPECT_EQ(S33({0x80, 0x80, 0x80, 0x80, 0x70}).value, -0x100000000);
  EXPECT_EQ(S33({0x40}).value, -64);
  EXPECT_EQ(S33({0x80, 0x80, 0x80, 0x80, 0x10}).fault, LebFault::integer_too_large);
  EXPECT_EQ(S33({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}).fault, LebFault::representation_too_long);
}

}  // namespace
}  // namespace tenon
