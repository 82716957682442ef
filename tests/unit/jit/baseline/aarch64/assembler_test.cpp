// Instructions of AArch64 as llvm-mc encodes them. On every machine: the header asks for none.
#include "jit/baseline/aarch64/assembler.hpp"

#include <gtest/gtest.h>

#include "jit/baseline/aarch64/vector_instructions.hpp"

namespace tenon::jit::baseline::aarch64 {
namespace {

struct Case {
  const char* text;
  void (*put)(Assembler& a);
  std::uint32_t expected;
};
const Case cases[] = {
    {"add x2, x3, #4095", [](Assembler& a) { a.address(true, Reg::x2, {Reg::x3, 4095}); }, 0x913FFC62},
    {"sub w2, w3, #16, lsl #12", [](Assembler& a) { a.address(false, Reg::x2, {Reg::x3, -65536}); }, 0x51404062},
    {"cmn x1, #1", [](Assembler& a) { a.alu(Alu::cmp, true, Reg::x1, -1); }, 0xB100043F},
    {"and w4, w5, #0xff00ff", [](Assembler& a) { a.put_alu(Alu::and_, false, Reg::x4, Reg::x5, 0xFF00FF); },
     0x12009CA4},
    {"ldr x2, [x21, #32760]", [](Assembler& a) { a.load(true, Reg::x2, {Reg::x21, 32760}); }, 0xF97FFEA2},
    {"ldur x2, [x21, #-8]", [](Assembler& a) { a.load(true, Reg::x2, {Reg::x21, -8}); }, 0xF85F82A2},
    {"ldrsw x0, [x1, x0, lsl #2]",
     [](Assembler& a) {
       a.extend(Extension::sign32, true, Reg::x0, Address{.base = Reg::x1, .index = Reg::x0, .scale = 2});
     },
     0xB8A07820},
    {"strh w5, [x22, x6]", [](Assembler& a) { a.store16({.base = Reg::x22, .index = Reg::x6}, Reg::x5); }, 0x78266AC5},
    {"ldrh wzr, [x22, x6]", [](Assembler& a) { a.touch(2, {.base = Reg::x22, .index = Reg::x6}); }, 0x78666ADF},
    {"ldr wzr, [x22, #4]", [](Assembler& a) { a.touch(4, {Reg::x22, 4}); }, 0xB94006DF},
    {"ldur xzr, [x22, #-3]", [](Assembler& a) { a.touch(8, {Reg::x22, -3}); }, 0xF85FD2DF},
    {"lsl x2, x3, #5", [](Assembler& a) { a.shift(Shift::shl, true, Reg::x2, Reg::x3, 5U); }, 0xD37BE862},
    {"ror w2, w3, #27", [](Assembler& a) { a.shift(Shift::rol, false, Reg::x2, Reg::x3, 5U); }, 0x13836C62},
    {"msub x2, x16, x1, x0", [](Assembler& a) { a.multiply_subtract(true, Reg::x2, Reg::x16, Reg::x1, Reg::x0); },
     0x9B018202},
    {"cset w2, lo", [](Assembler& a) { a.set(Condition::below, Reg::x2); }, 0x1A9F27E2},
    {"csel x2, x3, x2, hi", [](Assembler& a) { a.move_if(Condition::above, true, Reg::x2, Reg::x3); }, 0x9A828062},
    {"fadd d4, d5, d6", [](Assembler& a) { a.float_op(FloatOp::add, true, FloatReg::v4, FloatReg::v5, FloatReg::v6); },
     0x1E6628A4},
    {"fmin s4, s5, s6", [](Assembler& a) { a.float_min_max(true, false, FloatReg::v4, FloatReg::v5, FloatReg::v6); },
     0x1E2658A4},
    {"fcvtzu x0, d2", [](Assembler& a) { a.to_integer(false, true, true, Reg::x0, FloatReg::v2); }, 0x9E790040},
    {"ucvtf s4, x3", [](Assembler& a) { a.from_integer(false, true, false, FloatReg::v4, Reg::x3); }, 0x9E230064},
    {"frintm d4, d5", [](Assembler& a) { a.round(Rounding::floor, true, FloatReg::v4, FloatReg::v5); }, 0x1E6540A4},
    {"bsl v31.8b, v3.8b, v2.8b", [](Assembler& a) { a.select_bits(FloatReg::v31, FloatReg::v3, FloatReg::v2); },
     0x2E621C7F},
    {"movn x2, #4", [](Assembler& a) { a.constant(Reg::x2, ~std::uint64_t{4}); }, 0x92800082},
    {"ldr q4, [x21, #32]", [](Assembler& a) { a.vector_load(FloatReg::v4, {Reg::x21, 32}); }, 0x3DC00AA4},
    {"ldur q4, [x21, #-8]", [](Assembler& a) { a.vector_load(FloatReg::v4, {Reg::x21, -8}); }, 0x3CDF82A4},
    {"str q4, [x22, x6]", [](Assembler& a) { a.vector_store({.base = Reg::x22, .index = Reg::x6}, FloatReg::v4); },
     0x3CA66AC4},
    {"ldr b31, [x22, x6]", [](Assembler& a) { a.part_load(0, FloatReg::v31, {.base = Reg::x22, .index = Reg::x6}); },
     0x3C666ADF},
    {"str d4, [x22, #8]", [](Assembler& a) { a.part_store(3, {Reg::x22, 8}, FloatReg::v4); }, 0xFD0006C4},
    {"ldr q31, [x22, x6]", [](Assembler& a) { a.touch(16, {.base = Reg::x22, .index = Reg::x6}); }, 0x3CE66ADF},
    {"mov v4.16b, v5.16b", [](Assembler& a) { a.vector_move(FloatReg::v4, FloatReg::v5); }, 0x4EA51CA4},
    {"sqrdmulh v4.8h, v5.8h, v6.8h",
     [](Assembler& a) { a.vector_op(same(1, 1, 0x16), FloatReg::v4, FloatReg::v5, FloatReg::v6); }, 0x6E66B4A4},
    {"fcmgt v4.2d, v5.2d, v6.2d",
     [](Assembler& a) { a.vector_op(same(1, 3, 0x1C), FloatReg::v4, FloatReg::v5, FloatReg::v6); }, 0x6EE6E4A4},
    {"frintp v4.4s, v5.4s", [](Assembler& a) { a.vector_op(two(0, 2, 0x18), FloatReg::v4, FloatReg::v5); }, 0x4EA188A4},
    {"sqxtun2 v4.16b, v5.8h",
     [](Assembler& a) { a.vector_op(upper | two_widths(1, 0, 0x12), FloatReg::v4, FloatReg::v5); }, 0x6E2128A4},
    {"umull2 v4.2d, v5.4s, v6.4s",
     [](Assembler& a) { a.vector_op(upper | widening(1, 2, 0x0C), FloatReg::v4, FloatReg::v5, FloatReg::v6); },
     0x6EA6C0A4},
    {"uminv h4, v5.8h", [](Assembler& a) { a.vector_op(across(1, 1, 0x1A), FloatReg::v4, FloatReg::v5); }, 0x6E71A8A4},
    {"zip2 v4.4s, v5.4s, v6.4s",
     [](Assembler& a) { a.vector_op(permutation(2, 7), FloatReg::v4, FloatReg::v5, FloatReg::v6); }, 0x4E8678A4},
    {"shl v4.8h, v5.8h, #3", [](Assembler& a) { a.vector_op(left_by(1, 3), FloatReg::v4, FloatReg::v5); }, 0x4F1354A4},
    {"ushr v4.2d, v5.2d, #3", [](Assembler& a) { a.vector_op(right_by(1, 3, 3), FloatReg::v4, FloatReg::v5); },
     0x6F7D04A4},
    {"sshll2 v4.8h, v5.16b, #0", [](Assembler& a) { a.vector_op(upper | extension(0, 0), FloatReg::v4, FloatReg::v5); },
     0x4F08A4A4},
    {"dup v4.8h, v5.h[3]",
     [](Assembler& a) { a.vector_op(duplicate_lane | lane_bits(1, 3), FloatReg::v4, FloatReg::v5); }, 0x4E0E04A4},
    {"umov x2, v5.d[1]",
     [](Assembler& a) { a.vector_op(upper | number_of_lane | lane_bits(3, 1), Reg::x2, FloatReg::v5); }, 0x4E183CA2},
    {"smov w2, v5.b[9]",
     [](Assembler& a) { a.vector_op(signed_number_of_lane | lane_bits(0, 9), Reg::x2, FloatReg::v5); }, 0x0E132CA2},
};

TEST(Aarch64Assembler, EncodesAsTheAssemblerOfLlvm) {
  for (const Case& one : cases) {
    Assembler a;
    a.make_room();
    one.put(a);
    ASSERT_EQ(a.bytes().size(), 4U) << one.text;
    std::uint32_t word = 0;
    std::memcpy(&word, a.bytes().data(), 4);
    EXPECT_EQ(word, one.expected) << one.text;
  }
}

}  // namespace
}  // namespace tenon::jit::baseline::aarch64
