#include "binary/core/instructions.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "binary/core/immediates.hpp"

namespace tenon::core {
namespace {

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

Bytes bytes_of(const std::string& text) { return as_bytes(text); }

// A plausible instruction of each operation, with numbers that take more than one byte.
Instruction sample(Op op, ImmediateLists& lists) {
  Instruction sample;
  sample.op = op;
  sample.index = 300;
  sample.second = 70000;
  sample.lane = 3;
  sample.cast_flags = 2;
  sample.block = {.kind = BlockType::Kind::type, .value = {}, .type = TypeIdx(1000U)};
  sample.mem = {.align_log2 = 2, .memory = MemoryIdx(200U), .offset = 1ULL << 40};
  sample.bits = info(op).immediates == Immediates::i64_const   ? 0x8000'0000'1234'5678
                : info(op).immediates == Immediates::i32_const ? static_cast<std::uint64_t>(-123456)
                                                               : 0x7FC0'0001;
  for (std::uint8_t i = 0; i < 16; ++i) sample.vector.bytes[i] = static_cast<std::uint8_t>(i * 2);
  sample.heap = AbstractHeapType::struct_;
  sample.source_heap = TypeIdx(77U);
  lists.labels = {1, 200, 70000, 0};
  lists.catches = {{CatchKind::catch_, TagIdx(5U), LabelIdx(300U)}, {CatchKind::catch_all_ref, {}, LabelIdx(1U)}};
  lists.value_types = {i32, externref, ValType::ref(TypeIdx(9U), false)};
  sample.labels = lists.labels;
  sample.catches = lists.catches;
  sample.value_types = lists.value_types;
  return sample;
}

// Calls `check` for every operation.
template <class Check>
void for_every_op(Check check) {
  for (std::uint16_t i = 0; i < op_count; ++i) {
    SCOPED_TRACE(info(static_cast<Op>(i)).mnemonic);
    check(static_cast<Op>(i));
    if (testing::Test::HasFatalFailure()) return;
  }
}

void is_written_and_read_back_the_same(Op op) {
  Arena arena(heap());
  ImmediateLists lists(heap());
  ByteWriter first(arena);
  write_instruction(first, sample(op, lists));

  InstructionReader reader(first.view(), 0, Features::all(), heap());
  Instruction decoded;
  ASSERT_TRUE(reader.next(decoded)) << info(op).mnemonic << ": " << reader.take_error().message();
  EXPECT_EQ(decoded.op, op);
  Instruction again;
  ByteWriter second(arena);
  write_instruction(second, decoded);
  EXPECT_EQ(as_chars(first.view()), as_chars(second.view())) << info(op).mnemonic;
  EXPECT_FALSE(reader.next(again));
  EXPECT_TRUE(reader.ok());
}

void ends_too_early_at_every_byte(Op op) {
  Arena arena(heap());
  ImmediateLists lists(heap());
  ByteWriter whole(arena);
  write_instruction(whole, sample(op, lists));
  for (std::size_t size = 1; size < whole.size(); ++size) {
    InstructionReader reader(whole.view().first(size), 100, Features::all(), heap());
    Instruction decoded;
    ASSERT_FALSE(reader.next(decoded)) << info(op).mnemonic << " cut to " << size;
    ASSERT_FALSE(reader.ok());
    const Error error = reader.take_error();
    EXPECT_TRUE(error.message().starts_with("unexpected end of section or function") ||
                error.message().starts_with("length out of bounds"))
        << error.message();
    EXPECT_LE(error.place().offset, 100 + size);
  }
}

void needs_its_feature(Op op) {
  if (info(op).feature == Feature::mvp) return;
  Arena arena(heap());
  ImmediateLists lists(heap());
  ByteWriter whole(arena);
  write_instruction(whole, sample(op, lists));
  Features features = Features::all();
  features.set(info(op).feature, false);
  InstructionReader reader(whole.view(), 0, features, heap());
  Instruction decoded;
  ASSERT_FALSE(reader.next(decoded));
  const Error error = reader.take_error();
  EXPECT_TRUE(error.message().starts_with("illegal opcode ")) << error.message();
  const std::string option(info(info(op).feature).option);
  EXPECT_TRUE(error.message().ends_with("(--features " + option + ")")) << error.message();
}

TEST(EveryOp, IsWrittenAndReadBackTheSame) { for_every_op(is_written_and_read_back_the_same); }
TEST(EveryOp, EndsTooEarlyAtEveryByte) { for_every_op(ends_too_early_at_every_byte); }
TEST(EveryOp, NeedsItsFeature) { for_every_op(needs_its_feature); }

struct Fault {
  std::string code;
  std::string_view message;
  std::uint64_t offset;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.message << " at " << fault.offset; }

class ReadInstruction : public testing::TestWithParam<Fault> {};

TEST_P(ReadInstruction, SaysWhatIsWrongAndWhere) {
  InstructionReader reader(bytes_of(GetParam().code), 1000, Features::all(), heap());
  Instruction decoded;
  while (reader.next(decoded)) {
  }
  ASSERT_FALSE(reader.ok());
  const Error error = reader.take_error();
  EXPECT_TRUE(error.message().starts_with(GetParam().message)) << error.message();
  EXPECT_EQ(error.place().offset, 1000 + GetParam().offset) << error.message();
}

using namespace std::string_literals;
INSTANTIATE_TEST_SUITE_P(
    Faults, ReadInstruction,
    testing::Values(
        Fault{"\x01\xFF"s, "illegal opcode ff", 1}, Fault{"\x27"s, "illegal opcode 27", 0},
        Fault{"\xFC\x1F"s, "illegal opcode fc 1f", 0}, Fault{"\xFD\x95\x02"s, "illegal opcode fd 115", 0},
        Fault{"\xFC\x87\x80\x80\x80\x80\x00"s, "integer representation too long", 1},
        Fault{"\x20\x80\x80\x80\x80\x10"s, "integer too large", 1}, Fault{"\x20\x80"s, "unexpected end", 2},
        Fault{"\x28\x80\x01\x00"s, "malformed memop flags", 1}, Fault{"\x02\x62"s, "malformed value type", 1},
        Fault{"\x02\xC0\x7F"s, "malformed block type", 1}, Fault{"\xD0\x7F"s, "malformed heap type", 1},
        Fault{"\xFE\x03\x01"s, "zero byte expected", 2}, Fault{"\x1C\x01\x78"s, "malformed value type", 2},
        Fault{"\x1F\x40\x01\x04\x00"s, "malformed catch clause", 3}, Fault{"\xFB\x18\x04"s, "malformed cast flags", 2},
        Fault{"\x0E\x7F\x00\x00"s, "length out of bounds", 1}, Fault{"\x43\x00\x00"s, "unexpected end", 3}));

TEST(ReadValType, KnowsWhichFeatureATypeNeeds) {
  const struct {
    std::string code;
    Feature feature;
  } cases[] = {{"\x7B"s, Feature::simd},
               {"\x70"s, Feature::reference_types},
               {"\x6F"s, Feature::reference_types},
               {"\x6E"s, Feature::gc},
               {"\x69"s, Feature::exceptions}};
  for (const auto& one : cases) {
    Features features = Features::all();
    features.set(one.feature, false);
    Cursor in(bytes_of(one.code), 7);
    read_val_type(in, features);
    ASSERT_FALSE(in.ok());
    const Error error = in.take_error();
    EXPECT_TRUE(error.message().starts_with("malformed value type")) << error.message();
    EXPECT_NE(error.message().find(info(one.feature).option), std::string_view::npos) << error.message();
    EXPECT_EQ(error.place().offset, 7U);
  }
}

TEST(ReadMemArg, NeedsMultiMemoryForAMemoryIndex) {
  Features features = Features::all();
  features.set(Feature::multi_memory, false);
  const std::string code = "\x28\x42\x01\x00"s;
  InstructionReader reader(bytes_of(code), 0, features, heap());
  Instruction decoded;
  ASSERT_FALSE(reader.next(decoded));
  const Error error = reader.take_error();
  EXPECT_EQ(error.message(),
            "malformed memop flags: a memory index needs the feature `multi-memory`, which is off "
            "(--features multi-memory)");
}

TEST(ReadLocals, CountsRunsWithoutExpandingThem) {
  const struct {
    std::string code;
    ErrorKind kind;
    std::string_view message;
    std::uint64_t offset;
  } cases[] = {
      {"\x02\xFF\xFF\xFF\xFF\x0F\x7F\x02\x7E"s, ErrorKind::malformed, "too many locals", 7},
      {"\x01\xD1\x86\x03\x7F"s, ErrorKind::exhausted, "too many locals: 50001", 1},
      {"\x02\x01\x7F\x01\x40"s, ErrorKind::malformed, "malformed value type", 4},
      {"\x7F\x01\x7F"s, ErrorKind::malformed, "length out of bounds", 0},
  };
  for (const auto& one : cases) {
    Cursor in(bytes_of(one.code), 0);
    std::pmr::vector<LocalRun> runs(&heap());
    read_locals(in, runs, 0, Features::all());
    ASSERT_FALSE(in.ok()) << one.message;
    const Error error = in.take_error();
    EXPECT_EQ(error.kind(), one.kind) << error.message();
    EXPECT_TRUE(error.message().starts_with(one.message)) << error.message();
    EXPECT_EQ(error.place().offset, one.offset) << error.message();
  }
}

}  // namespace
}  // namespace tenon::core
