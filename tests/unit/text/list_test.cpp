#include "text/core/list.hpp"

#include <gtest/gtest.h>
#include <string>

#include "unit/text/text_fixture.hpp"

namespace tenon::core {
namespace {

constexpr std::string_view source =
    R"((module (import "env" "print" (func $print (param i32))) (memory $m 1) (global $g i32 (i32.const 7))
  (func $f (param $n i32) (local i64 f32 f32) block $l local.get $n br_if $l end v128.const i64x2 1 2 drop) (export "f" (func $f))
  (data (i32.const 8) "0123456789abcdefXYZ") (@custom "note" "hi")))";

TEST(List, SummarizesSections) {
  const std::string bytes = assemble(source);
  const auto module = read(bytes);
  ASSERT_TRUE(module);
  const auto summaries = summarize_sections(*module, test_memory());
  ASSERT_EQ(summaries.size(), 10U);
  EXPECT_EQ(summaries[0].title, "type");
  EXPECT_EQ(summaries[0].count, 1U);
  EXPECT_EQ(summaries[0].offset, 10U);
  std::uint64_t end = 8;
  for (const SectionSummary& summary : summaries) {
    // Each section is its id, a size of one byte, and its contents.
    EXPECT_EQ(summary.offset, end + 2) << summary.title;
    end = summary.offset + summary.size;
  }
  EXPECT_EQ(end, bytes.size());
  EXPECT_EQ(summaries.back().name, "note");
  EXPECT_EQ(summaries.back().size, 7U);
  EXPECT_FALSE(summaries.back().count.has_value());
}

TEST(List, Sections) {
  const std::string bytes = assemble("(module (func) (@custom \"note\" \"hi\"))");
  const auto module = read(bytes);
  ASSERT_TRUE(module);
  std::string text;
  list_sections(*module, text);
  EXPECT_EQ(text,
            "section        offset        size     count  name\n"
            "type         0x0000000a         4         1\n"
            "function     0x00000010         2         1\n"
            "code         0x00000014         4         1\n"
            "custom       0x0000001a         7            \"note\"\n");
}

TEST(List, Disassembly) {
  const std::string bytes = assemble(source);
  const auto module = read(bytes);
  ASSERT_TRUE(module);
  std::string text;
  list_disassembly(*module, text);
  EXPECT_EQ(text, R"(00000a  section type: 1 entry, 5 bytes
          type 0 (type (;0;) (func (param i32)))

000011  section import: 1 entry, 13 bytes
000012    func 0 $print (type 0) (param i32) <- "env" "print"

000020  section function: 1 entry, 2 bytes
          func 1 $f (type 0) (param i32)

000024  section memory: 1 entry, 3 bytes
          memory 0 $m 1

000029  section global: 1 entry, 6 bytes
          global 0 $g i32 = i32.const 7

000031  section export: 1 entry, 5 bytes
000032    func 1 $f -> "f"

000038  section code: 1 entry, 34 bytes
00003a    func 1 $f (type 0) (param i32):
00003a    02 01 7e 02 7d           local i64 f32 x 2
00003f    02 40                    block $l
000041    20 00                      local.get $n
000043    0d 00                      br_if $l
000045    0b                       end
000046    fd 0c 01 00 00 00 00 ..  v128.const i32x4 0x00000001 0x00000000 0x00000002 0x00000000
000058    1a                       drop
000059    0b                       end

00005c  section data: 1 entry, 25 bytes
000062    data 0 active memory $m i32.const 8 19 bytes: "0123456789abcdef" ...

000077  section custom "name": 46 bytes

0000a7  section custom "note": 7 bytes
)");
}

TEST(List, GoesOnBehindABodyThatDoesNotDecode) {
  std::string bytes = assemble("(module (func nop nop) (func nop))");
  bytes[bytes.find("\1\1\x0b")] = '\xff';
  const auto module = read(bytes);
  ASSERT_TRUE(module);
  std::string text;
  list_disassembly(*module, text);
  EXPECT_NE(text.find("error: illegal opcode ff"), std::string::npos) << text;
  EXPECT_NE(text.find("func 1 (type 0):"), std::string::npos) << text;
}

}  // namespace
}  // namespace tenon::core
