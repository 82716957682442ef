#include "spec/semantics_memory.hpp"

#include <gtest/gtest.h>

namespace tenon::semantics {
namespace {

constexpr Trap out = Trap::out_of_bounds_memory_access;
constexpr std::uint64_t all64 = ~std::uint64_t{0};

TEST(EffectiveAddress, LastByteMustBeInside) {
  constexpr std::uint64_t page = 65'536;
  EXPECT_EQ(effective_address(std::uint32_t{65'532}, 0, 4, page), (Trapping<std::uint64_t>(65'532)));
  EXPECT_EQ(effective_address(std::uint32_t{65'533}, 0, 4, page).trap, out);
  EXPECT_EQ(effective_address(std::uint32_t{65'535}, 0, 1, page).trap, Trap::none);
  EXPECT_EQ(effective_address(std::uint32_t{65'536}, 0, 1, page).trap, out);
  EXPECT_EQ(effective_address(std::uint32_t{0}, 65'520, 16, page).trap, Trap::none);
  EXPECT_EQ(effective_address(std::uint32_t{0}, 0, 1, 0).trap, out);
}

TEST(EffectiveAddress, DoesNotWrapAround) {
  EXPECT_EQ(effective_address(std::uint32_t{0xFFFF'FFFF}, 1, 1, 65'536).trap, out);
  EXPECT_EQ(effective_address(std::uint32_t{0xFFFF'FFFF}, 0xFFFF'FFFF, 8, std::uint64_t{1} << 32).trap, out);
  EXPECT_EQ(effective_address(std::uint32_t{0xFFFF'FFFC}, 0, 4, std::uint64_t{1} << 32).value, 0xFFFF'FFFCU);
  EXPECT_EQ(effective_address(all64, 1, 1, 65'536).trap, out);
  EXPECT_EQ(effective_address(all64 - 3, 0, 4, all64).trap, out);
  EXPECT_EQ(effective_address(std::uint64_t{1}, all64, 4, all64).trap, out);
  EXPECT_EQ(effective_address(all64 - 4, 0, 4, all64).trap, Trap::none);
  EXPECT_EQ(effective_address(std::uint64_t{16}, 16, 16, 48).value, 32U);
}

TEST(InBounds, CountsUpToTheEnd) {
  EXPECT_TRUE(in_bounds(0, 0, 0));
  EXPECT_TRUE(in_bounds(10, 0, 10));
  EXPECT_FALSE(in_bounds(11, 0, 10));
  EXPECT_TRUE(in_bounds(4, 6, 10));
  EXPECT_FALSE(in_bounds(5, 6, 10));
  EXPECT_FALSE(in_bounds(all64, 2, 10));
  EXPECT_FALSE(in_bounds(2, all64, 10));
}

TEST(Loads, ExtendByTheirName) {
  EXPECT_EQ(i32_load8_s(0x80), 0xFFFF'FF80U);
  EXPECT_EQ(i32_load8_u(0x80), 0x80U);
  EXPECT_EQ(i32_load16_s(0x8000), 0xFFFF'8000U);
  EXPECT_EQ(i64_load8_s(0xFF), all64);
  EXPECT_EQ(i64_load32_s(0x8000'0000), 0xFFFF'FFFF'8000'0000U);
  EXPECT_EQ(i64_load32_u(0x8000'0000), 0x8000'0000U);
  EXPECT_EQ(f32_store(f32_load(0x7FA0'0001)), 0x7FA0'0001U);
  EXPECT_EQ(i64_store16(0x1234'5678), 0x5678U);
}

TEST(VectorLoads, FillLanes) {
  EXPECT_EQ(i16x8_extract_lane_u(v128_load8x8_s(0x80), 0), 0xFF80U);
  EXPECT_EQ(i16x8_extract_lane_u(v128_load8x8_u(0x8000'0000'0000'0000), 7), 0x80U);
  EXPECT_EQ(i64x2_extract_lane(v128_load32x2_s(0xFFFF'FFFF'0000'0001), 1), all64);
  EXPECT_EQ(i8x16_extract_lane_u(v128_load8_splat(7), 15), 7U);
  EXPECT_EQ(i64x2_extract_lane(v128_load32_zero(5), 0), 5U);
  EXPECT_EQ(i64x2_extract_lane(v128_load32_zero(5), 1), 0U);
  const V128 ones = i8x16_splat(1);
  EXPECT_EQ(i16x8_extract_lane_u(v128_load16_lane(0xABCD, ones, 3), 3), 0xABCDU);
  EXPECT_EQ(i16x8_extract_lane_u(v128_load16_lane(0xABCD, ones, 3), 2), 0x0101U);
  EXPECT_EQ(v128_store8_lane(v128_load8_lane(9, ones, 15), 15), 9);
}

TEST(ReadModifyWrite, WrapsToTheStoredWidth) {
  EXPECT_EQ(i32_atomic_rmw8_add_u(0xFF, 0x102), 1);
  EXPECT_EQ(i64_atomic_rmw16_sub_u(0, 1), 0xFFFF);
  EXPECT_EQ(i32_atomic_rmw_and(0xFF00, 0x0FF0), 0x0F00U);
  EXPECT_EQ(i64_atomic_rmw32_or_u(1, all64 - 1), 0xFFFF'FFFFU);
  EXPECT_EQ(i64_atomic_rmw_xor(all64, 1), all64 - 1);
  EXPECT_EQ(i32_atomic_rmw8_xchg_u(1, 0x1234), 0x34);
}

TEST(CompareExchange, WrapsTheExpectedValueToo) {
  EXPECT_EQ(i32_atomic_rmw_cmpxchg(5, 5, 6), 6U);
  EXPECT_EQ(i32_atomic_rmw_cmpxchg(5, 4, 6), 5U);
  EXPECT_EQ(i32_atomic_rmw8_cmpxchg_u(0x11, 0x1111'1111, 0xCD), 0xCD);
  EXPECT_EQ(i64_atomic_rmw16_cmpxchg_u(0x1111, 0x2222, 0xCD), 0x1111);
}

}  // namespace
}  // namespace tenon::semantics
