#include "binary/core/custom.hpp"

#include <gtest/gtest.h>
#include <string>

#include "binary/core/module.hpp"
#include "unit/binary/hex.hpp"

namespace tenon::core {
namespace {

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

Section section_of(Bytes payload) {
  Section section;
  section.payload = payload;
  section.offset = 100;
  return section;
}

NameMap name_map(Arena& arena, std::initializer_list<NameAssoc> names) {
  NameMap map;
  for (const NameAssoc& one : names) map.push_back(arena, one);
  return map;
}

TEST(Names, AreReadBackAsTheyWereSet) {
  Module module(heap());
  Names names;
  names.module = "m";
  names.functions = name_map(module.arena, {{0, "f"}, {300, "g"}});
  names.locals.push_back(module.arena, {2, name_map(module.arena, {{0, "x"}})});
  names.tags = name_map(module.arena, {{1, "t"}});
  set_names(module, names);
  Arena arena(heap());
  const Result<Names> read = read_names(module, arena);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->module, "m");
  EXPECT_EQ(find_name(read->functions, 300), "g");
  ASSERT_NE(find_names(read->locals, 2), nullptr);
  EXPECT_EQ(find_name(*find_names(read->locals, 2), 0), "x");
  EXPECT_EQ(find_name(read->tags, 1), "t");
  EXPECT_TRUE(read->types.empty());

  set_names(module, Names{});
  EXPECT_TRUE(module.sections.empty());
}

TEST(Names, AreRefusedOutOfOrder) {
  const struct {
    std::string_view payload;
    std::uint64_t offset;
    std::string_view message;
  } cases[] = {
      {"01 05 02 01 00 01 00", 20, "indices of names out of order"},
      {"02 01 00 01 01 00", 18, "name subsections out of order"},
      {"01 02 00 00", 18, "section size mismatch"},
      {"01 09 00", 16, "length out of bounds"},
      {"00 02 01 FF", 18, "malformed UTF-8 encoding"},
  };
  for (const auto& one : cases) {
    std::string digits = "00 00 04 6E616D65 " + std::string(one.payload);
    auto bytes = hex_module(digits);
    bytes[9] = static_cast<std::uint8_t>(bytes.size() - 10);
    const Result<Module> module = read_module(bytes, heap());
    ASSERT_TRUE(module.has_value());
    Arena arena(heap());
    const Result<Names> names = read_names(*module, arena);
    ASSERT_FALSE(names.has_value()) << one.payload;
    EXPECT_TRUE(names.error().message().starts_with(one.message)) << names.error().message();
    EXPECT_EQ(names.error().place().offset, one.offset) << names.error().message();
  }
}

TEST(Producers, AreReadBackAsWritten) {
  Arena arena(heap());
  const Producer languages[] = {{"C", "23"}, {"Rust", ""}};
  const ProducerField fields[] = {{"language", languages}};
  ByteWriter out(arena);
  write_producers(out, fields);
  const auto read = read_producers(section_of(out.view()), arena);
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ((*read)[0].name, "language");
  ASSERT_EQ((*read)[0].producers.size(), 2U);
  EXPECT_EQ((*read)[0].producers[1].name, "Rust");
}

TEST(TargetFeatures, HaveAPrefix) {
  Arena arena(heap());
  const auto good = hex("02 2B 04 73696D64 2D 01 78");
  const auto read = read_target_features(section_of(good), arena);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ((*read)[0].name, "simd");
  EXPECT_EQ((*read)[1].prefix, '-');
  const auto bad = hex("01 2A 01 78");
  const auto refused = read_target_features(section_of(bad), arena);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().place().offset, 101U);
}

TEST(BranchHints, AreReadBackAsWritten) {
  Arena arena(heap());
  const BranchHint hints[] = {{5, true}, {300, false}};
  const FuncBranchHints funcs[] = {{FuncIdx(7U), hints}};
  ByteWriter out(arena);
  write_branch_hints(out, funcs);
  const auto read = read_branch_hints(section_of(out.view()), arena);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ((*read)[0].func, FuncIdx(7U));
  EXPECT_TRUE((*read)[0].hints[0].is_likely);
  EXPECT_EQ((*read)[0].hints[1].offset, 300U);
}

TEST(Dylink, KnowsItsSubsections) {
  Arena arena(heap());
  const auto bytes = hex("01 04 10 04 02 00  02 03 01 01 61  7F 01 00  03 04 01 01 66 02");
  const auto read = read_dylink(section_of(bytes), arena);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->memory->memory_size, 16U);
  EXPECT_EQ(read->needed[0], "a");
  EXPECT_EQ(read->exports[0].flags, 2U);
}

TEST(LinkingSection, ReadsSymbolsOfEachKind) {
  Arena arena(heap());
  const auto bytes = hex("02  08 1A 05  00 00 03 01 66  00 10 00  01 00 01 64 01 02 04  03 00 02  05 50 01 01 74");
  auto sized = bytes;
  sized[2] = static_cast<std::uint8_t>(bytes.size() - 3);
  const auto read = read_linking(section_of(sized), arena);
  ASSERT_TRUE(read.has_value()) << read.error().message();
  ASSERT_EQ(read->symbols.size(), 5U);
  EXPECT_EQ(read->symbols[0].name, "f");
  EXPECT_EQ(read->symbols[1].name, "");
  EXPECT_EQ(read->symbols[2].size, 4U);
  EXPECT_EQ(read->symbols[3].index, 2U);
  EXPECT_EQ(read->symbols[4].name, "t");
}

TEST(Relocations, HaveAnAddendByKind) {
  Arena arena(heap());
  const auto bytes = hex("03 02  00 05 01  05 09 02 7F");
  const auto read = read_relocations(section_of(bytes), arena);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->section, 3U);
  EXPECT_EQ(read->entries[1].addend, -1);
  const auto bad = hex("03 01  7F 05 01");
  EXPECT_FALSE(read_relocations(section_of(bad), arena).has_value());
}

}  // namespace
}  // namespace tenon::core
