// Instructions of AArch64 as llvm-mc encodes them. On every machine: the header asks for none.
#include "jit/baseline/aarch64/assembler.hpp"

#include <gtest/gtest.h>

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
