#include "binary/component/component.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>

#include "spec/component_limits.hpp"
#include "unit/binary/hex.hpp"

namespace tenon::component {
namespace {

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

using ByteVector = std::vector<std::uint8_t>;

const ByteVector header = hex("0061736D 0D000100");

// The sections given, behind a component's header: the first section's id has offset 8.
ByteVector hex_component(std::string_view sections) {
  ByteVector bytes = header;
  const ByteVector rest = hex(sections);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

Result<Component> read(Bytes bytes, Features features = Features::all()) {
  return read_component(bytes, heap(), {.features = features});
}

ByteVector written(const ComponentBody& component) {
  Arena arena(heap());
  ByteWriter out(arena);
  write_component(component, out);
  return {out.view().begin(), out.view().end()};
}

// What reading says: nothing, or kind, offset and message.
std::string outcome(const Result<Component>& component) {
  if (component) return "";
  const Error& error = component.error();
  return std::string(to_string(error.kind())) + " at " + std::to_string(error.place().offset) + ": " +
         std::string(error.message());
}

// The bytes of a section: id, size in five bytes, payload.
ByteVector section(std::uint8_t id, const ByteVector& payload) {
  const auto size = static_cast<std::uint32_t>(payload.size());
  ByteVector bytes = {id};
  for (unsigned shift = 0; shift < 35; shift += 7) {
    bytes.push_back(static_cast<std::uint8_t>((size >> shift & 0x7F) | (shift < 28 ? 0x80 : 0)));
  }
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

ByteVector operator+(ByteVector left, const ByteVector& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// In canonical form: numbers are as short as they can be.
struct OneSection {
  std::uint8_t id;
  std::string_view payload;
};

const OneSection canonical_sections[] = {
    {0x00, "02 68 69"},                                   // a custom section
    {0x01, "0061736D01000000"},                           // a core module
    {0x02, "02 00 00 01 01 69 12 00 01 01 01 66 00 00"},  // core instances
    // core types: func; a sub type that is not final; final ones; a group; a module type with every declaration
    {0x03,
     "06 60 00 00  00 50 00 60 00 00  4F 00 5F 00  4E 02 50 00 5F 00 60 00 00  4E 00"
     " 50 04 01 60 00 00 00 01 61 01 62 00 00 02 10 01 01 00 03 01 65 02 00 01"},
    {0x04, "0061736D0D000100 07 02 01 73 07 05 01 40 00 01 00"},  // a component inside
    {0x05, "02 00 00 01 01 78 01 00 01 01 00 01 67 01 00"},       // instances
    {0x06, "06 01 00 02 01 67  00 02 01 00 01 66  00 11 02 00 00  00 10 02 01 00  03 02 02 03  04 02 00 00"},
    {0x07, "0E 7F 7E 7D 7C 7B 7A 79 78 77 76 75 74 73 64"},  // the primitive types
    // a resource; record; variant; lists; tuple; flags; enum; option; results; handles; streams; futures; map
    {0x07,
     "14 3F 7F 00  72 02 01 61 7F 01 62 7D  71 02 01 78 01 7E 00 01 79 00 00  70 7B  67 7B 03  6F 02 7C 79"
     " 6E 02 02 66 31 02 66 32  6D 01 02 65 31  6B 7A  6A 00 00  6A 01 77 00  6A 01 76 01 75  69 00  68 00  66 01 7D"
     " 66 00  65 01 73  65 00  63 73 02  3F 7E 01 05"},
    {0x07, "03 40 00 01 00  40 01 01 70 7F 00 79  43 00 01 00"},  // functions
    // a component type and an instance type with every declaration
    {0x07,
     "02 41 05 00 60 00 00  01 73  02 03 02 01 00  03 00 01 61 03 00 00  04 00 01 62 01 02"
     " 42 03 00 50 00  01 42 00  04 01 01 72 03 01"},
    {0x09, "01 02 00 01 03"},  // start
    {0x0A,
     "08 00 01 61 00 11 00  01 01 62 01 00  02 01 63 00 02 00 04  00 01 64 02 01 7F  00 01 65 03 00 02"
     " 00 01 66 03 01  02 01 67 02 00 05 61 3A 62 2F 63 02 01 78 05 01  02 01 68 01 01 01 31 04 00"},  // imports
    {0x0B, "02 00 02 65 31 01 00 00 01 02 65 32 01 00 01 01 00"},                                      // exports
    {0x0C, "02 7F 01 01 73 00"},                                                                       // values
};

ByteVector component_of(const OneSection& one) {
  const ByteVector payload = hex(one.payload);
  EXPECT_LT(payload.size(), 0x80U);
  return header + ByteVector{one.id, static_cast<std::uint8_t>(payload.size())} + payload;
}

TEST(IsComponent, LooksAtTheLayer) {
  EXPECT_TRUE(is_component(header));
  EXPECT_TRUE(is_component(hex("0061736D 0C000100 FF")));
  EXPECT_FALSE(is_component(hex("0061736D 01000000")));
  EXPECT_FALSE(is_component(hex("0061736D 0D0001")));
  EXPECT_FALSE(is_component(hex("0061736E 0D000100")));
}

TEST(ReadComponent, WritesBackTheSameBytes) {
  for (const OneSection& one : canonical_sections) {
    const ByteVector bytes = component_of(one);
    const Result<Component> component = read(bytes);
    ASSERT_TRUE(component.has_value()) << one.payload << ": " << outcome(component);
    EXPECT_EQ(written(component->body), bytes) << one.payload;
  }
}

TEST(WriteComponent, WritesChangedSectionsInCanonicalForm) {
  for (const OneSection& one : canonical_sections) {
    const ByteVector bytes = component_of(one);
    Result<Component> component = read(bytes);
    ASSERT_TRUE(component.has_value()) << one.payload;
    for (Section& section : component->body.sections) section.changed = true;
    EXPECT_EQ(written(component->body), bytes) << one.payload;
  }
}

TEST(WriteComponent, MakesSectionsForDefinitionsThatNoneAccountsFor) {
  for (const OneSection& one : canonical_sections) {
    const ByteVector bytes = component_of(one);
    Result<Component> component = read(bytes);
    ASSERT_TRUE(component.has_value()) << one.payload;
    if (component->body.definitions.empty()) continue;  // a custom section
    component->body.sections.clear();
    EXPECT_EQ(written(component->body), bytes) << one.payload;
  }
}

// Sections of one kind apart, empty ones, numbers longer than they need be, and custom sections between.
TEST(WriteComponent, KeepsHowUnchangedSectionsAreSplit) {
  const ByteVector bytes =
      hex_component("07 02 01 73  07 02 01 74  07 01 00  00 02 01 61  07 83 00 81 00 7F  07 82 80 80 80 00 01 7E");
  Result<Component> component = read(bytes);
  ASSERT_TRUE(component.has_value()) << outcome(component);
  EXPECT_EQ(written(component->body), bytes);
  ASSERT_EQ(component->body.sections.size(), 6U);
  for (Section& section : component->body.sections) section.changed = true;
  // An empty section holds nothing to write; custom sections keep their places.
  EXPECT_EQ(written(component->body), hex_component("07 02 01 73  07 02 01 74  00 02 01 61  07 02 01 7F  07 02 01 7E"));
}

TEST(WriteComponent, FindsAChangeInsideAComponentInside) {
  const std::string_view sections = "04 12 0061736D0D000100 04 08 0061736D0D000100  07 82 00 01 73";
  const ByteVector bytes = hex_component(sections);
  Result<Component> component = read(bytes);
  ASSERT_TRUE(component.has_value()) << outcome(component);
  ComponentBody outer = *component->body.definitions[0].component;
  ComponentBody inner = *outer.definitions[0].component;
  Type type;
  type.primitive = Primitive::u8;
  Definition added;
  added.type = &type;
  inner.definitions.push_back(component->arena, added);
  Section section;
  section.id = SectionId::type;
  section.definitions = 1;
  inner.sections.push_back(component->arena, section);
  outer.definitions[0].component = &inner;
  component->body.definitions[0].component = &outer;
  EXPECT_EQ(written(component->body),
            hex_component("04 16 0061736D0D000100 04 0C 0061736D0D000100 07 02 01 7D  07 82 00 01 73"));
}

struct Fault {
  std::string_view sections;
  std::uint64_t offset;
  std::string_view message;  // how it begins
};

const Fault faults[] = {
    {"00", 9, "unexpected end-of-file"},
    {"00 80 80", 11, "unexpected end-of-file"},
    {"00 03 05 61 62", 10, "unexpected end-of-file"},
    {"00 03 02 FF FE", 11, "malformed UTF-8 encoding"},
    {"0D 00", 8, "malformed section id"},
    {"FF", 8, "malformed section id"},
    {"07 03 00", 9, "unexpected end-of-file: a section of 3 bytes, and only 1 are left"},
    {"07 01 01 73", 11, "unexpected end-of-file"},
    {"07 04 BF 84 3D 73", 10, "unexpected end-of-file: 999999 types do not fit in the remaining 1 bytes"},
    {"07 02 02 73", 10, "unexpected end-of-file"},
    {"07 81 80 80 80 70 00", 9, "integer too large"},
    {"07 82 80 80 80 80 00 00", 9, "integer representation too long"},
    {"07 02 00 73", 11, "section size mismatch: 1 bytes are left in the type section"},
    {"01 08 0061736D 0D000100", 14, "expected a version header for a module"},
    {"01 04 0061736D", 14, "unexpected end-of-file"},
    {"04 08 0061736D 0C000100", 14, "unknown binary version"},
    {"04 08 0061736D 01000000", 14, "expected a version header for a component"},
    {"04 08 0061736E 0D000100", 10, "magic header not detected"},
    {"02 08 01 00 01 01 01 69 00 00", 16, "invalid leading byte (0x0) for instantiation arg kind"},
    {"02 04 01 02 00 00", 11, "invalid leading byte (0x2) for core instance"},
    {"02 07 01 01 01 01 66 05 00", 15, "invalid leading byte (0x5) for core external kind"},
    {"05 04 01 02 00 00", 11, "invalid leading byte (0x2) for instance"},
    {"06 05 01 03 03 00 00", 12, "invalid leading byte (0x3) for alias"},
    {"06 05 01 06 02 00 00", 11, "invalid leading byte (0x6) for component outer alias kind"},
    {"06 06 01 00 05 02 00 00", 12, "invalid leading byte (0x5) for component outer alias kind"},
    {"06 05 01 05 02 00 00", 11, "invalid leading byte (0x5) for component outer alias kind"},
    {"06 05 01 06 00 00 00", 11, "invalid leading byte (0x6) for component external kind"},
    {"06 05 01 01 01 00 00", 11, "invalid leading byte (0x1) for core external kind"},
    {"07 02 01 62", 11, "invalid leading byte (0x62) for component defined type"},
    {"07 03 01 70 62", 12, "invalid leading byte (0x62) for component value type"},
    {"07 07 01 71 01 01 63 00 01", 16, "invalid leading byte (0x1) for zero byte required"},
    {"07 05 01 40 00 01 01", 14, "invalid leading byte (0x1) for number of results"},
    {"07 05 01 40 00 02 00", 13, "invalid leading byte (0x2) for component function results"},
    {"07 05 01 41 01 05 73", 13, "invalid leading byte (0x5) for component or instance type declaration"},
    {"07 09 01 42 01 03 00 01 61 03 01", 13, "invalid leading byte (0x3) for component or instance type declaration"},
    {"07 04 01 3F 7F 02", 13, "invalid leading byte (0x2) for resource destructor"},
    {"07 03 01 66 02", 12, "invalid leading byte (0x2) for optional component value type"},
    {"03 07 01 50 01 04 60 00 00", 13, "invalid leading byte (0x4) for type definition"},
    {"03 08 01 50 01 02 00 01 01 00", 14, "invalid leading byte (0x0) for outer alias kind"},
    {"03 08 01 50 01 02 10 00 01 00", 15, "invalid leading byte (0x0) for outer alias target"},
    {"03 05 01 00 60 00 00", 12, "invalid leading byte (0x60) for non-final sub type"},
    {"08 02 01 07", 11, "invalid leading byte (0x7) for canonical function"},
    {"08 06 01 00 01 00 00 00", 12, "invalid leading byte (0x1) for canonical function lift"},
    {"08 05 01 01 01 00 00", 12, "invalid leading byte (0x1) for canonical function lower"},
    {"08 06 01 01 00 00 01 0A", 15, "invalid leading byte (0xa) for canonical option"},
    {"08 03 01 0C 02", 12, "invalid boolean value"},
    {"0A 06 01 03 01 61 01 00", 11, "invalid leading byte (0x3) for component name"},
    {"0A 0A 01 02 01 61 01 03 01 78 01 00", 15, "invalid leading byte (0x3) for name option"},
    {"0A 06 01 00 01 74 03 02", 15, "invalid leading byte (0x2) for type bound"},
    {"0A 06 01 00 01 74 02 02", 15, "invalid leading byte (0x2) for value bound"},
    {"0A 06 01 00 01 78 06 00", 14, "invalid leading byte (0x6) for component external kind"},
    {"0A 06 01 00 01 6D 00 00", 15, "invalid leading byte (0x0) for component external kind"},
    {"0B 07 01 00 01 65 01 00 02", 16, "invalid leading byte (0x2) for optional component export type"},
    {"0C 04 01 7F 02 01", 12, "unexpected end-of-file"},
};

TEST(ReadComponent, SaysWhatIsWrongWhere) {
  for (const Fault& fault : faults) {
    const Result<Component> component = read(hex_component(fault.sections));
    ASSERT_FALSE(component.has_value()) << fault.sections;
    EXPECT_EQ(component.error().kind(), ErrorKind::malformed) << fault.sections;
    EXPECT_EQ(component.error().place().offset, fault.offset) << fault.sections << ": " << outcome(component);
    EXPECT_TRUE(component.error().message().starts_with(fault.message)) << fault.sections << ": " << outcome(component);
  }
}

TEST(ReadComponent, RefusesWrongHeaders) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "unexpected end-of-file"},
      {"0061736D", "unexpected end-of-file"},
      {"0061736D 0D0001", "unexpected end-of-file"},
      {"FF61736D 0D000100", "magic header not detected"},
      {"0061736D 01000000", "expected a version header for a component, found that of a module"},
      {"0061736D 0E000100", "unknown binary version: 0x1000e"},
      {"0061736D 0D000200", "unknown binary version"},
  };
  for (const auto& [bytes, message] : cases) {
    const Result<Component> component = read(hex(bytes));
    ASSERT_FALSE(component.has_value()) << bytes;
    EXPECT_TRUE(component.error().message().starts_with(message)) << outcome(component);
  }
}

// Every beginning of a component is one only where a section ends.
TEST(ReadComponent, RefusesCutOffInput) {
  for (const OneSection& one : canonical_sections) {
    const ByteVector bytes = component_of(one);
    for (std::size_t size = header.size() + 1; size < bytes.size(); ++size) {
      const Result<Component> component = read(Bytes(bytes).first(size));
      ASSERT_FALSE(component.has_value()) << one.payload << " cut to " << size;
      EXPECT_LE(component.error().place().offset, size) << one.payload;
    }
  }
}

struct Gated {
  Feature feature;
  std::string_view sections;
  std::uint64_t offset;
};

const Gated gated[] = {
    {Feature::component_model, "", 0},
    {Feature::component_async, "07 05 01 43 00 01 00", 11},
    {Feature::component_async, "07 03 01 66 00", 11},
    {Feature::component_async, "07 03 01 65 00", 11},
    {Feature::component_async, "08 02 01 05", 11},
    {Feature::component_async, "08 09 01 00 00 00 02 06 07 00 00", 15},
    {Feature::component_async, "08 08 01 00 00 00 01 07 00 00", 15},
    {Feature::component_more_async, "08 03 01 06 01", 12},
    {Feature::component_more_async, "08 04 01 11 00 01", 13},
    {Feature::component_more_async, "08 04 01 0F 00 00", 12},
    {Feature::component_async_stackful, "08 07 01 00 00 00 01 06 00", 12},
    {Feature::component_threading, "08 02 01 26", 11},
    {Feature::component_shared_threads, "08 03 01 42 00", 11},
    {Feature::component_values, "09 03 00 00 00", 8},
    {Feature::component_values, "0C 04 01 7F 01 01", 8},
    {Feature::component_values, "0A 07 01 00 01 76 02 01 7F", 14},
    {Feature::component_values, "0B 07 01 00 01 76 02 00 00", 14},
    {Feature::component_values, "06 06 01 02 00 00 01 76", 11},
    {Feature::component_fixed_length_lists, "07 04 01 67 7F 01", 11},
    {Feature::component_map, "07 04 01 63 73 7F", 11},
    {Feature::component_error_context, "07 02 01 64", 11},
    {Feature::component_error_context, "07 03 01 70 64", 12},
    {Feature::component_error_context, "08 02 01 1E", 11},
    {Feature::component_implements, "0A 0A 01 02 01 61 01 00 01 62 05 00", 15},
    {Feature::component_implements, "0A 0A 01 02 01 61 01 02 01 62 05 00", 15},
    {Feature::component_canonical_names, "0A 0A 01 02 01 61 01 01 01 62 05 00", 15},
    {Feature::component_memory64, "07 04 01 3F 7E 00", 12},
    {Feature::component_memory64, "08 04 01 0A 7E 00", 12},
    {Feature::gc, "03 04 01 4E 00", 11},
};

TEST(ReadComponent, AsksForTheFeatureOfEachConstruct) {
  for (const Gated& one : gated) {
    ByteVector bytes = hex_component(one.sections);
    if (one.feature == Feature::gc) bytes[9] = 3;
    EXPECT_EQ(outcome(read(bytes)), "") << one.sections;
    Features features = Features::all();
    features.set(one.feature, false);
    const Result<Component> component = read(bytes, features);
    ASSERT_FALSE(component.has_value()) << one.sections;
    const std::string asked = "needs the feature `" + std::string(info(one.feature).option) + "`";
    EXPECT_NE(outcome(component).find(asked), std::string::npos) << outcome(component);
    EXPECT_EQ(component.error().place().offset, one.offset) << one.sections;
  }
}

// One of each row of canon.def, by the shape of its immediates; none of the bytes is used for two fields.
std::string_view immediates_of(CanonImmediates shape) {
  switch (shape) {
    case CanonImmediates::none: return "";
    case CanonImmediates::lift: return "00 01 08 00 01 02 03 03 04 04 05 05 06 07 07 08";
    case CanonImmediates::lower: return "00 01 02 02 03 04";
    case CanonImmediates::type: return "09";
    case CanonImmediates::type_options: return "09 01 06";
    case CanonImmediates::type_async: return "09 01";
    case CanonImmediates::async: return "01";
    case CanonImmediates::options: return "02 01 03 04";
    case CanonImmediates::results_options: return "00 79 01 00";
    case CanonImmediates::core_type_slot: return "7F 01";
    case CanonImmediates::cancellable: return "01";
    case CanonImmediates::cancellable_memory: return "01 03";
    case CanonImmediates::core_func_type_table: return "03 04";
    case CanonImmediates::shared_core_func_type: return "01 03";
    case CanonImmediates::shared_core_func_type_table: return "01 03 04";
    case CanonImmediates::shared: return "01";
  }
  return "";
}

TEST(Canon, ReadsAndWritesEveryRow) {
  for (std::size_t i = 0; i < std::size(canon_infos); ++i) {
    const ByteVector immediates = hex(immediates_of(canon_infos[i].immediates));
    const auto size = static_cast<std::uint8_t>(immediates.size() + 2);
    const ByteVector bytes = header + ByteVector{8, size, 1, canon_infos[i].code} + immediates;
    Result<Component> component = read(bytes);
    ASSERT_TRUE(component.has_value()) << canon_infos[i].text << ": " << outcome(component);
    EXPECT_EQ(component->body.definitions[0].canon->op, static_cast<CanonOp>(i)) << canon_infos[i].text;
    component->body.sections[0].changed = true;
    EXPECT_EQ(written(component->body), bytes) << canon_infos[i].text;
  }
}

TEST(Canon, KeepsWhatOptionsSayAndRepeatedOnes) {
  const ByteVector bytes = hex_component("08 0C 01 00 00 07 04 00 01 03 02 03 02 09");
  const Result<Component> component = read(bytes);
  ASSERT_TRUE(component.has_value()) << outcome(component);
  const Canon& canon = *component->body.definitions[0].canon;
  EXPECT_EQ(canon.core_func, CoreFuncIdx(7U));
  EXPECT_EQ(canon.type, TypeIdx(9U));
  EXPECT_EQ(canon.options.encoding, StringEncoding::utf16);
  EXPECT_EQ(canon.options.memory, CoreMemoryIdx(2U));
  EXPECT_EQ(canon.options.given.size(), 4U);
}

TEST(ExternNames, KeepAttributesInTheirOrderAndRepeatedOnes) {
  const ByteVector bytes = hex_component("0A 12 01 02 01 67 03 02 01 78 00 01 62 00 01 63 05 00");
  ByteVector sized = bytes;
  sized[9] = static_cast<std::uint8_t>(bytes.size() - 10);
  const Result<Component> component = read(sized);
  ASSERT_TRUE(component.has_value()) << outcome(component);
  const ExternName& name = component->body.definitions[0].import->name;
  EXPECT_EQ(name.name, "g");
  EXPECT_EQ(name.external_id, "x");
  EXPECT_EQ(name.implements, "c");
  EXPECT_TRUE(std::ranges::equal(
      name.given, std::array{NameAttribute::external_id, NameAttribute::implements, NameAttribute::implements}));
}

ByteVector nested_components(std::uint32_t levels) {
  ByteVector bytes;
  for (std::uint32_t i = 1; i < levels; ++i) bytes = section(4, header + bytes);
  return header + bytes;
}

ByteVector nested_types(std::uint32_t levels) {
  ByteVector payload = {0x01};
  for (std::uint32_t i = 0; i < levels; ++i) payload = payload + ByteVector{0x42, 0x01, 0x01};
  payload.push_back(0x73);
  return header + section(7, payload);
}

TEST(ReadComponent, BoundsNesting) {
  EXPECT_EQ(outcome(read(nested_components(limits::max_component_nesting))), "");
  EXPECT_EQ(outcome(read(nested_types(limits::max_component_nesting - 1))), "");
  for (const ByteVector& bytes :
       {nested_components(limits::max_component_nesting + 1), nested_types(limits::max_component_nesting)}) {
    const Result<Component> component = read(bytes);
    ASSERT_FALSE(component.has_value());
    EXPECT_EQ(component.error().kind(), ErrorKind::exhausted);
    EXPECT_TRUE(component.error().message().starts_with("nesting too deep: the limit is 256")) << outcome(component);
  }
}

TEST(WriteComponent, WritesDeepNestingBack) {
  const ByteVector bytes = nested_components(limits::max_component_nesting);
  Result<Component> component = read(bytes);
  ASSERT_TRUE(component.has_value());
  EXPECT_EQ(written(component->body), bytes);
}

// The bound is for the component in all: here it is reached by the elements of tuples, in two sections.
TEST(ReadComponent, BoundsItemsInAll) {
  constexpr std::uint32_t elements = 9'999;  // and the tuple itself
  static_assert(limits::max_component_items == 200 * (elements + 1));
  ByteVector tuple = {0x6F, (elements & 0x7F) | 0x80, elements >> 7};
  tuple.resize(tuple.size() + elements, 0x73);
  ByteVector tuples = {100};
  for (int i = 0; i < 100; ++i) tuples.insert(tuples.end(), tuple.begin(), tuple.end());
  const ByteVector full = header + section(7, tuples) + section(7, tuples);
  EXPECT_EQ(outcome(read(full)), "");
  const Result<Component> component = read(full + hex("07 02 01 73"));
  ASSERT_FALSE(component.has_value());
  EXPECT_EQ(component.error().kind(), ErrorKind::exhausted);
  EXPECT_EQ(component.error().place().offset, full.size() + 2);
  EXPECT_TRUE(component.error().message().starts_with("component too large: the limit is 2000000"));
}

TEST(CheckCoreModules, FindsAFaultInsideWithItsOffset) {
  const ByteVector good_bytes = hex_component("04 12 0061736D0D000100 01 08 0061736D01000000");
  const Result<Component> good = read(good_bytes);
  ASSERT_TRUE(good.has_value()) << outcome(good);
  EXPECT_TRUE(check_core_modules(*good, Features::all()).has_value());
  const ByteVector bad_bytes = hex_component("04 14 0061736D0D000100 01 0A 0061736D01000000 0F 00");
  const Result<Component> bad = read(bad_bytes);
  ASSERT_TRUE(bad.has_value()) << outcome(bad);
  const Result<void> checked = check_core_modules(*bad, Features::all());
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().place().offset, 28U);
  EXPECT_TRUE(checked.error().message().starts_with("malformed section id"));
}

TEST(ComponentNames, AreReadBySort) {
  const ByteVector bytes = hex_component(
      "00 25 0E 636F6D706F6E656E742D6E616D65  00 02 01 63  01 07 00 11 01 02 02 61 62"
      " 01 07 01 02 00 01 66 05 00");
  const Result<Component> component = read(bytes);
  ASSERT_TRUE(component.has_value()) << outcome(component);
  Arena arena(heap());
  const Result<Names> names = read_component_names(component->body, arena);
  ASSERT_TRUE(names.has_value()) << names.error().message();
  EXPECT_EQ(names->component, "c");
  ASSERT_EQ(names->items.size(), 3U);
  EXPECT_EQ(names->items[0].item.sort, Sort::core_module);
  EXPECT_EQ(names->items[0].item.index, 2U);
  EXPECT_EQ(names->items[0].name, "ab");
  EXPECT_EQ(names->items[2].item.sort, Sort::func);
  EXPECT_EQ(names->items[2].item.index, 5U);
}

TEST(ComponentNames, AreWrittenSortedAndReplaceTheSectionWhereItStands) {
  const ByteVector bytes = hex_component("00 0F 0E 636F6D706F6E656E742D6E616D65  07 02 01 73");
  Result<Component> component = read(bytes);
  ASSERT_TRUE(component.has_value()) << outcome(component);
  Names names;
  names.component = "c";
  names.items.push_back(component->arena, {{Sort::func, 5}, "f"});
  names.items.push_back(component->arena, {{Sort::core_module, 2}, "ab"});
  names.items.push_back(component->arena, {{Sort::func, 0}, "g"});
  set_component_names(component->body, component->arena, names);
  const ByteVector named = written(component->body);
  EXPECT_EQ(named, hex_component("00 26 0E 636F6D706F6E656E742D6E616D65  00 02 01 63  01 07 00 11 01 02 02 61 62"
                                 " 01 08 01 02 00 01 67 05 01 66  07 02 01 73"));
  set_component_names(component->body, component->arena, {});
  EXPECT_EQ(written(component->body), hex_component("07 02 01 73"));
}

TEST(ComponentNames, MalformedOnesAreNoReasonToRefuseTheComponent) {
  const ByteVector bytes = hex_component("00 12 0E 636F6D706F6E656E742D6E616D65 FF FE 01");
  const Result<Component> component = read(bytes);
  ASSERT_TRUE(component.has_value()) << outcome(component);
  Arena arena(heap());
  EXPECT_FALSE(read_component_names(component->body, arena).has_value());
}

}  // namespace
}  // namespace tenon::component
