#include "binary/core/module.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>

#include "unit/binary/hex.hpp"

namespace tenon::core {
namespace {

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

std::vector<std::uint8_t> written(const Module& module) {
  Arena arena(heap());
  ByteWriter out(arena);
  write_module(module, out);
  return {out.view().begin(), out.view().end()};
}

// What reading says: nothing, or kind, offset and message.
std::string outcome(const Result<Module>& module) {
  if (module) return "";
  const Error& error = module.error();
  return std::string(to_string(error.kind())) + " at " + std::to_string(error.place().offset) + ": " +
         std::string(error.message());
}

std::string read_in_pieces(Bytes bytes, std::size_t first_piece, std::size_t piece) {
  ModuleReader reader(heap());
  for (std::size_t done = 0; done < bytes.size();) {
    const std::size_t size = std::min(done == 0 ? first_piece : piece, bytes.size() - done);
    (void)reader.feed(bytes.subspan(done, size)).has_value();  // a fault is reported again by `finish`
    done += size;
  }
  return outcome(reader.finish());
}

// Modules with everything that a section may hold, non-minimal numbers among them.
const std::string_view good_modules[] = {
    "",
    "00 05 04 6E616D65",  // an empty name section
    "00 04 01 61 6262",   // a custom section
    "01 84 00 01 60 00 00",
    // types: func, struct with a packed mutable field, array; a group; sub and sub final
    "01 24 05 60 02 7F 6F 02 7E 64 6E  5F 02 78 01 63 00 00  5E 7B 01  4E 02 50 00 5F 00 4F 01 03 5F 00  50 01 02 5E "
    "7B 01",
    // imports of each kind
    "01 04 01 60 00 00  02 25 05  01 61 01 62 00 00  01 61 01 63 01 70 00 01  01 61 01 64 02 03 01 02  "
    "01 61 01 65 03 7F 01 01 61 01 66 04 00 00",
    // a table with an initializer, a 64-bit table, memories: 64-bit, shared, with a page size
    "04 0E 02 40 00 63 70 00 01 D0 70 0B 70 05 01 02  05 09 03 04 01 03 01 02 08 01 00 ",
    // tag, global, export, start, element segments of all eight kinds, data count, code, data of all three kinds
    "01 04 01 60 00 00  03 02 01 00  04 04 01 70 00 0A  05 03 01 00 01  0D 03 01 00 00  06 06 01 7F 00 41 2A 0B"
    " 07 09 02 01 66 00 00 01 67 03 00  08 01 00"
    " 09 35 08  00 41 00 0B 01 00  01 00 01 00  02 00 41 00 0B 00 01 00  03 00 01 00  04 41 00 0B 01 D2 00 0B"
    " 05 70 01 D0 70 0B  06 00 41 00 0B 70 01 D2 00 0B  07 70 01 D0 70 0B"
    " 0C 01 03  0A 09 01 07 01 01 7F FC 09 00 0B  0B 11 03  00 41 00 0B 01 61  01 02 62 63  02 00 41 01 0B 00",
};

TEST(ReadModule, WritesBackTheSameBytes) {
  for (const std::string_view sections : good_modules) {
    const auto bytes = hex_module(sections);
    const Result<Module> module = read_module(bytes, heap());
    ASSERT_TRUE(module.has_value()) << sections << ": " << outcome(module);
    EXPECT_EQ(written(*module), bytes) << sections;
    EXPECT_TRUE(check_bodies(*module, Features::all()).has_value()) << sections;
  }
}

TEST(WriteModule, WritesChangedSectionsInCanonicalForm) {
  for (const std::string_view sections : good_modules) {
    const auto bytes = hex_module(sections);
    Result<Module> module = read_module(bytes, heap());
    ASSERT_TRUE(module.has_value());
    for (Section& section : module->sections) section.changed = true;
    const auto canonical = written(*module);
    Result<Module> again = read_module(canonical, heap());
    ASSERT_TRUE(again.has_value()) << sections << ": " << outcome(again);
    for (Section& section : again->sections) section.changed = true;
    EXPECT_EQ(written(*again), canonical) << sections;
    EXPECT_LE(canonical.size(), bytes.size());
  }
}

TEST(WriteModule, ShortensOnlyWhatChanged) {
  const auto bytes = hex_module("01 84 00 01 60 00 00  03 82 00 01 00  0A 04 01 02 00 0B");
  Result<Module> module = read_module(bytes, heap());
  ASSERT_TRUE(module.has_value());
  module->mark_changed(SectionId::function);
  EXPECT_EQ(written(*module), hex_module("01 84 00 01 60 00 00  03 02 01 00  0A 04 01 02 00 0B"));
}

TEST(WriteModule, BuildsAModuleFromMarkedSections) {
  Module module(heap());
  module.types.push_back(module.arena, SubType{});
  module.rec_groups.push_back(module.arena, RecGroup{.first = TypeIdx(0U)});
  const auto body = hex("00 0B");
  module.funcs.push_back(module.arena, Func{.type = TypeIdx(0U), .body = body});
  module.exports.push_back(module.arena, Export{.name = "f"});
  for (const SectionId id : {SectionId::code, SectionId::type, SectionId::export_, SectionId::function}) {
    module.mark_changed(id);
  }
  EXPECT_EQ(written(module), hex_module("01 04 01 60 00 00  03 02 01 00  07 05 01 01 66 00 00  0A 04 01 02 00 0B"));
}

TEST(WriteModule, LeavesOutAnEmptyList) {
  const auto bytes = hex_module("01 04 01 60 00 00  02 01 00");
  Result<Module> module = read_module(bytes, heap());
  ASSERT_TRUE(module.has_value());
  module->types = {};
  module->rec_groups = {};
  module->mark_changed(SectionId::type);
  EXPECT_EQ(written(*module), hex_module("02 01 00"));
}

struct BadModule {
  std::string_view bytes;  // behind the header, unless they begin with "00 61 73"
  std::uint64_t offset;
  std::string_view message;
};

const BadModule bad_headers[] = {
    {"", 0, "unexpected end"},
    {"00 61 73", 3, "unexpected end"},
    {"01 61 73 6D", 0, "magic header not detected"},
    {"00 61 73 6D 01 00", 6, "unexpected end"},
    {"00 61 73 6D 02 00 00 00", 4, "unknown binary version: 0x2"},
    {"00 61 73 6D 0D 00 01 00", 4, "unknown binary version: 0x1000d (a component"},
};

const BadModule bad_modules[] = {
    {"0E 00", 8, "malformed section id"},
    {"80 00", 8, "malformed section id"},
    {"01", 9, "unexpected end"},
    {"01 80", 10, "unexpected end"},
    {"01 80 80 80 80 80 00", 9, "integer representation too long"},
    {"01 05 01 60 00 00", 9, "length out of bounds"},
    {"01 FF FF FF FF 0F", 9, "module too large"},
    {"00 00", 10, "unexpected end"},
    {"00 01 80", 11, "unexpected end"},
    {"00 02 01 FF", 11, "malformed UTF-8 encoding"},
    {"00 02 05 61", 10, "length out of bounds"},
    {"01 01 00 01 01 00", 11, "unexpected content after last section"},
    {"03 01 00 01 01 00", 11, "unexpected content after last section"},
    {"01 05 01 60 00 00 00", 14, "section size mismatch"},
    {"01 03 01 60 00", 13, "unexpected end"},
    {"01 04 01 61 00 00", 11, "malformed definition type"},
    {"01 04 01 E0 7F 00", 11, "integer representation too long"},
    {"01 05 01 60 01 40 00", 13, "malformed value type"},
    {"01 04 01 5E 78 02", 13, "malformed mutability"},
    {"02 04 01 00 00 05", 13, "malformed import kind"},
    {"02 06 01 00 00 03 7F 02", 15, "malformed mutability"},
    {"02 06 01 00 00 04 01 00", 14, "zero byte expected"},
    {"04 04 01 70 08 00", 12, "malformed limits flags"},
    {"04 04 01 70 02 00", 12, "malformed limits flags"},
    {"04 04 01 7F 00 00", 11, "malformed reference type"},
    {"04 05 01 40 01 70 00", 12, "zero byte expected"},
    {"05 03 01 10 00", 11, "malformed limits flags"},
    {"05 04 01 08 00 40", 13, "invalid custom page size"},
    // numbers that the section's end cuts off, and that would be wrong anyway
    {"05 08 01 00 82 80 80 80 80 80 80 80 80 80 00", 12, "integer representation too long"},
    {"05 07 01 00 82 80 80 80 80 80 80 80 80 70", 12, "integer too large"},
    {"05 04 01 00 82 80 00", 14, "unexpected end"},
    {"06 05 01 7F 00 41 00", 15, "unexpected end"},
    {"06 05 01 7F 00 FF 0B", 13, "illegal opcode ff"},
    {"06 06 01 7F 00 05 0B 0B", 13, "END opcode expected"},
    {"07 04 01 00 05 00", 12, "malformed export kind"},
    {"07 06 02 02 66 31 00 00", 10, "length out of bounds"},
    {"09 04 01 08 00 00", 11, "malformed elements segment kind"},
    {"09 04 01 01 01 00", 12, "malformed element kind"},
    {"0B 03 01 03 00", 11, "malformed data segment kind"},
    {"0B 07 01 00 41 00 0B 03 61", 17, "unexpected end"},
    {"01 04 01 60 00 00 03 02 01 00", 18, "function and code section have inconsistent lengths"},
    {"01 04 01 60 00 00 03 02 01 00 0A 07 02 02 00 0B 02 00 0B", 20,
     "function and code section have inconsistent lengths"},
    {"0C 01 01", 11, "data count and data section have inconsistent lengths"},
    {"0C 01 01 0B 05 02 01 00 01 00", 13, "data count and data section have inconsistent lengths"},
    {"01 04 01 60 00 00 03 02 01 00 0A 04 01 03 00 0B", 21, "length out of bounds"},
    // what follows a body of the wrong size is not the fault to report
    {"01 04 01 60 00 00 03 02 01 00 0A 05 01 03 00 41 80 80 80 80 80 00 0B", 24, "integer representation too long"},
};

std::vector<std::uint8_t> bytes_of(const BadModule& bad) {
  const bool is_header = std::ranges::any_of(bad_headers, [&](const BadModule& one) { return &one == &bad; });
  return is_header ? hex(bad.bytes) : hex_module(bad.bytes);
}

void refuses(const BadModule& bad) {
  const Result<Module> module = read_module(bytes_of(bad), heap());
  ASSERT_FALSE(module.has_value()) << bad.bytes;
  EXPECT_TRUE(module.error().message().starts_with(bad.message)) << bad.bytes << ": " << outcome(module);
  EXPECT_EQ(module.error().place().offset, bad.offset) << bad.bytes << ": " << outcome(module);
}

TEST(ReadModule, SaysWhatIsWrongAndWhere) {
  for (const BadModule& bad : bad_headers) refuses(bad);
  for (const BadModule& bad : bad_modules) refuses(bad);
}

TEST(ReadModule, CountsOffsetsFromTheOutermostInput) {
  const auto bytes = hex_module("05 03 01 10 00");
  const Result<Module> module = read_module(bytes, heap(), {.features = Features::all(), .base_offset = 1000});
  ASSERT_FALSE(module.has_value());
  EXPECT_EQ(module.error().place().offset, 1011U);
}

TEST(ModuleReader, GivesTheSameForEverySplit) {
  std::vector<std::vector<std::uint8_t>> inputs;
  for (const std::string_view sections : good_modules) inputs.push_back(hex_module(sections));
  for (const BadModule& bad : bad_headers) inputs.push_back(bytes_of(bad));
  for (const BadModule& bad : bad_modules) inputs.push_back(bytes_of(bad));
  for (const auto& bytes : inputs) {
    const std::string expected = outcome(read_module(bytes, heap()));
    EXPECT_EQ(read_in_pieces(bytes, 1, 1), expected);
    for (std::size_t split = 1; split <= bytes.size(); ++split) {
      EXPECT_EQ(read_in_pieces(bytes, split, bytes.size()), expected) << "split at " << split;
    }
  }
}

TEST(ModuleReader, GivesTheSameModule) {
  for (const std::string_view sections : good_modules) {
    const auto bytes = hex_module(sections);
    ModuleReader reader(heap());
    for (const std::uint8_t byte : bytes) ASSERT_TRUE(reader.feed({&byte, 1}).has_value());
    const Result<Module> module = reader.finish();
    ASSERT_TRUE(module.has_value()) << outcome(module);
    EXPECT_EQ(written(*module), bytes);
    EXPECT_EQ(module->size, bytes.size());
  }
}

TEST(ModuleReader, ReportsAFaultAsSoonAsItIsCertain) {
  const struct {
    std::string_view bytes;
    std::size_t certain_after;
  } cases[] = {
      {"00 61 73 6E 01 00 00 00", 8},
      {"00 61 73 6D 01 00 00 00 0E 05 00", 9},
      // behind a section, once what the section's last number might run into is there too
      {"00 61 73 6D 01 00 00 00 03 01 00 01 01 00 00 00 00 00 00 00 00 00 00 00", 20},
      {"00 61 73 6D 01 00 00 00 01 FF FF FF FF 0F 00", 14},
  };
  for (const auto& one : cases) {
    ModuleReader reader(heap());
    std::size_t fed = 0;
    for (const std::uint8_t byte : hex(one.bytes)) {
      ++fed;
      if (!reader.feed({&byte, 1}).has_value()) break;
    }
    EXPECT_EQ(fed, one.certain_after) << one.bytes;
  }
}

TEST(ModuleReader, DoesNotAllocateWhatIsOnlyDeclared) {
  std::array<std::byte, 65536> region;
  std::pmr::monotonic_buffer_resource bounded(region.data(), region.size(), std::pmr::null_memory_resource());
  ModuleReader reader(bounded);
  EXPECT_TRUE(reader.feed(hex_module("01 FF FF FF 7F 01 60")).has_value());
  EXPECT_TRUE(outcome(reader.finish()).starts_with("malformed at 9: length out of bounds"));
}

struct SwitchedOff {
  std::string_view sections;
  Feature feature;
};

TEST(ReadModule, NamesTheFeatureThatIsOff) {
  const SwitchedOff cases[] = {
      {"01 03 01 5F 00", Feature::gc},
      {"01 06 01 60 00 02 7F 7F", Feature::multi_value},
      {"01 05 01 60 01 7B 00", Feature::simd},
      {"01 05 01 60 01 6F 00", Feature::reference_types},
      {"05 03 01 04 00", Feature::memory64},
      {"05 04 01 03 00 01", Feature::threads},
      {"05 04 01 08 00 10", Feature::custom_page_sizes},
      {"02 06 01 00 00 03 7F 01", Feature::mutable_global},
      {"0D 01 00", Feature::exceptions},
      {"0C 01 00", Feature::bulk_memory},
      {"0B 03 01 01 00", Feature::bulk_memory},
      {"04 08 01 40 00 70 00 00 D0 70 0B", Feature::function_references},
      {"06 06 01 7F 00 D0 70 0B", Feature::reference_types},
  };
  for (const SwitchedOff& one : cases) {
    Features features = Features::all();
    features.set(one.feature, false);
    features.set(Feature::legacy_exceptions, false);
    const Result<Module> module = read_module(hex_module(one.sections), heap(), {.features = features});
    ASSERT_FALSE(module.has_value()) << one.sections;
    const std::string option(info(one.feature).option);
    const std::string expected = "needs the feature `" + option + "`, which is off (--features " + option + ")";
    EXPECT_TRUE(module.error().message().ends_with(expected)) << outcome(module);
  }
}

struct BadBody {
  std::string_view code;  // the code section and what follows it, behind 19 bytes: one function of type [] -> []
  std::uint64_t offset;
  std::string_view message;
};

TEST(CheckBodies, SaysWhatIsWrongAndWhere) {
  const BadBody cases[] = {
      {"0A 06 01 04 00 FF 00 0B", 23, "illegal opcode ff"},
      {"0A 05 01 03 00 41 01", 25, "unexpected end of section or function"},
      {"0A 05 01 03 00 41 01 0B 01 00", 25, "section size mismatch"},
      {"0A 06 01 04 00 0B 01 0B", 24, "section size mismatch"},
      {"0A 07 01 05 00 02 40 05 0B", 25, "END opcode expected"},
      {"0A 08 01 06 01 FF FF FF FF 0F", 28, "unexpected end"},
      {"0A 07 01 05 00 FC 09 00 0B 0B 03 01 01 00", 23, "data count section required"},
      {"0A 06 01 04 00 19 40 0B", 23, "END opcode expected"},
      {"0A 06 01 04 00 02 40 0B", 26, "unexpected end of section or function"},
  };
  for (const BadBody& bad : cases) {
    const auto bytes = hex_module("01 04 01 60 00 00  03 02 01 00  " + std::string(bad.code));
    const Result<Module> module = read_module(bytes, heap());
    ASSERT_TRUE(module.has_value()) << bad.code << ": " << outcome(module);
    const Result<void> result = check_bodies(*module, Features::all());
    ASSERT_FALSE(result.has_value()) << bad.code;
    EXPECT_TRUE(result.error().message().starts_with(bad.message)) << bad.code << ": " << result.error().message();
    EXPECT_EQ(result.error().place().offset, bad.offset) << bad.code << ": " << result.error().message();
    EXPECT_EQ(result.error().context(), "function 0");
  }
}

TEST(CheckBodies, NamesAMissingEndByWhatFollows) {
  const struct {
    std::string_view code;
    std::uint64_t offset;
    std::string_view message;
  } cases[] = {
      {"03 03 02 00 00  0A 08 02 03 00 41 01 02 00 0B", 26, "END opcode expected"},
      {"03 02 01 00  0A 05 01 03 00 41 01  0B 01 00", 25, "section size mismatch"},
      {"03 02 01 00  0A 05 01 03 00 41 01", 25, "unexpected end of section or function"},
  };
  for (const auto& one : cases) {
    const auto bytes = hex_module("01 04 01 60 00 00  " + std::string(one.code));
    const Result<Module> module = read_module(bytes, heap());
    ASSERT_TRUE(module.has_value()) << outcome(module);
    const Result<void> result = check_bodies(*module, Features::all());
    ASSERT_FALSE(result.has_value());
    EXPECT_TRUE(result.error().message().starts_with(one.message)) << result.error().message();
    EXPECT_EQ(result.error().place().offset, one.offset);
  }
}

TEST(CheckBodies, LimitsNesting) {
  std::vector<std::uint8_t> body = {0};
  for (std::uint32_t i = 0; i <= limits::max_block_nesting; ++i) body.insert(body.end(), {0x02, 0x40});
  for (std::uint32_t i = 0; i <= limits::max_block_nesting + 1; ++i) body.push_back(0x0B);
  Module module(heap());
  module.types.push_back(module.arena, SubType{});
  module.funcs.push_back(module.arena, Func{.type = TypeIdx(0U), .body = body});
  const Result<void> result = check_bodies(module, Features::all());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::exhausted);
  EXPECT_EQ(result.error().place().offset, 1 + 2 * limits::max_block_nesting);
}

}  // namespace
}  // namespace tenon::core
