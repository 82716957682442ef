// Bodies as bytes: exact messages and offsets, the ends of code, and the boundary between the fast handlers and `step`.
#include <gtest/gtest.h>

#include "unit/validate/module_builder.hpp"

namespace tenon::core {
namespace {

struct Case {
  const char* name;
  std::vector<std::uint8_t> body;
  const char* message;       // the beginning of it
  std::uint64_t offset = 0;  // in the body
};

// Type 0: [] -> []; type 1: [i32 i32] -> [i32]; type 2: [] -> [i32 i64]; type 3: [] -> [i32].
ModuleBuilder builder() {
  ModuleBuilder built;
  built.type({}, {}).type({i32, i32}, {i32}).type({}, {i32, i64}).type({}, {i32}).memory();
  built.global(i32, false, {0x41, 0x00, 0x0B}).global(i64, true, {0x42, 0x00, 0x0B});
  return built;
}

void check(const Case& c, std::uint32_t type) {
  ModuleBuilder built = builder();
  built.func(type, c.body);
  const std::string message = built.validate();
  EXPECT_EQ(message.substr(0, std::string(c.message).size()), c.message) << c.name << ": " << message;
  if (message != "valid") {
    EXPECT_EQ(built.place.offset, 1'000 + c.offset) << c.name;
    EXPECT_EQ(built.context, "function 0") << c.name;
  }
}

TEST(Body, AcceptsAndRejects) {
  const Case cases[] = {
      {"empty", {0x00, 0x0B}, "valid"},
      {"drop of a constant", {0x00, 0x41, 0x01, 0x1A, 0x0B}, "valid"},
      {"constants of every size",
       {0x00, 0x41, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x1A, 0x42, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x7F, 0x1A, 0x43, 1,    2,    3,    4,    0x1A,
        0x44, 1,    2,    3,    4,    5,    6,    7,    8,    0x1A, 0x0B},
       "valid"},
      {"the least integer", {0x00, 0x41, 0x80, 0x80, 0x80, 0x80, 0x78, 0x1A, 0x0B}, "valid"},
      {"integer too large", {0x00, 0x41, 0x80, 0x80, 0x80, 0x80, 0x40, 0x1A, 0x0B}, "integer too large", 2},
      {"empty stack",
       {0x00, 0x1A, 0x0B},
       "type mismatch: instruction requires any type but stack has [], in `drop`",
       1},
      {"one operand of two",
       {0x00, 0x41, 0x00, 0x6A, 0x1A, 0x0B},
       "type mismatch: instruction requires [i32 i32] but stack has [i32], in `i32.add`",
       3},
      {"wrong operand",
       {0x00, 0x42, 0x00, 0x41, 0x00, 0x6A, 0x1A, 0x0B},
       "type mismatch: instruction requires [i32 i32] but stack has [i64 i32], in `i32.add`",
       5},
      {"left over", {0x00, 0x41, 0x00, 0x0B}, "type mismatch: block requires [] but stack has [i32]", 3},
      {"operands stay in their block",
       {0x00, 0x41, 0x00, 0x02, 0x40, 0x1A, 0x0B, 0x1A, 0x0B},
       "type mismatch: instruction requires any type but stack has [], in `drop`",
       5},
      {"block result", {0x00, 0x02, 0x7F, 0x41, 0x00, 0x0B, 0x1A, 0x0B}, "valid"},
      {"if without else", {0x00, 0x41, 0x00, 0x04, 0x40, 0x0B, 0x0B}, "valid"},
      {"if with a result and no else",
       {0x00, 0x41, 0x00, 0x04, 0x7F, 0x41, 0x00, 0x0B, 0x1A, 0x0B},
       "type mismatch: instruction requires [i32] but stack has []",
       7},
      {"if and else", {0x00, 0x41, 0x00, 0x04, 0x7F, 0x41, 0x00, 0x05, 0x41, 0x00, 0x0B, 0x1A, 0x0B}, "valid"},
      {"block of a type", {0x00, 0x02, 0x02, 0x41, 0x00, 0x42, 0x00, 0x0B, 0x1A, 0x1A, 0x0B}, "valid"},
      {"block with parameters", {0x00, 0x41, 0, 0x41, 0, 0x03, 0x01, 0x6A, 0x0B, 0x1A, 0x0B}, "valid"},
      {"unreachable code is checked", {0x00, 0x00, 0x42, 0x00, 0x41, 0x00, 0x6A, 0x1A, 0x0B}, "type mismatch", 6},
      {"operands from nowhere", {0x00, 0x00, 0x6A, 0x1A, 0x1A, 0x0B}, "valid"},
      {"bottom through select", {0x00, 0x00, 0x1B, 0xD4, 0x1A, 0x0B}, "valid"},
      {"no reference is a number",
       {0x00, 0x00, 0xD4, 0x45, 0x1A, 0x0B},
       "type mismatch: instruction requires [i32]",
       3},
      {"br to the function", {0x00, 0x0C, 0x00, 0x0B}, "valid"},
      {"br too far", {0x00, 0x0C, 0x01, 0x0B}, "unknown label 1: 1 labels are in scope", 1},
      {"br_if", {0x00, 0x41, 0x00, 0x0D, 0x00, 0x0B}, "valid"},
      {"br_if without condition",
       {0x00, 0x0D, 0x00, 0x0B},
       "type mismatch: instruction requires [i32] but stack has []",
       1},
      {"br_table", {0x00, 0x41, 0x00, 0x0E, 0x01, 0x00, 0x00, 0x0B}, "valid"},
      {"br_table of two arities",
       {0x00, 0x02, 0x7F, 0x41, 0x00, 0x41, 0x00, 0x0E, 0x01, 0x00, 0x01, 0x0B, 0x1A, 0x0B},
       "type mismatch: `br_table` has the default label 1 of [] but label 0 of [i32]",
       7},
      {"locals", {0x02, 0x02, 0x7F, 0x01, 0x7E, 0x20, 0x02, 0x1A, 0x20, 0x01, 0x21, 0x00, 0x0B}, "valid"},
      {"unknown local", {0x01, 0x02, 0x7F, 0x20, 0x02, 0x1A, 0x0B}, "unknown local 2: the function has 2 locals", 3},
      {"local of another type",
       {0x01, 0x01, 0x7E, 0x41, 0x00, 0x21, 0x00, 0x0B},
       "type mismatch: instruction requires [i64] but stack has [i32], in `local.set`",
       5},
      {"uninitialized local", {0x01, 0x01, 0x64, 0x70, 0x20, 0x00, 0x1A, 0x0B}, "uninitialized local 0", 4},
      {"many locals", {0x02, 0x80, 0x20, 0x7F, 0x01, 0x7D, 0x20, 0x80, 0x20, 0x8C, 0x1A, 0x0B}, "valid"},
      {"too many locals", {0x01, 0xD1, 0x86, 0x03, 0x7F, 0x0B}, "too many locals", 1},
      {"call", {0x00, 0x10, 0x00, 0x0B}, "valid"},
      {"unknown function", {0x00, 0x10, 0x01, 0x0B}, "unknown function 1", 1},
      {"undeclared function", {0x00, 0xD2, 0x00, 0x1A, 0x0B}, "undeclared function reference 0", 1},
      {"load and store",
       {0x00, 0x41, 0x00, 0x41, 0x00, 0x28, 0x02, 0x80, 0x80, 0x80, 0x80, 0x0F, 0x36, 0x00, 0x00, 0x0B},
       "valid"},
      {"alignment", {0x00, 0x41, 0x00, 0x28, 0x03, 0x00, 0x1A, 0x0B}, "alignment must not be larger than natural", 3},
      {"offset", {0x00, 0x41, 0x00, 0x28, 0x02, 0x80, 0x80, 0x80, 0x80, 0x10, 0x1A, 0x0B}, "offset out of range", 3},
      {"unknown memory", {0x00, 0x41, 0x00, 0x28, 0x42, 0x01, 0x00, 0x1A, 0x0B}, "unknown memory 1", 3},
      {"immutable global", {0x00, 0x41, 0x00, 0x24, 0x00, 0x0B}, "immutable global", 3},
      {"mutable global", {0x00, 0x42, 0x00, 0x24, 0x01, 0x0B}, "valid"},
      {"unknown global", {0x00, 0x23, 0x02, 0x1A, 0x0B}, "unknown global 2", 1},
      {"vectors",
       {0x00, 0xFD, 0x0C, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  0,  0,  0,
        0xFD, 0x0D, 0,    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 32, 0x0B},
       "invalid lane index 32",
       19},
      {"an opcode that is none", {0x00, 0xFF, 0x0B}, "illegal opcode", 1},
      {"code after the end", {0x00, 0x0B, 0x01, 0x0B}, "section size mismatch", 2},
      {"else in no if", {0x00, 0x02, 0x40, 0x05, 0x0B, 0x0B}, "END opcode expected", 3},
      {"no end", {0x00, 0x41, 0x01, 0x1A}, "unexpected end of section or function", 4},
      {"end is an immediate", {0x00, 0x41, 0x0B}, "unexpected end of section or function", 3},
      {"end is an alignment", {0x00, 0x41, 0x00, 0x2D, 0x0B}, "unexpected end of section or function", 5},
      {"an open block", {0x00, 0x02, 0x40, 0x0B}, "unexpected end of section or function", 4},
      {"cut float", {0x00, 0x43, 0x00, 0x00, 0x0B}, "unexpected end of section or function", 5},
      {"no code", {0x00}, "unexpected end of section or function", 1},
  };
  for (const Case& c : cases) check(c, 0);
}

TEST(Body, ReturnsItsResults) {
  check({"one result", {0x00, 0x41, 0x00, 0x0B}, "valid"}, 3);
  check({"missing result", {0x00, 0x0B}, "type mismatch: instruction requires [i32] but stack has []", 1}, 3);
  check({"return", {0x00, 0x41, 0x00, 0x0F, 0x0B}, "valid"}, 3);
  check({"return without", {0x00, 0x0F, 0x0B}, "type mismatch: instruction requires [i32]", 1}, 3);
  check({"two results", {0x00, 0x41, 0x00, 0x42, 0x00, 0x0B}, "valid"}, 2);
  check({"parameters", {0x00, 0x20, 0x00, 0x20, 0x01, 0x6A, 0x0B}, "valid"}, 1);
  check({"a call of itself", {0x00, 0x20, 0x00, 0x20, 0x01, 0x10, 0x00, 0x0B}, "valid"}, 1);
}

TEST(Body, EveryTruncationIsRefused) {
  const std::vector<std::uint8_t> body = {0x01, 0x01, 0x7F, 0x02, 0x40, 0x41, 0x00, 0x28, 0x02, 0x80, 0x01, 0x04,
                                          0x40, 0x0C, 0x01, 0x0B, 0x20, 0x00, 0x10, 0x00, 0x1A, 0x0B, 0x0B};
  ModuleBuilder whole = builder();
  whole.func(0, body);
  ASSERT_EQ(whole.validate(), "valid");
  for (std::size_t size = 0; size < body.size(); ++size) {
    ModuleBuilder cut = builder();
    cut.func(0, {body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_NE(cut.validate(), "valid") << size;
  }
}

TEST(Body, NestingIsLimited) {
  std::vector<std::uint8_t> body = {0x00};
  for (std::uint32_t i = 1; i < limits::max_block_nesting; ++i) body.insert(body.end(), {0x02, 0x40});
  for (std::uint32_t i = 0; i < limits::max_block_nesting; ++i) body.push_back(0x0B);
  ModuleBuilder deep = builder();
  deep.func(0, body);
  EXPECT_EQ(deep.validate(), "valid");
  body.insert(body.begin() + 1, {0x02, 0x40});
  body.push_back(0x0B);
  ModuleBuilder too_deep = builder();
  too_deep.func(0, body);
  EXPECT_EQ(too_deep.validate(), "blocks are nested too deeply: the limit is 100000");
  EXPECT_EQ(too_deep.kind, ErrorKind::exhausted);
}

TEST(Body, NoMemoryIsNoAddress) {
  ModuleBuilder built;
  built.type({}, {}).func(0, {0x00, 0x28, 0x02, 0x00, 0x1A, 0x0B});
  EXPECT_EQ(built.validate(), "unknown memory 0: the module has 0 memories");
}

TEST(Body, SixtyFourBitAddresses) {
  ModuleBuilder built;
  built.type({}, {}).memory(true).func(0, {0x00, 0x42, 0x00, 0x28, 0x02, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x1A, 0x0B});
  EXPECT_EQ(built.validate(), "valid");
  built.func(0, {0x00, 0x41, 0x00, 0x28, 0x02, 0x00, 0x1A, 0x0B});
  EXPECT_EQ(built.validate(), "type mismatch: instruction requires [i64] but stack has [i32], in `i32.load`");
}

TEST(Body, AnOperationThatIsOffSaysSo) {
  ModuleBuilder built;
  built.type({}, {}).func(0, {0x00, 0x41, 0x00, 0xC0, 0x1A, 0x0B});
  EXPECT_EQ(built.validate(), "valid");
  EXPECT_EQ(built.validate(Features::none()).substr(0, 20), "illegal opcode 0xc0:");
  EXPECT_EQ(built.kind, ErrorKind::malformed);
}

}  // namespace
}  // namespace tenon::core
